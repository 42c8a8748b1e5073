"""GET /treatments/<id>/chart?since=<revision>: what an open chart has not seen yet, or nothing."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from app import clock
from app.extensions import begin_write, db
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import nothing_changed, tables, trail
from tests.factories import Cast
from tests.tablets import again, save, without_envelope


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    return factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)


@pytest.fixture
def carols_chart(app: Flask, cast: Cast, draft: Treatment) -> AuditingClient:
    """Carol's tablet with the chart open."""
    browser = signed_in(app, cast.carol)
    assert browser.get(f"/treatments/{draft.id}/chart").status_code == 200
    return browser


def look(browser: AuditingClient, treatment_id: UUID, since: object) -> TestResponse:
    return browser.get(
        f"/treatments/{treatment_id}/chart?since={since}",
        headers={"Accept": "application/json", "X-Stipple-Background": "1"},
    )


def test_what_was_saved_since_comes_with_its_figures(
    draft: Treatment, as_alice: AuditingClient, carols_chart: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    saved = save(as_alice, draft.id, body).json

    answer = look(carols_chart, draft.id, 0)

    found = answer.json
    assert answer.status_code == 200
    assert found["chart"] == without_envelope(body)
    assert {key: found[key] for key in saved} == saved
    assert (found["saved_by"], found["signed"], found["discarded"]) == ("Alice Amari", False, False)
    assert "error" not in found


def test_nothing_new_is_an_empty_answer(
    draft: Treatment, as_alice: AuditingClient, carols_chart: AuditingClient
) -> None:
    save(as_alice, draft.id, factories.chart_body(draft))

    answer = look(carols_chart, draft.id, 1)

    assert (answer.status_code, answer.data) == (204, b"")


def test_looking_again_and_again_leaves_no_row_and_no_write(
    draft: Treatment, as_alice: AuditingClient, carols_chart: AuditingClient
) -> None:
    save(as_alice, draft.id, factories.chart_body(draft))
    entries, written = len(trail()), []
    before = tables()

    def note(connection, cursor, statement, *rest):  # type: ignore[no-untyped-def]
        if statement.split()[0].upper() in {"INSERT", "UPDATE", "DELETE"}:
            written.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for since in (0, 1, 1, 0):
            assert look(carols_chart, draft.id, since).status_code in {200, 204}
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert written == []
    assert len(trail()) == entries
    assert tables() == before


def test_who_has_not_opened_the_chart_learns_nothing_of_it(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    save(as_alice, draft.id, factories.chart_body(draft))
    unopened = signed_in(app, cast.carol)

    with nothing_changed():
        answer = look(unopened, draft.id, 0)

    assert answer.status_code == 403
    assert answer.json == {"error": "Open the chart first: who reads it is recorded then."}


def test_only_clinical_people_who_see_the_patient_look(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)
    for since in (0, 7):
        with nothing_changed():
            refusals = {
                401: look(new_client(app), draft.id, since),
                403: look(staff, draft.id, since),
                404: look(administrator, draft.id, since),
            }
            unknown = [look(as_alice, key, since) for key in (uuid4(), "nothing")]  # type: ignore[arg-type]

        assert {status: answer.status_code for status, answer in refusals.items()} == {
            status: status for status in refusals
        }
        assert [answer.status_code for answer in unknown] == [404, 404]


@pytest.mark.parametrize("since", ["", "-1", "1.5", "one", "1 ", "%D9%A1", "9" * 5000])
def test_a_revision_that_is_none_is_refused_or_nothing_that_was_seen(
    draft: Treatment, carols_chart: AuditingClient, since: str
) -> None:
    with nothing_changed():
        answer = look(carols_chart, draft.id, since)

    if since.isdecimal():
        assert answer.status_code == 200
    else:
        assert answer.status_code == 422
        assert answer.json["error"] == "The revision must be the whole number that was read."


def test_a_signature_is_told_with_who_signed_whatever_was_seen(
    cast: Cast, draft: Treatment, as_alice: AuditingClient, carols_chart: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    save(as_alice, draft.id, body)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    answer = look(carols_chart, draft.id, 1)

    assert answer.status_code == 200
    assert answer.json["signed"] is True
    assert answer.json["error"] == "Alice Amari signed this session meanwhile."
    assert answer.json["chart"] == without_envelope(body)


def test_a_discard_is_told(cast: Cast, draft: Treatment, carols_chart: AuditingClient) -> None:
    begin_write()
    draft.discard("Opened twice", by=cast.alice, now=clock.now())
    db.session.commit()

    answer = look(carols_chart, draft.id, 1)

    assert answer.status_code == 200
    assert (answer.json["discarded"], answer.json["signed"]) == (True, False)
    assert answer.json["error"] == "This draft was discarded."


def test_after_a_merged_save_the_other_tablet_sees_both(
    draft: Treatment, as_alice: AuditingClient, carols_chart: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    first, second = body["sites"]
    planned = [{**site, "state": "planned", "given_at": None} for site in (first, second)]
    save(as_alice, draft.id, {**body, "sites": planned})
    save(as_alice, draft.id, again(body, 1, sites=[first, planned[1]]))

    merged = save(carols_chart, draft.id, again(body, 2, sites=[first, second])).json
    seen = look(as_alice, draft.id, 2)

    # Alice's window saved all along, but never opened the page.
    assert seen.status_code == 403
    assert as_alice.get(f"/treatments/{draft.id}/chart").status_code == 200
    sites = look(as_alice, draft.id, 2).json["sites"]
    assert sites == merged["sites"]
    assert [sites[site["key"]]["given_by"] for site in (first, second)] == [
        "Alice Amari",
        "Carol Costa",
    ]
