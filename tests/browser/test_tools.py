"""The tools beside the brush: several sites at once, the other side, an area filled evenly."""

from __future__ import annotations

import itertools
import math

from playwright.sync_api import expect

from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.tablet import Tablet
from tests.browser.test_keys import tab_to
from tests.browser.test_sites import FRONT, preempt

# Right of the midline of the front view, and round a forehead's right half.
FOREHEADS = ((92.0, 62.0), (104.0, 62.0), (92.0, 82.0))
MIDLINE = 240.0
BAR = "#selection"


def three_on_the_right(clinic: RunningClinic, tablet: Tablet) -> tuple[ChartPage, list[str]]:
    """A chart with three given sites of the right forehead and nothing else, and their keys."""
    chart = preempt(clinic, tablet)
    tablet.tap("#what-bar [data-panel=protocol]")
    tablet.tap("#panel [data-action=lay][data-key='']")
    expect(chart.page.locator("#panel")).to_be_hidden()
    for x, y in FOREHEADS:
        chart.tap_skin(FRONT, x, y)
    chart.wait_until_saved()
    return chart, [site["key"] for site in clinic.stored(chart.treatment)["sites"]]


def draw_round(chart: ChartPage, keys: list[str], room: float = 24) -> None:
    """Draw a finger round the marks of these sites."""
    places = [chart.middle_of(key) for key in keys]
    left, right = min(x for x, _ in places) - room, max(x for x, _ in places) + room
    top, low = min(y for _, y in places) - room, max(y for _, y in places) + room
    chart.tablet.drag((left, top), (right, top), (right, low), (left, low), (left, top))


def chosen(chart: ChartPage) -> set[str]:
    """The keys of the rows that say they are selected."""
    return {row.key for row in chart.rows() if row.selected}


def stored(clinic: RunningClinic, chart: ChartPage) -> dict[str, dict[str, str]]:
    """The sites of the chart as the clinic has them, by key."""
    chart.wait_until_saved()
    return {site["key"]: site for site in clinic.stored(chart.treatment)["sites"]}


def test_sites_that_a_finger_drew_round_are_changed_moved_and_deleted_together(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart, keys = three_on_the_right(clinic, tablet)
    before = stored(clinic, chart)

    tablet.tap("#rail [data-tool=select]")
    draw_round(chart, keys[:2])
    expect(chart.page.locator(f"{BAR} b")).to_have_text("2 selected")
    chart.tap_mark(keys[2])
    assert chosen(chart) == set(keys)
    assert "3 sites, right" in chart.naming

    tablet.tap(f"{BAR} [data-action=all-more]")
    dearer = stored(clinic, chart)
    steps = {float(dearer[key]["units"]) - float(before[key]["units"]) for key in keys}
    assert len(steps) == 1
    assert min(steps) > 0
    chart.undo()
    assert stored(clinic, chart) == before

    x, y = chart.middle_of(keys[0])
    tablet.drag((x, y), (x + 12, y + 30))
    moved = stored(clinic, chart)
    by = {
        (
            round(float(moved[key]["x"]) - float(before[key]["x"]), 2),
            round(float(moved[key]["y"]) - float(before[key]["y"]), 2),
        )
        for key in keys
    }
    assert len(by) == 1
    assert math.hypot(*by.pop()) > 1
    chart.undo()
    assert stored(clinic, chart) == before

    tablet.tap(f"{BAR} [data-action=remove-chosen]")
    assert stored(clinic, chart) == {}
    chart.undo()
    assert stored(clinic, chart) == before
    tablet.tap(f"{BAR} [data-action=let-go]")
    expect(chart.page.locator(BAR)).to_be_hidden()


def test_sites_that_would_leave_the_body_all_go_back(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart, keys = three_on_the_right(clinic, alices_tablet)
    before = stored(clinic, chart)
    alices_tablet.tap("#rail [data-tool=select]")
    draw_round(chart, keys)
    expect(chart.page.locator(f"{BAR} b")).to_have_text("3 selected")

    chart.drag_mark(keys[0], FRONT, 20.0, 62.0)

    expect(chart.page.locator("#canvas-said")).to_contain_text("All are back where they were.")
    assert stored(clinic, chart) == before


def test_a_long_press_chooses_a_planned_site_and_gives_nothing(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    first, second = (row.key for row in chart.rows()[:2])
    for number, key in enumerate((first, second), start=1):
        finger = tablet.drag(chart.middle_of(key), ending=None)
        expect(chart.page.locator(f"{BAR} b")).to_have_text(f"{number} selected")
        tablet.lift(finger)
    assert {row.state for row in chart.rows()} == {"planned"}

    tablet.tap(f"{BAR} [data-action=give-chosen]")

    assert {row.key for row in chart.rows() if row.state == "given"} == {first, second}
    expect(chart.page.locator("#said")).to_contain_text("2 sites given")
    chart.undo()
    assert {row.state for row in chart.rows()} == {"planned"}


def test_this_side_is_copied_to_the_other_as_planned_and_never_twice(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart, keys = three_on_the_right(clinic, tablet)
    chart.tap_skin(FRONT, MIDLINE / 2, 97.0)
    before = stored(clinic, chart)
    assert len(before) == 4
    chart.tap_mark(keys[0])

    tablet.tap("#rail [data-action=mirror]")

    after = stored(clinic, chart)
    copies = [site for key, site in after.items() if key not in before]
    assert {site["state"] for site in copies} == {"planned"}
    here = sorted((float(before[key]["x"]), float(before[key]["y"])) for key in keys)
    there = sorted((MIDLINE - float(site["x"]), float(site["y"])) for site in copies)
    assert all(math.dist(a, b) < 0.02 for a, b in zip(here, there, strict=True))
    sides = {row.name: set() for row in chart.rows()}
    for row in chart.rows():
        sides[row.name].add((row.side, row.state))
    assert ("left", "planned") in set(itertools.chain.from_iterable(sides.values()))

    tablet.tap("#rail [data-action=mirror]")
    expect(chart.page.locator("#canvas-said")).to_contain_text("have their sites there already")
    assert stored(clinic, chart) == after
    chart.undo()
    assert stored(clinic, chart) == before


def test_keys_choose_change_move_mirror_and_delete_several_sites(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart, keys = three_on_the_right(clinic, tablet)
    before = stored(clinic, chart)
    chart.open_every_group()
    tab_to(tablet, chart.row(keys[2]))
    tablet.press("ArrowUp", "Shift+ArrowUp")
    expect(chart.page.locator(f"{BAR} b")).to_have_text("2 selected")
    assert chart.said == "2 sites selected."
    tablet.press("+")
    raised = stored(clinic, chart)
    assert [raised[key]["units"] != before[key]["units"] for key in keys] == [True, True, False]
    tablet.press("Control+z", "Alt+ArrowDown")
    lower = stored(clinic, chart)
    down = [float(lower[key]["y"]) - float(before[key]["y"]) for key in keys]
    assert down == [1, 1, 0]
    tablet.press("Control+z", "m")
    assert len(stored(clinic, chart)) == 5
    tablet.press("Control+z", "Escape")
    expect(chart.page.locator(BAR)).to_be_hidden()
    tablet.press("Control+a")
    expect(chart.page.locator(f"{BAR} b")).to_have_text("3 selected")
    tablet.press("Delete")
    assert stored(clinic, chart) == {}
    assert chart.said.startswith("3 sites deleted")
    tablet.press("Control+z")
    assert stored(clinic, chart) == before
