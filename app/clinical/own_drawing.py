"""What a clinic draws on a drawing of its own: read as a plan, judged, made the shapes of a map.

A plan is kept at every stage of work, so most of it may still be missing; `faults` says what. All
places are map units of the drawing, to hundredths.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.clinical.anatomy import Point, Side
from app.clinical.catalogue.entries import Catalogue
from app.clinical.errors import Refusal
from app.clinical.reading import quoted

__all__ = ["VIEWS", "Area", "Plan", "faults", "key_of", "read_plan", "scale_of", "shapes_of"]

SCHEMA = "stipple-bodymap/1"
# From where the body is seen: the patient's side on the viewer's left, and whether both are seen.
VIEWS: Mapping[str, tuple[Side, bool]] = {
    "front": (Side.RIGHT, True),
    "back": (Side.LEFT, True),
    "left": (Side.LEFT, False),
    "right": (Side.RIGHT, False),
}

# Shapes, not anatomy: what a page, a tablet and a person can work with.
MOST_SHAPES = 60
MOST_POINTS = 400
MOST_OFFERED = 12
LONGEST_NAME = 60
LONGEST_TAB = 24
# A drawing shows at least a fingertip and at most a person, in life-size mm.
LEAST_SHOWN, MOST_SHOWN = 10.0, 2500.0
AMOUNT = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,2})?")
PREFIX = "own_"
LONGEST_KEY = 40


@dataclass(frozen=True, slots=True)
class Area:
    """A region as it is drawn: its name, its side, what a tap in it may mean, likeliest first."""

    label: str
    side: str
    muscles: tuple[str, ...]
    polygon: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A drawing at work. `line` is of `line_mm` life-size millimetres; `midline` is None while none
    is drawn, and means nothing in a view that shows one side."""

    title: str = ""
    tab: str = ""
    view: str = ""
    midline: float | None = None
    line: tuple[Point, Point] | None = None
    line_mm: str = ""
    indications: tuple[str, ...] = ()
    outline: tuple[tuple[Point, ...], ...] = ()
    regions: tuple[Area, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is kept and as the page draws it."""
        return {
            "title": self.title,
            "tab": self.tab,
            "view": self.view,
            "midline": self.midline,
            "line": self.line and [list(point) for point in self.line],
            "line_mm": self.line_mm,
            "indications": list(self.indications),
            "outline": [_listed(polygon) for polygon in self.outline],
            "regions": [
                {
                    "label": area.label,
                    "side": area.side,
                    "muscles": list(area.muscles),
                    "polygon": _listed(area.polygon),
                }
                for area in self.regions
            ],
        }


def _listed(polygon: Sequence[Point]) -> list[list[float]]:
    return [list(point) for point in polygon]


# --- Reading -----------------------------------------------------------------------------------


def read_plan(data: object, known: Catalogue) -> Plan:
    """What a page sent. Raises Refusal where it is no plan at all, whatever is missing in it."""
    try:
        return _plan(data, known)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Refusal(
            "This drawing was not sent as the page sends it, so nothing was saved. Reload the page."
        ) from None


def _plan(data: Any, known: Catalogue) -> Plan:
    line = data["line"]
    return Plan(
        title=_text(data["title"], LONGEST_NAME),
        tab=_text(data["tab"], LONGEST_TAB),
        view=_one_of(data["view"], ("", *VIEWS)),
        midline=None if data["midline"] is None else _number(data["midline"]),
        line=None if line is None else _two(_points(line)),
        line_mm=_text(data["line_mm"], 12),
        indications=_ids(data["indications"], known.indications),
        outline=tuple(_points(shape) for shape in _few(data["outline"], MOST_SHAPES)),
        regions=tuple(
            Area(
                label=_text(region["label"], LONGEST_NAME),
                side=_one_of(region["side"], ("", *Side)),
                muscles=_ids(_few(region["muscles"], MOST_OFFERED), known.muscles),
                polygon=_points(region["polygon"]),
            )
            for region in _few(data["regions"], MOST_SHAPES)
        ),
    )


def _few(items: Any, most: int) -> list[Any]:
    if not isinstance(items, list) or len(items) > most:
        raise ValueError("no list, or too long a one")
    return items


def _text(value: Any, longest: int) -> str:
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if len(text) > longest or not text.isprintable():
        raise ValueError("no text of a page")
    return text


def _one_of(value: Any, known: Sequence[str]) -> str:
    if value not in known:
        raise ValueError("not among them")
    return str(value)


def _ids(values: Any, known: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_one_of(value, list(known)) for value in _few(values, len(known))))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError("no place")
    return round(float(value), 2)


def _points(value: Any) -> tuple[Point, ...]:
    return tuple((_number(x), _number(y)) for x, y in _few(value, MOST_POINTS))


def _two(points: tuple[Point, ...]) -> tuple[Point, Point]:
    start, end = points
    return start, end


# --- Judging -----------------------------------------------------------------------------------


def scale_of(plan: Plan) -> float | None:
    """Map units in one life-size millimetre, or None while nobody has said."""
    if plan.line is None or not AMOUNT.fullmatch(plan.line_mm):
        return None
    length = math.dist(*plan.line)
    mm = float(plan.line_mm.replace(",", "."))
    return length / mm if length and mm else None


def side_at(plan: Plan, x: float) -> Side | None:
    """The patient's side of the drawing at `x`, or None while it is not known."""
    if plan.view not in VIEWS:
        return None
    near, both = VIEWS[plan.view]
    if not both:
        return near
    if plan.midline is None:
        return None
    if x == plan.midline:
        return Side.MIDLINE
    far = Side.LEFT if near is Side.RIGHT else Side.RIGHT
    return near if x < plan.midline else far


def faults(plan: Plan, width: float, height: float) -> list[Refusal]:
    """What stands between the plan and its release on a drawing of this size, in map units."""
    found = [*_of_facts(plan, width, height), *_of_outline(plan, width, height)]
    if not plan.regions:
        found.append(Refusal("No region is drawn. Draw what a tap is to mean, region by region."))
    names: set[tuple[str, str]] = set()
    for number, area in enumerate(plan.regions, start=1):
        found += _of_area(plan, area, number, width, height)
        if area.label and (area.label.casefold(), area.side) in names:
            found.append(
                Refusal(
                    "Two regions of one side are called %(name)s. Give each its own name.",
                    name=quoted(area.label),
                )
            )
        names.add((area.label.casefold(), area.side))
    return found


def _of_facts(plan: Plan, width: float, height: float) -> Iterator[Refusal]:
    if not plan.title or not plan.tab:
        yield Refusal("Enter the drawing’s name, and a short one for its tab.")
    if not key_of(plan.title):
        yield Refusal("The name needs a letter or a digit.")
    if plan.view not in VIEWS:
        yield Refusal("Say from where the body is seen. Right and left depend on it.")
    elif VIEWS[plan.view][1] and (plan.midline is None or not 0 < plan.midline < width):
        yield Refusal("Set the midline. Right and left are told by it.")
    scale = scale_of(plan)
    if scale is None:
        yield Refusal("Draw a line of known length and enter its millimetres.")
    elif not LEAST_SHOWN <= max(width, height) / scale <= MOST_SHOWN:
        yield Refusal(
            "By this line the drawing shows %(mm)s mm of the body. Check the line and its length.",
            mm=f"{max(width, height) / scale:.0f}",
        )


def _of_outline(plan: Plan, width: float, height: float) -> Iterator[Refusal]:
    if not plan.outline:
        yield Refusal("Draw the outline of the body: nothing can be charted outside it.")
    for polygon in plan.outline:
        if len(polygon) < 3 or not _area(polygon):
            yield Refusal("The outline is no closed shape: give it three points or more.")
        elif _runs_off(polygon, width, height):
            yield Refusal("The outline runs off the drawing. Move its points onto it.")
        elif crosses_itself(polygon):
            yield Refusal("The outline crosses itself. Move or delete a point.")


def _of_area(plan: Plan, area: Area, number: int, width: float, height: float) -> Iterator[Refusal]:
    name = area.label or f"{number}"
    if not area.label:
        yield Refusal("Region %(number)s has no name. Enter one.", number=number)
    if not area.muscles:
        yield Refusal("%(name)s offers no muscle or area. Choose at least one.", name=quoted(name))
    if not area.side:
        yield Refusal("Say on which side %(name)s lies.", name=quoted(name))
    if len(area.polygon) < 3 or not _area(area.polygon):
        yield Refusal(
            "%(name)s is no closed shape: give it three points or more.", name=quoted(name)
        )
        return
    if _runs_off(area.polygon, width, height):
        yield Refusal("%(name)s runs off the drawing. Move its points onto it.", name=quoted(name))
    if crosses_itself(area.polygon):
        yield Refusal(
            "The line of %(name)s crosses itself. Move or delete a point.", name=quoted(name)
        )
    drawn = {side_at(plan, x) for x, _ in area.polygon} - {Side.MIDLINE, None}
    if drawn == {Side.LEFT} and area.side == Side.RIGHT:
        yield Refusal(
            "%(name)s is said to be right, but is drawn on the patient’s left.", name=quoted(name)
        )
    if drawn == {Side.RIGHT} and area.side == Side.LEFT:
        yield Refusal(
            "%(name)s is said to be left, but is drawn on the patient’s right.", name=quoted(name)
        )


def _runs_off(polygon: Sequence[Point], width: float, height: float) -> bool:
    return any(not (0 <= x <= width and 0 <= y <= height) for x, y in polygon)


def _area(polygon: Sequence[Point]) -> float:
    pairs = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2


def crosses_itself(polygon: Sequence[Point]) -> bool:
    """Whether two edges that do not follow one another meet."""
    edges = list(zip(polygon, (*polygon[1:], polygon[0]), strict=True))
    last = len(edges) - 1
    return any(
        _meet(*edges[i], *edges[j])
        for i in range(len(edges))
        for j in range(i + 2, len(edges))
        if (i, j) != (0, last)
    )


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    def turn(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0


# --- Releasing ---------------------------------------------------------------------------------


def key_of(title: str) -> str:
    """The id of a drawing of this name: own_hand_close_up; empty for a name without letters."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    return f"{PREFIX}{slug[:LONGEST_KEY].strip('_')}" if slug else ""


def shapes_of(plan: Plan, key: str, version: int, width: float, height: float) -> str:
    """The shapes of a plan without faults, as JSON, like those of a published drawing."""
    near, both = VIEWS[plan.view]
    scale = scale_of(plan)
    assert scale is not None
    shapes = {
        "schema": SCHEMA,
        "id": key,
        "version": version,
        "ref": f"{key}@{version}",
        "title": plan.title,
        "view": plan.view,
        "view_box": [0, 0, width, height],
        "life_size_scale": round(scale, 6),
        "midline_x": plan.midline if both else None,
        "viewer_left": near,
        "zoom_views": {},
        "anchors": {},
        "outline": [_listed(polygon) for polygon in plan.outline],
        "regions": [
            {
                "id": f"r{number}_{area.side}",
                "label": area.label,
                "side": area.side,
                "warn": None,
                "muscles": list(area.muscles),
                "polygon": _listed(area.polygon),
            }
            for number, area in enumerate(plan.regions, start=1)
        ],
    }
    return json.dumps(shapes, ensure_ascii=False, separators=(",", ":"))
