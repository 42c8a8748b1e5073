"""The page of an addendum: what it quotes, what it changes, and the map drawn again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from app.notes import addendum
from app.notes.record import canonical, check_code, sha256
from tests import schemas
from tests.unit.notes import printed, records
from tests.unit.notes.test_archival import unexplained

SITE = 4


def written(kind: str = "correction", paper: str = "letter", **changes: Any) -> dict[str, Any]:
    """The record of an addendum to the 31-site note, as signing describes it."""
    note = records.preempt(paper)
    site = note["sites"][SITE - 1]
    before = {
        name: site[name]
        for name in ("map", "x", "y", "region", "muscle", "name", "other", "side", "units", "state")
    }
    after = {**before, "x": f"{float(site['x']) + 12:.2f}", "units": "7.5"}
    corrects = kind == "correction"
    described: dict[str, Any] = {
        "schema": addendum.SCHEMA,
        "software": note["software"],
        "catalogue": note["catalogue"],
        "addendum": {
            "number": 1,
            "reference": f"{note['note']['number']}-A1",
            "kind": kind,
        },
        "note": {
            "number": note["note"]["number"],
            "treatment": note["note"]["treatment"],
            "signed_by": note["signed_by"],
            "signed_at": note["signed_at"],
            "pdf_sha256": "ab" * 32,
            "record_sha256": sha256(note),
            "check_at": "https://harbourlane.example",
        },
        "follows": [],
        "clinic": note["clinic"],
        "patient": note["patient"],
        "service": {"date": note["service"]["date"]},
        "signed_by": note["signed_by"],
        "signed_at": "2026-11-25T13:41:00Z",
        "signature_meaning": addendum.MEANINGS[kind],
        "reason": "Placed on the tablet after the patient had turned.",
        "text": "" if corrects else "The diary was kept by the patient.",
        "changes": [
            {
                "field": f"Site {SITE}, {site['name']}, position",
                "before": "as drawn",
                "after": "12 mm lateral",
            }
        ]
        if corrects
        else [],
        "sites": [{"number": SITE, "key": site["key"], "before": before, "after": after}]
        if corrects
        else [],
        "around": [
            {"number": each["number"], **{k: each[k] for k in ("map", "x", "y", "state")}}
            for each in note["sites"][SITE : SITE + 2]
        ]
        if corrects
        else [],
        "totals": {
            "before": {"BOTOX": {"given": "155.00", "sites": 31}},
            "after": {"BOTOX": {"given": "157.50", "sites": 31}},
        }
        if corrects
        else None,
    }
    return {**described, **changes}


@pytest.mark.parametrize("kind", addendum.KINDS)
@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_each_kind_is_as_published_archival_and_on_one_page(
    kind: str, paper: str, tmp_path: Path
) -> None:
    record = written(kind, paper)
    made = addendum.render(record)

    assert schemas.faults(record) == []
    assert unexplained(made, tmp_path) == []
    with pikepdf.open(io.BytesIO(made)) as document:
        assert len(document.pages) == 1
        assert document.attachments["record.json"].get_file().read_bytes() == canonical(record)
    assert made == addendum.render(record)


def test_it_says_which_note_it_follows_what_it_changes_and_by_which_code_it_is_checked(
    tmp_path: Path,
) -> None:
    record = written()

    text = printed.text_of(addendum.render(record), tmp_path)

    for said in (
        "Addendum 1: correction",
        f"Signed addendum {record['addendum']['reference']}",
        f"To note {record['note']['number']}, signed by Ines Halloran, MD",
        "SHA-256 of the signed file: " + " ".join(["abababab"] * 8),
        "as drawn 12 mm lateral",
        "Solid is where it was given. Dashed is where the note drew it.",
        "Reason. Placed on the tablet after the patient had turned.",
        check_code(sha256(record)),
        f"{record['note']['number']}, addendum 1",
    ):
        assert said in text


def test_the_signed_place_is_dashed_and_the_corrected_one_solid(tmp_path: Path) -> None:
    record = written()
    [entry] = record["sites"]
    stays = written(sites=[{**entry, "after": {**entry["before"], "units": "7.5"}}])

    moved = printed.text_of(addendum.render(record), tmp_path)
    unmoved = printed.text_of(addendum.render(stays), tmp_path)

    assert "Dashed" in moved
    assert "Dashed" not in unmoved
    assert "Corrected: site 4." in unmoved


def test_many_words_flow_on_under_the_same_heading(tmp_path: Path) -> None:
    long = "\n".join(f"Line {number} of what was found out later." for number in range(90))

    made = addendum.render(written("late_entry", text=long))

    pages = printed.text_of(made, tmp_path).count("Page ")
    with pikepdf.open(io.BytesIO(made)) as document:
        assert len(document.pages) == pages == 2
    text = printed.text_of(made, tmp_path)
    assert "Addendum 1: late entry, continued" in text
    assert "Line 89 of what was found out later." in text


def test_a_record_of_a_note_is_not_laid_out_as_an_addendum() -> None:
    with pytest.raises(ValueError, match="prints stipple-addendum/1"):
        addendum.render(records.preempt())
