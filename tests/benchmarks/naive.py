"""The note as it is commonly made: HTML by WeasyPrint, signed by pyHanko as it comes, RSA-3072.

`python -m tests.benchmarks.naive` makes one for each line it is sent, and answers when it is done.
WeasyPrint is installed for that process alone, with what `naive.txt` pins.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from app import clock
from app.notes.record import Record
from tests.unit.notes import records

PROJECT = Path(__file__).resolve().parents[2]
PINNED = Path(__file__).with_name("naive.txt")


@contextmanager
def running(folder: Path) -> Iterator[Callable[[], object]]:
    """The process with WeasyPrint; what is given makes one signed note there."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    subprocess.run([*pip, "--target", str(folder), "-r", str(PINNED)], check=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.naive"],
        cwd=PROJECT,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    to, answers = process.stdin, process.stdout
    assert to is not None
    assert answers is not None

    def make() -> object:
        to.write(b"\n")
        to.flush()
        return answers.readline()

    yield make
    to.close()
    process.wait(timeout=30)


def page(record: Record) -> str:
    """The note as HTML: who, the drawings, the table of sites."""
    rows = "".join(
        f"<tr><td>{site['number']}<td>{escape(site['name'])}<td>{site['side']}"
        f"<td>{site['units']}<td>{site['volume_ml']}"
        for site in record["sites"]
    )
    maps = "".join(
        f"<img width=250 src='{drawing.as_uri()}'>"
        for ref in sorted({site["map"] for site in record["sites"]})
        for drawing in [PROJECT / "static" / "bodymaps" / f"{ref}.svg"]
    )
    head = f"<h1>{escape(record['clinic']['name'])}</h1><p>{escape(record['patient']['name'])}"
    return f"<!doctype html><meta charset=utf-8>{head}<p>{maps}<table>{rows}</table>"


def _certified() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 3072)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ines Halloran")])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _serve() -> None:
    from asn1crypto import keys
    from asn1crypto import x509 as parsed
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore
    from weasyprint import HTML  # type: ignore[import-not-found]

    key, certificate = _certified()
    store: Any = SimpleCertificateStore
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signer = signers.SimpleSigner(
        parsed.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        keys.PrivateKeyInfo.load(der),
        store(),
    )
    record = records.preempt()
    for _line in sys.stdin.buffer:
        pdf = HTML(string=page(record)).write_pdf()
        signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)),
            signers.PdfSignatureMetadata(field_name="Signature"),
            signer=signer,
        )
        sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve()
