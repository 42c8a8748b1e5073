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


@pytest.mark.parametrize("kind", addendum.KINDS)
def test_the_hand_that_signed_is_drawn_over_its_name(kind: str, tmp_path: Path) -> None:
    drawn = [[["40", "160"], ["500.5", "20"], ["960", "300"]], [["10", "10"]]]

    record = written(kind, drawn_signature=drawn)
    made = addendum.render(record)

    assert schemas.faults(record) == []
    assert unexplained(made, tmp_path) == []
    with pikepdf.open(io.BytesIO(made)) as document:
        said = {
            str(element.Alt)
            for element in document.objects
            if isinstance(element, pikepdf.Dictionary) and element.get("/S") == "/Figure"
        }
    assert "Drawn signature of Ines Halloran, MD." in said


def test_it_says_what_proves_its_time(tmp_path: Path) -> None:
    stamped = {"signature_level": "B-LT", "time_stamp_authority": "Harbour Time Authority"}
    own = {"signature_level": "B-B", "time_stamp_authority": None}

    said = [printed.text_of(addendum.render(written(**each)), tmp_path) for each in (stamped, own)]

    assert "Time stamp by Harbour Time Authority (PAdES B-LT)." in said[0]
    assert "Time by the clinic’s own clock (PAdES B-B)." in said[1]


def test_a_note_of_the_wrong_patient_is_unmistakably_void(tmp_path: Path) -> None:
    text = printed.text_of(addendum.render(written("wrong_patient")), tmp_path)

    assert "VOID Addendum 1: wrong patient, the note is void" in text


def test_a_second_correction_is_held_against_the_note_as_amended(tmp_path: Path) -> None:
    earlier = {"number": 1, "kind": "correction", "pdf_sha256": "cd" * 32}

    text = printed.text_of(addendum.render(written(follows=[earlier])), tmp_path)

    assert "The note as amended says" in text
    assert "Dashed is where the note as amended drew it." in text
    assert "The others stand as amended." in text


def test_a_long_table_says_on_each_page_what_its_columns_are(tmp_path: Path) -> None:
    [change] = written()["changes"]
    many = [{**change, "field": f"Site {number}, dose"} for number in range(1, 90)]

    text = printed.text_of(addendum.render(written(changes=many)), tmp_path)

    first, second, *_ = text.split("Addendum 1: correction, continued")
    assert first.count("The note says") == second.count("The note says") == 1
    assert "Site 1, dose" in first
    assert "Site 89, dose" in second


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
