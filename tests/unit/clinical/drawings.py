"""Reads a released SVG by itself, so that tests do not ask the program what the drawing shows."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "static" / "bodymaps"
SVG = "{http://www.w3.org/2000/svg}"
SKIN = "#f5f5f4"
SIDES = {"L": "left", "R": "right", "M": "midline"}

Point = tuple[float, float]


class Shape(NamedTuple):
    """A region as the SVG draws it."""

    id: str
    side: str
    warn: str | None
    label: str
    points: list[Point]


class Drawing(NamedTuple):
    """What the SVG shows: regions in the order of a tap, skin outlines, and its letters."""

    view_box: list[float]
    regions: list[Shape]
    skin: list[list[Point]]
    letters: dict[str, float]
    commands: set[str]


def refs() -> list[str]:
    """Every released drawing."""
    return sorted(path.stem for path in FOLDER.glob("*.svg"))


def drawing(ref: str) -> Drawing:
    """The drawing as its SVG holds it."""
    root = ElementTree.parse(FOLDER / f"{ref}.svg").getroot()
    groups = {group.get("class"): group for group in root.iter(f"{SVG}g")}
    regions = [
        Shape(
            id=polygon.get("id", "").removeprefix("r-"),
            side=SIDES[polygon.get("data-side", "")],
            warn=polygon.get("data-warn"),
            label=polygon.findtext(f"{SVG}title") or "",
            points=[_point(pair) for pair in polygon.get("points", "").split()],
        )
        for polygon in groups["regions"].iter(f"{SVG}polygon")
    ]
    paths = [path.get("d", "") for path in root.iter(f"{SVG}path")]
    return Drawing(
        view_box=[float(part) for part in root.get("viewBox", "").split()],
        # What is drawn last lies on top and is tapped first.
        regions=regions[::-1],
        skin=[
            curve
            for path in groups["tone"].iter(f"{SVG}path")
            if path.get("fill") == SKIN
            for curve in curves(path.get("d", ""))
        ],
        letters={
            text.text or "": float(text.get("x", "0"))
            for text in groups["labels"].iter(f"{SVG}text")
        },
        commands=set(re.findall("[A-Za-z]", "".join(paths))),
    )


def curves(path: str, pieces: int = 24) -> list[list[Point]]:
    """The closed curves of a path of M, c and z, each cubic cut into as many equal pieces."""
    found: list[list[Point]] = []
    for part in path.split("M")[1:]:
        numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*|-?\.\d+", part)]
        here = (numbers[0], numbers[1])
        points = [here]
        for at in range(2, len(numbers), 6):
            a, b, c = (
                (here[0] + numbers[at + i], here[1] + numbers[at + i + 1]) for i in (0, 2, 4)
            )
            points += [_on_cubic(here, a, b, c, step / pieces) for step in range(1, pieces + 1)]
            here = c
        found.append(points)
    return found


def crossings(points: list[Point], y: float) -> list[float]:
    """Where the horizontal line through y meets the closed shape, from left to right."""
    return sorted(
        ax + (y - ay) * (bx - ax) / (by - ay)
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True)
        if (ay > y) != (by > y)
    )


def distance(points: list[Point], x: float, y: float) -> float:
    """From a point to the nearest edge of the closed shape."""
    return min(
        _to_segment(x, y, a, b) for a, b in zip(points, points[1:] + points[:1], strict=True)
    )


def _to_segment(x: float, y: float, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = math.hypot(dx, dy)
    if length == 0:
        return math.dist((x, y), a)
    along = ((x - a[0]) * dx + (y - a[1]) * dy) / length
    if along <= 0:
        return math.dist((x, y), a)
    if along >= length:
        return math.dist((x, y), b)
    return abs((x - a[0]) * dy - (y - a[1]) * dx) / length


def _point(pair: str) -> Point:
    x, y = pair.split(",")
    return float(x), float(y)


def _on_cubic(p: Point, a: Point, b: Point, c: Point, t: float) -> Point:
    s = 1 - t
    x, y = (s**3 * p[i] + 3 * s * s * t * a[i] + 3 * s * t * t * b[i] + t**3 * c[i] for i in (0, 1))
    return x, y
