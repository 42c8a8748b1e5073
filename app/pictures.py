"""The small pictures of a session: which map, which part of it, and a dot for each site."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, Protocol

from flask import url_for
from flask_babel import ngettext

from app import assets, own_catalogue
from app.clinical.anatomy import BodyMap, body_map

# How a picture is cut and drawn, in shares of the map's shorter edge and of the cut's edge.
LEAST_CUT = 0.78
MARGIN = 0.14
DOT = 0.034


class Placed(Protocol):
    """A site, as a record or as a value."""

    @property
    def map(self) -> str: ...
    @property
    def x(self) -> Decimal: ...
    @property
    def y(self) -> Decimal: ...
    @property
    def state(self) -> str: ...


class Dot(NamedTuple):
    """One site on a picture, in map units."""

    x: Decimal
    y: Decimal
    state: str


class Picture(NamedTuple):
    """One map's picture. `view_box` is the square that is shown, in map units."""

    art_url: str
    label: str
    view_box: str
    width: float
    height: float
    radius: float
    dots: list[Dot]


def mini_map_pictures(sites: Iterable[Placed]) -> list[Picture]:
    """A picture for every map with a site, in the order in which the maps were first used."""
    by_map: dict[str, list[Dot]] = {}
    for site in sites:
        by_map.setdefault(site.map, []).append(Dot(site.x, site.y, site.state))
    return [_picture(ref, dots) for ref, dots in by_map.items()]


def art_of(drawing: BodyMap) -> str:
    """The address of a drawing as a picture."""
    if drawing.art:
        return url_for("treatments.own_drawing", ref=drawing.ref, kind="svg")
    return assets.asset(f"bodymaps/{drawing.ref}.svg")


def _picture(ref: str, dots: list[Dot]) -> Picture:
    drawing = body_map(ref, own_catalogue.known())
    _, _, width, height = (float(part) for part in drawing.view_box)
    left, right = float(min(dot.x for dot in dots)), float(max(dot.x for dot in dots))
    top, bottom = float(min(dot.y for dot in dots)), float(max(dot.y for dot in dots))
    short = min(width, height)
    edge = max(LEAST_CUT * short, max(right - left, bottom - top) + 2 * MARGIN * short)
    x = _start((left + right) / 2, edge, width)
    y = _start((top + bottom) / 2, edge, height)
    count = ngettext("%(num)d site", "%(num)d sites", len(dots))
    return Picture(
        art_url=art_of(drawing),
        label=f"{drawing.title}, {count}",
        view_box=f"{x:g} {y:g} {edge:g} {edge:g}",
        width=width,
        height=height,
        radius=round(edge * DOT, 1),
        dots=dots,
    )


def _start(middle: float, edge: float, whole: float) -> float:
    """Where the cut begins: around the middle, inside the map, or centred on a narrower one."""
    if edge >= whole:
        return round((whole - edge) / 2, 1)
    return round(min(max(middle - edge / 2, 0), whole - edge), 1)
