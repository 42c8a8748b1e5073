"""Paper that is no note: a letterhead and a foot on every page, and rows that flow over pages.

A leaf is what one patient gets; several leaves make one file, each with pages of its own count.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.notes import archival
from app.notes.paper import DRAWING, SIZES, Box, Face, Pen, Run, broken, printable, width_of
from app.notes.rows import BODY, HAIR, LEADING, Line, Row, fitting, height_of, lines, space
from app.notes.tags import ARTIFACT, Tag

TOP, BOTTOM, FOOT = 30.0, 27.0, 16.0
SIDE = {"letter": 40.3, "a4": 34.0}
TITLE, NAME, CLINIC, SMALL = 14.5, 11.25, 9.75, 7.5
RULE = 1.1
TICK = 7.2  # a box to be ticked by hand
_OF_THE_HEAD = 3  # rows over the title: letterhead, rule, space

Draw = Callable[[Pen], None]


@dataclass(frozen=True, slots=True)
class Head:
    """What heads each page: the clinic on the left, and whom it is about on the right."""

    clinic: Mapping[str, Any]
    name: Line
    about: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Part:
    """What begins on a page of its own: its title, what stands at the title's end, its rows."""

    title: str
    aside: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one patient gets. `foot` stands left and in the middle of each page's last line, what
    `paging` says of page and pages at its end."""

    head: Head
    parts: Sequence[Part]
    foot: tuple[str, str]
    lang: str | None = None  # where it is not the document's
    paging: Callable[[int, int], str] = lambda number, count: f"Page {number} of {count}"


def inner_width(paper: str) -> float:
    """How wide the rows of a page of this paper are."""
    return SIZES[paper][0] - 2 * SIDE[paper]


def room_beneath(paper: str, head: Head, title: str, aside: str) -> float:
    """The height that a page has for rows under its letterhead and title."""
    above = _above(head, Part(title, aside, ()), inner_width(paper))
    return SIZES[paper][1] - TOP - BOTTOM - FOOT - height_of(above)


def render(paper: str, title: str, leaves: Sequence[Leaf], *, at: str) -> bytes:
    """The leaves one after the other as one tagged PDF; same leaves, same bytes.

    `at` is the instant of the document in ISO 8601, UTC with a Z.
    """
    with DRAWING:
        out = io.BytesIO()
        pen = Pen(out, SIZES[paper], title=title)
        whole = pen.document
        for leaf in leaves:
            pen.document = Tag("Sect", whole, lang=leaf.lang)
            pen.document.place(whole)
            for page in _pages(paper, leaf):
                for draw in page:
                    draw(pen)
                pen.end_page()
        pen.finish()
    return archival.finished(out.getvalue(), whole, made_by="Stipple", at=at)


def _pages(paper: str, leaf: Leaf) -> list[list[Draw]]:
    left, width = SIDE[paper], inner_width(paper)
    pages: list[list[Draw]] = []
    for part in leaf.parts:
        above, rest = _above(leaf.head, part, width), list(part.rows)
        room = SIZES[paper][1] - TOP - BOTTOM - FOOT - height_of(above)
        first = True
        while True:
            # A row that no page holds is drawn by itself rather than lost.
            count = fitting(rest, room) or min(1, len(rest))
            # Whose sheet it is is read out once, each title where its part begins.
            heads = [*(above[:_OF_THE_HEAD] if not pages else map(_unread, above[:_OF_THE_HEAD]))]
            titles = above[_OF_THE_HEAD:] if first else map(_unread, above[_OF_THE_HEAD:])
            pages.append(_placed([*heads, *titles, *rest[:count]], left, SIZES[paper][1] - TOP))
            rest, first = rest[count:], False
            if not rest:
                break
    for number, page in enumerate(pages, start=1):
        foot = _foot(leaf.foot, leaf.paging(number, len(pages)), width, is_read=number == 1)
        page.append(_at(foot, left, BOTTOM))
    return pages


def _unread(row: Row) -> Row:
    """The row as something that is seen again and not read out again."""

    def draw(pen: Pen, x: float, top: float) -> None:
        with pen.tagged(ARTIFACT):
            row.draw(pen, x, top)

    return Row(row.height, draw, row.keep)


def _placed(rows: Sequence[Row], x: float, y: float) -> list[Draw]:
    drawn = []
    for row in rows:
        drawn.append(_at(row.draw, x, y))
        y -= row.height
    return drawn


def _at(draw: Callable[[Pen, float, float], None], x: float, y: float) -> Draw:
    return lambda pen: draw(pen, x, y)


def _above(head: Head, part: Part, width: float) -> list[Row]:
    clinic, half = head.clinic, (width - 16) / 2
    ours = [
        *lines([Run(clinic["name"], Face.STRONG)], half, size=CLINIC, leading=13.4),
        *lines([Run(", ".join(clinic["address"]))], half),
    ]
    if clinic["telephone"]:
        ours += lines([Run(f"Telephone {clinic['telephone']}")], half)
    theirs = [
        *lines(head.name, half, size=NAME, leading=13.4, align="right"),
        *(row for line in head.about for row in lines(line, half, align="right")),
    ]
    letterhead = beside([ours, theirs], [0.0, width - half])

    def rule(pen: Pen, x: float, top: float) -> None:
        pen.line([(x, top - 5), (x + width, top - 5)], RULE)

    return [letterhead, Row(5, rule), space(8), _title(part, width), space(3)]


def _title(part: Part, width: float) -> Row:
    aside = printable(Run(part.aside))
    room = width - width_of(aside.text, aside.face, BODY) - 18
    titled = broken([Run(part.title, Face.STRONG)], room, TITLE)
    tag = Tag("H1")

    def draw(pen: Pen, x: float, top: float) -> None:
        with pen.tagged(tag):
            for place, line in enumerate(titled):
                more = place + 1 < len(titled)
                pen.runs(x, top - 13 - place * 17, line, TITLE, goes_on=more)
        pen.runs(x + width, top - 13, [aside], BODY, align="right")

    return Row(len(titled) * 17 + 2, draw)


def _foot(
    said: tuple[str, str], paging: str, width: float, *, is_read: bool
) -> Callable[[Pen, float, float], None]:
    """The last line of a page; what it says is read out once."""
    tags = [Tag("P") if is_read else ARTIFACT for _ in said]

    def draw(pen: Pen, x: float, baseline: float) -> None:
        with pen.tagged(tags[0]):
            pen.text(x, baseline, said[0], SMALL)
        with pen.tagged(tags[1]):
            pen.text(x + width / 2, baseline, said[1], SMALL, align="centre")
        with pen.tagged(ARTIFACT):
            pen.text(x + width, baseline, paging, SMALL, align="right")

    return draw


# --- Rows that are filled in by hand -----------------------------------------------------------


def beside(columns: Sequence[Sequence[Row]], xs: Sequence[float]) -> Row:
    """Columns of rows side by side, as one row that is never torn."""

    def draw(pen: Pen, x: float, top: float) -> None:
        for rows, start in zip(columns, xs, strict=True):
            y = top
            for row in rows:
                row.draw(pen, x + start, y)
                y -= row.height

    return Row(max(map(height_of, columns), default=0.0), draw)


def blank(width: float, height: float = 15.0) -> Row:
    """A line to write on."""

    def draw(pen: Pen, x: float, top: float) -> None:
        pen.line([(x, top - height + 1.5), (x + width, top - height + 1.5)], 0.6)

    return Row(height, draw)


def blank_pairs(terms: Sequence[str], width: float) -> list[Row]:
    """Terms, and a line to write on after each."""
    indent = max(width_of(term, Face.TEXT, BODY) for term in terms) + 8

    def row(term: str) -> Row:
        def draw(pen: Pen, x: float, top: float) -> None:
            pen.text(x, top - 11.5, term, BODY)
            pen.line([(x + indent, top - 13), (x + width, top - 13)], 0.6)

        return Row(16.0, draw)

    return [row(term) for term in terms]


def ticks(
    text: Line, answers: Sequence[str], width: float, *, height: float, indent: float = 0.0
) -> Row:
    """What is asked, and a box before each answer, none of them ticked; `height` is of one line."""
    widths = [width_of(each, Face.TEXT, BODY) + TICK + 16 for each in answers]
    asked = broken(text, width - sum(widths) - indent - 6, BODY)
    height += (len(asked) - 1) * LEADING
    tag = Tag("P")

    def draw(pen: Pen, x: float, top: float) -> None:
        with pen.tagged(tag):
            for place, line in enumerate(asked):
                pen.runs(x + indent, top - 10 - place * LEADING, line, BODY, goes_on=True)
        start = x + width - sum(widths)
        for each, wide in zip(answers, widths, strict=True):
            tick(pen, start + 8, top - 10)
            with pen.tagged(tag):
                text = [printable(Run(each))]
                pen.runs(start + TICK + 12, top - 10, text, BODY, goes_on=each != answers[-1])
            start += wide
        pen.line([(x, top - height + 0.5), (x + width, top - height + 0.5)], HAIR, dash=(0.8, 1.6))

    return Row(height, draw)


def tick(pen: Pen, x: float, baseline: float) -> None:
    """One empty box on a line of text."""
    pen.box(Box(x, baseline - 0.8, TICK, TICK), line=0.8, radius=1.0)


def ruled(
    titles: Sequence[str], widths: Sequence[float], rows: Sequence[Sequence[str]], height: float
) -> list[Row]:
    """A table with a cell for everything, to be filled in by hand; its head is kept with it."""
    total = sum(widths)
    edges = [sum(widths[:place]) for place in range(len(widths) + 1)]
    table = Tag("Table")
    title_row = Tag("TR", table)
    heads = [Tag("TH", title_row, scope="Column") for _ in titles]

    def grid(pen: Pen, x: float, top: float, tall: float) -> None:
        pen.line([(x, top - tall), (x + total, top - tall)], HAIR)
        for edge in edges:
            pen.line([(x + edge, top), (x + edge, top - tall)], HAIR)

    def head(pen: Pen, x: float, top: float) -> None:
        pen.line([(x, top), (x + total, top)], HAIR)
        for title, edge, tag in zip(titles, edges, heads, strict=False):
            with pen.tagged(tag):
                pen.text(x + edge + 3, top - 9.6, title, BODY, Face.STRONG)
        grid(pen, x, top, 13.6)

    def row(cells: Sequence[str]) -> Row:
        line = Tag("TR", table)
        first = Tag("TH", line, scope="Row", headers=heads[:1])
        others = [Tag("TD", line, headers=[each, first]) for each in heads[1:]]

        def draw(pen: Pen, x: float, top: float) -> None:
            for place, tag in enumerate([first, *others]):
                with pen.tagged(tag):
                    if place < len(cells):
                        end = x + edges[place + 1] - 3
                        pen.text(end, top - height / 2 - 3, cells[place], BODY, align="right")
            grid(pen, x, top, height)

        return Row(height, draw)

    return [Row(13.6, head, keep=True), *map(row, rows)]


def box_line(text: str, width: float) -> Row:
    """One thing to tick off."""

    def draw(pen: Pen, x: float, top: float) -> None:
        tick(pen, x, top - 11)
        pen.text(x + TICK + 5, top - 11, text, BODY)
        pen.line([(x, top - 15.5), (x + width, top - 15.5)], HAIR, dash=(0.8, 1.6))

    return Row(16.0, draw)
