"""The maps of a note: which parts of which drawings are shown, where, and the marks upon them.

Only maps with sites are drawn, each cropped to its sites with enough body around them to know the
place again. The rules are the same for every drawing; none is laid out by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.clinical.anatomy import MAPS, BodyMap, Side, body_map
from app.clinical.catalogue.entries import Catalogue
from app.notes.body_drawing import Frame, draw_art, to_page
from app.notes.paper import CAP_HEIGHT, Box, Face, Pen, width_of
from app.notes.tags import Tag

# Marks, in points: the radius of the dot when there is room, and the least that a fax still reads.
LARGEST_MARK, SMALLEST_MARK = 5.9, 4.5
_OVERLAP = 1.75  # radii that two centres keep apart: the rims may touch, the numbers not
_PIN = 1.7  # where marks would cover one another, a small dot with its number beside it
_EDGE = 0.8

_GAP = 7.0  # between plates
_STRIP, _TOWER = 0.42, 1.4  # height over width of a plate: no strip, no tower
_CAPTION_SIZE = 7.5
_LETTER_SIZE = 7.5

# No closer than this, in points for a map unit, so that a site still shows where on the body it
# is; closer only as far as it takes to keep marks apart.
_CLOSE, _CLOSEST = 1.08, 1.7


class Mark(NamedTuple):
    """A site on a map: solid if given, hollow if planned, square if outside the protocol."""

    number: int
    x: float
    y: float
    given: bool
    square: bool


class Extent(NamedTuple):
    """A rectangle of a map, in map units; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class View:
    """A part of a map that is shown as one picture, with the marks that fall into it.

    `need` must be visible. `spacing` is the distance of close neighbours: four fifths of the marks
    have none nearer. Both in map units.
    """

    map: BodyMap
    marks: tuple[Mark, ...]
    need: Extent
    spacing: float
    caption: str
    place: tuple[int, int]  # fronts and backs before sides; then the order of the maps

    @property
    def closest(self) -> float:
        """The largest scale, in points for a map unit, of a picture that shows only a part."""
        return min(_CLOSEST, max(_CLOSE, 2.1 * LARGEST_MARK / max(self.spacing, 0.1)))

    def scale(self, width: float, height: float) -> float:
        """The scale in a box of this size, so that all that is needed shows."""
        _, _, wide, high = self.map.view_box
        whole = min(width / wide, height / high)
        return min(width / self.need.width, height / self.need.height, max(self.closest, whole))


@dataclass(frozen=True, slots=True)
class Plate:
    """A view placed on the page."""

    view: View
    frame: Frame


def marks_of(sites: Iterable[Mapping[str, Any]]) -> dict[str, list[Mark]]:
    """The sites of a record as marks, by map, in the order in which the maps are shown.

    A site outside its protocol is square: one that was moved off the place its protocol gives it,
    or that names no protocol though another site of the same indication does.
    """
    sites = list(sites)
    patterned = {site["indication"] for site in sites if site["protocol"]}
    marks: dict[str, list[Mark]] = {}
    for site in sites:
        marks.setdefault(site["map"], []).append(
            Mark(
                number=site["number"],
                x=float(site["x"]),
                y=float(site["y"]),
                given=site["state"] == "given",
                square=site["moved"] or (not site["protocol"] and site["indication"] in patterned),
            )
        )
    order = {ref: place for place, ref in enumerate(MAPS)}
    return dict(sorted(marks.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))


# --- Which parts of the maps -------------------------------------------------------------------


def views(
    marks: Mapping[str, Sequence[Mark]], width: float, known: Catalogue | None = None
) -> list[View]:
    """The pictures to show when a picture may be `width` points wide.

    A map with views to zoom into is shown by these. Another is one picture, unless its marks would
    touch there and fall into bands apart from each other; then each band is one.
    """
    found: list[View] = []
    for order, (ref, on_map) in enumerate(marks.items()):
        drawn = body_map(ref, known)
        side_view = drawn.midline_x is None
        for band, part in enumerate(_parts(drawn, on_map, width)):
            # A second band goes to the end: shoulders after the heads.
            row = 2 if band and not drawn.zoom_views else int(side_view)
            found.append(_view(drawn, part, caption(drawn, part), (row, order)))
    return sorted(found, key=lambda view: view.place)


def _view(drawn: BodyMap, marks: Sequence[Mark], text: str, place: tuple[int, int]) -> View:
    nearest = sorted(_nearest(marks))
    spacing = nearest[len(nearest) // 5] if nearest else math.inf
    return View(drawn, tuple(marks), needed(drawn, marks), spacing, text, place)


def _parts(drawn: BodyMap, marks: Sequence[Mark], width: float) -> list[list[Mark]]:
    """The marks of a map, parted into those that are shown together."""
    zoomed = [
        [m for m in marks if x <= m.x <= x + wide and y <= m.y <= y + high]
        for x, y, wide, high in sorted(drawn.zoom_views.values())
    ]
    if drawn.zoom_views and sum(map(len, zoomed)) == len(marks):
        return [part for part in zoomed if part]
    whole = _view(drawn, marks, "", (0, 0))
    if whole.spacing * whole.scale(width, math.inf) < 2 * LARGEST_MARK:
        return _bands(marks, apart=0.15 * drawn.view_box[3])
    return [list(marks)]


def _bands(marks: Sequence[Mark], apart: float) -> list[list[Mark]]:
    """The marks from top to bottom, parted wherever nothing lies for `apart` map units."""
    bands: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda m: (m.y, m.x)):
        if bands and mark.y - bands[-1][-1].y < apart:
            bands[-1].append(mark)
        else:
            bands.append([mark])
    return bands


def needed(drawn: BodyMap, marks: Sequence[Mark]) -> Extent:
    """The box of the marks with a margin, and never so little that the place cannot be known."""
    left, top, wide, high = drawn.view_box
    margin, least = 0.085 * min(wide, high), 0.33 * min(wide, high)
    x0, x1 = _widened(min(m.x for m in marks), max(m.x for m in marks), margin, least)
    y0, y1 = _widened(min(m.y for m in marks), max(m.y for m in marks), margin, least)
    return Extent(max(x0, left), max(y0, top), min(x1, left + wide), min(y1, top + high))


def _widened(low: float, high: float, margin: float, least: float) -> tuple[float, float]:
    missing = max(0.0, least - (high - low) - 2 * margin) / 2
    return low - margin - missing, high + margin + missing


def _nearest(marks: Sequence[Mark]) -> list[float]:
    """The distance of each mark to the one next to it; nothing for a mark by itself."""
    if len(marks) < 2:
        return []
    return [min(math.hypot(m.x - o.x, m.y - o.y) for o in marks if o is not m) for m in marks]


# --- Words -------------------------------------------------------------------------------------

# Caption of both sides, and of one.
_CAPTIONS = {
    "head_anterior": ("Front", "Front"),
    "head_posterior": ("Back of head", "Back of head"),
    "head_right_lateral": ("Right side", "Right side"),
    "head_left_lateral": ("Left side", "Left side"),
    "axillae": ("Underarms", "{side} underarm"),
    "hands_palmar": ("Palms", "{side} palm"),
    "hands_dorsal": ("Backs of hands", "Back of {side} hand"),
    "feet_plantar": ("Soles", "{side} sole"),
    "feet_dorsal": ("Tops of feet", "Top of {side} foot"),
    "upper_limb_anterior": ("Arms, front", "{side} arm, front"),
    "upper_limb_posterior": ("Arms, back", "{side} arm, back"),
    "lower_limb_anterior": ("Legs, front", "{side} leg, front"),
    "lower_limb_posterior": ("Legs, back", "{side} leg, back"),
    "body_anterior": ("Body, front", "Body, front, {side} side"),
    "body_posterior": ("Body, back", "Body, back, {side} side"),
}
_SHOULDERS_BELOW = 0.5  # of the height of the posterior head drawing


def caption(drawn: BodyMap, marks: Sequence[Mark]) -> str:
    """What a picture is called, with its side where all its marks are on one."""
    both, one = _CAPTIONS.get(drawn.id, (drawn.title, drawn.title))
    if drawn.id == "head_posterior":
        middle = drawn.view_box[1] + _SHOULDERS_BELOW * drawn.view_box[3]
        if all(mark.y > middle for mark in marks):
            return "Neck and shoulders"
        if any(mark.y > middle for mark in marks):
            return "Back of head and shoulders"
    if drawn.zoom_views and not all(_zoomed(drawn, mark) for mark in marks):
        return drawn.title
    sides = {side_at(drawn, mark.x) for mark in marks}
    if len(sides) != 1 or Side.MIDLINE in sides:
        return both
    text = one.format(side=next(iter(sides)).value)
    return text[0].upper() + text[1:]


def _zoomed(drawn: BodyMap, mark: Mark) -> bool:
    return any(
        x <= mark.x <= x + wide and y <= mark.y <= y + high
        for x, y, wide, high in drawn.zoom_views.values()
    )


def side_at(drawn: BodyMap, x: float) -> Side:
    """The patient's side of the drawing at `x`."""
    if drawn.midline_x is None or x < drawn.midline_x:
        return drawn.viewer_left
    if x == drawn.midline_x:
        return Side.MIDLINE
    return Side.LEFT if drawn.viewer_left is Side.RIGHT else Side.RIGHT


# --- Where on the page -------------------------------------------------------------------------


def arranged(
    pictures: Sequence[View], width: float, height: float, in_a_row: int, *, fill: bool = False
) -> tuple[list[Plate], float]:
    """The views in rows within `width` and at most `height`, and the height they take.

    The places are those of a block whose upper left corner is (0, 0); see `moved`. Of all ways to
    part the views into rows of at most `in_a_row` the one with the largest picture is taken. With
    `fill` the rows share what height is left, up to twice their own.
    """
    if not pictures:
        return [], 0.0
    best: tuple[float, list[list[View]], list[float]] | None = None
    for rows in _row_choices(list(pictures), in_a_row):
        heights = [_row_height(row, width) for row in rows]
        room = height - _GAP * (len(rows) - 1)
        if sum(heights) > room:
            heights = [h * room / sum(heights) for h in heights]
        elif fill:
            more = min(2.0, room / sum(heights))
            most = [_TOWER * _slot(row, width) for row in rows]
            heights = [min(h * more, m) for h, m in zip(heights, most, strict=True)]
        score = 0.0
        for row, row_height in zip(rows, heights, strict=True):
            for view in row:
                scale = view.scale(_slot(row, width), row_height)
                crowding = min(1.0, view.spacing * scale / (2 * LARGEST_MARK))
                score += 2 * math.log(max(crowding, 0.05)) + math.log(scale / view.closest)
        score -= 0.02 * len(rows)
        if fill:
            score -= 1 - sum(heights) / room
        if best is None or score > best[0] + 1e-9:
            best = score, rows, heights
    assert best is not None  # one view a row is always among the choices
    _, rows, heights = best
    plates, y = [], 0.0
    for row, row_height in zip(rows, heights, strict=True):
        slot = _slot(row, width)
        for place, view in enumerate(row):
            box = Box(place * (slot + _GAP), y - row_height, slot, row_height)
            plates.append(Plate(view, _window(view, box)))
        y -= row_height + _GAP
    return plates, -y - _GAP


def moved(plates: Iterable[Plate], x: float, top: float) -> list[Plate]:
    """The plates with the block's upper left corner at (`x`, `top`) of the page."""
    return [
        Plate(
            plate.view,
            Frame(
                plate.frame.box._replace(
                    left=plate.frame.box.left + x, bottom=plate.frame.box.bottom + top
                ),
                plate.frame.x,
                plate.frame.y,
                plate.frame.scale,
            ),
        )
        for plate in plates
    ]


def _row_choices(pictures: list[View], in_a_row: int) -> Iterator[list[list[View]]]:
    """Every way to part the views into rows, in order, that keeps the two side views together."""
    if not pictures:
        yield []
        return
    for count in range(1, min(in_a_row, len(pictures)) + 1):
        row, rest = pictures[:count], pictures[count:]
        lateral = [view.map.midline_x is None for view in row]
        parts_a_pair = rest and _is_pair(row[-1].map, rest[0].map)
        if in_a_row > 1 and (parts_a_pair or (any(lateral) and not all(lateral))):
            continue
        for others in _row_choices(rest, in_a_row):
            yield [row, *others]


def _is_pair(one: BodyMap, other: BodyMap) -> bool:
    """Whether these are the right and the left of a head."""
    sides = (one.viewer_left, other.viewer_left)
    return one.midline_x is other.midline_x is None and sides == (Side.RIGHT, Side.LEFT)


def _slot(row: Sequence[View], width: float) -> float:
    return (width - _GAP * (len(row) - 1)) / len(row)


def _row_height(row: Sequence[View], width: float) -> float:
    """As high as the widest need of the row asks for, neither a strip nor a tower."""
    slot = _slot(row, width)
    asked = max(view.scale(slot, math.inf) * view.need.height for view in row)
    return min(max(asked, _STRIP * slot), _TOWER * slot)


def _window(view: View, box: Box) -> Frame:
    """What the box shows: the need, then as much body around it as there is room for."""
    scale = view.scale(box.width, box.height)
    left, top, wide, high = view.map.view_box
    return Frame(
        box,
        _from(view.need.left, view.need.right, box.width / scale, left, left + wide),
        _from(view.need.top, view.need.bottom, box.height / scale, top, top + high),
        scale,
    )


def _from(low: float, high: float, length: float, start: float, end: float) -> float:
    """Where a window of `length` begins that shows low to high, drawn a little to the middle."""
    if length >= end - start:
        return (start + end - length) / 2
    middle = (low + high) / 2
    begin = middle + 0.15 * ((start + end) / 2 - middle) - length / 2
    begin = min(max(begin, high - length), low)
    return min(max(begin, start), end - length)


# --- Drawing -----------------------------------------------------------------------------------


def draw(
    pen: Pen,
    plate: Plate,
    alt: str | None = None,
    beneath: Callable[[Pen, float], None] | None = None,
) -> None:
    """The picture with its caption, its R and L, and its marks; `alt` is what is read out.

    `beneath` draws what lies under the marks, and is told their radius in points.
    """
    box = plate.frame.box
    edges = (box.left, box.bottom, box.right, box.top)
    with pen.tagged(Tag("Figure", alt=alt or f"{plate.view.caption}.", box=edges)):
        _draw(pen, plate, beneath)


def _draw(pen: Pen, plate: Plate, beneath: Callable[[Pen, float], None] | None) -> None:
    frame = plate.frame
    draw_art(pen, plate.view.map, frame)
    pen.box(frame.box, line=0.75, radius=2.25)
    radius, marks = _crowding(plate)
    taken = [
        _around(*to_page(frame, mark.x, mark.y), _PIN if crowded else radius)
        for mark, crowded in marks
    ]
    taken.append(_draw_caption(pen, plate))
    taken.extend(_draw_letters(pen, plate, taken))
    if beneath:
        beneath(pen, radius)
    for mark, crowded in marks:
        if crowded:
            taken.append(_draw_pin(pen, frame, mark, taken))
        else:
            _draw_mark(pen, *to_page(frame, mark.x, mark.y), mark, radius)


def draw_mark(pen: Pen, x: float, y: float, mark: Mark, radius: float) -> None:
    """One mark with its number, at a place of the page; for the key beneath the maps."""
    _draw_mark(pen, x, y, mark, radius)


def _crowding(plate: Plate) -> tuple[float, list[tuple[Mark, bool]]]:
    """The radius of the marks; each mark, and whether its number would cover the next one's.

    All marks of a picture are of one size, or a larger one would look like a larger dose.
    """
    marks = plate.view.marks
    apart = [d * plate.frame.scale for d in _nearest(marks)] or [math.inf] * len(marks)
    crowded = [distance < _OVERLAP * SMALLEST_MARK for distance in apart]
    free = [distance for distance, tight in zip(apart, crowded, strict=True) if not tight]
    radius = min([LARGEST_MARK, *(distance / _OVERLAP for distance in free)])
    return radius, list(zip(marks, crowded, strict=True))


def _around(x: float, y: float, radius: float) -> Box:
    return Box(x - radius, y - radius, 2 * radius, 2 * radius)


def _shape(pen: Pen, x: float, y: float, mark: Mark, radius: float) -> None:
    fill = 0.0 if mark.given else 1.0
    inner = radius - _EDGE / 2
    if mark.square:
        # A square of the same area, so that it weighs the same.
        pen.box(_around(x, y, inner * 0.92), line=_EDGE, fill=fill)
    else:
        pen.disc(x, y, inner, line=_EDGE, fill=fill)


def _draw_mark(pen: Pen, x: float, y: float, mark: Mark, radius: float) -> None:
    _shape(pen, x, y, mark, radius)
    text = str(mark.number)
    size = radius * (1.16 if len(text) < 3 else 0.86)
    pen.text(
        x, y - CAP_HEIGHT * size / 2, text, size, Face.STRONG, align="centre", white=mark.given
    )


def _draw_pin(pen: Pen, frame: Frame, mark: Mark, taken: Sequence[Box]) -> Box:
    """A small dot at the place itself, its number beside it on a line; returns the number's box."""
    x, y = to_page(frame, mark.x, mark.y)
    size, text = 6.0, str(mark.number)
    wide, high = width_of(text, Face.STRONG, size) + 1.6, CAP_HEIGHT * size + 1.6
    best: tuple[int, Box] | None = None
    for distance in (7.0, 9.5, 12.5, 16.0, 20.0, 25.0):
        for step in range(24):
            angle = math.tau * step / 24
            box = Box(
                x + distance * math.cos(angle) - wide / 2,
                y + distance * math.sin(angle) - high / 2,
                wide,
                high,
            )
            hits = sum(box.meets(other) for other in taken) + 9 * (not frame.box.holds(box))
            if best is None or hits < best[0]:
                best = hits, box
        if best is not None and best[0] == 0:
            break
    assert best is not None
    box = best[1]
    _shape(pen, x, y, mark, _PIN)
    pen.line([(x, y), _edge_towards(box, x, y)], 0.5)
    middle = box.left + wide / 2
    pen.text(middle, box.bottom + 0.8, text, size, Face.STRONG, align="centre")
    return box


def _edge_towards(box: Box, x: float, y: float) -> tuple[float, float]:
    return min(max(x, box.left), box.right), min(max(y, box.bottom), box.top)


def _draw_caption(pen: Pen, plate: Plate) -> Box:
    box = plate.frame.box
    text = plate.view.caption
    wide = width_of(text, Face.STRONG, _CAPTION_SIZE)
    ground = Box(box.left + 3, box.top - 11.5, wide + 3.5, 9.8)
    pen.box(ground, fill=1.0, radius=1.5)
    pen.text(box.left + 4.5, box.top - 9.2, text, _CAPTION_SIZE, Face.STRONG)
    return ground


def _sides_shown(plate: Plate) -> tuple[Side | None, Side | None]:
    """The patient's sides at the left and the right edge; None where no body of that side shows."""
    drawn, frame = plate.view.map, plate.frame
    if drawn.midline_x is None:
        return drawn.viewer_left, None
    right = frame.x + frame.box.width / frame.scale
    bottom = frame.y + frame.box.height / frame.scale
    seen = {
        side_at(drawn, x)
        for shape in drawn.outline
        for x, y in shape.points
        if frame.x < x < right and frame.y < y < bottom
    } | {side_at(drawn, mark.x) for mark in plate.view.marks}
    other = Side.LEFT if drawn.viewer_left is Side.RIGHT else Side.RIGHT
    if not seen & {Side.LEFT, Side.RIGHT}:
        return side_at(drawn, frame.x), side_at(drawn, right)
    return (
        drawn.viewer_left if drawn.viewer_left in seen else None,
        other if other in seen else None,
    )


def _draw_letters(pen: Pen, plate: Plate, taken: Sequence[Box]) -> list[Box]:
    """R and L at the edges of the picture that they belong to; one letter if it shows one side."""
    frame = plate.frame
    wide, high = 8.5, 9.5
    ends = (frame.box.left + 3, frame.box.right - 3 - wide)
    corners = list(zip(_sides_shown(plate), ends, strict=True))
    placed = []
    for side, left in corners:
        if side is None:
            continue
        spots = [frame.box.bottom + 3 + step * 6 for step in range(int(frame.box.height / 6) - 3)]
        free = (Box(left, spot, wide, high) for spot in spots)
        box = next(
            (b for b in free if not any(b.meets(t) for t in taken)),
            Box(left, frame.box.bottom + 3, wide, high),
        )
        pen.box(box, fill=1.0, radius=1.5)
        pen.text(
            box.left + wide / 2,
            box.bottom + (high - CAP_HEIGHT * _LETTER_SIZE) / 2,
            side.value[0].upper(),
            _LETTER_SIZE,
            Face.STRONG,
            align="centre",
        )
        placed.append(box)
    return placed
