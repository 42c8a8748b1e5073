"""A picture that moved by itself: a finger on its way to where things were places nothing.

The page's clock stands still, so that 0.3 s are 0.3 s on a busy machine too.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import LYING, STANDING
from tests.browser.tablet import Tablet
from tests.browser.test_sites import CHEEK_RIGHT, FRONT, preempt
from tests.browser.test_two_tablets import come_back, front, give, go_offline

SAID = "The picture moved just then, so that tap placed nothing. Tap again."
SETTLES_MS = 300


@pytest.fixture
def chart(clinic: RunningClinic, alices_tablet: Tablet) -> ChartPage:
    """An open session on a standing tablet whose clock stands still."""
    clock = alices_tablet.page.clock
    clock.install()
    chart = preempt(clinic, alices_tablet)
    chart.wait_until_saved()
    clock.pause_at(float(chart.page.evaluate("Date.now() / 1000 + 1")))
    turn(chart, STANDING)
    clock.run_for(SETTLES_MS)
    return chart


def turn(chart: ChartPage, glass: dict[str, int]) -> None:
    """Turn the tablet; the picture moves with it."""
    chart.page.set_viewport_size(glass)  # type: ignore[arg-type]
    expect(chart.page.locator("#picture[data-settling]")).to_be_attached()


def test_a_tap_within_three_tenths_of_a_second_of_it_places_nothing_and_says_so(
    clinic: RunningClinic, chart: ChartPage
) -> None:
    page = chart.page
    sites = len(clinic.stored(chart.treatment)["sites"])
    cheek = chart.place_of(FRONT, *CHEEK_RIGHT)
    turn(chart, LYING)
    page.clock.run_for(SETTLES_MS)
    turn(chart, STANDING)

    page.clock.run_for(SETTLES_MS - 1)
    chart.tablet.tap_at(cheek)
    expect(page.locator("#canvas-said")).to_have_text(SAID)
    assert chart.said == SAID
    assert chart.total("") == "0 U given"

    page.clock.run_for(1)
    chart.tablet.tap_at(cheek)
    assert chart.total("") == "5 U given"
    assert chart.said.startswith(f"Site {sites + 1}, ")
    expect(page.locator("#canvas-said")).to_be_empty()


def test_who_moves_the_picture_taps_on_at_once(chart: ChartPage) -> None:
    cheek = chart.place_of(FRONT, *CHEEK_RIGHT)
    there = (cheek[0] + 60, cheek[1])
    chart.tablet.drag(cheek, there)

    chart.tablet.tap_at(there)

    assert chart.total("") == "5 U given"
    expect(chart.page.locator("#canvas-said")).to_be_empty()


@pytest.mark.parametrize("glass", [LYING, STANDING], ids=["lying", "standing"])
def test_a_network_that_goes_and_comes_back_does_not_move_the_picture(
    clinic: RunningClinic, alices_tablet: Tablet, glass: dict[str, int]
) -> None:
    chart = preempt(clinic, alices_tablet)
    chart.page.set_viewport_size(glass)  # type: ignore[arg-type]
    first, second, *_ = front(chart)
    give(chart, first)
    chart.wait_until_saved()
    lay = chart.place_of(FRONT, *CHEEK_RIGHT)

    go_offline(chart)
    give(chart, second)
    expect(chart.save).to_have_text("Offline. 1 change kept on this tablet", timeout=30_000)
    assert chart.place_of(FRONT, *CHEEK_RIGHT) == lay

    come_back(chart)
    chart.wait_until_saved()
    assert chart.place_of(FRONT, *CHEEK_RIGHT) == lay
