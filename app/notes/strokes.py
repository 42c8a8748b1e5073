"""A signature as a hand drew it: strokes over a box, kept as points and drawn again as lines.

The box is 1000 wide and 320 high on every tablet, however it is held, so what was drawn stays as
it was. A stroke is a list of points, a point is ["x", "y"] with at most one decimal.
"""

from __future__ import annotations

import json
import re

from app.clinical.errors import Refusal

Strokes = list[list[list[str]]]

WIDTH, HEIGHT = 1000, 320
# A long name takes some 400 points. What is kept of a hand is bounded, for it is printed.
MOST_POINTS = 2000

_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9])?")


class NotDrawn(Refusal):
    """What was sent is no drawing of a signature."""


def parsed(text: str) -> Strokes | None:
    """The strokes of a JSON text, None where nothing is drawn. Raises NotDrawn."""
    if not text:
        return None
    try:
        strokes = json.loads(text)
    except (ValueError, RecursionError):
        strokes = None
    if not isinstance(strokes, list) or not all(map(_is_stroke, strokes)):
        raise NotDrawn("The drawn signature could not be read. Clear it and draw it again.")
    if sum(map(len, strokes)) > MOST_POINTS:
        raise NotDrawn("The drawn signature is too long. Clear it and draw it again.")
    return strokes or None


def _is_stroke(stroke: object) -> bool:
    return isinstance(stroke, list) and bool(stroke) and all(map(_is_point, stroke))


def _is_point(point: object) -> bool:
    if not (isinstance(point, list) and len(point) == 2):
        return False
    return all(
        isinstance(number, str) and _NUMBER.fullmatch(number) and float(number) <= most
        for number, most in zip(point, (WIDTH, HEIGHT), strict=True)
    )


def path(strokes: Strokes) -> str:
    """The strokes as the path of an SVG of the box's size; a single tap is a dot."""
    return " ".join(
        f"M{start[0]} {start[1]}" + "".join(f"L{x} {y}" for x, y in rest or [start])
        for start, *rest in strokes
    )
