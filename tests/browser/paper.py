"""A signed file on the disk, asked by programs that know nothing of Stipple."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from playwright.sync_api import Download

BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


def kept(download: Download, folder: Path) -> Path:
    """The file that the browser saved, under the name it was offered by."""
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def pages_of(pdf: Path) -> int:
    """How many pages poppler counts."""
    found = re.search(r"^Pages:\s+(\d+)$", _said_by("pdfinfo", str(pdf)), re.M)
    assert found is not None
    return int(found[1])


def text_of(pdf: Path) -> str:
    """The text as it stands on the page."""
    return _said_by("pdftotext", "-layout", str(pdf), "-")


def poppler_on_signature(pdf: Path) -> str:
    """What pdfsig says of the signature; it needs no trust store for that."""
    return _said_by("pdfsig", "-nocert", str(pdf))


def qpdf_check(pdf: Path) -> str:
    """What qpdf says of the file's build; anything unsound ends it with an error."""
    return _said_by("qpdf", "--check", str(pdf))


def openssl_verify(pdf: Path, root: Path, folder: Path) -> str:
    """OpenSSL verifies the signature over the signed bytes, up to the clinic's own root."""
    content = pdf.read_bytes()
    found = BYTE_RANGE.search(content)
    assert found is not None
    first, first_length, second, second_length = map(int, found.groups())
    signed = content[first : first + first_length] + content[second : second + second_length]
    padded = bytes.fromhex(content[first + first_length + 1 : second - 1].decode("ascii"))
    (folder / "signed.bin").write_bytes(signed)
    (folder / "signature.der").write_bytes(_without_padding(padded))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"]
    command += ["-in", str(folder / "signature.der"), "-content", str(folder / "signed.bin")]
    command += ["-CAfile", str(root), "-out", str(folder / "verified.bin")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (folder / "verified.bin").read_bytes() == signed
    return done.stderr


def _without_padding(der: bytes) -> bytes:
    """As long as the DER itself says: a signature may end in a nought of its own."""
    digits = der[1] & 0x7F
    assert der[1] & 0x80, "a signature is longer than 127 bytes"
    return der[: 2 + digits + int.from_bytes(der[2 : 2 + digits], "big")]


def _said_by(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return done.stdout
