"""GET /patients/<id>: the patient's page, and who may look at it."""

from __future__ import annotations

from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import db
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.factories import Cast


def test_the_page_says_who_it_is_and_what_was_asked(as_alice: AuditingClient, cast: Cast) -> None:
    patient = factories.patient(
        cast.alice, record_number="004217", allergies_asked="listed", allergies="penicillin"
    )

    page = as_alice.get(f"/patients/{patient.id}").text

    assert "<h1>Maren Oduya-Sample</h1>" in page
    assert "12 Mar 1984" in page
    assert "MRN 004217" in page
    assert "Allergy: penicillin" in page
    assert "68 kg (149.9 lb)" in page
    assert "No sessions yet" in page
    assert 'data-action="start"' in page


def test_not_asked_and_none_known_are_two_different_things(
    as_alice: AuditingClient, cast: Cast
) -> None:
    unasked = factories.patient(cast.alice, allergies_asked="not_asked")
    asked = factories.patient(cast.alice, allergies_asked="none_known", given_name="Ann")

    assert "Allergies: not asked" in as_alice.get(f"/patients/{unasked.id}").text
    assert "Allergies: asked, none known" in as_alice.get(f"/patients/{asked.id}").text


def test_no_title_and_no_address_names_a_patient(as_alice: AuditingClient, cast: Cast) -> None:
    patient = factories.patient(cast.alice)

    page = as_alice.get(f"/patients/{patient.id}").text

    assert "<title>Patient · Stipple</title>" in page
    assert "oduya" not in f"/patients/{patient.id}"


def test_each_look_is_in_the_trail(as_alice: AuditingClient, cast: Cast) -> None:
    patient = factories.patient(cast.alice)

    as_alice.get(f"/patients/{patient.id}")
    as_alice.get(f"/patients/{patient.id}")

    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "patient.viewed")).all()
    assert [entry.by_id for entry in entries] == [cast.alice.id] * 2
    assert {entry.subject_id for entry in entries} == {str(patient.id)}


def test_a_draft_is_continued_and_a_signed_session_opens_its_note(
    as_alice: AuditingClient, cast: Cast
) -> None:
    patient = factories.patient(cast.alice)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    address = f"/patients/{patient.id}"

    before = as_alice.get(address).text
    note = factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    after = as_alice.get(address).text

    assert f"/treatments/{draft.id}/chart" in before
    assert "BOTOX 10 U, 2 sites" in before
    assert "2 of 2 given" in before
    assert before.count('class="session__dot"') == 2
    assert f"/treatments/{draft.id}/chart" not in after
    assert note.number in after
    assert "signed, not printed" in after


def test_staff_see_the_page_and_cannot_start_a_session(app: Flask, cast: Cast) -> None:
    patient = factories.patient(cast.alice)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)

    page = signed_in(app, cast.dan).get(f"/patients/{patient.id}").text

    assert "Maren Oduya-Sample" in page
    assert "Start session" not in page
    assert f"/treatments/{draft.id}/chart" not in page


def test_a_patient_one_may_not_see_is_a_patient_who_is_not_there(app: Flask, cast: Cast) -> None:
    patient = factories.patient(cast.alice)
    administrator = signed_in(app, cast.eve)

    hidden = administrator.get(f"/patients/{patient.id}")
    unknown = administrator.get(f"/patients/{uuid4()}")

    assert hidden.status_code == unknown.status_code == 404
    assert signed_in(app, cast.alice).get("/patients/not-an-id").status_code == 404
