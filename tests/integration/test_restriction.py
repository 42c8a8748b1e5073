"""/patients/<id>/restriction, and that a restricted patient is nowhere for who is not named."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.extensions import begin_write, db
from app.models import Patient, Person, Treatment
from app.notes.record import check_code
from tests import factories
from tests.access_matrix import MATRIX, Line
from tests.access_stage import Stage, restrict
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast

# Of nobody else, and found nowhere by chance.
GIVEN, FAMILY, NUMBER, LOT = "Canarina", "Quillfeather-Sample", "CANARY-4417", "LOTCANARY"
BORN = date(1931, 8, 27)
# The file that the copy left in.
BATCH = UUID("5b1b6a52-6a2b-4a8e-9a0e-3d1a0f2c7e10")
PLACE = "Dr Vermilion of nowhere"
CANARIES = (
    *("Canarina", "Quillfeather", NUMBER, LOT, "27 Aug 1931", "1931-08-27", "zirconium"),
    PLACE,
)

OF_A_PATIENT = {"patient_id", "treatment_id"}


def canary(cast: Cast) -> Patient:
    return factories.patient(
        cast.alice,
        given_name=GIVEN,
        family_name=FAMILY,
        born=BORN,
        record_number=NUMBER,
        allergies_asked="listed",
        allergies="zirconium",
    )


def named(patient: Patient) -> set[str]:
    db.session.rollback()
    return {row.person.username for row in db.session.get_one(Patient, patient.id).named}


def form(patient: Patient, *people: Person, **changes: str) -> dict[str, Any]:
    return {
        "sight": "listed",
        "people": [str(person.id) for person in people],
        "was": " ".join(patient.named_ids),
        **changes,
    }


def address(patient: Patient) -> str:
    return f"/patients/{patient.id}/restriction"


# Who says who sees a patient.


def test_a_provider_names_who_sees_a_patient_and_is_one_of_them(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    patient = factories.patient(cast.alice)

    answer = as_alice.post(address(patient), data=form(patient, cast.dan))

    assert answer.status_code == 303
    assert named(patient) == {"alice", "dan"}
    entry = last_entry("patient.restricted")
    assert entry.subject_id == str(patient.id)
    assert entry.details == {
        "before": [],
        "after": sorted([str(cast.alice.id), str(cast.dan.id)]),
    }
    shown = as_alice.get(f"/patients/{patient.id}").text
    assert "Restricted: 2 people see this patient" in shown
    assert signed_in(app, cast.dan).get(f"/patients/{patient.id}").status_code == 200
    for outsider in (cast.bob, cast.carol, cast.eve):
        assert signed_in(app, outsider).get(f"/patients/{patient.id}").status_code == 404


def test_a_named_provider_changes_the_list_and_lifts_it(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    patient = factories.patient(cast.alice)
    restrict(patient, cast.alice, cast.bob)

    assert as_alice.post(address(patient), data=form(patient, cast.carol)).status_code == 303
    assert named(patient) == {"alice", "carol"}

    lifted = as_alice.post(address(patient), data=form(patient, sight="everyone"))
    assert lifted.status_code == 303
    assert named(patient) == set()
    assert last_entry("patient.unrestricted").details["after"] == []
    assert signed_in(app, cast.bob).get(f"/patients/{patient.id}").status_code == 200


def test_who_is_named_but_does_not_treat_reads_the_list_alone(app: Flask, cast: Cast) -> None:
    patient = factories.patient(cast.alice)
    restrict(patient, cast.alice, cast.dan)
    dan = signed_in(app, cast.dan)

    page = dan.get(address(patient)).text
    with nothing_changed():
        answer = dan.post(address(patient), data=form(patient, cast.bob))

    assert "Alice Amari, MD" in page
    assert "Only a provider decides who sees a patient." in page
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sight": "nobody"}, "Choose one of the answers."),
        ({"people": ["7"]}, "Choose from the list."),
    ],
)
def test_what_is_not_on_the_page_is_not_taken(
    cast: Cast, as_alice: AuditingClient, change: dict[str, Any], sentence: str
) -> None:
    patient = factories.patient(cast.alice)

    with nothing_changed():
        answer = as_alice.post(address(patient), data={**form(patient), **change})

    assert answer.status_code == 422
    assert sentence in answer.text


def test_who_has_no_sight_of_patients_cannot_be_named(cast: Cast, as_alice: AuditingClient) -> None:
    patient = factories.patient(cast.alice)

    with nothing_changed():
        answer = as_alice.post(address(patient), data=form(patient, cast.eve))

    assert answer.status_code == 422


def test_two_who_change_the_list_at_once_see_each_other(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    patient = factories.patient(cast.alice)
    stale = form(patient, cast.carol)
    restrict(patient, cast.alice, cast.bob)

    with nothing_changed():
        answer = as_alice.post(address(patient), data=stale)

    assert answer.status_code == 409
    assert "Somebody changed meanwhile who sees this patient." in answer.text
    assert "Named now: Alice Amari, MD, Bob Brandt, MD." in answer.text
    assert f'value="{cast.carol.id}" checked' in answer.text
    again = as_alice.post(address(patient), data=form(patient, cast.carol))
    assert again.status_code == 303
    assert named(patient) == {"alice", "carol"}


def test_the_list_says_who_has_a_session_that_is_not_signed(
    cast: Cast, as_alice: AuditingClient
) -> None:
    patient = factories.patient(cast.alice)
    factories.treatment(patient, by=cast.bob, clinic=cast.clinic)

    page = as_alice.get(address(patient)).text

    assert page.count("has a session with this patient that is not signed") == 1


# To everyone else there is nothing.


def lines_of_patients(app: Flask) -> list[Line]:
    """Those whose address names a patient or a session."""
    arguments = {rule.endpoint: rule.arguments for rule in app.url_map.iter_rules()}
    return [line for line in MATRIX if arguments[line.endpoint] & OF_A_PATIENT]


@pytest.mark.parametrize("caller", ["provider", "assistant", "staff", "administrator", "owner"])
def test_no_address_of_a_restricted_patient_is_there_for_who_is_not_named(
    app: Flask, cast: Cast, caller: str
) -> None:
    stage = Stage(app, cast, caller)
    stage.names = [cast.alice]
    # Whose role has no sight of patients at all is turned away before it is known whom they meant.
    acts = () if caller == "administrator" else ("patient.hidden",)

    for line in lines_of_patients(app):
        values = line.on(stage)

        with nothing_changed(*acts):
            answer = line.ask(stage, values)

        assert (line.name, answer.status_code) == (line.name, 404)


def without_token(page: str) -> str:
    """The page but for what keeps another site from sending its forms."""
    bare, count = re.subn(r'name="csrf-token" content="[^"]+"', "", page)
    assert count == 1
    return re.sub(r'name="csrf_token"[^>]* value="[^"]+"', "", bare)


def test_hidden_and_unknown_get_the_same_answer_and_the_try_is_kept(app: Flask, cast: Cast) -> None:
    patient = canary(cast)
    restrict(patient, cast.alice)
    bob = signed_in(app, cast.bob)

    hidden = bob.get(f"/patients/{patient.id}")
    nobody = uuid4()
    unknown = bob.get(f"/patients/{nobody}")

    assert hidden.status_code == unknown.status_code == 404
    # Each page knows its own address and has a token of its own second; nothing else differs.
    told = hidden.text.replace(str(patient.id), str(nobody))
    assert without_token(told) == without_token(unknown.text)
    assert set(hidden.headers.keys()) == set(unknown.headers.keys())
    entry = last_entry("patient.hidden")
    assert (entry.by_id, entry.subject_id) == (cast.bob.id, str(patient.id))
    assert (entry.outcome, entry.details) == ("refused", {"endpoint": "patients.show"})


@pytest.fixture
def whole_record(cast: Cast) -> Treatment:
    """A restricted patient with all there can be: a signed, printed session, and a draft."""
    patient = canary(cast)
    first = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(first)
    body["preparations"][0]["vials"][0]["lot"] = LOT
    factories.chart(first, body, by=cast.alice)
    note = factories.sign(first, by=cast.alice, clinic=cast.clinic)
    begin_write()
    note.add_copy(
        "for the payer",
        by=cast.alice,
        zone="America/New_York",
        now=clock.now(),
        batch=BATCH,
        place=1,
    )
    db.session.commit()
    factories.outside_dose(patient, by=cast.alice, place=PLACE)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["lot"] = LOT
    factories.chart(draft, body, by=cast.alice)
    restrict(patient, cast.alice)
    return draft


def printed(pdf: bytes) -> str:
    """What stands on the pages."""
    command = ["pdftotext", "-raw", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def everything_told(
    app: Flask, cast: Cast, browser: AuditingClient, of: Treatment
) -> dict[str, list[str]]:
    """Which of the patient's data each page tells, and each search for the patient; by address."""
    told: dict[str, list[str]] = {}

    def look_at(answer: TestResponse, typed: str = "") -> None:
        body = printed(answer.data) if answer.mimetype == "application/pdf" else answer.text
        for told_back in (f"“{typed}”", f'value="{typed}"') if typed else ():
            body = body.replace(told_back, "")
        if found := [word for word in CANARIES if word in body]:
            told[answer.request.path] = found

    values = {"patient_id": of.patient_id, "serial": 1, "person_id": cast.dan.id}
    values |= {"dose_id": of.patient.outside_doses[0].id}
    values |= {"filename": "css/app.css", "version": "1", "batch": BATCH}
    values |= {"ref": "own_hand@1", "kind": "svg", "spoken": "en", "draft_id": cast.dan.id}
    signed = [treatment.note for treatment in of.patient.treatments if treatment.note]
    values |= {"number": 1, "code": check_code(signed[0].record_sha256)}
    sessions = [treatment.id for treatment in of.patient.treatments]
    addresses = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        for session in sessions if "treatment_id" in rule.arguments else sessions[:1]:
            here = {**values, "treatment_id": session}
            missing = rule.arguments - here.keys()
            assert not missing, f"{rule.endpoint}: say here what its {missing} may be"
            named = {name: here[name] for name in rule.arguments}
            look_at(browser.get(addresses.build(rule.endpoint, named), buffered=True))
    for typed in (GIVEN, "Canarine", "27 Aug 1931", NUMBER, "1931"):
        by_script = {"X-Requested-With": "fetch"}
        look_at(browser.post("/patients/search", data={"q": typed}, headers=by_script), typed)
        look_at(browser.get("/patients", query_string={"q": typed}), typed)
        look_at(browser.post("/notes", data={"patient": typed}), typed)
    return told


@pytest.mark.parametrize("outsider", ["bob", "carol", "dan", "eve"])
def test_nothing_of_a_restricted_patient_is_in_any_page_of_an_outsider(
    app: Flask, cast: Cast, whole_record: Treatment, outsider: str
) -> None:
    browser = signed_in(app, getattr(cast, outsider))

    assert everything_told(app, cast, browser, whole_record) == {}


def test_who_is_named_is_told_all_of_it(
    app: Flask, cast: Cast, as_alice: AuditingClient, whole_record: Treatment
) -> None:
    """So that looking for the canaries, as above, is known to find them."""
    told = everything_told(app, cast, as_alice, whole_record).keys()

    assert {"/", "/patients", "/notes", "/patients/search"} <= told
    assert f"/patients/{whole_record.patient_id}" in told
    assert f"/treatments/{whole_record.id}/chart" in told
    assert f"/treatments/{whole_record.id}/time-out" in told


def test_counts_leave_a_restricted_patient_out(
    app: Flask, cast: Cast, whole_record: Treatment
) -> None:
    bob = signed_in(app, cast.bob)

    today, patients, notes = bob.get("/").text, bob.get("/patients").text, bob.get("/notes").text

    assert "0 sessions, 0 signed" in today
    assert "Nothing is left from earlier days." in today
    assert 'href="/patients/' not in (today + patients).replace('href="/patients/new"', "")
    assert "0 signed notes" in notes
    assert "not signed</span>" not in notes
    assert "Nothing was printed yet." in notes


def test_a_vial_of_a_restricted_session_is_not_proposed_to_an_outsider(
    app: Flask, cast: Cast, as_alice: AuditingClient, whole_record: Treatment
) -> None:
    draft = factories.treatment(factories.patient(cast.bob), by=cast.bob, clinic=cast.clinic)
    path = f"/treatments/{draft.id}/chart"

    assert LOT in as_alice.get(path).text
    assert LOT not in signed_in(app, cast.bob).get(path).text


NEW = {
    "given_name": "Ada",
    "family_name": "Quist-Sample",
    "born": "3 Feb 1979",
    "record_number": NUMBER,
    "sex": "",
    "weight_unit": "kg",
    "allergies_asked": "not_asked",
    "conditions_asked": "not_asked",
}


def test_that_a_number_is_taken_does_not_say_by_whom(
    app: Flask, cast: Cast, whole_record: Treatment
) -> None:
    bob = signed_in(app, cast.bob)
    other = factories.patient(cast.bob)

    new = bob.post("/patients/new", data=NEW)
    edited = bob.post(f"/patients/{other.id}/edit", data={**NEW, "revision": str(other.revision)})

    for answer in (new, edited):
        assert answer.status_code == 422
        assert "Another patient has this record number." in answer.text
        body = answer.text.replace(f'value="{NUMBER}"', "")
        assert not [word for word in CANARIES if word in body]


def test_a_second_registration_of_a_hidden_patient_is_not_told_of_the_first(
    app: Flask, cast: Cast, as_alice: AuditingClient, whole_record: Treatment
) -> None:
    same = {**NEW, "given_name": GIVEN, "family_name": FAMILY, "born": "27 Aug 1931"}

    told = as_alice.post("/patients/new", data={**same, "record_number": "1"})
    hidden = signed_in(app, cast.bob).post("/patients/new", data={**same, "record_number": "1"})

    assert told.status_code == 422
    assert NUMBER in told.text
    assert hidden.status_code == 303
