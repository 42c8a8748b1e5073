"""GET and POST /patients/new: what a patient's record takes, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit import AuditEntry
from app.extensions import db
from app.models import Patient
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.factories import Cast

FORM = {
    "given_name": "Maren",
    "family_name": "Oduya",
    "born": "12 Mar 1984",
    "sex": "female",
    "record_number": "004217",
    "weight": "150",
    "weight_unit": "lb",
    "weighed_on": "3 Jan 2026",
    "allergies_asked": "listed",
    "allergies": "penicillin",
    "conditions_asked": "none_known",
    "conditions": "",
}


def stored() -> list[Patient]:
    return list(db.session.scalars(select(Patient)))


def test_a_new_patient_is_stored_as_it_was_meant(as_alice: AuditingClient) -> None:
    answer = as_alice.post("/patients/new", data=FORM)

    assert answer.status_code == 303
    (patient,) = stored()
    assert answer.headers["Location"] == f"/patients/{patient.id}"
    assert patient.name == "Maren Oduya"
    assert patient.born.isoformat() == "1984-03-12"
    assert patient.weight_kg == Decimal("68.04")
    assert patient.allergies == "penicillin"
    assert (patient.conditions_asked, patient.conditions) == ("none_known", "")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "patient.created")).one()
    assert entry.subject_id == str(patient.id)


def test_only_a_name_a_birth_date_and_a_number_are_needed(as_alice: AuditingClient) -> None:
    form = {
        "family_name": "Sukarno",
        "born": "1984-03-12",
        "record_number": "7",
        "sex": "",
        "weight_unit": "kg",
        "allergies_asked": "not_asked",
        "conditions_asked": "not_asked",
    }

    assert as_alice.post("/patients/new", data=form).status_code == 303
    (patient,) = stored()
    assert patient.name == "Sukarno"
    assert patient.sex is None
    assert patient.weight_kg is None
    assert patient.allergies_asked == "not_asked"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("given_name", "x" * 300, "Keep this within 120 characters."),
        ("family_name", "x" * 300, "Keep this within 120 characters."),
        ("family_name", " \t", "Enter the family name."),
        ("born", "", "Enter the date of birth."),
        ("born", "soon", "This is not a date. Write it as 12 Mar 1984."),
        ("born", "31 Feb 1984", "This is not a date. Write it as 12 Mar 1984."),
        ("born", "3/12/84", "Write the year with four digits, for example 12 Mar 1984."),
        ("born", "12 Mar 2184", "This day is in the future. Check the year."),
        ("born", "12 Mar 1784", "This is more than 130 years ago. Check the year."),
        ("sex", "robot", "Choose one of the answers."),
        ("record_number", "", "Enter the record number."),
        ("weight", "0", "The weight must be more than 0."),
        ("weight", "-68", "Enter the weight as a number with at most two decimals"),
        ("weight", "1e9", "Enter the weight as a number with at most two decimals"),
        ("weight", "68.045", "Enter the weight as a number with at most two decimals"),
        ("weight", "heavy", "Enter the weight as a number with at most two decimals"),
        ("weight_unit", "stone", "Choose one of the answers."),
        ("weighed_on", "", "Say when this was weighed."),
        ("weighed_on", "1 Jan 2184", "This day is in the future."),
        ("allergies", " ", "List the allergies, or choose another answer."),
        ("allergies_asked", "perhaps", "Choose one of the answers."),
        ("conditions_asked", "listed", "List the conditions, or choose another answer."),
    ],
)
def test_what_is_not_right_is_said_and_nothing_is_stored_or_lost(
    as_alice: AuditingClient, field: str, value: str, sentence: str
) -> None:
    answer = as_alice.post("/patients/new", data={**FORM, field: value})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text or field == "weight_unit"
    assert "004217" in answer.text or field == "record_number"
    assert stored() == []


def test_a_name_of_one_hundred_and_twenty_characters_is_a_name(as_alice: AuditingClient) -> None:
    answer = as_alice.post("/patients/new", data={**FORM, "family_name": "Ö" * 120})

    assert answer.status_code == 303
    assert "Ö" * 120 in as_alice.get(answer.headers["Location"]).text


def test_a_name_is_kept_as_it_is_written_and_shown_as_text(as_alice: AuditingClient) -> None:
    form = {**FORM, "given_name": "  Zoë\u202e <b>\x00Anne  ", "family_name": "O’Brien {{7*7}}"}

    answer = as_alice.post("/patients/new", data=form)

    (patient,) = stored()
    assert patient.name == "Zoë <b> Anne O’Brien {{7*7}}"
    assert "Zoë &lt;b&gt; Anne O’Brien {{7*7}}" in as_alice.get(answer.headers["Location"]).text


def test_a_birth_date_of_today_is_a_birth_date(as_alice: AuditingClient, cast: Cast) -> None:
    today = cast.clinic.today(clock.now())

    assert as_alice.post("/patients/new", data={**FORM, "born": f"{today}"}).status_code == 303
    tomorrow = today + timedelta(days=1)
    form = {**FORM, "record_number": "2", "born": f"{tomorrow}"}
    assert as_alice.post("/patients/new", data=form).status_code == 422


@pytest.mark.parametrize(("paper", "read"), [("letter", "1984-03-12"), ("a4", "1984-12-03")])
def test_two_numbers_of_a_date_are_read_as_the_clinic_writes_them(
    app: Flask, paper: str, read: str
) -> None:
    browser = signed_in(app, factories.cast(paper=paper).alice)

    browser.post("/patients/new", data={**FORM, "born": "3/12/1984"})

    assert stored()[0].born.isoformat() == read


def test_the_next_free_number_is_suggested(as_alice: AuditingClient, cast: Cast) -> None:
    factories.patient(cast.alice, record_number="004217")

    assert 'value="004218"' in as_alice.get("/patients/new").text


def test_a_number_that_is_taken_is_refused_with_a_free_one(
    as_alice: AuditingClient, cast: Cast
) -> None:
    factories.patient(cast.alice, record_number="004217")

    answer = as_alice.post("/patients/new", data=FORM)

    assert answer.status_code == 422
    assert "Another patient has this record number. 004218 is free." in answer.text
    assert len(stored()) == 1


def test_the_same_name_and_birth_date_are_asked_about_once(as_alice: AuditingClient) -> None:
    as_alice.post("/patients/new", data=FORM)
    again: dict[str, Any] = {**FORM, "given_name": "MARÉN", "record_number": "2"}

    asked = as_alice.post("/patients/new", data=again)
    confirmed = as_alice.post("/patients/new", data={**again, "is_another": "y"})

    assert asked.status_code == 422
    assert "A patient with this name and date of birth is already here." in asked.text
    assert "MRN 004217" in asked.text
    assert confirmed.status_code == 303
    assert len(stored()) == 2


def test_a_form_takes_only_what_it_shows(as_alice: AuditingClient, cast: Cast) -> None:
    for more in ({"revision": "99"}, {"created_by_id": str(cast.bob.id)}, {"restricted": ""}):
        answer = as_alice.post("/patients/new", data={**FORM, **more})

        assert answer.status_code == 400
        assert "This page sent something that its form does not have" in answer.text
    assert list(stored()) == []


def test_staff_add_patients_and_administrators_do_not(app: Flask, cast: Cast) -> None:
    assert signed_in(app, cast.dan).post("/patients/new", data=FORM).status_code == 303
    assert signed_in(app, cast.eve).get("/patients/new").status_code == 403
    assert signed_in(app, cast.eve).post("/patients/new", data=FORM).status_code == 403
