"""GET /: today's sessions, what is not signed yet, and what the bar offers to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.extensions import begin_write, db
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.factories import Cast


def test_an_empty_clinic_offers_to_add_the_first_patient(as_alice: AuditingClient) -> None:
    page = as_alice.get("/").text

    assert "No patients yet" in page
    assert "Add patient" in page


def test_the_page_is_headed_with_the_clinics_day(as_alice: AuditingClient, cast: Cast) -> None:
    today = cast.clinic.today(clock.now())

    assert f"<h1>{today:%A} {today.day} {today:%B}</h1>" in as_alice.get("/").text


def test_a_draft_of_today_is_continued_from_the_list(as_alice: AuditingClient, cast: Cast) -> None:
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)

    page = as_alice.get("/").text

    assert "2 of 2 given" in page
    assert f'href="/treatments/{draft.id}/chart"' in page
    assert "1 session, 0 signed" in page


def test_a_draft_of_another_day_is_not_signed_yet(as_alice: AuditingClient, cast: Cast) -> None:
    patient = factories.patient(cast.alice)
    begin_write()
    earlier = clock.now() - timedelta(days=3)
    draft = Treatment.start(patient, cast.clinic, by=cast.alice, now=earlier)
    db.session.add(draft)
    db.session.commit()

    page = as_alice.get("/").text

    not_signed = page[page.index("Not signed yet") :]
    assert f"/treatments/{draft.id}/chart" in not_signed
    assert "No session yet today" in page


def test_a_session_signed_today_is_opened_from_the_list(
    as_alice: AuditingClient, cast: Cast
) -> None:
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    note = factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)

    page = as_alice.get("/").text

    assert f"Signed {cast.clinic.local(note.signed_at):%H:%M}" in page
    assert "1 session, 1 signed" in page


def test_a_discarded_draft_is_on_no_list(as_alice: AuditingClient, cast: Cast) -> None:
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    begin_write()
    draft.discard("wrong patient", by=cast.alice, now=clock.now())
    db.session.commit()

    assert str(draft.id) not in as_alice.get("/").text


def test_a_provider_without_a_pin_is_told_before_they_need_it(app: Flask, cast: Cast) -> None:
    begin_write()
    cast.bob.keys[0].retired_at = clock.now()
    db.session.commit()

    assert "You have no PIN yet." in signed_in(app, cast.bob).get("/").text
    assert "You have no PIN yet." not in signed_in(app, cast.dan).get("/").text


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("alice", ["Today", "Patients", "Notes"]),
        ("carol", ["Today", "Patients", "Notes"]),
        ("dan", ["Today", "Patients", "Notes"]),
        ("eve", ["People", "Clinic"]),
    ],
)
def test_the_bar_offers_what_the_role_may_do(
    app: Flask, cast: Cast, username: str, words: list[str]
) -> None:
    browser = signed_in(app, getattr(cast, username))

    page = browser.get("/", follow_redirects=True).text

    bar = page[page.index('<nav class="nav"') : page.index("</nav>")]
    offered = [word for word in ("Today", "Patients", "Notes", "People", "Clinic") if word in bar]
    assert offered == words
    assert bar.count('aria-current="page"') == 1


def test_staff_see_the_day_and_chart_nothing(app: Flask, cast: Cast) -> None:
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)

    page = signed_in(app, cast.dan).get("/").text

    assert f"/treatments/{draft.id}" in page
    assert f"/treatments/{draft.id}/chart" not in page
