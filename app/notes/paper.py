"""Paper and pen: page sizes, the typefaces of a note, measuring and breaking text, drawing.

Lengths are points (1/72 inch); the origin is the lower left corner of the page.
"""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from app.notes.tags import ARTIFACT, Mark, Tag

FONTS = Path(__file__).resolve().parents[2] / "static" / "fonts"

SIZES = {"letter": (612.0, 792.0), "a4": (595.2756, 841.8898)}

POINTS_PER_MM = 72 / 25.4

# What is printed is English, whatever the screen says.
LANGUAGE = "en-US"

# How a path is painted that is to be stroked, filled even-odd, both or neither.
_PAINTED = {(True, False): "S", (False, True): "f*", (True, True): "B*", (False, False): "n"}

# ReportLab keeps one set of fonts for the process, and a font serves one document at a time.
DRAWING = threading.Lock()

# A path: its start, its Bezier pieces of six numbers, and whether it is closed.
Curved = tuple[tuple[float, float], Sequence[tuple[float, ...]], bool]

# Four Bezier pieces of this handle make a circle to a thousandth of its radius.
_ROUND = 0.5523


def circle(x: float, y: float, radius: float) -> Curved:
    """A circle as a path."""
    r, h = radius, radius * _ROUND
    pieces = [
        (x + r, y + h, x + h, y + r, x, y + r),
        (x - h, y + r, x - r, y + h, x - r, y),
        (x - r, y - h, x - h, y - r, x, y - r),
        (x + h, y - r, x + r, y - h, x + r, y),
    ]
    return (x + r, y), pieces, True


class Face(StrEnum):
    """The typefaces; CODE has a slashed zero, for what is copied character by character."""

    TEXT = "StippleSans-Regular"
    STRONG = "StippleSans-SemiBold"
    CODE = "StippleSans-Code"


CAP_HEIGHT = 0.7275  # of the size; all three faces agree


class Run(NamedTuple):
    """Text of one face within a line."""

    text: str
    face: Face = Face.TEXT


class Box(NamedTuple):
    """A rectangle on the page."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def top(self) -> float:
        return self.bottom + self.height

    def meets(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.bottom <= other.bottom
            and other.top <= self.top
        )


# --- Text --------------------------------------------------------------------------------------


@cache
def _font(face: Face) -> Any:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font = TTFont(face.value, str(FONTS / f"{face.value}.ttf"))
    pdfmetrics.registerFont(font)
    return font


@cache
def _widths(face: Face) -> dict[int, float]:
    return dict(_font(face).face.charWidths)


def printable(run: Run) -> Run:
    """The run as it can be printed: composed, on one line, nothing left to an empty box.

    A character that the typeface lacks, and an accent that would not sit on its letter, stand as
    their code in brackets: `[U+4E2D]`.
    """
    if run.text.isascii() and run.text.isprintable():
        return run  # Each of the faces has these; most of a note is nothing else.
    text = unicodedata.normalize("NFC", run.text)
    known = _widths(run.face)
    return Run("".join(c if ord(c) in known else _stand_in(c) for c in text), run.face)


def missing_in(texts: Iterable[str]) -> list[str]:
    """The characters that the typeface lacks, each once, in the order of their codes."""
    used = set(unicodedata.normalize("NFC", "\n".join(texts)))
    return sorted(c for c in used if ord(c) not in _widths(Face.TEXT) and not c.isspace())


def _stand_in(character: str) -> str:
    if character.isspace():
        return " "
    return f"[U+{ord(character):04X}]"


def width_of(text: str, face: Face, size: float) -> float:
    """The length of printable text, in points."""
    return sum(map(_widths(face).__getitem__, map(ord, text))) * size / 1000


def length(runs: Sequence[Run], size: float) -> float:
    """The length of a line of printable runs."""
    return sum(width_of(run.text, run.face, size) for run in runs)


def broken(runs: Sequence[Run], width: float, size: float) -> list[list[Run]]:
    """The runs as lines no longer than `width`, broken at spaces; a longer word is cut.

    The words of the lines are all the words given, in their order. Never empty.
    """
    runs = [printable(run) for run in runs]
    if length(runs, size) <= width:
        return [_joined(runs)]
    lines: list[list[Run]] = []
    line: list[Run] = []
    used = 0.0
    for word in _words(runs, width, size):
        full = length(word, size)
        bare = length([*word[:-1], Run(word[-1].text.rstrip(" "), word[-1].face)], size)
        if line and used + bare > width + 0.01:
            lines.append(line)
            line, used = [], 0.0
        line.extend(word)
        used += full
    lines.append(line)
    return [_joined(line) for line in lines]


def _words(runs: Sequence[Run], width: float, size: float) -> Iterator[list[Run]]:
    """Pieces between which a line may break, each with the space that follows it."""
    word: list[Run] = []
    used = 0.0
    for run in runs:
        widths = _widths(run.face)
        start = 0
        for place, character in enumerate(run.text):
            advance = widths[ord(character)] * size / 1000
            if character != " " and used + advance > width and (word or place > start):
                # One word longer than the line: what fits goes out by itself.
                yield [*word, Run(run.text[start:place], run.face)]
                word, used, start = [], 0.0, place
            used += advance
            if character == " ":
                yield [*word, Run(run.text[start : place + 1], run.face)]
                word, used, start = [], 0.0, place + 1
        if start < len(run.text):
            word.append(Run(run.text[start:], run.face))
    if word:
        yield word


def _joined(line: Sequence[Run]) -> list[Run]:
    """Neighbouring runs of one face as one, without the space that ends the line."""
    joined: list[Run] = []
    for run in line:
        if joined and joined[-1].face is run.face:
            joined[-1] = Run(joined[-1].text + run.text, run.face)
        else:
            joined.append(run)
    if joined:
        joined[-1] = Run(joined[-1].text.rstrip(" "), joined[-1].face)
    return joined


# --- Drawing -----------------------------------------------------------------------------------


class Pen:
    """Draws on the pages of one document. Black unless a call says otherwise; grey 0 is black.

    What is drawn is marked for `document`, the structure that `archival.finished` writes: text as
    part of the tag it is drawn in, else as a paragraph of its own; lines and shapes as part of a
    figure, else as an artifact. Without `marks` nothing is marked: what is drawn is placed on a
    page of another document, and that says what it is part of.
    """

    def __init__(
        self, out: BinaryIO, size: tuple[float, float], *, title: str, marks: bool = True
    ) -> None:
        from reportlab import rl_config

        # Both defaults name Helvetica, which would stand in the file without being embedded.
        rl_config.canvas_basefontname = Face.TEXT.value
        rl_config.defaultGraphicsFontName = Face.TEXT.value
        # Streams as bytes: as letters they are a quarter longer, and writing them takes its time.
        rl_config.useA85 = 0
        for face in Face:
            _font(face)
        from reportlab.pdfgen.canvas import Canvas

        self.size = size
        self._canvas: Any = Canvas(
            out,
            pagesize=size,
            pageCompression=1,
            invariant=1,
            pdfVersion=(1, 7),
            initialFontName=Face.TEXT.value,
            lang=LANGUAGE,
        )
        self._canvas.setTitle(title)
        self.document = Tag("Document")
        self._tag: Tag | None = None
        self._open: Tag | None = None  # whose marked content the page's drawing is in
        self._is_marked = marks
        self._page = 0
        self._marks = 0

    def start_page(self, size: tuple[float, float]) -> None:
        """Gives the page about to be drawn another size."""
        self.size = size
        self._canvas.setPageSize(size)

    def end_page(self) -> None:
        self._close()
        self._canvas.showPage()
        self._page += 1
        self._marks = 0

    def finish(self) -> None:
        self._canvas.save()

    @contextmanager
    def tagged(self, tag: Tag) -> Iterator[None]:
        """What is drawn within is part of `tag`. Within an artifact everything is artifact."""
        before = self._tag
        if before is not ARTIFACT:
            if tag is not ARTIFACT:
                tag.place(self.document)
            self._tag = tag
        try:
            yield
        finally:
            self._tag = before

    def _mark_text(self) -> None:
        """Opens the marked content that the next text belongs to."""
        if self._tag is None:
            tag = Tag("P")
            tag.place(self.document)
            self._mark(tag)
        else:
            self._mark(self._tag)

    def _mark_shape(self) -> None:
        """Opens the marked content that the next line or shape belongs to."""
        self._mark(self._tag if self._tag and self._tag.kind == "Figure" else ARTIFACT)

    def _mark(self, tag: Tag) -> None:
        if tag is self._open or not self._is_marked:
            return
        self._close()
        if tag is ARTIFACT:
            self._canvas._code.append("/Artifact BMC")
        else:
            self._canvas._code.append(f"/{tag.kind} <</MCID {self._marks}>> BDC")
            tag.kids.append(Mark(self._page, self._marks))
            self._marks += 1
        self._open = tag

    def _close(self) -> None:
        if self._open is not None:
            self._canvas._code.append("EMC")
        self._open = None

    def runs(
        self,
        x: float,
        baseline: float,
        runs: Sequence[Run],
        size: float,
        *,
        align: str = "left",
        goes_on: bool = False,
    ) -> None:
        """One line of printable runs; `align` says what `x` is: left, right or centre.

        A line that `goes_on` ends with a space, or its last word would be read as one with the
        first of the next.
        """
        self._mark_text()
        if align == "right":
            x -= length(runs, size)
        elif align == "centre":
            x -= length(runs, size) / 2
        # One text object for the line: the canvas would make two for each run.
        text = self._canvas.beginText(x, baseline)
        for place, run in enumerate(runs, start=1):
            text.setFont(run.face.value, size)
            text.textOut(run.text + (" " if goes_on and place == len(runs) else ""))
        self._canvas.drawText(text)

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float,
        face: Face = Face.TEXT,
        *,
        align: str = "left",
        white: bool = False,
    ) -> None:
        """One line of one face, made printable."""
        if white:
            self._canvas.setFillGray(1)
        self.runs(x, baseline, [printable(Run(text, face))], size, align=align)
        if white:
            self._canvas.setFillGray(0)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        width: float,
        *,
        dash: Sequence[float] = (),
        round_ends: bool = False,
    ) -> None:
        """A thin straight line through the points."""
        self._mark_shape()
        path = self._canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        self._canvas.setLineWidth(width)
        if round_ends:
            self._canvas.setLineCap(1)
            self._canvas.setLineJoin(1)
        if dash:
            self._canvas.setDash(list(dash))
        self._canvas.drawPath(path, stroke=1, fill=0)
        if dash:
            self._canvas.setDash()
        if round_ends:
            self._canvas.setLineCap(0)
            self._canvas.setLineJoin(0)

    def box(
        self,
        box: Box,
        *,
        line: float = 0.0,
        fill: float | None = None,
        radius: float = 0.0,
    ) -> None:
        """A rectangle with an edge of `line` points and a grey `fill`, where given."""
        self._mark_shape()
        if fill is not None:
            self._canvas.setFillGray(fill)
        self._canvas.setLineWidth(line)
        self._canvas.roundRect(
            *box, radius, stroke=int(line > 0), fill=int(fill is not None)
        ) if radius else self._canvas.rect(*box, stroke=int(line > 0), fill=int(fill is not None))
        self._canvas.setFillGray(0)

    def squares(self, box: Box, rows: Sequence[str]) -> None:
        """A black pattern that fills the box: rows of equal length from the top, `#` is black."""
        wide, high = box.width / len(rows[0]), box.height / len(rows)
        drawn = [
            f"{box.left + run.start() * wide:.3f} {box.top - place * high:.3f}"
            f" {len(run.group()) * wide:.3f} {-high:.3f} re"
            for place, row in enumerate(rows, start=0)
            for run in re.finditer("#+", row)
        ]
        self._mark_shape()
        self._canvas._code.append(" ".join([*drawn, "f"]))

    def outlined_across(self, word: str, line: float) -> None:
        """A word in outline, `line` wide and grey, from the lower left of the page to the right."""
        width, height = self.size
        rise = math.atan2(height - width * 0.25, width)
        size = 0.76 * math.hypot(width, height - width * 0.25) / width_of(word, Face.STRONG, 1)
        self._mark_text()
        self._canvas.saveState()
        self._canvas.translate(width / 2, height / 2)
        self._canvas.rotate(math.degrees(rise))
        self._canvas.setLineWidth(line)
        self._canvas.setStrokeGray(0.35)
        text = self._canvas.beginText()
        text.setTextRenderMode(1)
        text.setFont(Face.STRONG.value, size)
        text.setTextOrigin(-width_of(word, Face.STRONG, size) / 2, -CAP_HEIGHT * size / 2)
        text.textOut(word)
        self._canvas.drawText(text)
        self._canvas.restoreState()

    def disc(self, x: float, y: float, radius: float, *, line: float, fill: float) -> None:
        """A circle filled with grey `fill`, its edge black."""
        self.curves([circle(x, y, radius)], line=line, fill=fill)

    def curves(
        self,
        shapes: Sequence[Curved],
        *,
        line: float = 0.0,
        grey: float = 0.0,
        fill: float | None = None,
        dash: Sequence[float] = (),
    ) -> None:
        """One path of shapes.

        Filled even-odd with grey `fill`, or stroked `line` wide in `grey`. Most numbers of a page
        are those of its drawings: written here, a thousandth of a point exact, they take a third of
        the time that the canvas takes to find how many digits each needs.
        """
        self._mark_shape()
        drawn = [f"q 1 J 1 j {line:.2f} w {grey:.3f} G"]
        if dash:
            drawn.append(f"[{' '.join(f'{length:.2f}' for length in dash)}] 0 d")
        if fill is not None:
            drawn.append(f"{fill:.3f} g")
        for start, pieces, closed in shapes:
            drawn.append(f"{start[0]:.3f} {start[1]:.3f} m")
            drawn += [
                f"{a:.3f} {b:.3f} {c:.3f} {d:.3f} {e:.3f} {f:.3f} c" for a, b, c, d, e, f in pieces
            ]
            if closed:
                drawn.append("h")
        drawn.append(_PAINTED[line > 0, fill is not None])
        self._canvas._code.append(" ".join([*drawn, "Q"]))

    @contextmanager
    def inside(self, box: Box, radius: float = 0.0) -> Iterator[None]:
        """What is drawn within shows only inside the box."""
        self._mark_shape()
        self._canvas.saveState()
        path = self._canvas.beginPath()
        path.roundRect(*box, radius) if radius else path.rect(*box)
        self._canvas.clipPath(path, stroke=0, fill=0)
        try:
            yield
        finally:
            self._canvas.restoreState()
