"""`make demo`: a sample clinic with fictitious people, made by the same acts as a real one.

The same seed gives the same patients and sessions; passwords and PINs are new each time.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from flask import Flask

from app import audit, clock
from app.auth.pins import set_unlock_pin
from app.auth.signing_keys import found_authority, open_key, set_pin
from app.clinical import ledger
from app.clinical.case import NO, YES
from app.clinical.catalogue import catalogue
from app.clinical.chart import parse_chart
from app.clinical.questions import AT_THE_REVIEW, AT_THE_TIME_OUT, questions_for
from app.extensions import begin_write, db
from app.models import (
    Clinic,
    OutsideDose,
    Patient,
    Person,
    Role,
    SigningKey,
    StockLot,
    Treatment,
    Vial,
)
from app.notes import authority
from app.treatments.said import reading_all
from app.treatments.signing import issue_note

# The clinic began this long ago, so that every certificate is older than the first note.
HISTORY = timedelta(days=400)


class Member(NamedTuple):
    """One person of the sample clinic."""

    username: str
    name: str
    credentials: str
    roles: tuple[Role, ...]


TEAM = (
    Member("halloran", "Ines Halloran", "MD", (Role.PROVIDER, Role.PRESCRIBER)),
    Member("vos", "Anton Vos", "MD", (Role.PROVIDER, Role.PRESCRIBER)),
    Member("reyes", "Tomas Reyes", "RN", (Role.ASSISTANT,)),
    Member("moreau", "June Moreau", "", (Role.STAFF,)),
    Member("brandt", "Ada Brandt", "", (Role.ADMINISTRATOR,)),
)

# Given name, family name, sex: of no one.
NAMES = (
    ("Maren", "Oduya-Sample", "female"),
    ("Peter", "Nakagawa-Sample", "male"),
    ("Zoë", "Muñoz-Sample", "female"),
    ("Caleb", "Strand-Sample", "male"),
    ("Lila", "Banerjee-Sample", "female"),
    ("Jonas", "Whitlock-Sample", "male"),
    ("Nguyễn", "Thị Mẫu", "female"),
    ("Ruth", "Adeyemi-Cole-Sample", "female"),
    ("Idris", "Bellamy-Sample", "male"),
    ("Hanne", "Kowalczyk-Sample", "female"),
    ("Owen", "Tran-Sample", "male"),
    ("Sofía", "Lindqvist-Sample", "female"),
)
PATIENTS = 8

# What is said where it is not a no.
SAID = {
    "identity_confirmed": YES,
    "plan_agreed": YES,
    "consent_today": YES,
    "off_label_consent": YES,
    "spread_warning_given": YES,
    "last_response": "better",
    "topical_treatment_failed": YES,
    "secondary_cause_excluded": YES,
}


# How the patients of the sample are by the scales of what they are treated for.
READINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "chronic_migraine": (
        ("headache_days", "19"),
        ("migraine_days", "11"),
        ("headache_hours_per_day", "6"),
    ),
    **dict.fromkeys(
        ("axillary_hyperhidrosis", "palmar_hyperhidrosis", "plantar_hyperhidrosis"),
        (("hdss", "4"),),
    ),
}
WHO_PAYS = ("medicare", "commercial", "commercial", "medicaid", "self_pay")


class Visit(NamedTuple):
    """One session of the sample: whose, how long ago, what was laid, and how much of it given."""

    patient: int
    days_ago: int
    hour: time
    protocol: str
    code: str
    vial: tuple[str, ...]
    diluent_ml: str
    given: int | None = None  # None: all, and signed.


VISITS = (
    Visit(0, 168, time(9, 50), "PREEMPT-155", "G43.709", ("200",), "4"),
    Visit(1, 100, time(10, 30), "PREEMPT-155", "G43.719", ("100", "100"), "2"),
    Visit(0, 84, time(9, 40), "PREEMPT-155", "G43.709", ("200",), "4"),
    Visit(3, 60, time(13, 5), "AX-50x15", "L74.510", ("100",), "4"),
    Visit(4, 45, time(15, 0), "PALM-25", "L74.512", ("100",), "2"),
    Visit(5, 30, time(11, 20), "SOLE-30", "L74.513", ("200",), "4"),
    Visit(2, 9, time(14, 10), "AX-50x10", "L74.510", ("100",), "4"),
    Visit(6, 1, time(16, 0), "PREEMPT-155", "G43.709", ("200",), "4"),
    Visit(1, 0, time(9, 45), "PREEMPT-155", "G43.719", ("200",), "4", given=17),
)


def build(app: Flask, seed: str) -> list[dict[str, Any]]:
    """Fill an empty instance; answers how each person signs in, as `demo.json` holds it."""
    chance = random.Random(seed)
    with app.app_context():
        begin_write()
        now = clock.now()
        began = now - HISTORY
        clinic, people, accounts = _clinic(began)
        patients = [
            _patient(chance, number, sample, by=people["moreau"], now=began + timedelta(days=200))
            for number, sample in enumerate(chance.sample(NAMES, PATIENTS), start=1)
        ]
        _outside_dose(patients[0], by=people["moreau"], now=began + timedelta(days=201))
        for visit in sorted(VISITS, key=lambda visit: -visit.days_ago):
            provider = people["vos" if visit.patient == 5 else "halloran"]
            _visit(chance, visit, patients[visit.patient], clinic, accounts, by=provider, today=now)
        _stock(patients[7], by=people["moreau"], now=now)
        db.session.commit()
    return accounts


def _stock(patient: Patient, *, by: Person, now: datetime) -> None:
    """What lies in the refrigerator: the clinic's, one delivered for a patient, one set apart."""
    for product, units, lot, count, months, whose in (
        ("BOTOX", "200", f"SAMPLE{now:%m}1C3", 14, 9, None),
        ("BOTOX", "100", f"SAMPLE{now:%m}1C3", 10, 9, None),
        ("Xeomin", "100", "SAMPLE-X7", 4, 14, None),
        ("BOTOX", "100", "SAMPLE-P2", 1, 11, patient),
        ("BOTOX", "200", "SAMPLE-Q1", 2, 6, None),
    ):
        expires = (now + timedelta(days=30 * months)).date()
        if known := db.session.scalar(
            db.select(Vial.expires).where(Vial.lot == lot, Vial.units == Decimal(units)).limit(1)
        ):
            expires = known
        kept = StockLot(product=product, units=Decimal(units), lot=lot, expires=expires)
        db.session.add(kept)
        entry = kept.receive(
            count, expires=expires, serial=None, ndc=None, patient=whose, by=by, now=now
        )
        db.session.flush()
        audit.record(
            db.session,
            "stock.received",
            by=by,
            now=now,
            subject=whose,
            lot_id=str(kept.id),
            entry=str(entry.id),
            product=product,
            lot=lot,
            count=count,
        )
    kept.quarantine("Carton was warm on arrival", by=by, now=now)
    audit.record(db.session, "stock.quarantined", by=by, now=now, subject=None, lot=kept.lot)


def _clinic(now: datetime) -> tuple[Clinic, dict[str, Person], list[dict[str, Any]]]:
    clinic = Clinic(
        name="Harbour Lane Neurology and Skin (sample)",
        address="418 Harbour Lane, Suite 2\nFairhaven, ME 04999",
        telephone="207-555-0142",
        time_zone="America/New_York",
        paper="letter",
        created_at=now,
    )
    vouching = found_authority(clinic, now=now)
    db.session.add_all([clinic, vouching])
    people: dict[str, Person] = {}
    accounts = []
    for member in TEAM:
        person = Person(
            username=member.username,
            name=member.name,
            credentials=member.credentials,
            roles=[str(role) for role in member.roles],
            created_at=now,
        )
        password = "-".join(secrets.token_hex(3) for _ in range(3))
        person.set_password(password)
        pin = _pin()
        if Role.PROVIDER in member.roles:
            set_pin(person, pin, clinic=clinic, vouching=vouching, now=now)
        else:
            set_unlock_pin(person, pin, now=now)
        db.session.add(person)
        people[member.username] = person
        accounts.append(
            {
                "name": person.signed_name,
                "roles": person.roles,
                "username": member.username,
                "password": password,
                "pin": pin,
            }
        )
    audit.record(db.session, "clinic.set_up", by=None, now=now, subject=clinic, sample=True)
    return clinic, people, accounts


def _pin() -> str:
    while True:
        pin = f"{secrets.randbelow(10**6):06d}"
        try:
            authority.refuse_trivial_pin(pin)
        except authority.TrivialPin:
            continue
        return pin


def _patient(
    chance: random.Random,
    number: int,
    sample: tuple[str, str, str],
    *,
    by: Person,
    now: datetime,
) -> Patient:
    given_name, family_name, sex = sample
    born = date(1955, 1, 1) + timedelta(days=chance.randrange(50 * 365))
    allergies = chance.choice(["", "", "penicillin", "latex"])
    patient = Patient.register(
        {
            "given_name": given_name,
            "family_name": family_name,
            "born": born,
            "sex": sex,
            "record_number": f"SAMPLE-{number:04d}",
            "weight_kg": Decimal(chance.randrange(500, 950)).scaleb(-1),
            "weighed_on": now.date(),
            "allergies_asked": "listed" if allergies else "none_known",
            "allergies": allergies,
            "conditions_asked": "none_known",
            "conditions": "",
            "payer": chance.choice(WHO_PAYS),
        },
        by=by,
        now=now,
    )
    db.session.add(patient)
    audit.record(db.session, "patient.created", by=by, now=now, subject=patient)
    return patient


def _outside_dose(patient: Patient, *, by: Person, now: datetime) -> None:
    """What the patient had before, at another clinic."""
    values = {
        "date": now.date() - timedelta(days=90),
        "product": "BOTOX",
        "units": Decimal(155),
        "indication": "chronic_migraine",
        "response": "better",
        "source": "patient-reported",
        "place": "Lakeside Headache Clinic (sample)",
    }
    dose = OutsideDose.enter(patient, values, by=by, now=now)
    db.session.add(dose)
    audit.record(
        db.session, "patient.dose_entered", by=by, now=now, subject=patient, dose=str(dose.id)
    )


def _visit(
    chance: random.Random,
    visit: Visit,
    patient: Patient,
    clinic: Clinic,
    accounts: list[dict[str, Any]],
    *,
    by: Person,
    today: datetime,
) -> None:
    day = clinic.today(today) - timedelta(days=visit.days_ago)
    start = datetime.combine(day, visit.hour, clinic.zone)
    if start >= today:
        start = today - timedelta(hours=1)
    treatment = Treatment.start(patient, clinic, by=by, now=start)
    db.session.add(treatment)
    audit.record(db.session, "treatment.started", by=by, now=start, subject=treatment)
    key = _keys(chance)
    body = _body(visit, start, treatment, key)
    given_until = start + timedelta(minutes=20)
    _save(treatment, body, key(), by=by, now=given_until)
    _ask(treatment, AT_THE_TIME_OUT, by=by, now=start)
    if visit.given is not None:
        return
    _ask(treatment, AT_THE_REVIEW, by=by, now=given_until)
    _measure(treatment, by=by, now=given_until)
    for balance in ledger.balance(treatment.chart()):
        for preparation in body["preparations"]:
            for vial in preparation["vials"]:
                if vial["key"] == str(balance.key):
                    vial["discarded"] = str(balance.left)
    _save(treatment, body, key(), by=by, now=given_until + timedelta(minutes=1))
    _sign(treatment, clinic, accounts, by=by, now=given_until + timedelta(minutes=4))


def _measure(treatment: Treatment, *, by: Person, now: datetime) -> None:
    """What is read on the scales before the session is signed."""
    readings = [
        {"scale": scale, "value": value, "date": treatment.date.isoformat(), "rater": "patient"}
        for indication in treatment.indications
        for scale, value in READINGS.get(indication, ())
    ]
    if readings:
        treatment.record_measures(readings, guidance=[], guidance_note="")
        scales = sorted(reading["scale"] for reading in readings)
        audit.record(
            db.session, "treatment.measures", by=by, now=now, subject=treatment, scales=scales
        )


def _ask(treatment: Treatment, groups: tuple[str, ...], *, by: Person, now: datetime) -> None:
    """What a well patient says: no to what would speak against it, yes to what was explained."""
    returning = any(other.is_signed for other in treatment.patient.treatments)
    for question in questions_for(treatment.case(now=now), catalogue(), returning=returning):
        if question.group not in groups or question.group == "free" or question.part_of:
            continue
        treatment.answer(question.id, SAID.get(question.id, NO), by=by, now=now)
        audit.record(
            db.session,
            "answer.recorded",
            by=by,
            now=now,
            subject=treatment,
            questions=[question.id],
        )


def _keys(chance: random.Random) -> Any:
    return lambda: UUID(int=chance.getrandbits(128), version=4)


def _body(visit: Visit, start: datetime, treatment: Treatment, key: Any) -> dict[str, Any]:
    """The chart as a tablet would send it: the protocol laid, sites given in order."""
    protocol = catalogue().protocols[visit.protocol]
    preparation = str(key())
    expires = date(start.year + 1, 8, 31)
    return {
        "date": treatment.date.isoformat(),
        "indications": [protocol.indication],
        "codes": [visit.code],
        "preparations": [
            {
                "key": preparation,
                "product": protocol.product,
                "diluent": "saline_preservative_free",
                "diluent_ml": visit.diluent_ml,
                "reconstituted_at": start.isoformat(),
                "vials": [
                    {
                        "key": str(key()),
                        "units": units,
                        "lot": f"SAMPLE{start:%m}{number}C3",
                        "expires": expires.isoformat(),
                        "discarded": None,
                    }
                    for number, units in enumerate(visit.vial, start=1)
                ],
            }
        ],
        "sites": list(_sites(visit, start, preparation, key)),
    }


def _sites(visit: Visit, start: datetime, preparation: str, key: Any) -> Iterable[dict[str, Any]]:
    protocol = catalogue().protocols[visit.protocol]
    for number, site in enumerate(protocol.sites):
        given = visit.given is None or number < visit.given
        at = start + timedelta(minutes=2, seconds=15 * number)
        yield {
            "key": str(key()),
            "map": site.map if "@" in site.map else f"{site.map}@1",
            "x": f"{site.x:.2f}",
            "y": f"{site.y:.2f}",
            "muscle": site.muscle,
            "other": None,
            "units": str(site.units),
            "depth": site.depth,
            "state": "given" if given else "planned",
            "preparation": preparation,
            "indication": protocol.indication,
            "protocol": protocol.id,
            "protocol_site": site.id,
            "given_at": at.isoformat() if given else None,
        }


def _save(
    treatment: Treatment, body: dict[str, Any], save: UUID, *, by: Person, now: datetime
) -> None:
    changes = treatment.replace_chart(
        parse_chart(body, catalogue()),
        save=save,
        expected_revision=treatment.revision,
        by=by,
        now=now,
    )
    audit.record(db.session, "chart.saved", by=by, now=now, subject=treatment, **changes)


def _sign(
    treatment: Treatment,
    clinic: Clinic,
    accounts: list[dict[str, Any]],
    *,
    by: Person,
    now: datetime,
) -> None:
    pin = next(account["pin"] for account in accounts if account["username"] == by.username)
    key: SigningKey = by.signing_key  # type: ignore[assignment]  # every provider above has one
    signer = open_key(key, pin)
    note = issue_note(
        treatment,
        clinic,
        signer=signer,
        expected_revision=treatment.revision,
        said=reading_all(treatment, now=now),
        by=by,
        now=now,
    )
    db.session.add(note)
    audit.record(
        db.session,
        "note.signed",
        by=by,
        now=now,
        subject=note,
        number=note.number,
        level=note.level,
        pdf_sha256=note.pdf_sha256,
    )
