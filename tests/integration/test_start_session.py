"""POST /patients/<id>/treatments opens a draft."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.extensions import begin_write, db
from app.models import Patient, Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast


@pytest.fixture
def patient(cast: Cast) -> Patient:
    return factories.patient(cast.dan)


def only_treatment() -> Treatment:
    return db.session.scalars(select(Treatment)).one()


def test_a_provider_starts_a_session_of_today(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    answer = as_alice.post(f"/patients/{patient.id}/treatments")

    draft = only_treatment()
    assert answer.status_code == 303
    assert answer.location == f"/treatments/{draft.id}/chart"
    assert (draft.patient, draft.started_by, draft.performer) == (patient, cast.alice, cast.alice)
    assert (draft.date, draft.zone) == (cast.clinic.today(clock.now()), "America/New_York")
    assert clock.now() - draft.started_at < timedelta(minutes=1)
    assert (draft.revision, draft.sites, draft.vials, draft.indications) == (0, [], [], [])
    assert draft.is_draft


def test_a_session_that_repeats_the_last_one_is_an_empty_draft_that_the_tablet_lays_it_on(
    patient: Patient, as_alice: AuditingClient
) -> None:
    answer = as_alice.post(f"/patients/{patient.id}/treatments", data={"repeat": "1"})

    draft = only_treatment()
    assert answer.location == f"/treatments/{draft.id}/chart#repeat"
    assert (draft.revision, draft.sites, draft.vials, draft.indications) == (0, [], [], [])


def test_a_session_that_an_assistant_starts_has_no_performer_yet(
    app: Flask, cast: Cast, patient: Patient
) -> None:
    signed_in(app, cast.carol).post(f"/patients/{patient.id}/treatments")

    assert only_treatment().started_by == cast.carol
    assert only_treatment().performer is None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_session_is_of_the_day_at_the_clinic(
    cast: Cast, patient: Patient, as_alice: AuditingClient, zone: str
) -> None:
    # These two clocks never show the same day.
    begin_write()
    cast.clinic.time_zone = zone
    db.session.commit()

    as_alice.post(f"/patients/{patient.id}/treatments")

    draft = only_treatment()
    assert draft.date == draft.started_at.astimezone(ZoneInfo(zone)).date()


def test_who_started_what_is_in_the_trail(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    as_alice.post(f"/patients/{patient.id}/treatments")

    entry = last_entry("treatment.started")
    assert (entry.by_id, entry.outcome) == (cast.alice.id, "done")
    assert (entry.subject_type, entry.subject_id) == ("Treatment", str(only_treatment().id))
    assert entry.details == {}


def test_only_clinical_people_start_a_session(app: Flask, cast: Cast, patient: Patient) -> None:
    address = f"/patients/{patient.id}/treatments"
    stranger = new_client(app)
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)

    with nothing_changed():
        answers = [browser.post(address) for browser in (stranger, staff, administrator)]

    assert [answer.status_code for answer in answers] == [401, 403, 404]
    assert "Only a provider or an assistant charts a session." in answers[1].text


def test_a_session_needs_a_known_patient(as_alice: AuditingClient) -> None:
    with nothing_changed():
        answers = [as_alice.post(f"/patients/{who}/treatments") for who in (uuid4(), "maren", "1")]

    assert {answer.status_code for answer in answers} == {404}


def test_another_site_cannot_start_a_session(patient: Patient, as_alice: AuditingClient) -> None:
    with nothing_changed():
        answer = as_alice.post(f"/patients/{patient.id}/treatments", csrf=False)

    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
