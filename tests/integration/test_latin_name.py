"""A name in letters that a note cannot print, and the Latin ones that are entered beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import db
from app.models import Patient
from tests import factories, schemas
from tests.clients import AuditingClient, signed_in
from tests.factories import Cast
from tests.integration.test_edit_patient import form_of
from tests.integration.test_new_patient import FORM
from tests.unit.notes import printed

CHINESE = {"given_name": "小龙", "family_name": "李"}
LATIN = "Lǐ Xiǎolóng"


def test_a_patient_is_found_by_the_name_in_latin_letters_as_by_the_other(
    as_alice: AuditingClient, cast: Cast
) -> None:
    answer = as_alice.post("/patients/new", data={**FORM, **CHINESE, "latin_name": LATIN})

    assert answer.status_code == 303
    patient = db.session.scalars(select(Patient)).one()
    assert (patient.name, patient.latin_name) == ("小龙 李", LATIN)
    for typed in ("li xiaolong", "Xiaol", "李", "Li Xiaolung"):
        page = as_alice.get("/patients", query_string={"q": typed}).text
        assert f"/patients/{patient.id}" in page
    assert LATIN in as_alice.get(f"/patients/{patient.id}").text


def test_it_is_changed_with_before_and_after_in_the_trail(
    as_alice: AuditingClient, cast: Cast
) -> None:
    patient = factories.patient(cast.alice, **CHINESE)

    as_alice.post(f"/patients/{patient.id}/edit", data=form_of(patient, latin_name=LATIN))

    db.session.refresh(patient)
    assert patient.latin_name == LATIN
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "patient.edited")).one()
    assert entry.details["changes"]["latin_name"] == ["", LATIN]


def test_letters_that_do_not_print_either_are_refused(as_alice: AuditingClient) -> None:
    answer = as_alice.post("/patients/new", data={**FORM, **CHINESE, "latin_name": "Lee 龙"})

    assert answer.status_code == 422
    assert "A note cannot print 龙." in answer.text
    assert not db.session.scalars(select(Patient)).all()


@pytest.mark.parametrize("typed", [CHINESE, {"given_name": "Li", "family_name": "Xiaolong"}])
def test_a_second_patient_of_either_spelling_and_birth_date_is_asked_about(
    typed: dict[str, str], as_alice: AuditingClient
) -> None:
    as_alice.post("/patients/new", data={**FORM, **CHINESE, "latin_name": LATIN})

    answer = as_alice.post("/patients/new", data={**FORM, **typed, "record_number": "004218"})

    assert answer.status_code == 422
    assert "A patient with this name and date of birth is already here." in answer.text


def test_the_review_asks_for_it_while_the_name_does_not_print(
    as_alice: AuditingClient, cast: Cast
) -> None:
    patient = factories.patient(cast.alice, **CHINESE)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, factories.chart_body(draft), by=cast.alice)

    page = as_alice.get(f"/treatments/{draft.id}/signature").text
    assert "The note cannot print the name of this patient." in page
    assert 'name="pin"' in page

    as_alice.post(f"/patients/{patient.id}/edit", data=form_of(patient, latin_name=LATIN))
    assert "cannot print" not in as_alice.get(f"/treatments/{draft.id}/signature").text


def test_the_signed_note_prints_it_and_its_record_holds_both(cast: Cast, tmp_path: Path) -> None:
    patient = factories.patient(cast.alice, **CHINESE, latin_name=LATIN)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    note = factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    record = json.loads(note.record)
    assert schemas.faults(record) == []
    assert (record["patient"]["name"], record["patient"]["latin_name"]) == ("小龙 李", LATIN)
    said = printed.text_of(note.pdf, tmp_path)
    assert f"{LATIN} " in said
    assert "The name of the patient is printed as entered in Latin letters." in said
    assert "[U+5C0F], [U+674E] and [U+9F99]" in said


def test_somebody_who_signs_has_a_name_that_prints(app: Flask, cast: Cast) -> None:
    person = {"name": "李医生", "credentials": "MD", "username": "drli", "roles": ["assistant"]}

    answer = signed_in(app, cast.eve).post("/admin/people/new", data=person)

    assert answer.status_code == 422
    assert "A note cannot print 医 李 生." in answer.text
