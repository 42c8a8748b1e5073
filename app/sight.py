"""Which patients the signed-in person sees. Every list and every loader of patients asks here."""

from __future__ import annotations

from flask_login import current_user
from sqlalchemy import ColumnElement, select

from app import access, clock
from app.extensions import db
from app.models import Patient


def seen() -> ColumnElement[bool]:
    """The condition on `Patient` that a list of patients, or of what is theirs, is put under."""
    return access.seen_by(current_user, now=clock.now())


def is_seen(patient: Patient) -> bool:
    """Whether the signed-in person sees this patient."""
    query = select(Patient.id).where(Patient.id == patient.id, seen())
    return db.session.scalar(query) is not None


def require_sight(patient: Patient) -> None:
    """Go on, or raise access.Hidden."""
    if not is_seen(patient):
        raise access.Hidden(patient)
