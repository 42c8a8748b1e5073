"""Two indications, two products, one of them mixed twice, in one session: nothing is mixed up."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import expect

from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import LYING
from tests.browser.tablet import Tablet

FRONT = "head_anterior@1"
CHEEK_RIGHT = (82.0, 160.0)
CHEEK_LEFT = (158.0, 160.0)


def add_vial(chart: ChartPage, product: str, units: str, ml: str, lot: str) -> None:
    """A vial typed from its label in the product's panel."""
    tablet, page = chart.tablet, chart.page
    if page.locator("#panel").is_hidden():
        tablet.tap("#what-bar [data-panel=product]")
    if page.locator("#panel #draft-product").input_value() != product:
        tablet.pick(page.locator("#panel #draft-product"), product)
    tablet.pick(page.locator("#panel #draft-units"), f"{units} U")
    tablet.write(page.locator("#panel #draft-lot"), lot)
    tablet.pick(page.locator("#panel #draft-ml"), f"{ml} mL")
    tablet.tap("#panel [data-action=use-draft]")


def draw_on(chart: ChartPage, name: str) -> None:
    """Take a preparation in hand for the taps that follow."""
    if chart.page.locator("#panel").is_hidden():
        chart.tablet.tap("#rail [data-action=from]")
    card = chart.page.locator("#panel .prep").filter(has_text=name)
    chart.tablet.tap(card.locator("[data-action=draw-on]"))
    expect(card.locator("[data-action=draw-on]")).to_have_attribute("aria-pressed", "true")
    chart.tablet.tap("#panel [data-action=close]")


def test_a_lot_that_is_being_typed_stays_while_the_minute_turns(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    """The panel counts the minutes since a vial was mixed; what is typed beneath must not go."""
    tablet, page = alices_tablet, alices_tablet.page
    page.clock.install()
    chart = ChartPage.start(tablet, clinic.new_patient(), "chronic_migraine")
    tablet.tap("#what-bar [data-panel=product]")
    tablet.write(page.locator("#panel #draft-lot"), "SAM")
    page.clock.fast_forward("01:30")
    page.clock.run_for(1000)
    tablet.type("PLE-4")
    expect(page.locator("#panel #draft-lot")).to_have_value("SAMPLE-4")
    tablet.pick(page.locator("#panel #draft-ml"), "4 mL")
    tablet.tap("#panel [data-action=use-draft]")
    chart.wait_until_saved()
    [preparation] = clinic.stored(chart.treatment)["preparations"]
    assert [vial["lot"] for vial in preparation["vials"]] == ["SAMPLE-4"]

    # The same in a field of a vial that is on the chart.
    if page.locator("#panel").is_hidden():
        tablet.tap("#what-bar [data-panel=product]")
    tablet.rewrite(page.locator("#panel [data-vial] [data-field=lot]"), "OTH")
    page.clock.fast_forward("01:30")
    page.clock.run_for(1000)
    tablet.type("ER-5")
    tablet.press("Tab")
    chart.wait_until_saved()
    [preparation] = clinic.stored(chart.treatment)["preparations"]
    assert [vial["lot"] for vial in preparation["vials"]] == ["OTHER-5"]


def test_two_indications_two_products_and_two_dilutions_keep_their_own_sums(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = ChartPage.start(tablet, clinic.new_patient(), "chronic_migraine")
    page = chart.page
    chart.also("axillary_hyperhidrosis")
    add_vial(chart, "BOTOX", "200", "4", "SAMPLE-1")
    expect(page.locator("#sums")).to_contain_text("of 255 U planned")
    add_vial(chart, "BOTOX", "100", "4", "SAMPLE-2")
    add_vial(chart, "Dysport", "500", "2.5", "SAMPLE-3")

    # Of what has no room in the bar, nothing makes the page wider than the glass.
    assert page.evaluate("document.documentElement.scrollWidth") <= LYING["width"]
    draw_on(chart, "Dysport")
    expect(page.locator("#rail [data-action=from]")).to_contain_text("Dysport 500 U")
    chart.brush("25")
    chart.tap_skin(FRONT, *CHEEK_RIGHT)
    assert chart.total("Dysport") == "25 U Dysport given"
    assert chart.total("BOTOX") == "0 U BOTOX given"

    draw_on(chart, "25 U/mL")
    # Units chosen for one product are not carried over to another.
    chart.tap_skin(FRONT, *CHEEK_LEFT)
    assert chart.total("BOTOX") == "5 U BOTOX given"

    # What a site draws on is its own choice, and the two dilutions are told apart.
    chart.open_every_group()
    first = chart.rows()[0].key
    tablet.tap(chart.row(first).locator(".site-row__name"))
    choice = chart.row(first).locator("[data-field=preparation]")
    assert choice.locator("option").all_text_contents()[1:] == [
        "BOTOX 200 U · 50 U/mL",
        "BOTOX 100 U · 25 U/mL",
        "Dysport 500 U",
    ]
    tablet.pick(choice, "Dysport")
    chart.give_all()

    assert chart.total("Dysport") == "30 U Dysport given"
    assert chart.total("BOTOX") == "255 U BOTOX given"
    chart.wait_until_saved()
    stored = clinic.stored(chart.treatment)
    lots = {each["key"]: each["vials"][0]["lot"] for each in stored["preparations"]}
    given = Counter(lots[site["preparation"]] for site in stored["sites"])
    assert given == {"SAMPLE-1": len(stored["sites"]) - 3, "SAMPLE-2": 1, "SAMPLE-3": 2}
    by_indication = Counter(site["indication"] for site in stored["sites"])
    assert by_indication["axillary_hyperhidrosis"] > 0
    assert by_indication["chronic_migraine"] == 33


# How far each number of a line stands from the one before it, in pixels. Read only.
GAPS = """(line) => {
  const boxes = [...line.children].slice(1).filter((cell) => cell.textContent).map((cell) => {
    const text = document.createRange();
    text.selectNodeContents(cell);
    return text.getBoundingClientRect();
  });
  return boxes.slice(1).map(({ left }, at) => left - boxes[at].right);
}"""


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_sum_of_four_digits_is_not_read_as_one_number_with_its_neighbour(
    clinic: RunningClinic, alices_tablet: Tablet, language: str
) -> None:
    tablet = alices_tablet
    chart = ChartPage.start(tablet, clinic.new_patient(), "hemifacial_spasm")
    chart.tap_skin(FRONT, *CHEEK_LEFT)
    tablet.tap(chart.row(chart.rows()[0].key).locator("[data-action=type]"))
    tablet.press("1", "2", "5", "0", ".", "5", "Enter")
    tablet.page.evaluate("(language) => { document.documentElement.lang = language }", language)

    line = tablet.page.locator("#sites .tree__sum").first
    expect(line.locator(".n")).to_have_text("1250.5 U")
    assert min(line.evaluate(GAPS)) >= 6
