"""What the patient's page and the page of today show, and only to who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from flask import abort
from flask_login import current_user
from sqlalchemy import exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from app import access, audit, clock, kept
from app.extensions import db
from app.models import (
    Addendum,
    AdverseEvent,
    Clinic,
    EmergencyAccess,
    EmergencyAlarm,
    Note,
    OutsideDose,
    Patient,
    Person,
    Reminder,
    Role,
    Treatment,
    restriction,
)
from app.models.addendum import COSIGNATURE, is_voided
from app.models.patient import fold
from app.sight import is_seen, require_sight, seen
from app.web import uuid_or_none

# Days and rows that the page of today looks back over.
RECENT = 12
# How the trail calls a try at emergency access that fits nobody.
GLASS_REFUSED = "patient.glass_refused"


def get_patient(patient_id: str, *, to_change: bool = False) -> Patient:
    """The patient, or 404. `to_change` holds the row against another writer."""
    key = uuid_or_none(patient_id)
    if key is None or not access.sees_patients(current_user):
        abort(404)
    query = select(Patient).where(Patient.id == key)
    if to_change:
        query = query.with_for_update()
    patient = db.session.scalars(query).one_or_none() or abort(404)
    require_sight(patient)
    return patient


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
            selectinload(Treatment.note).options(
                selectinload(Note.copies), selectinload(Note.addenda)
            ),
        )
    )
    return db.session.scalars(query).all()


def adverse_events_of(patient: Patient) -> Sequence[AdverseEvent]:
    """What was told of the patient's sessions, the latest told first; none withdrawn."""
    query = (
        select(AdverseEvent)
        .join(AdverseEvent.treatment)
        .where(Treatment.patient_id == patient.id, AdverseEvent.withdrawn_at.is_(None))
        .order_by(AdverseEvent.recorded_at.desc())
        .options(joinedload(AdverseEvent.treatment))
    )
    return db.session.scalars(query).all()


def doses_of(patient: Patient) -> Sequence[OutsideDose]:
    """What the patient had elsewhere or on paper, withdrawn ones too, latest first."""
    query = (
        select(OutsideDose)
        .where(OutsideDose.patient_id == patient.id)
        .order_by(OutsideDose.date.desc(), OutsideDose.entered_at.desc())
        .options(joinedload(OutsideDose.entered_by), joinedload(OutsideDose.withdrawn_by))
    )
    return db.session.scalars(query).all()


def get_dose(patient: Patient, dose_id: str) -> OutsideDose:
    """One of these, or 404."""
    key = uuid_or_none(dose_id) or abort(404)
    query = select(OutsideDose).where(OutsideDose.id == key, OutsideDose.patient_id == patient.id)
    return db.session.scalars(query).one_or_none() or abort(404)


def drafts() -> Sequence[Treatment]:
    """Every session that is neither signed nor discarded, latest first."""
    query = (
        select(Treatment)
        .join(Treatment.patient)
        .outerjoin(Note, Note.treatment_id == Treatment.id)
        .where(Note.id.is_(None), Treatment.discarded_at.is_(None), seen())
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
        .join(Note.treatment)
        .join(Treatment.patient)
        .where(Note.signed_at >= start, Note.signed_at < end, seen())
        .order_by(Note.signed_at.desc())
        .options(
            joinedload(Note.signed_by),
            selectinload(Note.addenda),
            joinedload(Note.treatment).options(
                joinedload(Treatment.patient),
                selectinload(Treatment.note),
                selectinload(Treatment.sites),
                selectinload(Treatment.preparations),
            ),
        )
    )
    return db.session.scalars(query).all()


def awaiting_cosignature(person: Person) -> list[Treatment]:
    """The signed sessions that this person supervises and has not signed yet, oldest first."""
    cosigned = exists().where(
        Addendum.note_id == Note.id,
        Addendum.kind == COSIGNATURE,
        Addendum.signed_by_id == person.id,
    )
    query = (
        select(Treatment)
        .join(Treatment.patient)
        .join(Treatment.note)
        .where(
            Treatment.supervisor_id == person.id,
            Note.signed_by_id != person.id,
            ~cosigned,
            ~is_voided(Treatment),
            seen(),
        )
        .order_by(Note.signed_at)
        .options(
            joinedload(Treatment.patient),
            selectinload(Treatment.sites),
            selectinload(Treatment.preparations),
            selectinload(Treatment.note).options(
                joinedload(Note.signed_by), selectinload(Note.addenda)
            ),
        )
    )
    return list(db.session.scalars(query))


def day_bounds(first: date, last: date, clinic: Clinic) -> tuple[datetime, datetime]:
    """From the first instant of one day to the last of another, on the clinic's clock."""
    return (
        datetime.combine(first, time(), clinic.zone),
        datetime.combine(last + timedelta(days=1), time(), clinic.zone),
    )


def latest_patients() -> Sequence[Patient]:
    """Whose details were saved last."""
    query = select(Patient).where(seen()).order_by(Patient.saved_at.desc()).limit(RECENT)
    return db.session.scalars(query).all()


def has_patients() -> bool:
    """Whether the clinic has any patient, were it one whom this person does not see."""
    return db.session.scalars(select(Patient.id).limit(1)).first() is not None


def nameable(patient: Patient) -> list[Person]:
    """Who may be named for a patient: the active people who see patients, and who is named."""
    named = {named.person_id for named in patient.named}
    people = db.session.scalars(select(Person).order_by(Person.name))
    return [
        person
        for person in people
        if person.id in named or (person.is_active and access.sees_patients(person))
    ]


def at_work_on(patient: Patient) -> set[UUID]:
    """Who gave, or opened, a session of this patient that is not signed."""
    return {
        treatment.performer_id or treatment.started_by_id
        for treatment in patient.treatments
        if treatment.is_draft
    }


def by_number_and_birth(record_number: str, born: date) -> Patient | None:
    """The patient with exactly this record number and birth date, hidden or not."""
    query = select(Patient).where(
        Patient.folded_record_number == fold(record_number), Patient.born == born
    )
    return db.session.scalars(query).one_or_none()


def wrong_tries(person: Person, *, now: datetime) -> int:
    """How often this person lately asked for emergency access to nobody. The trail remembers."""
    return audit.count(
        db.session, GLASS_REFUSED, by=person, since=now - restriction.WRONG_TRIES_WINDOW
    )


def next_emergency() -> int:
    """The next number. The clinic's row is held so that no two get one."""
    db.session.execute(select(Clinic.id).with_for_update())
    return (db.session.scalar(select(func.max(EmergencyAccess.serial))) or 0) + 1


def to_be_told(patient: Patient) -> list[Person]:
    """Who is told of an emergency access: who is named, and every administrator."""
    named = {named.person_id for named in patient.named}
    people = db.session.scalars(select(Person).order_by(Person.name))
    return [
        person
        for person in people
        if person.is_active and (person.id in named or person.is_one_of(Role.ADMINISTRATOR))
    ]


class Alarm(NamedTuple):
    """An emergency access that its reader has not acknowledged; the patient only if seen."""

    emergency: EmergencyAccess
    patient: Patient | None


def alarms() -> list[Alarm]:
    """What the signed-in person is told of and has not acknowledged, latest first."""
    query = (
        select(EmergencyAccess)
        .join(EmergencyAccess.alarms)
        .where(EmergencyAlarm.person_id == current_user.id, EmergencyAlarm.seen_at.is_(None))
        .order_by(EmergencyAccess.serial.desc())
        .options(joinedload(EmergencyAccess.person), joinedload(EmergencyAccess.patient))
    )
    return [
        Alarm(emergency, emergency.patient if is_seen(emergency.patient) else None)
        for emergency in db.session.scalars(query)
    ]


def damaged_files() -> list[str]:
    """The numbers of stored documents that are no longer what was signed, for the administrator.

    Each stays until a backup has given the file back.
    """
    return kept.still_damaged() if current_user.is_one_of(Role.ADMINISTRATOR) else []


def get_alarm(emergency_id: str) -> EmergencyAlarm:
    """What the signed-in person is told of an emergency access, or 404."""
    key = uuid_or_none(emergency_id) or abort(404)
    return db.session.get(EmergencyAlarm, (key, current_user.id)) or abort(404)


def get_open_emergency(emergency_id: str) -> EmergencyAccess:
    """Where the signed-in person is let in by this emergency now, or 404."""
    key = uuid_or_none(emergency_id)
    return next((each for each in open_emergencies() if each.id == key), None) or abort(404)


def open_emergencies() -> Sequence[EmergencyAccess]:
    """Where the signed-in person is let in by emergency at this moment."""
    if not current_user.is_authenticated or not current_user.is_clinical:
        return ()
    query = (
        select(EmergencyAccess)
        .where(EmergencyAccess.person_id == current_user.id, EmergencyAccess.until > clock.now())
        .order_by(EmergencyAccess.until)
    )
    return db.session.scalars(query).all()
