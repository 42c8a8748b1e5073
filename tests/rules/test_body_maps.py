"""A released drawing, its description and the catalogue agree, and it never changes again."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from app.clinical.catalogue import catalogue
from tests.rules.sources import STATIC

FOLDER = STATIC / "bodymaps"
DRAWINGS = sorted(FOLDER.glob("*@*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
DRAWABLE = set("Mcz")


def described(drawing: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(drawing.with_suffix(".json").read_text("utf-8"))
    return found


def test_every_drawing_has_its_description_and_every_description_its_drawing() -> None:
    descriptions = {path.stem for path in FOLDER.glob("*@*.json")}

    assert {path.stem for path in DRAWINGS} == descriptions
    assert len(DRAWINGS) >= 15


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda path: path.stem)
def test_the_regions_of_a_drawing_are_those_of_its_description(drawing: Path) -> None:
    regions = {
        polygon.get("id", "").removeprefix("r-")
        for polygon in ElementTree.parse(drawing).iter(f"{SVG}polygon")
        if polygon.get("id", "").startswith("r-")
    }

    assert regions == {region["id"] for region in described(drawing)["regions"]}


def test_a_region_names_only_muscles_of_the_catalogue_and_is_drawn() -> None:
    known = catalogue()
    drawn = {
        (drawing.stem.partition("@")[0], region["id"])
        for drawing in DRAWINGS
        for region in described(drawing)["regions"]
    }

    assert {muscle for row in known.region_muscles.values() for muscle in row.muscles} <= set(
        known.muscles
    )
    assert {(ref.partition("@")[0], region) for ref, region in known.region_muscles} <= drawn


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda path: path.stem)
def test_a_path_uses_only_what_the_page_can_draw(drawing: Path) -> None:
    commands = {
        letter
        for path in ElementTree.parse(drawing).iter(f"{SVG}path")
        for letter in re.findall(r"[A-Za-z]", re.sub(r"\de[-+]?\d", "", path.get("d", "")))
    }

    assert commands <= DRAWABLE


def test_a_released_drawing_never_changes() -> None:
    released = dict(
        reversed(line.split(None, 1))
        for line in (FOLDER / "RELEASED").read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    )

    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(FOLDER.glob("*@*.*"))
    }

    assert found == {name.strip(): digest for name, digest in released.items()}
