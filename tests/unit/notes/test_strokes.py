"""A drawn signature: what is one, how much of it is kept, and how it prints."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from app.notes import layout, strokes
from app.notes.strokes import MOST_POINTS, NotDrawn, parsed
from tests.unit.notes import records

DRAWN = [[["40", "160"], ["500.5", "20"], ["960", "300"]], [["0", "0"]], [["1000", "320"]]]


def test_strokes_are_read_as_they_were_sent() -> None:
    assert parsed(json.dumps(DRAWN)) == DRAWN


@pytest.mark.parametrize("text", ["", "[]"])
def test_where_nothing_is_drawn_there_is_no_signature(text: str) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize(
    "sent",
    [
        "[",
        "{}",
        "1",
        "null",
        "[" * 5000,
        "[[]]",
        "[[[]]]",
        '[[["1"]]]',
        '[[["1", "2", "3"]]]',
        "[[[1, 2]]]",
        '[[["-1", "2"]]]',
        '[[["1000.1", "2"]]]',
        '[[["2", "320.1"]]]',
        '[[["1.25", "2"]]]',
        '[[["1e2", "2"]]]',
        '[[["٣", "2"]]]',
        '[[["NaN", "2"]]]',
        '[[["1\\n", "2"]]]',
    ],
)
def test_what_is_no_drawing_is_refused(sent: str) -> None:
    with pytest.raises(NotDrawn, match="could not be read"):
        parsed(sent)


def test_a_drawing_is_bounded() -> None:
    longest = [[["1", "2"]] * MOST_POINTS]
    assert parsed(json.dumps(longest)) == longest

    with pytest.raises(NotDrawn, match="too long"):
        parsed(json.dumps([*longest, [["1", "2"]]]))


def test_a_tap_shows_as_a_dot() -> None:
    assert strokes.path(DRAWN[:2]) == "M40 160L500.5 20L960 300 M0 0L0 0"


def printed(tmp_path: Path, **drawn: Any) -> tuple[bytes, str]:
    pdf = layout.render({**records.preempt(), **drawn})
    (tmp_path / "note.pdf").write_bytes(pdf)
    shown = subprocess.run(
        ["pdfinfo", "-struct-text", "note.pdf"], cwd=tmp_path, capture_output=True, text=True
    )
    return pdf, shown.stdout


def test_both_hands_print_as_lines_beside_their_names_and_are_read_out(tmp_path: Path) -> None:
    consent = {"drawn": DRAWN, "at": "2026-11-23T15:00:00Z"}
    pdf, read_out = printed(tmp_path, drawn_signature=DRAWN, consent_signature=consent)

    assert "Maren Oduya, for consent" in read_out
    with pikepdf.open(io.BytesIO(pdf)) as document:
        said = {
            str(element.Alt)
            for element in document.objects
            if isinstance(element, pikepdf.Dictionary) and element.get("/S") == "/Figure"
        }
        assert not [each for each in document.objects if is_picture(each)]
        assert len(document.pages) == 1
    assert "Drawn signature of Ines Halloran, MD." in said
    assert "Drawn signature of Maren Oduya, for consent." in said


def is_picture(thing: Any) -> bool:
    return isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image"


def test_where_nobody_drew_nothing_of_it_prints(tmp_path: Path) -> None:
    nothing = printed(tmp_path, drawn_signature=None, consent_signature=None)

    assert "Drawn" not in nothing[1]
    assert "for consent" not in nothing[1]
