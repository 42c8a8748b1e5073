"""What a page is filled with: rows that know their height, made of lines, pairs and table cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.notes.paper import CAP_HEIGHT, Face, Pen, Run, broken, length, printable
from app.notes.tags import ARTIFACT, Tag

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
    runs: Line,
    width: float,
    *,
    size: float = BODY,
    leading: float = LEADING,
    align: str = "left",
    kind: str = "P",
) -> list[Row]:
    """A paragraph, one row a line. A right-aligned one ends at `width`."""
    paragraph = Tag(kind)

    def row(line: Line, goes_on: bool) -> Row:
        def draw(pen: Pen, x: float, top: float) -> None:
            start = x + width if align == "right" else x
            baseline = _baseline(top, leading, size)
            with pen.tagged(paragraph):
                pen.runs(start, baseline, line, size, align=align, goes_on=goes_on)

        return Row(leading, draw)

    made = broken(runs, width, size)
    return [row(line, place < len(made)) for place, line in enumerate(made, start=1)]


def heading(text: str) -> Row:
    """The heading of a part, bound to its first row."""
    tag = Tag("H2")

    def draw(pen: Pen, x: float, top: float) -> None:
        with pen.tagged(tag):
            pen.text(x, _baseline(top, LEADING, BODY), text, BODY, Face.STRONG)

    return Row(LEADING + 1.5, draw, keep=True)


def pairs(rows: Sequence[tuple[str, Line]], width: float) -> list[Row]:
    """Terms and what they are, the terms in a column of their own."""
    if not rows:
        return []
    term_width = _term_width(rows)
    table = Tag("Table")
    made: list[Row] = []
    for term, value in rows:
        row = Tag("TR", table)
        head = Tag("TH", row, scope="Row")
        cell = Tag("TD", row, headers=[head])
        broken_value = broken(value, width - term_width, BODY)
        for place, line in enumerate(broken_value):

            def draw(
                pen: Pen,
                x: float,
                top: float,
                term: str = term,
                line: Line = line,
                first: bool = place == 0,
                goes_on: bool = place + 1 < len(broken_value),
                head: Tag = head,
                cell: Tag = cell,
            ) -> None:
                baseline = _baseline(top, LEADING, BODY)
                if first:
                    with pen.tagged(head):
                        pen.text(x, baseline, term, BODY)
                with pen.tagged(cell):
                    pen.runs(x + term_width, baseline, line, BODY, goes_on=goes_on)

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
    head: Tag = field(default_factory=lambda: Tag("TH", scope="Column"), compare=False)


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


def _table_of(columns: Sequence[Column]) -> Tag:
    """The table that these columns make, as a part of the document; the same at each call."""
    first = columns[0].head
    if first.under is None:
        titles = Tag("TR", Tag("Table"))
        for column in columns:
            column.head.under = titles
    assert first.under is not None
    assert first.under.under is not None
    return first.under.under


def head_row(columns: Sequence[Column]) -> Row:
    """The titles of a table over a line; drawn again they are not read out again."""
    height = 13.0
    _table_of(columns)

    def draw(pen: Pen, x: float, top: float) -> None:
        start = x
        again = columns[0].head.placed
        for column in columns:
            place = start + column.width - PAD if column.figures else start + PAD
            align = "right" if column.figures else "left"
            with pen.tagged(ARTIFACT if again else column.head):
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
    is empty, as in a row of sums. The first cell is the head of its row.
    """
    total = sum(column.width for column in columns)
    widths = [column.width for column in columns]
    reach = 1
    if spans:
        empty = next((i for i in range(2, len(cells)) if cells[i]), len(cells))
        widths[1] = sum(widths[1:empty])
        reach = empty - 1
    row = Tag("TR", _table_of(columns))
    head = Tag("TH", row, scope="Row", headers=[columns[0].head])
    tags = [head] + [
        Tag("TD", row, headers=[column.head, head], span=reach if place == 1 else 1)
        for place, column in enumerate(columns[1:], start=1)
    ]
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
        for number, (column, cell) in enumerate(zip(columns, broken_cells, strict=True)):
            if 1 < number <= reach:
                start += column.width
                continue  # the second cell lies over it
            with pen.tagged(tags[number]):
                for place, text in enumerate(cell):
                    baseline = _baseline(top - place * leading, height, BODY)
                    edge = start + column.width - PAD if column.figures else start + PAD
                    align = "right" if column.figures else "left"
                    more = place + 1 < len(cell)
                    pen.runs(edge, baseline, text, BODY, align=align, goes_on=more)
            start += column.width

    return Row(height + (deepest - 1) * leading, draw)


def spanning_row(columns: Sequence[Column], text: Line, height: float, *, line: float) -> Row:
    """A row that is one cell and says what the rows beneath it have in common; kept with them."""
    width = sum(column.width for column in columns)
    head = Tag("TH", Tag("TR", _table_of(columns)), scope="Column", span=len(columns))
    words = broken(text, width - 2 * PAD, BODY)
    leading = min(height, LEADING)

    def draw(pen: Pen, x: float, top: float) -> None:
        if line:
            pen.line([(x, top), (x + width, top)], line)
        with pen.tagged(head):
            for place, each in enumerate(words):
                baseline = _baseline(top - place * leading, height, BODY)
                pen.runs(x + PAD, baseline, each, BODY, goes_on=place + 1 < len(words))

    return Row(height + (len(words) - 1) * leading, draw, keep=True)


def _baseline(top: float, height: float, size: float) -> float:
    """Where letters stand that are centred, by their capitals, in a row."""
    return top - height / 2 - CAP_HEIGHT * size / 2
