"""POST /treatments/<id>/incomplete says why a session ends before everything planned is given."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import ALICES_PIN, Cast
from tests.tablets import laid, sign

REASON = {"reason": "  the patient asked  to stop "}


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """Two of 31 sites given."""
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(new)
    body["sites"] += laid("PREEMPT-155", body["preparations"][0]["key"])[2:]
    return factories.chart(new, body, by=cast.alice)


def test_the_reason_is_kept_and_the_review_page_says_what_was_not_given(
    app: Flask, cast: Cast, draft: Treatment
) -> None:
    as_carol = signed_in(app, cast.carol)

    answer = as_carol.post(f"/treatments/{draft.id}/incomplete", data=REASON)

    assert (answer.status_code, answer.location) == (303, f"/treatments/{draft.id}/signature")
    assert (draft.incomplete_reason, draft.revision) == ("the patient asked to stop", 2)
    entry = last_entry("treatment.incomplete")
    assert (entry.by_id, entry.subject_id) == (cast.carol.id, str(draft.id))
    assert entry.details == {"incomplete": True}
    page = as_carol.get(answer.location).text
    assert "2 of 31 sites given; 29 planned sites were not given." in page
    assert "Reason: the patient asked to stop" in page


def test_the_three_commonest_reasons_are_one_tap_each(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    page = as_alice.get(f"/treatments/{draft.id}/signature").text

    offered = page.count('name="reason" value="the ')
    assert offered == 3
    assert 'value="the patient asked to stop"' in page


def test_nothing_is_signed_while_nobody_has_said_why(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    with nothing_changed():
        answer = sign(as_alice, draft.id, draft.revision, ALICES_PIN)

    assert answer.status_code == 422
    assert "Planned sites were not given. Say why, then sign" in answer.text

    as_alice.post(f"/treatments/{draft.id}/incomplete", data=REASON)
    assert sign(as_alice, draft.id, draft.revision, ALICES_PIN).status_code == 303


def test_who_reviewed_before_the_reason_was_given_reviews_again(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    before = draft.revision
    as_alice.post(f"/treatments/{draft.id}/incomplete", data=REASON)

    assert sign(as_alice, draft.id, before, ALICES_PIN).status_code == 409
    assert not draft.is_signed


def test_a_session_may_be_stopped_though_nothing_planned_is_left(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.chart(draft, by=cast.alice)

    as_alice.post(f"/treatments/{draft.id}/incomplete", data=REASON)

    page = as_alice.get(f"/treatments/{draft.id}/signature").text
    assert "2 of 2 sites given." in page
    assert "Reason: the patient asked to stop" in page
    assert 'name="pin"' in page


def test_a_reason_is_taken_back(draft: Treatment, as_alice: AuditingClient) -> None:
    as_alice.post(f"/treatments/{draft.id}/incomplete", data=REASON)

    answer = as_alice.post(f"/treatments/{draft.id}/incomplete", data={"withdraw": "1"})

    assert answer.status_code == 303
    assert draft.incomplete_reason is None
    assert last_entry("treatment.incomplete").details == {"incomplete": False}


def test_a_reason_is_said_in_a_few_words_and_what_was_typed_stays(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    for reason, sentence in (
        ("", "Say why it was not given; the note prints the reason first."),
        (" \n ", "Say why it was not given; the note prints the reason first."),
        ("w" * 201, "Keep this within 200 characters."),
    ):
        with nothing_changed():
            answer = as_alice.post(f"/treatments/{draft.id}/incomplete", data={"reason": reason})

        assert answer.status_code == 422
        assert sentence in answer.text
        assert reason.strip() in answer.text


def test_a_signed_or_discarded_session_takes_no_reason(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.sign(draft, by=cast.alice, clinic=cast.clinic, incomplete="The patient fainted.")
    given_up = factories.treatment(draft.patient, by=cast.alice, clinic=cast.clinic)
    as_alice.post(f"/treatments/{given_up.id}/discard", data={"reason": "not today"})

    with nothing_changed():
        answers = [
            as_alice.post(f"/treatments/{treatment.id}/incomplete", data=REASON)
            for treatment in (draft, given_up)
        ]

    assert [answer.status_code for answer in answers] == [409, 409]


def test_the_patients_page_and_the_session_say_that_it_was_incomplete(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.sign(draft, by=cast.alice, clinic=cast.clinic, incomplete="The patient fainted.")

    for address in (f"/patients/{draft.patient_id}", f"/treatments/{draft.id}"):
        page = as_alice.get(address).text
        assert "Incomplete</span>" in page
        assert "The patient fainted." in page
    # What was only planned is counted nowhere.
    assert "BOTOX 10 U, 2 sites" in as_alice.get(f"/patients/{draft.patient_id}").text


def test_only_clinical_people_who_see_the_patient_record_it(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{draft.id}/incomplete"
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)

    with nothing_changed():
        answers = [
            new_client(app).post(address, data=REASON),
            staff.post(address, data=REASON),
            administrator.post(address, data=REASON),
            as_alice.post(f"/treatments/{uuid4()}/incomplete", data=REASON),
            as_alice.post(address, data=REASON, csrf=False),
        ]

    assert [answer.status_code for answer in answers] == [401, 403, 404, 404, 400]
