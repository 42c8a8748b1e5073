"""What is drawn on a drawing of the clinic's own: read, judged, made the shapes of a map."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.anatomy import Side, body_map, locate, settle
from app.clinical.catalogue import catalogue
from app.clinical.catalogue.entries import Catalogue, OwnDrawing
from app.clinical.catalogue.own import OwnMap, with_clinic
from app.clinical.catalogue.tablet import for_tablet
from app.clinical.errors import Refusal
from app.clinical.own_drawing import (
    Plan,
    crosses_itself,
    faults,
    key_of,
    read_plan,
    scale_of,
    shapes_of,
)
from tests.drawings import a_plan, a_region

WIDTH, HEIGHT = 400, 320
SQUARE = [[40.0, 40.0], [160.0, 40.0], [160.0, 160.0], [40.0, 160.0]]


def planned(**changes: Any) -> Plan:
    return read_plan(a_plan(**changes), catalogue())


def said(**changes: Any) -> list[str]:
    return [str(fault) for fault in faults(planned(**changes), WIDTH, HEIGHT)]


def known(*plans: Plan, offered: bool = True) -> Catalogue:
    """The catalogue with these versions of one drawing laid over."""
    maps = []
    for version, plan in enumerate(plans, start=1):
        key = key_of(plan.title)
        shapes = shapes_of(plan, key, version, WIDTH, HEIGHT)
        drawing = OwnDrawing(f"{key}@{version}", "<svg/>", shapes, "ab", plan.indications)
        maps.append(
            OwnMap(key, plan.title, plan.tab, version, drawing, offered and version == len(plans))
        )
    return with_clinic(maps=maps)


def test_a_plan_is_kept_as_it_was_sent() -> None:
    assert planned().as_json() == a_plan()
    assert Plan().as_json() == read_plan(Plan().as_json(), catalogue()).as_json()


def test_a_plan_without_faults_has_none() -> None:
    assert said() == []
    assert said(view="left", midline=None, regions=[a_region("left", SQUARE)]) == []
    assert said(indications=[]) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"tab": " "}, "Enter the drawing’s name, and a short one for its tab."),
        ({"title": "…"}, "The name needs a letter or a digit."),
        ({"midline": None}, "Set the midline. Right and left are told by it."),
        ({"line_mm": "x"}, "Draw a line of known length and enter its millimetres."),
        ({"line": [[5, 5], [5, 5]]}, "Draw a line of known length and enter its millimetres."),
        ({"line_mm": "9999"}, "By this line the drawing shows 9999 mm of the body. Check the line "
         "and its length."),
        ({"outline": [[[0, 0], [9, 9]]]},
         "The outline is no closed shape: give it three points or more."),
        ({"outline": [[[0, 0], [401, 0], [0, 9]]]},
         "The outline runs off the drawing. Move its points onto it."),
        ({"outline": [[[0, 0], [90, 90], [90, 0], [0, 60]]]},
         "The outline crosses itself. Move or delete a point."),
        ({"regions": [a_region("right", SQUARE, label="")]}, "Region 1 has no name. Enter one."),
        ({"regions": [a_region("right", SQUARE, muscles=[])]},
         '“Brow” offers no muscle or area. Choose at least one.'),
        ({"regions": [a_region("", SQUARE)]}, 'Say on which side “Brow” lies.'),
        ({"regions": [a_region("right", SQUARE[:2])]},
         '“Brow” is no closed shape: give it three points or more.'),
        ({"regions": [a_region("right", [[-1, 0], [9, 0], [9, 9]])]},
         '“Brow” runs off the drawing. Move its points onto it.'),
        ({"regions": [a_region("left", SQUARE)]},
         '“Brow” is said to be left, but is drawn on the patient’s right.'),
        ({"view": "left", "regions": [a_region("right", SQUARE)]},
         '“Brow” is said to be right, but is drawn on the patient’s left.'),
        ({"regions": [a_region("right", SQUARE)] * 2},
         'Two regions of one side are called “Brow”. Give each its own name.'),
    ],
)  # fmt: skip
def test_what_stands_between_a_plan_and_its_release_is_said(
    changes: dict[str, Any], fault: str
) -> None:
    assert said(**changes) == [fault]


@pytest.mark.parametrize(
    "changes",
    [
        {"view": "above"},
        {"midline": math.inf},
        {"midline": True},
        {"line": [[0, 0]]},
        {"outline": "x"},
        {"outline": [[[1]]]},
        {"regions": [a_region("up", SQUARE)]},
        {"regions": [a_region("left", SQUARE, muscles=["soul"])]},
        {"regions": [a_region("left", SQUARE)] * 61},
        {"title": 7},
        {"tab": "a\u202eb"},
    ],
)
def test_what_no_page_sends_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="Reload the page"):
        planned(**changes)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["title", "view", "line", "outline", "regions", "x"]), x)))  # fmt: skip
def test_any_json_that_is_no_plan_is_refused(data: Any) -> None:
    with pytest.raises(Refusal):
        read_plan(data, catalogue())


def test_the_scale_is_map_units_in_a_millimetre() -> None:
    assert scale_of(planned()) == 2
    assert scale_of(planned(line_mm="62,5")) == 6.4
    assert scale_of(planned(line=None)) is None
    assert scale_of(planned(line_mm="0")) is None


def test_edges_that_follow_one_another_do_not_cross() -> None:
    assert not crosses_itself([(0, 0), (9, 0), (9, 9)])
    assert not crosses_itself([(0, 0), (9, 0), (5, 5), (9, 9), (0, 9)])
    assert crosses_itself([(0, 0), (9, 9), (9, 0), (0, 9)])


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Hand, close-up", "own_hand_close_up"),
        ("Tórax (frente)", "own_torax_frente"),
        ("x" * 60, "own_" + "x" * 40),
        ("…", ""),
    ],
)
def test_a_drawing_is_called_by_its_name(title: str, key: str) -> None:
    assert key_of(title) == key


def test_a_released_plan_is_a_map_like_any_other() -> None:
    drawing = body_map("own_brow_close", known(planned()))

    assert drawing.ref == "own_brow_close@1"
    assert (drawing.viewer_left, drawing.midline_x) == (Side.RIGHT, 200)
    assert [region.side for region in drawing.regions] == [Side.RIGHT, Side.LEFT]
    assert settle(drawing, 100, 100, "frontalis").region_id == "r1_right"
    assert settle(drawing, 100, 100, "procerus").side is Side.MIDLINE
    # 4 life-size mm are 8 units here.
    assert locate(drawing, 167, 100).region is not None
    assert locate(drawing, 169, 100).region is None
    assert settle(drawing, 169, 100, None).side is Side.RIGHT
    assert settle(drawing, 10, 10, None).outside


def test_the_older_version_stays_and_only_the_newest_is_offered() -> None:
    laid = known(planned(), planned(tab="Newer", regions=[a_region("right", SQUARE)]))

    assert len(body_map("own_brow_close@1", laid).regions) == 2
    assert len(body_map("own_brow_close", laid).regions) == 1
    assert laid.maps["own_brow_close"].tab == "Newer"
    assert laid.indications["chronic_migraine"].maps[-1] == "own_brow_close"
    assert laid.indications["chronic_migraine"].maps.count("own_brow_close") == 1
    assert laid.version != known(planned()).version
    assert catalogue().maps.keys() | {"own_brow_close"} == laid.maps.keys()


def test_a_retired_one_keeps_its_words_and_is_offered_nowhere() -> None:
    laid = known(planned(), offered=False)

    assert for_tablet(laid, "es")["maps"]["own_brow_close"]["retired"] is True
    assert "own_brow_close" not in laid.indications["chronic_migraine"].maps
    assert body_map("own_brow_close@1", laid).title == "Brow, close"


def test_its_shapes_say_what_a_published_description_says() -> None:
    shapes = json.loads(shapes_of(planned(), "own_x", 3, WIDTH, HEIGHT))

    assert shapes["ref"] == "own_x@3"
    assert shapes["schema"] == "stipple-bodymap/1"
    assert shapes["life_size_scale"] == 2
    assert shapes["regions"][0]["muscles"] == ["frontalis", "corrugator"]
