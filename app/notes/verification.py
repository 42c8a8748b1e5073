"""Verification: what a PDF says for itself, offline. Who signed it, when, and is it unchanged?

One byte changed anywhere is found here: in the signed range by its digest, in the container of the
signature by `container`, which accounts for each byte of it.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.notes import attached, changes, container
from app.notes.changes import Change
from app.notes.level import Stamp, context_of_stamp, level_of, stamp_on
from app.notes.signature import FIELD, run_to_end

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LARGEST_FILE = 64 * 1024 * 1024

# What `Verdict.reason` can say. Whole sentences without values, so that a page may translate them.
UNCHANGED = "Nothing has been changed since it was signed."
UNCHANGED_BUT_UNKNOWN = "Nothing has been changed, but this clinic did not issue the signature."
CHANGED = "It has been changed or damaged since it was signed."
ADDED_TO = "Something was added to it after it was signed."
NOT_FINAL = "The signature allows changes, so it is not the signature of a note."
LOCKED = "The PDF is locked with a password, so it is not a note."
NO_SIGNATURE = "The PDF carries no signature of a note."
NO_PDF = "This is not a PDF."
TOO_LARGE = "The file is too large to be a note."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file proves.

    `is_note` is false for a file that is no signed note at all. `intact`: the signature covers the
    whole file and nothing follows it. `trusted`: the signer's certificate comes from a given root
    and was valid when it signed. `level` is the one it really has, `stamp` its
    time stamp; whether that authority is trusted is not asked. `coverage` is "whole", "part" or
    "none". `signed_at` is UTC.

    `attachments` are those of the signed revision as far as it holds, else of the file as it is.
    `changes` are what the file says now that its signed revision does not.
    """

    is_note: bool
    intact: bool
    trusted: bool
    level: str | None
    signer: str | None
    credentials: str | None
    signed_at: datetime | None
    coverage: str
    reason: str
    stamp: Stamp | None = None
    attachments: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    changes: tuple[Change, ...] = ()

    @property
    def record(self) -> bytes | None:
        """The record attached to the note."""
        return self.attachments.get(attached.RECORD)

    @property
    def record_sha256(self) -> str | None:
        """The hash that heads the printed note, worked out from the attached record."""
        return None if self.record is None else hashlib.sha256(self.record).hexdigest()


_NOTHING = Verdict(False, False, False, None, None, None, None, "none", NO_SIGNATURE)


def verify(pdf: bytes, roots_pem: Sequence[str]) -> Verdict:
    """The verdict on any bytes; no content of `pdf` makes it raise.

    `roots_pem` are the certificates of the authorities that count, one or several in each;
    ValueError if one is unreadable.
    """
    roots = [root for pem in roots_pem for root in _certificates(pem)]
    if len(pdf) > LARGEST_FILE:
        return replace(_NOTHING, reason=TOO_LARGE)
    if b"%PDF-" not in pdf[:1024]:
        return replace(_NOTHING, reason=NO_PDF)
    try:
        return run_to_end(_verdict(pdf, roots))
    except Exception:  # A hostile file may break the reader anywhere; the answer is the same.
        if FIELD.encode() in pdf and b"/ByteRange" in pdf:
            return replace(_NOTHING, is_note=True, reason=CHANGED)
        return _NOTHING


def certificate_of(pdf: bytes) -> Certificate:
    """The certificate that a note was signed with, of a file that `verify` found to be one."""
    from cryptography.x509 import load_der_x509_certificate
    from pyhanko.pdf_utils.reader import PdfFileReader

    signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    signature = next(each for each in signatures if each.field_name == FIELD)
    return load_der_x509_certificate(signature.signer_cert.dump())


async def _verdict(pdf: bytes, roots: Sequence[Any]) -> Verdict:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    # What it found is the verdict; its log would repeat what a stranger's file says.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    if reader.encrypted:
        return replace(_NOTHING, reason=LOCKED)
    signature = next((s for s in reader.embedded_signatures if s.field_name == FIELD), None)
    if signature is None:
        return _NOTHING
    signed_at = signature.self_reported_timestamp
    # A note is judged as of the day it was signed: its certificate ends long before it does.
    moment = signed_at or datetime.min.replace(year=1970, tzinfo=UTC)
    stamp = stamp_on(signature)
    status = await async_validate_pdf_signature(
        signature,
        signer_validation_context=ValidationContext(
            trust_roots=list(roots), moment=moment, allow_fetching=False
        ),
        ts_validation_context=context_of_stamp(stamp) if stamp else None,
    )
    first, _, second_start, second_length = signature.byte_range
    end = second_start + second_length
    to_the_end = first == 0 and end == len(pdf)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and to_the_end
    kept = _Kept.of(signature)
    trusted = bool(status.valid and status.trusted and signed_at)
    # A forged revision leaves the signed one before it as it was; that is what is looked into.
    signed_part = pdf[:end] if first == 0 else b""
    holds = bool(status.intact and status.valid) and _is_accounted(signature, status, roots, kept)
    found = attached.attachments(signed_part if holds else pdf)
    level = await level_of(signature, status) if holds else None
    if not holds or not _is_of_level(level.name if level else None, found):
        reason = CHANGED
    elif not whole:
        reason = ADDED_TO
    elif signature.docmdp_level != MDPPerm.NO_CHANGES:
        reason = NOT_FINAL
    elif not status.docmdp_ok:
        reason = CHANGED
    else:
        reason = UNCHANGED if trusted else UNCHANGED_BUT_UNKNOWN
    person = status.signing_cert.subject.native
    level = await level_of(signature, status)
    return Verdict(
        is_note=True,
        intact=reason in (UNCHANGED, UNCHANGED_BUT_UNKNOWN),
        trusted=trusted,
        level=level.name if level else None,
        stamp=level.stamp if level else None,
        signer=_text(person.get("name") or person.get("common_name")),
        credentials=_text(person.get("title")),
        signed_at=signed_at.astimezone(UTC) if signed_at else None,
        coverage="whole" if whole else "part",
        reason=reason,
        attachments=found,
        # What a stranger appended to a stranger's file is nobody's question.
        changes=changes.between(signed_part, pdf) if reason == ADDED_TO and trusted else (),
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the signed revision itself keeps for later: certificates, and what was not withdrawn."""

    certificates: frozenset[bytes] = frozenset()
    lists: Sequence[Any] = ()
    answers: Sequence[Any] = ()

    @classmethod
    def of(cls, signature: Any) -> _Kept:
        from asn1crypto import crl, ocsp
        from pyhanko.sign.validation.dss import DocumentSecurityStore
        from pyhanko.sign.validation.errors import NoDSSFoundError

        revision = signature.reader.get_historical_resolver(signature.signed_revision)
        try:
            store = DocumentSecurityStore.read_dss(revision)
        except NoDSSFoundError:
            return cls()
        return cls(
            frozenset(each.dump() for each in store.load_certs()),
            [crl.CertificateList.load(each.get_object().data) for each in store.crls],
            [ocsp.OCSPResponse.load(each.get_object().data) for each in store.ocsps],
        )


def _is_accounted(signature: Any, status: Any, roots: Sequence[Any], kept: _Kept) -> bool:
    """Whether each byte of the signature's container is what it must be."""
    stamp = status.timestamp_validity
    if stamp is not None and not (stamp.valid and stamp.intact):
        return False
    vouched = {root.dump() for root in roots} | kept.certificates
    signature.reader.stream.seek(0)
    whole = signature.reader.stream.read()
    try:
        der = container.contained(whole, signature.byte_range)
        container.require_accounted(der, vouched)
    except container.Irregular:
        return False
    return True


def _is_of_level(level: str | None, found: Mapping[str, bytes]) -> bool:
    """Whether the signature is of the level that the record says: no time stamp was taken out."""
    record = attached.parsed(found.get(attached.RECORD)) or {}
    return record.get("signature_level") in (None, level)


def _text(value: object) -> str | None:
    """A subject attribute as text; one that is given several times is joined."""
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return None if value is None else str(value)


def _certificates(pem: str) -> list[Any]:
    """Every certificate in a PEM text: a clinic that founded a new authority has several roots."""
    from asn1crypto import pem as armour
    from asn1crypto import x509

    raw = pem.encode()
    if not armour.detect(raw):
        raise ValueError("a root certificate is PEM text")
    return [x509.Certificate.load(der) for _, _, der in armour.unarmor(raw, multiple=True)]
