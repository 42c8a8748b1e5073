"""What a page is filled with: rows that know their height, made of lines, pairs and table cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.notes.paper import CAP_HEIGHT, Face, Pen, Run, broken, length, printable

BODY = 8.25
LEADING = 11.05
HAIR = 0.5
PAD = 3.0  # left and right within a cell

Line = Sequence[Run]


@dataclass(frozen=True, slots=True)
class Row:
    """A part of a column that is never torn: its height, and how it is drawn from its upper left.

    `keep` binds it to the row after it, as a heading is bound to what it heads.
    """

    height: float
    draw: Callable[[Pen, float, float], None]
    keep: bool = False


def height_of(rows: Sequence[Row]) -> float:
    return sum(row.height for row in rows)


def fitting(rows: Sequence[Row], room: float) -> int:
    """How many rows fit, without leaving one behind that is to be kept with the next."""
    used, count = 0.0, 0
    for row in rows:
        used += row.height
        if used > room + 0.01:
            break
        count += 1
    while 0 < count < len(rows) and rows[count - 1].keep:
        count -= 1
    return count


def space(height: float) -> Row:
    return Row(height, lambda pen, x, top: None)


def lines(
    runs: Line, width: float, *, size: float = BODY, leading: float = LEADING, align: str = "left"
) -> list[Row]:
    """A paragraph, one row a line. A right-aligned one ends at `width`."""

    def row(line: Line) -> Row:
        def draw(pen: Pen, x: float, top: float) -> None:
            start = x + width if align == "right" else x
            pen.runs(start, _baseline(top, leading, size), line, size, align=align)

        return Row(leading, draw)

    return [row(line) for line in broken(runs, width, size)]


def heading(text: str) -> Row:
    """The heading of a part, bound to its first row."""

    def draw(pen: Pen, x: float, top: float) -> None:
        pen.text(x, _baseline(top, LEADING, BODY), text, BODY, Face.STRONG)

    return Row(LEADING + 1.5, draw, keep=True)


def pairs(rows: Sequence[tuple[str, Line]], width: float) -> list[Row]:
    """Terms and what they are, the terms in a column of their own."""
    if not rows:
        return []
    term_width = _term_width(rows)
    made: list[Row] = []
    for term, value in rows:
        for place, line in enumerate(broken(value, width - term_width, BODY)):

            def draw(
                pen: Pen,
                x: float,
                top: float,
                term: str = term,
                line: Line = line,
                first: bool = place == 0,
            ) -> None:
                baseline = _baseline(top, LEADING, BODY)
                if first:
                    pen.text(x, baseline, term, BODY)
                pen.runs(x + term_width, baseline, line, BODY)

            made.append(Row(LEADING, draw))
    return made


def natural_pairs_width(rows: Sequence[tuple[str, Line]]) -> float:
    """How wide pairs are when no value is broken."""
    values = (length([printable(run) for run in value], BODY) for _, value in rows)
    return _term_width(rows) + max(values, default=0.0) + 0.5 if rows else 0.0


def _term_width(rows: Sequence[tuple[str, Line]]) -> float:
    return max(length([printable(Run(term))], BODY) for term, _ in rows) + 8


# --- Tables ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, its width, whether it holds figures (set to the right)."""

    title: str
    width: float
    figures: bool = False


@dataclass(slots=True)
class Table:
    """A table as rows: its head, which repeats in each column and page, its body, its sums."""

    head: list[Row]
    body: list[Row]
    sums: list[Row] = field(default_factory=list)

    def whole(self) -> list[Row]:
        return [*self.head, *self.body, *self.sums]

    def side_by_side(self, count: int) -> list[list[Row]]:
        """The whole table in at most `count` columns of nearly equal length."""
        each = max(1, -(-len(self.body) // count))
        parts = [self.body[i : i + each] for i in range(0, len(self.body), each)] or [[]]
        columns = [[*self.head, *part] for part in parts]
        columns[-1] += self.sums
        return columns

    def take(self, count: int, room: float) -> list[list[Row]]:
        """Takes out what fills `count` columns within `room`, at least a row; all, if it fits."""
        evenly = self.side_by_side(count)
        if max(map(height_of, evenly)) <= room:
            self.body, self.sums = [], []
            return evenly
        columns: list[list[Row]] = []
        while self.body and len(columns) < count:
            number = fitting(self.body, room - height_of(self.head)) or 1
            columns.append([*self.head, *self.body[:number]])
            self.body = self.body[number:]
        if not self.body:
            if height_of(columns[-1]) + height_of(self.sums) <= room:
                columns[-1] += self.sums
            else:
                # The sums go on to the next column or page by themselves, under a head.
                self.body = self.sums
            self.sums = []
        return columns


def natural_widths(titles: Sequence[str], cells: Sequence[Sequence[Line]]) -> list[float]:
    """How wide each column is when nothing in it is broken."""
    return [
        2 * PAD
        + max(
            length([printable(Run(title, Face.STRONG))], BODY),
            *(length([printable(run) for run in row[place]], BODY) for row in cells),
            0.0,
        )
        for place, title in enumerate(titles)
    ]


def head_row(columns: Sequence[Column]) -> Row:
    """The titles of a table over a line."""
    height = 13.0

    def draw(pen: Pen, x: float, top: float) -> None:
        start = x
        for column in columns:
            place = start + column.width - PAD if column.figures else start + PAD
            align = "right" if column.figures else "left"
            pen.text(place, top - 8.6, column.title, BODY, Face.STRONG, align=align)
            start += column.width
        pen.line([(x, top - height + 1), (start, top - height + 1)], 2 * HAIR)

    return Row(height, draw, keep=True)


def table_row(
    columns: Sequence[Column],
    cells: Sequence[Line],
    height: float,
    *,
    line: float = 0.0,
    spans: bool = False,
) -> Row:
    """One row; a cell too long for its column is broken and makes the row higher.

    `line` draws that line over it. With `spans` the second cell reaches over what follows it and
    is empty, as in a row of sums.
    """
    total = sum(column.width for column in columns)
    widths = [column.width for column in columns]
    if spans:
        empty = next((i for i in range(2, len(cells)) if cells[i]), len(cells))
        widths[1] = sum(widths[1:empty])
    broken_cells = [
        broken(cell, width - 2 * PAD + 0.5, BODY) if cell else []
        for cell, width in zip(cells, widths, strict=True)
    ]
    deepest = max([1, *map(len, broken_cells)])
    leading = min(height, LEADING)

    def draw(pen: Pen, x: float, top: float) -> None:
        if line:
            pen.line([(x, top), (x + total, top)], line)
        start = x
        for column, cell in zip(columns, broken_cells, strict=True):
            for place, text in enumerate(cell):
                baseline = _baseline(top - place * leading, height, BODY)
                if column.figures:
                    pen.runs(start + column.width - PAD, baseline, text, BODY, align="right")
                else:
                    pen.runs(start + PAD, baseline, text, BODY)
            start += column.width

    return Row(height + (deepest - 1) * leading, draw)


def _baseline(top: float, height: float, size: float) -> float:
    """Where letters stand that are centred, by their capitals, in a row."""
    return top - height / 2 - CAP_HEIGHT * size / 2
