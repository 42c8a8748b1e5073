"""What a point means: its region, its side, the muscles offered there."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.anatomy import MAPS, Polygon, Side, UnknownMap, body_map, locate, settle
from app.clinical.catalogue import catalogue, read_rows
from tests.unit.clinical.drawings import crossings, distance, drawing

STEP = 2
OTHER = {"left": "right", "right": "left"}


def between(cuts: list[float], x: float) -> bool:
    return sum(cut <= x for cut in cuts) % 2 == 1


@pytest.mark.parametrize("ref", MAPS)
def test_every_point_of_a_fine_grid_has_the_region_side_and_muscles_of_the_drawing(ref: str):
    drawn, map = drawing(ref), body_map(ref)
    reach = 4 * map.life_size_scale
    # The side on each half of the page, from the letters that are printed on it.
    letters = {OTHER["left" if sign == "R" else "right"]: x for sign, x in drawn.letters.items()}
    boxes = {
        region.id: (
            min(x for x, _ in region.points) - reach,
            min(y for _, y in region.points) - reach,
            max(x for x, _ in region.points) + reach,
            max(y for _, y in region.points) + reach,
        )
        for region in drawn.regions
    }
    offered = {
        (row["map"], row["region"]): tuple(row["muscles"].split(";")) if row["muscles"] else ()
        for row in read_rows("region_muscles")
    }
    left, top, width, height = drawn.view_box
    asked = 0

    for row in range(int(height) // STEP):
        # Off the tenths on which the corners lie, so that no point is on a border.
        y = top + row * STEP + 1.03
        rows = ((region, crossings(region.points, y)) for region in drawn.regions)
        cuts = [(region, where) for region, where in rows if where]
        skin = [crossings(curve, y) for curve in drawn.skin]
        for column in range(int(width) // STEP):
            x = left + column * STEP + 1.03
            hit = next((region for region, where in cuts if between(where, x)), None)
            on_skin = any(between(where, x) for where in skin)
            place = settle(map, x, y, None)
            if place.outside != (hit is None and not on_skin):
                # Only where the flattened outline and the drawn curve part by a hair.
                assert min(distance(curve, x, y) for curve in drawn.skin) < 0.05
            if place.outside:
                continue
            asked += 1
            hit = hit or nearest(drawn, boxes, x, y, reach)
            assert place.region_id == (hit.id if hit else None), (x, y)
            assert place.side == (hit.side if hit else side_by_letter(letters, x)), (x, y)
            assert place.offered == (offered[map.id, hit.id] if hit else ()), (x, y)
    assert asked > 1000


def nearest(drawn, boxes, x: float, y: float, reach: float):
    found, least = None, math.inf
    for region in drawn.regions:
        west, north, east, south = boxes[region.id]
        if west <= x <= east and north <= y <= south:
            far = distance(region.points, x, y)
            if far <= reach and far < least:
                found, least = region, far
    return found


def side_by_letter(letters: dict[str, float], x: float) -> str:
    return min(letters, key=lambda side: abs(letters[side] - x))


@pytest.mark.parametrize("id", list(catalogue().protocols))
def test_every_protocol_site_settles_to_its_own_muscle_side_and_region(id: str):
    for site in catalogue().protocols[id].sites:
        place = settle(body_map(site.map), site.x, site.y, site.muscle)

        assert (place.region_id, place.side, place.outside) == (site.region, site.side, False)
        assert site.muscle in place.offered


def test_a_protocol_tap_means_the_protocol_s_muscle_without_asking():
    # In the neck, the lids and the limbs muscles lie over one another: there the tap offers them.
    plain = ("chronic_migraine", "axillary_", "palmar_", "plantar_", "craniofacial_")
    for protocol in catalogue().protocols.values():
        if not protocol.indication.startswith(plain):
            continue
        uses = catalogue().indications[protocol.indication].muscles
        for site in protocol.sites:
            offered = settle(body_map(site.map), site.x, site.y, None).offered

            assert next(muscle for muscle in offered if muscle in uses) == site.muscle


def test_the_procerus_is_on_the_midline_wherever_it_is_tapped():
    front, side = body_map("head_anterior@1"), body_map("head_left_lateral@1")

    assert settle(front, 118, 105, "procerus").side is Side.MIDLINE
    assert settle(side, 28, 110, "procerus").side is Side.MIDLINE


def test_a_muscle_with_sides_in_a_midline_region_goes_by_the_midline():
    front = body_map("head_anterior@1")

    assert locate(front, 118, 105).region.id == "procerus"
    assert settle(front, 118, 105, "corrugator").side is Side.RIGHT
    assert settle(front, 122, 105, "corrugator").side is Side.LEFT
    assert settle(front, 120, 105, "corrugator").side is Side.MIDLINE


def test_a_described_place_in_a_midline_region_is_on_the_midline():
    neck = body_map("head_anterior@1").by_id["anterior_midline_neck"]
    x, y = neck.polygon.left + 1, (neck.polygon.top + neck.polygon.bottom) / 2

    place = settle(body_map("head_anterior"), x, y, None)

    assert (place.region_id, place.side) == ("anterior_midline_neck", Side.MIDLINE)
    assert place.offered == ()


def test_from_behind_the_patient_s_left_is_on_the_viewer_s_left():
    assert settle(body_map("head_posterior@1"), 200, 130, None).side is Side.LEFT
    assert settle(body_map("head_anterior@1"), 90, 80, None).side is Side.RIGHT


def test_a_place_in_no_region_takes_the_side_of_its_half_or_of_the_only_side_shown():
    lateral = body_map("head_right_lateral@1")

    assert settle(lateral, 5, 5, None).side is Side.RIGHT
    assert settle(body_map("body_posterior@1"), 1, 1, None).side is Side.LEFT


@pytest.mark.parametrize("ref", ["lower_limb_anterior@1", "head_anterior@1", "body_anterior@1"])
def test_a_region_reaches_four_life_size_millimetres_and_no_further(ref: str):
    map = body_map(ref)
    edges = [
        (region, distance([*region.polygon.points], x, y), x, y)
        for region in map.regions
        for x in range(0, int(map.view_box[2]), 3)
        for y in range(0, int(map.view_box[3]), 3)
        if region.polygon.is_within(6, x, y)
        and not any(each.polygon.contains(x, y) for each in map.regions)
        and any(shape.contains(x, y) for shape in map.outline)
    ]

    assert edges
    for region, far, x, y in edges:
        spot = locate(map, x, y)
        if far <= 4 * map.life_size_scale:
            assert spot.region is not None
            assert spot.distance_mm <= far / map.life_size_scale + 1e-9
        if spot.region is None:
            assert far > 4 * map.life_size_scale
        elif spot.region is region:
            assert spot.distance_mm == pytest.approx(far / map.life_size_scale)


def test_exactly_four_millimetres_away_still_counts():
    square = Polygon([(0, 0), (10, 0), (10, 10), (0, 10)])

    assert square.distance(14, 5) == 4
    assert square.is_within(4, 14, 5)
    assert not square.is_within(3.99, 14, 5)


def test_the_earlier_region_wins_where_one_lies_in_another():
    front = body_map("head_anterior@1")
    lid = front.by_id["eyelid_L"]
    x, y = sum(p[0] for p in lid.polygon.points) / len(lid.polygon.points), lid.polygon.top + 3

    assert front.by_id["orbicularis_oculi_L"].polygon.contains(x, y)
    assert locate(front, x, y).region.id == "eyelid_L"


def test_outside_the_body_is_outside():
    place = settle(body_map("head_anterior@1"), 3, 3, "frontalis")

    assert place.outside
    assert place.region_id is None
    assert place.offered == ()


def test_a_map_is_known_by_its_id_or_by_its_released_version():
    assert body_map("axillae") is body_map("axillae@1")


@pytest.mark.parametrize(
    "ref",
    ["", "head", "head_anterior@", "head_anterior@2", "head_anterior@01", "head_anterior@1@1",
     "head_anterior@../../x", "../RELEASED", "head_anterior@¹", "HEAD_ANTERIOR"],
)  # fmt: skip
def test_an_unknown_map_is_refused_in_a_sentence(ref: str):
    with pytest.raises(UnknownMap, match=r"body map .*\."):
        body_map(ref)


def test_decimals_and_floats_of_one_place_settle_alike():
    map = body_map("hands_palmar@1")

    assert settle(map, Decimal("145.00"), Decimal("100.00"), "palm") == settle(
        map, 145.0, 100.0, "palm"
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=9, unique=True
    ),
    st.floats(-1, 41),
    st.floats(-1, 41),
)
def test_sorting_edges_into_bands_changes_no_answer(points, x: float, y: float):
    expected = between(crossings([(float(a), float(b)) for a, b in points], y), x)

    if all(abs(x - cut) > 1e-6 for cut in crossings([(float(a), float(b)) for a, b in points], y)):
        assert Polygon(points).contains(x, y) == expected
