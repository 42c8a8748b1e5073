"""What a draft prints that a note does not: that it is none, on every page, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.notes import words
from app.notes.paper import Box, Face, Pen, Run
from app.notes.rows import Row, lines
from app.notes.tags import ARTIFACT, Tag

NOT_SIGNED = "DRAFT – NOT SIGNED"
_BANNER, _BANNER_SIZE = 19.0, 13.0
_WORD, _LINE = "DRAFT", 0.7
_QUESTIONS = 4  # more are counted, not named

Draft = Mapping[str, Any]


def banner(width: float) -> Row:
    """White on black across the page, so that no fax and no copier loses it."""
    tag = Tag("P")

    def draw(pen: Pen, x: float, top: float) -> None:
        pen.box(Box(x, top - _BANNER + 3, width, _BANNER - 3), fill=0.0)
        with pen.tagged(tag):
            said = f"{NOT_SIGNED} "
            pen.text(x + 6, top - 12.7, said, _BANNER_SIZE, Face.STRONG, white=True)
        with pen.tagged(ARTIFACT):
            right = x + width - 6
            pen.text(
                right, top - 12.7, NOT_SIGNED, _BANNER_SIZE, Face.STRONG, align="right", white=True
            )

    return Row(_BANNER + 3, draw)


def across(pen: Pen) -> None:
    """The word from corner to corner in outline: what is printed over it stays readable."""
    with pen.tagged(ARTIFACT):
        pen.outlined_across(_WORD, _LINE)


def missing(record: Mapping[str, Any]) -> str:
    """What is to be said or mended before the session can be signed; nothing if nothing is."""
    draft, sites = record["draft"], record["sites"]
    planned = sum(not words.is_given(site) for site in sites)
    said = []
    if planned == len(sites):
        said.append("no site is given")
    elif planned and not record["incomplete"]:
        were = "was" if planned == 1 else "were"
        said.append(f"why {words.counted(planned, 'planned site')} {were} not given")
    if record["performed_by"] is None:
        said.append("who gave it")
    for when, open_ones in (("time-out", draft["time_out"]), ("review", draft["review"])):
        said += _unanswered(when, open_ones)
    if draft["overrides"]:
        said.append(f"why a prescriber goes on ({', '.join(draft['overrides'])})")
    if draft["reasons"]:
        said.append(f"why in this case ({', '.join(draft['reasons'])})")
    return " ".join([*([f"{'; '.join(said)}."] if said else []), *draft["stops"]])


def _unanswered(when: str, questions: Sequence[str]) -> list[str]:
    if not questions:
        return []
    count = words.counted(len(questions), "question")
    named = f" ({'; '.join(questions)})" if len(questions) <= _QUESTIONS else ""
    return [f"{count} of the {when} not answered{named}"]


def signing(record: Mapping[str, Any], width: float) -> list[Row]:
    """Where a note has its signature: that there is none, and which state of the chart this is."""
    draft, zone = record["draft"], record["clinic"]["time_zone"]
    performed = record["performed_by"] if record["totals"] else None
    given = f"Given by {words.person(performed)}. " if performed else ""
    made = (
        f"{given}Chart as of {words.moment(draft['saved_at'], zone)}."
        f" Printed {words.moment(draft['at'], zone)} by {draft['by']}."
        " Not part of the record. Nobody has signed it, and what it says may still change."
    )
    return [
        *lines([Run("Not signed", Face.STRONG)], width, size=8.9, leading=12.2),
        *lines([Run(made)], width),
    ]


def frame(pen: Pen, box: Box) -> None:
    """The place of the signature, open."""
    edges = [
        (box.left, box.bottom),
        (box.right, box.bottom),
        (box.right, box.top),
        (box.left, box.top),
        (box.left, box.bottom),
    ]
    pen.line(edges, 0.8, dash=(3, 3))
