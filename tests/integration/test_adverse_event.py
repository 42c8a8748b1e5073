"""POST /treatments/<id>/adverse-events: what came after an earlier session, and its withdrawal."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from app.extensions import begin_write, db
from app.models import AdverseEvent, Treatment
from app.notes import words
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast
from tests.integration.test_show_chart import data_of


@pytest.fixture
def before(cast: Cast) -> Treatment:
    """A signed session of two corrugator sites."""
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    return draft


@pytest.fixture
def draft(cast: Cast, before: Treatment) -> Treatment:
    """The session in which it is told."""
    return factories.treatment(before.patient, by=cast.alice, clinic=cast.clinic)


def tell(browser: AuditingClient, draft: Treatment, **fields: Any) -> TestResponse:
    return browser.post(
        f"/treatments/{draft.id}/adverse-events",
        data=fields,
        headers={"Accept": "application/json"},
    )


def test_an_event_is_kept_with_who_told_it_and_shown_on_every_later_chart(
    cast: Cast, before: Treatment, draft: Treatment, as_alice: AuditingClient
) -> None:
    site = before.sites[0]

    answer = tell(
        as_alice,
        draft,
        session=before.id,
        kind="drooping_brow",
        words="heavy for two weeks",
        sites=[str(site.key)],
    )

    [found] = answer.json["reactions"]
    assert (found["kind"], found["words"]) == ("Drooping or heavy brow", "heavy for two weeks")
    assert (found["date"], found["by"]) == (before.date.isoformat(), "Alice Amari")
    assert [(each["map"], each["x"], each["muscle"]) for each in found["sites"]] == [
        (site.map, f"{site.x:.2f}", "corrugator")
    ]
    entry = last_entry("treatment.adverse_event")
    assert (entry.by_id, entry.subject_id) == (cast.alice.id, str(draft.id))
    assert entry.details == {"event": found["id"], "after": str(before.id)}
    later = factories.treatment(before.patient, by=cast.alice, clinic=cast.clinic)
    data = data_of(as_alice.get(f"/treatments/{later.id}/chart"))
    assert data["reactions"] == [found]


def test_the_note_of_the_session_it_was_told_in_prints_it(
    cast: Cast, before: Treatment, draft: Treatment
) -> None:
    factories.adverse_event(before, told_in=draft, by=cast.alice)
    factories.chart(draft, by=cast.alice)

    note = factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    record = json.loads(note.record)
    side = before.sites[0].side
    [told] = record["adverse_events"]
    assert (told["kind"], told["after"]) == ("Drooping or heavy brow", before.date.isoformat())
    assert [site["name"] for site in told["sites"]] == ["Corrugator"]
    assert words.adverse_events(record) == (
        f"Drooping or heavy brow, after the session of {words.day(told['after'])}, "
        f"linked to corrugator {side}"
    )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "no_such_thing"}, "Choose what it was."),
        ({"kind": ""}, "Choose what it was."),
        ({"kind": "other"}, "Say in words what it was."),
        ({"session": str(uuid4())}, "Choose the session that it came after."),
        (
            {"sites": [str(uuid4())]},
            "Choose among the sites that were given in that session.",
        ),
    ],
)
def test_what_cannot_be_linked_is_refused_with_a_sentence(
    before: Treatment,
    draft: Treatment,
    as_alice: AuditingClient,
    fields: dict[str, Any],
    sentence: str,
) -> None:
    with nothing_changed():
        answer = tell(as_alice, draft, **{"session": before.id, "kind": "neck_pain", **fields})

    assert (answer.status_code, answer.json["error"]) == (422, sentence)


def test_another_patients_session_is_none_to_link_to(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    other = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(other, by=cast.alice)
    factories.sign(other, by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        answer = tell(as_alice, draft, session=other.id, kind="neck_pain")

    assert answer.status_code == 422


def test_a_withdrawn_event_rings_no_more_and_stays_in_the_records(
    cast: Cast, before: Treatment, draft: Treatment, as_alice: AuditingClient
) -> None:
    event = factories.adverse_event(before, told_in=draft, by=cast.alice)
    address = f"/treatments/{draft.id}/adverse-events/{event.id}/withdrawal"

    answer = as_alice.post(address, headers={"Accept": "application/json"})

    assert answer.json == {"reactions": []}
    assert (event.withdrawn_by, event.withdrawn_at is None) == (cast.alice, False)
    assert last_entry("treatment.adverse_event_withdrawn").details == {"event": str(event.id)}
    assert as_alice.post(address, headers={"Accept": "application/json"}).status_code == 404


def test_what_was_told_can_never_be_changed(
    cast: Cast, before: Treatment, draft: Treatment
) -> None:
    factories.adverse_event(before, told_in=draft, by=cast.alice)

    for statement in ("UPDATE adverse_events SET kind = 'x'", "DELETE FROM adverse_events"):
        begin_write()
        with pytest.raises(IntegrityError, match="adverse event is final"):
            db.session.execute(text(statement))
        db.session.rollback()
    assert db.session.query(AdverseEvent).one().kind == "drooping_brow"


def test_of_a_hidden_patient_nothing_is_told(
    cast: Cast, before: Treatment, draft: Treatment, as_alice: AuditingClient
) -> None:
    restrict(before.patient, cast.bob)

    assert tell(as_alice, draft, session=before.id, kind="neck_pain").status_code == 404
