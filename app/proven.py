"""A PDF that proves itself: which files a clinic puts back, and what they say of themselves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    ExtensionNotFound,
    load_pem_x509_certificates,
)
from cryptography.x509.oid import NameOID

from app import exporting
from app.notes import addendum, attached, record, verification, words
from app.notes.authority import OID_NAME

Record = Mapping[str, Any]

_NUMBER = re.compile(r"N-(\d{4})-(\d{5,})")
_ADDENDUM = re.compile(r"(N-\d{4}-\d{5,})-A\d+")


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
    if not path.is_dir():
        return [path]
    return sorted(
        each for each in path.rglob("*") if each.suffix.casefold() == ".pdf" and each.is_file()
    )


def addenda_listed(path: Path) -> set[str]:
    """The addenda that the export listed in which this file lies, if it lies in one.

    Raises NotRestored where the list cannot be read.
    """
    for root in path.absolute().parents[3:4]:
        sums = root / exporting.SUMS
        try:
            lines = sums.read_text("utf-8", "replace").splitlines() if sums.is_file() else []
        except OSError as fault:
            raise NotRestored(f"{sums} cannot be read: {fault.strerror}.") from None
        return {name for line in lines if (name := PurePosixPath(line).stem) and note_of(name)}
    return set()


def note_of(reference: str) -> str:
    """The number of the note that an addendum of this number follows; empty of anything else."""
    parts = _ADDENDUM.fullmatch(reference)
    return parts[1] if parts else ""


def read(path: Path, roots: Sequence[str]) -> Found:
    """The document in a file. Raises NotRestored unless it is whole and this clinic's."""
    try:
        pdf = path.read_bytes()
    except OSError as fault:
        raise NotRestored(f"It cannot be read: {fault.strerror}.") from None
    verdict = verification.verify(pdf, roots)
    if not (verdict.intact and verdict.trusted):
        raise NotRestored(verdict.reason)
    said = attached.parsed(verdict.record)
    if verdict.record is None or said is None or verdict.level is None:
        raise NotRestored("It carries no record, so no session can be told from it.")
    if said.get("schema") not in (record.SCHEMA, addendum.SCHEMA):
        raise NotRestored("Its record is of a version that this Stipple does not know.")
    signer = said["signed_by"]
    certified = {"name": verdict.signer, "credentials": verdict.credentials or ""}
    if certified != {name: signer[name] for name in certified}:
        raise NotRestored(
            f"It says that {words.person(signer)} signed it, and the certificate is of"
            f" {words.person(certified)}. Find out whose note it is."
        )
    certificate = verification.certificate_of(pdf)
    issuer = next((pem for pem in roots if _issued(pem, certificate)), None)
    if issuer is None:
        raise NotRestored(verification.UNCHANGED_BUT_UNKNOWN)
    return Found(path, pdf, verdict.record, said, verdict.level, certificate, issuer)


def _issued(root_pem: str, certificate: Certificate) -> bool:
    (root,) = load_pem_x509_certificates(root_pem.encode())
    return _issued_by(root, certificate)


def _issued_by(root: Certificate, certificate: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _is_authority(certificate: Certificate) -> bool:
    """Whether it may issue certificates, and issued itself."""
    try:
        found = certificate.extensions.get_extension_for_class(BasicConstraints)
    except (ExtensionNotFound, ValueError):
        return False
    return found.value.ca and _issued_by(certificate, certificate)


def authorities_in(pem: str, *, clinic: str) -> list[str]:
    """Each certificate in `pem`, all authorities of a clinic of this name. Raises NotRestored."""
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
        if not _is_authority(root):
            raise NotRestored(
                "What is to be trusted is a signer's certificate, and only the clinic's authority"
                " vouches for its notes. Give the authority's."
            )
        found.append(root.public_bytes(Encoding.PEM).decode())
    return found


def serial_of(number: str) -> tuple[int, int]:
    """Year and serial of a note's number."""
    parts = _NUMBER.fullmatch(number)
    return (int(parts[1]), int(parts[2])) if parts else (0, 0)
