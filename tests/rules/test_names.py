"""Words that say nothing, and words that mean something else here."""

from __future__ import annotations

from tests.rules.sources import APP, PROJECT, modules, name_of, scripts

SAY_NOTHING = {
    "base_classes",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "repository",
    "service",
    "services",
    "util",
    "utils",
}


def test_no_module_or_folder_has_a_name_that_says_nothing() -> None:
    named = [
        name_of(path)
        for path in [*modules(), *scripts(), *modules(PROJECT / "tests")]
        if {path.stem, *path.relative_to(PROJECT).parts} & SAY_NOTHING
    ]

    assert not named


def test_every_module_says_what_it_promises() -> None:
    silent = [
        name_of(path)
        for path in modules(APP)
        if path.read_text("utf-8").strip()
        and not path.read_text("utf-8").lstrip().startswith(('"""', 'r"""'))
    ]

    assert not silent
