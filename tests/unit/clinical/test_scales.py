"""Readings of outcome scales: what they are worth, and which there cannot be."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import date
from decimal import Decimal

import pytest

from app.clinical.anatomy import Side
from app.clinical.case import Outcome
from app.clinical.catalogue import catalogue
from app.clinical.scales import NotAReading, score, scores, usual_scales
from tests.unit.clinical.sessions import case


def read(scale: str, value: str | None = None, **values):
    return score(Outcome(scale, value, **values), catalogue())


def refusal(scale: str, value: str | None = None, **values) -> str:
    with pytest.raises(NotAReading) as refused:
        read(scale, value, **values)
    return str(refused.value)


@pytest.mark.parametrize(
    ("items", "total", "grade"),
    [
        ((6,) * 6, 36, "little_or_none"),
        ((13,) * 6, 78, "severe"),
        ((8, 8, 8, 8, 8, 8), 48, "little_or_none"),
        ((6, 8, 10, 10, 8, 8), 50, "some"),
    ],
)
def test_hit_6_is_the_sum_of_six(items, total, grade):
    found = read("hit6", items=items)

    assert (found.total, found.grade) == (total, grade)


@pytest.mark.parametrize(
    ("total", "grade"),
    [("49", "little_or_none"), ("50", "some"), ("55", "some"), ("56", "substantial"),
     ("59", "substantial"), ("60", "severe")],
)  # fmt: skip
def test_hit_6_has_its_grades(total, grade):
    assert read("hit6", total).grade == grade


@pytest.mark.parametrize(
    ("value", "grade"),
    [("0", "I"), ("5", "I"), ("6", "II"), ("10", "II"), ("11", "III"), ("20", "III"), ("21", "IV")],
)
def test_midas_has_its_grades(value, grade):
    assert read("midas", value).grade == grade


def test_midas_is_the_sum_of_five():
    assert read("midas", items=(2, 3, 1, 4, 1)).total == 11


@pytest.mark.parametrize(
    ("value", "rank"), [("0", 0), ("1", 1), ("1+", 2), ("2", 3), ("3", 4), ("4", 5)]
)
def test_ashworth_has_a_level_between_1_and_2(value, rank):
    found = read("mas", value, muscle="soleus", side=Side.LEFT)

    assert (found.total, found.grade, found.muscle) == (rank, value, "soleus")


@pytest.mark.parametrize(
    ("scale", "least", "most"),
    [
        ("headache_days", "0", "31"), ("migraine_days", "0", "31"),
        ("headache_hours_per_day", "0", "24"), ("hit6", "36", "78"), ("hdss", "1", "4"),
        ("penn_frequency", "0", "4"), ("penn_severity", "1", "3"),
        ("twstrs_severity", "0", "35"), ("twstrs_disability", "0", "30"),
        ("twstrs_pain", "0", "20"), ("jrs_severity", "0", "4"), ("jrs_frequency", "0", "4"),
        ("jrs_hfs_severity", "0", "4"), ("jrs_hfs_frequency", "0", "4"), ("pain_nrs", "0", "10"),
        ("global_response", "0", "100"),
    ],
)  # fmt: skip
def test_a_scale_takes_its_ends_and_nothing_beyond(scale, least, most):
    assert read(scale, least).total == Decimal(least)
    assert read(scale, most).total == Decimal(most)
    for beyond in (Decimal(least) - 1, Decimal(most) + 1):
        said = refusal(scale, str(beyond))
        assert f"from {least} to {most}, not {beyond}" in said


def test_hdss_has_no_nought():
    assert refusal("hdss", "0") == "HDSS is from 1 to 4, not 0."
    assert read("hdss", "2").grade is None
    assert read("hdss", "3").grade == "severe"


@pytest.mark.parametrize(
    ("scale", "values", "says"),
    [
        ("hdss", {"value": "2.5"}, "in steps of 1"),
        ("hdss", {"value": "two"}, "is a number, not two"),
        ("hdss", {"value": "NaN"}, "is a number"),
        ("hdss", {"value": "Infinity"}, "is a number"),
        ("hdss", {"value": " "}, "has no value"),
        ("hdss", {"items": (1, 2)}, "added up from 0 answers, not from 2"),
        ("mas", {"value": "1.5"}, "one of 0, 1, 1+, 2, 3, 4, not 1.5"),
        ("hit6", {"items": (6, 6, 6, 6, 6)}, "added up from 6 answers, not from 5"),
        ("hit6", {"items": (6, 6, 6, 6, 6, 7)}, "7 is no answer"),
        ("midas", {"items": (93, 0, 0, 0, 0)}, "93 is no answer"),
        ("gravimetry", {"value": "60"}, "needs the minutes"),
        ("gravimetry", {"value": "-1", "minutes": Decimal(5)}, "from 0 to"),
        ("jrs", {"value": "6"}, "no scale jrs"),
        ("happiness", {"value": "6"}, "no scale happiness"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(scale, values, says):
    assert says in refusal(scale, **values)


def test_gravimetry_is_milligrams_in_minutes():
    assert read("gravimetry", "62.5", minutes=Decimal(5)).total == Decimal("62.5")


def test_parts_of_one_day_make_their_sum_in_any_order():
    day = date(2026, 11, 22)
    outcomes = [
        Outcome("jrs_severity", "3", date=day), Outcome("jrs_frequency", "3", date=day),
        Outcome("twstrs_severity", "20", date=day), Outcome("twstrs_disability", "10", date=day),
        Outcome("twstrs_pain", "7.25", date=day),
    ]  # fmt: skip
    answers = {
        scores(dataclasses.replace(case(), outcomes=order), catalogue())
        for order in itertools.permutations(outcomes)
    }

    (found,) = answers
    totals = {each.scale: each.total for each in found}
    assert totals["jrs"] == 6
    assert totals["twstrs"] == Decimal("37.25")


def test_parts_of_two_days_make_no_sum():
    outcomes = (
        Outcome("jrs_severity", "3", date=date(2026, 8, 1)),
        Outcome("jrs_frequency", "3", date=date(2026, 11, 22)),
    )

    found = scores(dataclasses.replace(case(), outcomes=outcomes), catalogue())

    assert [each.scale for each in found] == ["jrs_severity", "jrs_frequency"]


def test_a_score_travels_as_text():
    assert read("twstrs_pain", "7.50").as_json() == {
        "scale": "twstrs_pain", "total": "7.5", "grade": None,
    }  # fmt: skip


def test_every_indication_has_a_usual_scale_and_no_sum_is_asked_for():
    for indication in catalogue().indications:
        asked = usual_scales([indication], catalogue())
        assert asked
        assert not any(scale.sum_of for scale in asked)
