"""The released drawings are read whole or refused; art and sites share one set of millimetres."""

from __future__ import annotations

import io
import random
import re
from pathlib import Path

import pytest

from app.clinical.anatomy import DRAWINGS, MAPS, body_map
from app.notes import body_drawing, plates
from app.notes.body_drawing import DrawingError, Frame, Trace, to_page
from app.notes.paper import POINTS_PER_MM, Box, Pen
from app.notes.plates import Mark
from tests.unit.notes import printed

TOLERANCE = 0.5 * POINTS_PER_MM


def small(path: str = "M0 0c1 0 2 1 3 3z", **attributes: str) -> str:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
        '<g id="outline" fill="none" stroke="#16181d" stroke-width="1">'
        f'<path d="{path}"{more}/></g></svg>'
    )


@pytest.mark.parametrize("ref", MAPS)
def test_every_released_drawing_is_read_whole(ref: str) -> None:
    svg = (DRAWINGS / f"{ref}.svg").read_text("utf-8")
    drawing = body_drawing.drawing(ref)

    curves = sum(len(trace.pieces) for stroke in drawing.strokes for trace in stroke.traces)
    starts = sum(len(stroke.traces) for stroke in drawing.strokes)
    numbers = sum(
        len(re.findall(r"-?\d+\.?\d*", chunk)) // 6
        for path in re.findall(r' d="([^"]*)"', svg)
        for chunk in re.findall(r"c([^Mcz]*)", path)
    )
    assert curves == numbers
    assert starts == sum(path.count("M") for path in re.findall(r' d="([^"]*)"', svg))
    assert {stroke.layer for stroke in drawing.strokes} == {"tone", "outline", "features"}
    assert {label.text for label in drawing.labels} <= {"R", "L"}


@pytest.mark.parametrize("ref", MAPS)
def test_the_regions_of_a_drawing_are_those_of_its_data(ref: str) -> None:
    drawn = dict(body_drawing.drawing(ref).regions)

    assert {f"r-{region.id}": region.polygon.points for region in body_map(ref).regions} == drawn


def test_relative_curves_become_absolute_on_the_way() -> None:
    (stroke,) = body_drawing.read(
        small("M1 2c1 0 2 1 3 3-1 0-2-1-3-3zM5 5c.5.5 1 1 2 2"), "x"
    ).strokes

    assert stroke.traces == (
        Trace((1, 2), ((2, 2, 3, 3, 4, 5), (3, 5, 2, 4, 1, 2)), closed=True),
        Trace((5, 5), ((5.5, 5.5, 6, 6, 7, 7),), closed=False),
    )


@pytest.mark.parametrize(
    "path",
    [
        "M0 0l3 3",
        "M0 0C1 0 2 1 3 3",
        "m0 0c1 0 2 1 3 3",
        "M0 0c1 0 2 1 3",
        "c1 0 2 1 3 3",
        "z",
        "5 5",
        "M0 0c1 0 2 1 3 3#",
        "M0 0 1 1",
        "M0 0a1 1 0 0 0 1 1",
    ],
)
def test_a_path_beyond_what_can_be_printed_is_refused_by_name(path: str) -> None:
    with pytest.raises(DrawingError, match="head_x"):
        body_drawing.read(small(path), "head_x")


@pytest.mark.parametrize(
    "svg",
    [
        small(transform="scale(2)"),
        small(fill="red"),
        small().replace("<path", "<rect"),
        small().replace('id="outline"', 'id="overlay"'),
        small().replace("<g ", '<image href="x"/><g '),
        small().replace("stroke-width", "style"),
        small()[:-3],
    ],
)
def test_anything_a_printer_would_leave_out_is_refused(svg: str) -> None:
    with pytest.raises(DrawingError):
        body_drawing.read(svg, "head_x")


def test_a_point_of_the_map_lands_where_the_frame_puts_it() -> None:
    frame = Frame(Box(100, 200, 60, 40), x=10, y=20, scale=2)

    assert to_page(frame, 10, 20) == (100, 240)
    assert to_page(frame, 40, 40) == (160, 200)


def drawn_plate(ref: str, marks: list[Mark]) -> tuple[bytes, plates.Plate]:
    """A page with one plate of the map, cropped to these marks."""
    (view, *_) = plates.views({ref: marks}, 264)
    arranged, _ = plates.arranged([view], 264, 300, 1)
    (plate,) = plates.moved(arranged, 40, 700)
    out = io.BytesIO()
    pen = Pen(out, (612, 792), title="Plate")
    plates.draw(pen, plate)
    pen.end_page()
    pen.finish()
    return out.getvalue(), plate


def landmarks(ref: str, seed: str) -> list[tuple[float, float]]:
    """Three points on the drawn outline, close enough together to be shown in one picture."""
    chance = random.Random(seed)
    points = [
        trace.start
        for stroke in body_drawing.drawing(ref).strokes
        if stroke.layer == "outline"
        for trace in stroke.traces
    ] + [
        (piece[4], piece[5])
        for stroke in body_drawing.drawing(ref).strokes
        if stroke.layer == "outline"
        for trace in stroke.traces
        for piece in trace.pieces
    ]
    first = chance.choice(points)
    return [first, *(p for p in points if 25 < abs(p[0] - first[0]) + abs(p[1] - first[1]) < 60)][
        :3
    ]


@pytest.mark.parametrize("ref", MAPS)
def test_a_site_on_a_landmark_is_printed_on_the_drawn_landmark(ref: str, tmp_path: Path) -> None:
    marks = [
        Mark(number, x, y, given=True, square=False)
        for number, (x, y) in enumerate(landmarks(ref, ref), start=1)
    ]
    pdf, plate = drawn_plate(ref, marks)
    bare = plates.Plate(
        plates.View(plate.view.map, (), plate.view.need, plate.view.spacing, "", (0, 0)),
        plate.frame,
    )
    out = io.BytesIO()
    pen = Pen(out, (612, 792), title="Plate")
    plates.draw(pen, bare)
    pen.end_page()
    pen.finish()

    dpi = 300
    with_marks = printed.raster_of(pdf, tmp_path, dpi)
    art = printed.raster_of(out.getvalue(), tmp_path, dpi)
    reach = int(TOLERANCE * dpi / 72)
    for mark in plate.view.marks:
        # Where the mark came out, measured on the picture and not taken from the program.
        x, y = centroid_near(with_marks, art, to_page(plate.frame, mark.x, mark.y), dpi)
        window = [
            art.at(round(x) + i, round(y) + j)
            for i in range(-reach, reach + 1)
            for j in range(-reach, reach + 1)
        ]
        assert min(window) < 128, f"no line of {ref} within 0.5 mm of site {mark.number}"


def centroid_near(
    marked: printed.Raster, art: printed.Raster, near: tuple[float, float], dpi: int
) -> tuple[float, float]:
    """The middle of what one mark blackened, searched two radii around where it is expected."""
    px, py = near[0] * dpi / 72, marked.height - near[1] * dpi / 72
    reach = int(1.15 * plates.LARGEST_MARK * dpi / 72)
    found = [
        (x, y)
        for x in range(max(0, int(px) - reach), min(marked.width, int(px) + reach))
        for y in range(max(0, int(py) - reach), min(marked.height, int(py) + reach))
        if marked.at(x, y) != art.at(x, y)
    ]
    assert found, "the mark left no trace"
    xs, ys = [x for x, _ in found], [y for _, y in found]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
