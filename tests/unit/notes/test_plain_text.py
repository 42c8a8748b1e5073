"""The note as text: the same words as the paper, in lines that no other record breaks."""

from __future__ import annotations

from pathlib import Path

from app.notes.plain_text import WIDTH, as_text
from tests.unit.notes import records

GOLDEN = Path(__file__).with_name("plain_text.txt")


def test_the_text_of_the_sample_note_is_the_golden_file() -> None:
    assert as_text(records.preempt()) == GOLDEN.read_text("utf-8")


def test_no_line_is_too_long_and_nothing_stands_in_columns() -> None:
    named = records.preempt(
        patient={**records.PATIENT, "name": "Maria Wolfeschlegelsteinhausenbergerdorff " * 3}
    )

    lines = as_text(named).splitlines()

    assert max(map(len, lines)) <= WIDTH
    assert not any("\t" in line or "   " in line.strip() for line in lines)


def test_what_was_only_planned_is_in_no_sum_of_the_text() -> None:
    sites = records.protocol_sites("PREEMPT-155")
    sites[0]["state"] = "planned"
    text = as_text(records.record(sites, incomplete="the patient asked to stop"))

    assert "Corrugator, right" not in text.partition("GIVEN")[2].partition("PRODUCT")[0]
    assert "Incomplete: 30 of 31 sites given" in text.replace("\n", " ")


def test_a_transcribed_session_says_so_before_what_was_done() -> None:
    record = records.preempt(
        transcribed_from_paper={
            "sheet": "D-0093",
            "given_at": "2026-11-23T15:36:00Z",
            "by": {"name": "J. Moreau", "credentials": ""},
            "at": "2026-11-24T14:00:00Z",
        }
    )

    said = as_text(record).replace("\n", " ")

    assert (
        "Transcribed from paper: given 23 Nov 2026 10:36 EST by Ines Halloran, MD, as written on"
        " downtime sheet D-0093; transcribed by J. Moreau, 24 Nov 2026 09:00 EST."
    ) in said
    assert said.index("Transcribed") < said.index("155 U in 31 sites")


def test_what_followed_the_note_comes_first() -> None:
    text = as_text(records.preempt(), later="Amended 25 Nov 2026, see addendum 1")

    assert text.startswith("AMENDED 25 NOV 2026, SEE ADDENDUM 1\n\nBOTULINUM TOXIN")
