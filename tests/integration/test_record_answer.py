"""POST /treatments/<id>/answers records what was said to one question, each time it is said."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.extensions import begin_write, db
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import ALICES_PIN, Cast
from tests.tablets import sign

HEART = {"question": "cardiovascular_disease", "value": "no", "page": "time-out"}


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """Charted, and nothing asked."""
    of = factories.patient(cast.dan)
    new = factories.treatment(of, by=cast.alice, clinic=cast.clinic, asked=False)
    return factories.chart(new, by=cast.alice)


def said(draft: Treatment) -> dict[str, str | None]:
    db.session.expire_all()
    return {id: answer.value for id, answer in draft.answers.items()}


def test_an_answer_is_kept_with_who_and_when_and_the_chart_is_as_it_was(
    app: Flask, cast: Cast, draft: Treatment
) -> None:
    before = draft.revision

    answer = signed_in(app, cast.carol).post(f"/treatments/{draft.id}/answers", data=HEART)

    assert answer.status_code == 303
    assert answer.location == f"/treatments/{draft.id}/time-out#q-cardiovascular_disease"
    db.session.expire_all()
    (row,) = draft.said
    assert (row.question, row.value, row.how) == ("cardiovascular_disease", "no", "asked")
    assert row.answered_by == cast.carol
    assert draft.revision == before
    entry = last_entry("answer.recorded")
    assert entry.details == {"questions": ["cardiovascular_disease"]}


def test_a_later_answer_wins_and_both_are_kept(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    path = f"/treatments/{draft.id}/answers"
    signed_in(app, cast.carol).post(path, data=HEART)

    as_alice.post(path, data={**HEART, "value": "yes"})

    assert said(draft) == {"cardiovascular_disease": "yes"}
    assert [(row.value, row.answered_by.name) for row in draft.said] == [
        ("no", "Carol Costa"),
        ("yes", "Alice Amari"),
    ]


def test_the_same_answer_again_writes_nothing(draft: Treatment, as_alice: AuditingClient) -> None:
    for _ in range(2):
        as_alice.post(f"/treatments/{draft.id}/answers", data=HEART)

    db.session.expire_all()
    assert len(draft.said) == 1


def test_an_answer_is_taken_back(draft: Treatment, as_alice: AuditingClient) -> None:
    path = f"/treatments/{draft.id}/answers"
    as_alice.post(path, data=HEART)

    as_alice.post(path, data={**HEART, "value": ""})

    assert said(draft) == {}
    assert len(draft.said) == 2


def test_a_combined_no_answers_its_parts_and_a_yes_leaves_them_to_be_asked(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    path = f"/treatments/{draft.id}/answers"
    drugs = {"question": "drugs_adding_weakness", "page": "time-out"}

    as_alice.post(path, data={**drugs, "value": "no"})
    assert said(draft) == {
        "drugs_adding_weakness": "no",
        "aminoglycoside_or_blocker": "no",
        "anticholinergic": "no",
        "muscle_relaxant": "no",
    }
    as_alice.post(path, data={**drugs, "value": "yes"})
    assert said(draft) == {"drugs_adding_weakness": "yes"}
    page = as_alice.get(f"/treatments/{draft.id}/time-out").text
    assert 'data-question="muscle_relaxant"' in page


def test_a_part_answered_yes_on_another_tablet_says_the_combined_yes(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    path = f"/treatments/{draft.id}/answers"
    as_alice.post(path, data={"question": "drugs_adding_weakness", "value": "no"})

    as_alice.post(path, data={"question": "muscle_relaxant", "value": "yes"})

    assert said(draft)["drugs_adding_weakness"] == "yes"
    assert said(draft)["muscle_relaxant"] == "yes"


def test_what_could_not_be_asked_needs_its_reason(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    path = f"/treatments/{draft.id}/answers"
    unable = {**HEART, "value": "unable"}

    with nothing_changed():
        answer = as_alice.post(path, data=unable)
    assert answer.status_code == 422
    assert "Not recorded until a reason is given." in answer.text

    as_alice.post(path, data={**unable, "reason": "  no  interpreter "})
    db.session.expire_all()
    kept = draft.answers["cardiovascular_disease"]
    assert (kept.value, kept.reason) == ("unable", "no interpreter")


def test_a_script_is_given_the_page_again(draft: Treatment, as_alice: AuditingClient) -> None:
    by_script = {"X-Requested-With": "fetch"}

    answer = as_alice.post(f"/treatments/{draft.id}/answers", data=HEART, headers=by_script)

    assert answer.status_code == 200
    assert 'data-question="cardiovascular_disease" data-answer="no"' in answer.text
    opened = as_alice.post(
        f"/treatments/{draft.id}/answers", data={**HEART, "value": "unable"}, headers=by_script
    )
    assert (opened.status_code, "Could not be asked, because" in opened.text) == (200, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"question": "shoe_size"},
        {"question": ""},
        {"value": "maybe"},
        {"value": "better"},
        {"question": "identity_confirmed", "value": "unable", "reason": "asleep"},
        {"value": "unable", "reason": "x" * 201},
        {"answered_by": "carol"},
    ],
)
def test_what_is_no_question_or_no_answer_changes_nothing(
    draft: Treatment, as_alice: AuditingClient, wrong: dict[str, str]
) -> None:
    with nothing_changed():
        answer = as_alice.post(f"/treatments/{draft.id}/answers", data={**HEART, **wrong})

    assert answer.status_code in (400, 422)


def test_signing_waits_for_time_out_and_consent(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    def try_to_sign() -> str:
        answer = sign(as_alice, draft.id, draft.revision, ALICES_PIN)
        db.session.expire_all()
        return answer.text if draft.note is None else "signed"

    assert "patient and plan" in try_to_sign()
    factories.asked(draft, by=cast.alice, cardiovascular_disease=None, consent_today=None)
    assert "Not answered today: heart disease or irregular beat." in try_to_sign()
    factories.say(draft, "cardiovascular_disease", "no", by=cast.alice)
    assert "the note prints the reason (CONS-01)" in try_to_sign()
    factories.say(draft, "consent_today", "yes", by=cast.alice)
    assert try_to_sign() == "signed"


def test_after_signing_an_answer_is_refused_by_the_route_and_by_the_database(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.asked(draft, by=cast.alice)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    answer = as_alice.post(f"/treatments/{draft.id}/answers", data={**HEART, "value": "yes"})

    assert answer.status_code == 409
    begin_write()
    with pytest.raises(DBAPIError, match="answers of a signed treatment are final"):
        db.session.execute(db.text("UPDATE answers SET value = 'yes'"))
    db.session.rollback()


def test_the_record_and_the_note_say_who_asked_what(cast: Cast, draft: Treatment) -> None:
    factories.asked(draft, by=cast.carol, anticoagulant_or_bleeding_disorder="yes")
    note = factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    answers = {each["id"]: each for each in json.loads(note.record)["answers"]}

    bleeding = answers["anticoagulant_or_bleeding_disorder"]
    assert (bleeding["value"], bleeding["answered_by"]) == ("yes", "Carol Costa, RN")
    assert answers["consent_today"]["value"] == "yes"
    assert note.pages == 1


def test_staff_do_not_answer(app: Flask, cast: Cast, draft: Treatment) -> None:
    as_dan = signed_in(app, cast.dan)

    with nothing_changed():
        answer = as_dan.post(f"/treatments/{draft.id}/answers", data=HEART)

    assert answer.status_code == 403
