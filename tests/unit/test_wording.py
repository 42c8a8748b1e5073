"""How a typed day is read, and how weights are turned."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app import wording
from app.clinical.errors import Refusal

DAY = date(1984, 3, 12)


@pytest.mark.parametrize(
    "text",
    [
        "12 Mar 1984", "12 march 1984", "12. mar. 1984", "12-Mar-1984", "12mar1984",
        "Mar 12, 1984", "March 12th 1984", "12 de marzo de 1984", "1984-03-12", "1984/3/12",
        "  12  MAR  1984 ",
    ],
)  # fmt: skip
def test_a_day_is_read_in_the_spellings_people_use(text: str) -> None:
    assert wording.possible_days(text) == [DAY]
    assert wording.read_day(text, day_first=True) == DAY


@pytest.mark.parametrize("text", ["3/12/1984", "03-12-1984", "3.12.1984", "3 12 1984"])
def test_two_numbers_are_read_in_the_clinics_order(text: str) -> None:
    assert wording.read_day(text, day_first=False) == DAY
    assert wording.read_day(text, day_first=True) == date(1984, 12, 3)


def test_a_number_above_twelve_can_only_be_the_day() -> None:
    for day_first in (True, False):
        assert wording.read_day("25/3/1984", day_first=day_first) == date(1984, 3, 25)
        assert wording.read_day("3/25/1984", day_first=day_first) == date(1984, 3, 25)


@pytest.mark.parametrize(
    "text", ["", "soon", "31 Feb 1984", "0/0/1984", "12 Foo 1984", "1984", "12 Mar", "2023-02-29"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    assert wording.possible_days(text) == []
    with pytest.raises(Refusal, match="not a date"):
        wording.read_day(text, day_first=False)


def test_a_year_of_two_digits_is_asked_for_in_full() -> None:
    with pytest.raises(Refusal, match="four digits"):
        wording.read_day("3/12/84", day_first=False)


@pytest.mark.parametrize(
    ("pounds", "kilograms"), [("150", "68.04"), ("1", "0.45"), ("999", "453.14")]
)
def test_pounds_are_kept_as_kilograms(pounds: str, kilograms: str) -> None:
    assert wording.kilograms(Decimal(pounds)) == Decimal(kilograms)


def test_a_weight_is_shown_in_both_units() -> None:
    assert wording.weight(Decimal("68.04")) == "68 kg (150 lb)"
    assert wording.weight(Decimal("68.50")) == "68.5 kg (151 lb)"
