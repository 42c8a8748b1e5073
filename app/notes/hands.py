"""What a hand drew, as it stands on paper: lines over the name of whose hand it was."""

from __future__ import annotations

from collections.abc import Sequence

from app.notes.paper import Pen
from app.notes.rows import Row
from app.notes.strokes import HEIGHT, WIDTH, Strokes
from app.notes.tags import Tag

# In points: the drawing, the drawing with its name, how thick it is drawn, the size of the name.
_HEIGHT, _ROW = 26.0, 38.0
_LINE, _SMALL = 0.9, 7.5


def hands(drawn: Sequence[tuple[str, Strokes]], width: float) -> list[Row]:
    """Signatures as hands drew them, side by side, each over the name of whose it is."""
    if not drawn:
        return []
    scale = _HEIGHT / HEIGHT
    step = width / 2
    parts = [(name, strokes, Tag("P")) for name, strokes in drawn]

    def draw(pen: Pen, x: float, top: float) -> None:
        for place, (name, strokes, caption) in enumerate(parts):
            left, bottom = x + place * step, top - _HEIGHT
            box = (left, bottom, left + WIDTH * scale, top)
            with pen.tagged(Tag("Figure", alt=f"Drawn signature of {name}.", box=box)):
                for stroke in strokes:
                    points = [
                        (left + float(px) * scale, top - float(py) * scale) for px, py in stroke
                    ]
                    pen.line(points if len(points) > 1 else points * 2, _LINE, round_ends=True)
            with pen.tagged(caption):
                pen.text(left, bottom - 8, name, _SMALL)

    return [Row(_ROW, draw)]
