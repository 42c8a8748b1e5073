"""Signing: the one act in which records, rules, PDF and signature meet. It reads top to bottom."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from sqlalchemy import func, select

from app import own_catalogue
from app.extensions import db
from app.models import Clinic, Note, Person, Treatment
from app.models.note import note_number
from app.notes import authority, layout, record, signature, timestamp
from app.notes.level import BASIC, LONG_TERM
from app.treatments.describing import describe, meaning
from app.treatments.said import Said, findings_to_print

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Signed:
    """A signed file, the record it was laid out from, and what stamped it or might have."""

    record: bytes
    pdf: bytes
    level: str
    stamping: timestamp.Stamping | None

    def says(self, described: Description) -> bool:
        """Whether this is still what the session, so described, is to say."""
        stamping = self.stamping if self.level == LONG_TERM else None
        return self.record == record.canonical(described(self.level, _authority_of(stamping)))


def sign_ahead(
    treatment: Treatment,
    clinic: Clinic,
    *,
    signer: authority.Signer,
    expected_revision: int,
    said: Said,
    by: Person,
    now: datetime,
    service: str,
    revocations: timestamp.Revocations,
) -> Signed:
    """The note as it would be now, signed outside a writing transaction; `issue_note` takes it.

    `service` is the address of a time-stamp service or nothing: waiting for it, and laying out a
    page, would keep every other writer waiting. Raises what `findings_to_print` raises.
    """
    stamping = None
    if service:
        stamping = timestamp.meet(service, signer=signer, at=now, revocations=revocations)
    described = _description(
        treatment, clinic, expected_revision=expected_revision, said=said, by=by, now=now
    )
    return _signed(described, stamping, treatment, clinic, signer=signer, by=by, now=now)


def issue_note(
    treatment: Treatment,
    clinic: Clinic,
    *,
    signer: authority.Signer,
    expected_revision: int,
    said: Said,
    by: Person,
    now: datetime,
    ahead: Signed | None = None,
) -> Note:
    """Sign the treatment as reviewed: rules, record, page, signature, note; all or nothing.

    What was signed ahead with the same `now` is taken if it still says the same; it does not when
    somebody else's note took its number. Raises what `findings_to_print` raises. The caller writes
    the audit row and commits.
    """
    key = by.signing_key
    assert key is not None  # access.refusal_to_sign has seen to it
    # The clinic's row is held so that no two notes get one number.
    db.session.execute(select(Clinic.id).with_for_update())
    described = _description(
        treatment, clinic, expected_revision=expected_revision, said=said, by=by, now=now
    )
    signed = ahead
    if signed is None or not signed.says(described):
        stamping = ahead.stamping if ahead else None
        signed = _signed(described, stamping, treatment, clinic, signer=signer, by=by, now=now)
    year, serial = _next_number(clinic, now)
    return Note(
        treatment=treatment,
        year=year,
        serial=serial,
        record=signed.record,
        record_sha256=hashlib.sha256(signed.record).hexdigest(),
        pdf=signed.pdf,
        pdf_sha256=hashlib.sha256(signed.pdf).hexdigest(),
        pages=count_pages(signed.pdf),
        level=signed.level,
        signed_at=now,
        zone=clinic.time_zone,
        signed_by=by,
        signing_key=key,
    )


# The record for a level and, where the file is to have a time stamp, whose.
Description = Callable[[str, str | None], dict[str, Any]]


def _description(
    treatment: Treatment,
    clinic: Clinic,
    *,
    expected_revision: int,
    said: Said,
    by: Person,
    now: datetime,
) -> Description:
    findings = findings_to_print(
        treatment, expected_revision=expected_revision, said=said, by=by, now=now
    )
    described = describe(
        treatment,
        clinic,
        number=note_number(*_next_number(clinic, now)),
        findings=findings,
        said=said,
        by=by,
        now=now,
    )

    return lambda level, stamped_by: {
        **described,
        "signature_level": level,
        "time_stamp_authority": stamped_by,
    }


def _signed(
    described: Description,
    stamping: timestamp.Stamping | None,
    treatment: Treatment,
    clinic: Clinic,
    *,
    signer: authority.Signer,
    by: Person,
    now: datetime,
) -> Signed:
    """Laid out for the level it is going to have; once more for the lower one if no stamp comes."""

    def at_level(level: str, stamping: timestamp.Stamping | None) -> tuple[bytes, bytes]:
        session_record = described(level, _authority_of(stamping))
        pdf = signature.sign(
            layout.render(session_record, own_catalogue.known()),
            signer,
            name=by.signed_name,
            reason=meaning(treatment, by),
            location=clinic.name,
            at=now,
            stamping=stamping,
        )
        return record.canonical(session_record), pdf

    if stamping:
        try:
            return Signed(*at_level(LONG_TERM, stamping), LONG_TERM, stamping)
        except timestamp.NoStamp as fault:
            _log.warning("no time stamp: %s", fault)
    return Signed(*at_level(BASIC, None), BASIC, stamping)


def _authority_of(stamping: timestamp.Stamping | None) -> str | None:
    return stamping.authority if stamping else None


def count_pages(pdf: bytes) -> int:
    """How many pages a PDF has."""
    import pikepdf  # at first use: starting does not wait for it

    with pikepdf.open(BytesIO(pdf)) as document:
        return len(document.pages)


def _next_number(clinic: Clinic, now: datetime) -> tuple[int, int]:
    """The year and its next serial number, for as long as nobody else takes it."""
    year = clinic.local(now).year
    latest = db.session.scalar(select(func.max(Note.serial)).where(Note.year == year))
    return year, (latest or 0) + 1
