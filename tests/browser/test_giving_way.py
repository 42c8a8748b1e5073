"""What is said of the site in hand lies over the picture and never over a site."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import LYING, STANDING, NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_settling import SAID, SETTLES_MS
from tests.browser.test_sites import FRONT, preempt
from tests.browser.test_sweating import lay

# From the middle of a mark to the edge of its ring, in CSS pixels.
RING = 17

# How many marks that are on the glass lie beneath the line, and where it lies. Read only.
BENEATH = """(ring) => {
  const parts = [...document.querySelectorAll('#naming > :not(.canvas__others), #naming button')]
    .map((part) => part.getBoundingClientRect());
  const picture = document.querySelector('#picture').getBoundingClientRect();
  const lies = (box, x, y, by) =>
    x > box.left - by && x < box.right + by && y > box.top - by && y < box.bottom + by;
  return [...document.querySelectorAll('#picture .site__dot')]
    .map((dot) => dot.getBoundingClientRect())
    .map((box) => [box.left + box.width / 2, box.top + box.height / 2])
    .filter(([x, y]) => lies(picture, x, y, 0) && parts.some((part) => lies(part, x, y, ring)))
    .length;
}"""
CORNER = "() => document.querySelector('#naming').dataset.corner ?? ''"


def beneath(chart: ChartPage) -> int:
    """How many sites the line covers, once what is due is drawn."""
    chart.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    return int(chart.page.evaluate(BENEATH, RING))


def corner(chart: ChartPage) -> str:
    """The corner the line went to; none while it is at home."""
    return str(chart.page.evaluate(CORNER))


def middle(chart: ChartPage, selector: str) -> tuple[float, float]:
    """Where something lies on the glass."""
    box = chart.page.locator(selector).first.bounding_box()
    assert box is not None
    return (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def bring_a_site_beneath(chart: ChartPage, *, lift: bool = True) -> object:
    """Draw the picture until the first site lies where the line is."""
    key = chart.rows()[0].key
    to = middle(chart, "#naming")
    start = chart.bare(chart.pane_of(FRONT, 1.0))
    at = chart.middle_of(key)
    end = (start[0] + to[0] - at[0], start[1] + to[1] - at[1])
    return chart.tablet.drag(start, end, ending="touchEnd" if lift else None)


def test_on_no_glass_and_in_no_view_of_a_plan_does_it_cover_a_site(
    clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    for glass in (LYING, STANDING):
        tablet = new_tablet(clinic, viewport=glass)
        tablet.sign_in("alice")
        chart = preempt(clinic, tablet)
        for view in ("head_right_lateral", "head_left_lateral", "head_posterior", "head_anterior"):
            chart.view(view)
            assert beneath(chart) == 0, (glass, view)
        for _ in range(4):
            chart.tablet.tap("#zoom [data-action=closer]")
            assert beneath(chart) == 0, glass
        chart = ChartPage.start(tablet, clinic.new_patient(), "axillary_hyperhidrosis")
        lay(chart, "AX-50x15")
        assert beneath(chart) == 0, glass


def test_a_site_that_comes_beneath_it_sends_it_to_another_corner_where_it_stays(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    assert corner(chart) == ""

    bring_a_site_beneath(chart)

    assert beneath(chart) == 0
    went = corner(chart)
    assert went != ""
    # Its home may be free again by now; what jumps to and fro is not read.
    chart.tap_mark(chart.rows()[0].key)
    chart.is_called("Corrugator, left")
    assert beneath(chart) == 0
    # Another view is another picture.
    chart.view("head_posterior")
    assert beneath(chart) == 0
    assert corner(chart) == ""


def test_it_stays_where_it_is_while_a_finger_is_down(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    before = middle(chart, "#naming")

    glass = bring_a_site_beneath(chart, lift=False)

    assert beneath(chart) > 0
    assert middle(chart, "#naming") == before
    chart.tablet.lift(glass)
    assert beneath(chart) == 0
    assert middle(chart, "#naming") != before


def test_a_finger_on_its_way_to_what_has_just_gone_or_come_does_nothing_of_it(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    clock = alices_tablet.page.clock
    clock.install()
    chart = preempt(clinic, alices_tablet)
    chart.wait_until_saved()
    clock.pause_at(float(chart.page.evaluate("Date.now() / 1000 + 1")))
    other_name = middle(chart, "#naming [data-action=rename]")
    bring_a_site_beneath(chart)
    clock.run_for(SETTLES_MS / 10)
    expect(chart.page.locator("#naming")).not_to_have_attribute("data-corner", "")

    # It was there; a site is there now.
    chart.tablet.tap_at(other_name)
    assert chart.said == SAID
    assert chart.total("") == "0 U given"
    # It has just come: whoever touches there means the picture beneath.
    chart.tablet.tap_at(middle(chart, "#naming [data-action=rename]"))
    chart.is_called("Corrugator, right")

    clock.run_for(SETTLES_MS)
    chart.tablet.tap("#naming [data-action=rename] >> nth=0")
    expect(chart.page.locator("#naming > b")).not_to_have_text("Corrugator, right")
