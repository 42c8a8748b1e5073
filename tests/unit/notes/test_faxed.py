"""A note is read on a fax: 200 dots an inch, each black or white. Every figure is read back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.notes import layout
from app.notes.paper import DRAWING, FONTS, Face
from app.notes.rows import BODY
from tests.unit.notes import records
from tests.unit.notes.faxed import Read, Sign, read_back, signs_of
from tests.unit.notes.test_layout import many

FAX = 200
# By so much of its ink the next best sign is further off than the right one.
CLEARLY = 0.05


def figures(pdf: bytes) -> list[Sign]:
    """What a dose, a total, a date and a lot are made of: all digits, and whatever is copied."""
    return [sign for sign in signs_of(pdf) if sign.said.isdigit() or sign.font == Face.CODE.value]


def misread(read: list[Read]) -> list[Read]:
    return [each for each in read if each.seen != each.sign.said or each.margin <= CLEARLY]


def test_every_figure_and_every_code_of_a_note_is_read_from_its_dots(tmp_path: Path) -> None:
    pdf = layout.render(records.preempt())
    read = read_back(pdf, figures(pdf), tmp_path, FAX)

    assert misread(read) == []
    said = "".join(each.seen for each in read)
    for figure in ("155310", "C8412C3", "0023392102", "004217", "20015545"):
        assert figure in said


@pytest.mark.parametrize(
    "record",
    [records.preempt("a4"), many(39), many(60), many(200)],
    ids=["A4", "39 sites", "60 sites", "200 sites"],
)
def test_so_is_it_where_the_page_is_full(record: dict[str, Any], tmp_path: Path) -> None:
    pdf = layout.render(record)

    assert misread(read_back(pdf, figures(pdf), tmp_path, FAX)) == []


def test_too_few_dots_are_found_out(tmp_path: Path) -> None:
    """The check can fail: a coarse fax does not read."""
    pdf = layout.render(records.preempt())

    assert len(misread(read_back(pdf, figures(pdf)[:120], tmp_path, 75))) > 30


# In each group one is taken for another where the typeface does not care; by so much of its ink
# each differs from the others.
LOOK_ALIKE = ("0O", "1lI")
PLAINLY = 0.25


@pytest.mark.parametrize("face", Face)
def test_signs_that_look_alike_are_told_apart(face: Face, tmp_path: Path) -> None:
    assert confused(FONTS / f"{face.value}.ttf", tmp_path) == []


def test_a_typeface_in_which_they_are_not_is_found_out(tmp_path: Path) -> None:
    """The check can fail: in Vera Sans a small l and a capital I are one stroke each."""
    vera = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"

    assert set(confused(vera, tmp_path)) == {"l", "I"}


def confused(file: Path, tmp_path: Path) -> list[str]:
    """Which of the signs are hardly nearer to themselves than to others of their group."""
    return [
        read.sign.said
        for group in LOOK_ALIKE
        for read in read_in(file, group, tmp_path)
        if read.further(group.replace(read.sign.said, "")) < PLAINLY
    ]


def read_in(file: Path, text: str, tmp_path: Path) -> list[Read]:
    """The text in this typeface, as small as in a table, read from its dots."""
    out = io.BytesIO()
    with DRAWING:
        pdfmetrics.registerFont(TTFont(f"{file.stem} read", str(file)))
        canvas = Canvas(out)
        canvas.setFont(f"{file.stem} read", BODY)
        canvas.drawString(72, 700, text)
        canvas.save()
    signs = list(signs_of(out.getvalue()))
    assert "".join(sign.said for sign in signs) == text
    return read_back(out.getvalue(), signs, tmp_path, FAX, {sign.font: file for sign in signs})
