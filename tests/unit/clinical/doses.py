"""Sessions told by product, patient and doses, for the rules that weigh doses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from app.clinical.anatomy import Side
from app.clinical.case import Case, CasePatient, EarlierTreatment
from app.clinical.catalogue import catalogue
from app.clinical.chart import Site
from tests.unit.clinical.sessions import DAY, case, chart, preparation, site, vial

SIDES = {"R": Side.RIGHT, "L": Side.LEFT, "M": Side.MIDLINE}


def born(age: int, day: date = DAY) -> date:
    """A birthday of somebody who is that old on a day."""
    return day.replace(year=day.year - age)


def dose(
    muscle: str | None, side: str, units: str, indication: str, **values: Any
) -> dict[str, Any]:
    """One site as its differences from another."""
    return {
        "muscle": muscle,
        "side": SIDES[side],
        "units": Decimal(units),
        "indication": indication,
        **values,
    }


def treated(
    doses: Iterable[dict[str, Any]],
    product: str = "BOTOX",
    age: int = 42,
    kg: Any = None,
    weighed_on: date | None = DAY,
    history: Iterable[EarlierTreatment] = (),
    **values: Any,
) -> Case:
    """A session of these doses, all drawn from one preparation. Nothing of it is unsaid."""
    sites: list[Site] = []
    for number, each in enumerate(doses, start=100):
        sites.append(site(number, **each))
    size = catalogue().products[product].sizes[0].units
    mixed = preparation(product=product, vials=(vial(units=size),))
    weight = Decimal(kg) if isinstance(kg, str) else kg
    return case(
        **{
            "chart": chart(preparations=(mixed,), sites=tuple(sites), codes=()),
            "patient": CasePatient("Maren Oduya", born(age), None, weight, weighed_on),
            "history": tuple(history),
            "unsaid": frozenset({"answers", "outcomes", "payer"}),
            **values,
        }
    )


def once(units: str, muscle: str | None, indication: str, **values: Any) -> Case:
    """A session of one dose on the right."""
    return treated([dose(muscle, "R", units, indication)], **values)


def before(
    day: date | str, units: str, indication: str = "chronic_migraine", product: str = "BOTOX"
) -> EarlierTreatment:
    """What was given on an earlier day."""
    when = date.fromisoformat(day) if isinstance(day, str) else day
    return EarlierTreatment(when, product, indication, Decimal(units))


def preempt(*extras: dict[str, Any]) -> list[dict[str, Any]]:
    """The 31 fixed sites of PREEMPT, and these."""
    sites = [
        {
            "muscle": each.muscle,
            "side": each.side,
            "units": each.units,
            "indication": "chronic_migraine",
            "protocol": "PREEMPT-155",
        }
        for each in catalogue().protocols["PREEMPT-155"].sites
    ]
    return [*sites, *extras]


def follow_the_pain() -> list[dict[str, Any]]:
    """All eight sites that follow-the-pain adds, 5 U each."""
    where = ["temporalis", "occipitalis", "trapezius", "trapezius"]
    return [dose(muscle, side, "5", "chronic_migraine") for muscle in where for side in "RL"]


def underarms(sites: int, units: str, sides: str = "RL") -> list[dict[str, Any]]:
    """Both underarms with this many sites of these units each."""
    return [
        dose("axilla", side, units, "axillary_hyperhidrosis", depth="ID")
        for side in sides
        for _ in range(sites)
    ]
