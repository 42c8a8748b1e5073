"""The page of an addendum: its record in, an unsigned PDF out, the same bytes for the same record.

It quotes the note it follows, says what is changed from what to what, and where it touches sites
draws that part of the map again: the signed place dashed, the corrected place solid.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.clinical.catalogue.entries import Catalogue
from app.notes import archival, plates, sections, words
from app.notes.body_drawing import to_page
from app.notes.paper import CAP_HEIGHT, DRAWING, SIZES, Box, Face, Pen, Run, circle
from app.notes.plates import Mark, Plate
from app.notes.record import Record, canonical, sha256
from app.notes.rows import (
    Column,
    Line,
    Row,
    fitting,
    head_row,
    heading,
    height_of,
    lines,
    space,
    table_row,
)
from app.notes.signature import FIELD

SCHEMA = "stipple-addendum/1"

_TOP, _BOTTOM, _FOOT = 30.0, 27.0, 15.0
_SIDE = {"letter": 40.3, "a4": 34.0}
_GAP = 9.0
_MAP_WIDTH = 300.0
_MAP_HEIGHT = 220.0
_ROW = 13.0

# How each kind is called on paper, and what heads what it says.
KINDS = {
    "correction": ("correction", "What is corrected"),
    "late_entry": ("late entry", "What is added"),
    "clarification": ("clarification", "What is made clear"),
    "cosignature": ("co-signature", ""),
    "attestation": ("attestation", "What is attested"),
    "wrong_patient": ("wrong patient, the note is void", "What really happened"),
}

# What a signature under each kind means.
MEANINGS = {
    "correction": "I wrote this correction and it is true.",
    "late_entry": "I wrote this late entry and it is true.",
    "clarification": "I wrote this clarification and it is true.",
    "attestation": "I attest to what is written above.",
    "wrong_patient": "This note was signed for the wrong patient, and I declare it void.",
    "cosignature": "I supervised this treatment, have read the note, and agree with it.",
}


@dataclass(slots=True)
class _Pages:
    """The pages as they are filled from the top; `y` is where the next row goes."""

    left: float
    height: float
    above: Callable[[bool], list[Row]]
    pages: list[list[Callable[[Pen], None]]] = field(default_factory=list)
    y: float = 0.0

    @property
    def room(self) -> float:
        return self.y - _BOTTOM - _FOOT

    def new(self) -> None:
        self.pages.append([])
        self.y = self.height - _TOP
        self.put(self.above(len(self.pages) == 1), self.left)

    def put(self, rows: Sequence[Row], x: float) -> None:
        for row in rows:
            self.pages[-1].append(_at(row.draw, x, self.y))
            self.y -= row.height

    def flow(self, rows: Sequence[Row]) -> None:
        """The rows below each other, going on where the next page begins."""
        rest = list(rows)
        while rest:
            count = fitting(rest, self.room)
            if not count and height_of(rest[:1]) > self.height / 2:
                count = 1  # A row that no page holds is drawn by itself rather than lost.
            self.put(rest[:count], self.left)
            rest = rest[count:]
            if rest:
                self.new()

    def flow_table(self, titles: Sequence[Row], rows: Sequence[Row]) -> None:
        """The rows under their titles; the last of these stands again on each page that follows."""
        self.keep(height_of([*titles, *rows[:1]]))
        self.put(titles, self.left)
        for row in rows:
            if row.height > self.room:
                self.new()
                self.put(titles[-1:], self.left)
            self.put([row], self.left)

    def keep(self, height: float) -> None:
        """A new page unless so much is free on this one."""
        if self.room < height:
            self.new()


def _at(draw: Callable[[Pen, float, float], None], x: float, y: float) -> Callable[[Pen], None]:
    return lambda pen: draw(pen, x, y)


def render(record: Record, known: Catalogue | None = None) -> bytes:
    """The addendum of this record, unsigned, with the empty field that the signature fills.

    Sites on a drawing of the clinic's own need the catalogue it is `known` by. ValueError for a
    record of another schema.
    """
    if record["schema"] != SCHEMA:
        raise ValueError(f"this layout prints {SCHEMA}, not {record['schema']}")
    paper = record["clinic"]["paper"]
    with DRAWING:
        pages, sign_box = _compose(record, known)
        out = io.BytesIO()
        pen = Pen(out, SIZES[paper], title=f"Addendum {record['addendum']['reference']}")
        for page in pages:
            for draw in page:
                draw(pen)
            pen.end_page()
        pen.finish()
    attached = archival.Attached(
        "record.json",
        "application/json",
        "The record of the addendum, from which these pages were laid out (canonical JSON)",
        canonical(record),
    )
    return archival.finished(
        out.getvalue(),
        pen.document,
        made_by=f"Stipple {record['software']}",
        at=record["signed_at"],
        attached=[attached],
        field=archival.Field(FIELD, "Signature of the provider", sign_box),
    )


def _compose(
    record: Record, known: Catalogue | None
) -> tuple[list[list[Callable[[Pen], None]]], Box]:
    paper = record["clinic"]["paper"]
    width, height = SIZES[paper]
    left, inner = _SIDE[paper], width - 2 * _SIDE[paper]
    sheet = _Pages(
        left,
        height,
        lambda first: _heading(record, inner, first=first),
    )
    sheet.new()
    sheet.flow(_parent(record, inner))
    sheet.y -= _GAP
    sheet.flow_table(*_changes(record, inner))
    sheet.flow(_said(record, inner))
    for ref in dict.fromkeys(site["after"]["map"] for site in record["sites"]):
        _show(sheet, record, ref, known, inner)
    digest = sha256(record)
    check_width = min(sections.natural_check_width(record, digest), 0.42 * inner)
    sign_width = inner - check_width - _GAP
    signing = _signing(record, sign_width - 14)
    check = sections.check(record, digest, check_width)
    proof = sections.proof(record, digest, inner)
    sign_height = max(height_of(signing) + 9, height_of(check))
    sheet.keep(sign_height + height_of(proof) + 2 * _GAP)
    sheet.y -= _GAP
    box = Box(left, sheet.y - sign_height, sign_width, sign_height)
    for rows, x in ((signing, left + 7), (check, left + sign_width + _GAP)):
        sheet.y = box.top - (5.5 if rows is signing else 0)
        sheet.put(rows, x)
    sheet.y = box.bottom - 3
    sheet.put(proof, left)
    for number, page in enumerate(sheet.pages, start=1):
        foot = sections.foot(
            record,
            inner,
            number,
            len(sheet.pages),
            addendum=record["addendum"]["number"],
        )
        page.append(_at(foot, left, _BOTTOM))
    return sheet.pages, box


# --- The parts ---------------------------------------------------------------------------------


def _heading(record: Record, width: float, *, first: bool) -> list[Row]:
    rows = [
        sections.letterhead(record, width),
        space(7),
        _title(record, width, first=first),
    ]
    return rows if first else [sections.unread(row) for row in rows]


def _title(record: Record, width: float, *, first: bool) -> Row:
    """Addendum 1: correction, with its own number at the right; a void note's says so in white."""
    own = record["addendum"]
    called = [Run("Signed addendum "), Run(own["reference"], Face.CODE)]
    text = f"Addendum {own['number']}: {KINDS[own['kind']][0]}" + ("" if first else ", continued")
    return sections.titled(text, called, width, flag="VOID" if _voids(record) else "")


def _voids(record: Record) -> bool:
    return bool(record["addendum"]["kind"] == "wrong_patient")


def _parent(record: Record, width: float) -> list[Row]:
    """Which note it follows, that this is unchanged, and the hashes that say which file it is."""
    note, zone = record["note"], record["clinic"]["time_zone"]
    signed = words.moment(note["signed_at"], zone)
    said = [
        Run(
            f"To note {note['number']}, signed by {words.person(note['signed_by'])}, {signed}.",
            Face.STRONG,
        ),
        Run(" That note is unchanged; this is read with it."),
    ]
    if _voids(record):
        said[1] = Run(
            " That note is unchanged and void: what it tells was not done to this patient."
        )
    rows = lines(said, width, size=sections.SENTENCE, leading=12.4)
    for name, quoted in (
        ("signed file", note["pdf_sha256"]),
        ("record in it", note["record_sha256"]),
    ):
        rows += lines(
            [Run(f"SHA-256 of the {name}: "), Run(_in_groups(quoted), Face.CODE)],
            width,
            size=sections.SMALL,
        )
    for earlier in record["follows"]:
        rows += lines(
            [
                Run(f"After addendum {earlier['number']}, SHA-256 of its file: "),
                Run(_in_groups(earlier["pdf_sha256"]), Face.CODE),
            ],
            width,
            size=sections.SMALL,
        )
    return rows


def _in_groups(sha256: str) -> str:
    return " ".join(sha256[at : at + 8] for at in range(0, len(sha256), 8))


def _changes(record: Record, width: float) -> tuple[list[Row], list[Row]]:
    """The titles, and what is changed, before and after, a row each; none for words alone."""
    if not record["changes"]:
        return [], []
    columns = [
        Column("Field", 0.36 * width),
        Column(f"T{_the_note(record)[1:]} says", 0.3 * width),
        Column("Correct is", 0.34 * width),
    ]
    rows = []
    for change in record["changes"]:
        cells: list[Line] = [
            [Run(change["field"])],
            [Run(change["before"])],
            [Run(change["after"], Face.STRONG)],
        ]
        rows.append(table_row(columns, cells, _ROW))
    title = heading(KINDS[record["addendum"]["kind"]][1])
    return [title, head_row(columns)], [*rows, space(_GAP)]


def _the_note(record: Record) -> str:
    """What a correction is held against: the note, or what earlier ones made of it."""
    corrected = any(earlier["kind"] == "correction" for earlier in record["follows"])
    return "the note as amended" if corrected else "the note"


def _said(record: Record, width: float) -> list[Row]:
    """The words: what is added, then why."""
    rows: list[Row] = []
    title = KINDS[record["addendum"]["kind"]][1]
    if record["text"]:
        rows.append(heading("In words" if record["changes"] else title))
        for paragraph in record["text"].split("\n"):
            rows += lines([Run(paragraph or " ")], width)
        rows.append(space(4))
    if record["reason"]:
        rows += lines([Run("Reason. ", Face.STRONG), Run(record["reason"])], width)
    return [*rows, space(_GAP)] if rows else []


def _signing(record: Record, width: float) -> list[Row]:
    """Who signed, when, what it means, and whether that is who signed the note."""
    author = words.person(record["note"]["signed_by"])
    own = words.person(record["signed_by"]) == author
    by = "Signed by the author of the note." if own else f"The note was signed by {author}."
    return sections.signed(record, width, also=by)


# --- The map, drawn again ----------------------------------------------------------------------


def _show(sheet: _Pages, record: Record, ref: str, known: Catalogue | None, inner: float) -> None:
    """The part of one drawing that is touched, and beside it what dashed and solid mean."""
    touched = [site for site in record["sites"] if site["after"]["map"] == ref]
    before = [_mark(site["number"], site["before"]) for site in touched if _is_moved(site)]
    after = [_mark(site["number"], site["after"]) for site in touched]
    around = [_mark(site["number"], site) for site in record["around"] if site["map"] == ref]
    everything = {ref: [*around, *after, *before]}
    for view in plates.views(everything, _MAP_WIDTH, known)[:1]:
        view = replace(
            view,
            marks=tuple(everything[ref]),
            need=plates.needed(view.map, everything[ref]),
            spacing=min([view.spacing, *map(_apart, filter(_is_moved, touched))]),
        )
        placed, high = plates.arranged([view], _MAP_WIDTH, _MAP_HEIGHT, 1)
        sheet.keep(high + 2 * _GAP)
        top = sheet.y
        [plate] = plates.moved(placed, sheet.left, top)
        solid = replace(plate.view, marks=(*around, *after))
        sheet.pages[-1].append(
            _drawn(Plate(solid, plate.frame), before, after, _aloud(plate, record))
        )
        x = sheet.left + _MAP_WIDTH + 14
        sheet.put(_meaning(record, touched, inner - _MAP_WIDTH - 14), x)
        sheet.y = min(sheet.y, top - high) - _GAP


def _aloud(plate: Plate, record: Record) -> str:
    """What the picture shows, for who cannot see it."""
    said = "; ".join(
        f"{change['field']}: {change['before']}, correct is {change['after']}"
        for change in record["changes"]
    )
    return f"{plate.view.caption}. {said}."


def _mark(number: int, site: Mapping[str, Any]) -> Mark:
    return Mark(number, float(site["x"]), float(site["y"]), site["state"] == "given", square=False)


def _apart(site: Mapping[str, Any]) -> float:
    """How far a site is corrected, in map units."""
    was, is_now = (_mark(site["number"], site[when]) for when in ("before", "after"))
    return math.dist((was.x, was.y), (is_now.x, is_now.y))


def _is_moved(site: Mapping[str, Any]) -> bool:
    before, after = site["before"], site["after"]
    return any(before[name] != after[name] for name in ("map", "x", "y"))


def _drawn(
    plate: Plate, before: Sequence[Mark], after: Sequence[Mark], alt: str
) -> Callable[[Pen], None]:
    """The picture: each signed place dashed, with a line to where it was corrected, solid."""

    def on_page(mark: Mark) -> tuple[float, float]:
        return to_page(plate.frame, mark.x, mark.y)

    to = {mark.number: on_page(mark) for mark in after}
    moves = [(mark.number, on_page(mark), to[mark.number]) for mark in before]
    solid = [on_page(mark) for mark in plate.view.marks]

    def beneath(pen: Pen, radius: float) -> None:
        for _number, place, end in moves:
            pen.line([place, end], 0.6, dash=(1.6, 1.4))
        for number, place, _end in moves:
            # Under a solid mark its number could not be read; the line says whose place it is.
            covered = any(math.dist(place, other) < 1.6 * radius for other in solid)
            _draw_dashed(pen, *place, radius, "" if covered else str(number))
        for place in solid:
            _draw_ground(pen, *place, radius + 0.9)

    return lambda pen: plates.draw(pen, plate, alt, beneath)


def _draw_dashed(pen: Pen, x: float, y: float, radius: float, number: str) -> None:
    _draw_ground(pen, x, y, radius)
    pen.curves([circle(x, y, radius - 0.4)], line=0.8, dash=(2.0, 1.6))
    size = radius * 1.05
    pen.text(x, y - CAP_HEIGHT * size / 2, number, size, align="centre")


def _draw_ground(pen: Pen, x: float, y: float, radius: float) -> None:
    """White paper under a mark, so that no line runs into its number."""
    pen.curves([circle(x, y, radius)], fill=1.0)


def _meaning(record: Record, touched: Sequence[Mapping[str, Any]], width: float) -> list[Row]:
    rows: list[Row] = []
    if any(_is_moved(site) for site in touched):
        rows += lines(
            [
                Run("Solid", Face.STRONG),
                Run(" is where it was given. "),
                Run("Dashed", Face.STRONG),
                Run(f" is where {_the_note(record)} drew it."),
            ],
            width,
        )
    if any(site["after"]["state"] != "given" for site in touched):
        rows += lines([Run("Hollow", Face.STRONG), Run(" was not given.")], width)
    numbers = words.ranges(site["number"] for site in touched)
    stand = "signed" if _the_note(record) == "the note" else "amended"
    which = "site" if len(touched) == 1 else "sites"
    rows += lines([Run(f"Corrected: {which} {numbers}. The others stand as {stand}.")], width)
    return rows
