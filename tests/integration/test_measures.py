"""POST /treatments/<id>/measures keeps readings of scales and the guidance; the note has them."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask

from app import clock
from app.models import Note, Treatment
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    return factories.chart(new, by=cast.alice)


@pytest.fixture
def note(cast: Cast) -> Note:
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(new, by=cast.alice)
    return factories.sign(new, by=cast.alice, clinic=cast.clinic)


def measures(treatment: Treatment, **values: str | list[str]) -> dict[str, object]:
    return {"revision": treatment.revision, "guidance_note": "", **values}


def test_readings_are_kept_and_stand_on_the_review_page_and_in_the_note(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    address = f"/treatments/{draft.id}/signature"
    assert 'data-passes-item="headache_days" data-ok="no"' in as_alice.get(address).text

    answer = as_alice.post(
        f"/treatments/{draft.id}/measures",
        data=measures(draft, headache_days="18", hit6="62", guidance=["emg"], guidance_note="Deep"),
    )

    assert (answer.status_code, answer.location) == (303, address)
    entry = last_entry("treatment.measures")
    assert entry.details == {"scales": ["headache_days", "hit6"]}
    assert [(each["scale"], each["value"]) for each in draft.outcomes] == [
        ("headache_days", "18"),
        ("hit6", "62"),
    ]
    page = as_alice.get(address).text
    assert 'data-passes-item="headache_days" data-ok="yes"' in page
    assert 'value="18"' in page
    assert "18 days a month" in page
    record = json.loads(factories.sign(draft, by=cast.alice, clinic=cast.clinic).record)
    assert record["outcomes"][1] == {
        "scale": "hit6",
        "label": "HIT-6",
        "value": "62, severe impact",
    }
    assert record["guidance"] == {"used": ["Guidance by needle EMG"], "note": "Deep"}


def with_guidance(cast: Cast, *guidance: str | None, state: str = "given") -> Treatment:
    """A draft whose sites say these, one after the other."""
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(new)
    for site, said in zip(body["sites"], guidance, strict=False):
        site |= {"guidance": said, "needle": "27G", "state": state}
        site["given_at"] = site["given_at"] if state == "given" else None
    return factories.chart(new, body, by=cast.alice)


def test_what_given_sites_say_of_guidance_is_ticked_billed_and_in_the_note(
    cast: Cast, as_alice: AuditingClient
) -> None:
    draft = with_guidance(cast, "emg", None)

    page = as_alice.get(f"/treatments/{draft.id}/signature").text

    assert re.search(r"<input[^>]*checked[^>]*value=.emg.", page)
    assert draft.case(now=clock.now()).guidance == ("emg",)
    record = json.loads(factories.sign(draft, by=cast.alice, clinic=cast.clinic).record)
    assert record["guidance"]["used"] == ["Guidance by needle EMG"]
    assert [site["guidance"] for site in record["sites"]] == ["Guidance by needle EMG", None]
    assert [site["needle"] for site in record["sites"]] == ["27G", "27G"]


def test_what_planned_sites_say_of_guidance_was_not_done(
    cast: Cast, as_alice: AuditingClient
) -> None:
    draft = with_guidance(cast, "emg", "emg", state="planned")

    assert draft.all_guidance == []


def test_guidance_that_given_sites_say_is_not_unticked_by_the_way(
    cast: Cast, as_alice: AuditingClient
) -> None:
    draft = with_guidance(cast, "emg", "emg")

    with nothing_changed():
        answer = as_alice.post(
            f"/treatments/{draft.id}/measures", data=measures(draft, guidance=["ultrasound"])
        )

    assert answer.status_code == 422
    assert "says “Guidance by needle EMG” at 2 given sites" in answer.text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"headache_days": "32"}, "Headache days is from 0 to 31, not 32."),
        ({"hit6": "35"}, "HIT-6 is from 36 to 78, not 35."),
        ({"hit6": "many"}, "HIT-6 is a number, not many."),
        ({"guidance": ["magic"]}, "Choose from the list."),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_typed_is_lost(
    draft: Treatment, as_alice: AuditingClient, values: dict[str, str], sentence: str
) -> None:
    with nothing_changed():
        answer = as_alice.post(
            f"/treatments/{draft.id}/measures", data=measures(draft, midas="11", **values)
        )

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="11"' in answer.text


def test_a_reading_of_another_chart_is_answered_with_what_was_typed(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    with nothing_changed():
        answer = as_alice.post(
            f"/treatments/{draft.id}/measures",
            data=measures(draft, midas="11") | {"revision": draft.revision - 1},
        )

    assert answer.status_code == 409
    assert "What you entered is still here" in answer.text
    assert 'value="11"' in answer.text


def test_nothing_is_changed_once_it_is_signed(
    app: Flask, cast: Cast, note: Note, as_alice: AuditingClient
) -> None:
    treatment = note.treatment

    with nothing_changed():
        answer = as_alice.post(f"/treatments/{treatment.id}/measures", data=measures(treatment))

    assert answer.status_code == 409


def test_the_diagnosis_is_one_tap_on_the_review_page_and_stops_signing_until_then(
    cast: Cast, as_alice: AuditingClient
) -> None:
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    draft = factories.chart(new, factories.chart_body(new) | {"codes": []}, by=cast.alice)
    before = as_alice.get(f"/treatments/{draft.id}/signature").text

    wrong = as_alice.post(f"/treatments/{draft.id}/diagnosis", data={"code": "L74.510"})
    answer = as_alice.post(f"/treatments/{draft.id}/diagnosis", data={"code": "G43.719"})

    assert "No diagnosis is chosen." in before
    assert 'value="G43.719" data-action="code"' in before
    assert (wrong.status_code, answer.status_code) == (422, 303)
    assert draft.codes == ["G43.719"]
    assert last_entry("treatment.diagnosis").details == {"code": "G43.719"}
    after = as_alice.get(answer.location).text
    assert "No diagnosis is chosen." not in after


def test_staff_take_no_readings(app: Flask, cast: Cast, draft: Treatment) -> None:
    answer = signed_in(app, cast.dan).post(
        f"/treatments/{draft.id}/measures", data=measures(draft, midas="11")
    )

    assert answer.status_code == 403
