"""The paper around a session: what stands on it, on both papers, read as a printer shows it."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from app.clinical.catalogue import catalogue
from app.clinical.drawing_up import drawing_up
from app.notes import aftercare, covering_letter, downtime, drawup, layout, superbill
from tests.unit.notes import records, sheets
from tests.unit.notes.printed import page_count, text_of
from tests.unit.notes.test_archival import passes_ua, unexplained

PAPERS = ["letter", "a4"]


# --- Downtime ----------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("region", downtime.REGIONS)
def test_a_downtime_sheet_has_its_maps_32_lines_and_says_that_it_is_no_record(
    region: str, paper: str, tmp_path: Path
) -> None:
    pdf = downtime.render([sheets.downtime_sheet(region, paper)])
    said = text_of(pdf, tmp_path)

    assert page_count(pdf) == 2
    assert said.count("Paper, not part of the record until transcribed") == 2
    head = "Site Muscle or area R M L Units Given at "
    lines = [" ".join(map(str, range(first, first + 16))) for first in (1, 17)]
    assert f"{head}{lines[0]} {head}{lines[1]} " in said
    assert "Page 2 of 2" in said
    assert "Sheet D-0093, printed by J. Moreau" in said
    assert "Maren Oduya" in said


@pytest.mark.parametrize("region", downtime.REGIONS)
def test_every_map_of_a_sheet_says_right_or_left(region: str, tmp_path: Path) -> None:
    pdf = downtime.render([sheets.downtime_sheet(region)])

    letters = re.findall(r"\b([RL])\b(?! M)(?<! M L)", text_of(pdf, tmp_path, "-l", "1"))

    assert sorted(set(letters)) == ["L", "R"]


def test_a_sheet_asks_every_question_with_a_box_for_each_answer(tmp_path: Path) -> None:
    sheet = sheets.downtime_sheet("head")
    said = text_of(downtime.render([sheet]), tmp_path)

    assert "No box ticked means not asked." in said
    for question in sheet.questions:
        assert question.text in said
    rows = re.findall(r"No Yes(?: Can’t ask)?", said)
    asked = [q for q in sheet.questions if "no" in q.answers]
    assert len(rows) == len(asked)
    assert sum("Can’t ask" in row for row in rows) == sum("unable" in q.answers for q in asked)


def test_a_sheet_without_a_name_has_room_to_write_one(tmp_path: Path) -> None:
    said = text_of(downtime.render([sheets.downtime_sheet(named=False)]), tmp_path)

    assert "Name ____" in said
    assert "Oduya" not in said


def test_a_batch_counts_the_pages_of_each_sheet_by_itself(tmp_path: Path) -> None:
    pdf = downtime.render([sheets.downtime_sheet("head"), sheets.downtime_sheet("legs")])

    assert page_count(pdf) == 4
    assert text_of(pdf, tmp_path).count("Page 1 of 2") == 2


# --- Draw-up -----------------------------------------------------------------------------------


def plan(paper: str = "letter", *, given: int = 0, vial: bool = True) -> drawup.DrawUp:
    preparations = [sheets.botox(("200", "C8412C3"))] if vial else []
    return drawup.DrawUp(
        clinic=sheets.clinic(paper),
        patient=records.PATIENT,
        date="2026-11-23",
        reasons=["chronic migraine"],
        performer="Ines Halloran, MD",
        as_of="23 Nov 2026 14:08",
        at=sheets.AT,
        draughts=drawing_up(sheets.planned(preparations, given=given), catalogue()),
        diluents={"BOTOX": "Preservative-free saline"},
        keeps={"BOTOX": catalogue().products["BOTOX"].after_mixing_hours},
        given_sites=given,
    )


@pytest.mark.parametrize("paper", PAPERS)
def test_a_draw_up_sheet_says_plan_and_adds_up(paper: str, tmp_path: Path) -> None:
    pdf = drawup.render(plan(paper))
    said = text_of(pdf, tmp_path)

    assert page_count(pdf) == 1
    assert "Draw-up sheet: 155 U of BOTOX in 3.1 mL" in said
    assert "Plan, nothing given yet" in said
    assert "Not part of the record." in said
    assert "A BOTOX 200 U C8412C3, 31 Aug 2027 4 mL 155 U = 3.1 mL" in said
    assert "Temporalis Left 4 20 0.10 0.40" in said
    assert "All 31 155 3.10" in said
    assert "200 U = 155 planned + 45 left over (45 U = 0.9 mL)." in said


def test_a_draw_up_sheet_of_a_session_that_began_leaves_out_what_was_given(tmp_path: Path) -> None:
    said = text_of(drawup.render(plan(given=2)), tmp_path)

    assert "Plan; what was given already is not on it" in said
    assert "2 sites were given before it was printed" in said
    assert "Corrugator" not in said
    assert "200 U = 10 given before + 145 planned + 45 left over" in said


def test_a_draw_up_sheet_without_a_vial_says_that_volumes_are_not_known(tmp_path: Path) -> None:
    said = text_of(drawup.render(plan(vial=False)), tmp_path)

    assert "No vial is chosen on the chart yet, so the volumes are not known." in said
    assert "155 U of a product not chosen yet" in said
    assert " mL " not in said.replace("mL each", "").replace("mL Syringe", "")


# --- After-care --------------------------------------------------------------------------------

OWN = """Today
- You can go back to your usual day.
- Do not rub the treated places.

Come back if you wish."""


def given(paper: str = "letter", own: str | None = None) -> aftercare.AfterCare:
    known = catalogue()

    def side(language: str) -> aftercare.Side:
        lines = [(each.part, each.in_language(language)) for each in known.aftercare]
        calls = [text for part, text in lines if part == "call"]
        return aftercare.Side(
            language,
            [known.indications["chronic_migraine"].title_in(language)],
            [text.format(number="911") for part, text in lines if part == "emergency"],
            aftercare.sections_of(own)
            if own
            else [aftercare.call_section(language, "207-555-0142", calls)],
        )

    return aftercare.AfterCare(
        clinic=sheets.clinic(paper),
        patient="Maren Oduya",
        day=date(2026, 11, 23),
        performer="Ines Halloran, MD",
        products=["BOTOX"],
        sides=[side("en"), side("es")],
        own=aftercare.OwnText(date(2026, 10, 1), 2, "Ines Halloran, MD") if own else None,
        catalogue="2026.11",
        guide_given=own is None,
        at=sheets.AT,
    )


@pytest.mark.parametrize("paper", PAPERS)
def test_an_after_care_sheet_has_a_side_in_each_language_the_emergency_first(
    paper: str, tmp_path: Path
) -> None:
    pdf = aftercare.render(given(paper))
    english = text_of(pdf, tmp_path, "-l", "1")
    spanish = text_of(pdf, tmp_path, "-f", "2")

    assert page_count(pdf) == 2
    assert english.index("Call 911 if you have trouble") < english.index("Call us at 207-555-0142")
    assert spanish.index("Llame al 911") < spanish.index("Llámenos al 207-555-0142")
    assert "Session of 23 Nov 2026 with Ines Halloran, MD" in english
    assert "Sesión del 23 nov 2026 con Ines Halloran, MD" in spanish
    assert "BOTOX para migraña crónica" in spanish
    assert "Side 1 of 2" in english
    assert "Lado 2 de 2" in spanish
    assert "Text of the published warnings, catalogue 2026.11" in english
    assert "Medication Guide was given" in english


def test_the_clinics_own_text_names_its_day_and_follows_the_emergency(tmp_path: Path) -> None:
    said = text_of(aftercare.render(given(own=OWN)), tmp_path)

    assert said.index("Call 911") < said.index("You can go back to your usual day.")
    assert "Text of 1 Oct 2026, version 2, by Ines Halloran, MD" in said
    assert "Texto del 1 oct 2026, versión 2, de Ines Halloran, MD" in said
    assert "Medication Guide" not in said


def test_a_typed_text_becomes_headings_lists_and_paragraphs() -> None:
    assert aftercare.sections_of(OWN) == [
        aftercare.Section(
            "Today",
            [
                (True, "You can go back to your usual day."),
                (True, "Do not rub the treated places."),
            ],
        ),
        aftercare.Section("", [(False, "Come back if you wish.")]),
    ]


# --- Letter, and all of them -------------------------------------------------------------------


def test_the_letter_says_for_whom_and_goes_before_the_copy(tmp_path: Path) -> None:
    record = records.preempt()
    sent = covering_letter.Sent("Orla Quist, MD", "1234567893", sheets.AT, "J. Moreau", 2)

    pdf = covering_letter.before(covering_letter.render(record, sent), layout.render(record))
    said = text_of(pdf, tmp_path, "-l", "1")

    assert page_count(pdf) == 2
    assert "To Orla Quist, MD NPI 1234567893" in said
    assert "BOTOX (onabotulinumtoxinA) 155 U in 31 sites." in said
    assert "Enclosed is copy 2 of the signed note N-2026-00001." in said


@pytest.mark.parametrize("paper", PAPERS)
def test_sheets_last_and_can_be_read_out(paper: str, tmp_path: Path) -> None:
    made = [
        downtime.render([sheets.downtime_sheet("head", paper)]),
        drawup.render(plan(paper)),
        aftercare.render(given(paper, OWN)),
        superbill.render(bill(paper)),
    ]

    for pdf in made:
        assert unexplained(pdf, tmp_path) == []
    # What is ruled to be written on by hand is no table to the checker.
    assert all(passes_ua(pdf, tmp_path) for pdf in made[2:])


def bill(paper: str = "letter") -> dict[str, object]:
    """What the session of `records.preempt` is billed with."""
    return {
        "clinic": sheets.clinic(paper),
        "note": "N-2026-00001",
        "at": sheets.AT,
        "patient": records.PATIENT,
        "date": "2026-11-23",
        "payer": "Medicare",
        "member_id": "1EG4-TE5-MK73",
        "authorization_number": "",
        "rendering": {"name": "Ines Halloran, MD", "npi": "1999999984"},
        "ordering": {"name": "Orla Quist, MD", "npi": ""},
        "diagnoses": [
            {
                "code": "G43.709",
                "description": "Chronic migraine without aura, not intractable,"
                " without status migrainosus",
            }
        ],
        "lines": [
            {"code": None, "modifier": None, "units": 1, "label": "Chemodenervation", "ndc": []},
            {
                "code": "J0585",
                "modifier": None,
                "units": 155,
                "label": "BOTOX, onabotulinumtoxinA",
                "ndc": ["00023392102"],
            },
            {
                "code": "J0585",
                "modifier": "JW",
                "units": 45,
                "label": "BOTOX, onabotulinumtoxinA",
                "ndc": ["00023392102"],
            },
        ],
    }


def test_the_bill_is_a_table_whose_cells_name_their_heads(tmp_path: Path) -> None:
    pdf = superbill.render(bill())
    said = text_of(pdf, tmp_path)

    assert "J0585 155 BOTOX, onabotulinumtoxinA 00023392102" in said
    assert "J0585 JW 45 BOTOX, onabotulinumtoxinA 00023392102" in said
    with pikepdf.open(BytesIO(pdf)) as document:
        tables = [each for each in document.Root.StructTreeRoot.K[0].K if str(each.S) == "/Table"]
        assert len(tables[-1].K) == 4


@pytest.mark.parametrize("paper", PAPERS)
def test_no_paper_about_a_patient_lacks_the_name_in_latin_letters(
    paper: str, tmp_path: Path
) -> None:
    name = {"name": "李小龙", "latin_name": "Lǐ Xiǎolóng"}
    patient = {**records.PATIENT, **name}
    record = records.preempt(paper)
    record["patient"].update(name)
    sent = covering_letter.Sent("Orla Quist, MD", "", sheets.AT, "J. Moreau", 2)
    made = [
        downtime.render([sheets.downtime_sheet("head", paper)._replace(patient=patient)]),
        drawup.render(plan(paper)._replace(patient=patient)),
        superbill.render({**bill(paper), "patient": patient}),
        covering_letter.render(record, sent),
    ]

    for pdf in made:
        said = text_of(pdf, tmp_path)
        assert "Lǐ Xiǎolóng" in said
        assert "U+" not in said


def test_the_spanish_side_says_that_it_is_spanish() -> None:
    with pikepdf.open(BytesIO(aftercare.render(given()))) as document:
        english, spanish = document.Root.StructTreeRoot.K[0].K

        assert "/Lang" not in english
        assert str(spanish.Lang) == "es"


def test_the_same_sheet_is_the_same_bytes() -> None:
    assert drawup.render(plan()) == drawup.render(plan())
