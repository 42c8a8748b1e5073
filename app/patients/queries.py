"""What the patient's page and the page of today show, and only to who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from flask import abort
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app import access
from app.extensions import db
from app.models import Clinic, Note, Patient, Reminder, Treatment
from app.web import uuid_or_none

# Days and rows that the page of today looks back over.
RECENT = 12


def get_patient(patient_id: str, *, to_change: bool = False) -> Patient:
    """The patient, or 404. `to_change` holds the row against another writer."""
    key = uuid_or_none(patient_id)
    if key is None or not access.sees_patients(current_user):
        abort(404)
    query = select(Patient).where(Patient.id == key)
    if to_change:
        query = query.with_for_update()
    return db.session.scalars(query).one_or_none() or abort(404)


def sessions_of(patient: Patient) -> Sequence[Treatment]:
    """The patient's sessions with their sites, latest first; discarded drafts are left out."""
    query = (
        select(Treatment)
        .where(Treatment.patient_id == patient.id, Treatment.discarded_at.is_(None))
        .order_by(Treatment.date.desc(), Treatment.started_at.desc())
        .options(
            selectinload(Treatment.sites),
            selectinload(Treatment.preparations),
            selectinload(Treatment.vials),
            selectinload(Treatment.note).selectinload(Note.copies),
        )
    )
    return db.session.scalars(query).all()


def drafts() -> Sequence[Treatment]:
    """Every session that is neither signed nor discarded, latest first."""
    query = (
        select(Treatment)
        .outerjoin(Note, Note.treatment_id == Treatment.id)
        .where(Note.id.is_(None), Treatment.discarded_at.is_(None))
        .order_by(Treatment.date.desc(), Treatment.saved_at.desc())
        .options(
            joinedload(Treatment.patient),
            joinedload(Treatment.performer),
            selectinload(Treatment.sites),
            selectinload(Treatment.preparations),
            selectinload(Treatment.reminders).joinedload(Reminder.reminded_by),
        )
    )
    return db.session.scalars(query).all()


def signed_on(day: date, clinic: Clinic) -> Sequence[Note]:
    """The notes signed on this day of the clinic, latest first."""
    start, end = day_bounds(day, day, clinic)
    query = (
        select(Note)
        .where(Note.signed_at >= start, Note.signed_at < end)
        .order_by(Note.signed_at.desc())
        .options(
            joinedload(Note.signed_by),
            joinedload(Note.treatment).options(
                joinedload(Treatment.patient),
                selectinload(Treatment.sites),
                selectinload(Treatment.preparations),
            ),
        )
    )
    return db.session.scalars(query).all()


def day_bounds(first: date, last: date, clinic: Clinic) -> tuple[datetime, datetime]:
    """From the first instant of one day to the last of another, on the clinic's clock."""
    return (
        datetime.combine(first, time(), clinic.zone),
        datetime.combine(last + timedelta(days=1), time(), clinic.zone),
    )


def latest_patients() -> Sequence[Patient]:
    """Whose details were saved last."""
    return db.session.scalars(select(Patient).order_by(Patient.saved_at.desc()).limit(RECENT)).all()
