"""The released drawings on paper, and the one function that carries map units to the page.

The art and the sites go through `to_page`; nothing else places anything on a map.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from xml.etree import ElementTree

from app.clinical.anatomy import DRAWINGS, BodyMap
from app.notes.paper import Box, Pen

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A window on a map, placed on the page.

    `box` is the place on the page; its upper left corner shows the map point (`x`, `y`), and one
    map unit takes `scale` points.
    """

    box: Box
    x: float
    y: float
    scale: float


def to_page(frame: Frame, x: float, y: float) -> Point:
    """The place on the page, in points, of a point of the map. The only such function."""
    return (
        frame.box.left + (x - frame.x) * frame.scale,
        frame.box.top - (y - frame.y) * frame.scale,
    )


# --- Reading a drawing -------------------------------------------------------------------------


class DrawingError(ValueError):
    """A released drawing holds something that this reader does not know how to print."""


@dataclass(frozen=True)
class Trace:
    """One continuous line: its start and Bezier pieces of six absolute numbers, in map units."""

    start: Point
    pieces: tuple[tuple[float, float, float, float, float, float], ...]
    closed: bool

    @cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of a box that holds the line."""
        xs = [self.start[0], *(n for piece in self.pieces for n in piece[::2])]
        ys = [self.start[1], *(n for piece in self.pieces for n in piece[1::2])]
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True, slots=True)
class Stroke:
    """Traces drawn alike: filled where `fill` (grey, 0 is black) is given, else `width` wide."""

    layer: str
    traces: tuple[Trace, ...]
    fill: float | None
    width: float
    dash: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A letter of the drawing, centred on `at`."""

    text: str
    at: Point


@dataclass(frozen=True, slots=True)
class Drawing:
    """A released drawing as values, in the order in which it is drawn."""

    strokes: tuple[Stroke, ...]
    labels: tuple[Label, ...]
    regions: tuple[tuple[str, tuple[Point, ...]], ...]


_SVG = "{http://www.w3.org/2000/svg}"
_LAYERS = ("tone", "outline", "features", "labels", "regions")

# Everything a drawing may say. An attribute that is not here would change what is seen.
_KNOWN = {
    "svg": "viewBox width height role aria-label data-template",
    "title": "",
    "g": "id class fill fill-opacity stroke stroke-linecap stroke-linejoin stroke-width"
    " font-family font-size text-anchor pointer-events",
    "path": "id d fill fill-rule stroke stroke-width stroke-dasharray",
    "polygon": "id points data-side data-warn",
    "text": "x y font-size",
}


@lru_cache(maxsize=32)
def drawing(ref: str, art: str | None = None) -> Drawing:
    """The released drawing `head_anterior@1`, or the clinic's own of this art.

    Raises DrawingError if it cannot be printed whole.
    """
    return read(art or (DRAWINGS / f"{ref}.svg").read_text(encoding="utf-8"), ref)


def read(svg: str, name: str) -> Drawing:
    """A drawing from its SVG: absolute M, relative c and z; polygons; text. Nothing else."""
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314  Our own released files, hash-checked.
    except ElementTree.ParseError as error:
        raise DrawingError(f"{name}: not well-formed, {error}") from error
    strokes: list[Stroke] = []
    labels: list[Label] = []
    regions: list[tuple[str, tuple[Point, ...]]] = []
    _known(root, name)
    for group in root:
        kind = _known(group, name)
        if kind == "title":
            continue
        layer = group.get("id", "")
        if kind != "g" or layer not in _LAYERS:
            raise DrawingError(f"{name}: <{kind} id={layer!r}> is no layer of a drawing")
        for shape in group:
            kind = _known(shape, name)
            if layer in ("tone", "outline", "features") and kind == "path":
                strokes.append(_stroke(shape, group, layer, name))
            elif layer == "labels" and kind == "text":
                labels.append(Label(shape.text or "", _point(shape, name)))
            elif layer == "regions" and kind == "polygon":
                regions.append((shape.get("id", ""), _corners(shape, name)))
            else:
                raise DrawingError(f"{name}: <{kind}> does not belong in the layer {layer}")
    return Drawing(tuple(strokes), tuple(labels), tuple(regions))


def _known(element: ElementTree.Element, name: str) -> str:
    """The element's kind; DrawingError for a kind or an attribute that would go unprinted."""
    kind = element.tag.removeprefix(_SVG)
    if kind not in _KNOWN or not element.tag.startswith(_SVG):
        raise DrawingError(f"{name}: <{element.tag}> cannot be printed")
    strange = sorted(set(element.keys()) - set(_KNOWN[kind].split()))
    if strange:
        raise DrawingError(f"{name}: <{kind}> says {', '.join(strange)}, which cannot be printed")
    return kind


def _stroke(path: ElementTree.Element, group: ElementTree.Element, layer: str, name: str) -> Stroke:
    fill = path.get("fill", group.get("fill", "none"))
    stroke = path.get("stroke", group.get("stroke", "none"))
    width = path.get("stroke-width", group.get("stroke-width", "0"))
    dash = path.get("stroke-dasharray", "")
    return Stroke(
        layer=layer,
        traces=tuple(_traces(path.get("d", ""), name)),
        fill=None if fill == "none" else _grey(fill, name),
        width=0.0 if stroke == "none" else _number(width, name),
        dash=tuple(_number(n, name) for n in dash.split()),
    )


_TOKEN = re.compile(r"([A-Za-z])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|[\s,]+|(.)")


def _traces(path: str, name: str) -> Iterator[Trace]:
    """The lines of a path. Relative numbers become absolute on the way."""
    start: Point | None = None
    here = (0.0, 0.0)
    pieces: list[tuple[float, float, float, float, float, float]] = []
    for command, numbers in _commands(path, name):
        if command == "M" and len(numbers) == 2:
            if start is not None:
                yield Trace(start, tuple(pieces), closed=False)
            start = here = (numbers[0], numbers[1])
            pieces = []
        elif command == "c" and start is not None and numbers and len(numbers) % 6 == 0:
            for i in range(0, len(numbers), 6):
                x, y = here
                a, b, c, d, e, f = numbers[i : i + 6]
                pieces.append((x + a, y + b, x + c, y + d, x + e, y + f))
                here = (x + e, y + f)
        elif command == "z" and start is not None and not numbers:
            yield Trace(start, tuple(pieces), closed=True)
            start = None
        else:
            raise DrawingError(
                f"{name}: the path command {command} with {len(numbers)} numbers cannot be printed"
            )
    if start is not None:
        yield Trace(start, tuple(pieces), closed=False)


def _commands(path: str, name: str) -> Iterator[tuple[str, list[float]]]:
    command = ""
    numbers: list[float] = []
    for letter, number, strange in (match.groups() for match in _TOKEN.finditer(path)):
        if strange or (number and not command):
            raise DrawingError(f"{name}: a path cannot hold {strange or number!r} there")
        if letter:
            if command:
                yield command, numbers
            command, numbers = letter, []
        elif number:
            numbers.append(float(number))
    if command:
        yield command, numbers


def _corners(polygon: ElementTree.Element, name: str) -> tuple[Point, ...]:
    numbers = [_number(n, name) for n in re.split(r"[\s,]+", polygon.get("points", "").strip())]
    if len(numbers) < 6 or len(numbers) % 2:
        raise DrawingError(f"{name}: the polygon {polygon.get('id')} has no closed shape")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _point(element: ElementTree.Element, name: str) -> Point:
    return _number(element.get("x", ""), name), _number(element.get("y", ""), name)


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise DrawingError(f"{name}: {text!r} is no number") from None


def _grey(colour: str, name: str) -> float:
    """The lightness of `#rrggbb`; a drawing is near-grey, and print has no colour."""
    if not re.fullmatch(r"#[0-9a-f]{6}", colour):
        raise DrawingError(f"{name}: the colour {colour!r} cannot be printed")
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return round((0.299 * red + 0.587 * green + 0.114 * blue) / 255, 3)


# --- Drawing it --------------------------------------------------------------------------------

# Lines keep these widths on paper whatever the scale: thinner breaks in a fax, thicker drowns
# the numbers.
_THINNEST, _THICKEST = 0.35, 1.1
_LINE_GREY, _SOLID_GREY = 0.2, 0.5


def draw_art(pen: Pen, body_map: BodyMap, frame: Frame) -> None:
    """The lines of the drawing that fall into the frame, clipped to it.

    The pale tones stay on the screen: a fax would turn them into specks among the numbers.
    """
    left, top = frame.x, frame.y
    right, bottom = left + frame.box.width / frame.scale, top + frame.box.height / frame.scale
    with pen.inside(frame.box, radius=2.25):
        for stroke in drawing(body_map.ref, body_map.art).strokes:
            if stroke.layer == "tone":
                continue
            shapes = []
            for trace in stroke.traces:
                x0, y0, x1, y1 = trace.extent
                if x1 < left or x0 > right or y1 < top or y0 > bottom:
                    continue
                shapes.append(
                    (
                        to_page(frame, *trace.start),
                        [
                            (*to_page(frame, a, b), *to_page(frame, c, d), *to_page(frame, e, f))
                            for a, b, c, d, e, f in trace.pieces
                        ],
                        trace.closed,
                    )
                )
            if shapes:
                width = min(_THICKEST, max(_THINNEST, stroke.width * frame.scale * 0.8))
                pen.curves(
                    shapes,
                    line=width if stroke.width else 0.0,
                    grey=_LINE_GREY,
                    fill=_SOLID_GREY if stroke.fill is not None else None,
                    dash=[length * frame.scale for length in stroke.dash],
                )
