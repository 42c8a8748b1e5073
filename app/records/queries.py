"""What the records desk lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from flask import abort
from flask_login import current_user
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from app import access, search
from app.extensions import db
from app.models import Addendum, Clinic, Note, Person, PrintedCopy, Reminder, Treatment
from app.models.note import FOR_THE_RECORD
from app.sight import require_sight, seen
from app.web import uuid_or_none

# A list longer than this is narrowed by its filters.
SHOWN = 100
LOGGED = 8
LOG_SHOWN = 200


def notes(
    clinic: Clinic,
    *,
    patient: str = "",
    first: date | None = None,
    last: date | None = None,
    provider: UUID | None = None,
    to_print: bool = False,
) -> tuple[Sequence[Note], int]:
    """The signed notes that fit, latest first and at most `SHOWN`, and how many fit in all.

    Days are the clinic's days of signing.
    """
    query = select(Note).join(Note.treatment).join(Treatment.patient).where(seen())
    if patient:
        query = query.where(*search.matches(patient))
    if first:
        query = query.where(Note.signed_at >= datetime.combine(first, time(), clinic.zone))
    if last:
        end = datetime.combine(last + timedelta(days=1), time(), clinic.zone)
        query = query.where(Note.signed_at < end)
    if provider:
        query = query.where(Note.signed_by_id == provider)
    if to_print:
        query = query.where(_to_print())
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    found = db.session.scalars(
        query.order_by(Note.signed_at.desc())
        .limit(SHOWN)
        .options(
            joinedload(Note.signed_by),
            selectinload(Note.copies),
            selectinload(Note.addenda),
            joinedload(Note.treatment).options(
                joinedload(Treatment.patient),
                selectinload(Treatment.note),
                selectinload(Treatment.sites),
                selectinload(Treatment.preparations),
            ),
        )
    ).all()
    return found, count


def _to_print() -> ColumnElement[bool]:
    """A note of which no copy, with all that followed it, was printed for the clinic's record."""
    whole = exists().where(
        PrintedCopy.note_id == Note.id,
        PrintedCopy.reason == FOR_THE_RECORD,
        ~exists().where(
            Addendum.note_id == PrintedCopy.note_id, Addendum.signed_at > PrintedCopy.printed_at
        ),
    )
    return ~whole


def count_to_print() -> int:
    """How many notes wait for their paper."""
    query = (
        select(func.count())
        .select_from(Note)
        .join(Note.treatment)
        .join(Treatment.patient)
        .where(_to_print(), seen())
    )
    return db.session.scalar(query) or 0


def get_notes(ids: Sequence[str]) -> list[Note]:
    """These notes in this order, each once, their sessions' rows held; or 404."""
    keys = list(dict.fromkeys(uuid_or_none(key) for key in ids))
    if not access.sees_patients(current_user) or None in keys:
        abort(404)
    # One order for everybody who holds several, so that no two wait for each other.
    held = (
        select(Treatment.id)
        .join(Note, Note.treatment_id == Treatment.id)
        .where(Note.id.in_(keys))
        .order_by(Treatment.id)
        .with_for_update(of=Treatment)
    )
    db.session.execute(held).all()
    query = (
        select(Note)
        .join(Note.treatment)
        .join(Treatment.patient)
        .where(Note.id.in_(keys), seen())
        .options(selectinload(Note.copies), selectinload(Note.addenda))
    )
    found = {note.id: note for note in db.session.scalars(query)}
    if len(found) < len(keys):
        abort(404)
    return [found[key] for key in keys if key is not None]


def get_batch(batch: UUID) -> Sequence[PrintedCopy]:
    """The copies that left in one file, in their order, or 404."""
    if not access.sees_patients(current_user):
        abort(404)
    query = (
        select(PrintedCopy)
        .where(PrintedCopy.batch == batch)
        .order_by(PrintedCopy.place)
        .options(joinedload(PrintedCopy.note), joinedload(PrintedCopy.printed_by))
    )
    copies = db.session.scalars(query).all() or abort(404)
    # One file is all or nothing: a patient of it who is restricted since hides the whole.
    for copy in copies:
        require_sight(copy.note.treatment.patient)
    return copies


def get_note_numbered(number: str) -> Note:
    """The note of this number, or to which the document of this number belongs; or 404."""
    _letter, year, serial, *_addendum = number.split("-")
    query = select(Note).where(Note.year == int(year), Note.serial == int(serial))
    return db.session.scalars(query).one_or_none() or abort(404)


def get_treatment(treatment_id: str) -> Treatment:
    """The session, its row held against another writer, or 404."""
    key = uuid_or_none(treatment_id)
    if key is None or not access.sees_patients(current_user):
        abort(404)
    query = select(Treatment).where(Treatment.id == key).with_for_update(of=Treatment)
    treatment = db.session.scalars(query).one_or_none() or abort(404)
    require_sight(treatment.patient)
    return treatment


def signers() -> Sequence[Person]:
    """Everyone who has signed a note, by name."""
    signed = select(Note.signed_by_id).distinct()
    return db.session.scalars(
        select(Person).where(Person.id.in_(signed)).order_by(Person.name)
    ).all()


def drafts() -> Sequence[Treatment]:
    """Every session that is neither signed nor discarded, latest first."""
    query = (
        select(Treatment)
        .join(Treatment.patient)
        .outerjoin(Note, Note.treatment_id == Treatment.id)
        .where(Note.id.is_(None), Treatment.discarded_at.is_(None), seen())
        .order_by(Treatment.date.desc(), Treatment.saved_at.desc())
        .limit(SHOWN)
        .options(
            joinedload(Treatment.patient),
            joinedload(Treatment.performer),
            selectinload(Treatment.reminders).joinedload(Reminder.reminded_by),
        )
    )
    return db.session.scalars(query).all()


def print_log(
    clinic: Clinic, day: date | None = None, *, limit: int = LOGGED
) -> Sequence[PrintedCopy]:
    """What was printed last, or on this day of the clinic, latest first."""
    query = select(PrintedCopy)
    if day:
        start = datetime.combine(day, time(), clinic.zone)
        end = datetime.combine(day + timedelta(days=1), time(), clinic.zone)
        query = query.where(PrintedCopy.printed_at >= start, PrintedCopy.printed_at < end)
    query = (
        query.join(PrintedCopy.note)
        .join(Note.treatment)
        .join(Treatment.patient)
        .where(seen())
        .order_by(PrintedCopy.printed_at.desc(), PrintedCopy.place)
        .limit(limit)
        .options(
            joinedload(PrintedCopy.printed_by),
            joinedload(PrintedCopy.note).options(
                joinedload(Note.treatment).joinedload(Treatment.patient),
                selectinload(Note.addenda),
            ),
        )
    )
    return db.session.scalars(query).all()
