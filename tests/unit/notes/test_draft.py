"""A printed draft: nobody takes it for a note, and it says what is missing."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from app.notes import draft, layout
from tests.unit.notes import printed, records
from tests.unit.notes.test_archival import passes_ua, unexplained
from tests.unit.notes.test_layout import many


def described(record: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
    record = record or records.preempt()
    state = {
        "by": "J. Moreau",
        "at": "2026-11-23T16:20:00Z",
        "saved_at": "2026-11-23T16:01:00Z",
        "time_out": [],
        "review": [],
        "overrides": [],
        "reasons": [],
        "stops": [],
        **said,
    }
    return {**record, "signed_by": None, "draft": state}


def test_it_looks_like_the_note_and_says_draft_where_the_note_says_signed(tmp_path: Path) -> None:
    said = printed.text_of(layout.render_draft(described()), tmp_path)

    assert "31 Given, intramuscular 155 3.10" in said
    assert "DRAFT – NOT SIGNED" in said
    assert "Not signed Given by Ines Halloran, MD. Chart as of 23 Nov 2026 11:01 EST." in said
    assert "Printed 23 Nov 2026 11:20 EST by J. Moreau. Not part of the record." in said
    for of_a_note in ("Signed note", "Electronically signed", "SHA-256", "Check this note"):
        assert of_a_note not in said


def test_it_carries_no_record_no_field_and_no_code() -> None:
    with pikepdf.open(io.BytesIO(layout.render_draft(described()))) as document:
        assert "/AcroForm" not in document.Root
        assert "/AF" not in document.Root
        assert not document.attachments
        assert str(document.docinfo["/Title"]) == "Draft of a session note, not signed"


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_the_usual_session_stays_on_one_page(paper: str) -> None:
    assert printed.page_count(layout.render_draft(described(records.preempt(paper)))) == 1


def test_every_page_says_it(tmp_path: Path) -> None:
    pdf = layout.render_draft(described(many(200)))
    pages = printed.page_count(pdf)

    assert pages > 2
    for page in range(1, pages + 1):
        said = printed.text_of(pdf, tmp_path, "-f", str(page), "-l", str(page))
        assert said.count("DRAFT – NOT SIGNED") >= 3
        assert "D R A F T" in said


def test_a_fax_of_it_has_the_black_line_across(tmp_path: Path) -> None:
    note = printed.bits_of(layout.render(records.preempt()), tmp_path, 200)
    made = printed.bits_of(layout.render_draft(described()), tmp_path, 200)

    assert mostly_black(made) > 25 > mostly_black(note)


def mostly_black(picture: printed.Raster) -> int:
    """How many rows of dots are black for more than half of the page."""
    rows = (
        picture.pixels[y * picture.width : (y + 1) * picture.width] for y in range(picture.height)
    )
    return sum(row.count(0) > picture.width / 2 for row in rows)


def test_what_is_missing_comes_first(tmp_path: Path) -> None:
    record = records.preempt()
    for site in record["sites"][:3]:
        site["state"] = "planned"
    record["performed_by"] = None
    made = described(
        record,
        time_out=["Pregnant or breast-feeding", "Blood thinner"],
        review=["Consent today"],
        overrides=["DATA-07"],
        reasons=["INT-01", "PREC-04"],
        stops=["The lot of a vial is not recorded."],
    )
    said = printed.text_of(layout.render_draft(made), tmp_path)

    missing = (
        "Missing before it can be signed: why 3 planned sites were not given; who gave it;"
        " 2 questions of the time-out not answered (Pregnant or breast-feeding; Blood thinner);"
        " 1 question of the review not answered (Consent today);"
        " why a prescriber goes on (DATA-07); why in this case (INT-01, PREC-04)."
        " The lot of a vial is not recorded."
    )
    assert missing in said
    assert said.index(missing) < said.index("BOTOX (onabotulinumtoxinA)")


def test_it_says_nothing_of_a_record_that_it_does_not_carry(tmp_path: Path) -> None:
    record = records.preempt()
    record["patient"]["name"] = "李小龙"
    said = printed.text_of(layout.render_draft(described(record)), tmp_path)

    assert "could not print characters" in said
    assert "attached" not in said


def test_nothing_is_said_to_be_missing_where_nothing_is() -> None:
    assert draft.missing(described()) == ""


def test_it_can_be_read_out_and_lasts(tmp_path: Path) -> None:
    pdf = layout.render_draft(described())
    path = tmp_path / "draft.pdf"
    path.write_bytes(pdf)
    read = subprocess.run(
        ["pdfinfo", "-struct-text", str(path)], capture_output=True, text=True, check=True
    ).stdout

    assert unexplained(pdf, tmp_path) == []
    assert passes_ua(pdf, tmp_path)
    assert read.index('"DRAFT – NOT SIGNED') < read.index("Harbour Lane")
