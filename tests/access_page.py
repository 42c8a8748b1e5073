"""The access matrix as a page for people: `python -m tests.access_page` writes `docs/access.md`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import click
from flask import Flask

from app import create_app
from app.models import restriction
from tests.access_matrix import MATRIX, Line
from tests.access_stage import CALLERS
from tests.databases import configuration
from tests.rules.sources import PROJECT

PAGE = PROJECT / "docs" / "access.md"

HEAD = """\
# Who may what

Written from the code by `python -m tests.access_page`; a test asks every line of every caller and
fails when this page is out of date. What is not listed here does not exist.

| sign | means |
| --- | --- |
| ✓ | shown, or done and in the audit trail |
| → | led to the page that is theirs or comes next; nothing is changed |
| 401 | not signed in: the sign-in page instead |
| 403 | not this role's to do: a sentence says why; nothing is changed, `act.refused` is kept |
| 404 | nothing is here for this role; nothing is changed |
| 409 | the record is no longer in a state for it; nothing is changed |

A *prescriber* is a provider as well. An *owner* holds every role, as in a practice of one. Until
the clinic is set up there is nothing but `/setup`, for whoever reads the code in the terminal.
"""

RESTRICTED = """\
## Restricted patients

A patient with named people is restricted. Every address above that names a patient or a session
answers 404 to everyone who is not named, whatever their role, and the attempt is in the trail as
`patient.hidden`; to a named person it answers as above. Lists, counts, searches and proposals of
vials leave a restricted patient out. A test asks all of it as an outsider and looks for the name,
the number, the birth date and the lot.

* A provider decides who is named, and is named then; once people are named, the providers among
  them decide. Where none of those can sign in any more, a provider who opened the patient in an
  emergency takes over.
* *Emergency access*: a provider or an assistant who knows the exact record number and the date of
  birth, and gives a reason, sees the patient for {minutes} minutes. Wrong and unknown get the same
  answer; after {tries} of them in {window} minutes nothing is tried. The trail calls it
  `patient.glass_broken`. The named people see who, whom and why on their page of today until each
  has acknowledged it; administrators see that it happened, without the patient.
* That a record number is taken is said to whoever types it, for two patients cannot share one;
  never whose it is. Who registers a hidden patient a second time is not warned.

## Fields

A form takes the fields that its page has. One more, whatever its name, and the answer is 400 and
nothing is changed; a chart with a key that charts do not have is refused with 422. A test sends one
to every address that takes anything.
"""

# What a table is called; other features have tables by their own names.
TITLES = {
    "static": "The door",
    "healthz": "The door",
    "offline_worker": "The door",
    "offline_page": "The door",
    "auth": "The door",
    "treatments": "Sessions",
    "records": "Records desk",
    "admin": "Administration",
}


def page(app: Flask) -> str:
    """The whole page."""
    tables: dict[str, list[Line]] = {}
    for line in MATRIX:
        feature = line.endpoint.partition(".")[0]
        tables.setdefault(TITLES.get(feature, feature.capitalize()), []).append(line)
    told = RESTRICTED.format(
        minutes=int(restriction.EMERGENCY_LASTS.total_seconds() // 60),
        tries=restriction.WRONG_TRIES_ALLOWED,
        window=int(restriction.WRONG_TRIES_WINDOW.total_seconds() // 60),
    )
    return "\n".join([HEAD, *(table(app, *each) for each in tables.items()), told])


def table(app: Flask, title: str, lines: Iterable[Line]) -> str:
    """The lines of one feature."""
    rules = {
        (method, rule.endpoint): rule.rule
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    rows = [
        _row(
            f"{line.method} `{rules[line.method, line.endpoint]}`",
            _first_sentence(app, line.endpoint),
            line.record,
            *line.gets.values(),
        )
        for line in lines
    ]
    head = _row("address", "what it is", "asked on", *CALLERS)
    return "\n".join([f"## {title}\n", head, _row(*["---"] * (3 + len(CALLERS))), *rows, ""])


def _first_sentence(app: Flask, endpoint: str) -> str:
    if endpoint == "static":
        return "The files that every page loads"
    told = (app.view_functions[endpoint].__doc__ or "").strip().splitlines()[0]
    return told.partition(". ")[0].rstrip(".").replace("|", "/")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def write() -> None:
    """Bring the page up to date."""
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page(create_app(configuration(Path(folder)))), "utf-8")
    click.echo(f"{PAGE.relative_to(PROJECT)}: {len(MATRIX)} lines")


if __name__ == "__main__":
    write()
