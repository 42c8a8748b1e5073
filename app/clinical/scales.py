"""Outcome scales: what a reading is worth, and which readings there cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.clinical.anatomy import Side
from app.clinical.case import Case, Outcome
from app.clinical.catalogue.entries import Catalogue, Level, Scale
from app.clinical.dosing import plain
from app.clinical.errors import Refusal

__all__ = ["NotAReading", "Score", "latest", "score", "scores", "usual_scales"]

# Weight of a secretion says nothing without the time it was collected in.
TIMED = "gravimetry"


class NotAReading(Refusal):
    """A value this scale does not have."""


@dataclass(frozen=True, slots=True)
class Score:
    """A reading with its total, its grade where the scale has one, and what that means.

    For a scale of named levels the total is the level's place, for statistics only.
    """

    scale: str
    total: Decimal
    grade: str | None
    level: Level | None = None
    date: date | None = None
    muscle: str | None = None
    side: Side | None = None

    def as_json(self) -> dict[str, Any]:
        """The score as it travels."""
        return {"scale": self.scale, "total": plain(self.total), "grade": self.grade}


def score(outcome: Outcome, catalogue: Catalogue) -> Score:
    """One reading, read by its scale. Raises NotAReading for what the scale does not have."""
    scale = catalogue.scales.get(outcome.scale)
    if scale is None or scale.sum_of:
        raise NotAReading("There is no scale %(scale)s to enter.", scale=outcome.scale)
    if scale.id == TIMED and not outcome.minutes:
        raise NotAReading("%(scale)s needs the minutes it was collected in.", scale=scale.label)
    if outcome.items:
        return _score(outcome, scale, _total(scale, outcome.items))
    if outcome.value is None or not outcome.value.strip():
        raise NotAReading("%(scale)s has no value. Enter one.", scale=scale.label)
    value = outcome.value.strip()
    if scale.least is None:
        return _named(outcome, scale, value)
    return _score(outcome, scale, _number(scale, value))


def scores(case: Case, catalogue: Catalogue) -> tuple[Score, ...]:
    """All readings of a session and the sums they make, in the order of the catalogue."""
    read = [score(outcome, catalogue) for outcome in case.outcomes]
    order = {id: at for at, id in enumerate(catalogue.scales)}
    summed = [
        Score(scale.id, sum((part.total for part in parts), Decimal(0)), None, date=parts[0].date)
        for scale in catalogue.scales.values()
        if scale.sum_of and (parts := _parts(scale, read))
    ]
    return tuple(
        sorted(
            (*read, *summed),
            key=lambda each: (
                order[each.scale],
                str(each.date or ""),
                each.muscle or "",
                str(each.side or ""),
                each.total,
            ),
        )
    )


def latest(read: Iterable[Score], scale: str) -> Score | None:
    """The newest reading of a scale; of two on one day the higher, whichever came first."""
    own = [each for each in read if each.scale == scale]
    return max(own, key=lambda each: (str(each.date or ""), each.total), default=None)


def usual_scales(indications: Iterable[str], catalogue: Catalogue) -> tuple[Scale, ...]:
    """The scales one asks for in these indications, in the order of the catalogue."""
    chosen = set(indications)
    return tuple(
        scale
        for scale in catalogue.scales.values()
        if not scale.sum_of and chosen & set(scale.indications)
    )


def _parts(scale: Scale, read: list[Score]) -> list[Score]:
    """What makes one sum: a reading of each part, all of one day; otherwise nothing."""
    found = [each for part in scale.sum_of if (each := latest(read, part)) is not None]
    one_day = len({each.date for each in found}) == 1
    return found if one_day and len(found) == len(scale.sum_of) else []


def _score(outcome: Outcome, scale: Scale, total: Decimal) -> Score:
    level = next(
        (each for each in scale.levels if Decimal(each.low) <= total <= Decimal(each.high)), None
    )
    return _of(outcome, total, level)


def _named(outcome: Outcome, scale: Scale, value: str) -> Score:
    for place, level in enumerate(scale.levels):
        if level.low == value:
            return _of(outcome, Decimal(place), level)
    raise NotAReading(
        "%(scale)s is one of %(values)s, not %(value)s.",
        scale=scale.label,
        values=", ".join(level.low for level in scale.levels),
        value=value[:40],
    )


def _of(outcome: Outcome, total: Decimal, level: Level | None) -> Score:
    return Score(
        scale=outcome.scale,
        total=total,
        grade=level.grade if level else None,
        level=level,
        date=outcome.date,
        muscle=outcome.muscle,
        side=outcome.side,
    )


def _total(scale: Scale, items: tuple[int, ...]) -> Decimal:
    if len(items) != scale.items:
        raise NotAReading(
            "%(scale)s is added up from %(items)d answers, not from %(given)d.",
            scale=scale.label,
            items=scale.items,
            given=len(items),
        )
    values = scale.item_values
    for item in items:
        between = len(values) == 2 and values[0] <= item <= values[1]
        if item not in values and not between:
            raise NotAReading("%(item)d is no answer of %(scale)s.", item=item, scale=scale.label)
    return Decimal(sum(items))


def _number(scale: Scale, value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise NotAReading(
            "%(scale)s is a number, not %(value)s.", scale=scale.label, value=value[:40]
        )
    assert scale.least is not None
    assert scale.most is not None
    assert scale.step is not None
    if not scale.least <= number <= scale.most:
        raise NotAReading(
            "%(scale)s is from %(least)s to %(most)s, not %(value)s.",
            scale=scale.label,
            least=plain(scale.least),
            most=plain(scale.most),
            value=value[:40],
        )
    if number % scale.step:
        raise NotAReading(
            "%(scale)s goes in steps of %(step)s, so %(value)s is none of its values.",
            scale=scale.label,
            step=plain(scale.step),
            value=value[:40],
        )
    return number
