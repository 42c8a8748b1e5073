"""What the records desk lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app import search
from app.extensions import db
from app.models import Authority, Clinic, Note, Person, PrintedCopy, Treatment
from app.sight import seen

# A list longer than this is narrowed by its filters.
SHOWN = 100
LOGGED = 8


def notes(
    clinic: Clinic,
    *,
    patient: str = "",
    first: date | None = None,
    last: date | None = None,
    provider: UUID | None = None,
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
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    found = db.session.scalars(
        query.order_by(Note.signed_at.desc())
        .limit(SHOWN)
        .options(
            joinedload(Note.signed_by),
            selectinload(Note.copies),
            joinedload(Note.treatment).options(
                joinedload(Treatment.patient),
                selectinload(Treatment.sites),
                selectinload(Treatment.preparations),
            ),
        )
    ).all()
    return found, count


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
        .options(joinedload(Treatment.patient), joinedload(Treatment.performer))
    )
    return db.session.scalars(query).all()


def print_log() -> Sequence[PrintedCopy]:
    """What was printed last."""
    query = (
        select(PrintedCopy)
        .join(PrintedCopy.note)
        .join(Note.treatment)
        .join(Treatment.patient)
        .where(seen())
        .order_by(PrintedCopy.printed_at.desc())
        .limit(LOGGED)
        .options(
            joinedload(PrintedCopy.printed_by),
            joinedload(PrintedCopy.note).joinedload(Note.treatment).joinedload(Treatment.patient),
        )
    )
    return db.session.scalars(query).all()


def roots() -> list[str]:
    """The certificates of this clinic's authority."""
    return list(
        db.session.scalars(select(Authority.certificate_pem).order_by(Authority.created_at))
    )


def is_kept(pdf_sha256: str) -> bool:
    """Whether exactly this file is a note of this clinic."""
    query = select(Note.id).where(Note.pdf_sha256 == pdf_sha256).limit(1)
    return db.session.scalars(query).first() is not None
