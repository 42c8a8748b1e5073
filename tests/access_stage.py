"""Who asks for an address, on which record, and what they send: the stage of the access matrix."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

from flask import Flask, url_for
from werkzeug.test import TestResponse

from app import clock, keyring, own_catalogue
from app.admin.assess_page import EXAMPLE
from app.auth.pins import set_unlock_pin
from app.auth.signing_keys import SECRET
from app.extensions import begin_write, db
from app.models import (
    ClinicCatalogueRow,
    EmergencyAccess,
    Note,
    Patient,
    Person,
    Role,
    StockLot,
    Treatment,
)
from app.notes.record import check_code
from app.treatments.said import reading_all
from tests import drawings, factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.factories import ALICES_PIN, PASSWORD, Cast

# Who asks, and what they are. An owner without staff holds everything.
CALLERS: Mapping[str, tuple[Role, ...] | None] = {
    "anonymous": None,
    "provider": (Role.PROVIDER,),
    "prescriber": (Role.PROVIDER, Role.PRESCRIBER),
    "assistant": (Role.ASSISTANT,),
    "staff": (Role.STAFF,),
    "administrator": (Role.ADMINISTRATOR,),
    "owner": tuple(Role),
}

THE_ROW = {"table": "storage", "key": "Daxxify"}
OWN_VALUE = {"kind": "value", "key": "storage/Daxxify"}

# After these the caller's browser signs in again.
SIGNS_OUT = frozenset(
    {"auth.login", "auth.logout", "auth.lock", "auth.unlock", "auth.change_password"}
)


class Stage:
    """One caller at a clinic, and fresh records to ask about."""

    def __init__(self, app: Flask, cast: Cast, caller: str) -> None:
        self.app, self.cast, self.caller = app, cast, caller
        self.person = self._join(CALLERS[caller])
        self._password_hash = self.person.password_hash if self.person else ""
        # Who treats in this caller's sessions: the caller, where they may.
        treats = self.person is not None and self.person.is_one_of(Role.PROVIDER)
        self.provider = self.person if self.person and treats else cast.alice
        self.browser, self._is_out = self.come_in(), False
        self._signed: Note | None = None
        # Who alone sees the patients made here, if not everyone.
        self.names: list[Person] | None = None
        # Who is ticked in a list.
        self.ticked: Patient | None = None
        # The restricted patient that the caller knows by number and birth date.
        self.known: Patient | None = None

    def _join(self, roles: tuple[Role, ...] | None) -> Person | None:
        if roles is None:
            return None
        begin_write()
        person = factories.person("caller", "Cleo Calloway", "MD", *roles)
        db.session.flush()
        if Role.PROVIDER in roles:
            secret = keyring.derive(SECRET)
            root = factories.founded(self.cast.clinic.name, secret)
            factories.give_key(
                person, ALICES_PIN, clinic=self.cast.clinic, root=root, secret=secret
            )
        db.session.commit()
        return person

    def come_in(self) -> AuditingClient:
        """A browser in which the caller is signed in, with the password they always had."""
        if self.person is None:
            return new_client(self.app)
        begin_write()
        self.person.password_hash = self._password_hash
        db.session.commit()
        return signed_in(self.app, self.person)

    def patient(self) -> Patient:
        """A new patient; seen by `names` alone where that is said."""
        patient = factories.patient(self.cast.alice)
        if self.names is not None:
            restrict(patient, *self.names)
        return patient

    def draft(self) -> Treatment:
        """An empty draft of the caller's, where they treat."""
        return factories.treatment(self.patient(), by=self.provider, clinic=self.cast.clinic)

    def charted(self) -> Treatment:
        """A draft with something given."""
        draft = self.draft()
        return factories.chart(draft, by=self.provider)

    def followed(self, *, supervised: bool = False) -> Treatment:
        """A session signed by Alice, of its own; the caller supervises it, where that is said."""
        draft = factories.treatment(self.patient(), by=self.cast.alice, clinic=self.cast.clinic)
        factories.chart(draft, by=self.cast.alice)
        if supervised and self.person is not None:
            begin_write()
            draft.supervisor = self.person
            db.session.commit()
        return factories.sign(draft, by=self.cast.alice, clinic=self.cast.clinic).treatment

    def discarded(self) -> Treatment:
        """A draft that was given up."""
        draft = self.draft()
        begin_write()
        draft.discard("Opened twice", by=self.cast.alice, now=clock.now())
        db.session.commit()
        return draft

    def signed(self) -> Treatment:
        """A signed session with one printed copy; made once, for nothing changes it."""
        if self._signed is None:
            draft = factories.treatment(self.patient(), by=self.cast.alice, clinic=self.cast.clinic)
            factories.chart(draft, by=self.cast.alice)
            self._signed = factories.sign(draft, by=self.cast.alice, clinic=self.cast.clinic)
            begin_write()
            self._signed.add_copy(
                "for the payer", by=self.cast.dan, zone="America/New_York", now=clock.now()
            )
            db.session.commit()
        return self._signed.treatment

    def emergency(self) -> EmergencyAccess:
        """An emergency access of Bob's, of which the caller is told."""
        return self._emergency(self.cast.bob, tell=self.person or self.cast.alice)

    def own_emergency(self) -> EmergencyAccess:
        """An emergency access of the caller's own."""
        return self._emergency(self.person or self.cast.alice, tell=self.cast.eve)

    def _emergency(self, by: Person, *, tell: Person) -> EmergencyAccess:
        opened = self.patient()
        begin_write()
        emergency = EmergencyAccess.open(
            opened,
            "Nobody else was there",
            serial=uuid4().int % 10**8,
            tell=[tell],
            by=by,
            now=clock.now(),
        )
        db.session.add(emergency)
        db.session.commit()
        return emergency

    def colleague(self) -> Person:
        """Somebody else at the clinic."""
        begin_write()
        somebody = factories.person(f"colleague-{uuid4().hex[:6]}", "Finn Falk", "", Role.STAFF)
        db.session.commit()
        return somebody

    def ask(
        self, method: str, endpoint: str, values: Mapping[str, Any], **sends: Any
    ) -> TestResponse:
        """Ask for an address, which these values complete."""
        with self.app.test_request_context():
            path = url_for(endpoint, _method=method, **values)
        answer = self.browser.open(path, method=method, buffered=True, **sends)
        is_done = endpoint in SIGNS_OUT and method == "POST" and answer.status_code == 303
        # A locked tablet stays locked, whatever was asked of it.
        self._is_out = is_done or endpoint == "auth.unlock"
        return answer

    def come_back(self) -> None:
        """Sign in again, if the last thing asked for ended the sign-in."""
        if self._is_out:
            self.browser, self._is_out = self.come_in(), False


def restrict(patient: Patient, *people: Person) -> None:
    """Let only these people see the patient, as the first of them says; committed."""
    begin_write()
    patient.restrict(people, expected=patient.named_ids, by=people[0], now=clock.now())
    db.session.commit()


# Records: each makes one and answers what an address needs to name it.


def nothing(stage: Stage) -> dict[str, Any]:
    """No record at all."""
    return {}


def a_file(stage: Stage) -> dict[str, Any]:
    """A file that every page loads."""
    return {"filename": "css/app.css"}


def a_language(stage: Stage) -> dict[str, Any]:
    """A language that pages are in."""
    return {"spoken": "en"}


def the_catalogue(stage: Stage) -> dict[str, Any]:
    """The catalogue that is in force."""
    return {"version": own_catalogue.known().version}


def an_own_drawing(stage: Stage) -> dict[str, Any]:
    """A released drawing of the clinic's own."""
    row = drawings.released(stage.cast.eve)
    return {"ref": f"{row.key}@{row.version}", "kind": "svg"}


def an_own_drawing_to_edit(stage: Stage) -> dict[str, Any]:
    """The same, named by what is sent."""
    an_own_drawing(stage)
    return {}


def drawing_draft(stage: Stage) -> dict[str, Any]:
    """A drawing at work."""
    return {"draft_id": drawings.draft(stage.cast.eve).id}


def a_drawing(stage: Stage, at: Mapping[str, Any]) -> dict[str, Any]:
    """An SVG to upload."""
    return drawings.a_file()


def a_drawing_plan(stage: Stage, at: Mapping[str, Any]) -> dict[str, Any]:
    """What stands on a drawing, under a name that is not taken."""
    return {"plan": json.dumps(drawings.a_plan(title=f"Brow {uuid4().hex[:8]}"))}


def a_row(stage: Stage) -> dict[str, Any]:
    """A row of the catalogue."""
    return dict(THE_ROW)


def an_own_value(stage: Stage) -> dict[str, Any]:
    """A value of the clinic's own."""
    begin_write()
    db.session.add(
        ClinicCatalogueRow(
            kind=OWN_VALUE["kind"],
            key=OWN_VALUE["key"],
            version=ClinicCatalogueRow.next_version(db.session(), *OWN_VALUE.values()),
            value={"after_mixing_hours": "12"},
            recorded_at=clock.now(),
            recorded_by=stage.cast.eve,
        )
    )
    db.session.commit()
    return {}


def an_own_value_named(stage: Stage) -> dict[str, Any]:
    """A value of the clinic's own, by its name."""
    an_own_value(stage)
    return dict(OWN_VALUE)


def patient(stage: Stage) -> dict[str, Any]:
    """A patient."""
    return {"patient_id": stage.patient().id}


def outside_dose(stage: Stage) -> dict[str, Any]:
    """A dose of elsewhere."""
    of = stage.patient()
    dose = factories.outside_dose(of, by=stage.cast.alice)
    return {"patient_id": of.id, "dose_id": dose.id}


def draft(stage: Stage) -> dict[str, Any]:
    """An empty draft."""
    return {"treatment_id": stage.draft().id}


def given(stage: Stage) -> dict[str, Any]:
    """A draft, something given."""
    return {"treatment_id": stage.charted().id}


def signed(stage: Stage) -> dict[str, Any]:
    """A signed session."""
    return {"treatment_id": stage.signed().id}


def to_be_added_to(stage: Stage) -> dict[str, Any]:
    """A signed session to add to."""
    return {"treatment_id": stage.followed().id}


def to_be_cosigned(stage: Stage) -> dict[str, Any]:
    """A signed session that the caller supervises."""
    return {"treatment_id": stage.followed(supervised=True).id}


def followed(stage: Stage) -> dict[str, Any]:
    """A signed session with an addendum."""
    treatment = stage.followed()
    assert treatment.note is not None
    factories.addendum(treatment.note, by=stage.cast.alice, clinic=stage.cast.clinic)
    return {"treatment_id": treatment.id, "number": 1}


def copy(stage: Stage) -> dict[str, Any]:
    """A printed copy."""
    return {"treatment_id": stage.signed().id, "serial": 1}


def discarded(stage: Stage) -> dict[str, Any]:
    """A discarded draft."""
    return {"treatment_id": stage.discarded().id}


def signed_note(stage: Stage) -> dict[str, Any]:
    """A signed note, ticked in the list."""
    stage.signed()
    return {}


def ticked_patient(stage: Stage) -> dict[str, Any]:
    """A patient, ticked in the list."""
    stage.ticked = stage.patient()
    return {}


def from_paper(stage: Stage) -> dict[str, Any]:
    """A draft that is transcribed from paper."""
    draft = stage.draft()
    begin_write()
    draft.take_from_paper(draft.date, time(0, 0), sheet="", performer=stage.provider)
    db.session.commit()
    return {"treatment_id": draft.id}


def a_code(stage: Stage) -> dict[str, Any]:
    """The code printed on a note."""
    note = stage.signed().note
    assert note is not None
    return {"code": check_code(note.record_sha256)}


def lot(stage: Stage) -> dict[str, Any]:
    """A lot in stock."""
    begin_write()
    held = StockLot(
        id=uuid4(),
        product="BOTOX",
        units=Decimal(100),
        lot=f"SAMPLE-{uuid4().hex[:6]}",
        expires=date(2027, 8, 31),
    )
    db.session.add(held)
    held.receive(5, expires=date(2027, 8, 31), by=stage.cast.dan, now=clock.now())
    db.session.commit()
    return {"lot_id": held.id}


def batch(stage: Stage) -> dict[str, Any]:
    """A file of several copies."""
    note = stage.signed().note
    assert note is not None
    begin_write()
    printed = note.add_copy(
        "for the payer",
        by=stage.cast.dan,
        zone="America/New_York",
        now=clock.now(),
        batch=uuid4(),
        place=1,
    )
    db.session.commit()
    return {"batch": printed.batch}


def draft_and_another(stage: Stage) -> dict[str, Any]:
    """A draft, and the patient whose it should be."""
    return {"treatment_id": stage.draft().id, "patient_id": stage.patient().id}


def signed_and_another(stage: Stage) -> dict[str, Any]:
    """A signed session, and another patient."""
    return {"treatment_id": stage.signed().id, "patient_id": stage.patient().id}


def draft_after_another(stage: Stage) -> dict[str, Any]:
    """A draft of a patient who has a signed session."""
    before = stage.signed().patient
    draft = factories.treatment(before, by=stage.provider, clinic=stage.cast.clinic)
    return {"treatment_id": draft.id}


def told_event(stage: Stage) -> dict[str, Any]:
    """A draft in which an adverse event was told."""
    values = draft_after_another(stage)
    told_in = db.session.get_one(Treatment, values["treatment_id"])
    event = factories.adverse_event(stage.signed(), told_in=told_in, by=stage.provider)
    return {**values, "event_id": event.id}


def locked(stage: Stage) -> dict[str, Any]:
    """A tablet that the caller locked."""
    if stage.person is not None:
        begin_write()
        if stage.person.pin is None:
            set_unlock_pin(stage.person, ALICES_PIN, now=clock.now())
            db.session.commit()
        stage.browser.post("/lock")
    return {}


def known_patient(stage: Stage) -> dict[str, Any]:
    """A restricted patient, known by number and birth date."""
    stage.known = factories.patient(stage.cast.alice)
    restrict(stage.known, stage.cast.alice)
    return {}


def alarm(stage: Stage) -> dict[str, Any]:
    """An emergency access the caller is told of."""
    return {"emergency_id": stage.emergency().id}


def own_emergency(stage: Stage) -> dict[str, Any]:
    """An emergency access of the caller's own."""
    return {"emergency_id": stage.own_emergency().id}


def colleague(stage: Stage) -> dict[str, Any]:
    """A colleague."""
    return {"person_id": stage.colleague().id}


def signing_colleague(stage: Stage) -> dict[str, Any]:
    """A colleague who signs."""
    return {"person_id": stage.cast.bob.id}


def former_colleague(stage: Stage) -> dict[str, Any]:
    """A colleague who left."""
    somebody = stage.colleague()
    begin_write()
    somebody.deactivate(now=clock.now())
    db.session.commit()
    return {"person_id": somebody.id}


# What is sent.

A_PATIENT = {
    "given_name": "Ada",
    "family_name": "Quist-Sample",
    "born": "3 Feb 1979",
    "record_number": "MATRIX-1",
    "sex": "",
    "weight_unit": "kg",
    "allergies_asked": "not_asked",
    "conditions_asked": "not_asked",
}


A_DOSE = {
    "product": "Jeuveau",
    "units": "20",
    "given_on": "3 Feb 2020",
    "indication": "other",
    "source": "patient-reported",
    "response": "",
}


def own_sign_in(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"username": (stage.person or stage.cast.bob).username, "password": PASSWORD}


def changed_patient(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    stored = db.session.get_one(Patient, values["patient_id"])
    return {
        **A_PATIENT,
        "given_name": stored.given_name,
        "family_name": stored.family_name,
        "born": stored.born.isoformat(),
        "record_number": stored.record_number,
        "revision": stored.revision,
    }


def themselves_named(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    stored = db.session.get_one(Patient, values["patient_id"])
    return {"sight": "listed", "was": " ".join(stored.named_ids)}


def whom_they_know(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    assert stage.known is not None
    return {
        "record_number": stage.known.record_number,
        "born": stage.known.born.isoformat(),
        "reason": "Nobody else is here today",
    }


def a_chart(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    return factories.chart_body(db.session.get_one(Treatment, values["treatment_id"]))


def a_reaction(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"session": str(stage.signed().id), "kind": "neck_pain"}


def a_move(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    session = db.session.get_one(Treatment, values["treatment_id"])
    return {"expected": str(session.patient_id), "reason": "Two patients with the same name"}


def their_note(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    note = stage.signed().note
    assert note is not None
    return {"note": [str(note.id)], "reason": "for the payer"}


def the_ticked(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    assert stage.ticked is not None
    return {"patient": [str(stage.ticked.id)], "region": "head"}


def what_a_sheet_says(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"day": "2026-01-02", "at": "09:40", "performer": str(stage.cast.bob.id)}


def own_pin(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"person": str((stage.person or stage.cast.bob).id), "pin": ALICES_PIN}


def some_measures(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    charted = db.session.get_one(Treatment, values["treatment_id"])
    return {"revision": charted.revision, "headache_days": "18", "guidance_note": ""}


def a_case(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"case": EXAMPLE}


def a_performer(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"performer": str(stage.cast.bob.id)}


def their_pin(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    charted = db.session.get_one(Treatment, values["treatment_id"])
    said = reading_all(charted, now=clock.now())
    return {"revision": charted.revision, "pin": ALICES_PIN, "read": said.read}


def a_new_colleague(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    username = f"new-{uuid4().hex[:6]}"
    return {"name": "Nora Nyberg", "username": username, "roles": ["staff"]}


def a_pdf(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"pdf": (BytesIO(b"%PDF-1.7 but no note"), "letter.pdf")}


def a_recall(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    held = db.session.get_one(StockLot, values["lot_id"])
    return {"product": held.product, "lot": held.lot, "reason": "Recalled by the maker"}


A_DELIVERY = {
    "vial": "BOTOX|200",
    "lot": "SAMPLE-2",
    "expires": "2027-08-31",
    "count": "2",
}
AN_ANSWER = {"question": "infection_at_site", "value": "yes", "page": "time-out"}
AN_ADDENDUM = {
    "kind": "clarification",
    "reason": "Asked by the payer",
    "text": "The diary is the patient’s own.",
    "addenda": "0",
    "pin": ALICES_PIN,
}
A_HAND = {"drawn": '[[["40", "160"], ["500", "20"]]]'}
A_PIN = {"current_password": PASSWORD, "pin": ALICES_PIN, "pin_again": ALICES_PIN}
A_PASSWORD = {
    "old_password": PASSWORD,
    "password": "seven quiet herons",
    "password_again": "seven quiet herons",
}
A_CLINIC = {
    "clinic_name": "Quayside Clinic",
    "address": "4 Quay Street\nFairhaven, ME 04999",
    "time_zone": "America/New_York",
    "paper": "a4",
    "hours": "24",
    "lock_after_minutes": "5",
}
