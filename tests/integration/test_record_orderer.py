"""POST /treatments/<id>/orderer says who ordered the treatment, where that is not who gave it."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from app.extensions import begin_write, db
from app.models import Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast

ORDERED = {"name": " Orla  Quist, MD ", "npi": "1234567893"}


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    return factories.chart(new, by=cast.alice)


def test_who_ordered_it_stands_on_the_review_in_the_record_and_on_the_superbill(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    answer = as_alice.post(f"/treatments/{draft.id}/orderer", data=ORDERED)

    assert (answer.status_code, answer.location) == (303, f"/treatments/{draft.id}/signature")
    assert "Ordered by Orla Quist, MD" in as_alice.get(f"/treatments/{draft.id}/signature").text
    assert last_entry("treatment.orderer").subject_id == str(draft.id)
    note = factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    assert json.loads(note.record)["ordered_by"] == {"name": "Orla Quist, MD", "npi": "1234567893"}
    copied = signed_in(app, cast.dan).post(f"/treatments/{draft.id}/bill")
    assert "Orla Quist, MD" in copied.text


def test_it_is_taken_back_and_nobody_else_ordered_it(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    as_alice.post(f"/treatments/{draft.id}/orderer", data=ORDERED)

    as_alice.post(f"/treatments/{draft.id}/orderer", data={"name": "", "npi": ""})

    note = factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    assert json.loads(note.record)["ordered_by"] is None


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"name": "Orla Quist, MD", "npi": "1234567890"}, "An NPI has ten digits."),
        ({"name": "", "npi": "1234567893"}, "Say whose NPI this is."),
        ({"name": "x" * 121}, "Keep this within 120 characters."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_kept(
    sent: dict[str, str], sentence: str, draft: Treatment, as_alice: AuditingClient
) -> None:
    with nothing_changed():
        answer = as_alice.post(f"/treatments/{draft.id}/orderer", data=sent)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{sent["name"]}"' in answer.text


def test_after_signing_and_for_staff_it_stays_as_it_is(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    assert (
        signed_in(app, cast.dan).post(f"/treatments/{draft.id}/orderer", data=ORDERED).status_code
        == 403
    )
    factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    with nothing_changed():
        assert as_alice.post(f"/treatments/{draft.id}/orderer", data=ORDERED).status_code == 409


def test_a_child_who_could_not_be_weighed_is_signed_for_by_a_prescriber_with_a_reason(
    cast: Cast, as_alice: AuditingClient
) -> None:
    child = factories.patient(
        cast.dan,
        born=cast.clinic.created_at.date().replace(year=cast.clinic.created_at.year - 9),
        weight_kg=None,
        weighed_on=None,
    )
    session = factories.treatment(child, by=cast.alice, clinic=cast.clinic)
    factories.chart(session, by=cast.alice)
    page = f"/treatments/{session.id}/signature"
    assert 'name="reason-PED-01"' not in as_alice.get(page).text

    begin_write()
    child.weight_unknown = "cannot stand, no lift here"
    db.session.commit()

    assert 'name="reason-PED-01"' in as_alice.get(page).text
