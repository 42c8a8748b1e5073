"""The quick line by touch and keys: what is understood is laid as planned, the rest stays."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from app.clinical.anatomy import body_map, settle
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import LYING, PHONE, STANDING, NewTablet
from tests.browser.tablet import Tablet

FIELD = "#quick-line"
LAY = "#quick [data-action=lay-line]"


def a_chart_without_sites(tablet: Tablet, clinic: RunningClinic) -> ChartPage:
    """A session for migraine whose usual pattern was taken off again."""
    chart = ChartPage.start(tablet, clinic.new_patient())
    tablet.tap("#first [data-key=chronic_migraine]")
    tablet.tap("#what-bar [data-panel=protocol]")
    tablet.tap("#panel [data-action=lay][data-key='']")
    expect(chart.page.locator("#sites .sites__head b")).to_have_text("No sites yet")
    return chart


@pytest.mark.parametrize(
    "glass",
    [
        pytest.param(LYING, id="lying"),
        pytest.param(STANDING, id="standing", marks=pytest.mark.long),
        pytest.param(PHONE, id="phone", marks=pytest.mark.long),
    ],
)
def test_a_line_is_laid_as_planned_in_one_step_and_what_is_unclear_stays(
    glass: dict[str, int], clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(clinic, viewport=glass)
    tablet.sign_in("alice")
    chart = a_chart_without_sites(tablet, clinic)
    page = chart.page

    tablet.tap("#sites [data-action=quick-line]")
    expect(page.locator(FIELD)).to_be_focused()
    tablet.type("frontalis left 2.5 x2, procerus 5, tempralis both 5x4, zygomaticus left 2.5 x3")
    unclear = page.locator("#quick .quick__piece--unclear")
    expect(unclear.locator("u")).to_have_text("tempralis")
    expect(unclear).to_contain_text("Did you mean")
    expect(page.locator(LAY)).to_have_text("Lay 6 sites")
    expect(page.locator("#sites")).to_contain_text("Zygomaticus major, left")

    tablet.tap(unclear.get_by_role("button", name="Temporalis"))
    expect(page.locator(LAY)).to_have_text("Lay 14 sites")
    tablet.tap(page.locator(FIELD))
    tablet.press("Enter")
    expect(page.locator("#quick")).to_be_hidden()
    expect(page.locator("#sites .sites__head b")).to_have_text("0 of 14 given")

    chart.wait_until_saved()
    sites = clinic.stored(chart.treatment)["sites"]
    assert {site["state"] for site in sites} == {"planned"}
    found = []
    for site in sites:
        place = settle(
            body_map(site["map"]), Decimal(site["x"]), Decimal(site["y"]), site["muscle"]
        )
        assert site["muscle"] in place.offered
        found.append((site["muscle"], str(place.side), site["units"]))
    assert sorted(set(found)) == [
        ("frontalis", "left", "2.5"),
        ("procerus", "midline", "5"),
        ("temporalis", "left", "5"),
        ("temporalis", "right", "5"),
        ("zygomaticus_major", "left", "2.5"),
    ]
    assert len({(site["map"], site["x"], site["y"]) for site in sites}) == 14

    chart.undo()
    expect(page.locator("#sites .sites__head b")).to_have_text("No sites yet")


def test_the_line_is_opened_read_and_closed_by_keys_and_what_is_unclear_is_kept(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = a_chart_without_sites(tablet, clinic)
    page = chart.page

    tablet.press("/")
    expect(page.locator(FIELD)).to_be_focused()
    tablet.type("procerus five units and frontalis left 4 x 5")
    expect(page.locator("#quick-says")).to_have_text("1 piece is not understood yet.")
    expect(page.locator("#quick u")).to_have_text("4 x 5")
    tablet.press("Enter")

    expect(page.locator("#sites .sites__head b")).to_have_text("0 of 1 given")
    expect(page.locator(FIELD)).to_have_value("frontalis left 4 x 5")
    assert "1 site laid as planned" in chart.said
    tablet.press("Escape")
    expect(page.locator("#quick")).to_be_hidden()
    expect(page.locator("#sites [data-action=quick-line]")).to_be_focused()
    # What was typed waits there.
    tablet.press("Enter")
    expect(page.locator(FIELD)).to_have_value("frontalis left 4 x 5")
