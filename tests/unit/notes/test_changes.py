"""What a file says that it did not say when it was signed, field by field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from app.notes import changes, verification
from app.notes.changes import FIELDS, Change
from app.notes.verification import Verdict
from tests.unit.notes import forging, records
from tests.unit.notes.conftest import Signing


@pytest.fixture
def other() -> dict[str, Any]:
    """The record of the signed note, to be changed."""
    return copy.deepcopy(records.preempt())


def verdict(pdf: bytes, signing: Signing) -> Verdict:
    return verification.verify(pdf, [signing.root.certificate_pem])


def told(found: tuple[Change, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(each.label, each.said(each.before), each.said(each.after)) for each in found]


def test_another_attached_record_is_told_field_by_field(
    signed: bytes, signing: Signing, other: dict[str, Any]
) -> None:
    other["sites"][13]["units"] = "15"
    other["totals"]["BOTOX"]["given"] = "165.00"
    other["preparations"][0]["vials"][0]["discarded"] = "35.00"

    found = verdict(forging.revision(signed, attached=other), signing)

    assert not found.intact
    assert found.reason == verification.ADDED_TO
    name = f"{other['sites'][13]['name']}, {other['sites'][13]['side']}"
    assert sorted(told(found.changes)) == sorted(
        [
            ("Preparation BOTOX, Vial C8412C3, discarded", "45.00", "35.00"),
            (f"Site 14 ({name}), units", "5", "15"),
            ("Total of BOTOX, given", "155.00", "165.00"),
        ]
    )
    assert {each.where for each in found.changes} == {"record.json"}


def test_the_record_of_a_changed_file_is_the_signed_one(
    signed: bytes, signing: Signing, other: dict[str, Any]
) -> None:
    before = verdict(signed, signing).record
    other["patient"]["name"] = "Somebody Else"

    found = verdict(forging.revision(signed, attached=other), signing)

    assert before is not None
    assert found.record == before


def test_words_written_over_a_page_are_told_with_their_line(
    signed: bytes, signing: Signing
) -> None:
    (change,) = verdict(forging.revision(signed, words=b"FORGED"), signing).changes

    assert change.label == "Page 1, text"
    assert "FORGED" not in (change.before or "")
    assert "FORGED" in (change.after or "")
    assert change.where == "1"


def test_a_record_that_was_taken_away_is_told(signed: bytes, signing: Signing) -> None:
    found = verdict(forging.without_attachment(signed), signing)

    assert not found.intact
    assert told(found.changes) == [("Attached record", "as signed", "removed")]


def test_a_whole_site_more_or_less_is_one_change(other: dict[str, Any]) -> None:
    signed = records.preempt()
    gone = other["sites"].pop(3)

    (change,) = changes.of_records(signed, other)
    (back,) = changes.of_records(other, signed)

    assert change.label == f"Site 4 ({gone['name']}, {gone['side']}), all of it"
    assert [change.said(change.before), change.said(change.after)] == ["there", "not there"]
    assert [back.said(back.before), back.said(back.after)] == ["not there", "there"]


def test_sites_in_another_order_are_the_same_sites(other: dict[str, Any]) -> None:
    other["sites"].reverse()

    assert changes.of_records(records.preempt(), other) == ()


def test_things_of_one_name_are_told_apart_by_their_place() -> None:
    before = {"findings": [{"id": "DOSE-01", "text": "a"}, {"id": "DOSE-01", "text": "b"}]}
    after = {"findings": [{"id": "DOSE-01", "text": "a"}, {"id": "DOSE-01", "text": "c"}]}

    (change,) = changes.of_records(before, after)

    assert (change.before, change.after) == ("b", "c")


def test_a_field_nobody_named_is_read_by_its_own_name() -> None:
    (change,) = changes.of_records({"some_new_field": "1"}, {"some_new_field": ["a", None]})

    assert change.label == "some new field"
    assert (change.before, change.after) == ("1", "a; ")


@pytest.mark.parametrize(
    "odd", [{"sites": None}, {"sites": "many"}, {"sites": [1, [2]]}, {"sites": {"a": []}}, {}]
)
def test_a_record_of_any_shape_is_compared(odd: dict[str, Any]) -> None:
    found = changes.of_records(records.preempt(), odd)

    assert any("Site" in each.label or each.field == "sites" for each in found)


def test_what_a_stranger_appended_to_a_strangers_file_is_not_looked_into(
    signed: bytes, signing: Signing
) -> None:
    found = verification.verify(forging.revision(signed, words=b"FORGED"), [])

    assert not found.intact
    assert found.changes == ()


def test_every_field_of_a_site_has_a_name() -> None:
    own = {"key", "name", "number", "other", "region", "moved", "protocol", "protocol_site"}

    assert set(records.site(1)) - own - {"preparation"} <= set(FIELDS)
