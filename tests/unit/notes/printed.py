"""Reading a PDF back with programs and a parser that had no part in making it."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pikepdf

from app.notes import body_drawing


def text_of(pdf: bytes, tmp_path: Path, *options: str) -> str:
    """The words of the file as poppler reads them, on single spaces."""
    path = tmp_path / "read.pdf"
    path.write_bytes(pdf)
    out = subprocess.run(
        ["pdftotext", "-raw", *options, str(path), "-"], capture_output=True, check=True
    )
    return re.sub(r"\s+", " ", out.stdout.decode())


def page_count(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return len(document.pages)


class Raster(NamedTuple):
    """A grey picture of one page: rows of bytes from the top, 0 is black."""

    width: int
    height: int
    pixels: bytes

    def at(self, x: int, y: int) -> int:
        return self.pixels[y * self.width + x]


def raster_of(pdf: bytes, tmp_path: Path, dpi: int, page: int = 1) -> Raster:
    path = tmp_path / "drawn.pdf"
    path.write_bytes(pdf)
    out = subprocess.run(
        ["pdftoppm", "-gray", "-r", str(dpi), "-f", str(page), "-l", str(page), str(path)],
        capture_output=True,
        check=True,
    ).stdout
    kind, size, _, pixels = out.split(b"\n", 3)
    assert kind == b"P5"
    width, height = map(int, size.split())
    return Raster(width, height, pixels)


def bits_of(pdf: bytes, tmp_path: Path, dpi: int, page: int = 1) -> Raster:
    """One page as a fax sends it, each dot black (0) or white (255)."""
    path = tmp_path / "faxed.pdf"
    path.write_bytes(pdf)
    out = subprocess.run(
        ["pdftoppm", "-mono", "-r", str(dpi), "-f", str(page), "-l", str(page), str(path)],
        capture_output=True,
        check=True,
    ).stdout
    kind, size, packed = out.split(b"\n", 2)
    assert kind == b"P4"
    width, height = map(int, size.split())
    stride = (width + 7) // 8
    rows = (packed[y * stride : (y + 1) * stride] for y in range(height))
    pixels = b"".join(b"".join(_EIGHT_DOTS[byte] for byte in row)[:width] for row in rows)
    return Raster(width, height, pixels)


# Eight dots of a packed picture, where 1 is black.
_EIGHT_DOTS = [
    bytes(0 if byte >> place & 1 else 255 for place in reversed(range(8))) for byte in range(256)
]

Point = tuple[float, float]


class Shape(NamedTuple):
    """A painted path of the content stream: the operator that painted it, starts and ends of its
    pieces in points, and whether a piece is a curve."""

    painted: str
    corners: tuple[Point, ...]
    curved: bool


PAINTS = ("S", "s", "f", "f*", "B", "B*", "b", "b*")


def shapes_of(pdf: bytes, page: int = 0) -> list[Shape]:
    """Every path that a page paints, as its content stream says it.

    The streams read here place everything in points of the page; another matrix is an error.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return list(_shapes(document.pages[page]))


def _shapes(page: pikepdf.Page) -> Iterator[Shape]:
    corners: list[Point] = []
    curved = False
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator == "cm":
            assert [float(n) for n in instruction.operands] == [1, 0, 0, 1, 0, 0]
        elif operator in ("m", "l", "c"):
            corners.append((float(instruction.operands[-2]), float(instruction.operands[-1])))
            curved = curved or operator == "c"
        elif operator in PAINTS:
            yield Shape(operator, tuple(corners), curved)
        if operator in (*PAINTS, "n"):
            corners, curved = [], False


def discs_of(pdf: bytes, page: int = 0) -> list[tuple[float, float, float]]:
    """Centre and radius of every filled and stroked circle, in drawing order."""
    found = []
    for shape in shapes_of(pdf, page):
        if shape.curved and shape.painted == "B*" and len(shape.corners) == 5:
            xs, ys = zip(*shape.corners, strict=True)
            wide, high = max(xs) - min(xs), max(ys) - min(ys)
            if abs(wide - high) < 0.01:
                found.append(((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2, wide / 2))
    return found


class Transform:
    """How the art of one picture went from map units to points."""

    def __init__(self, pairs: list[tuple[tuple[float, float], tuple[float, float]]]) -> None:
        (first, page_first), (last, page_last) = min(pairs), max(pairs)
        assert last[0] - first[0] > 1
        self.scale = (page_last[0] - page_first[0]) / (last[0] - first[0])
        self.left = page_first[0] - self.scale * first[0]
        self.top = page_first[1] + self.scale * first[1]
        for (x, y), (px, py) in pairs:
            assert abs(self.scale * x + self.left - px) < 0.02
            assert abs(self.top - self.scale * y - py) < 0.02

    def to_page(self, point: Point) -> Point:
        """Where the art's own lines put a point of the map, in points of the page."""
        return self.left + self.scale * point[0], self.top - self.scale * point[1]


def art_transforms(pdf: bytes, ref: str) -> list[Transform]:
    """One for each picture of the map on the first page, from its longest visible line."""
    traces = [
        [trace.start, *((piece[4], piece[5]) for piece in trace.pieces)]
        for stroke in body_drawing.drawing(ref).strokes
        if stroke.layer == "outline"
        for trace in stroke.traces
    ]
    found = []
    for shape in shapes_of(pdf):
        if not shape.curved or shape.painted != "S":
            continue
        for trace in sorted(traces, key=len, reverse=True):
            start = next(
                (
                    i
                    for i in range(len(shape.corners) - len(trace) + 1)
                    if alike(trace, shape.corners[i : i + len(trace)])
                ),
                None,
            )
            if start is not None:
                corners = shape.corners[start : start + len(trace)]
                found.append(Transform(list(zip(trace, corners, strict=True))))
                break
    return found


def alike(trace: list[tuple[float, float]], corners: Any) -> bool:
    """Whether the corners are the trace, scaled and mirrored top to bottom."""
    wide = max(x for x, _ in trace) - min(x for x, _ in trace)
    if wide <= 1 or len(trace) < 4:
        return False
    scale = (max(x for x, _ in corners) - min(x for x, _ in corners)) / wide
    (x0, y0), (px, py) = trace[0], corners[0]
    return scale > 0.1 and all(
        abs(px + scale * (x - x0) - cx) < 0.02 and abs(py - scale * (y - y0) - cy) < 0.02
        for (x, y), (cx, cy) in zip(trace, corners, strict=True)
    )
