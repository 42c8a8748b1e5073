"""A whole session by keys alone, and what a screen reader is told of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_sites import FRONT, preempt

# No control is further than this from any other.
FAR = 120

FOCUS = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  return {body: at === document.body,
          ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
          shown: at.checkVisibility()};
}"""
COORDINATES = re.compile(r"^-?\d+\.\d\d$")


def tab_to(tablet: Tablet, target: Locator, key: str = "Tab") -> None:
    """Press Tab until this has the focus; at every stop there is a ring to be seen."""
    expect(target).to_be_visible()
    for _ in range(FAR):
        if target.evaluate("each => each === document.activeElement"):
            return
        tablet.press(key)
    raise AssertionError(f"{target} is not reached by {key}")


def assert_focus_is_seen(chart: ChartPage) -> None:
    """Something on the page has the focus and shows it."""
    focus = chart.page.evaluate(FOCUS)
    assert not focus["body"], "the focus is lost"
    assert focus["shown"]
    assert focus["ring"] >= 2


def focused_row(chart: ChartPage) -> str:
    """How the row with the focus is read out."""
    return str(chart.page.evaluate("() => document.activeElement.getAttribute('aria-label')"))


def to_first_row(chart: ChartPage) -> None:
    """Go to the first site of the list."""
    tab_to(chart.tablet, chart.row(chart.rows()[0].key))


def test_from_the_patient_to_the_review_page_no_hand_leaves_the_keys(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    page = tablet.page
    patient = own_clinic.new_patient()
    tablet.go(f"/patients/{patient.id}")
    tab_to(tablet, page.locator("[data-action=start]"))
    tablet.press("Enter")
    chart = ChartPage(tablet)
    chart.wait_until_open()
    tab_to(tablet, page.locator("#first [data-key=chronic_migraine]"))
    tablet.press("Enter")
    expect(page.locator("#sites .tree__rows :focus")).to_have_count(1)
    assert_focus_is_seen(chart)

    # The vial from its label.
    tab_to(tablet, page.locator("#draft-units"), "Shift+Tab")
    tablet.type("200")
    tab_to(tablet, page.locator("#draft-lot"))
    tablet.type("SAMPLE-5")
    tab_to(tablet, page.locator("#draft-expires"))
    tablet.type("08")
    tablet.press("ArrowRight")
    tablet.type("2029")
    tab_to(tablet, page.locator("#draft-ml"))
    tablet.type("4")
    tab_to(tablet, page.locator("[data-action=use-vial]"))
    tablet.press("Enter")
    expect(page.locator("[data-strip=vial]")).to_be_empty()
    assert_focus_is_seen(chart)

    # Enter gives and goes on to the next; the total is said with it.
    to_first_row(chart)
    keys = [row.key for row in chart.rows()]
    tablet.press("Enter")
    assert chart.said == "Site 1, corrugator right, 5 units given, total 5"
    expect(chart.row(keys[1])).to_be_focused()
    tablet.press("Space")
    assert chart.said == "Site 2, corrugator left, 5 units given, total 10"
    expect(chart.row(keys[2])).to_be_focused()

    # Units by step and by digits.
    tablet.press("+")
    assert chart.said == "Site 3, procerus midline, 7.5 units, total 10"
    expect(chart.row(keys[2])).to_be_focused()
    tablet.press("1", "2", "Enter")
    assert chart.said == "Site 3, procerus midline, 12 units, total 10"
    expect(chart.row(keys[2])).to_be_focused()
    tablet.press("-")
    assert chart.said == "Site 3, procerus midline, 9.5 units, total 10"

    # Deleted, and all of it back.
    tablet.press("Delete")
    assert chart.said == "Site 3, procerus midline, deleted, total 10"
    expect(chart.row(keys[3])).to_be_focused()
    assert_focus_is_seen(chart)
    tablet.press("Control+z")
    assert chart.said == "Taken back: Site 3, procerus midline, deleted."
    tablet.press("Control+Shift+Z")
    assert chart.said == "Done again: Site 3, procerus midline, deleted."
    tablet.press("Control+z")
    assert_focus_is_seen(chart)

    # Given, taken back, given again.
    tablet.press("ArrowUp", "ArrowUp", "Home", "ArrowDown")
    expect(chart.row(keys[0])).to_be_focused()
    tablet.press("Enter")
    assert chart.said == "Site 1, corrugator right, not given, total 5"
    expect(chart.row(keys[0])).to_be_focused()

    tab_to(tablet, page.locator("#sites [data-action=give-all]"), "Shift+Tab")
    tablet.press("Enter")
    assert chart.said.startswith("30 sites given, total 159.5")
    tab_to(tablet, page.locator("#sums [data-action=review]"))
    chart.wait_until_saved()
    tablet.press("Enter")
    page.wait_for_url("**/signature")
    stored = own_clinic.stored(chart.treatment)
    assert [site["state"] for site in stored["sites"]] == ["given"] * 31
    assert stored["sites"][2]["units"] == "9.5"


def test_arrows_open_and_close_a_muscle_and_a_site_and_go_through_every_row(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    to_first_row(chart)
    first = chart.row(chart.rows()[0].key)

    tablet.press("ArrowRight")
    expect(first).to_have_attribute("aria-expanded", "true")
    tab_to(tablet, first.locator("[data-field=depth]"))
    tablet.type("sub")
    expect(first.locator("[data-field=depth]")).to_have_value("SC")
    expect(first.locator("[data-field=depth]")).to_be_focused()
    tablet.press("Escape")
    expect(first).to_be_focused()
    tablet.press("ArrowLeft")
    expect(first).to_have_attribute("aria-expanded", "false")

    tablet.press("ArrowLeft")
    group = chart.page.locator("#sites [data-group]").first
    expect(group).to_be_focused()
    tablet.press("ArrowLeft")
    expect(group).to_have_attribute("aria-expanded", "false")
    expect(group).to_be_focused()
    tablet.press("Enter")
    expect(group).to_have_attribute("aria-expanded", "true")

    # All the way down, across the views, and up again; the picture follows.
    chart.open_every_group()
    group.focus()
    seen = []
    for _ in range(31 + len(chart.groups())):
        tablet.press("ArrowDown")
        seen.append(focused_row(chart))
    assert len({label for label in seen if label.startswith("Site ")}) == 31
    expect(chart.page.locator("#views [data-map=head_posterior]")).to_have_attribute(
        "aria-selected", "true"
    )
    assert_focus_is_seen(chart)
    tablet.press("Home")
    expect(group).to_be_focused()


def test_a_key_that_is_held_down_gives_once(clinic: RunningClinic, alices_tablet: Tablet) -> None:
    chart = preempt(clinic, alices_tablet)
    to_first_row(chart)

    keyboard = chart.page.keyboard
    for _ in range(4):
        keyboard.down("Enter")
    keyboard.up("Enter")

    assert chart.total("") == "5 U given"


def test_shift_and_alt_with_an_arrow_move_a_site_by_a_millimetre(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    to_first_row(chart)
    key = chart.rows()[0].key

    def place() -> tuple[str, str]:
        chart.wait_until_saved()
        site = clinic.stored(chart.treatment)["sites"][0]
        assert COORDINATES.match(site["x"])
        assert COORDINATES.match(site["y"])
        return site["x"], site["y"]

    assert place() == ("104.00", "95.00")
    tablet.press("Alt+ArrowLeft", "Alt+ArrowUp")
    assert chart.said == "Site 1, corrugator right, moved."
    assert place() == ("103.00", "94.00")
    expect(chart.row(key)).to_be_focused()
    expect(chart.mark(key).locator("rect.site__dot")).to_have_count(1)
    tablet.press("Control+z", "Control+z")
    assert place() == ("104.00", "95.00")
    expect(chart.mark(key).locator("circle.site__dot")).to_have_count(1)


def test_a_limb_is_drawn_smaller_and_a_millimetre_is_still_one_of_life(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), "upper_limb_spasticity")
    ref = "upper_limb_anterior@1"
    chart.tap_skin(ref, 117.0, 42.0)
    chart.wait_until_saved()
    (before,) = clinic.stored(chart.treatment)["sites"]

    tab_to(alices_tablet, chart.row(before["key"]))
    alices_tablet.press("Alt+ArrowDown", "Alt+ArrowDown")

    chart.wait_until_saved()
    (after,) = clinic.stored(chart.treatment)["sites"]
    assert float(after["y"]) - float(before["y"]) == pytest.approx(1.0)


def test_the_cross_on_the_picture_gives_moves_zooms_and_asks(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    picture = chart.page.locator("#picture svg[tabindex]")
    tab_to(tablet, picture, "Shift+Tab")
    assert_focus_is_seen(chart)

    view = picture.get_attribute("viewBox")
    tablet.press("+")
    assert picture.get_attribute("viewBox") != view
    tablet.press("-", "0")
    assert picture.get_attribute("viewBox") == view

    tablet.press("ArrowDown")
    assert chart.said
    for _ in range(10):
        tablet.press("ArrowUp")
    assert "right" in chart.said or "left" in chart.said or "midline" in chart.said
    before = len(chart.marks())
    tablet.press("Enter")
    assert len(chart.marks()) >= before
    expect(picture).to_be_focused()

    # Move, by the button in the row and the cross.
    key = chart.rows()[0].key
    tab_to(tablet, chart.page.locator("#sites [role=row][tabindex='0']"))
    tablet.press("Home", "ArrowDown", "ArrowRight")
    tab_to(tablet, chart.row(key).locator("[data-action=move]"))
    tablet.press("Enter")
    expect(picture).to_be_focused()
    tablet.press("Shift+ArrowUp", "Enter")
    expect(picture).to_be_focused()
    assert chart.said.startswith("Site 1, corrugator right, moved")

    # Off into a place without a muscle: it asks, and the keys go on in the field.
    tab_to(tablet, chart.row(key).locator("[data-action=move]"))
    tablet.press("Enter")
    for _ in range(14):
        tablet.press("ArrowLeft")
    for _ in range(11):
        tablet.press("ArrowDown")
    tablet.press("Enter")
    expect(chart.page.locator("#asked-other")).to_be_focused()
    tablet.press("Escape")
    expect(picture).to_be_focused()


def test_what_opens_gives_the_focus_back(clinic: RunningClinic, alices_tablet: Tablet) -> None:
    tablet = alices_tablet
    page = tablet.page
    chart = preempt(clinic, tablet)

    for name in ("indication", "protocol", "product", "dilution", "date", "menu"):
        opener = page.locator(f"[data-panel={name}]")
        tab_to(tablet, opener)
        tablet.press("Enter")
        expect(page.locator("#panel")).to_be_focused()
        tablet.press("Escape")
        expect(opener).to_be_focused()
        tablet.press("Enter")
        tab_to(tablet, page.locator("#panel [data-action=close]"))
        tablet.press("Enter")
        expect(opener).to_be_focused()

    tab_to(tablet, page.locator("[data-panel=protocol]"))
    tablet.press("Enter")
    tab_to(tablet, page.locator("#panel [data-action=lay][data-key='']"))
    tablet.press("Enter")
    expect(page.locator("[data-panel=protocol]")).to_be_focused()
    tablet.press("Control+z")
    assert_focus_is_seen(chart)

    to_first_row(chart)
    tablet.press("?")
    expect(page.locator("#keys")).to_be_visible()
    tablet.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    expect(chart.row(chart.rows()[0].key)).to_be_focused()


def test_digits_change_the_view_outside_the_list(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    tab_to(alices_tablet, chart.page.locator("[data-panel=menu]"), "Shift+Tab")

    for digit, map_id in ((4, "head_posterior"), (2, "head_right_lateral"), (1, "head_anterior")):
        alices_tablet.press(str(digit))
        expect(chart.page.locator(f"#views [data-map={map_id}]")).to_have_attribute(
            "aria-selected", "true"
        )
        assert_focus_is_seen(chart)


@pytest.mark.parametrize(
    "look",
    [
        pytest.param({"color_scheme": "light"}, id="light"),
        pytest.param({"color_scheme": "dark"}, id="dark", marks=pytest.mark.long),
        pytest.param({"forced_colors": "active"}, id="forced", marks=pytest.mark.long),
    ],
)
def test_the_focus_is_seen_in_every_look(
    look: dict[str, Any], clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(clinic, **look)
    tablet.sign_in("alice")
    chart = preempt(clinic, tablet)
    tablet.press("Tab")
    first = chart.page.evaluate_handle("() => document.activeElement")
    stops = 0
    for _ in range(FAR):
        # Between the last control and the first the browser's own have it.
        if not chart.page.evaluate(FOCUS)["body"]:
            assert_focus_is_seen(chart)
            stops += 1
        tablet.press("Tab")
        if chart.page.evaluate("each => each === document.activeElement", first):
            break
    assert 15 < stops < FAR


def test_a_screen_reader_finds_a_tree_table_and_names_for_everything(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    page = chart.page

    expect(page.locator("#sites")).to_match_aria_snapshot(
        """
        - region "Sites":
          - treegrid "Sites by muscle or area":
            - row "Muscle, units given Right Mid Left Sites":
              - columnheader "Muscle, units given"
              - columnheader "Right"
              - columnheader "Mid"
              - columnheader "Left"
              - columnheader "Sites"
            - rowgroup:
              - row /Corrugator 0\\/5 0\\/5 0 of 2/ [expanded] [level=1]:
                - rowheader "Corrugator"
                - gridcell "0/5"
                - gridcell
                - gridcell "0/5"
                - gridcell "0 of 2"
              - row "Site 1, Corrugator, right, 5 U, planned" [level=2] [selected]
              - row "Site 2, Corrugator, left, 5 U, planned" [level=2]
        """
    )
    rows = page.locator("#sites .tree__rows [role=row]")
    for level in ("1", "2"):
        of_it = [each for each in rows.all() if each.get_attribute("aria-level") == level]
        assert of_it
        for each in of_it:
            at, of = (int(each.get_attribute(f"aria-{n}") or 0) for n in ("posinset", "setsize"))
            assert 1 <= at <= of

    # The whole tree: whatever answers to keys has a name.
    glass = alices_tablet.context.new_cdp_session(page)
    tree = glass.send("Accessibility.getFullAXTree")["nodes"]
    nameless = [
        node["role"]["value"]
        for node in tree
        if not node["ignored"]
        and any(p["name"] == "focusable" and p["value"]["value"] for p in node["properties"])
        and node["role"]["value"] != "RootWebArea"
        and not node.get("name", {}).get("value")
    ]
    assert nameless == []


def test_each_change_by_a_finger_is_said_in_one_sentence(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    chart.open_every_group()
    by_number = {row.number: row.key for row in chart.rows()}
    chart.view("head_posterior")

    chart.tap_mark(by_number[18])
    assert chart.said == "Site 18, occipitalis right 3, 5 units given, total 5"

    chart.view("head_anterior")
    chart.tap_skin(FRONT, 82.0, 160.0)
    assert re.fullmatch(r"Site 32, .+ right, 5 units given, total 10", chart.said)
