"""A site drawn over the skin: muscle, side and name follow the finger, and only its end counts."""

from __future__ import annotations

import math

import pytest
from playwright.sync_api import expect

from app.clinical.anatomy import MAPS
from app.clinical.catalogue import catalogue
from tests.browser.chart_page import ChartPage, every_drawing
from tests.browser.clinic import RunningClinic
from tests.browser.tablet import Tablet
from tests.browser.test_placing import INDICATION, Target, agree_with_the_server, targets_of
from tests.browser.test_sites import (
    BESIDE_THE_HEAD,
    EAR_RIGHT,
    EYELID_RIGHT,
    FOREHEAD_RIGHT,
    FRONT,
    preempt,
)
from tests.unit.clinical.drawings import drawing

FOREHEAD_LEFT = (150.0, 70.0)
# How far off a finger may let go, in CSS pixels: half of what it moves without lifting.
NEAR = 2


@every_drawing(landing=(FRONT,))
def test_on_every_drawing_muscle_and_side_are_those_of_where_the_finger_let_go(
    ref: str, clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    map_id = ref.split("@")[0]
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), INDICATION[map_id])
    chart.view(map_id)
    first, second = two_apart(ref)
    chart.see_all()
    chart.tap_skin(ref, first.x, first.y)
    chart.wait_until_saved()
    (key,) = (site["key"] for site in clinic.stored(chart.treatment)["sites"])

    # What came beneath the picture is there now; both ends are in sight.
    chart.see_all()
    finger = chart.place_of(ref, second.x, second.y)
    chart.drag_mark(key, ref, second.x, second.y)

    assert math.dist(chart.middle_of(key), finger) < NEAR
    name_where_asked(chart, second)
    agree_with_the_server(chart)
    (site,) = clinic.stored(chart.treatment)["sites"]
    assert site["muscle"] in second.entry.muscles
    assert site["state"] == "given"
    assert math.dist((float(site["x"]), float(site["y"])), (second.x, second.y)) < 3


def two_apart(ref: str) -> tuple[Target, Target]:
    """Of the regions with a muscle, two as far apart as one pane of the drawing shows them."""
    map_id = ref.split("@")[0]
    shown = drawing(ref)
    low, _, width, _ = shown.view_box
    near = [
        target
        for target in targets_of(map_id, shown)
        if target.entry.muscles and not target.entry.warn and target.x < low + width / 2
    ]
    return max(
        ((a, b) for a in near for b in near), key=lambda two: math.dist(two[0][1:3], two[1][1:3])
    )


def name_where_asked(chart: ChartPage, target: Target) -> None:
    """Choose the first name offered, if nothing else settles it."""
    if "Which muscle" in chart.naming:
        wanted = target.entry.muscles[0]
        chart.tablet.tap(f"#naming [data-action=rename][data-key='{wanted}']")
        expect(chart.page.locator("#naming > b")).not_to_contain_text("Which muscle")


def test_the_name_follows_the_finger_across_the_midline_and_only_the_end_is_saved(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    chart.wait_until_saved()
    before = clinic.stored(chart.treatment)
    key = chart.rows()[0].key
    name = chart.page.locator("#naming > b")

    path = [chart.middle_of(key), chart.place_of(FRONT, *FOREHEAD_RIGHT)]
    finger = alices_tablet.drag(*path, ending=None)
    expect(name).to_have_text("Frontalis, right")
    alices_tablet.slide(finger, path[-1], chart.place_of(FRONT, *FOREHEAD_LEFT))
    expect(name).to_have_text("Frontalis, left")
    assert clinic.stored(chart.treatment) == before
    expect(chart.page.locator("#rail [data-action=undo]")).to_have_attribute(
        "aria-disabled", "false"
    )
    alices_tablet.lift(finger)

    chart.is_called("Frontalis, left")
    assert chart.said == "Site 1, frontalis left, moved."
    chart.wait_until_saved()
    after = clinic.stored(chart.treatment)
    moved = after["sites"][0]
    assert (moved["muscle"], moved["state"], moved["protocol_site"]) == (
        "frontalis",
        "planned",
        "C_R",
    )
    assert after["sites"][1:] == before["sites"][1:]
    answer = alices_tablet.read(f"/treatments/{chart.treatment}/chart")
    assert answer["sites"][key]["side"] == "left"

    # One step of undo, whatever way the finger went.
    chart.undo()
    chart.is_called("Corrugator, right")
    chart.wait_until_saved()
    assert clinic.stored(chart.treatment)["sites"] == before["sites"]


def test_a_site_of_a_protocol_turns_square_off_its_place_and_round_again_on_it(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    key = chart.rows()[0].key
    expect(chart.mark(key).locator("circle.site__dot")).to_have_count(1)

    chart.drag_mark(key, FRONT, *FOREHEAD_RIGHT)
    expect(chart.mark(key).locator("rect.site__dot")).to_have_count(1)
    expect(chart.row(key).locator("rect.site__dot")).to_have_count(1)

    chart.undo()
    expect(chart.mark(key).locator("circle.site__dot")).to_have_count(1)


def test_let_go_beside_the_body_a_site_is_back_where_it_was(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    chart.wait_until_saved()
    before = clinic.stored(chart.treatment)
    key = chart.rows()[0].key
    place = chart.middle_of(key)

    beside = chart.place_of(FRONT, *BESIDE_THE_HEAD)
    finger = alices_tablet.drag(place, beside, ending=None)
    expect(chart.page.locator("#naming > b")).to_have_text("Beside the body")
    alices_tablet.lift(finger)

    expect(chart.page.locator("#canvas-said")).to_have_text(
        "That is beside the body. The site is back where it was."
    )
    assert math.dist(chart.middle_of(key), place) < 1
    assert clinic.stored(chart.treatment) == before
    expect(chart.save).to_have_attribute("data-save", "saved")


def test_beside_the_picture_it_is_back_as_well(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    key = chart.rows()[0].key
    place = chart.middle_of(key)
    list_box = chart.page.locator("#sites").bounding_box()
    assert list_box is not None

    alices_tablet.drag(place, (list_box["x"] + 100, place[1]))

    expect(chart.page.locator("#canvas-said")).to_contain_text("The site is back where it was.")
    assert math.dist(chart.middle_of(key), place) < 1


@pytest.mark.parametrize("ending", ["second finger", "touchCancel"])
def test_what_interrupts_a_drag_puts_the_site_back(
    ending: str, clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    chart.wait_until_saved()
    before = clinic.stored(chart.treatment)
    key = chart.rows()[0].key
    place, there = chart.middle_of(key), chart.place_of(FRONT, *FOREHEAD_RIGHT)

    if ending == "touchCancel":
        alices_tablet.drag(place, there, ending=ending)
    else:
        finger = alices_tablet.drag(place, there, ending=None)
        alices_tablet.second_finger(finger, there, (there[0] + 90, there[1]))
        alices_tablet.lift(finger)

    expect(chart.page.locator("#naming > b")).to_have_text("Corrugator, right")
    assert math.dist(chart.middle_of(key), place) < 1
    assert chart.row(key).get_attribute("data-state") == "planned"
    expect(chart.page.locator("#rail [data-action=redo]")).to_have_attribute(
        "aria-disabled", "true"
    )
    assert clinic.stored(chart.treatment) == before


def test_a_tremble_is_no_drag(clinic: RunningClinic, alices_tablet: Tablet) -> None:
    chart = preempt(clinic, alices_tablet)
    chart.give_all()
    chart.wait_until_saved()
    before = clinic.stored(chart.treatment)
    key = chart.rows()[0].key
    x, y = chart.middle_of(key)

    for dx, dy in ((3, 0), (0, -7), (8, 8), (-11, 0)):
        alices_tablet.drag((x, y), (x + dx, y + dy), (x + dx / 2, y))

    # Nor is a finger that went off and came back to where it was.
    alices_tablet.drag((x, y), (x + 60, y - 40), (x + 1, y))

    assert math.dist(chart.middle_of(key), (x, y)) < 1
    chart.wait_until_saved()
    assert clinic.stored(chart.treatment) == before


def test_where_no_muscle_is_it_stays_until_somebody_says_what_it_is(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    key = chart.rows()[0].key
    place = chart.middle_of(key)

    chart.drag_mark(key, FRONT, *EAR_RIGHT)
    expect(chart.page.locator("#naming")).to_contain_text("No muscle or area is charted here.")
    assert math.dist(chart.middle_of(key), place) < 1
    alices_tablet.tap("#naming [data-action=drop-asked]")
    chart.is_called("Corrugator, right")

    chart.drag_mark(key, FRONT, *EAR_RIGHT)
    alices_tablet.write(chart.page.locator("#asked-other"), "Ear lobe")
    alices_tablet.tap("#naming [data-action=place-other]")
    chart.is_called("Ear lobe, right")
    assert math.dist(chart.middle_of(key), chart.place_of(FRONT, *EAR_RIGHT)) < NEAR
    chart.wait_until_saved()
    site = clinic.stored(chart.treatment)["sites"][0]
    assert (site["muscle"], site["other"], site["state"]) == (None, "Ear lobe", "planned")


def test_where_a_region_warns_it_warns_before_the_site_moves(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    key = chart.rows()[0].key
    place = chart.middle_of(key)

    chart.drag_mark(key, FRONT, *EYELID_RIGHT)

    expect(chart.page.locator("#naming .canvas__warn")).to_be_visible()
    assert math.dist(chart.middle_of(key), place) < 1


def test_a_finger_beside_the_sites_moves_the_picture_and_gives_nothing(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    key = chart.rows()[0].key
    start = chart.place_of(FRONT, 110.0, 130.0)
    alices_tablet.spread(start, 2)
    before = chart.middle_of(key)

    alices_tablet.drag(start, (start[0] + 60, start[1] + 40))

    after = chart.middle_of(key)
    # It begins to move where the finger has gone further than a tap.
    assert 40 < after[0] - before[0] <= 60
    assert 25 < after[1] - before[1] <= 40
    assert chart.total("") == "0 U given"

    # All of it in sight, there is nowhere to go.
    chart.see_all()
    before = chart.middle_of(key)
    start = chart.place_of(FRONT, 120.0, 180.0)
    alices_tablet.drag(start, (start[0] - 90, start[1] + 60))
    assert math.dist(chart.middle_of(key), before) < 1


def test_a_site_is_not_drawn_from_one_side_s_picture_into_the_other_s(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    ref = "hands_palmar@1"
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), "upper_limb_spasticity")
    chart.view("hands_palmar")
    right, *_ = (
        target
        for target in targets_of("hands_palmar", drawing(ref))
        if target.side == "right" and target.entry.muscles and not target.entry.warn
    )
    chart.tap_skin(ref, right.x, right.y)
    chart.wait_until_saved()
    (site,) = clinic.stored(chart.treatment)["sites"]
    place = chart.middle_of(site["key"])
    _, _, width, _ = drawing(ref).view_box

    alices_tablet.drag(place, chart.place_of(ref, width - right.x, right.y))

    expect(chart.page.locator("#canvas-said")).to_have_text(
        "Each side has its own picture. Delete the site here and tap it there."
    )
    assert math.dist(chart.middle_of(site["key"]), place) < 1
    assert clinic.stored(chart.treatment)["sites"] == [site]


def test_a_site_is_moved_without_drawing_it_by_two_taps(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = preempt(clinic, tablet)
    key = chart.rows()[0].key
    tablet.tap(chart.row(key).locator(".site-row__name"))
    tablet.tap(chart.row(key).locator("[data-action=move]"))
    chart.is_called("Tap where it goes")

    tablet.tap_at(chart.place_of(FRONT, *FOREHEAD_LEFT))

    chart.is_called("Frontalis, left")
    assert chart.total("") == "0 U given"
    chart.wait_until_saved()
    assert len(clinic.stored(chart.treatment)["sites"]) == 31

    tablet.tap(chart.row(key).locator("[data-action=move]"))
    tablet.tap("#naming [data-action=stop-move]")
    chart.is_called("Frontalis, left")


def test_a_mouse_draws_a_site_as_a_finger_does_and_escape_puts_it_back(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    key = chart.rows()[0].key
    mouse = chart.page.mouse
    place = chart.middle_of(key)

    mouse.move(*place)
    mouse.down()
    mouse.move(*chart.place_of(FRONT, *FOREHEAD_LEFT), steps=4)
    expect(chart.page.locator("#naming > b")).to_have_text("Frontalis, left")
    alices_tablet.press("Escape")
    mouse.up()
    chart.is_called("Corrugator, right")
    assert math.dist(chart.middle_of(key), place) < 1

    mouse.move(*place)
    mouse.down()
    mouse.move(*chart.place_of(FRONT, *FOREHEAD_LEFT), steps=4)
    mouse.up()
    chart.is_called("Frontalis, left")


def test_the_drawings_that_are_drawn_on_are_all_there_are() -> None:
    assert {f"{map_id}@1" for map_id in catalogue().maps} == set(MAPS)
