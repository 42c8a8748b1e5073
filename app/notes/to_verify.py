"""The rows of the catalogue that wait to be held against a label, as a list to work through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.notes import sheet
from app.notes.paper import Face, Run
from app.notes.rows import HAIR, Column, Line, Row, head_row, lines, space, table_row
from app.notes.sheet import Head, Leaf, Part

_ROW = 13.0


class Waiting(NamedTuple):
    """One row: what it is about, where it stands, what it says, and who says so."""

    name: str
    key: str
    says: str
    sources: str


def render(clinic: Mapping[str, Any], rows: Sequence[Waiting], *, catalogue: str, at: str) -> bytes:
    """The list, with room to write the edition of the label and whether it agrees."""
    paper = clinic["paper"]
    width = sheet.inner_width(paper)
    head = Head(clinic, [Run("What medicine says", Face.STRONG)], [[Run(f"Catalogue {catalogue}")]])
    part = Part("Rows to verify", f"{len(rows)} rows", _rows(rows, width))
    return sheet.render(paper, "Rows to verify", [Leaf(head, [part], ("", ""))], at=at)


def _rows(rows: Sequence[Waiting], width: float) -> list[Row]:
    columns = [
        Column("Row", 0.27 * width),
        Column("Says", 0.27 * width),
        Column("Source", 0.26 * width),
        Column("Label and edition, agrees", 0.2 * width),
    ]
    said = "Hold each row against the current label, then record it in Stipple with the edition."
    made = [*lines([Run(said)], width), space(6), head_row(columns)]
    for place, each in enumerate(rows):
        cells: list[Line] = [
            [Run(f"{each.name} ", Face.STRONG), Run(each.key)],
            [Run(each.says)],
            [Run(each.sources)],
            [],
        ]
        made.append(table_row(columns, cells, _ROW, line=HAIR if place else 0.0))
    return made
