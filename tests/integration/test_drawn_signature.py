"""Drawn signatures: kept as strokes, in the record, on the page; and none where nobody drew."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.extensions import begin_write, db
from app.models import Treatment
from tests import factories, schemas
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import ALICES_PIN, Cast
from tests.integration.test_addenda import add, cosign, supervised, written
from tests.integration.test_create_signature import charted, notes
from tests.tablets import sign

DRAWN = [[["40", "160"], ["500.5", "20"], ["960", "300"]], [["10", "10"]]]
OTHERWISE = [[["1", "2"], ["3", "4"]]]


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    [draft] = charted(cast, 1)
    return draft


def consent(client: AuditingClient, draft: Treatment, drawn: Any) -> TestResponse:
    answer = client.post(
        f"/treatments/{draft.id}/consent-signature",
        data={"drawn": json.dumps(drawn) if drawn else ""},
    )
    db.session.rollback()
    return answer


def the_record() -> dict[str, Any]:
    [note] = notes()
    record: dict[str, Any] = json.loads(note.record)
    return record


def test_a_signature_drawn_beside_the_pin_is_in_the_record_and_kept_for_the_next_note(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    assert sign(as_alice, draft.id, draft.revision, ALICES_PIN, drawn=json.dumps(DRAWN))

    assert the_record()["drawn_signature"] == DRAWN
    assert cast.alice.drawn_signature == DRAWN
    [another] = charted(cast, 1)
    page = as_alice.get(f"/treatments/{another.id}/signature").text
    assert "Use mine as kept" in page


def test_a_kept_signature_is_on_no_note_that_it_was_not_put_on(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    begin_write()
    cast.alice.drawn_signature = DRAWN
    db.session.commit()

    assert sign(as_alice, draft.id, draft.revision, ALICES_PIN).status_code == 303

    assert the_record()["drawn_signature"] is None
    assert cast.alice.drawn_signature == DRAWN


def test_a_drawing_that_is_none_is_refused_before_the_pin_is_tried(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    with nothing_changed():
        answer = sign(as_alice, draft.id, draft.revision, ALICES_PIN, drawn="[[[1, 2]]]")

    assert answer.status_code == 422
    assert "could not be read" in answer.text


def test_a_hand_drawn_under_what_follows_a_note_is_in_its_record_and_kept(
    cast: Cast, as_alice: AuditingClient
) -> None:
    note = supervised(cast)
    page = as_alice.get(f"/treatments/{note.treatment_id}/cosignature").text
    assert "Draw your signature too" in page
    assert "Use mine as kept" not in page

    assert cosign(as_alice, note, drawn=json.dumps(DRAWN)).status_code == 303
    assert add(as_alice, note, addenda="1").status_code == 303

    cosigned, added = written(note)
    assert cosigned.contents["drawn_signature"] == DRAWN
    assert added.contents["drawn_signature"] is None
    assert cast.alice.drawn_signature == DRAWN
    assert schemas.faults(cosigned.contents) == []
    page = as_alice.get(f"/treatments/{note.treatment_id}/addenda").text
    assert "Use mine as kept" in page


def test_what_is_no_drawing_is_refused_under_an_addendum_before_the_pin_is_tried(
    cast: Cast, as_alice: AuditingClient
) -> None:
    note = supervised(cast)

    with nothing_changed():
        answer = add(as_alice, note, drawn="[[[1, 2]]]", reason="Kept as typed.")

    assert answer.status_code == 422
    assert "could not be read" in answer.text
    assert "Kept as typed." in answer.text


def test_the_patients_hand_is_kept_with_the_session_and_in_the_record(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    assert consent(as_alice, draft, DRAWN).status_code == 303

    assert draft.consent_signature == DRAWN
    assert draft.consent_signed_at is not None
    assert last_entry("treatment.consent_signature").details == {"drawn": True}
    assert "M40 160L500.5 20" in as_alice.get(f"/treatments/{draft.id}/signature").text
    assert sign(as_alice, draft.id, draft.revision, ALICES_PIN).status_code == 303
    kept = the_record()["consent_signature"]
    assert kept["drawn"] == DRAWN
    assert kept["at"] is not None


def test_the_patients_hand_is_taken_back_and_stands_in_no_note_then(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    consent(as_alice, draft, DRAWN)

    assert consent(as_alice, draft, None).status_code == 303

    assert (draft.consent_signature, draft.consent_signed_at) == (None, None)
    sign(as_alice, draft.id, draft.revision, ALICES_PIN)
    assert the_record()["consent_signature"] is None


def test_an_assistant_may_have_the_patient_sign(app: Flask, cast: Cast, draft: Treatment) -> None:
    assert consent(signed_in(app, cast.carol), draft, DRAWN).status_code == 303


@pytest.mark.parametrize("who", ["dan", "eve"])
def test_who_does_not_chart_keeps_no_hand_of_a_patient(
    app: Flask, cast: Cast, draft: Treatment, who: str
) -> None:
    client = signed_in(app, getattr(cast, who))
    with nothing_changed():
        assert consent(client, draft, DRAWN).status_code in (403, 404)


@pytest.mark.parametrize("sent", ["[[[1, 2]]]", "[", "[[]]"])
def test_what_is_no_drawing_is_not_kept(
    draft: Treatment, as_alice: AuditingClient, sent: str
) -> None:
    with nothing_changed():
        answer = as_alice.post(f"/treatments/{draft.id}/consent-signature", data={"drawn": sent})

    assert answer.status_code == 422


def test_after_signing_no_hand_is_changed(draft: Treatment, as_alice: AuditingClient) -> None:
    consent(as_alice, draft, DRAWN)
    sign(as_alice, draft.id, draft.revision, ALICES_PIN)

    with nothing_changed():
        assert consent(as_alice, draft, OTHERWISE).status_code == 409


def test_a_session_that_is_moved_leaves_the_other_patients_hand_behind(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    consent(as_alice, draft, DRAWN)
    other = factories.patient(cast.dan)
    begin_write()
    draft.move_to(
        other, expected=draft.patient, reason="Wrong chart.", by=cast.alice, now=clock.now()
    )
    db.session.commit()

    assert (draft.consent_signature, draft.consent_signed_at) == (None, None)
