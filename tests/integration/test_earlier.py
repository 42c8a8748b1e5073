"""GET /treatments/<id>/earlier: what the patient's sessions before this one gave, and where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app import clock
from app.models import Patient, Treatment
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast
from tests.integration.test_show_chart import data_of


@pytest.fixture
def patient(cast: Cast) -> Patient:
    return factories.patient(cast.dan)


def new_draft(cast: Cast, patient: Patient) -> Treatment:
    return factories.treatment(patient, by=cast.alice, clinic=cast.clinic)


def signed(cast: Cast, patient: Patient, *, days_ago: int = 0, planned: bool = False) -> Treatment:
    """A signed session of two sites; one of them was never given if `planned`."""
    draft = new_draft(cast, patient)
    day = cast.clinic.today(clock.now()) - timedelta(days=days_ago)
    body = factories.chart_body(draft, date=day.isoformat())
    if planned:
        body["sites"][1].update(state="planned", given_at=None)
        body["preparations"][0]["vials"][0]["discarded"] = "95"
    factories.chart(draft, body, by=cast.alice)
    factories.sign(
        draft, by=cast.alice, clinic=cast.clinic, incomplete="Felt unwell" if planned else None
    )
    return draft


def earlier(browser: AuditingClient, treatment: Treatment) -> list[dict[str, Any]]:
    answer = browser.get(f"/treatments/{treatment.id}/earlier")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json["sessions"]
    return found


def test_an_earlier_session_tells_its_given_sites_and_how_its_vial_was_mixed(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    before = signed(cast, patient, days_ago=84)
    draft = new_draft(cast, patient)

    [found] = earlier(as_alice, draft)

    site = before.sites[0]
    assert found["id"] == str(before.id)
    assert found["date"] == before.date.isoformat()
    assert found["url"] == f"/treatments/{before.id}"
    assert found["signed_by"] == "Alice Amari, MD"
    assert found["indications"] == ["chronic_migraine"]
    assert found["dilutions"] == [{"product": "BOTOX", "units": "100", "diluent_ml": "2"}]
    assert len(found["sites"]) == 2
    assert found["sites"][0] == {
        "key": str(site.key),
        "map": site.map,
        "x": f"{site.x:.2f}",
        "y": f"{site.y:.2f}",
        "muscle": "corrugator",
        "other": None,
        "side": site.side,
        "units": "5",
        "depth": "IM",
        "product": "BOTOX",
        "indication": "chronic_migraine",
        "protocol": None,
        "protocol_site": None,
    }
    entry = last_entry("treatment.earlier_viewed")
    assert (entry.by_id, entry.subject_id) == (cast.alice.id, str(draft.id))


def test_the_last_session_comes_first_and_a_later_one_is_none_of_the_earlier(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    oldest = signed(cast, patient, days_ago=168)
    middle = signed(cast, patient, days_ago=84)
    signed(cast, patient)
    draft = new_draft(cast, patient)
    factories.chart(
        draft,
        factories.chart_body(draft, date=(middle.date + timedelta(days=1)).isoformat()),
        by=cast.alice,
    )

    found = earlier(as_alice, draft)

    assert [each["id"] for each in found] == [str(middle.id), str(oldest.id)]


def test_what_was_only_planned_is_no_history(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    before = signed(cast, patient, days_ago=84, planned=True)
    draft = new_draft(cast, patient)

    [found] = earlier(as_alice, draft)

    assert [site["key"] for site in found["sites"]] == [str(before.sites[0].key)]


def test_drafts_and_other_patients_are_no_history(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    signed(cast, factories.patient(cast.dan))
    factories.chart(new_draft(cast, patient), by=cast.alice)
    discarded = new_draft(cast, patient)
    as_alice.post(f"/treatments/{discarded.id}/discard", data={"reason": "Opened twice"})

    assert earlier(as_alice, new_draft(cast, patient)) == []


def test_the_chart_comes_with_the_sessions_before_it_and_says_whether_there_are_more(
    cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    sessions = [signed(cast, patient, days_ago=days) for days in (400, 300, 200, 100)]
    draft = new_draft(cast, patient)

    data = data_of(as_alice.get(f"/treatments/{draft.id}/chart"))
    assert data["earlier"] == earlier(as_alice, draft)
    assert data["earlier_all"]
    assert data["earlier_url"] == f"/treatments/{draft.id}/earlier"

    signed(cast, patient, days_ago=50)
    data = data_of(as_alice.get(f"/treatments/{draft.id}/chart"))
    assert str(sessions[0].id) not in [each["id"] for each in data["earlier"]]
    assert not data["earlier_all"]
    assert len(earlier(as_alice, draft)) == len(data["earlier"]) + 1


def test_who_does_not_chart_is_refused(app: Flask, cast: Cast, patient: Patient) -> None:
    draft = new_draft(cast, patient)
    browser = signed_in(app, cast.dan)

    with nothing_changed():
        answer = browser.get(f"/treatments/{draft.id}/earlier")

    assert answer.status_code == 403


def test_nobody_signed_in_is_led_to_the_door(app: Flask, cast: Cast, patient: Patient) -> None:
    draft = new_draft(cast, patient)

    answer = new_client(app).get(
        f"/treatments/{draft.id}/earlier", headers={"Accept": "application/json"}
    )

    assert answer.status_code == 401


def test_a_hidden_patient_has_no_history(
    app: Flask, cast: Cast, patient: Patient, as_alice: AuditingClient
) -> None:
    signed(cast, patient, days_ago=84)
    draft = new_draft(cast, patient)
    restrict(patient, cast.bob)

    assert as_alice.get(f"/treatments/{draft.id}/earlier").status_code == 404
    assert as_alice.get(f"/treatments/{uuid4()}/earlier").status_code == 404
