"""The page of a note: a record in, an unsigned PDF out, the same bytes for the same record.

Each part of the note becomes rows that know their height; pages are filled with rows. A note of
31 sites is one page; more flow on, under the same heading, and the signature stands at the end.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from app.clinical.catalogue.entries import Catalogue
from app.notes import archival, draft, plates, sections
from app.notes.paper import DRAWING, SIZES, Box, Pen
from app.notes.plates import Plate
from app.notes.record import SCHEMA, Record, canonical
from app.notes.rows import HAIR, Row, Table, fitting, height_of, space
from app.notes.signature import FIELD
from app.notes.tags import Tag

_TOP, _BOTTOM = 30.0, 27.0
_SIDE = {"letter": 40.3, "a4": 34.0}
_FOOT = 15.0
_COLUMN_GAP, _BLOCK_GAP = 14.0, 9.0

_MAPS_WIDTH = 264.0
_KEY_HEIGHT = 15.0
_LEAST_MAPS, _TALLEST_MAPS = 250.0, 390.0

# Heights of a row in the table of sites: what reads best first, what a full page asks for last.
_ROW_HEIGHTS = (12.2, 11.6, 11.0, 10.5, 10.0, 9.6)
_EASY, _TIGHT, _TIGHTEST = _ROW_HEIGHTS[0], _ROW_HEIGHTS[-1], 9.0


@dataclass(slots=True)
class Page:
    """What is on one page, in drawing order, and the maps it shows."""

    draw: list[Callable[[Pen], None]] = field(default_factory=list)
    plates: list[Plate] = field(default_factory=list)


def render(record: Record, known: Catalogue | None = None) -> bytes:
    """The note of this record, unsigned, with the empty field that the signature fills.

    Sites on a drawing of the clinic's own need the catalogue it is `known` by. ValueError
    for a record of another schema.
    """
    if record["schema"] != SCHEMA:
        raise ValueError(f"this layout prints {SCHEMA}, not {record['schema']}")
    written = canonical(record)
    pages, structure, sign_box = _drawn(
        record,
        known,
        title=f"Session note {record['note']['number']}",
        digest=hashlib.sha256(written).hexdigest(),
    )
    return archival.finished(
        pages,
        structure,
        made_by=f"Stipple {record['software']}",
        at=record["signed_at"],
        attached=[archival.record_file(written)],
        field=archival.Field(FIELD, "Signature of the provider", sign_box),
    )


def render_draft(described: Record, known: Catalogue | None = None) -> bytes:
    """The note as it would be, if `described["draft"]` were signed now: marked as none on every
    page, without signature, field, code and record."""
    pages, structure, _ = _drawn(
        described, known, title="Draft of a session note, not signed", digest=""
    )
    return archival.finished(
        pages,
        structure,
        made_by=f"Stipple {described['software']}",
        at=described["draft"]["at"],
    )


def _drawn(
    record: Record, known: Catalogue | None, *, title: str, digest: str
) -> tuple[bytes, Tag, Box]:
    """The pages, what they are read out as, and the place of the signature on the last."""
    with DRAWING:
        pages, sign_box = compose(record, known, digest)
        out = io.BytesIO()
        pen = Pen(out, SIZES[record["clinic"]["paper"]], title=title)
        for page in pages:
            for draw in page.draw:
                draw(pen)
            pen.end_page()
        pen.finish()
    return out.getvalue(), pen.document, sign_box


# --- Filling pages -----------------------------------------------------------------------------


def compose(record: Record, known: Catalogue | None, digest: str) -> tuple[list[Page], Box]:
    """The pages of the note, and the place of the signature on the last of them.

    `digest` is the SHA-256 that proves the record, or "": what proves a note stands on no draft.

    Ways to lay out the page are tried in turn, and the first that holds everything on one page is
    taken. Failing all, the table flows on over as many pages as it needs.
    """
    sheet = _Sheet(record, known, digest)
    one_page = (_facts_beneath_table, _table_beside_maps, _facts_beside_maps)
    # One page with marks close together is better than two, but not better than one with room.
    if not any(attempt(sheet, crowded) for crowded in (False, True) for attempt in one_page):
        _over_several_pages(sheet)
    sign_box = sheet.close()
    for number, page in enumerate(sheet.pages, start=1):
        foot = sections.foot(record, sheet.inner, number, len(sheet.pages))
        page.draw.append(_at(foot, sheet.left, _BOTTOM))
    return sheet.pages, sign_box


class _Sheet:
    """The pages of one note as they are filled from the top; `y` is where the next row goes."""

    def __init__(self, record: Record, known: Catalogue | None, digest: str) -> None:
        paper = record["clinic"]["paper"]
        self.record = record
        self.known = known
        self.width, self.height = SIZES[paper]
        self.left = _SIDE[paper]
        self.inner = self.width - 2 * self.left
        self.marks = plates.marks_of(record["sites"])
        self.cells = sections.site_cells(record)
        self.findings = [
            *sections.answers(record, self.inner),
            *sections.adverse_events(record, self.inner),
            *sections.findings(record, self.inner),
        ]
        self.is_draft = "draft" in record
        check_width = (
            min(sections.natural_check_width(record, digest), 0.42 * self.inner) if digest else 0.0
        )
        self.sign_width = self.inner - (check_width + _BLOCK_GAP if digest else 0.0)
        self.signing = (sections.signing if digest else draft.signing)(record, self.sign_width - 14)
        self.check = sections.check(record, digest, check_width) if digest else []
        self.proof = sections.proof(record, digest, self.inner) if digest else []
        self.sign_height = max(height_of(self.signing) + 6, height_of(self.check)) + 3
        self.pages: list[Page] = []
        self.y = 0.0
        self.new_page()
        self.flow([sections.opening(record, self.inner)], [self.left])
        self.y -= 6
        self.page_top = self.y

    @property
    def page(self) -> Page:
        return self.pages[-1]

    @property
    def room(self) -> float:
        """The height still free on this page."""
        return self.y - _BOTTOM - _FOOT

    @property
    def closing(self) -> float:
        """The height that answers, findings and signature take at the end of the note."""
        found = height_of(self.findings) + _BLOCK_GAP if self.findings else 0.0
        return found + self.sign_height + height_of(self.proof) + _BLOCK_GAP

    def new_page(self) -> None:
        self.pages.append(Page())
        if self.is_draft:
            self.page.draw.append(draft.across)
        self.y = self.height - _TOP
        first = len(self.pages) == 1
        self.put(sections.page_heading(self.record, self.inner, first=first), self.left)
        self.y -= 0 if first else 3
        self.page_top = self.y

    def put(self, rows: Sequence[Row], x: float) -> None:
        """Draws the rows below each other and goes on beneath them."""
        self.beside([rows], [x])

    def beside(self, columns: Sequence[Sequence[Row]], xs: Sequence[float]) -> None:
        """Draws columns of rows side by side and goes on beneath the longest."""
        for rows, x in zip(columns, xs, strict=False):
            top = self.y
            for row in rows:
                self.page.draw.append(_at(row.draw, x, top))
                top -= row.height
        self.y -= max(map(height_of, columns), default=0.0)

    def flow(self, columns: Sequence[Sequence[Row]], xs: Sequence[float]) -> None:
        """Columns side by side, each going on where the next page begins."""
        rest = [list(column) for column in columns]
        while any(rest):
            counts = [fitting(column, self.room) for column in rest]
            if not any(counts) and self.y == self.page_top:
                # Rows that no page can keep together are parted rather than lost.
                counts = [min(1, len(column)) for column in rest]
            self.beside([column[:n] for column, n in zip(rest, counts, strict=True)], xs)
            rest = [column[n:] for column, n in zip(rest, counts, strict=True)]
            if any(rest):
                self.new_page()

    def show(self, arranged: Sequence[Plate], x: float, height: float) -> None:
        """Draws the maps, their upper left corner at (x, y), and their key beneath; `y` stays."""
        for plate in plates.moved(arranged, x, self.y):
            self.page.plates.append(plate)
            alt = sections.read_out(self.record, plate)
            self.page.draw.append(partial(plates.draw, plate=plate, alt=alt))
        marks = [mark for plate in arranged for mark in plate.view.marks]
        middle = self.y - height - _KEY_HEIGHT / 2 - 1
        self.page.draw.append(lambda pen: sections.key(pen, x, middle, marks))

    def rule(self) -> None:
        """A line across the page, with the space that goes with it."""
        y = self.y - _BLOCK_GAP / 2
        ends = [(self.left, y), (self.left + self.inner, y)]
        self.page.draw.append(lambda pen: pen.line(ends, 2 * HAIR))
        self.y -= _BLOCK_GAP

    def close(self) -> Box:
        """What was asked and found, then the signature at the foot; the place of the signature."""
        if self.findings:
            if self.room < self.closing and self.y < self.page_top:
                self.new_page()
            self.rule()
            self.flow([self.findings], [self.left])
        proof = height_of(self.proof)
        if self.room < self.sign_height + proof:
            self.new_page()
        bottom = _BOTTOM + _FOOT + proof
        box = Box(self.left, bottom, self.sign_width, self.sign_height - 3)
        if self.is_draft:
            self.page.draw.append(lambda pen: draft.frame(pen, box))
        self.y = box.top - 2.5
        self.put(self.signing, self.left + 7)
        self.y = box.top
        self.put(self.check, self.left + self.sign_width + _BLOCK_GAP)
        self.y = bottom - 2
        self.put(self.proof, self.left)
        return box

    def table(self, width: float, row_height: float) -> Table:
        """The table of sites."""
        return sections.site_table(self.record, self.cells, width, row_height)

    def across(self, widths: Sequence[float]) -> list[float]:
        """Where columns of these widths begin."""
        return [
            self.left + sum(widths[:place]) + place * _COLUMN_GAP for place in range(len(widths))
        ]


def _at(draw: Callable[[Pen, float, float], None], x: float, y: float) -> Callable[[Pen], None]:
    return lambda pen: draw(pen, x, y)


# --- Ways to lay out the page ------------------------------------------------------------------


def _facts_beneath_table(sheet: _Sheet, crowded: bool) -> bool:
    """Few sites: maps on the left; on the right the table, and all facts beneath it."""
    width = sheet.inner - _MAPS_WIDTH - _COLUMN_GAP
    room = min(sheet.room - sheet.closing, 540.0)
    facts = _stacked_facts(sheet, width)
    if len(sheet.record["sites"]) * _EASY + height_of(facts) > room:
        return False
    rows = [*sheet.table(width, _EASY).whole(), space(_BLOCK_GAP), *facts]
    height = height_of(rows)
    if height > room:
        return False
    shown, maps_height = _maps(sheet, _MAPS_WIDTH, height, 2)
    if _crowded(shown) and not crowded:
        return False
    _show_beside(sheet, shown, maps_height, _MAPS_WIDTH, rows)
    return True


def _table_beside_maps(sheet: _Sheet, crowded: bool) -> bool:
    """The usual page: maps on the left, the table of sites on the right, the facts beneath."""
    width = sheet.inner - _MAPS_WIDTH - _COLUMN_GAP
    widths, facts = _facts_in_a_row(sheet)
    room = sheet.room - sheet.closing - max(map(height_of, facts)) - _BLOCK_GAP
    # A table that is too high without its head is not laid out first.
    heights = [each for each in _ROW_HEIGHTS if len(sheet.record["sites"]) * each <= room]
    tables = (sheet.table(width, row_height).whole() for row_height in heights)
    rows = next((table for table in tables if height_of(table) <= room), None)
    if rows is None:
        return False
    shown, maps_height = _maps(sheet, _MAPS_WIDTH, max(height_of(rows), min(room, 250.0)), 2)
    if _crowded(shown) and not crowded:
        return False
    _show_beside(sheet, shown, maps_height, _MAPS_WIDTH, rows)
    sheet.rule()
    sheet.flow(facts, sheet.across(widths))
    return True


def _facts_beside_maps(sheet: _Sheet, crowded: bool) -> bool:
    """Many sites on one page: the facts beside the maps, the table in columns beneath.

    Where the facts are too many, the codes stand across the page; the rows of the table close up
    before that, and again after.
    """
    return any(
        _facts_beside_maps_with(sheet, crowded, across, row_height)
        for across in (False, True)
        for row_height in (_TIGHT, _TIGHTEST)
    )


def _facts_beside_maps_with(sheet: _Sheet, crowded: bool, across: bool, row_height: float) -> bool:
    beside = _vial_width(sheet)
    codes = sections.codes_across(sheet.record, sheet.inner) if across else []
    facts = _stacked(_facts(sheet.record, [beside] * 3)[: 2 if across else 3])
    count, width = _table_columns(sheet)
    columns = sheet.table(width, row_height).side_by_side(count)
    beneath = max(map(height_of, columns)) + height_of(codes) + _BLOCK_GAP * (1 + across)
    room = sheet.room - sheet.closing - beneath
    if height_of(facts) > room:
        return False
    shown, maps_height = _maps(sheet, _beside_facts(sheet), min(room, _TALLEST_MAPS), 3)
    if _crowded(shown) and not crowded:
        return False
    _show_beside(sheet, shown, maps_height, _beside_facts(sheet), facts)
    sheet.y -= _BLOCK_GAP
    sheet.beside(columns, sheet.across([width] * count))
    if across:
        sheet.rule()
        sheet.put(codes, sheet.left)
    return True


def _over_several_pages(sheet: _Sheet) -> None:
    """Large maps, then the table in columns over as many pages as it takes, then the facts."""
    if sheet.room < _LEAST_MAPS:
        sheet.new_page()
    tallest = min(_TALLEST_MAPS, sheet.room)
    shown, maps_height = _maps(sheet, sheet.inner, tallest, 4)
    narrower, narrower_height = _maps(sheet, _beside_facts(sheet), tallest, 4)
    stacked = _stacked_facts(sheet, _vial_width(sheet))
    beside = height_of(stacked) <= narrower_height and _smallest(narrower) > 0.9 * _smallest(shown)
    if beside:
        _show_beside(sheet, narrower, narrower_height, _beside_facts(sheet), stacked)
    else:
        sheet.show(shown, sheet.left, maps_height)
        sheet.y -= maps_height + _KEY_HEIGHT
    sheet.y -= _BLOCK_GAP
    count, width = _table_columns(sheet)
    table = sheet.table(width, _EASY)
    while table.body:
        if sheet.room < height_of(table.head) + 4 * _EASY and sheet.y < sheet.page_top:
            sheet.new_page()
        sheet.beside(table.take(count, sheet.room), sheet.across([width] * count))
        if table.body:
            sheet.new_page()
    if beside:
        return
    widths, facts = _facts_in_a_row(sheet)
    if sheet.room < max(map(height_of, facts)) + sheet.closing + _BLOCK_GAP:
        sheet.new_page()
    else:
        sheet.rule()
    sheet.flow(facts, sheet.across(widths))


def _show_beside(
    sheet: _Sheet, shown: Sequence[Plate], maps_height: float, maps_width: float, rows: list[Row]
) -> None:
    """Maps on the left, rows on the right; the page goes on beneath the longer of them."""
    sheet.show(shown, sheet.left, maps_height)
    beneath = sheet.y - maps_height - _KEY_HEIGHT
    sheet.put(rows, sheet.left + maps_width + _COLUMN_GAP)
    sheet.y = min(sheet.y, beneath)


def _beside_facts(sheet: _Sheet) -> float:
    """How wide maps may be that have the facts at their side."""
    return sheet.inner - _vial_width(sheet) - _COLUMN_GAP


def _vial_width(sheet: _Sheet) -> float:
    return min(max(sections.natural_vial_width(sheet.record), 170.0), 205.0)


def _smallest(shown: Sequence[Plate]) -> float:
    return min((plate.frame.scale for plate in shown), default=1.0)


def _maps(sheet: _Sheet, width: float, height: float, in_a_row: int) -> tuple[list[Plate], float]:
    """The maps and the height they take, their key not counted, within `height` with it.

    Where marks would touch, a map is parted as if its picture were one of a row, if that helps.
    """

    def arranged(widest: float) -> tuple[list[Plate], float]:
        pictures = plates.views(sheet.marks, widest, sheet.known)
        return plates.arranged(pictures, width, height - _KEY_HEIGHT, in_a_row, fill=True)

    shown, taken = arranged(width)
    if _crowded(shown):
        parted, parted_taken = arranged(width / in_a_row)
        if _closest(parted) > _closest(shown):
            return parted, parted_taken
    return shown, taken


def _closest(shown: Sequence[Plate]) -> float:
    """How near each other, in points, marks lie on the picture where they are nearest."""
    return min((plate.view.spacing * plate.frame.scale for plate in shown), default=math.inf)


def _crowded(shown: Sequence[Plate]) -> bool:
    """Whether marks touch on a map that could be shown larger."""
    return any(
        plate.view.spacing * plate.frame.scale < 1.9 * plates.SMALLEST_MARK
        and plate.frame.scale < 0.75 * plate.view.closest
        for plate in shown
    )


def _facts(record: Record, widths: Sequence[float]) -> list[list[Row]]:
    return [
        sections.units_by_muscle(record, widths[0]),
        sections.product_and_vial(record, widths[1]),
        sections.indication_and_codes(record, widths[2]),
    ]


def _stacked_facts(sheet: _Sheet, width: float) -> list[Row]:
    return _stacked(_facts(sheet.record, [width] * 3))


def _stacked(parts: Sequence[list[Row]]) -> list[Row]:
    first, *others = parts
    return first + [row for part in others for row in (space(_BLOCK_GAP), *part)]


def _facts_in_a_row(sheet: _Sheet) -> tuple[list[float], list[list[Row]]]:
    """The facts in three columns: as wide as they ask, within reason; codes take the rest."""
    units = min(max(sections.natural_units_width(sheet.record), 140.0), 200.0)
    vial = _vial_width(sheet)
    widths = [units, vial, sheet.inner - units - vial - 2 * _COLUMN_GAP]
    return widths, _facts(sheet.record, widths)


def _table_columns(sheet: _Sheet) -> tuple[int, float]:
    """How many columns the table of sites takes across the page, and how wide each is."""
    natural = sum(sheet.cells.widths)
    for count in (3, 2):
        width = (sheet.inner - (count - 1) * _COLUMN_GAP) / count
        if natural <= width:
            return count, width
    return 2, width
