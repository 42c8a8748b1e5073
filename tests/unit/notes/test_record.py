"""One record, one sequence of bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notes import record
from tests.unit.notes import records

SAFE_NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | SAFE_NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES))
def test_canonical_bytes_read_back_as_the_same_record(value: dict[str, Any]) -> None:
    assert json.loads(record.canonical(value)) == value


@given(st.dictionaries(st.text(), VALUES))
def test_the_order_in_which_keys_were_put_in_changes_nothing(value: dict[str, Any]) -> None:
    turned = dict(reversed(list(value.items())))
    assert record.canonical(turned) == record.canonical(value)


def test_keys_are_ordered_as_utf_16_and_text_is_escaped_as_javascript_does() -> None:
    value = {"\U0001f600": 1, "\ufb33": 2, "b": 'é\n\x1f"\\/\u2028', "a": True}

    assert record.canonical(value) == (
        '{"a":true,"b":"é\\n\\u001f\\"\\\\/\u2028","\U0001f600":1,"\ufb33":2}'.encode()
    )


@pytest.mark.parametrize("value", [1.5, float("nan"), b"bytes", {1, 2}, object()])
def test_a_value_that_has_no_one_way_of_being_written_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"record\.sites\[0\]\.units"):
        record.canonical({"sites": [{"units": value}]})


def test_a_number_too_large_for_javascript_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        record.canonical({"n": 2**53})


def test_half_a_surrogate_pair_is_refused_as_no_text() -> None:
    with pytest.raises(ValueError, match=r"record\.name"):
        record.canonical({"name": "\ud800"})


def test_a_key_that_is_no_string_is_refused() -> None:
    with pytest.raises(TypeError, match="key 1"):
        record.canonical({"a": {1: "x"}})


def test_any_changed_field_changes_the_hash() -> None:
    changed = records.preempt()
    changed["sites"][30]["units"] = "5.01"

    assert record.sha256(changed) != record.sha256(records.preempt())
    assert len(record.sha256(changed)) == 64


@pytest.mark.parametrize(
    ("sha256", "code"),
    [
        ("0" * 64, "0000-0000-0000"),
        ("f" * 64, "ZZZZ-ZZZZ-ZZZZ"),
        ("0123456789abcdef" * 4, "04HM-ASW9-NF6Y"),
    ],
)
def test_a_note_is_looked_up_by_twelve_signs_that_nobody_confuses(sha256: str, code: str) -> None:
    assert record.check_code(sha256) == code
    assert not set("ILOU") & set(record.check_code(sha256))


@pytest.mark.parametrize(
    "typed",
    [
        "04HM-ASW9-NF6Y",
        "04hm-asw9-nf6y",
        "04HMASW9NF6Y",
        " O4HM ASW9 NF6Y ",
        "o4hm–asw9–nf6y",
    ],
)
def test_a_code_is_read_as_it_was_meant(typed: str) -> None:
    assert record.read_code(typed) == "0123456789abcde"


def test_letters_that_look_like_one_are_one() -> None:
    assert record.read_code("ILil-0000-0000") == record.read_code("1111-0000-0000")


@pytest.mark.parametrize(
    "typed", ["", "04HM-ASW9-NF6", "04HM-ASW9-NF6YY", "U4HM-ASW9-NF6Y", "04HM/ASW9/NF6Y", "ß" * 12]
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert record.read_code(typed) is None


@given(st.binary(min_size=32, max_size=32))
def test_every_code_leads_back_to_the_hash_it_came_from(digest: bytes) -> None:
    found = record.read_code(record.check_code(digest.hex()))

    assert found is not None
    assert digest.hex().startswith(found)
