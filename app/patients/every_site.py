"""Every site that was given and signed: where, into which muscle, when. Units of one product alone.

What is planned is nowhere here, nor what lies in a draft or a void note; a corrected site is where
its addendum puts it. A place wears a ring where an adverse event was linked to a site of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from math import ceil, cos, radians, sin, sqrt
from typing import NamedTuple

from flask_babel import ngettext

from app.clinical.anatomy import BodyMap, Side, body_map
from app.clinical.catalogue import Catalogue
from app.clinical.chart import Site
from app.models import AdverseEvent, Treatment
from app.pictures import art_of
from app.web import plain

# The cells of a plot: so many across the shorter edge of its drawing, in so many steps of ink.
CELLS_ACROSS = 13
STEPS = 5
CORNERS = range(30, 390, 60)


class Amount(NamedTuple):
    """Units, and in how many sites."""

    units: Decimal
    sites: int

    @property
    def said(self) -> str:
        """155 U, 31 sites."""
        sites = ngettext("%(num)d site", "%(num)d sites", self.sites)
        return f"{plain(self.units)} U, {sites}"


class Cell(NamedTuple):
    """What was given at one place: a hexagon in map units, its step of ink from 1 to STEPS."""

    x: float
    y: float
    points: str
    amount: Amount
    ringed: bool
    step: int = 1


class Plot(NamedTuple):
    """One version of a drawing with its cells: a site stays on the version it was put on."""

    drawing: BodyMap
    art: str
    amount: Amount
    days: int
    radius: float
    cells: list[Cell]


class Muscle(NamedTuple):
    """What one muscle or described place was given, by side; None where it never was."""

    name: str
    right: Amount | None
    midline: Amount | None
    left: Amount | None
    all: Amount
    days: int
    last: date


class Session(NamedTuple):
    """What of it one session gave."""

    treatment: Treatment
    amount: Amount


class Reaction(NamedTuple):
    """An adverse event after one of these sessions, and the muscles and sides it is linked to."""

    event: AdverseEvent
    kind: str
    linked: list[tuple[str, Side | None]]


class EverySite(NamedTuple):
    """The page: what can be asked for, what was, and what was found."""

    products: list[str]
    indications: list[tuple[str, str]]
    product: str
    indication: str
    amount: Amount
    plots: list[Plot]
    muscles: list[Muscle]
    sessions: list[Session]
    reactions: list[Reaction]


class _Given(NamedTuple):
    site: Site
    product: str
    treatment: Treatment
    reacted: bool


def every_site(
    treatments: Iterable[Treatment],
    events: Sequence[AdverseEvent],
    known: Catalogue,
    language: str,
    *,
    product: str | None,
    indication: str,
) -> EverySite:
    """What these sessions gave, as far as they are signed; they come latest first.

    `events` came after them. Without a `product` the one given last is meant; without an
    `indication`, all of them.
    """
    signed = [each for each in treatments if each.is_signed]
    linked = {(event.treatment_id, key) for event in events for key in event.sites}
    given = [
        _Given(
            site, chart.product_of(site) or "", treatment, (treatment.id, str(site.key)) in linked
        )
        for treatment in signed
        for chart in [treatment.chart_as_amended()]
        for site in chart.given
    ]
    offered = list(dict.fromkeys(each.product for each in given))
    wanted = product if product is not None else next(iter(offered), "")
    found = [
        each
        for each in given
        if each.product == wanted and indication in ("", each.site.indication)
    ]
    return EverySite(
        products=offered,
        indications=[
            (key, known.indications[key].label_in(language) if key in known.indications else key)
            for key in dict.fromkeys(each.site.indication for each in given)
        ],
        product=wanted,
        indication=indication,
        amount=_sum(found),
        plots=_plots(found, known),
        muscles=_muscles(found, known, language),
        sessions=[
            Session(treatment, _sum(of_it))
            for treatment in signed
            if (of_it := [each for each in found if each.treatment is treatment])
        ],
        reactions=[
            Reaction(event, _kind(event, known, language), _linked(of_it, event, known, language))
            for event in events
            if (of_it := [each for each in found if each.treatment.id == event.treatment_id])
        ],
    )


def _kind(event: AdverseEvent, known: Catalogue, language: str) -> str:
    kind = known.adverse_events.get(event.kind)
    return kind.label_in(language) if kind else event.kind


def _linked(
    given: Sequence[_Given], event: AdverseEvent, known: Catalogue, language: str
) -> list[tuple[str, Side | None]]:
    sites = [each.site for each in given if str(each.site.key) in event.sites]
    return list(dict.fromkeys((_name(site, known, language), site.side) for site in sites))


def _name(site: Site, known: Catalogue, language: str) -> str:
    muscle = known.muscles.get(site.muscle or "")
    return muscle.label_in(language) if muscle else site.other or ""


def _sum(given: Sequence[_Given]) -> Amount:
    return Amount(sum((each.site.units for each in given), Decimal(0)), len(given))


def _sessions_in(given: Sequence[_Given]) -> int:
    return len({each.treatment.id for each in given})


def _plots(found: Sequence[_Given], known: Catalogue) -> list[Plot]:
    by_map: dict[str, list[_Given]] = {}
    for each in found:
        by_map.setdefault(each.site.map, []).append(each)
    plots = [_plot(body_map(ref, known), given) for ref, given in by_map.items()]
    # The same ink is as many units on every drawing.
    most = max((cell.amount.units for plot in plots for cell in plot.cells), default=Decimal(0))
    return [
        plot._replace(cells=[cell._replace(step=_step(cell, most)) for cell in plot.cells])
        for plot in sorted(plots, key=lambda plot: -plot.amount.sites)
    ]


def _step(cell: Cell, most: Decimal) -> int:
    return max(1, ceil(STEPS * cell.amount.units / most)) if most else 1


def _plot(drawing: BodyMap, given: Sequence[_Given]) -> Plot:
    radius = min(drawing.view_box[2:]) / CELLS_ACROSS / sqrt(3)
    # A cell stands on the midline, so that the same on both sides looks the same.
    middle = drawing.midline_x or 0
    by_cell: dict[tuple[int, int], list[_Given]] = {}
    for each in given:
        place = _cell_at(float(each.site.x) - middle, float(each.site.y), radius)
        by_cell.setdefault(place, []).append(each)
    cells = []
    for (column, row), here in sorted(by_cell.items()):
        x, y = middle + radius * sqrt(3) * (column + row / 2), radius * 3 / 2 * row
        corners = (
            f"{x + radius * cos(radians(at)):.1f},{y + radius * sin(radians(at)):.1f}"
            for at in CORNERS
        )
        ringed = any(each.reacted for each in here)
        cells.append(Cell(round(x, 1), round(y, 1), " ".join(corners), _sum(here), ringed))
    return Plot(drawing, art_of(drawing), _sum(given), _sessions_in(given), round(radius, 1), cells)


def _cell_at(x: float, y: float, radius: float) -> tuple[int, int]:
    """The hexagon that holds a point, as column and row of a slanted grid."""
    column, row = (x / sqrt(3) - y / 3) / radius, y * 2 / 3 / radius
    third = -column - row
    near = [round(column), round(row), round(third)]
    off = [abs(near[0] - column), abs(near[1] - row), abs(near[2] - third)]
    # The three add up to nought; the one that was rounded furthest follows from the others.
    if off[0] == max(off):
        return -near[1] - near[2], near[1]
    if off[1] == max(off):
        return near[0], -near[0] - near[2]
    return near[0], near[1]


def _muscles(found: Sequence[_Given], known: Catalogue, language: str) -> list[Muscle]:
    by_name: dict[tuple[str | None, str], list[_Given]] = {}
    for each in found:
        name = _name(each.site, known, language)
        by_name.setdefault((each.site.muscle, name), []).append(each)
    return [
        Muscle(
            name,
            _on(Side.RIGHT, given),
            _on(Side.MIDLINE, given),
            _on(Side.LEFT, given),
            _sum(given),
            _sessions_in(given),
            max(each.treatment.date for each in given),
        )
        for (_, name), given in by_name.items()
    ]


def _on(side: Side, given: Sequence[_Given]) -> Amount | None:
    here = [each for each in given if each.site.side is side]
    return _sum(here) if here else None
