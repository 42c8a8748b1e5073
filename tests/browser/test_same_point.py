"""Where a finger taps, where Chromium paints the mark, and where the PDF prints it: one point.

Nothing of the program says where anything is. On the glass the browser itself says how it drew the
art and the mark; in the PDF the content stream does. Both are carried back to the drawing.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple
from uuid import UUID

from playwright.sync_api import expect
from sqlalchemy import select

from app import clock
from app.clinical.anatomy import BodyMap, body_map, locate
from app.extensions import db
from app.models import Clinic, Treatment
from app.notes import layout
from app.notes.paper import POINTS_PER_MM
from app.treatments.describing import describe
from app.treatments.said import Said
from tests.browser.chart_page import ChartPage, every_drawing
from tests.browser.clinic import RunningClinic
from tests.browser.tablet import Tablet
from tests.unit.notes import printed

TAPS = 3
# How far apart two taps are on the glass, so that none means the site before, in CSS pixels.
APART = 50
TOLERANCE_MM = 0.5

# Each pane: how the browser carries the drawing's own units to the glass, and where it painted the
# middle of every mark; once a frame has been drawn, so that a pane that just changed its size has
# followed it.
PANES = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
.then(() => [...document.querySelectorAll('#picture .pane svg')].map((svg) => {
  const { a, b, c, d, e, f } = svg.querySelector('use').getScreenCTM();
  const { left, top, width, height } = svg.getBoundingClientRect();
  const marks = [...svg.querySelectorAll('g[data-site]')].map((mark) => {
    const box = mark.querySelector('.site__dot').getBoundingClientRect();
    return [mark.dataset.site, [box.left + box.width / 2, box.top + box.height / 2]];
  });
  return { matrix: [a, b, c, d, e, f], left, top, width, height, marks };
}))"""

Point = tuple[float, float]


class Painted(NamedTuple):
    """A mark on the glass: its middle in pixels, and the same carried back to the drawing."""

    glass: Point
    drawing: Point


@every_drawing(landing=("head_anterior@1", "axillae@1"))
def test_a_tap_its_mark_and_its_place_on_letter_and_a4_are_one_point_of_the_body(
    clinic: RunningClinic, alices_tablet: Tablet, ref: str
) -> None:
    drawn = body_map(ref)
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), "other")
    chart.view(drawn.id)

    chance = random.Random(ref)
    taps: dict[str, Point] = {}
    for _ in range(3 * TAPS):
        if len(taps) == TAPS:
            break
        place, meant = somewhere_free(chart, drawn, chance)
        alices_tablet.tap_at(place)
        if chart.moved_under_the_finger():
            chart.let_settle()
            continue
        expect(chart.page.locator("#picture g[data-site]")).to_have_count(len(taps) + 1)
        # What the server answers may bring a line beneath the picture, and move it.
        chart.wait_until_saved()
        (key,) = set(painted(chart)) - set(taps)
        taps[key] = meant
    assert len(taps) == TAPS
    on_glass = painted(chart)
    chart.wait_until_saved()

    stored = {
        site["key"]: (float(site["x"]), float(site["y"]))
        for site in clinic.stored(chart.treatment)["sites"]
    }
    assert set(stored) == set(on_glass) == set(taps)
    for key, meant in taps.items():
        assert millimetres(drawn, meant, stored[key]) < TOLERANCE_MM
        assert millimetres(drawn, on_glass[key].drawing, stored[key]) < TOLERANCE_MM
    for paper in ("letter", "a4"):
        pdf = note_of(clinic, chart.treatment, paper)
        transforms = printed.art_transforms(pdf, ref)
        assert transforms
        discs = printed.discs_of(pdf)
        for key, mark in on_glass.items():
            off = min(
                distance((x, y), transform.to_page(mark.drawing))
                for x, y, _ in discs
                for transform in transforms
            )
            assert off < TOLERANCE_MM * POINTS_PER_MM, (
                f"{ref} on {paper}: {key} is {off / POINTS_PER_MM:.2f} mm off"
            )


def somewhere_free(chart: ChartPage, drawn: BodyMap, chance: random.Random) -> tuple[Point, Point]:
    """A place on the glass in a region with muscles and no warning, away from every mark; and
    the point of the drawing that the browser shows there."""
    panes: list[dict[str, Any]] = chart.page.evaluate(PANES)
    marks = chart.marks()
    for _ in range(2000):
        pane = chance.choice(panes)
        place = (
            round(pane["left"] + chance.random() * pane["width"]),
            round(pane["top"] + chance.random() * pane["height"]),
        )
        point = carried_back(pane["matrix"], place)
        region = locate(drawn, *point).region
        if (
            region
            and region.muscles
            and not region.warn
            and region.polygon.contains(*point)
            and all(distance(place, mark) > APART for mark in marks)
            and chart.is_on_glass(place)
        ):
            return place, point
    raise AssertionError(f"no free place is shown of {drawn.ref}")


def painted(chart: ChartPage) -> dict[str, Painted]:
    """Every mark of the open drawing, as the browser painted it."""
    return {
        key: Painted(middle, carried_back(pane["matrix"], middle))
        for pane in chart.page.evaluate(PANES)
        for key, middle in pane["marks"]
    }


def carried_back(matrix: list[float], place: Point) -> Point:
    """From pixels to the drawing's units, by the matrix with which the browser drew the art."""
    a, b, c, d, e, f = matrix
    # The art is neither turned nor slanted, and stretched by no more than a pixel in a pane.
    assert (round(b, 9), round(c, 9)) == (0, 0)
    assert abs(a - d) < 0.01 * a
    return (place[0] - e) / a, (place[1] - f) / d


def note_of(clinic: RunningClinic, treatment: UUID, paper: str) -> bytes:
    """The page as it would be signed, on this paper."""
    with clinic.records():
        of = db.session.get_one(Treatment, treatment)
        its = db.session.scalars(select(Clinic)).one()
        its.paper = paper
        with db.session.no_autoflush:
            record = describe(
                of,
                its,
                number="N-2026-00000",
                findings=[],
                said=Said(),
                by=of.started_by,
                now=clock.now(),
            )
        db.session.rollback()
    return layout.render(record)


def distance(one: Point, other: Point) -> float:
    """Between two points of one plane."""
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


def millimetres(drawn: BodyMap, one: Point, other: Point) -> float:
    """Between two points of the drawing, in millimetres of the body."""
    return distance(one, other) / drawn.life_size_scale
