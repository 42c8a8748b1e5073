"""GET /treatments/<id>/patient and POST …/patient/search: whose session it should be."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from app.models import Patient, Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast

SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def other(cast: Cast) -> Patient:
    return factories.patient(
        cast.dan, given_name="Peter", family_name="Nakagawa-Sample", record_number="003871"
    )


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """Charted for Maren Oduya-Sample, something given."""
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    return factories.chart(new, by=cast.alice)


def test_the_page_says_whose_the_session_is_and_what_is_in_it(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    page = as_alice.get(f"/treatments/{draft.id}/patient").text

    assert "Whose session is it?" in page
    assert "Maren Oduya-Sample" in page
    assert f"MRN {draft.patient.record_number}" in page
    assert "BOTOX 10 U, 2 sites" in page
    assert last_entry("treatment.viewed").subject_id == str(draft.id)


def test_the_right_patient_is_found_by_name_birth_date_or_number(
    draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{draft.id}/patient"

    for typed in ("nakagawa", "Peter", "12 Mar 1984", "3871"):
        with nothing_changed():
            whole = as_alice.post(f"{address}/search", data={"q": typed})
            part = as_alice.post(f"{address}/search", data={"q": typed}, headers=SCRIPT)

        for answer in (whole, part):
            assert answer.status_code == 200
            assert f'href="{address}/{other.id}"' in answer.text
        assert "<h1>" not in part.text


def test_the_patient_it_is_charted_for_is_shown_and_cannot_be_chosen(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    found = as_alice.post(f"/treatments/{draft.id}/patient/search", data={"q": "oduya"}).text

    assert "Charted for now" in found
    assert f"/patient/{draft.patient_id}" not in found


def test_a_name_that_nobody_has_is_said(draft: Treatment, as_alice: AuditingClient) -> None:
    found = as_alice.post(f"/treatments/{draft.id}/patient/search", data={"q": "Zzyzx"}).text

    assert "No one found for “Zzyzx”" in found


def test_a_name_spelled_almost_so_is_proposed_and_nothing_leads_away_from_the_session(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    other = factories.patient(cast.dan, given_name="Ruth", family_name="Colebrook-Sample")

    found = as_alice.post(f"/treatments/{draft.id}/patient/search", data={"q": "Colebrok"}).text

    assert "Did you mean" in found
    assert f'href="/treatments/{draft.id}/patient/{other.id}"' in found
    assert "/patients/new" not in found


def test_a_signed_session_shows_its_note_instead(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    page = as_alice.get(f"/treatments/{draft.id}/patient")
    found = as_alice.post(f"/treatments/{draft.id}/patient/search", data={"q": "oduya"})

    assert (page.status_code, page.location) == (303, f"/treatments/{draft.id}")
    assert found.status_code == 403


def test_only_clinical_people_who_see_the_patient_look_for_another(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{draft.id}/patient"
    unknown = f"/treatments/{uuid4()}/patient"
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)
    everyone = (new_client(app), staff, administrator)

    with nothing_changed():
        pages = [who.get(address) for who in everyone] + [as_alice.get(unknown)]
        finds = [who.post(f"{address}/search", data={"q": "oduya"}) for who in everyone]
        finds.append(as_alice.post(f"{unknown}/search", data={"q": "oduya"}))

    for answers in (pages, finds):
        assert [answer.status_code for answer in answers] == [401, 403, 404, 404]
        assert not any("Oduya" in answer.text for answer in answers)
