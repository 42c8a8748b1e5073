"""The released drawings: unchanged, and the same shapes in the picture and in the data."""

from __future__ import annotations

import hashlib
import json

import pytest

from app.clinical.anatomy import DRAWINGS, MAPS, body_map
from tests.unit.clinical.drawings import FOLDER, distance, drawing, refs


@pytest.fixture(params=refs())
def ref(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def shapes(ref: str) -> dict:
    return json.loads((FOLDER / f"{ref}.json").read_text(encoding="utf-8"))


def test_a_released_drawing_never_changes():
    lines = (FOLDER / "RELEASED").read_text(encoding="utf-8").splitlines()
    released = {name: digest for digest, name in (line.split("  ") for line in lines)}

    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*@*")
    }

    assert there == released


def test_the_program_reads_the_drawings_that_are_served():
    assert DRAWINGS.resolve() == FOLDER
    assert sorted(MAPS) == refs()
    assert len(MAPS) == 15


def test_the_picture_and_the_data_hold_the_same_regions(ref: str):
    data = shapes(ref)

    assert data["ref"] == ref == f"{data['id']}@{data['version']}"
    assert data["view_box"] == drawing(ref).view_box
    assert [
        (r["id"], r["side"], r["warn"], r["label"], [tuple(p) for p in r["polygon"]])
        for r in data["regions"]
    ] == [tuple(shape) for shape in drawing(ref).regions]


def test_the_outline_follows_the_drawn_skin(ref: str):
    skin = drawing(ref).skin
    for outline in shapes(ref)["outline"]:
        points = [(x, y) for x, y in outline]
        curve = min(skin, key=lambda each: distance(each, *points[0]))

        assert max(distance(curve, x, y) for x, y in points[::11]) < 0.05
        assert max(distance(points, x, y) for x, y in curve[::41]) < 0.05


def test_no_drawn_skin_is_left_outside_the_outline(ref: str):
    map = body_map(ref)
    for curve in drawing(ref).skin:
        for x, y in curve[::12]:
            assert any(shape.contains(x, y) or shape.distance(x, y) < 0.05 for shape in map.outline)


def test_regions_stay_within_a_hair_of_the_outline(ref: str):
    map = body_map(ref)
    for region in map.regions:
        for x, y in region.polygon.points:
            assert any(shape.contains(x, y) or shape.distance(x, y) < 0.3 for shape in map.outline)


def test_the_letters_r_and_l_stand_on_the_side_that_the_data_name(ref: str):
    map = body_map(ref)
    letters = {"L": "left", "R": "right"}

    if map.midline_x is None:
        assert [letters[sign] for sign in drawing(ref).letters] == [map.viewer_left]
    else:
        assert set(drawing(ref).letters) == {"L", "R"}
        for sign, x in drawing(ref).letters.items():
            assert (letters[sign] == map.viewer_left) == (x < map.midline_x)


def test_every_region_lies_on_its_side_of_the_midline(ref: str):
    map = body_map(ref)
    for region in map.regions:
        xs = [x for x, _ in region.polygon.points]
        if map.midline_x is None:
            assert region.side == map.viewer_left
        elif region.side == "midline":
            assert min(xs) < map.midline_x < max(xs)
        else:
            middle = (min(xs) + max(xs)) / 2
            assert (middle < map.midline_x) == (region.side == map.viewer_left)


def test_a_region_lies_in_the_box_of_its_map_and_its_id_ends_in_its_side(ref: str):
    map = body_map(ref)
    left, top, width, height = map.view_box
    for region in map.regions:
        assert all(
            left <= x <= left + width and top <= y <= top + height for x, y in region.polygon.points
        )
        assert region.id.endswith({"left": "_L", "right": "_R", "midline": ""}[region.side])


def test_a_drawing_uses_only_the_commands_that_the_note_can_draw(ref: str):
    assert drawing(ref).commands <= set("Mcz")


def test_a_drawing_holds_no_script_style_or_link(ref: str):
    text = (FOLDER / f"{ref}.svg").read_text(encoding="utf-8").lower()

    for forbidden in ("<script", "<style", "style=", "href", "onload", "<image", "<foreignobject"):
        assert forbidden not in text
