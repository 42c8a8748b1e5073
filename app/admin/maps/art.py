"""An uploaded SVG made safe: measured, then drawn anew from numbers in the house's own lines.

Nothing of the file goes through: no element, no attribute, no text. Its shapes are read as curves,
flattened into map units, sorted into pale tones and lines as in a released drawing, and written
with the path commands that the printer of notes reads. What else it holds is counted and told.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from app.clinical.errors import Refusal

__all__ = ["LARGEST_FILE", "Art", "made_safe", "size_of", "with_sides", "without_sides"]

LARGEST_FILE = 2 * 1024 * 1024
MOST_ELEMENTS = 20_000
MOST_DEEP = 100
# More than a tablet redraws while a finger moves, and more than a drawing of a body needs.
MOST_PIECES = 12_000

# The longer edge of every drawing, in map units; the printed note counts on this order of size.
LONGEST_EDGE = 400.0
MOST_UNEQUAL = 4.0
# A number beyond this is no drawing, nor is a page within that.
FARTHEST, NEAREST = 1e6, 1e-3

SVG = "{http://www.w3.org/2000/svg}"
# What is not seen anyway, so that nobody has to be told.
UNSEEN = frozenset({"defs", "desc", "metadata", "style", "symbol", "title", "clipPath", "mask"})
GROUPS = frozenset({"svg", "g"})

# The lightness from which a fill becomes this tone of a released drawing; paper stays paper.
PAPER = 0.97
TONES = ((0.75, "#f5f5f4"), (0.6, "#e9e9e8"), (0.4, "#d9d9d7"))
INK = "#16181d"
# Lines this much wider than most are the outline of the body.
BOLDER = 1.25

STYLED = ("fill", "stroke", "stroke-width", "display", "visibility")
OPACITIES = ("opacity", "fill-opacity", "stroke-opacity")
TO_PIXELS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
}

NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([a-z]*)\s*\Z")
NUMBERS = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
TRANSFORM = re.compile(r"\s*,?\s*([A-Za-z]+)\s*\(([^()]*)\)")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
CLASS = re.compile(r"\.([\w-]+)\Z")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Art:
    """A drawing made safe: its SVG, its size in map units, and what was left out how often."""

    text: str
    width: float
    height: float
    dropped: Mapping[str, int]


@dataclass(slots=True)
class _Line:
    """One continuous line: its start, its curves of six numbers, whether it ends where it began."""

    start: Point
    pieces: list[tuple[float, float, float, float, float, float]] = field(default_factory=list)
    closed: bool = False

    def points(self) -> Iterator[Point]:
        yield self.start
        for a, b, c, d, e, f in self.pieces:
            yield from ((a, b), (c, d), (e, f))


@dataclass(frozen=True, slots=True)
class _Shape:
    """Lines that belong together, with the tone of their fill or the width of their stroke."""

    lines: tuple[_Line, ...]
    fill: str | None
    width: float


def made_safe(file: bytes) -> Art:
    """The drawing in this file. Raises Refusal with what is wrong with it and what to do."""
    root = _parsed(file)
    reader = _Reader()
    try:
        reader.read(root)
    except (ValueError, ArithmeticError, IndexError):
        raise Refusal(
            "A line or a number in this drawing cannot be read. Open it in the drawing program, "
            "save it as plain SVG and choose that file."
        ) from None
    if not reader.shapes:
        raise Refusal(
            "There is no line or filled shape in this drawing that can be used. In the drawing "
            "program turn text and pictures into paths, then save it as plain SVG."
        )
    left, top, width, height = reader.view or _around(reader.shapes)
    if not NEAREST < max(width, height) <= MOST_UNEQUAL * min(width, height):
        raise Refusal(
            "This drawing is more than %(times)s times as long as wide. Cut the page to the "
            "drawing, then save it as plain SVG.",
            times=f"{MOST_UNEQUAL:g}",
        )
    scale = LONGEST_EDGE / max(width, height)
    width, height = round(width * scale, 1), round(height * scale, 1)
    placed = [
        moved
        for shape in reader.shapes
        if (moved := _placed(shape, scale, (left, top), (width, height))) is not None
    ]
    if not placed:
        raise Refusal(
            "All of this drawing lies outside its page. Move it onto the page, then save it as "
            "plain SVG."
        )
    return Art(_written(placed, width, height), width, height, dict(sorted(reader.dropped.items())))


def size_of(art: str) -> tuple[float, float]:
    """Width and height of a drawing made safe, in map units."""
    found = re.search(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', art)
    assert found is not None  # `_written` has put it there
    return float(found[1]), float(found[2])


def with_sides(art: str, letters: tuple[str, ...]) -> str:
    """The drawing with R and L at its lower corners, or with one letter, as every map has."""
    width, height = size_of(art)
    size = round(width * 0.028, 2)
    texts = "".join(
        f'<text x="{_plain(width * share)}" y="{_plain(height - size)}">{letter}</text>'
        for letter, share in zip(letters, (0.035, 0.965), strict=False)
    )
    labels = (
        f'<g id="labels" class="labels" fill="{INK}" font-family="Helvetica,Arial,sans-serif"'
        f' font-size="{size:g}" text-anchor="middle">{texts}</g>'
    )
    return art.replace("</svg>", f"{labels}\n</svg>")


def without_sides(art: str) -> str:
    """The drawing as it was before `with_sides`."""
    return re.sub(r'<g id="labels".*?</g>\n', "", art)


# --- Reading -----------------------------------------------------------------------------------


def _parsed(file: bytes) -> Any:
    from lxml import etree

    if len(file) > LARGEST_FILE:
        raise Refusal(
            "This file is larger than %(most)s MB. Simplify the paths in the drawing program, then "
            "save it as plain SVG.",
            most=LARGEST_FILE // (1024 * 1024),
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(file, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or root.tag != f"{SVG}svg":
        raise Refusal(
            "This is not an SVG drawing. Save the drawing as plain SVG, not compressed, and choose "
            "that file."
        )
    kinds = root.getroottree().docinfo.internalDTD
    if kinds is not None and next(kinds.iterentities(), None) is not None:
        raise Refusal(
            "This file defines abbreviations (entities), which can hide anything. Save it as plain "
            "SVG and choose that file."
        )
    count = 0
    for count, _element in enumerate(root.iter(), start=1):
        if count > MOST_ELEMENTS:
            break
    if count > MOST_ELEMENTS:
        raise _too_much()
    return root


def _too_much() -> Refusal:
    return Refusal(
        "This drawing has more lines than a tablet can draw quickly. Simplify the paths in the "
        "drawing program, then save it as plain SVG."
    )


class _Reader:
    """Collects the shapes of one file in its own units; counts what it leaves out."""

    def __init__(self) -> None:
        self.shapes: list[_Shape] = []
        self.dropped: Counter[str] = Counter()
        self.view: tuple[float, float, float, float] | None = None
        self._pieces = 0
        self._classes: dict[str, dict[str, str]] = {}

    def read(self, root: Any) -> None:
        """Raises ValueError, ArithmeticError or IndexError where a number cannot be read."""
        from fontTools.misc.transform import Identity

        self.view = _view(root)
        for style in root.iter(f"{SVG}style"):
            self._learn(style.text or "")
        self._walk(root, Identity, {"fill": "#000", "stroke": "none", "stroke-width": "1"}, 0)

    def _learn(self, sheet: str) -> None:
        """Of a style sheet the fills and strokes of plain classes: what drawing programs write."""
        for selectors, body in RULE.findall(sheet):
            for selector in selectors.split(","):
                if found := CLASS.match(selector.strip()):
                    self._classes.setdefault(found[1], {}).update(_declared(body))

    def _walk(self, element: Any, matrix: Any, inherited: dict[str, str], depth: int) -> None:
        kind = _kind(element)
        if kind in UNSEEN:
            return
        if kind is None or (kind == "svg" and depth):
            # What belongs to a drawing program's own name space is not seen.
            if kind is not None or str(element.tag).startswith(SVG):
                self.dropped[kind or "?"] += 1
            return
        style = self._style(element, inherited)
        if style.get("display") == "none":
            return
        self._note_attributes(element)
        matrix = _transformed(matrix, element.get("transform", ""))
        if kind in GROUPS:
            if depth >= MOST_DEEP:
                raise ValueError("groups within groups without end")
            for child in element:
                self._walk(child, matrix, style, depth + 1)
        elif kind in SHAPES:
            self._shape(SHAPES[kind](element), matrix, style)
        else:
            self.dropped[kind] += 1

    def _style(self, element: Any, inherited: dict[str, str]) -> dict[str, str]:
        own = {name: element.get(name) for name in (*STYLED, *OPACITIES) if element.get(name)}
        for name in (element.get("class") or "").split():
            own |= self._classes.get(name, {})
        own |= _declared(element.get("style") or "")
        own = {name: value for name, value in own.items() if value != "inherit"}
        # Opacities of groups multiply; a group's own is handed down as one number.
        faded = _share(own.pop("opacity", "1")) * float(inherited.get("opacity", "1"))
        return {**inherited, **own, "opacity": str(faded)}

    def _note_attributes(self, element: Any) -> None:
        for name, value in element.attrib.items():
            bare = name.rpartition("}")[2]
            if bare.lower().startswith("on"):
                self.dropped["script"] += 1
            elif bare in ("clip-path", "mask", "filter") and value != "none":
                self.dropped[bare] += 1

    def _shape(self, path: str, matrix: Any, style: Mapping[str, str]) -> None:
        from fontTools.svgLib.path.parser import parse_path

        if style.get("visibility") in ("hidden", "collapse"):
            return
        pen = _Pen(matrix)
        # The library takes no line breaks among the numbers of an arc, nor a point without digits.
        parse_path(re.sub(r"(\d)\.(?!\d)", r"\1", re.sub(r"\s", " ", path)), pen)
        lines = tuple(line for line in pen.lines if line.pieces)
        self._pieces += sum(len(line.pieces) for line in lines)
        if self._pieces > MOST_PIECES:
            raise _too_much()
        if not lines:
            return
        opacity = float(style["opacity"])
        fill = self._lightness(style["fill"], opacity * _share(style.get("fill-opacity", "1")))
        line = self._lightness(style["stroke"], opacity * _share(style.get("stroke-opacity", "1")))
        width = _length(style["stroke-width"]) * math.sqrt(
            abs(matrix[0] * matrix[3] - matrix[1] * matrix[2])
        )
        # A straight line has an inside by the letter of the format, and none to see.
        filled = tuple(line for line in lines if len(set(line.points())) > 2)
        if fill < PAPER and filled:
            tone = next((tone for least, tone in TONES if fill >= least), INK)
            self.shapes.append(_Shape(filled, tone, 0.0))
        if line < PAPER and 0 < width < FARTHEST:
            self.shapes.append(_Shape(lines, None, width))

    def _lightness(self, paint: str, opacity: float) -> float:
        """From 0 black to 1 white, on paper; what is not painted is paper."""
        from PIL import ImageColor

        paint = paint.strip()
        if paint in ("none", "transparent") or not opacity:
            return 1.0
        if paint.startswith("url("):
            self.dropped["gradient"] += 1
            return 1 - 0.3 * opacity
        try:
            red, green, blue = ImageColor.getrgb(paint)[:3]
        except ValueError:
            red = green = blue = 0
        return 1 - opacity * (1 - (0.299 * red + 0.587 * green + 0.114 * blue) / 255)


class _Pen:
    """Takes what fontTools reads in a path, as curves in the file's outermost units."""

    def __init__(self, matrix: Any) -> None:
        self.lines: list[_Line] = []
        self._matrix = matrix
        self._at: Point = (0.0, 0.0)

    def _put(self, point: Point) -> Point:
        x, y = self._matrix.transformPoint(point)
        if not (abs(x) < FARTHEST and abs(y) < FARTHEST):
            raise ValueError("too far")
        return x, y

    def moveTo(self, point: Point) -> None:
        self._at = point
        self.lines.append(_Line(self._put(point)))

    def lineTo(self, point: Point) -> None:
        self.curveTo(self._at, point, point)

    def qCurveTo(self, control: Point, end: Point) -> None:
        (x, y), (cx, cy), (ex, ey) = self._at, control, end
        self.curveTo(
            (x + 2 / 3 * (cx - x), y + 2 / 3 * (cy - y)),
            (ex + 2 / 3 * (cx - ex), ey + 2 / 3 * (cy - ey)),
            end,
        )

    def curveTo(self, *points: Point) -> None:
        (a, b), (c, d), (e, f) = (self._put(point) for point in points)
        self.lines[-1].pieces.append((a, b, c, d, e, f))
        self._at = points[-1]

    def closePath(self) -> None:
        self.lines[-1].closed = True

    def endPath(self) -> None:
        """The line ends where it is."""


def _kind(element: Any) -> str | None:
    """The element's name in SVG, or None for what is none of its elements."""
    tag = element.tag
    return tag.removeprefix(SVG) if isinstance(tag, str) and tag.startswith(SVG) else None


def _view(root: Any) -> tuple[float, float, float, float] | None:
    box = [float(n) for n in NUMBERS.findall(root.get("viewBox") or "")]
    if len(box) != 4:
        box = [0.0, 0.0, *(_length(root.get(name) or "0") for name in ("width", "height"))]
    left, top, width, height = box
    if not all(abs(number) < FARTHEST for number in box) or width <= 0 or height <= 0:
        return None
    return left, top, width, height


def _declared(body: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in body.split(";"))
    return {
        name.strip(): value.replace("!important", "").strip()
        for name, _, value in pairs
        if name.strip() in (*STYLED, *OPACITIES) and value.strip()
    }


def _share(text: str) -> float:
    """An opacity: 0.5 or 50%; what is none is taken as opaque."""
    found = NUMBERS.match(text.strip())
    if found is None:
        return 1.0
    return min(1.0, max(0.0, float(found[0]) / (100 if text.strip().endswith("%") else 1)))


def _length(text: str) -> float:
    """A length in pixels; one that depends on the page (such as 100%) counts as none."""
    found = NUMBER.match(text)
    return float(found[1]) * TO_PIXELS.get(found[2], 0.0) if found else 0.0


def _transformed(matrix: Any, text: str) -> Any:
    for name, inside in TRANSFORM.findall(text):
        numbers = [float(n) for n in NUMBERS.findall(inside)]
        if name == "matrix" and len(numbers) == 6:
            matrix = matrix.transform(tuple(numbers))
        elif name == "translate" and numbers:
            matrix = matrix.translate(numbers[0], (numbers[1:] or [0.0])[0])
        elif name == "scale" and numbers:
            matrix = matrix.scale(numbers[0], (numbers[1:] or numbers)[0])
        elif name == "rotate" and len(numbers) in (1, 3):
            x, y = numbers[1:] or (0.0, 0.0)
            matrix = matrix.translate(x, y).rotate(math.radians(numbers[0])).translate(-x, -y)
        elif name in ("skewX", "skewY") and numbers:
            angle = math.radians(numbers[0])
            matrix = matrix.skew(angle) if name == "skewX" else matrix.skew(0, angle)
        else:
            raise ValueError(name)
    if TRANSFORM.sub("", text).strip():
        raise ValueError(text)
    return matrix


def _path_of_rect(element: Any) -> str:
    x, y, w, h = (_length(element.get(name) or "0") for name in ("x", "y", "width", "height"))
    rx, ry = (_length(element.get(name) or "0") for name in ("rx", "ry"))
    rx, ry = min(rx or ry, w / 2), min(ry or rx, h / 2)
    if w <= 0 or h <= 0:
        return ""
    if rx <= 0 or ry <= 0:
        return _said("M", x, y, "H", x + w, "V", y + h, "H", x, "z")
    arc = ("A", rx, ry, "0 0 1 ")
    return _said(
        *("M", x + rx, y, "H", x + w - rx, *arc, x + w, y + ry),
        *("V", y + h - ry, *arc, x + w - rx, y + h, "H", x + rx, *arc, x, y + h - ry),
        *("V", y + ry, *arc, x + rx, y, "z"),
    )


def _path_of_round(element: Any) -> str:
    cx, cy, r = (_length(element.get(name) or "0") for name in ("cx", "cy", "r"))
    rx, ry = (_length(element.get(name) or "0") or r for name in ("rx", "ry"))
    if rx <= 0 or ry <= 0:
        return ""
    arc = ("A", rx, ry, "0 1 0 ")
    return _said("M", cx - rx, cy, *arc, cx + rx, cy, *arc, cx - rx, cy, "z")


def _path_of_line(element: Any) -> str:
    x1, y1, x2, y2 = (_length(element.get(name) or "0") for name in ("x1", "y1", "x2", "y2"))
    return _said("M", x1, y1, "L", x2, y2)


def _path_of_points(element: Any) -> str:
    numbers = NUMBERS.findall(element.get("points") or "")
    if len(numbers) < 4:
        return ""
    end = "z" if _kind(element) == "polygon" else ""
    return f"M{' '.join(numbers[: len(numbers) // 2 * 2])}{end}"


def _said(*parts: str | float) -> str:
    return " ".join(part if isinstance(part, str) else f"{part:.6f}" for part in parts)


SHAPES: Mapping[str, Callable[[Any], str]] = {
    "path": lambda element: element.get("d") or "",
    "polygon": _path_of_points,
    "polyline": _path_of_points,
    "line": _path_of_line,
    "rect": _path_of_rect,
    "circle": _path_of_round,
    "ellipse": _path_of_round,
}


# --- Placing and writing -----------------------------------------------------------------------


def _around(shapes: list[_Shape]) -> tuple[float, float, float, float]:
    """A page around what is drawn, where the file says none."""
    points = [point for shape in shapes for line in shape.lines for point in line.points()]
    left, top = min(x for x, _ in points), min(y for _, y in points)
    width, height = max(x for x, _ in points) - left, max(y for _, y in points) - top
    room = max(width, height) * 0.03
    return left - room, top - room, width + 2 * room, height + 2 * room


def _placed(shape: _Shape, scale: float, corner: Point, size: Point) -> _Shape | None:
    """The shape in map units, without lines that lie off the page; None if all do."""
    (left, top), (width, height) = corner, size

    def put(x: float, y: float) -> Point:
        # What runs off the page is cut a page's length beyond it.
        return (
            round(min(max((x - left) * scale, -width), 2 * width), 2),
            round(min(max((y - top) * scale, -height), 2 * height), 2),
        )

    lines = []
    for line in shape.lines:
        pieces = [(*put(a, b), *put(c, d), *put(e, f)) for a, b, c, d, e, f in line.pieces]
        moved = _Line(put(*line.start), pieces, line.closed)
        xs, ys = zip(*moved.points(), strict=True)
        if min(xs) <= width and max(xs) >= 0 and min(ys) <= height and max(ys) >= 0:
            lines.append(moved)
    return _Shape(tuple(lines), shape.fill, shape.width * scale) if lines else None


def _written(shapes: list[_Shape], width: float, height: float) -> str:
    widths = [shape.width for shape in shapes if shape.fill is None]
    bold = BOLDER * median(widths) if widths else 0.0
    tones: list[str] = []
    outline: list[str] = []
    features: list[str] = []
    for shape in shapes:
        path = "".join(map(_path, shape.lines))
        if shape.fill is None:
            (outline if shape.width > bold else features).append(f'<path d="{path}"/>')
        elif shape.fill == INK:
            filled = f'<path fill="{INK}" stroke="none" fill-rule="evenodd" d="{path}"/>'
            features.append(filled)
        else:
            tones.append(f'<path fill="{shape.fill}" fill-rule="evenodd" d="{path}"/>')
    drawn = f'fill="none" stroke="{INK}" stroke-linecap="round" stroke-linejoin="round"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
            f' width="{width:g}" height="{height:g}">',
            f'<g id="tone" class="tone" stroke="none">{"".join(tones)}</g>',
            f'<g id="outline" class="outline" {drawn} stroke-width="1.45">{"".join(outline)}</g>',
            f'<g id="features" class="features" {drawn} stroke-width="1">{"".join(features)}</g>',
            "</svg>\n",
        )
    )


def _path(line: _Line) -> str:
    """The line with the three commands that the printer of notes reads."""
    x, y = line.start
    words = [f"M{_plain(x)} {_plain(y)}"]
    for a, b, c, d, e, f in line.pieces:
        numbers = (a - x, b - y, c - x, d - y, e - x, f - y)
        words.append("c" + " ".join(map(_plain, numbers)))
        x, y = e, f
    return "".join(words) + ("z" if line.closed else "")


def _plain(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
