"""Whatever Stipple says in English it says in Spanish too."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.rules.sources import APP, modules, name_of, scripts, texts_of, tree_of
from tests.rules.test_catalogue import COMMENT, STRING
from tests.translations import (
    LANGUAGES,
    compiled,
    is_translated,
    po_file,
    said,
    translated,
)

# A place that is filled in: %(name)s, %(num)d, {n}.
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
# Words with blanks between them that begin with a capital letter.
SENTENCE = re.compile(r"[A-Z][\w']*,? [\w'%({-]+ ?")

# These say nothing to who uses the pages: terminals and logs read them, or paper, in English.
PAGES = [
    path
    for path in modules()
    if path.is_relative_to(APP)
    and path.relative_to(APP).parts[0]
    in {
        "access.py", "admin", "auth", "errors.py", "forms.py", "glance.py", "passwords.py",
        "patients", "records", "roles.py", "treatments", "web.py", "wording.py",
    }
    and path.relative_to(APP).as_posix() != "treatments/describing.py"
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_and_none_is_left_over(language: str) -> None:
    catalog = translated(language)

    have = {message.id for message in catalog if message.id and is_translated(message)}

    assert {message.id for message in said() if message.id} - have == set()
    assert have - {message.id for message in said()} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_the_same_places(language: str) -> None:
    wrong = [
        english
        for message in translated(language)
        for english, said_as in zip(_each(message.id), _each(message.string), strict=False)
        if said_as and Counter(PLACE.findall(english)) != Counter(PLACE.findall(said_as))
    ]

    # Where English says "One", another language may need the number, and the other way round.
    assert [english for english in wrong if not english.startswith("One ")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_translations_are_those_of_the_file(language: str) -> None:
    path = po_file(language)

    assert path.with_suffix(".mo").read_bytes() == compiled(translated(language))


def test_no_page_says_a_sentence_that_is_not_offered_for_translation() -> None:
    offered = {text for message in said() for text in _each(message.id)}

    unknown = [
        f"{name_of(path)}:{line} says {text!r}"
        for path in PAGES
        for line, text in texts_of(tree_of(path))
        if SENTENCE.match(text) and text not in offered
    ]

    assert not unknown


def test_no_script_says_a_sentence_that_is_not_offered_for_translation() -> None:
    offered = {text for message in said() for text in _each(message.id)}

    unknown = [
        f"{name_of(path)} says {literal}"
        for path in scripts()
        for literal in STRING.findall(COMMENT.sub("", path.read_text("utf-8")))
        if SENTENCE.match(literal[1:-1]) and literal[1:-1] not in offered
    ]

    assert not unknown


def _each(text: object) -> tuple[str, ...]:
    if isinstance(text, str):
        return (text,)
    return tuple(text) if isinstance(text, tuple | list) else ()
