"""Verification: what a PDF says for itself, offline. Who signed it, when, and is it unchanged?

One byte changed anywhere in the signed range is found here. The padding inside the signature
itself is outside that range, as in every signed PDF: whoever keeps the SHA-256 of the stored file
compares that too.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from app.notes.level import Stamp, context_of_stamp, level_of, stamp_on
from app.notes.signature import FIELD, run_to_end

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
    and was valid when it signed. `level` is the one it really has, `stamp` its time stamp; whether
    that authority is trusted is not asked. `coverage` is "whole", "part" or "none". `signed_at` is
    UTC.
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


async def _verdict(pdf: bytes, roots: Sequence[Any]) -> Verdict:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

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
    to_the_end = first == 0 and second_start + second_length == len(pdf)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and to_the_end
    digest_holds = bool(status.intact and status.valid)
    final = signature.docmdp_level == MDPPerm.NO_CHANGES
    trusted = bool(status.valid and status.trusted and signed_at)
    if not digest_holds:
        reason = CHANGED
    elif not whole:
        reason = ADDED_TO
    elif not final:
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
    )


def _text(value: object) -> str | None:
    """A subject attribute as text; one that is given several times is joined."""
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return None if value is None else str(value)


def _certificates(pem: str) -> list[Any]:
    from asn1crypto import pem as armour
    from asn1crypto import x509

    raw = pem.encode()
    if not armour.detect(raw):
        raise ValueError("a root certificate is PEM text")
    return [x509.Certificate.load(der) for _, _, der in armour.unarmor(raw, multiple=True)]
