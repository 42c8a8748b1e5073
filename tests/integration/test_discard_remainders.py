"""POST /treatments/<id>/remainders: what is left in the vials is discarded, said by a person."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import db
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import nothing_changed
from tests.factories import Cast


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    """Ten of a 100 U vial given, and nobody has said what becomes of the rest."""
    of = factories.patient(cast.dan)
    draft = factories.treatment(of, by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["discarded"] = None
    return factories.chart(draft, body, by=cast.alice)


def test_the_rest_is_discarded_by_who_said_so_and_signing_is_open(
    draft: Treatment, as_alice: AuditingClient, cast: Cast
) -> None:
    review = f"/treatments/{draft.id}/signature"
    page = as_alice.get(review).text
    assert "90 U neither given nor discarded" in page
    assert "Discard 90 U of BOTOX" in page

    answer = as_alice.post(f"/treatments/{draft.id}/remainders")

    assert (answer.status_code, answer.location) == (303, review)
    db.session.refresh(draft)
    (vial,) = draft.vials
    assert (str(vial.discarded), vial.discarded_by_id) == ("90.00", cast.alice.id)
    assert draft.revision == 2
    act = AuditEntry.act == "treatment.discarded_remainders"
    entry = db.session.scalars(select(AuditEntry).where(act)).one()
    assert entry.details["units"] == {"BOTOX": "90"}
    page = as_alice.get(review).text
    assert "Discard 90 U of BOTOX" not in page
    assert "neither given nor discarded" not in page


def test_what_somebody_said_of_a_vial_stays(draft: Treatment, as_alice: AuditingClient) -> None:
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["discarded"] = "40"
    factories.chart(draft, body, by=draft.started_by)

    as_alice.post(f"/treatments/{draft.id}/remainders")

    db.session.refresh(draft)
    assert str(draft.vials[0].discarded) == "40.00"


def test_staff_say_nothing_of_vials(app: Flask, draft: Treatment, cast: Cast) -> None:
    dan = signed_in(app, cast.dan)

    with nothing_changed():
        assert dan.post(f"/treatments/{draft.id}/remainders").status_code == 403


def test_a_signed_session_keeps_its_vials(draft: Treatment, cast: Cast, app: Flask) -> None:
    alice = signed_in(app, cast.alice)
    alice.post(f"/treatments/{draft.id}/remainders")
    db.session.refresh(draft)
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        assert alice.post(f"/treatments/{draft.id}/remainders").status_code == 409
