"""GET and POST /patients/<id>/edit: changes, and two people who change the same patient."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import db
from app.models import Patient
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.factories import Cast


def form_of(patient: Patient, **changes: Any) -> dict[str, Any]:
    return {
        "revision": patient.revision,
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "born": patient.born.isoformat(),
        "sex": patient.sex,
        "record_number": patient.record_number,
        "weight": "68",
        "weight_unit": "kg",
        "weighed_on": "3 Jan 2026",
        "allergies_asked": "none_known",
        "conditions_asked": "none_known",
        **changes,
    }


def test_the_form_holds_what_is_stored(as_alice: AuditingClient, cast: Cast) -> None:
    patient = factories.patient(cast.alice, record_number="004217")

    page = as_alice.get(f"/patients/{patient.id}/edit").text

    for value in ("Maren", "Oduya-Sample", "12 Mar 1984", "004217", "68"):
        assert f'value="{value}"' in page


def test_a_change_is_stored_with_before_and_after_in_the_trail(
    as_alice: AuditingClient, cast: Cast
) -> None:
    patient = factories.patient(cast.alice)
    born = patient.born

    answer = as_alice.post(
        f"/patients/{patient.id}/edit", data=form_of(patient, given_name="Marén", born="1984-03-13")
    )

    assert answer.status_code == 303
    db.session.refresh(patient)
    assert (patient.given_name, patient.born, patient.revision) == ("Marén", date(1984, 3, 13), 2)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "patient.edited")).one()
    assert entry.details["changes"]["born"] == [str(born), "1984-03-13"]


def test_an_edit_of_an_older_version_shows_both_and_saves_neither(app: Flask, cast: Cast) -> None:
    patient = factories.patient(cast.alice)
    stale = form_of(patient, weight="71")
    address = f"/patients/{patient.id}/edit"
    signed_in(app, cast.bob).post(address, data=form_of(patient, weight="64", sex="other"))
    alice = signed_in(app, cast.alice)

    answer = alice.post(address, data=stale)

    assert answer.status_code == 409
    assert "Bob Brandt saved this patient at" in answer.text
    assert "<td>64</td><td><b>71</b></td>" in answer.text
    assert "<td>Other</td><td><b>Female</b></td>" in answer.text
    assert 'value="71"' in answer.text
    db.session.refresh(patient)
    assert (str(patient.weight_kg), patient.revision) == ("64.00", 2)

    assert 'name="revision" value="2"' in answer.text
    assert alice.post(address, data={**stale, "revision": 2}).status_code == 303
    db.session.refresh(patient)
    assert str(patient.weight_kg) == "71.00"


def test_an_edit_without_its_revision_is_an_edit_of_an_older_version(
    as_alice: AuditingClient, cast: Cast
) -> None:
    patient = factories.patient(cast.alice)

    for revision in ("", "x", "-1"):
        answer = as_alice.post(
            f"/patients/{patient.id}/edit", data=form_of(patient, revision=revision)
        )
        assert answer.status_code == 409


def test_a_mistake_keeps_what_was_typed(as_alice: AuditingClient, cast: Cast) -> None:
    patient = factories.patient(cast.alice)

    answer = as_alice.post(
        f"/patients/{patient.id}/edit", data=form_of(patient, given_name="Mar", born="never")
    )

    assert answer.status_code == 422
    assert 'value="never"' in answer.text
    assert 'value="Mar"' in answer.text
    db.session.refresh(patient)
    assert patient.revision == 1


def test_a_number_of_ones_own_is_not_taken_and_another_patients_is(
    as_alice: AuditingClient, cast: Cast
) -> None:
    patient = factories.patient(cast.alice, record_number="1")
    factories.patient(cast.alice, record_number="2", given_name="Ann")
    address = f"/patients/{patient.id}/edit"

    assert as_alice.post(address, data=form_of(patient, record_number="2")).status_code == 422
    db.session.refresh(patient)
    assert as_alice.post(address, data=form_of(patient)).status_code == 303


def test_a_change_into_another_patients_name_and_birth_date_is_asked_about(
    as_alice: AuditingClient, cast: Cast
) -> None:
    factories.patient(cast.alice, given_name="Ann")
    patient = factories.patient(cast.alice)

    answer = as_alice.post(f"/patients/{patient.id}/edit", data=form_of(patient, given_name="ann"))

    assert answer.status_code == 422
    assert "is already here" in answer.text


def test_a_hidden_patient_cannot_be_edited(app: Flask, cast: Cast) -> None:
    patient = factories.patient(cast.alice)
    form = form_of(patient, given_name="Ann")

    answer = signed_in(app, cast.eve).post(f"/patients/{patient.id}/edit", data=form)
    unknown = signed_in(app, cast.alice).post(f"/patients/{uuid4()}/edit", data=form)

    assert answer.status_code == unknown.status_code == 404
    db.session.refresh(patient)
    assert patient.given_name == "Maren"
