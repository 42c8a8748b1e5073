"""POST /treatments/<id>/touch-up links a session to the one it completes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.extensions import begin_write, db
from app.models import Patient, Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast


@pytest.fixture
def patient(cast: Cast) -> Patient:
    return factories.patient(cast.dan)


@pytest.fixture
def first(cast: Cast, patient: Patient) -> Treatment:
    """A session of twenty days ago, given and never signed."""
    session = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(session)
    body["date"] = (cast.clinic.today(clock.now()) - timedelta(days=20)).isoformat()
    return factories.chart(session, body, by=cast.alice)


@pytest.fixture
def today(cast: Cast, patient: Patient, first: Treatment) -> Treatment:
    session = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    return factories.chart(session, by=cast.alice)


def test_one_tap_says_that_this_is_the_planned_touch_up(
    first: Treatment, today: Treatment, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{today.id}/signature"
    assert 'data-finding="INT-02"' in as_alice.get(address).text
    assert f'value="{first.date.isoformat()}"' in as_alice.get(address).text

    answer = as_alice.post(f"/treatments/{today.id}/touch-up", data={"day": str(first.date)})

    assert (answer.status_code, answer.location) == (303, address)
    page = as_alice.get(address).text
    assert 'data-finding="INT-02"' not in page
    assert "Planned touch-up of" in page
    assert last_entry("treatment.touch_up").details["of"] == first.date.isoformat()


def test_it_is_taken_back(first: Treatment, today: Treatment, as_alice: AuditingClient) -> None:
    address = f"/treatments/{today.id}/touch-up"
    as_alice.post(address, data={"day": str(first.date)})

    assert as_alice.post(address, data={"day": ""}).status_code == 303

    db.session.rollback()
    assert today.touch_up_of is None


@pytest.mark.parametrize("day", ["2020-02-29", "yesterday"])
def test_a_day_without_a_session_is_refused(
    day: str, first: Treatment, today: Treatment, as_alice: AuditingClient
) -> None:
    with nothing_changed():
        answer = as_alice.post(f"/treatments/{today.id}/touch-up", data={"day": day})

    assert answer.status_code == 422


def test_a_signed_session_takes_none(
    cast: Cast, first: Treatment, today: Treatment, as_alice: AuditingClient
) -> None:
    begin_write()
    today.complete(first.date)
    db.session.commit()
    factories.sign(today, by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        answer = as_alice.post(f"/treatments/{today.id}/touch-up", data={"day": ""})

    assert answer.status_code == 409


def test_staff_link_nothing(app: Flask, cast: Cast, first: Treatment, today: Treatment) -> None:
    answer = signed_in(app, cast.dan).post(
        f"/treatments/{today.id}/touch-up", data={"day": str(first.date)}
    )

    assert answer.status_code == 403


def test_how_the_last_session_worked_is_what_was_said_at_the_next(
    cast: Cast, first: Treatment, today: Treatment
) -> None:
    begin_write()
    today.answer("last_response", "better", by=cast.alice, now=clock.now())
    db.session.commit()

    [earlier] = today.given_before()

    assert (earlier.date, earlier.response) == (first.date, "better")
