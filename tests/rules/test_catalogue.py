"""Medicine stands in the catalogue, with its source; no program text holds a number of it."""

from __future__ import annotations

import re

from app.clinical import catalogue
from tests.rules.sources import APP, modules, name_of, scripts, texts_of, tree_of

# The sample clinic names the protocols it lays, as its users would.
SAMPLES = {APP / "demo.py"}
# More than nought and its fractions: those are how exact a number is.
AMOUNT = re.compile(r"(?<![\d.])[1-9]\d*(?:\.\d+)?\s?(?:U|units|mL|ml|mg|days|weeks|hours)\b")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`")


def names_of_medicine() -> set[str]:
    known = catalogue.catalogue()
    return {*known.products, *known.protocols, *known.muscles} - {"other"}


def test_the_catalogue_has_no_fault() -> None:
    assert catalogue.check() == []


def test_no_python_file_names_a_product_protocol_or_muscle() -> None:
    names = names_of_medicine()

    named = [
        f"{name_of(path)}:{line} says {text!r}"
        for path in modules()
        if path not in SAMPLES
        for line, text in texts_of(tree_of(path))
        if text in names
    ]

    assert not named


def test_no_script_names_a_product_protocol_or_muscle() -> None:
    names = names_of_medicine()

    named = [
        f"{name_of(path)} says {text}"
        for path in scripts()
        for text in STRING.findall(COMMENT.sub("", path.read_text("utf-8")))
        if text[1:-1] in names
    ]

    assert not named


def test_no_program_text_holds_an_amount_of_anything_medical() -> None:
    said = [
        f"{name_of(path)}:{line} says {text!r}"
        for path in modules()
        for line, text in texts_of(tree_of(path))
        if AMOUNT.search(text)
    ] + [
        f"{name_of(path)} says {text}"
        for path in scripts()
        for text in STRING.findall(COMMENT.sub("", path.read_text("utf-8")))
        if AMOUNT.search(text)
    ]

    assert not said
