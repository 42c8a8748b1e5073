"""Signing: the one act in which records, rules, PDF and signature meet. It reads top to bottom."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app import own_catalogue
from app.extensions import db
from app.models import Clinic, Note, Person, Treatment
from app.models.note import note_number
from app.notes import authority, layout
from app.notes.record import Record
from app.notes.signed import Signed, signed
from app.notes.timestamp import Stamping
from app.treatments.describing import describe
from app.treatments.said import Said, findings_to_print


def sign_ahead(
    treatment: Treatment,
    clinic: Clinic,
    *,
    signer: authority.Signer,
    expected_revision: int,
    said: Said,
    by: Person,
    now: datetime,
    stamping: Stamping | None,
) -> Signed:
    """The note as it would be now, signed outside a writing transaction; `issue_note` takes it.

    Waiting for a time stamp, and laying out a page, would keep every other writer waiting. Raises
    what `findings_to_print` raises.
    """
    described = _described(
        treatment, clinic, expected_revision=expected_revision, said=said, by=by, now=now
    )
    return signed(described, _page, signer, name=by.signed_name, at=now, stamping=stamping)


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
    somebody else's note took its number. Raises what `findings_to_print` and `as_stored` raise. The
    caller writes the audit row and commits.
    """
    # The clinic's row is held so that no two notes get one number.
    db.session.execute(select(Clinic.id).with_for_update())
    described = _described(
        treatment, clinic, expected_revision=expected_revision, said=said, by=by, now=now
    )
    file = signed(described, _page, signer, name=by.signed_name, at=now, ahead=ahead)
    year, serial = _next_number(clinic, now)
    return Note(
        treatment=treatment,
        year=year,
        serial=serial,
        **as_stored(file, clinic, signer=signer, by=by, now=now),
    )


def as_stored(
    file: Signed, clinic: Clinic, *, signer: authority.Signer, by: Person, now: datetime
) -> dict[str, Any]:
    """What the clinic keeps of every signed document: the file, its record, their hashes, whose.

    Raises KeyReplaced where the signer's key was retired since it was opened.
    """
    key = by.signing_key
    if key is None or key.serial != signer.serial:
        raise authority.KeyReplaced(
            "Your PIN or your certificate was replaced meanwhile. Nothing was signed. Sign again."
        )
    return {
        "record": file.record,
        "record_sha256": hashlib.sha256(file.record).hexdigest(),
        "pdf": file.pdf,
        "pdf_sha256": hashlib.sha256(file.pdf).hexdigest(),
        "pages": file.pages,
        "level": file.level,
        "signed_at": now,
        "zone": clinic.time_zone,
        "signed_by": by,
        "signing_key": key,
    }


def _described(
    treatment: Treatment,
    clinic: Clinic,
    *,
    expected_revision: int,
    said: Said,
    by: Person,
    now: datetime,
) -> dict[str, Any]:
    findings = findings_to_print(
        treatment, expected_revision=expected_revision, said=said, by=by, now=now
    )
    return describe(
        treatment,
        clinic,
        number=note_number(*_next_number(clinic, now)),
        findings=findings,
        said=said,
        by=by,
        now=now,
    )


def _page(record: Record) -> bytes:
    return layout.render(record, own_catalogue.known())


def _next_number(clinic: Clinic, now: datetime) -> tuple[int, int]:
    """The year and its next serial number, for as long as nobody else takes it."""
    year = clinic.local(now).year
    latest = db.session.scalar(select(func.max(Note.serial)).where(Note.year == year))
    return year, (latest or 0) + 1
