"""GET /notes/copies: what was printed, by whom, when and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.extensions import begin_write, db
from app.models import Note
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast


@pytest.fixture
def note(cast: Cast) -> Note:
    """Printed twice: today by Dan for the payer, and three days ago by Alice for the patient."""
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    note = factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)
    begin_write()
    for reason, by, days in (("for the patient", cast.alice, 3), ("for the payer", cast.dan, 0)):
        now = note.signed_at - timedelta(days=days)
        note.add_copy(reason, by=by, zone=cast.clinic.time_zone, now=now)
    db.session.commit()
    return note


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.dan)


def test_the_log_says_who_printed_what_when_and_why_latest_first(
    cast: Cast, note: Note, as_dan: AuditingClient
) -> None:
    page = as_dan.get("/notes/copies").text

    assert "2 copies" in page
    assert page.index("copy 2") < page.index("copy 1")
    assert page.index("Dan Dufour</b><span>for the payer") < page.index(
        "Alice Amari, MD</b><span>for the patient"
    )
    assert "Maren Oduya-Sample" in page
    assert f'href="/treatments/{note.treatment_id}/copies/2.pdf"' in page
    entry = last_entry("copies.listed")
    assert (entry.by_id, entry.details) == (cast.dan.id, {"count": 2})


def test_the_log_of_one_day_is_the_clinics_day(
    cast: Cast, note: Note, as_dan: AuditingClient
) -> None:
    today = cast.clinic.today(note.signed_at)
    earlier = today - timedelta(days=3)

    assert "copy 1" not in as_dan.get(f"/notes/copies?day={today}").text
    page = as_dan.get(f"/notes/copies?day={earlier}").text
    assert "copy 1" in page
    assert "copy 2" not in page
    empty = as_dan.get(f"/notes/copies?day={earlier - timedelta(days=1)}").text
    assert "Nothing was printed on this day." in empty


def test_a_day_that_is_none_is_said(note: Note, as_dan: AuditingClient) -> None:
    answer = as_dan.get("/notes/copies?day=soon")

    assert answer.status_code == 422
    assert "Choose a day of the calendar." in answer.text
    assert "copy 1" not in answer.text


def test_staff_and_clinical_roles_read_the_log_and_nobody_else(
    app: Flask, cast: Cast, note: Note
) -> None:
    for person in (cast.alice, cast.carol):
        assert "copy 2" in signed_in(app, person).get("/notes/copies").text
    stranger, administrator = new_client(app), signed_in(app, cast.eve)
    with nothing_changed():
        answers = [stranger.get("/notes/copies"), administrator.get("/notes/copies")]

    assert [answer.status_code for answer in answers] == [401, 403]
