"""How a session is found: only by who may see it, and what was used lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from flask import abort
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app import access
from app.audit import AuditEntry
from app.clinical.chart import CLINIC, GIVEN, PHARMACY
from app.extensions import db
from app.holdings import for_patient
from app.models import (
    Addendum,
    AdverseEvent,
    Note,
    Patient,
    Person,
    Preparation,
    PrintedCopy,
    SigningKey,
    Site,
    StockLot,
    Treatment,
    Vial,
)
from app.models.addendum import is_voided
from app.models.person import Role
from app.sight import require_sight, seen
from app.web import plain, uuid_or_none

# How many of the vials used last are offered again.
RECENT_VIALS = 6

# So many patients whose details were saved last are offered paper besides those of the day.
OFFERED = 12

# Product, units, lot, and whether a pharmacy delivered it for one patient.
_Label = tuple[str, Decimal, str, bool]

# A page that was opened is open no longer than a sign-in lives.
OPEN_FOR = timedelta(hours=12)


def get_patient(patient_id: str) -> Patient:
    """The patient, or 404 for who may not see one."""
    key = uuid_or_none(patient_id)
    if key is None or not access.sees_patients(current_user):
        abort(404)
    patient = db.session.get(Patient, key) or abort(404)
    require_sight(patient)
    return patient


def get_patients(ids: Sequence[str] | None) -> list[Patient]:
    """These patients in this order, each once; 404 if any is unknown or hidden."""
    return [get_patient(each) for each in dict.fromkeys(ids or ())]


class OfTheDay(NamedTuple):
    """Who has a session today, and whose details were saved last besides."""

    today: Sequence[Patient]
    others: Sequence[Patient]


def patients_of_the_day(day: date) -> OfTheDay:
    """For whom paper may be wanted on this day."""
    of_today = (
        select(Patient)
        .where(
            Patient.id.in_(
                select(Treatment.patient_id).where(
                    Treatment.date == day, Treatment.discarded_at.is_(None)
                )
            ),
            seen(),
        )
        .order_by(Patient.family_name, Patient.given_name)
    )
    today = db.session.scalars(of_today).all()
    saved_last = (
        select(Patient)
        .where(seen(), Patient.id.not_in([patient.id for patient in today]))
        .order_by(Patient.saved_at.desc())
        .limit(OFFERED)
    )
    return OfTheDay(today, db.session.scalars(saved_last).all())


def last_signed(patient: Patient) -> Treatment | None:
    """The patient's last signed session in which something was given, with its sites."""
    query = (
        select(Treatment)
        .join(Treatment.note)
        .where(
            Treatment.patient_id == patient.id,
            ~is_voided(Treatment),
            Treatment.sites.any(Site.state == GIVEN),
        )
        .order_by(Treatment.date.desc(), Treatment.started_at.desc())
        .options(selectinload(Treatment.sites), selectinload(Treatment.preparations))
        .limit(1)
    )
    return db.session.scalars(query).one_or_none()


def sheet_of(row: int) -> tuple[bool, str | None]:
    """Whether this row of the trail tells of a downtime sheet, and for which patient it was."""
    query = select(AuditEntry.subject_id).where(
        AuditEntry.seq == row, AuditEntry.act == "downtime.printed"
    )
    found = db.session.execute(query).one_or_none()
    return found is not None, found.subject_id if found else None


def get_treatment(treatment_id: str, *, to_change: bool = False) -> Treatment:
    """The session with its chart, or 404. `to_change` holds its row against another writer."""
    key = uuid_or_none(treatment_id)
    if key is None or not access.sees_patients(current_user):
        abort(404)
    query = (
        select(Treatment)
        .where(Treatment.id == key)
        .options(
            selectinload(Treatment.sites),
            selectinload(Treatment.preparations),
            selectinload(Treatment.vials),
            selectinload(Treatment.said),
        )
    )
    if to_change:
        query = query.with_for_update(of=Treatment)
    treatment = db.session.scalars(query).one_or_none() or abort(404)
    require_sight(treatment.patient)
    return treatment


def draft_to_chart(treatment_id: str) -> Treatment:
    """The draft, its row held, for who may chart it: 404, 409 or 403 otherwise."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    access.require(access.refusal_to_chart(current_user, treatment))
    return treatment


def patients_seen_of(treatment_ids: Sequence[str]) -> dict[str, Patient]:
    """Whose these sessions are, by the session's id; none of a patient who is hidden."""
    keys = [key for key in map(uuid_or_none, treatment_ids) if key is not None]
    query = (
        select(Treatment.id, Patient)
        .join(Treatment.patient)
        .where(Treatment.id.in_(keys), seen())
        .options(selectinload(Patient.named))
    )
    return {str(key): patient for key, patient in db.session.execute(query)}


def session_before(treatment: Treatment) -> Treatment | None:
    """The patient's last signed session that is not after this one, with what was said then."""
    earlier = (
        select(Treatment)
        .join(Treatment.patient)
        .join(Note, Note.treatment_id == Treatment.id)
        .where(
            Treatment.patient_id == treatment.patient_id,
            Treatment.id != treatment.id,
            Treatment.date <= treatment.date,
            ~is_voided(Treatment),
            seen(),
        )
        .order_by(Treatment.date.desc(), Treatment.started_at.desc())
        .options(selectinload(Treatment.said))
        .limit(1)
    )
    return db.session.scalars(earlier).one_or_none()


def earlier_sessions(treatment: Treatment, *, most: int | None = None) -> Sequence[Treatment]:
    """The patient's signed sessions up to this one in which something was given, latest first."""
    query = (
        select(Treatment)
        .join(Treatment.patient)
        .join(Treatment.note)
        .where(
            Treatment.patient_id == treatment.patient_id,
            Treatment.id != treatment.id,
            Treatment.date <= treatment.date,
            ~is_voided(Treatment),
            Treatment.sites.any(Site.state == GIVEN),
            seen(),
        )
        .order_by(Treatment.date.desc(), Treatment.started_at.desc())
        .options(
            selectinload(Treatment.sites),
            selectinload(Treatment.preparations),
            selectinload(Treatment.vials),
            selectinload(Treatment.note).options(
                joinedload(Note.signed_by), selectinload(Note.addenda)
            ),
        )
        .limit(most)
    )
    return db.session.scalars(query).all()


def adverse_events_before(treatment: Treatment) -> Sequence[AdverseEvent]:
    """What came after the patient's earlier sessions, the latest told first; none withdrawn."""
    query = (
        select(AdverseEvent)
        .join(AdverseEvent.treatment)
        .join(Treatment.patient)
        .where(
            Treatment.patient_id == treatment.patient_id,
            Treatment.date <= treatment.date,
            ~is_voided(Treatment),
            AdverseEvent.withdrawn_at.is_(None),
            seen(),
        )
        .order_by(AdverseEvent.recorded_at.desc())
        .options(
            joinedload(AdverseEvent.recorded_by),
            joinedload(AdverseEvent.treatment).selectinload(Treatment.sites),
        )
    )
    return db.session.scalars(query).all()


def get_revision_of_draft(treatment_id: str) -> int | None:
    """The revision of a draft's chart, None where there is a note or a discard, or 404."""
    key = uuid_or_none(treatment_id)
    if key is None or not access.sees_patients(current_user):
        abort(404)
    found = db.session.execute(
        select(Treatment.revision, Treatment.discarded_at, Note.id)
        .join(Treatment.patient)
        .outerjoin(Note, Note.treatment_id == Treatment.id)
        .where(Treatment.id == key, seen())
    ).one_or_none() or abort(404)
    revision, discarded_at, note = found
    return None if note or discarded_at else revision


def has_opened(treatment_id: str, *, now: datetime) -> bool:
    """Whether the trail says that this person opened the session, lately enough to have it open."""
    opened = select(AuditEntry.seq).where(
        AuditEntry.subject_id == str(uuid_or_none(treatment_id)),
        AuditEntry.by_id == current_user.id,
        AuditEntry.act == "treatment.viewed",
        AuditEntry.at > now - OPEN_FOR,
    )
    return db.session.scalar(opened.limit(1)) is not None


def get_note(treatment_id: str, *, to_change: bool = False) -> Note:
    """The signed note of a session, or 404. `to_change` holds the session's row."""
    return get_treatment(treatment_id, to_change=to_change).note or abort(404)


def get_copy(note: Note, serial: int) -> PrintedCopy:
    """One printed copy of a note, or 404."""
    return next((copy for copy in note.copies if copy.serial == serial), None) or abort(404)


def hold_signing_key(person: Person) -> SigningKey | None:
    """The person's key, its row held: PINs tried at the same moment are counted one by one."""
    key = person.signing_key
    if key is not None:
        db.session.refresh(key, with_for_update=True)
    return key


def providers() -> list[Person]:
    """Who may have given a treatment: the active providers, by name."""
    people = db.session.scalars(select(Person).order_by(Person.name))
    return [person for person in people if person.is_active and person.is_one_of(Role.PROVIDER)]


def prescribers(*, besides: Person) -> list[Person]:
    """Who may override in somebody's place: active prescribers with a key of their own, by name."""
    return [
        person
        for person in providers()
        if person.is_one_of(Role.PRESCRIBER) and person.signing_key and person != besides
    ]


def supervisors(treatment: Treatment) -> list[Person]:
    """Who may supervise a session: the active prescribers but for whoever gave it, by name."""
    return [
        person
        for person in providers()
        if person.is_one_of(Role.PRESCRIBER) and person != treatment.performer
    ]


def get_addendum(note: Note, number: int) -> Addendum:
    """One addendum of a note, or 404."""
    return next((each for each in note.addenda if each.number == number), None) or abort(404)


def prescriber_or_none(id: str | None, *, besides: Person) -> Person | None:
    """The prescriber of this id among those who may override in somebody's place."""
    return next((each for each in prescribers(besides=besides) if str(each.id) == id), None)


def vials_at_hand(patient: Patient, today: date) -> list[dict[str, Any]]:
    """What may be opened for a patient: what pharmacies delivered for them, what the clinic used
    last, then what else is in stock. A vial delivered for somebody else is not among them."""
    held = {
        (each.lot.product, each.lot.units, each.lot.lot, each.patient is not None): each
        for each in for_patient(patient, today)
    }
    quarantined = {
        (lot.product, lot.lot): lot.quarantine_reason
        for lot in db.session.scalars(select(StockLot).where(StockLot.quarantined_at.is_not(None)))
    }
    recent = _recent_vials(today)
    known = {
        (lot.product, lot.units, lot.lot)
        for lot in db.session.scalars(select(StockLot).join(StockLot.entries))
    }
    found = []
    offered = dict.fromkeys([*recent, *held])
    for key in sorted(offered, key=lambda key: (not key[3], key not in recent)):
        product, units, lot, of_pharmacy = key
        holding = held.get(key)
        vial = recent.get(key) or {
            "product": product,
            "units": plain(units),
            "lot": lot,
            "expires": holding and holding.lot.expires and holding.lot.expires.isoformat(),
            # As is usual for what is treated; the tablet knows that.
            "diluent_ml": None,
        }
        # Of what the stock knows, it also knows that nothing is left.
        is_known = key[:3] in known
        found.append(
            {
                **vial,
                "ndc": holding.lot.ndc if holding else None,
                "source": PHARMACY if of_pharmacy else CLINIC,
                "left": holding.left if holding else 0 if is_known else None,
                "quarantined": quarantined.get((product, lot)),
            }
        )
    return found


def _recent_vials(today: date) -> dict[_Label, dict[str, Any]]:
    """The vials used last at this clinic that have not expired, latest first, each lot once."""
    rows = db.session.execute(
        select(
            Preparation.product,
            Vial.units,
            Vial.lot,
            Vial.expires,
            Preparation.diluent_ml,
        )
        .join(
            Preparation,
            (Preparation.treatment_id == Vial.treatment_id) & (Preparation.key == Vial.preparation),
        )
        .join(Treatment, Treatment.id == Vial.treatment_id)
        .join(Treatment.patient)
        .where(
            Vial.lot != "",
            Vial.expires >= today,
            Vial.source == CLINIC,
            ~is_voided(Treatment),
            seen(),
        )
        .order_by(Treatment.saved_at.desc(), Vial.position)
        .limit(60)
    )
    found: dict[_Label, dict[str, Any]] = {}
    for product, units, lot, expires, diluent_ml in rows:
        if len(found) == RECENT_VIALS:
            break
        found.setdefault(
            (product, units, lot, False),
            {
                "product": product,
                "units": plain(units),
                "lot": lot,
                "expires": expires.isoformat() if expires else None,
                "diluent_ml": None if diluent_ml is None else plain(diluent_ml),
            },
        )
    return found
