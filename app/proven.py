"""A PDF that proves itself: which files a clinic puts back, and what they say of themselves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_pem_x509_certificates
from cryptography.x509.oid import NameOID

from app.notes import addendum, attached, record, verification
from app.notes.authority import OID_NAME

Record = Mapping[str, Any]

_NUMBER = re.compile(r"N-(\d{4})-(\d{5,})")


class NotRestored(Exception):
    """A file that was not put back; the text is one sentence that says why, and what to do."""


class Found(NamedTuple):
    """A PDF that proves itself: its bytes, its record, who signed it, and which root says so."""

    path: Path
    pdf: bytes
    record_bytes: bytes
    record: Record
    level: str
    certificate: Certificate
    root: str

    @property
    def note_number(self) -> str:
        """The number of the note that it is, or follows."""
        return str(self.record["note"]["number"])

    @property
    def number(self) -> str:
        """The number on the paper."""
        own = self.record.get("addendum")
        return str(own["reference"]) if own else self.note_number

    @property
    def place(self) -> int:
        """Its place behind its note; the note's own is 0."""
        own = self.record.get("addendum")
        return int(own["number"]) if own else 0

    @property
    def pdf_sha256(self) -> str:
        """The hash of the file."""
        return hashlib.sha256(self.pdf).hexdigest()

    @property
    def record_sha256(self) -> str:
        """The hash that heads the page."""
        return hashlib.sha256(self.record_bytes).hexdigest()


def pdfs_in(path: Path) -> list[Path]:
    """Every PDF in a folder; a file is itself."""
    return sorted(path.rglob("*.pdf")) if path.is_dir() else [path]


def read(path: Path, roots: Sequence[str]) -> Found:
    """The document in a file. Raises NotRestored unless it is whole and this clinic's."""
    pdf = path.read_bytes()
    verdict = verification.verify(pdf, roots)
    if not (verdict.intact and verdict.trusted):
        raise NotRestored(verdict.reason)
    said = attached.parsed(verdict.record)
    if verdict.record is None or said is None or verdict.level is None:
        raise NotRestored("It carries no record, so no session can be told from it.")
    if said.get("schema") not in (record.SCHEMA, addendum.SCHEMA):
        raise NotRestored("Its record is of a version that this Stipple does not know.")
    certificate = verification.certificate_of(pdf)
    issuer = next((pem for pem in roots if _issued(pem, certificate)), None)
    if issuer is None:
        raise NotRestored(verification.UNCHANGED_BUT_UNKNOWN)
    return Found(path, pdf, verdict.record, said, verdict.level, certificate, issuer)


def _issued(root_pem: str, certificate: Certificate) -> bool:
    (root,) = load_pem_x509_certificates(root_pem.encode())
    try:
        certificate.verify_directly_issued_by(root)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def authorities_in(pem: str, *, clinic: str) -> list[str]:
    """Each certificate in `pem`, which must be of a clinic of this name. Raises NotRestored."""
    try:
        roots = load_pem_x509_certificates(pem.encode())
    except ValueError:
        raise NotRestored("What is to be trusted is not a certificate in PEM.") from None
    found = []
    for root in roots:
        named = [
            str(each.value)
            for oid in (OID_NAME, NameOID.ORGANIZATION_NAME)
            for each in root.subject.get_attributes_for_oid(oid)
        ]
        if clinic not in named:
            raise NotRestored(
                f"The certificate is of {named[0] if named else 'nobody'}, and this clinic is"
                f" {clinic}: only its own notes are put back."
            )
        found.append(root.public_bytes(Encoding.PEM).decode())
    return found


def serial_of(number: str) -> tuple[int, int]:
    """Year and serial of a note's number."""
    parts = _NUMBER.fullmatch(number)
    return (int(parts[1]), int(parts[2])) if parts else (0, 0)
