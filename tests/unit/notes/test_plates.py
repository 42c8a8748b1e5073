"""Which maps a note shows, how they are cropped, and where the marks come out."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.clinical.anatomy import MAPS, body_map, locate
from app.notes import layout, plates
from app.notes.body_drawing import to_page
from app.notes.paper import POINTS_PER_MM
from app.notes.plates import Mark
from app.notes.record import sha256
from tests.unit.notes import printed, records


def captions(record: dict[str, Any]) -> list[str]:
    pages, _ = layout.compose(record, None, sha256(record))
    return [plate.view.caption for page in pages for plate in page.plates]


def points_on(ref: str, count: int, seed: object) -> list[tuple[float, float]]:
    """Random places on the body as drawn, to the hundredth that a chart stores."""
    chance = random.Random(f"{ref} {seed}")
    drawn = body_map(ref)
    left, top, wide, high = drawn.view_box
    found: list[tuple[float, float]] = []
    while len(found) < count:
        x = round(left + chance.random() * wide, 2)
        y = round(top + chance.random() * high, 2)
        if locate(drawn, x, y).inside:
            found.append((x, y))
    return found


def test_preempt_shows_five_pictures_in_the_order_of_the_head() -> None:
    assert captions(records.preempt()) == [
        "Front",
        "Back of head",
        "Right side",
        "Left side",
        "Neck and shoulders",
    ]


def test_only_maps_with_sites_are_drawn() -> None:
    assert captions(records.record([records.site(1)])) == ["Front"]


def test_underarms_are_shown_one_by_one_and_named_by_side() -> None:
    sites = records.protocol_sites("AX-50x15")
    both = records.record(sites, indications=["axillary_hyperhidrosis"])
    right = [site for site in sites if site["side"] == "right"]

    assert captions(both) == ["Right underarm", "Left underarm"]
    assert captions(records.record(right, indications=["axillary_hyperhidrosis"])) == [
        "Right underarm"
    ]


@pytest.mark.parametrize(
    ("ref", "both", "right"),
    [
        ("hands_palmar@1", "Palms", "Right palm"),
        ("hands_dorsal@1", "Backs of hands", "Back of right hand"),
        ("upper_limb_posterior@1", "Arms, back", "Right arm, back"),
        ("lower_limb_anterior@1", "Legs, front", "Right leg, front"),
    ],
)
def test_a_picture_of_one_side_names_it(ref: str, both: str, right: str) -> None:
    drawn = body_map(ref)
    middle = drawn.midline_x
    assert middle is not None
    rights = [p for p in points_on(ref, 40, "sides") if plates.side_at(drawn, p[0]) == "right"]
    lefts = [p for p in points_on(ref, 40, "sides") if plates.side_at(drawn, p[0]) == "left"]

    def named(points: list[tuple[float, float]]) -> str:
        marks = [Mark(n, x, y, True, False) for n, (x, y) in enumerate(points, 1)]
        return plates.caption(drawn, marks)

    assert named(rights) == right
    assert named(rights + lefts) == both


@pytest.mark.parametrize("paper", ["letter", "a4"])
@pytest.mark.parametrize("ref", MAPS)
def test_every_site_is_printed_within_half_a_millimetre_of_its_place(ref: str, paper: str) -> None:
    """Read from the content stream, against the art's own lines: nothing of the program is asked.

    The lines of the art are found by their number of pieces; three of their corners say how map
    units became points, and the centre of each disc is carried back through that.
    """
    points = points_on(ref, 5, paper)
    sites = [
        records.site(n, map=ref, x=f"{x:.2f}", y=f"{y:.2f}", units="1")
        for n, (x, y) in enumerate(points, start=1)
    ]
    pdf = layout.render(records.record(sites, paper=paper))
    found: dict[int, tuple[float, float]] = {}
    transforms = printed.art_transforms(pdf, ref)
    assert transforms
    discs = printed.discs_of(pdf)
    for number, (x, y) in enumerate(points, start=1):
        places = [(t.scale * x + t.left, t.top - t.scale * y) for t in transforms]
        near = min(
            (max(abs(cx - px), abs(cy - py)), cx, cy) for cx, cy, _ in discs for px, py in places
        )
        found[number] = (near[1], near[2])
        assert near[0] < 0.5 * POINTS_PER_MM, (
            f"site {number} is {near[0] / POINTS_PER_MM:.2f} mm off"
        )
    assert len(set(found.values())) == len(points)


@pytest.mark.parametrize("count", [1, 2, 9, 40])
@pytest.mark.parametrize("ref", MAPS)
def test_every_mark_of_any_chart_lies_inside_its_picture(ref: str, count: int) -> None:
    sites = [
        records.site(n, map=ref, x=str(x), y=str(y))
        for n, (x, y) in enumerate(points_on(ref, count, "inside"), start=1)
    ]
    record = records.record(sites)
    pages, _ = layout.compose(record, None, sha256(record))
    shown = [plate for page in pages for plate in page.plates]

    numbers = [mark.number for plate in shown for mark in plate.view.marks]
    assert sorted(numbers) == list(range(1, count + 1))
    for plate in shown:
        box = plate.frame.box
        for mark in plate.view.marks:
            x, y = to_page(plate.frame, mark.x, mark.y)
            assert box.left + 1 < x < box.right - 1
            assert box.bottom + 1 < y < box.top - 1
    for one in shown:
        assert not any(one.frame.box.meets(o.frame.box) for o in shown if o is not one)


def test_a_site_outside_the_protocol_is_square_and_one_not_given_is_hollow() -> None:
    sites = records.protocol_sites("PREEMPT-155")
    sites[3]["state"] = "planned"
    sites.append(records.site(32, y="80.00"))
    marks = {mark.number: mark for on_map in plates.marks_of(sites).values() for mark in on_map}

    assert marks[32].square
    assert marks[32].given
    assert not marks[4].given
    assert not marks[4].square
    assert sum(mark.square for mark in marks.values()) == 1


def test_a_site_moved_off_its_place_is_square() -> None:
    sites = records.protocol_sites("PREEMPT-155")
    sites[7]["moved"] = True
    marks = [mark for on_map in plates.marks_of(sites).values() for mark in on_map]

    assert [mark.number for mark in marks if mark.square] == [8]


def test_without_a_protocol_no_site_is_outside_one() -> None:
    marks = plates.marks_of([records.site(1), records.site(2, x="110.00")])

    assert not any(mark.square for on_map in marks.values() for mark in on_map)


def test_sites_too_close_for_their_numbers_keep_their_place_and_number() -> None:
    sites = [
        records.site(n, x=f"{104 + dx:.2f}", y=f"{95 + dy:.2f}")
        for n, (dx, dy) in enumerate(
            [(0, 0), (1.5, 0), (0, 1.5), (0, 0), (30, 0), (15, 30)], start=1
        )
    ]
    pdf = layout.render(records.record(sites))

    assert len(printed.discs_of(pdf)) == len(sites) + 1  # and the one in the key


def letters_in(pdf: bytes, tmp_path: Path) -> list[tuple[str, float, float]]:
    """Each R and L of the page with its place, in points from the lower left."""
    path = tmp_path / "note.pdf"
    path.write_bytes(pdf)
    out = subprocess.run(
        ["pdftotext", "-bbox", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout
    high = float(re.findall(r'<page width="[\d.]+" height="([\d.]+)"', out)[0])
    return [
        (letter, float(x), high - float(y))
        for x, y, letter in re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>([RL])</word>', out)
    ]


@pytest.mark.parametrize("ref", MAPS)
def test_every_picture_says_r_and_l_where_they_are(ref: str, tmp_path: Path) -> None:
    sites = [
        records.site(n, map=ref, x=str(x), y=str(y))
        for n, (x, y) in enumerate(points_on(ref, 12, "letters"), start=1)
    ]
    record = records.record(sites)
    letters = letters_in(layout.render(record), tmp_path)
    pages, _ = layout.compose(record, None, sha256(record))
    drawn = body_map(ref)
    for plate in pages[0].plates:
        box = plate.frame.box
        inside = [
            (letter, x)
            for letter, x, y in letters
            if box.left < x < box.right and box.bottom < y < box.top
        ]
        assert 1 <= len(inside) <= 2
        for letter, x in inside:
            left_half = x < box.left + box.width / 2
            expected = (
                drawn.viewer_left
                if left_half
                else "left"
                if drawn.viewer_left == "right"
                else "right"
            )
            assert letter == expected[0].upper()
        sides = {plates.side_at(drawn, mark.x)[0].upper() for mark in plate.view.marks}
        assert sides - {"M"} <= {letter for letter, _ in inside}
