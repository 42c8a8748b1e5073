"""Where on the body: the released drawings, what lies under a point, and which side it is.

Map units are life-size millimetres times `life_size_scale`. Sides are the patient's own.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.clinical.catalogue import catalogue
from app.clinical.catalogue.entries import Catalogue, Muscle, Side
from app.clinical.errors import Refusal

__all__ = [
    "DRAWINGS",
    "MAPS",
    "BodyMap",
    "Muscle",
    "Placement",
    "Polygon",
    "Region",
    "Side",
    "Spot",
    "UnknownMap",
    "body_map",
    "locate",
    "settle",
]

DRAWINGS = Path(__file__).resolve().parents[2] / "static" / "bodymaps"

# The current drawings in the order in which they are shown; catalogue/maps.csv holds their words.
MAPS = (
    "head_anterior@1",
    "head_right_lateral@1",
    "head_left_lateral@1",
    "head_posterior@1",
    "axillae@1",
    "hands_palmar@1",
    "hands_dorsal@1",
    "feet_plantar@1",
    "feet_dorsal@1",
    "upper_limb_anterior@1",
    "upper_limb_posterior@1",
    "lower_limb_anterior@1",
    "lower_limb_posterior@1",
    "body_anterior@1",
    "body_posterior@1",
)

# Edges are sorted into this many bands by height, so that a point meets only the edges beside it.
BANDS = 64

Point = tuple[float, float]
Coordinate = Decimal | float


class UnknownMap(Refusal):
    """There is no released drawing of this name."""


class Polygon:
    """A closed shape in map units, asked many times whether it contains a point."""

    __slots__ = ("_bands", "_height", "bottom", "left", "points", "right", "top")

    def __init__(self, points: Sequence[Sequence[float]]) -> None:
        self.points: tuple[Point, ...] = tuple((float(x), float(y)) for x, y in points)
        self.left = min(x for x, _ in self.points)
        self.right = max(x for x, _ in self.points)
        self.top = min(y for _, y in self.points)
        self.bottom = max(y for _, y in self.points)
        self._height = (self.bottom - self.top) / BANDS or 1.0
        self._bands: list[list[tuple[float, float, float, float]]] | None = None

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies inside, by the even-odd rule; the tablet computes the same."""
        if not (self.left <= x <= self.right and self.top <= y <= self.bottom):
            return False
        inside = False
        for x1, y1, x2, y2 in self._beside(y):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside

    def distance(self, x: float, y: float) -> float:
        """Map units from the point to the nearest edge."""
        return min(_to_edge(x, y, a, b) for a, b in self._edges())

    def is_within(self, reach: float, x: float, y: float) -> bool:
        """Whether the box around the shape, widened by `reach`, holds the point."""
        return (
            self.left - reach <= x <= self.right + reach
            and self.top - reach <= y <= self.bottom + reach
        )

    def _edges(self) -> list[tuple[Point, Point]]:
        return list(zip(self.points, (*self.points[1:], self.points[0]), strict=True))

    def _beside(self, y: float) -> list[tuple[float, float, float, float]]:
        if self._bands is None:
            bands: list[list[tuple[float, float, float, float]]] = [[] for _ in range(BANDS)]
            for (x1, y1), (x2, y2) in self._edges():
                for band in range(self._band(min(y1, y2)), self._band(max(y1, y2)) + 1):
                    bands[band].append((x1, y1, x2, y2))
            self._bands = bands
        return self._bands[self._band(y)]

    def _band(self, y: float) -> int:
        return min(BANDS - 1, int((y - self.top) / self._height))


def _to_edge(x: float, y: float, start: Point, end: Point) -> float:
    (ax, ay), (bx, by) = start, end
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / length))
    return math.hypot(x - (ax + along * dx), y - (ay + along * dy))


@dataclass(frozen=True, slots=True)
class Region:
    """A closed shape of a drawing with the muscles a tap in it may mean, likeliest first."""

    id: str
    label: str
    side: Side
    muscles: tuple[str, ...]
    warn: str | None
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class BodyMap:
    """One released drawing. `viewer_left` is the patient's side on the viewer's left, or the one
    side that a lateral view shows; a lateral view has no `midline_x`. `art` is the SVG of a drawing
    of the clinic's own; that of a published one lies in DRAWINGS."""

    id: str
    version: int
    ref: str
    title: str
    view_box: tuple[float, float, float, float]
    life_size_scale: float
    outline: tuple[Polygon, ...]
    regions: tuple[Region, ...]
    anchors: Mapping[str, Point]
    zoom_views: Mapping[str, tuple[float, float, float, float]]
    midline_x: float | None
    viewer_left: Side
    by_id: Mapping[str, Region] = field(repr=False)
    art: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Spot:
    """What lies under a point: `distance_mm`, in life size, is 0 inside the region and infinite
    where none is near enough."""

    region: Region | None
    distance_mm: float
    inside: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """What a point means: its region, its side, the muscles offered; outside: not on the body."""

    region_id: str | None
    side: Side
    offered: tuple[str, ...]
    outside: bool


def body_map(ref: str, known: Catalogue | None = None) -> BodyMap:
    """The released drawing `head_anterior@1`, or the current one for `head_anterior`.

    The clinic's own drawings are those of the catalogue it is `known` by; without one there are
    only the published. Raises UnknownMap for anything else.
    """
    known = known or catalogue()
    id, _, version = ref.partition("@")
    text = known.maps.get(id)
    if text is None:
        raise UnknownMap("There is no body map called %(map)s. Choose one of the views.", map=ref)
    own = known.drawings.get(ref if "@" in ref else text.ref)
    if own is not None:
        return _own_drawing(own.shapes, own.art)
    if "@" not in ref:
        return _drawing(text.ref)
    # Only the canonical spelling names a file: "@01" or "@1/../x" must not reach the disk.
    if not version.isascii() or not version.isdigit() or version.startswith("0"):
        raise UnknownMap("There is no body map called %(map)s. Choose one of the views.", map=ref)
    if not (DRAWINGS / f"{id}@{version}.json").is_file():
        raise UnknownMap(
            "The body map %(map)s was never released. Reload the page to get the current views.",
            map=ref,
        )
    return _drawing(ref)


@lru_cache(maxsize=64)
def released_sha256(ref: str) -> str:
    """The SHA-256 of a published drawing's two files, art then shapes, a line break between."""
    art, shapes = ((DRAWINGS / f"{ref}.{kind}").read_bytes() for kind in ("svg", "json"))
    return hashlib.sha256(art + b"\n" + shapes).hexdigest()


def locate(map: BodyMap, x: Coordinate, y: Coordinate) -> Spot:
    """The first region in the drawing's order that holds the point, else the nearest in reach.

    Where two are equally near the earlier one counts. A place in a region is on the body even
    where the flattened outline runs a hair inside it; a place off the body has no region.
    """
    x, y = float(x), float(y)
    for region in map.regions:
        if region.polygon.contains(x, y):
            return Spot(region, 0.0, True)
    if not any(shape.contains(x, y) for shape in map.outline):
        return Spot(None, math.inf, False)
    reach = float(catalogue().limit("region_reach")) * map.life_size_scale
    nearest: Region | None = None
    best = math.inf
    for region in map.regions:
        if region.polygon.is_within(reach, x, y):
            distance = region.polygon.distance(x, y)
            if distance <= reach and distance < best:
                nearest, best = region, distance
    return Spot(nearest, best / map.life_size_scale, True)


def settle(map: BodyMap, x: Coordinate, y: Coordinate, muscle_id: str | None) -> Placement:
    """Region, side and offered muscles of a point, for the muscle that it is said to be.

    The muscle's own side rule wins over the region's. A muscle that follows the region but lies
    in a midline region, and a place in no region, take their side from the midline of the map.
    """
    spot = locate(map, x, y)
    if not spot.inside:
        return Placement(None, _side_of(map, float(x)), (), True)
    region = spot.region
    muscle = catalogue().muscles.get(muscle_id) if muscle_id else None
    if muscle is not None and muscle.side_rule == "midline":
        side = Side.MIDLINE
    elif region is not None and (region.side is not Side.MIDLINE or muscle is None):
        side = region.side
    else:
        side = _side_of(map, float(x))
    return Placement(
        region.id if region else None, side, region.muscles if region else (), outside=False
    )


def _side_of(map: BodyMap, x: float) -> Side:
    if map.midline_x is None:
        return map.viewer_left
    if x == map.midline_x:
        return Side.MIDLINE
    if x < map.midline_x:
        return map.viewer_left
    return Side.LEFT if map.viewer_left is Side.RIGHT else Side.RIGHT


@lru_cache(maxsize=64)
def _drawing(ref: str) -> BodyMap:
    data = json.loads((DRAWINGS / f"{ref}.json").read_text(encoding="utf-8"))
    offered = catalogue().region_muscles
    return _built(data, lambda region: offered[data["id"], region["id"]].muscles)


@lru_cache(maxsize=64)
def _own_drawing(shapes: str, art: str) -> BodyMap:
    return replace(_built(json.loads(shapes), lambda region: tuple(region["muscles"])), art=art)


def _built(data: Mapping[str, Any], muscles_of: Callable[[Any], tuple[str, ...]]) -> BodyMap:
    regions = tuple(
        Region(
            id=region["id"],
            label=region["label"],
            side=Side(region["side"]),
            muscles=muscles_of(region),
            warn=region["warn"],
            polygon=Polygon(region["polygon"]),
        )
        for region in data["regions"]
    )
    left, top, width, height = data["view_box"]
    return BodyMap(
        id=data["id"],
        version=data["version"],
        ref=data["ref"],
        title=data["title"],
        view_box=(left, top, width, height),
        life_size_scale=data["life_size_scale"],
        outline=tuple(Polygon(points) for points in data["outline"]),
        regions=regions,
        anchors=MappingProxyType({name: (x, y) for name, (x, y) in data["anchors"].items()}),
        zoom_views=MappingProxyType(
            {name: (x, y, w, h) for name, (x, y, w, h) in data["zoom_views"].items()}
        ),
        midline_x=data["midline_x"],
        viewer_left=Side(data["viewer_left"]),
        by_id=MappingProxyType({region.id: region for region in regions}),
    )
