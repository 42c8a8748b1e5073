"""GET /treatments/<id>/draft.pdf: the note as it would be, for who may read it, and no note."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from app.models import Treatment
from app.notes import verification
from tests import factories
from tests.access_stage import restrict
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast
from tests.integration.test_handouts import planned, words_of
from tests.integration.test_restore_note import session


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    patient = factories.patient(cast.dan)
    return factories.treatment(patient, by=cast.alice, clinic=cast.clinic, asked=False)


def test_it_says_draft_and_what_is_missing_and_is_logged(
    cast: Cast, draft: Treatment, as_alice: AuditingClient, tmp_path: Path
) -> None:
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["lot"] = None
    factories.chart(draft, body, by=cast.alice)

    answer = as_alice.get(f"/treatments/{draft.id}/draft.pdf")

    said = words_of(answer.data, tmp_path)
    assert said.count("DRAFT – NOT SIGNED") >= 3
    missing = said[said.index("Missing before it can be signed:") :][:900]
    assert "questions of the time-out not answered" in missing
    assert "of the review not answered" in missing
    assert "lot" in missing.casefold()
    assert "by Alice Amari" in said
    assert "Overridden" not in said
    assert "Signed note" not in said
    assert "DRAFT-not-signed.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert last_entry("draft.printed").details == {"revision": draft.revision}
    assert not verification.verify(answer.data, []).is_note


def test_a_session_that_could_be_signed_misses_nothing(
    cast: Cast, as_alice: AuditingClient, tmp_path: Path
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)

    said = words_of(as_alice.get(f"/treatments/{draft.id}/draft.pdf").data, tmp_path)

    assert "Missing before" not in said
    assert "Given by Alice Amari, MD." in said


def test_a_finding_that_asks_for_a_reason_is_said_to_be_missing(
    cast: Cast, as_alice: AuditingClient, tmp_path: Path
) -> None:
    patient = factories.patient(cast.dan)
    early = session(patient, cast, days_ago=79)
    factories.sign(early, by=cast.alice, clinic=cast.clinic)
    draft = session(patient, cast, days_ago=0)

    said = words_of(as_alice.get(f"/treatments/{draft.id}/draft.pdf").data, tmp_path)

    assert "Missing before it can be signed: why in this case (INT-01)." in said


def test_planned_sites_count_nowhere_and_an_empty_chart_prints_too(
    cast: Cast, draft: Treatment, as_alice: AuditingClient, tmp_path: Path
) -> None:
    said = words_of(as_alice.get(f"/treatments/{draft.id}/draft.pdf").data, tmp_path)
    assert "Nothing was given." in said
    assert "no site is given" in said

    factories.chart(draft, planned(draft), by=cast.alice)
    said = words_of(as_alice.get(f"/treatments/{draft.id}/draft.pdf").data, tmp_path)
    assert "Nothing was given." in said


def test_nothing_of_it_is_kept(cast: Cast, draft: Treatment, as_alice: AuditingClient) -> None:
    factories.chart(draft, by=cast.alice)
    as_alice.get(f"/treatments/{draft.id}/draft.pdf")

    db.session.refresh(draft)
    assert draft.note is None
    assert draft.is_draft


def test_a_signed_session_has_no_draft_and_a_hidden_one_is_not_there(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    address = f"/treatments/{draft.id}/draft.pdf"
    assert signed_in(app, cast.eve).get(address).status_code == 404
    restrict(draft.patient, cast.alice)
    assert signed_in(app, cast.dan).get(address).status_code == 404
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        assert as_alice.get(address).status_code == 409


def test_the_review_and_the_page_of_the_session_lead_to_it(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{draft.id}/draft.pdf"

    assert address in as_alice.get(f"/treatments/{draft.id}/signature").text
    assert address in signed_in(app, cast.dan).get(f"/treatments/{draft.id}").text
