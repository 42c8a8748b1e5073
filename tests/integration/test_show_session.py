"""GET /treatments/<id> opens the chart of a draft, and the note of a signed session."""

from __future__ import annotations

from uuid import uuid4

from flask import Flask

from app import clock
from app.extensions import begin_write, db
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast


def test_a_draft_opens_its_chart_for_who_charts_and_says_so_to_staff(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    address = f"/treatments/{draft.id}"

    for_alice = as_alice.get(address)
    for_staff = signed_in(app, cast.dan).get(address)

    assert (for_alice.status_code, for_alice.location) == (303, f"{address}/chart")
    assert for_staff.status_code == 200
    assert "Not signed yet." in for_staff.text
    assert last_entry("treatment.viewed").by_id == cast.dan.id


def test_a_signed_session_shows_its_note_to_staff_and_to_who_charted(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    note = factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)
    address = f"/treatments/{draft.id}"

    for browser in (as_alice, signed_in(app, cast.dan)):
        page = browser.get(address)

        assert page.status_code == 200
        assert note.number in page.text
        assert note.pdf_sha256 in page.text
        assert "Alice Amari, MD" in page.text
        assert f'href="{address}/note.pdf"' in page.text
        assert f'action="{address}/copies"' in page.text
        assert "Not printed yet." in page.text
    entry = last_entry("treatment.viewed")
    assert (entry.by_id, entry.subject_id) == (cast.dan.id, str(draft.id))


def test_a_discarded_draft_says_when_and_why(cast: Cast, as_alice: AuditingClient) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    begin_write()
    draft.discard("Opened for the wrong day", by=cast.alice, now=clock.now())
    db.session.commit()

    page = as_alice.get(f"/treatments/{draft.id}")

    assert page.status_code == 200
    assert "This draft was discarded on" in page.text
    assert "Opened for the wrong day" in page.text


def test_a_session_is_hidden_from_who_sees_no_patients(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)
    administrator = signed_in(app, cast.eve)

    with nothing_changed():
        hidden = administrator.get(f"/treatments/{draft.id}")
        unknown = as_alice.get(f"/treatments/{uuid4()}")
        no_id = as_alice.get("/treatments/note")
        stranger = new_client(app).get(f"/treatments/{draft.id}")

    assert [answer.status_code for answer in (hidden, unknown, no_id)] == [404, 404, 404]
    assert stranger.status_code == 401
    assert "Oduya" not in hidden.text + stranger.text
