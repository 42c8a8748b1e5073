"""Colours have one home, and every style sheet its layer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rules.sources import STATIC

CSS = STATIC / "css"
SHEETS = sorted(path for path in CSS.glob("*.css") if path.name != "app.css")
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b"
    r"|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\("
    r"|(?<![\w-])(?:white|black|red|green|blue|gray|grey|orange|yellow|purple|silver|navy)(?![\w-])",
    re.IGNORECASE,
)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def read(sheet: Path) -> str:
    return COMMENT.sub("", sheet.read_text("utf-8"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_colour_is_written_only_in_the_tokens(sheet: Path) -> None:
    if sheet.name == "tokens.css":
        assert COLOUR.search(read(sheet))
        return

    assert COLOUR.findall(read(sheet)) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_sheet_fills_one_layer_and_nothing_else(sheet: Path) -> None:
    text = read(sheet).strip()

    opening = re.match(r"@layer [a-z]+ \{", text)

    assert opening
    depth = 0
    for place, letter in enumerate(text):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0 and place > opening.end():
            assert place == len(text) - 1, "something stands outside the layer"
    assert depth == 0


def test_the_first_sheet_names_the_layers_and_imports_every_other() -> None:
    first = read(CSS / "app.css")

    imported = set(re.findall(r'@import url\("([\w.]+)"\)', first))
    ordered = re.search(r"@layer ([\w, ]+);", first)

    assert imported == {sheet.name for sheet in SHEETS}
    assert ordered
    filled = {re.match(r"@layer ([a-z]+)", read(sheet).strip())[1] for sheet in SHEETS}  # type: ignore[index]
    assert filled == set(ordered[1].split(", "))


def test_every_token_that_is_used_is_defined_and_every_defined_one_used() -> None:
    everything = "".join(read(sheet) for sheet in SHEETS)
    drawn = "".join(
        path.read_text("utf-8")
        for folder in ("js", "icons", "bodymaps")
        for path in (STATIC / folder).rglob("*.*")
        if path.suffix in {".js", ".svg"}
    )

    defined = set(re.findall(r"(?<![\w-])(--[\w-]+)\s*:", everything))
    used = set(re.findall(r"var\((--[\w-]+)", everything + drawn))
    set_by_scripts = set(re.findall(r"[\"'](--[\w-]+)[\"']", drawn))

    assert used - defined - set_by_scripts == set()
    assert defined - used == set()
