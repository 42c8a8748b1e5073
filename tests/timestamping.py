"""A time-stamp service (RFC 3161) of one's own: its process, its authority, and its bad manners.

`python -m tests.timestamping FOLDER PORT` answers with what OpenSSL makes of each query. How it
answers is in the path: see `Manner`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app import clock
from tests.browser.clinic import free_port

PROJECT = Path(__file__).resolve().parents[1]
PATIENCE = 30
# What lies between a signature and its stamp, however busy the machine.
A_WHILE = timedelta(minutes=10)
NAME = "Harbour Time Authority"


class Manner(StrEnum):
    """How the service answers, as the path of its address says."""

    RIGHT = "right"
    NEVER = "never"
    DRIPS = "drips"
    GARBAGE = "garbage"
    REFUSES = "refuses"
    FAILS = "fails"
    WRONG_NONCE = "wrong-nonce"
    WRONG_HASH = "wrong-hash"
    FORGED = "forged"
    # Right, but only to the first query that comes to it.
    ONCE = "once"
    ONCE_THEN_NEVER = "once-then-never"


class Service(NamedTuple):
    """A running service: where it listens, and the root of its authority (PEM)."""

    port: int
    root: Path

    def url(self, manner: Manner) -> str:
        """Its address where it answers so. What answers once does so at an address of its own."""
        return f"http://127.0.0.1:{self.port}/{manner}/{time.monotonic_ns()}"


@contextmanager
def running(folder: Path) -> Iterator[Service]:
    """The service as a process of its own."""
    _found(folder)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.timestamping", str(folder), str(port)], cwd=PROJECT
    )
    try:
        _await(port)
        yield Service(port, folder / "root.pem")
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _await(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.connect()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            connection.close()
            return


# --- Its authority -----------------------------------------------------------------------------

_CONFIGURATION = """
[tsa]
default_tsa = stamps
[stamps]
serial = serial
signer_cert = stamps.pem
certs = root.pem
signer_key = stamps.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def _found(folder: Path) -> None:
    """A root and a certificate for stamps under it, both RSA, and OpenSSL's configuration."""
    now = clock.now()
    root_key = rsa.generate_private_key(65537, 2048)
    root = _certificate("Harbour Time Root", root_key, None, root_key, now)
    key = rsa.generate_private_key(65537, 2048)
    stamps = _certificate(NAME, key, root.subject, root_key, now)
    for name, certificate in (("root", root), ("stamps", stamps)):
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "stamps.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIGURATION)


def _certificate(
    name: str,
    key: rsa.RSAPrivateKey,
    issuer: x509.Name | None,
    issuer_key: rsa.RSAPrivateKey,
    now: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    is_root = issuer is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    )
    if not is_root:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


# --- Its answers -------------------------------------------------------------------------------


class _Answers(BaseHTTPRequestHandler):
    folder: Path
    seen: set[str]

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        manner = Manner(self.path.split("/")[1])
        if manner in (Manner.ONCE, Manner.ONCE_THEN_NEVER):
            again = self.path in self.seen
            self.seen.add(self.path)
            later = Manner.FAILS if manner is Manner.ONCE else Manner.NEVER
            manner = later if again else Manner.RIGHT
        if manner is Manner.NEVER:
            self.connection.recv(1)  # Until whoever asked goes away.
        elif manner is Manner.DRIPS:
            self._drip()
        elif manner is Manner.FAILS:
            self.send_error(500)
        else:
            self._send(self._reply(manner, query))

    def _reply(self, manner: Manner, query: bytes) -> bytes:
        if manner is Manner.GARBAGE:
            return b"<html>Please sign in to the network.</html>"
        if manner is Manner.REFUSES:
            return bytes.fromhex("30053003020102")  # A status of "rejection", and no more.
        asked = tsp.TimeStampReq.load(query)
        if manner is Manner.WRONG_NONCE:
            asked["nonce"] = asked["nonce"].native + 1
        if manner is Manner.WRONG_HASH:
            asked["message_imprint"]["hashed_message"] = bytes(32)
        (self.folder / "query").write_bytes(asked.dump(force=True))
        openssl = "openssl ts -reply -config tsa.cnf -queryfile query -out reply"
        subprocess.run(openssl.split(), cwd=self.folder, check=True, capture_output=True)
        reply = (self.folder / "reply").read_bytes()
        if manner is Manner.FORGED:
            return reply[:-1] + bytes([reply[-1] ^ 1])  # Its last bytes are the RSA signature.
        return reply

    def _send(self, reply: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def _drip(self) -> None:
        """A byte at a time, for as long as somebody listens: never silent, never done."""
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.connection.settimeout(0.05)
        while True:
            self.wfile.write(b"0")
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue

    def log_message(self, format: str, *values: object) -> None:
        """Says nothing."""


def _serve(folder: Path, port: int) -> None:
    _Answers.folder, _Answers.seen = folder, set()
    ThreadingHTTPServer(("127.0.0.1", port), _Answers).serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
