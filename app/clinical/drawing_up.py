"""What is to be drawn up for a plan: from which vials, how much for each muscle and side.

Only planned sites are looked at, and nothing here enters a total: a plan is no record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from app.clinical import dosing
from app.clinical.anatomy import Side
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import Chart, Preparation, Site, Vial

__all__ = ["Draught", "DrawnVial", "MuscleLine", "drawing_up"]


@dataclass(frozen=True, slots=True)
class MuscleLine:
    """The planned sites of one muscle or place on one side. `each_ml` are the volumes of its sites
    as they differ; it is empty, and `ml` None, while the strength is not known."""

    name: str
    side: Side | None
    sites: int
    units: Decimal
    each_ml: tuple[Decimal, ...]
    ml: Decimal | None
    guidance: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrawnVial:
    """One vial and what the plan takes of it; `held_ml` and `ml` are None while not known."""

    vial: Vial
    diluent_ml: Decimal | None
    held_ml: Decimal | None
    units: Decimal
    ml: Decimal | None


@dataclass(frozen=True, slots=True)
class Draught:
    """What one preparation gives for the plan: vials in the order in which they are emptied, then
    muscle by muscle in injection order.

    `held` = `given` before this sheet + `units` planned + `left` over − `short`; all in units of
    `product`, which is empty where no vial is chosen yet.
    """

    product: str
    preparation: Preparation | None
    vials: tuple[DrawnVial, ...]
    muscles: tuple[MuscleLine, ...]
    sites: int
    units: Decimal
    ml: Decimal | None
    units_per_ml: Decimal | None
    held: Decimal
    given: Decimal
    left: Decimal
    left_ml: Decimal | None
    short: Decimal


def drawing_up(chart: Chart, catalogue: Catalogue) -> tuple[Draught, ...]:
    """One for each preparation that planned sites draw on, and one for sites without any."""
    keys: list[UUID | None] = [entry.key for entry in chart.preparations]
    draughts = []
    for key in [*keys, None]:
        planned = [site for site in chart.planned if site.preparation == key]
        if planned:
            draughts.append(_draught(chart, chart.preparation(key), planned, catalogue))
    return tuple(draughts)


def _draught(
    chart: Chart, preparation: Preparation | None, planned: Sequence[Site], catalogue: Catalogue
) -> Draught:
    strength = None if preparation is None else _strength(preparation, catalogue)
    given = _units(
        site for site in chart.given if preparation and site.preparation == preparation.key
    )
    units = _units(planned)
    vials = () if preparation is None else _drawn(preparation, given, units, strength)
    held = sum((each.vial.units for each in vials), Decimal(0))
    left = max(held - given - units, Decimal(0)) if vials else Decimal(0)
    return Draught(
        product=preparation.product if preparation else dosing.NO_PRODUCT,
        preparation=preparation,
        vials=vials,
        muscles=_muscles(planned, strength, catalogue),
        sites=len(planned),
        units=units,
        ml=_ml(units, strength),
        units_per_ml=dosing.strength(preparation) if preparation else None,
        held=held,
        given=given,
        left=left,
        left_ml=_ml(left, strength),
        short=max(given + units - held, Decimal(0)) if vials else Decimal(0),
    )


def _strength(preparation: Preparation, catalogue: Catalogue) -> Fraction | None:
    """Units per mL, exact; the chart refuses vials of one preparation that differ in it."""
    product = catalogue.products[preparation.product]
    made = (
        dosing.strength_of(product, vial.units, preparation.ml_in(vial))
        for vial in preparation.vials
    )
    return next((each for each in made if each is not None), None)


def _drawn(
    preparation: Preparation, given: Decimal, units: Decimal, strength: Fraction | None
) -> tuple[DrawnVial, ...]:
    """The vials, each emptied before the next: first by what was given, then by the plan."""
    found = []
    for vial in preparation.vials:
        gone = min(given, vial.units)
        taken = min(units, vial.units - gone)
        given, units = given - gone, units - taken
        found.append(
            DrawnVial(
                vial=vial,
                diluent_ml=preparation.ml_in(vial),
                held_ml=_ml(vial.units, strength),
                units=taken,
                ml=_ml(taken, strength),
            )
        )
    return tuple(found)


def _muscles(
    planned: Sequence[Site], strength: Fraction | None, catalogue: Catalogue
) -> tuple[MuscleLine, ...]:
    groups: dict[tuple[str, Side | None], list[Site]] = {}
    for site in planned:
        muscle = catalogue.muscles.get(site.muscle or "")
        name = muscle.label if muscle else site.other or ""
        groups.setdefault((name, site.side), []).append(site)
    return tuple(
        MuscleLine(
            name=name,
            side=side,
            sites=len(sites),
            units=_units(sites),
            each_ml=tuple(
                sorted({ml for site in sites if (ml := _ml(site.units, strength)) is not None})
            ),
            ml=_ml(_units(sites), strength),
            guidance=tuple(
                dict.fromkeys(
                    catalogue.guidances[site.guidance].label for site in sites if site.guidance
                )
            ),
        )
        for (name, side), sites in groups.items()
    )


def _ml(units: Decimal, strength: Fraction | None) -> Decimal | None:
    return None if strength is None else dosing.volume_ml(units, strength)


def _units(sites: Iterable[Site]) -> Decimal:
    return sum((site.units for site in sites), Decimal(0))
