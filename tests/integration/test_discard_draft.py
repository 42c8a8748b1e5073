"""POST /treatments/<id>/discard gives up a draft in which nothing was given."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask

from app import clock
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast
from tests.tablets import laid, read

REASON = {"reason": "  Opened for the wrong patient  "}


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """A draft with a plan, of which nothing was given."""
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(new, preparations=[], sites=laid("PREEMPT-155"))
    return factories.chart(new, body, by=cast.alice)


def test_a_draft_of_plans_alone_is_discarded_with_its_reason_and_stays_in_the_record(
    app: Flask, cast: Cast, draft: Treatment
) -> None:
    as_carol = signed_in(app, cast.carol)

    answer = as_carol.post(f"/treatments/{draft.id}/discard", data=REASON)

    assert (answer.status_code, answer.location) == (303, f"/patients/{draft.patient_id}")
    assert draft.is_discarded
    assert draft.discard_reason == "Opened for the wrong patient"
    assert draft.discarded_by_id == cast.carol.id
    assert draft.discarded_at is not None
    assert clock.now() - draft.discarded_at < timedelta(minutes=1)
    assert len(read(as_carol, draft.id)["chart"]["sites"]) == 31
    entry = last_entry("treatment.discarded")
    assert (entry.by_id, entry.subject_id) == (cast.carol.id, str(draft.id))
    assert "wrong patient" not in str(entry.details)
    assert "The draft was discarded." in as_carol.get(answer.location).text


def test_a_draft_is_not_discarded_without_a_short_reason(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    for reason, sentence in (
        ("", "Say why this draft is discarded."),
        (" \n ", "Say why this draft is discarded."),
        ("w" * 201, "Keep the reason within 200 characters."),
    ):
        with nothing_changed():
            answer = as_alice.post(f"/treatments/{draft.id}/discard", data={"reason": reason})

        assert answer.status_code == 422
        assert sentence in answer.text


def test_a_session_in_which_something_was_given_stays_in_the_record(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.chart(draft, by=cast.alice)

    with nothing_changed():
        answer = as_alice.post(f"/treatments/{draft.id}/discard", data=REASON)

    assert answer.status_code == 403
    assert "Something was given in this session, so it stays in the record." in answer.text


def test_what_is_signed_or_discarded_is_not_discarded(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    as_alice.post(f"/treatments/{draft.id}/discard", data=REASON)
    signed = factories.treatment(draft.patient, by=cast.alice, clinic=cast.clinic)
    factories.sign(factories.chart(signed, by=cast.alice), by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        again = as_alice.post(f"/treatments/{draft.id}/discard", data=REASON)
        too_late = as_alice.post(f"/treatments/{signed.id}/discard", data=REASON)

    assert (again.status_code, too_late.status_code) == (409, 409)
    assert "This draft was discarded." in again.text
    assert "This session is signed." in too_late.text


def test_only_clinical_people_who_see_the_patient_discard(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{draft.id}/discard"
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)

    with nothing_changed():
        answers = [
            new_client(app).post(address, data=REASON),
            staff.post(address, data=REASON),
            administrator.post(address, data=REASON),
            as_alice.post(f"/treatments/{uuid4()}/discard", data=REASON),
            as_alice.post(address, data=REASON, csrf=False),
        ]

    assert [answer.status_code for answer in answers] == [401, 403, 404, 404, 400]
