"""The tools beside the brush: several sites at once, the other side, an area filled evenly."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from functools import partial

import click
import pytest
from playwright.sync_api import expect

from app.clinical.anatomy import body_map
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_keys import tab_to
from tests.browser.test_sites import FRONT, preempt
from tests.unit.clinical.drawings import drawing

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


def test_units_typed_for_all_that_is_chosen_are_one_step(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart, keys = three_on_the_right(clinic, tablet)
    before = stored(clinic, chart)
    field = chart.page.get_by_role("textbox", name="Units of each")
    opener = chart.page.get_by_role("button", name="Type the units of each")
    last = chart.page.locator("#sites [role=row][data-site]").last
    tablet.tap("#rail [data-tool=select]")
    draw_round(chart, keys)
    expect(chart.page.locator(f"{BAR} b")).to_have_text("3 selected")

    tablet.tap(opener)
    expect(field).to_be_focused()
    tablet.press("Enter")
    expect(chart.page.locator("#canvas-said")).to_contain_text("Units are a number above 0")
    expect(field).to_be_focused()
    tablet.press("7", ".", "2", "5", "Enter")
    expect(field).to_be_hidden()
    expect(opener).to_be_focused()
    assert {site["units"] for site in stored(clinic, chart).values()} == {"7.25"}
    assert chart.said.startswith("3 sites, 7.25 units each, total 21.75")
    chart.undo()
    assert stored(clinic, chart) == before

    tablet.press("Escape")
    chart.open_every_group()
    tab_to(tablet, chart.page.locator("#sites [role=row][tabindex='0']"))
    tablet.press("End", "Control+a", "9")
    expect(field).to_have_value("9")
    tablet.press("Escape")
    expect(last).to_be_focused()
    assert stored(clinic, chart) == before
    tablet.press("1", "2", "Enter")
    expect(last).to_be_focused()
    assert {site["units"] for site in stored(clinic, chart).values()} == {"12"}


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
    assert {row.side for row in chart.rows() if row.state == "planned"} == {"left"}

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


# ── grids ──

# DESIGN section 1 and the table of taps: from an open patient to the review page.
UNDERARMS = 7
PALMS = 8
EXTRAS = 5
# A chart that carries no earlier session asks once what it is for.
FIRST_VISIT = 1


def stocked(clinic: RunningClinic, units: str) -> None:
    """A vial that was opened lately, so that the next one is proposed."""
    clinic.new_note(
        clinic.new_patient(),
        ml="4",
        units=units,
        lot="SAMPLE-7",
        expires="2029-08-31",
        discarded=str(int(units) - 10),
    )


@pytest.mark.parametrize(
    ("indication", "ref", "tapped", "count", "promised"),
    [
        ("axillary_hyperhidrosis", "axillae@1", (58.0, 190.0), 15, UNDERARMS),
        ("palmar_hyperhidrosis", "hands_palmar@1", (70.0, 124.0), 25, PALMS),
    ],
)
def test_both_sides_are_filled_by_hand_within_the_promised_taps(
    own_clinic: RunningClinic,
    new_tablet: NewTablet,
    capsys: pytest.CaptureFixture[str],
    indication: str,
    ref: str,
    tapped: tuple[float, float],
    count: int,
    promised: int,
) -> None:
    stocked(own_clinic, "100")
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    patient = own_clinic.new_patient()
    tablet.go(f"/patients/{patient.id}")
    tablet.taps = tablet.keys = 0

    chart = ChartPage.start(tablet, patient, indication)
    chart.mix_now()
    tablet.tap("#rail [data-action=grid]")
    chart.touch(lambda: chart.place_of(ref, *tapped))
    expect(chart.page.locator("#tool output")).to_have_text(str(count))
    tablet.tap("#rail [data-action=mirror]")
    expect(chart.page.locator("#tool b")).to_contain_text("left, mirrored")
    chart.give_all()
    assert chart.total() == "100 U given"
    treatment = chart.treatment
    chart.review()

    with capsys.disabled():
        click.echo(
            f"\n{indication}, a grid by hand: {tablet.taps} taps from the open patient to the "
            f"review page, {FIRST_VISIT} of them for a first visit (promised: {promised} beside it)"
        )
    assert tablet.taps <= promised + FIRST_VISIT
    assert tablet.keys == 0
    sites = own_clinic.stored(treatment)["sites"]
    assert len(sites) == 2 * count
    width = body_map(ref).view_box[2]
    right = [site for site in sites if float(site["x"]) < width / 2]
    left = {(site["x"], site["y"], site["units"]) for site in sites if site not in right}
    assert {
        (f"{Decimal(str(width)) - Decimal(site['x']):.2f}", site["y"], site["units"])
        for site in right
    } == left
    assert sum(Decimal(site["units"]) for site in right) == 50


def test_a_grid_keeps_its_dose_while_its_points_and_their_distance_change(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = ChartPage.start(tablet, clinic.new_patient(), "axillary_hyperhidrosis")
    before = stored(clinic, chart)
    tablet.tap("#rail [data-action=grid]")
    chart.touch(lambda: chart.place_of("axillae@1", 58.0, 190.0))
    note = chart.page.locator("#tool p")
    expect(note).to_contain_text("30 cm²")
    expect(note).to_contain_text("50 U over 15: 5 of 3.34 U, 10 of 3.33 U.")

    def grid() -> list[Decimal]:
        sites = stored(clinic, chart).values()
        assert {site["state"] for site in sites} == {"planned"}
        return [Decimal(site["units"]) for site in sites if float(site["x"]) < 240]

    laid = grid()
    assert len(laid) == 15
    tablet.tap("#tool [data-action=grid-more]")
    expect(note).to_contain_text("50 U over 16")
    assert (len(grid()), sum(grid())) == (16, 50)
    tablet.tap("#tool [data-key='20']")
    expect(note).to_contain_text("2 cm apart")
    assert 4 < len(grid()) < 15
    assert sum(grid()) == 50
    tablet.rewrite(chart.page.locator("#grid-units"), "40")
    tablet.press("Enter")
    expect(note).to_contain_text("40 U over")
    assert sum(grid()) == 40
    for _ in range(3):
        chart.undo()
    assert grid() == laid
    chart.undo()
    assert stored(clinic, chart) == before


def test_a_drawn_area_is_filled_with_the_brush_where_no_protocol_says_how_much(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = ChartPage.start(tablet, clinic.new_patient(), "craniofacial_hyperhidrosis")
    tablet.tap("#rail [data-action=grid]")
    expect(chart.page.locator("#tool")).to_contain_text("Tap an area, or draw round one.")
    chart.let_settle()
    corners = [(80.0, 50.0), (160.0, 50.0), (160.0, 75.0), (80.0, 75.0)]
    tablet.drag(*(chart.place_of(FRONT, x, y) for x, y in [*corners, corners[0]]))

    expect(chart.page.locator("#tool p")).to_contain_text("20 cm²")
    sites = stored(clinic, chart).values()
    assert len(sites) > 4
    assert {site["state"] for site in sites} == {"planned"}
    for site in sites:
        assert 79 <= float(site["x"]) <= 161
        assert 49 <= float(site["y"]) <= 76
    places = [(float(site["x"]), float(site["y"])) for site in sites]
    assert min(math.dist(a, b) for a, b in itertools.combinations(places, 2)) > 14.9


def test_four_sites_that_follow_the_pain_take_five_taps(
    clinic: RunningClinic, alices_tablet: Tablet, capsys: pytest.CaptureFixture[str]
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    chart.give_all()
    tablet.taps = 0

    tablet.tap("#rail [data-action=extras]")
    expect(chart.page.locator("#views [data-map=head_posterior]")).to_have_attribute(
        "aria-selected", "true"
    )
    # Who taps has read what the tool says, and by then the picture has given way to it.
    expect(chart.page.locator("#tool")).to_contain_text("Tap the skin where it is given")
    chart.let_settle()
    places = [(175.0, 296.0), (305.0, 296.0), (150.0, 307.0), (330.0, 307.0)]
    for x, y in places:
        chart.touch(partial(chart.place_of, "head_posterior@1", x, y))

    with capsys.disabled():
        click.echo(f"\nFour sites that follow the pain: {tablet.taps} taps (promised: {EXTRAS})")
    assert tablet.taps <= EXTRAS
    extras = [site for site in stored(clinic, chart).values() if site["protocol"] == "PREEMPT-FTP"]
    assert [(site["state"], site["units"]) for site in extras] == [("given", "5")] * 4
    assert {site["muscle"] for site in extras} <= {"occipitalis", "trapezius"}
    assert len({site["protocol_site"] for site in extras}) == 4


def test_what_is_planned_on_one_drawing_is_given_alone_and_taken_back_in_one(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    near = chart.page.locator("#sites [data-action=give-here]")
    expect(near).to_have_text("Give 7 here")
    alices_tablet.tap(near)

    sites = stored(clinic, chart).values()
    assert {site["map"] for site in sites if site["state"] == "given"} == {FRONT}
    assert sum(site["state"] == "given" for site in sites) == 7
    expect(near).to_be_hidden()
    chart.undo()
    assert {site["state"] for site in stored(clinic, chart).values()} == {"planned"}


def test_fit_shows_the_sites_and_then_the_region_of_the_one_in_hand(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)

    def shown() -> tuple[float, float, float, float]:
        view = chart.page.locator("#picture svg").get_attribute("viewBox") or ""
        x, y, width, height = (float(part) for part in view.split())
        return x, y, x + width, y + height

    whole = shown()
    alices_tablet.tap("#zoom [data-action=fit]")
    left, top, right, low = shown()
    assert low - top < (whole[3] - whole[1]) / 2
    (region,) = (each for each in drawing(FRONT).regions if each.id == "corrugator_R")
    assert all(left < x < right and top < y < low for x, y in region.points)
    alices_tablet.tap("#zoom [data-action=fit]")
    assert shown() == whole
