"""GET /treatments/<id>/signature shows what will stand in the note, and takes the PIN."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from app import clock
from app.extensions import begin_write, db
from app.models import SigningKey, Treatment
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed, tables
from tests.factories import Cast
from tests.tablets import laid

PIN_FIELD = 'name="pin"'


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    return factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)


def test_the_page_says_what_was_given_from_which_vial_and_what_was_not(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    plan = laid("PREEMPT-155", body["preparations"][0]["key"])
    plan[0].update(state="given", given_at=clock.now().isoformat())
    body["preparations"][0]["vials"][0]["discarded"] = "85"
    factories.chart(draft, {**body, "sites": [*body["sites"], *plan]}, by=cast.alice)

    page = as_alice.get(f"/treatments/{draft.id}/signature")

    assert page.status_code == 200
    assert "Maren Oduya-Sample" in page.text
    assert "Chronic migraine" in page.text
    assert "G43.709" in page.text
    assert 'data-total="BOTOX"' in page.text
    assert "BOTOX 15 U in 3 sites" in page.text
    assert "0.30 mL" in page.text
    assert "PREEMPT: 1 of 31 sites given." in page.text
    assert "2 sites outside the protocol." in page.text
    assert "3 of 33 sites given; 30 planned sites were not given." in page.text
    assert "Say why planned sites were not given, then sign." in page.text
    assert "SAMPLE-1" in page.text
    assert "100 U = 15 given + 85 discarded" in page.text
    assert "Corrugator" in page.text
    assert "Frontalis" not in page.text
    assert PIN_FIELD not in page.text
    assert last_entry("treatment.reviewed").subject_id == str(draft.id)
    begin_write()
    draft.record_incomplete("The patient asked to stop.")
    db.session.commit()
    page = as_alice.get(f"/treatments/{draft.id}/signature")
    assert "Reason: The patient asked to stop." in page.text
    assert "3 of 33 sites given; 30 planned sites were not given." in page.text
    assert f'name="revision" value="{draft.revision}"' in page.text
    assert PIN_FIELD in page.text


def test_what_stops_signing_stands_in_the_place_of_the_pin(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{draft.id}/signature"
    as_bob, as_carol = signed_in(app, cast.bob), signed_in(app, cast.carol)
    nothing_given = as_alice.get(address)
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["lot"] = ""
    factories.chart(draft, body, by=cast.alice)
    untraceable = as_alice.get(address)
    factories.chart(draft, by=cast.alice)
    before = tables()

    for page, sentence in (
        (nothing_given, "Nothing is given yet. Give at least one site before signing."),
        (untraceable, "Not complete: BOTOX 100 U: lot."),
        (as_carol.get(address), "Only a provider signs a note."),
        (as_bob.get(address), "Alice Amari, MD is recorded as having given this treatment"),
    ):
        assert page.status_code == 200
        assert sentence in page.text
        assert PIN_FIELD not in page.text
    assert PIN_FIELD in as_alice.get(address).text
    assert tables() == before


def test_a_provider_without_a_key_that_signs_is_told_what_to_do(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.chart(draft, by=cast.alice)
    address = f"/treatments/{draft.id}/signature"
    key = cast.alice.signing_key
    assert key is not None

    def with_key(**values: object) -> str:
        begin_write()
        held = db.session.get_one(SigningKey, key.id)
        for name, value in values.items():
            setattr(held, name, value)
        db.session.commit()
        return as_alice.get(address).text

    assert "Five wrong PINs have locked your key." in with_key(wrong_pins=5)
    assert "Your signing certificate has expired." in with_key(wrong_pins=0, not_after=clock.now())
    without = with_key(retired_at=clock.now())
    assert "You have no PIN yet. Set one under your name, then sign." in without
    assert 'href="/account"' in without


def test_a_signed_session_shows_its_note_in_the_place_of_the_review(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)

    answer = as_alice.get(f"/treatments/{draft.id}/signature")

    assert (answer.status_code, answer.location) == (303, f"/treatments/{draft.id}")


def test_only_clinical_people_who_see_the_patient_review(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.chart(draft, by=cast.alice)
    address = f"/treatments/{draft.id}/signature"
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)

    with nothing_changed():
        answers = [
            new_client(app).get(address),
            staff.get(address),
            administrator.get(address),
            as_alice.get(f"/treatments/{uuid4()}/signature"),
        ]

    assert [answer.status_code for answer in answers] == [401, 403, 404, 404]
    assert not any("Oduya" in answer.text for answer in answers)
