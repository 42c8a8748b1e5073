"""The chart on every glass: standing, in the left hand, on a phone, at twice the size."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import LYING, PHONE, STANDING, NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_sites import FRONT, preempt

# 1180 × 820 at 200 %.
TWICE = {"width": 590, "height": 410}
CHEEK_RIGHT = (82.0, 160.0)


def chart_on(clinic: RunningClinic, new_tablet: NewTablet, **options: Any) -> ChartPage:
    """An open session with PREEMPT laid, its vial mixed, on this glass."""
    tablet: Tablet = new_tablet(clinic, **options)
    tablet.sign_in("alice")
    patient = clinic.new_patient()
    tablet.go(f"/patients/{patient.id}")
    chart = ChartPage(tablet)
    tablet.tap("[data-action=start]")
    chart.wait_until_open()
    tablet.tap("#first [data-key=chronic_migraine]")
    expect(chart.page.locator("#sites .sites__head b")).to_have_text("0 of 31 given")
    return chart


def assert_nothing_is_cut_off(chart: ChartPage, width: int) -> None:
    """The page is as wide as the glass, and so is its bar."""
    assert chart.page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("indication", "protocol", "product", "dilution"):
        box = chart.page.locator(f"#what-bar [data-panel={name}]").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 1, name
        chosen = chart.page.locator(f"#what-bar [data-panel={name}] > b")
        assert ends_of(chosen)[1] <= box["x"] + box["width"], name


@pytest.mark.parametrize(
    ("glass", "hand"),
    [
        pytest.param(LYING, "right", id="lying, right"),
        pytest.param(STANDING, "left", id="standing, left"),
        pytest.param(LYING, "left", id="lying, left", marks=pytest.mark.long),
        pytest.param(STANDING, "right", id="standing, right", marks=pytest.mark.long),
    ],
)
def test_on_a_tablet_picture_list_and_tools_are_there_at_once(
    glass: dict[str, int], hand: str, own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    chart = chart_on(own_clinic, new_tablet, viewport=glass)
    tablet = chart.tablet
    if hand == "left":
        tablet.tap("[data-panel=menu]")
        tablet.tap("#panel [data-action=hand][data-key=left]")
        tablet.tap("#panel [data-action=close]")
    chart.type_vial(lot="SAMPLE-2", month="08", year="2029", units="200", ml="4")
    chart.mix_now()

    assert_nothing_is_cut_off(chart, glass["width"])
    rail = chart.page.locator("#rail").bounding_box()
    picture = chart.page.locator("#picture").bounding_box()
    assert rail is not None
    assert picture is not None
    assert (rail["x"] > picture["x"]) == (hand == "left")

    key = chart.rows()[0].key
    chart.drag_mark(key, FRONT, 150.0, 70.0)
    chart.is_called("Frontalis, left")
    chart.undo()
    chart.is_called("Corrugator, right")


# Where each side's word lies, and what lies over the picture. Read only.
SIDE_WORDS = """() => [...document.querySelectorAll('#picture .sides text')].map((word) => {
  const box = word.getBoundingClientRect();
  const over = [...document.querySelectorAll('#naming > *, #zoom')].map((each) => each.getBoundingClientRect());
  return {word: word.textContent, covered: over.some((each) =>
    each.left < box.right && each.right > box.left && each.top < box.bottom && each.bottom > box.top)};
})"""  # noqa: E501
LATERAL, BACK = "head_right_lateral@1", "head_posterior@1"
# A muscle or an area on each of more drawings than have room for their tabs.
PLACES = {
    "hands_palmar@1": (224.0, 64.0),
    "feet_plantar@1": (140.0, 35.0),
    "upper_limb_anterior@1": (205.0, 70.0),
    "lower_limb_posterior@1": (110.0, 80.0),
}


def ends_of(control: Locator) -> tuple[float, float]:
    """Where a control begins and ends on the glass, from left to right."""
    box = control.bounding_box()
    assert box is not None
    return box["x"], box["x"] + box["width"]


@pytest.mark.parametrize("glass", [LYING, STANDING], ids=["lying", "standing"])
def test_no_name_of_a_site_lies_over_the_word_for_the_side(
    glass: dict[str, int], clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(clinic, viewport=glass)
    tablet.sign_in("alice")
    chart = ChartPage.start(tablet, clinic.new_patient(), "other")
    for ref, (x, y), words in (
        (LATERAL, (222.0, 100.0), ["Right"]),
        (BACK, (190.0, 180.0), ["Left", "Right"]),
    ):
        chart.view(ref.split("@")[0])
        chart.tap_skin(ref, x, y)
        # Several muscles may lie there, and the line offers them.
        expect(chart.page.locator("#naming [data-action=rename]").first).to_be_visible()
        # What the server finds takes room beneath the picture.
        chart.wait_until_saved()
        chart.wait_until_it_rests()

        seen = chart.page.evaluate(SIDE_WORDS)

        assert [each["word"] for each in seen] == words
        assert not any(each["covered"] for each in seen), ref


def test_the_drawing_that_is_open_has_its_tab_in_sight_among_many(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), "other")
    for ref, place in PLACES.items():
        chart.view(ref.split("@")[0])
        chart.tap_skin(ref, *place)
    tabs = ends_of(chart.page.locator("#views [role=tablist]"))

    for name in ("head_anterior", "lower_limb_posterior"):
        chart.view(name)
        tab = ends_of(chart.page.locator(f"#views [data-map={name}]"))

        assert tabs[0] - 1 <= tab[0]
        assert tab[1] <= tabs[1] + 1


def test_a_view_that_is_tapped_while_drawings_come_stays_open(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet, held = alices_tablet, list[Route]()
    tablet.context.route("**/*head_left_lateral*", lambda route: held.append(route))
    chart = ChartPage.start(tablet, clinic.new_patient())
    tablet.tap("#first [data-action=indication][data-key=chronic_migraine]")
    back = chart.page.locator("#views [data-map=head_posterior]")
    tablet.tap(back)
    expect(back).to_have_attribute("aria-selected", "true")
    # The site in hand is of that view, too.
    chart.is_called("Occipitalis, right")

    assert held
    for route in held:
        route.continue_()

    expect(chart.page.locator("#views [data-map=head_left_lateral] > svg")).to_be_visible()
    expect(back).to_have_attribute("aria-selected", "true")
    chart.is_called("Occipitalis, right")


def test_standing_the_date_of_service_is_in_the_menu(
    clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    chart = chart_on(clinic, new_tablet, viewport=STANDING)
    chart.tablet.tap("[data-panel=menu]")
    chart.tablet.tap("#panel [data-action=date]")
    expect(chart.page.locator("#date-of-service")).to_be_visible()


def test_on_a_phone_the_chart_is_its_list_and_everything_can_be_done(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    chart = chart_on(own_clinic, new_tablet, viewport=PHONE)
    tablet, page = chart.tablet, chart.page
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.locator("#picture")).to_be_hidden()
    expect(page.locator("#sites")).to_be_visible()

    chart.type_vial(lot="SAMPLE-3", month="08", year="2029", units="200", ml="4")
    chart.mix_now()
    first = chart.rows()[0].key
    tablet.tap(chart.row(first).locator("[data-action=give]"))
    expect(chart.row(first)).to_have_attribute("data-state", "given")
    chart.undo()
    expect(chart.row(first)).to_have_attribute("data-state", "planned")

    # The picture is one tap away: for a site that no plan has, and to move one.
    tablet.tap("#rail [data-action=picture]")
    expect(page.locator("#sites")).to_be_hidden()
    chart.brush("10")
    chart.tap_skin(FRONT, *CHEEK_RIGHT)
    assert chart.total() == "10 U given"
    tablet.tap("#rail [data-action=picture]")
    expect(page.locator("#picture")).to_be_hidden()
    tablet.tap(chart.row(first).locator(".site-row__name"))
    tablet.tap(chart.row(first).locator("[data-action=move]"))
    tablet.tap_at(chart.bring(FRONT, 150.0, 70.0))
    chart.is_called("Frontalis, left")
    tablet.tap("#rail [data-action=picture]")

    chart.give_all()
    chart.wait_until_saved()
    assert len(own_clinic.stored(chart.treatment)["sites"]) == 32
    chart.review()


def test_at_twice_the_size_no_control_is_out_of_reach(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    chart = chart_on(own_clinic, new_tablet, viewport=TWICE, device_scale_factor=2)
    tablet, page = chart.tablet, chart.page
    assert page.evaluate("document.documentElement.scrollWidth") <= TWICE["width"]
    for shown in ("list", "picture"):
        every = "#chart :is(button, a, select, input):not([aria-disabled='true']):visible"
        controls = page.locator(every).all()
        # In a clinic of its own: what other journeys used there is offered on no strip.
        assert len(controls) > 20, shown
        for control in controls:
            # As a finger would, after scrolling there; nothing is changed by it.
            control.tap(trial=True)
        if shown == "list":
            tablet.tap("#rail [data-action=picture]")
    page.locator("#picture svg").first.scroll_into_view_if_needed()
    chart.tap_skin(FRONT, *CHEEK_RIGHT)
    assert chart.total("") == "5 U given"


def test_in_spanish_names_sides_and_changes_are_said_in_spanish(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic, viewport=STANDING)
    tablet.sign_in("alice")
    tablet.go("/account")
    tablet.tap(tablet.page.locator("label.pill", has_text="Español"))
    tablet.tap("form[action='/account/language'] button")
    expect(tablet.page.locator("html")).to_have_attribute("lang", "es")
    tablet.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert tablet.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tablet.page.set_viewport_size(STANDING)  # type: ignore[arg-type]
    chart = preempt(own_clinic, tablet)
    assert_nothing_is_cut_off(chart, STANDING["width"])
    key = chart.page.locator("#sites [data-site]").first.get_attribute("data-site")
    assert key is not None

    chart.drag_mark(key, FRONT, 150.0, 70.0)

    assert chart.said.startswith("Punto 1, ")
    assert chart.said.endswith(" izquierdo, movido.")
