"""A finger on the skin of every drawing: the list says the muscle and the side the drawing says."""

from __future__ import annotations

import math
from typing import NamedTuple

from playwright.sync_api import expect

from app.clinical.anatomy import MAPS
from app.clinical.catalogue import catalogue
from app.clinical.catalogue.entries import Indication, RegionMuscles
from tests.browser.chart_page import ChartPage, every_drawing
from tests.browser.clinic import RunningClinic
from tests.browser.tablet import Tablet
from tests.unit.clinical.drawings import Drawing, Shape, crossings, distance, drawing

# For each drawing an indication that opens it and lays no protocol there.
INDICATION = {
    "head_anterior": "hemifacial_spasm",
    "head_right_lateral": "hemifacial_spasm",
    "head_left_lateral": "hemifacial_spasm",
    "head_posterior": "cervical_dystonia",
    "axillae": "upper_limb_spasticity",
    "hands_palmar": "upper_limb_spasticity",
    "hands_dorsal": "upper_limb_spasticity",
    "feet_plantar": "lower_limb_spasticity",
    "feet_dorsal": "lower_limb_spasticity",
    "upper_limb_anterior": "upper_limb_spasticity",
    "upper_limb_posterior": "upper_limb_spasticity",
    "lower_limb_anterior": "lower_limb_spasticity",
    "lower_limb_posterior": "lower_limb_spasticity",
    "body_anterior": "other",
    "body_posterior": "other",
}

# A finger reaches this far for a mark, in CSS pixels; a tap further off means the skin.
REACH = 24


class Target(NamedTuple):
    """Where to touch a region, and what the catalogue says of it."""

    region: str
    x: float
    y: float
    side: str
    entry: RegionMuscles


@every_drawing()
def test_a_tap_means_the_muscle_and_side_that_are_drawn_there(
    ref: str, clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    map_id = ref.split("@")[0]
    indication = catalogue().indications[INDICATION[map_id]]
    chart = ChartPage.start(alices_tablet, clinic.new_patient(), indication.id)
    chart.view(map_id)
    chart.see_all()
    shown = drawing(ref)
    targets = targets_of(map_id, shown)
    assert len(targets) == len(shown.regions)

    crowded = [target for target in targets if not try_target(chart, ref, target, indication)]
    first_round = agree_with_the_server(chart)
    chart.undo_everything()
    for target in crowded:
        assert try_target(chart, ref, target, indication), target.region
        chart.undo_everything()

    placeable = [target for target in targets if target.entry.muscles and not target.entry.warn]
    assert first_round <= len(placeable)
    assert first_round > len(placeable) // 5


def test_every_drawing_is_tried() -> None:
    assert set(INDICATION) == {ref.split("@")[0] for ref in MAPS}


def targets_of(map_id: str, shown: Drawing) -> list[Target]:
    """A point deep inside each region, where a tap meets no other region first."""
    found = []
    for region in shown.regions:
        x, y = deepest_point(region, shown)
        entry = catalogue().region_muscles[(map_id, region.id)]
        found.append(Target(region.id, x, y, side_at(region, shown, x), entry))
    return found


def deepest_point(region: Shape, shown: Drawing) -> tuple[float, float]:
    """Of a grid over the region, the point furthest from every edge it could be mistaken over."""
    ys = [y for _, y in region.points]
    above = shown.regions[: shown.regions.index(region)]
    best, depth = None, 0.0
    steps = 24
    for row in range(1, steps):
        y = min(ys) + (max(ys) - min(ys)) * row / steps
        ends = crossings(region.points, y)
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            for part in (0.2, 0.35, 0.5, 0.65, 0.8):
                x = start + (end - start) * part
                if any(contains(other, x, y) for other in above):
                    continue
                here = min(distance(each.points, x, y) for each in (region, *above))
                if here > depth:
                    best, depth = (x, y), here
    assert best is not None, f"{region.id} is covered by others"
    return best


def contains(region: Shape, x: float, y: float) -> bool:
    return sum(1 for at in crossings(region.points, y) if at > x) % 2 == 1


def side_at(region: Shape, shown: Drawing, x: float) -> str:
    """The region's own side, else that of the letter on this half of the drawing."""
    if region.side != "midline":
        return region.side
    if len(shown.letters) == 1:
        return {"R": "right", "L": "left"}[next(iter(shown.letters))]
    low, _, width, _ = shown.view_box
    middle = low + width / 2
    letter = min(shown.letters, key=lambda each: abs(shown.letters[each] - x))
    return "midline" if math.isclose(x, middle) else {"R": "right", "L": "left"}[letter]


def try_target(chart: ChartPage, ref: str, target: Target, indication: Indication) -> bool:
    """Touch the region and hear what the chart says; false where another mark is in the way."""
    place = chart.bring(ref, target.x, target.y)
    if any(math.dist(place, mark) < REACH for mark in chart.marks()):
        return False
    assert chart.is_on_glass(place), target.region
    chart.touch(lambda: chart.bring(ref, target.x, target.y))
    names = chart.page.locator("#naming > b")
    if target.entry.warn or not target.entry.muscles:
        ask = "Place it all the same?" if target.entry.muscles else "Another site, in words"
        expect(names).to_have_text(ask)
        said = target.entry.warn or "No muscle or area is charted here."
        expect(chart.page.locator("#naming > span").first).to_have_text(said)
        chart.tablet.tap("#naming [data-action=drop-asked]")
        expect(names).not_to_have_text(ask)
        return True
    wanted = next((id for id in target.entry.muscles if id in indication.muscles), None)
    if wanted is None:
        wanted = target.entry.muscles[0]
        expect(names).to_have_text(f"Which muscle, {target.side}?")
        chart.tablet.tap(f"#naming [data-action=rename][data-key='{wanted}']")
    muscle = catalogue().muscles[wanted]
    side = "midline" if muscle.side_rule == "midline" else target.side
    chart.is_called(f"{muscle.label}, {side}")
    return True


def agree_with_the_server(chart: ChartPage) -> int:
    """What the list says is what the server makes of the same sites; answers how many."""
    chart.wait_until_saved()
    chart.open_every_group()
    rows = chart.rows()
    answer = chart.tablet.read(f"/treatments/{chart.treatment}/chart")
    stored = {site["key"]: site for site in answer["chart"]["sites"]}
    assert {row.key for row in rows} == set(stored)
    for row in rows:
        assert row.name == catalogue().muscles[stored[row.key]["muscle"]].label
        assert row.side == answer["sites"][row.key]["side"]
    return len(rows)
