"""The papers say what there is, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from app.settings import SETTINGS
from tests.databases import configuration
from tests.rules.sources import PROJECT, STATIC

GUIDES = ("docs/guide.md", "docs/guide.es.md")
PAPERS = ("README.md", "ARCHITECTURE.md", "DECISIONS.md", "CHANGELOG.md")


def read(paper: str) -> str:
    return (PROJECT / paper).read_text("utf-8")


@pytest.mark.parametrize("name", SETTINGS)
def test_the_readme_explains_every_setting(name: str) -> None:
    assert f"`{name}`" in read("README.md")


def test_the_readme_explains_every_target_of_make() -> None:
    targets = re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE)

    assert [target for target in targets if f"`make {target}`" not in read("README.md")] == []


def test_every_target_of_make_explains_itself() -> None:
    targets = re.findall(r"^([a-z-]+):(.*)", read("Makefile"), re.MULTILINE)

    assert [target for target, rest in targets if not rest.startswith("  ## ")] == []


def test_the_readme_explains_every_command(tmp_path: Path) -> None:
    app = create_app(configuration(tmp_path))
    own = [name for name in app.cli.commands if name not in {"run", "shell", "routes"}]

    assert [name for name in own if f"`{name}" not in read("README.md")] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_every_file_that_a_paper_names_is_there(paper: str) -> None:
    named = {
        name.rstrip("/")
        for name in re.findall(r"`([\w./@-]+)`", read(paper))
        if re.match(r"(?:app|templates|static|tests|docs|\.ci)/", name)
        or re.fullmatch(r"[\w-]+\.(?:py|md|toml|txt|in)|Makefile", name)
    }

    missing = sorted(name for name in named if not (PROJECT / name).exists())

    assert missing == []


def test_every_dependency_has_its_reason() -> None:
    asked_for = re.findall(
        r"^([a-z][\w.-]*)",
        read("requirements.in") + "\n" + read("requirements-dev.in"),
        re.MULTILINE,
    )

    assert [name for name in asked_for if f"`{name}`" not in read("DECISIONS.md")] == []


def test_no_lock_says_where_its_packages_come_from() -> None:
    for lock in ("requirements.txt", "requirements-dev.txt"):
        assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", read(lock))


def test_every_font_and_drawing_has_its_licence() -> None:
    assert list((STATIC / "fonts").glob("OFL*.txt"))
    assert list((PROJECT / "docs").rglob("*CC0*"))


@pytest.mark.parametrize("guide", GUIDES)
def test_every_picture_of_a_guide_is_there_and_every_picture_is_used(guide: str) -> None:
    shown = re.findall(r"!\[([^\]]+)\]\(pictures/([\w-]+\.png)\)", read(guide))
    kept = {picture.name for picture in (PROJECT / "docs" / "pictures").iterdir()}

    assert {name for _, name in shown} == kept
    assert all(len(words.split()) > 3 for words, _ in shown), "say what a picture shows"


@pytest.mark.parametrize("guide", GUIDES)
def test_every_chapter_that_a_guide_points_at_is_there(guide: str) -> None:
    text = read(guide)
    chapters = {
        re.sub(r"[^\w -]", "", heading.casefold()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }

    assert [there for there in re.findall(r"\]\(#([^)]+)\)", text) if there not in chapters] == []


def test_no_picture_is_heavy() -> None:
    pictures = list((PROJECT / "docs" / "pictures").iterdir())

    assert [picture.name for picture in pictures if picture.stat().st_size > 150_000] == []
