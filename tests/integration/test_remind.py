"""POST /treatments/<id>/reminders puts a session that is not signed on its provider's home."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast

HOME = "You are reminded to sign"


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """Given by Alice, not signed."""
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    return factories.chart(new, by=cast.alice)


@pytest.fixture
def as_dan(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.dan)


def remind(browser: AuditingClient, draft: Treatment) -> int:
    return browser.post(f"/treatments/{draft.id}/reminders").status_code


def test_the_provider_who_gave_it_sees_who_reminds_and_when(
    app: Flask, cast: Cast, draft: Treatment, as_dan: AuditingClient
) -> None:
    answer = as_dan.post(f"/treatments/{draft.id}/reminders")

    assert (answer.status_code, answer.location) == (303, "/notes")
    [reminder] = draft.reminders
    assert reminder.reminded_by == cast.dan
    entry = last_entry("treatment.reminded")
    assert (entry.by_id, entry.subject_id) == (cast.dan.id, str(draft.id))
    assert entry.details == {"whom": str(cast.alice.id)}
    desk = as_dan.get("/notes").text
    assert "Alice Amari, MD is reminded." in desk
    assert f"by {cast.dan.name}" in desk
    assert "Remind again" in desk
    home = signed_in(app, cast.alice).get("/").text
    at = cast.clinic.local(reminder.reminded_at)
    assert HOME in home
    assert "Dan Dufour reminded you on " in home
    assert f" at {at:%H:%M}" in home
    assert f'href="/treatments/{draft.id}/signature"' in home


def test_nobody_else_is_reminded(
    app: Flask, cast: Cast, draft: Treatment, as_dan: AuditingClient
) -> None:
    remind(as_dan, draft)

    for person in (cast.bob, cast.carol, cast.dan):
        assert HOME not in signed_in(app, person).get("/").text


def test_where_nobody_is_said_to_have_given_it_every_provider_is_reminded(
    app: Flask, cast: Cast, as_dan: AuditingClient
) -> None:
    opened = factories.treatment(factories.patient(cast.dan), by=cast.carol, clinic=cast.clinic)
    remind(as_dan, opened)

    assert "nobody is recorded as having given it" in as_dan.get("/notes").text
    for person in (cast.alice, cast.bob):
        assert HOME in signed_in(app, person).get("/").text
    assert HOME not in signed_in(app, cast.carol).get("/").text


def test_a_reminder_ends_with_the_signature(
    cast: Cast, draft: Treatment, as_dan: AuditingClient, as_alice: AuditingClient
) -> None:
    remind(as_dan, draft)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    assert HOME not in as_alice.get("/").text
    with nothing_changed():
        answer = as_dan.post(f"/treatments/{draft.id}/reminders")
    assert answer.status_code == 409
    assert "This session is signed." in answer.text


def test_only_who_sees_patients_reminds(
    app: Flask, cast: Cast, draft: Treatment, as_dan: AuditingClient, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{draft.id}/reminders"
    administrator = signed_in(app, cast.eve)
    with nothing_changed():
        answers = [
            new_client(app).post(address),
            administrator.post(address),
            as_dan.post(f"/treatments/{uuid4()}/reminders"),
            as_dan.post("/treatments/x/reminders"),
            as_dan.post(address, csrf=False),
        ]

    assert [answer.status_code for answer in answers] == [401, 404, 404, 404, 400]
    assert remind(signed_in(app, cast.carol), draft) == 303
