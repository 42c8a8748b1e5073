"""What a finger does to sites: give, select, step, place, name, take away, and all of it back."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet

FRONT = "head_anterior@1"
# Points of the front of the head, in map units.
FOREHEAD_RIGHT = (92.0, 62.0)
CHEEK_RIGHT = (82.0, 160.0)
EYELID_RIGHT = (95.0, 118.0)
EAR_RIGHT = (48.0, 140.0)
BESIDE_THE_HEAD = (215.0, 40.0)


def preempt(clinic: RunningClinic, tablet: Tablet) -> ChartPage:
    """An open session with PREEMPT laid."""
    chart = ChartPage.start(tablet, clinic.new_patient(), "chronic_migraine")
    expect(chart.page.locator("#sites [role=row][data-site]").first).to_be_visible()
    return chart


def test_a_tap_on_a_planned_site_gives_it_and_takes_the_next_in_hand(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    chart.brush("10")
    chart.open_every_group()
    first, second, *_ = chart.rows()
    chart.is_called("Corrugator, right")

    chart.tap_mark(first.key)

    expect(chart.row(first.key)).to_have_attribute("data-state", "given")
    expect(chart.row(second.key)).to_have_attribute("aria-selected", "true")
    chart.is_called("Corrugator, left")
    # Its own planned units, whatever the brush.
    assert chart.total("") == "5 U given"


def test_a_tap_on_a_given_site_selects_it_and_never_deletes_it(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    chart.give_all()
    chart.open_every_group()
    before = chart.rows()
    front = [row for row in before if row.number <= 7]

    for row in front:
        for _ in range(3):
            chart.tap_mark(row.key)
        expect(chart.row(row.key)).to_have_attribute("aria-selected", "true")

    after = chart.rows()
    assert [row._replace(selected=False) for row in after] == before
    assert chart.total("") == "155 U given"


def test_units_are_stepped_and_typed_in_the_row_of_a_site(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    key = chart.rows()[0].key
    row = chart.row(key)

    tablet.tap(row.locator("[data-action=more]"))
    expect(row.locator("[data-action=type]")).to_have_text("7.5 U")
    tablet.tap(row.locator("[data-action=less]"))
    tablet.tap(row.locator("[data-action=less]"))
    expect(row.locator("[data-action=type]")).to_have_text("2.5 U")
    tablet.tap(row.locator("[data-action=less]"))
    expect(chart.page.locator("#canvas-said")).to_have_text(
        "A dose cannot reach zero. Delete takes the site away."
    )
    expect(row.locator("[data-action=type]")).to_have_text("2.5 U")

    tablet.tap(row.locator("[data-action=type]"))
    expect(row.locator("[data-field=units]")).to_be_focused()
    tablet.press("Control+a")
    tablet.type("12.345")
    tablet.press("Enter")
    expect(chart.page.locator("#canvas-said")).to_have_text(
        "Units are a number above 0 with at most two decimals, such as 2.5."
    )
    tablet.tap(row.locator("[data-action=type]"))
    tablet.press("Control+a")
    tablet.type("3.34")
    tablet.press("Enter")
    expect(chart.row(key).locator("[data-action=type]")).to_have_text("3.34")
    expect(chart.mark(key).locator("text")).to_have_text("3.34")

    chart.wait_until_saved()
    assert clinic.stored(chart.treatment)["sites"][0]["units"] == "3.34"


def test_the_brush_says_how_much_a_tap_on_skin_gives(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    chart.brush("2.5")
    chart.tap_skin(FRONT, *CHEEK_RIGHT)
    assert chart.total("") == "2.5 U given"

    own = tablet.page.locator("#rail .brush--custom")
    tablet.tap(own)
    expect(own).to_have_attribute("aria-pressed", "true")
    tablet.tap(own)
    expect(own).to_be_focused()
    tablet.press("Control+a")
    tablet.type("4")
    tablet.press("Enter")
    chart.tap_skin(FRONT, CHEEK_RIGHT[0] + 60, CHEEK_RIGHT[1])
    assert chart.total("") == "6.5 U given"


def test_a_deleted_site_comes_back_with_undo_and_goes_again_with_redo(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    key = chart.rows()[0].key
    chart.tap_mark(key)
    chart.tap_mark(key)

    tablet.tap(chart.row(key).locator("[data-action=remove]"))
    expect(chart.mark(key)).to_have_count(0)
    assert len(chart.marks()) == 6

    chart.undo()
    expect(chart.mark(key)).to_have_attribute("data-state", "given")
    chart.redo()
    expect(chart.mark(key)).to_have_count(0)
    chart.undo()
    chart.undo()
    expect(chart.mark(key)).to_have_attribute("data-state", "planned")
    assert chart.total("") == "0 U given"


def test_a_place_that_nothing_settles_asks_and_fills_in_no_name(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = ChartPage.start(tablet, clinic.new_patient(), "other")
    chart.tap_skin(FRONT, *FOREHEAD_RIGHT)

    chart.is_called("Which muscle, right?")
    assert [(row.name, row.side) for row in chart.rows()] == [("No muscle yet", "right")]
    expect(tablet.page.locator("[data-finding=DATA-04]")).to_contain_text("for site 1.")

    tablet.tap("#naming [data-action=rename] >> nth=0")
    chart.is_called("Frontalis, right")
    expect(tablet.page.locator("[data-finding=DATA-04]")).to_have_count(0)


def test_a_site_that_gets_its_name_stays_in_hand_in_the_list(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = ChartPage.start(tablet, clinic.new_patient(), "other")
    chart.tap_skin(FRONT, *FOREHEAD_RIGHT)

    tablet.tap("#naming [data-action=rename] >> nth=0")
    chart.is_called("Frontalis, right")

    assert [(row.name, row.selected) for row in chart.rows()] == [("Frontalis", True)]


def test_where_no_muscle_is_a_site_is_placed_in_words(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    before = len(chart.marks())
    chart.tap_skin(FRONT, *EAR_RIGHT)

    expect(tablet.page.locator("#naming")).to_contain_text("No muscle or area is charted here.")
    assert len(chart.marks()) == before
    # Letters are asked for by touching the field: a tap on skin opens no keyboard over the picture.
    expect(tablet.page.locator("#asked-other")).not_to_be_focused()
    tablet.write(tablet.page.locator("#asked-other"), "Ear lobe")
    tablet.tap("#naming [data-action=place-other]")

    chart.is_called("Ear lobe, right")
    assert len(chart.marks()) == before + 1
    chart.wait_until_saved()
    last = clinic.stored(chart.treatment)["sites"][-1]
    assert (last["muscle"], last["other"], last["state"]) == (None, "Ear lobe", "given")


def test_a_region_with_a_warning_warns_before_anything_is_placed(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    before = len(chart.marks())

    chart.tap_skin(FRONT, *EYELID_RIGHT)
    expect(tablet.page.locator("#naming .canvas__warn")).to_be_visible()
    assert len(chart.marks()) == before

    tablet.tap("#naming [data-action=drop-asked]")
    expect(tablet.page.locator("#naming .canvas__warn")).to_have_count(0)
    assert len(chart.marks()) == before


def test_beside_the_body_nothing_is_placed(clinic: RunningClinic, alices_tablet: Tablet) -> None:
    chart = preempt(clinic, alices_tablet)
    before = len(chart.marks())

    chart.tap_skin(FRONT, *BESIDE_THE_HEAD)

    expect(chart.page.locator("#canvas-said")).to_have_text("That is beside the body. Tap on it.")
    assert len(chart.marks()) == before


def test_what_is_open_in_the_list_stays_open_when_the_vial_is_chosen(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    # Where no vial was used yet, so that its label is typed.
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    chart = preempt(own_clinic, tablet)
    before = [row.number for row in chart.rows()]
    assert before == [1, 2, 3, 4, 5, 6, 7]

    chart.type_vial(lot="SAMPLE-2", month="08", year="2029", units="200", ml="4")
    chart.mix_now()

    assert [row.number for row in chart.rows()] == before


def test_the_list_scrolls_to_each_site_that_is_taken_in_hand(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    chart.open_every_group()
    for place in (CHEEK_RIGHT, FOREHEAD_RIGHT):
        chart.tap_skin(FRONT, *place)
        (placed,) = [row for row in chart.rows() if row.selected]
        expect(chart.row(placed.key)).to_be_in_viewport(ratio=0.9)
