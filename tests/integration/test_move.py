"""GET and POST /treatments/<id>/patient/<id>: a draft goes to whom it really belongs."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.extensions import begin_write, db
from app.models import Patient, Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import nothing_changed, trail
from tests.factories import ALICES_PIN, Cast
from tests.tablets import again, another_window, at_once, read, save, sign

REASON = "Opened from the wrong patient’s page"


@pytest.fixture
def other(cast: Cast) -> Patient:
    return factories.patient(
        cast.dan,
        given_name="Peter",
        family_name="Nakagawa-Sample",
        allergies_asked="listed",
        allergies="latex",
    )


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """Charted for Maren Oduya-Sample, something given."""
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    return factories.chart(new, by=cast.alice)


def move(browser: AuditingClient, draft: Treatment, to: Patient, **form: str) -> TestResponse:
    return post(
        browser,
        f"/treatments/{draft.id}/patient/{to.id}",
        {"expected": str(draft.patient_id), "common": REASON, "reason": "", **form},
    )


def post(browser: AuditingClient, address: str, form: dict[str, str]) -> TestResponse:
    return browser.post(address, data=form)


def test_both_patients_stand_side_by_side_before_anything_is_moved(
    cast: Cast, draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    with nothing_changed("treatment.viewed", "patient.viewed"):
        page = as_alice.get(f"/treatments/{draft.id}/patient/{other.id}").text

    for patient in (draft.patient, other):
        assert patient.name in page
        assert patient.record_number in page
    assert page.index("Charted for") < page.index("Belongs to")
    assert page.index("Maren Oduya-Sample") < page.index("Peter Nakagawa-Sample")
    assert "Allergy: latex" in page
    assert "BOTOX 10 U, 2 sites" in page
    assert "Move to Peter Nakagawa-Sample" in page
    viewed = trail()[-1]
    assert (viewed.act, viewed.subject_id) == ("patient.viewed", str(other.id))


def test_the_session_is_the_other_patients_and_the_trail_of_both_says_so(
    cast: Cast, draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    before, sites = draft.patient, read(as_alice, draft.id)["chart"]["sites"]

    answer = move(as_alice, draft, other)

    assert (answer.status_code, answer.location) == (303, f"/patients/{other.id}")
    assert (draft.patient, draft.revision) == (other, 2)
    assert read(as_alice, draft.id)["chart"]["sites"] == sites
    [moved] = draft.moves
    assert (moved.from_patient, moved.to_patient, moved.moved_by) == (before, other, cast.alice)
    assert (moved.reason, moved.revision) == (REASON, 2)
    session, left, came = (entry for entry in trail() if entry.act in ACTS)
    assert (session.subject_id, session.details) == (
        str(draft.id),
        {"old": str(before.id), "new": str(other.id)},
    )
    assert (left.subject_id, left.details) == (
        str(before.id),
        {"treatment": str(draft.id), "new": str(other.id)},
    )
    assert (came.subject_id, came.details) == (
        str(other.id),
        {"treatment": str(draft.id), "old": str(before.id)},
    )
    assert {entry.by_id for entry in (session, left, came)} == {cast.alice.id}


ACTS = ("treatment.moved", "patient.session_left", "patient.session_came")


def test_the_new_patients_page_says_where_the_session_came_from(
    draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    before = draft.patient
    move(as_alice, draft, other, reason="Two people called Maren")

    here = as_alice.get(f"/patients/{other.id}").text
    there = as_alice.get(f"/patients/{before.id}").text

    assert f"Moved from MRN {before.record_number} on " in here
    assert "by Alice Amari: Two people called Maren" in here
    assert before.family_name not in here
    assert f"/treatments/{draft.id}" not in there


def test_a_tablet_that_still_shows_the_wrong_patient_saves_nothing_and_is_told(
    app: Flask, cast: Cast, draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    as_carol = signed_in(app, cast.carol)
    body = factories.chart_body(draft)
    opened = read(as_carol, draft.id)
    assert opened["patient"] == str(draft.patient_id)
    move(as_alice, draft, other)

    with nothing_changed():
        answer = save(as_carol, draft.id, again(body, opened["revision"]))

    assert answer.status_code == 409
    assert "Alice Amari moved this session to another patient." in answer.json["error"]
    assert answer.json["patient"] == str(other.id)
    assert answer.json["revision"] == draft.revision


def test_a_save_sent_again_after_the_move_writes_nothing_and_says_whose_it_is_now(
    draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    assert save(as_alice, draft.id, body).status_code == 200
    move(as_alice, draft, other)

    with nothing_changed():
        answer = save(as_alice, draft.id, body)

    assert (answer.status_code, answer.json["patient"]) == (200, str(other.id))


def test_who_reviewed_it_for_the_other_patient_cannot_sign(
    draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    reviewed = draft.revision
    move(as_alice, draft, other)

    answer = sign(as_alice, draft.id, reviewed, ALICES_PIN)

    assert answer.status_code == 409
    assert "moved this session to another patient" in answer.text
    assert not draft.is_signed
    assert sign(as_alice, draft.id, draft.revision, ALICES_PIN).status_code == 303
    assert draft.note is not None
    assert b"Peter Nakagawa-Sample" in draft.note.record
    assert b"Oduya" not in draft.note.record


def test_of_two_who_move_it_at_the_same_moment_one_is_told(
    app: Flask, cast: Cast, draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    third = factories.patient(cast.dan, given_name="Ruth")
    form = {"expected": str(draft.patient_id), "common": REASON, "reason": ""}
    windows = [another_window(as_alice) for _ in range(2)]

    answers = at_once(
        app,
        [
            partial(post, window, f"/treatments/{draft.id}/patient/{to.id}", form)
            for window, to in zip(windows, (other, third), strict=True)
        ],
    )

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(draft.moves) == 1


def test_a_move_needs_a_reason_and_another_patient(
    draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    with nothing_changed():
        unsaid = move(as_alice, draft, other, common="")
        long = move(as_alice, draft, other, reason="w" * 201)
        old = move(as_alice, draft, other, expected="")
        same = move(as_alice, draft, draft.patient)

    assert {answer.status_code for answer in (unsaid, long, old, same)} == {422}
    assert "Say why this session is moved; both patients keep the reason." in unsaid.text
    assert "Keep this within 200 characters." in long.text
    assert "w" * 201 in long.text
    assert "Reload the page, then move it." in old.text
    assert "This session is this patient’s already." in same.text


def test_what_is_signed_or_discarded_stays_where_it_is(
    cast: Cast, draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    given_up = factories.treatment(draft.patient, by=cast.alice, clinic=cast.clinic)
    begin_write()
    given_up.discard("not today", by=cast.alice, now=given_up.started_at)
    db.session.commit()

    with nothing_changed():
        answers = [move(as_alice, treatment, other) for treatment in (draft, given_up)]
        page = as_alice.get(f"/treatments/{draft.id}/patient/{other.id}")

    assert [answer.status_code for answer in answers] == [409, 409]
    assert (page.status_code, page.location) == (303, f"/treatments/{draft.id}")


def test_only_clinical_people_who_see_both_patients_move(
    app: Flask, cast: Cast, draft: Treatment, other: Patient, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{draft.id}/patient/{other.id}"
    nobody = f"/treatments/{draft.id}/patient/{uuid4()}"
    nothing = f"/treatments/{uuid4()}/patient/{other.id}"
    form = {"expected": str(draft.patient_id), "common": REASON}
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)
    ways = [(new_client(app), address), (staff, address), (administrator, address)]
    ways += [(as_alice, nobody), (as_alice, nothing)]

    with nothing_changed():
        pages = [who.get(where) for who, where in ways]
        posts = [who.post(where, data=form) for who, where in ways]
        forged = as_alice.post(address, data=form, csrf=False)
        unseen = as_alice.post(address, data={**form, "expected": str(uuid4())})

    assert [answer.status_code for answer in pages] == [401, 403, 404, 404, 404]
    assert [answer.status_code for answer in posts] == [401, 403, 404, 404, 404]
    assert (forged.status_code, unseen.status_code) == (400, 404)
    assert not any("Nakagawa" in answer.text for answer in [*pages, *posts])
