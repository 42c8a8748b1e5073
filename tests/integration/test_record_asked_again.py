"""POST /treatments/<id>/answers/again: one tap after asking all, for what has not changed."""

from __future__ import annotations

import pytest
from flask import Flask

from app.extensions import begin_write, db
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast

SHOWN = {
    "questions": "identity_confirmed infection_at_site cardiovascular_disease"
    " drugs_adding_weakness neuromuscular_disease"
}


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """The second session of a patient whose heart was asked about last time; nothing asked yet."""
    of = factories.patient(cast.dan)
    before = factories.treatment(of, by=cast.alice, clinic=cast.clinic, asked=False)
    factories.asked(before, by=cast.alice, cardiovascular_disease="yes")
    factories.say(before, "neuromuscular_disease", "unable", by=cast.alice, reason="no interpreter")
    factories.chart(before, by=cast.alice)
    # What could not be asked needs a prescriber; here it is asked after all.
    factories.say(before, "neuromuscular_disease", "no", by=cast.alice)
    factories.sign(before, by=cast.alice, clinic=cast.clinic)
    new = factories.treatment(of, by=cast.alice, clinic=cast.clinic, asked=False)
    return factories.chart(new, by=cast.alice)


def test_it_takes_over_what_is_open_in_the_list_and_says_that_it_did(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.say(draft, "infection_at_site", "yes", by=cast.carol)

    answer = as_alice.post(f"/treatments/{draft.id}/answers/again", data=SHOWN)

    assert (answer.status_code, answer.location) == (303, f"/treatments/{draft.id}/time-out")
    db.session.expire_all()
    said = {id: (row.value, row.how) for id, row in draft.answers.items()}
    assert said == {
        "infection_at_site": ("yes", "asked"),
        "cardiovascular_disease": ("yes", "asked_again"),
        "neuromuscular_disease": ("no", "asked_again"),
        "drugs_adding_weakness": ("no", "asked_again"),
        "aminoglycoside_or_blocker": ("no", "asked_again"),
        "anticholinergic": ("no", "asked_again"),
        "muscle_relaxant": ("no", "asked_again"),
    }
    assert draft.answers["cardiovascular_disease"].answered_by == cast.alice
    assert "cardiovascular_disease" in last_entry("answer.asked_again").details["questions"]


def test_a_first_visit_has_nothing_to_take_over(cast: Cast, as_alice: AuditingClient) -> None:
    first = factories.treatment(
        factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic, asked=False
    )

    as_alice.post(f"/treatments/{first.id}/answers/again", data=SHOWN)

    db.session.expire_all()
    assert first.answers == {}


def test_a_clinic_can_switch_it_off(cast: Cast, draft: Treatment, as_alice: AuditingClient) -> None:
    begin_write()
    cast.clinic.asks_again = False
    db.session.commit()

    assert "All asked again" not in as_alice.get(f"/treatments/{draft.id}/time-out").text
    with nothing_changed():
        answer = as_alice.post(f"/treatments/{draft.id}/answers/again", data=SHOWN)
    assert answer.status_code == 403


def test_without_the_list_that_was_seen_nothing_is_taken_over(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    with nothing_changed():
        answer = as_alice.post(f"/treatments/{draft.id}/answers/again")

    assert answer.status_code == 422


def test_after_signing_it_is_refused(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.asked(draft, by=cast.alice)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    answer = as_alice.post(f"/treatments/{draft.id}/answers/again", data=SHOWN)

    assert answer.status_code == 409


def test_staff_do_not_answer(app: Flask, cast: Cast, draft: Treatment) -> None:
    as_dan = signed_in(app, cast.dan)

    with nothing_changed():
        answer = as_dan.post(f"/treatments/{draft.id}/answers/again", data=SHOWN)

    assert answer.status_code == 403
