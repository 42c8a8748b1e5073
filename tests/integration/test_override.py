"""POST /treatments/<id>/signature against a rule: a prescriber goes on, the reason prints."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import begin_write, db
from app.models import Note, Person, Role, Treatment
from tests import factories
from tests.clients import AuditingClient
from tests.dumps import last_entry, nothing_changed, tables
from tests.factories import ALICES_PIN, BOBS_PIN, Cast
from tests.tablets import sign, warnings_read

REASON = "Read wrongly at first; the box says 2027."
WRONG_PIN = "904177"


@pytest.fixture
def expired(cast: Cast) -> Treatment:
    """A charted session with a vial that expired before it: LOT-01."""
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["expires"] = "2024-02-29"
    return factories.chart(draft, body, by=cast.alice)


@pytest.fixture
def nurse(cast: Cast) -> Person:
    """Alice as a provider who may not prescribe."""
    begin_write()
    cast.alice.roles = [str(Role.PROVIDER)]
    db.session.commit()
    return cast.alice


def signed_with(browser: AuditingClient, draft: Treatment, **said: Any) -> Any:
    return browser.post(
        f"/treatments/{draft.id}/signature",
        data={
            "revision": draft.revision,
            "pin": ALICES_PIN,
            **warnings_read(draft.id),
            **said,
        },
    )


def record() -> dict[str, Any]:
    db.session.rollback()
    [note] = db.session.scalars(select(Note))
    return json.loads(note.record)


def overridden() -> dict[str, Any]:
    """The one finding of the note that somebody overrode."""
    [finding] = [each for each in record()["findings"] if each["severity"] == "override"]
    return finding


def test_a_prescriber_signs_against_a_rule_with_a_reason_that_stands_in_the_note(
    cast: Cast, expired: Treatment, as_alice: AuditingClient
) -> None:
    answer = signed_with(as_alice, expired, **{"reason-LOT-01": f"  {REASON} "})

    assert answer.status_code == 303
    finding = overridden()
    assert finding["id"] == "LOT-01"
    assert finding["severity"] == "override"
    assert finding["reason"] == REASON
    assert finding["overridden_by"] == {
        "name": "Alice Amari",
        "credentials": "MD",
        "npi": None,
    }
    assert last_entry("note.signed").details["reasons"] == {"LOT-01": REASON}


def test_without_a_reason_nothing_is_signed_and_the_page_says_where_it_is_missing(
    expired: Treatment, as_alice: AuditingClient
) -> None:
    with nothing_changed():
        answer = sign(as_alice, expired.id, expired.revision, ALICES_PIN)

    assert answer.status_code == 422
    assert "Say why in this case; the note prints the reason (LOT-01)." in answer.text
    assert 'aria-describedby="reason-LOT-01-error"' in answer.text


def test_a_program_is_told_in_json_what_is_missing(
    expired: Treatment, as_alice: AuditingClient
) -> None:
    answer = as_alice.post(
        f"/treatments/{expired.id}/signature",
        data={"revision": expired.revision, "pin": ALICES_PIN},
        headers={"Accept": "application/json"},
    )

    assert answer.status_code == 422
    assert "Say why in this case" in answer.json["error"]


def test_a_provider_who_does_not_prescribe_asks_a_prescriber_on_the_same_page(
    cast: Cast, expired: Treatment, nurse: Person, as_alice: AuditingClient
) -> None:
    page = as_alice.get(f"/treatments/{expired.id}/signature")
    assert "A prescriber goes on, for the reasons given" in page.text
    assert "Bob Brandt, MD" in page.text

    alone = signed_with(as_alice, expired, **{"reason-LOT-01": REASON})
    assert alone.status_code == 422
    assert "Only a prescriber goes on here. Choose who, with their PIN." in alone.text
    assert f'value="{REASON}"' in alone.text

    answer = signed_with(
        as_alice,
        expired,
        **{"reason-LOT-01": REASON, "prescriber": str(cast.bob.id), "prescriber_pin": BOBS_PIN},
    )

    assert answer.status_code == 303
    finding = overridden()
    assert finding["overridden_by"] == {
        "name": "Bob Brandt",
        "credentials": "MD",
        "npi": None,
    }
    assert record()["signed_by"]["name"] == "Alice Amari"
    assert last_entry("note.signed").details["overridden_by"] == str(cast.bob.id)


def test_a_wrong_pin_of_the_prescriber_is_counted_as_theirs_and_keeps_what_was_typed(
    cast: Cast, expired: Treatment, nurse: Person, as_alice: AuditingClient
) -> None:
    answer = signed_with(
        as_alice,
        expired,
        **{"reason-LOT-01": REASON, "prescriber": str(cast.bob.id), "prescriber_pin": WRONG_PIN},
    )

    assert answer.status_code == 403
    assert (
        "That is not the PIN of Bob Brandt, MD. Nothing was signed. Tries left: 4." in answer.text
    )
    assert f'value="{REASON}"' in answer.text
    db.session.rollback()
    assert [each.signing_key.wrong_pins for each in (cast.alice, cast.bob)] == [0, 1]
    assert last_entry("signature.refused").details["whose"] == str(cast.bob.id)
    assert not db.session.scalars(select(Note)).all()


def test_five_wrong_pins_of_the_prescriber_lock_their_key(
    cast: Cast, expired: Treatment, nurse: Person, as_alice: AuditingClient
) -> None:
    begin_write()
    assert cast.bob.signing_key is not None
    cast.bob.signing_key.wrong_pins = 5
    db.session.commit()

    answer = signed_with(
        as_alice,
        expired,
        **{"reason-LOT-01": REASON, "prescriber": str(cast.bob.id), "prescriber_pin": BOBS_PIN},
    )

    assert answer.status_code == 422
    assert "Five wrong PINs have locked the key of Bob Brandt, MD" in answer.text
    assert not db.session.scalars(select(Note)).all()


@pytest.mark.parametrize("whose", ["carol", "alice", "nobody"])
def test_who_is_no_prescriber_overrides_nothing(
    cast: Cast, expired: Treatment, nurse: Person, as_alice: AuditingClient, whose: str
) -> None:
    id = {"carol": cast.carol.id, "alice": cast.alice.id}.get(whose, "not-an-id")
    before = tables()

    answer = signed_with(
        as_alice,
        expired,
        **{"reason-LOT-01": REASON, "prescriber": str(id), "prescriber_pin": ALICES_PIN},
    )

    assert answer.status_code == 422
    assert "Only a prescriber goes on here." in answer.text
    assert tables() == before


def test_a_reason_too_long_for_the_note_is_told_and_kept(
    expired: Treatment, as_alice: AuditingClient
) -> None:
    answer = signed_with(as_alice, expired, **{"reason-LOT-01": "long " * 41})

    assert answer.status_code == 422
    assert "Keep this within 200 characters." in answer.text


def test_a_reason_for_a_rule_that_found_nothing_does_not_reach_the_note(
    cast: Cast, expired: Treatment, as_alice: AuditingClient
) -> None:
    said = {"reason-LOT-01": REASON, "reason-DATA-07": "Nothing was spilt."}

    assert signed_with(as_alice, expired, **said).status_code == 303

    assert overridden()["reason"] == REASON
    assert "spilt" not in json.dumps(record())


def test_what_data_alone_can_mend_no_reason_overrides(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["lot"] = ""
    factories.chart(draft, body, by=cast.alice)

    with nothing_changed():
        answer = signed_with(as_alice, draft, **{"reason-DATA-02": REASON})

    assert answer.status_code == 422
    assert 'name="reason-DATA-02"' not in as_alice.get(f"/treatments/{draft.id}/signature").text


def test_warnings_are_read_before_the_note_is_signed(
    cast: Cast, expired: Treatment, as_alice: AuditingClient
) -> None:
    said = {"reason-LOT-01": REASON}
    page = as_alice.get(f"/treatments/{expired.id}/signature")
    assert 'name="read"' in page.text

    for unread in ("", "another-fingerprint"):
        with nothing_changed():
            answer = signed_with(as_alice, expired, read=unread, **said)
        assert answer.status_code == 422
        assert "Read the warnings, and confirm that you have." in answer.text
        assert f'value="{REASON}"' in answer.text

    assert signed_with(as_alice, expired, **said).status_code == 303


def test_a_warning_that_says_something_else_is_another_warning(
    cast: Cast, expired: Treatment, as_alice: AuditingClient
) -> None:
    before = warnings_read(expired.id)
    body = factories.chart_body(expired)
    body["indications"], body["codes"] = ["axillary_hyperhidrosis"], ["L74.510"]
    for site in body["sites"]:
        site["indication"] = "axillary_hyperhidrosis"
    factories.chart(expired, body, by=cast.alice)

    assert warnings_read(expired.id) != before
