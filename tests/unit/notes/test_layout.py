"""The printed page: what stands on it, that nothing falls off it, and that it never changes."""

from __future__ import annotations

import io
import re
import subprocess
import threading
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import zxingcpp
from PIL import Image

from app.notes import copy, layout
from app.notes.body_drawing import to_page
from app.notes.record import check_code, sha256
from tests.unit.notes import printed, records


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_31_sites_fill_one_page_with_everything_that_was_done(paper: str, tmp_path: Path) -> None:
    pdf = layout.render(records.preempt(paper))
    text = printed.text_of(pdf, tmp_path)

    assert printed.page_count(pdf) == 1
    for said in (
        "Harbour Lane Neurology and Skin 418 Harbour Lane, Suite 2, Fairhaven, ME 04999",
        "Maren Oduya Born 12 Mar 1984 · Female · 68 kg · MRN 004217",
        "Date of service 23 Nov 2026 · Allergy: penicillin",
        "Botulinum toxin treatment: chronic migraine",
        "Signed note N-2026-00001",
        "BOTOX (onabotulinumtoxinA) 155 U in 31 sites.",
        "31 Given, intramuscular 155 3.10",
        "Total 75 5 75 155",
        "200 U = 155 given + 45 discarded",
        "C8412C3, 31 Aug 2027",
        "4 mL preservative-free saline",
        "G43.709 Chronic migraine",
        "Electronically signed by Ines Halloran, MD, 23 Nov 2026 11:04 EST",
        "I performed this treatment and this note is complete. Performed by Ines Halloran, MD.",
        "Maren Oduya · MRN 004217 · 23 Nov 2026 · Note N-2026-00001",
        "Page 1 of 1",
    ):
        assert said in text
    numbers = re.findall(r"(?<!\S)(\d+) [A-Z][a-z]+ ?[^0-9]*?(?:Right|Left|Midline)", text)
    assert set(map(int, numbers)) >= set(range(1, 32))


@pytest.mark.parametrize(("paper", "size"), [("letter", (612, 792)), ("a4", (595.28, 841.89))])
def test_the_page_has_the_size_of_the_clinics_paper(paper: str, size: tuple[float, float]) -> None:
    with pikepdf.open(io.BytesIO(layout.render(records.preempt(paper)))) as document:
        box = [float(edge) for edge in document.pages[0].mediabox]

    assert box == pytest.approx([0, 0, *size], abs=0.01)


def test_the_same_record_gives_the_same_bytes_whatever_was_drawn_before() -> None:
    first = layout.render(records.preempt())
    palms = records.record(records.protocol_sites("PALM-50"), indications=["palmar_hyperhidrosis"])
    layout.render(palms)

    assert layout.render(records.preempt()) == first


def test_notes_drawn_at_the_same_time_do_not_mix() -> None:
    expected = {paper: layout.render(records.preempt(paper)) for paper in ("letter", "a4")}
    got: list[tuple[str, bytes]] = []

    def draw(paper: str) -> None:
        got.append((paper, layout.render(records.preempt(paper))))

    threads = [threading.Thread(target=draw, args=(p,)) for p in ("letter", "a4") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 6
    assert all(pdf == expected[paper] for paper, pdf in got)


def test_the_file_is_a_plain_pdf_1_7_that_says_its_language_and_names_nobody() -> None:
    pdf = layout.render(records.preempt())

    assert pdf.startswith(b"%PDF-1.7")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert str(document.Root.Lang) == "en-US"
        assert str(document.docinfo["/Title"]) == "Session note N-2026-00001"
        assert "Oduya" not in " ".join(str(value) for value in document.docinfo.values())
        assert str(document.docinfo["/CreationDate"]) == "D:20261123160410Z"
        (field,) = document.Root.AcroForm.Fields
        assert str(field.T) == "ProviderSignature"
        assert "/V" not in field


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_every_font_is_embedded_as_a_subset(paper: str, tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(layout.render(records.preempt(paper)))
    out = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout
    rows = out.splitlines()[2:]

    assert {row.split()[0].split("+")[1] for row in rows} == {
        "StippleSans-Regular",
        "StippleSans-SemiBold",
        "StippleSans-Code",
    }
    assert all(" yes yes yes " in row for row in rows)


def test_qpdf_finds_no_fault_in_it(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(layout.render(records.preempt()))

    subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=True)


@pytest.mark.parametrize(
    ("protocol", "indication", "least_pages"),
    [
        ("SOLE-30", "plantar_hyperhidrosis", 1),
        ("SOLE-50", "plantar_hyperhidrosis", 2),
        ("PALM-50", "palmar_hyperhidrosis", 2),
    ],
)
@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_many_sites_flow_on_under_the_same_heading(
    protocol: str, indication: str, least_pages: int, paper: str, tmp_path: Path
) -> None:
    sites = records.protocol_sites(protocol)
    record = records.record(sites, indications=[indication], paper=paper)
    pdf = layout.render(record)
    pages = printed.page_count(pdf)

    assert pages >= least_pages
    for page in range(1, pages + 1):
        text = printed.text_of(pdf, tmp_path, "-f", str(page), "-l", str(page))
        assert "Maren Oduya Born 12 Mar 1984" in text
        assert "Signed note N-2026-00001" in text
        assert "Site Area Side Units mL" in text
        assert f"Page {page} of {pages}" in text
        assert ("Electronically signed by" in text) == (page == pages)
    text = printed.text_of(pdf, tmp_path)
    rows = re.findall(r"(\d+) (?:Palm and fingers|Sole and toes) (?:Right|Left) \d+ 2 0\.04", text)
    assert [int(n) for n in rows] == list(range(1, len(sites) + 1))


def test_an_incomplete_session_says_so_in_the_title_and_why(tmp_path: Path) -> None:
    sites = records.protocol_sites("PREEMPT-155")
    for site in sites[17:]:
        site["state"] = "planned"
    record = records.record(sites, incomplete="The patient asked to stop.")
    text = printed.text_of(layout.render(record), tmp_path)

    assert "INCOMPLETE" in text
    said = (
        "Incomplete: 17 of 31 sites given; 14 planned sites were not given."
        " Reason: The patient asked to stop."
    )
    assert said in text
    assert text.index(said) < text.index("Protocol ")
    assert len(re.findall(r", not given (?:Right|Left)", text)) == 14
    assert "planned, not given" in text
    assert "INCOMPLETE" not in printed.text_of(layout.render(records.preempt()), tmp_path)


def test_findings_are_printed_with_how_serious_they_are_and_on_whose_authority(
    tmp_path: Path,
) -> None:
    found = {
        "id": "TIME-02",
        "severity": "warn",
        "text": "80 days since the last treatment.",
        "source": "Label, S1",
    }
    text = printed.text_of(layout.render(records.preempt(findings=[found])), tmp_path)

    assert "Findings Warning: 80 days since the last treatment. Label, S1. TIME-02" in text
    assert "Findings" not in printed.text_of(layout.render(records.preempt()), tmp_path)


def test_a_planned_site_is_in_the_table_and_in_no_sum(tmp_path: Path) -> None:
    sites = records.protocol_sites("PREEMPT-155")
    sites[30]["state"] = "planned"
    text = printed.text_of(layout.render(records.record(sites)), tmp_path)

    assert "31 Trapezius (upper), not given Left 3 – –" in text
    assert "30 Given, intramuscular 150 3.00" in text
    assert "planned, not given" in text


def test_two_products_have_their_own_sums_and_their_own_vials(tmp_path: Path) -> None:
    other = records.preparation(
        key=records.key("dysport"),
        product="Dysport",
        generic="abobotulinumtoxinA",
        diluent_ml="2.5",
        concentration_units_per_ml="200",
    )
    sites = records.protocol_sites("PREEMPT-155")[:7]
    sites += [
        records.site(
            n,
            map="upper_limb_anterior@1",
            x="60.00",
            y=str(100 + 20 * n),
            name="Biceps",
            preparation=other["key"],
            units="33.34",
            indication="upper_limb_spasticity",
        )
        for n in range(3)
    ]
    record = records.record(
        sites,
        preparations=[records.preparation(), other],
        indications=["chronic_migraine", "upper_limb_spasticity"],
    )
    text = printed.text_of(layout.render(record), tmp_path)

    assert "For chronic migraine" in text
    assert "For upper-limb spasticity" in text
    assert "7 BOTOX, given, intramuscular 35" in text
    assert "3 Dysport, given, intramuscular 100.02" in text
    assert "135.02" not in text


def test_one_product_mixed_twice_is_told_apart_by_a_letter(tmp_path: Path) -> None:
    second = records.preparation(key=records.key("second"), concentration_units_per_ml="25")
    sites = records.protocol_sites("PREEMPT-155")
    sites[30]["preparation"] = second["key"]
    record = records.record(sites, preparations=[records.preparation(), second])
    text = printed.text_of(layout.render(record), tmp_path)

    assert "30 Trapezius (upper) Left 2 BOTOX A 5" in text
    assert "31 Trapezius (upper) Left 3 BOTOX B 5" in text
    assert "31 Given, intramuscular 155" in text


def test_mixed_depths_stand_in_the_table(tmp_path: Path) -> None:
    sites = records.protocol_sites("PREEMPT-155")
    sites[0]["depth"] = "ID"
    text = printed.text_of(layout.render(records.record(sites)), tmp_path)

    assert "1 Corrugator Right ID 5" in text
    assert "31 Given 155" in text


LONG = "Wolfeschlegelsteinhausenbergerdorff" * 9


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_very_long_text_is_broken_and_nothing_of_it_is_lost(paper: str, tmp_path: Path) -> None:
    record = records.preempt(paper, incomplete="because " * 60)
    record["patient"].update(name=LONG[:300], record_number="R" * 60, allergies="latex, " * 120)
    record["clinic"].update(name="Clinic " * 40, address=["A road " * 30, "Town"])
    record["preparations"][0]["vials"][0]["lot"] = "L0O1lI" * 12
    record["signed_by"] = {"name": "Name " * 40, "credentials": "MD"}
    pdf = layout.render(record)
    text = printed.text_of(pdf, tmp_path).replace(" ", "")

    assert LONG[:300] in text
    assert "R" * 60 in text
    assert text.count("latex") == 120
    assert "L0O1lI" * 12 in text
    assert text.count("because") == 60
    assert printed.page_count(pdf) < 5
    assert outside(pdf, tmp_path) == []


def test_names_of_other_scripts_print_as_written(tmp_path: Path) -> None:
    names = [
        "Nguyễn Thị Hồng Ngọc",
        "Ελένη Παπαδοπούλου",
        "Наталія Їжакевич",
        "Łukasz Święcicki",
        "Ægir Þórðarson",
        "Şebnem Çağlayangil",
    ]
    for name in names:
        record = records.preempt()
        record["patient"]["name"] = name
        assert name in printed.text_of(layout.render(record), tmp_path)


def test_a_name_typed_with_loose_accents_is_composed(tmp_path: Path) -> None:
    record = records.preempt()
    record["patient"]["name"] = "Nguye\u0302\u0303n"

    assert "Nguyễn" in printed.text_of(layout.render(record), tmp_path)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("漢 Li", "[U+6F22] Li"),
        ("Ali \u200fعلي", "Ali [U+200F][U+0639]"),
        ("Ann 😀", "Ann [U+1F600]"),
        ("x\u0329y", "x[U+0329]y"),
        ("Tab\tName", "Tab Name"),
        ("Bell\x07", "Bell[U+0007]"),
    ],
)
def test_a_character_the_font_lacks_stands_as_its_code(
    name: str, shown: str, tmp_path: Path
) -> None:
    record = records.preempt()
    record["patient"]["name"] = name

    assert shown in printed.text_of(layout.render(record), tmp_path)


def outside(pdf: bytes, tmp_path: Path) -> list[str]:
    """Words that reach over the edge of the page."""
    path = tmp_path / "note.pdf"
    path.write_bytes(pdf)
    out = subprocess.run(
        ["pdftotext", "-bbox", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout
    over: list[str] = []
    wide = high = 0.0
    for line in out.splitlines():
        if size := re.search(r'<page width="([\d.]+)" height="([\d.]+)"', line):
            wide, high = map(float, size.groups())
        elif word := re.search(
            r'xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*)</word>', line
        ):
            x0, y0, x1, y1 = map(float, word.groups()[:4])
            if x0 < 20 or y0 < 15 or x1 > wide - 20 or y1 > high - 15:
                over.append(word.group(5))
    return over


def many(count: int, **changes: Any) -> dict[str, Any]:
    sites = [
        records.site(
            n,
            x=f"{60 + n % 12 * 10}.00",
            y=f"{60 + n // 12 * 10}.00",
            name=f"Muscle with a rather long name {n % 40}",
        )
        for n in range(1, count + 1)
    ]
    return records.record(sites, **changes)


@pytest.mark.parametrize(
    "record",
    [
        records.record([]),
        many(1),
        many(13),
        many(42),
        many(250),
        many(
            31, findings=[{"id": "X", "severity": "info", "text": "Said. " * 30, "source": ""}] * 40
        ),
        many(5, preparations=[records.preparation(vials=records.preparation()["vials"] * 40)]),
    ],
    ids=["none", "one", "few", "more", "250", "findings", "vials"],
)
def test_no_record_puts_anything_over_the_edge_or_loses_the_signature(
    record: dict[str, Any], tmp_path: Path
) -> None:
    pdf = layout.render(record)

    assert outside(pdf, tmp_path) == []
    text = printed.text_of(pdf, tmp_path)
    assert text.count("Electronically signed by") == 1
    assert text.count("Said.") == 30 * len(record["findings"])


def test_a_fax_of_200_dots_in_black_and_white_still_reads(tmp_path: Path) -> None:
    """On one bit a pixel every site's number is white inside black, and words stay black."""
    record = records.preempt()
    pages, _ = layout.compose(record, None, sha256(record))
    path = tmp_path / "note.pdf"
    path.write_bytes(layout.render(record))
    subprocess.run(
        ["pdftoppm", "-mono", "-r", "200", "-singlefile", str(path), str(tmp_path / "fax")],
        check=True,
    )
    kind, size, bits = (tmp_path / "fax.pbm").read_bytes().split(b"\n", 2)
    assert kind == b"P4"
    wide, high = map(int, size.split())
    row = (wide + 7) // 8

    def black(x: int, y: int) -> bool:
        return bool(bits[y * row + x // 8] >> (7 - x % 8) & 1)

    for plate in pages[0].plates:
        for mark in plate.view.marks:
            x, y = to_page(plate.frame, mark.x, mark.y)
            px, py = round(x * 200 / 72), high - round(y * 200 / 72)
            inside = [black(px + i, py + j) for i in range(-11, 12) for j in range(-11, 12)]
            white = inside.count(False) / len(inside)
            assert 0.04 < white < 0.4, f"the number of site {mark.number} does not show"


@pytest.mark.parametrize("paper", ["letter", "a4"])
@pytest.mark.parametrize("copied", [False, True])
def test_a_fax_of_200_dots_still_holds_the_code_to_check_the_note_by(
    copied: bool, paper: str, tmp_path: Path
) -> None:
    record = records.preempt(paper)
    pdf = layout.render(record)
    if copied:
        pdf = copy.print_copy(pdf, margin_line="Copy 1 of a signed file · J. Moreau")
    path = tmp_path / "note.pdf"
    path.write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-mono", "-r", "200", "-singlefile", str(path), str(tmp_path / "fax")],
        check=True,
    )
    with Image.open(tmp_path / "fax.pbm") as fax:
        (found,) = zxingcpp.read_barcodes(fax.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)

    code = check_code(sha256(record))
    assert found.text == f"https://stipple.harbourlane.example/check/{code}"
    text = printed.text_of(pdf, tmp_path)
    assert f"Check this note {code} stipple.harbourlane.example/check" in text
    assert f"SHA-256 of record.json {sha256(record)} · Stipple 0.1.0 · Catalogue" in text


def test_a_clinic_that_nobody_reaches_prints_the_code_alone(tmp_path: Path) -> None:
    record = records.preempt()
    record["note"]["check_at"] = ""
    text = printed.text_of(layout.render(record), tmp_path)

    assert f"Check this note {check_code(sha256(record))} SHA-256" in text


def asked(question: str, group: str, text: str) -> dict[str, Any]:
    return {
        "id": question,
        "group": group,
        "part_of": None,
        "text": text,
        "value": "yes" if group != "contraindication" else "no",
        "reason": None,
        "how": "asked",
        "answered_at": "2026-11-23T15:31:00Z",
        "answered_by": "T. Reyes, RN",
    }


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_39_sites_with_all_that_was_said_about_them_stay_on_one_page(
    paper: str, tmp_path: Path
) -> None:
    sites = records.protocol_sites("PREEMPT-195")
    sites[3].update(units="7.5", volume_ml="0.15")
    record = records.record(sites, paper=paper)
    record["answers"] = [
        asked("identity", "identity", "Patient and plan"),
        *(asked(f"c{n}", "contraindication", f"Contraindication {n}") for n in range(9)),
        *(asked(f"r{n}", "review", f"Consent to part {n} of it") for n in range(4)),
    ]
    record["findings"] = [
        {"id": "TIME-02", "severity": "warn", "text": "80 days since.", "source": "Label, S1"}
    ]
    before = records.preempt()
    record["last_time"] = {
        "date": "2026-08-31",
        "note": "N-2026-00000",
        **{key: before[key] for key in ("totals", "by_muscle")},
    }
    pdf = layout.render(record)
    text = printed.text_of(pdf, tmp_path)

    assert printed.page_count(pdf) == 1
    assert outside(pdf, tmp_path) == []
    for said in (
        "Since 31 Aug 2026 (BOTOX 155 U in 31 sites): ",
        "9 contraindications asked: none",
        "Diagnosis G43.709",
        "39 Given, intramuscular 197.5 3.95",
        "TIME-02",
        sha256(record),
    ):
        assert said in text
    assert text.index("Differs from the protocol.") < text.index("BOTOX (onabotulinumtoxinA)")


def test_each_of_many_pages_names_patient_date_note_and_its_number(tmp_path: Path) -> None:
    pdf = layout.render(many(200))
    pages = printed.page_count(pdf)

    assert pages > 2
    for page in range(1, pages + 1):
        text = printed.text_of(pdf, tmp_path, "-f", str(page), "-l", str(page))
        about = "Maren Oduya · MRN 004217 · 23 Nov 2026 · Note N-2026-00001"
        assert f"{about} Page {page} of {pages}" in text


def test_characters_that_cannot_be_printed_are_named_in_a_sentence(tmp_path: Path) -> None:
    record = records.preempt()
    record["patient"]["name"] = "漢 Li \u0639"
    text = printed.text_of(layout.render(record), tmp_path)

    assert (
        "This note could not print characters of what was entered:"
        " [U+0639] Arabic letter ain and [U+6F22]."
        " The attached record has all of it as entered." in text
    )
    assert "could not print" not in printed.text_of(layout.render(records.preempt()), tmp_path)


def test_a_name_that_cannot_be_printed_is_printed_as_entered_beside_it(tmp_path: Path) -> None:
    record = records.preempt()
    record["patient"].update(name="李小龙", latin_name="Lǐ Xiǎolóng")
    text = printed.text_of(layout.render(record), tmp_path)

    assert text.count("Lǐ Xiǎolóng") == 2
    assert text.count("[U+674E]") == 1
    assert (
        "The name of the patient is printed as entered in Latin letters. This note could not print"
        " characters of what was entered: [U+5C0F], [U+674E] and [U+9F99]." in text
    )


@pytest.mark.parametrize("name", ["Дмитрий Иванов", "Νίκος Παππάς", "Nguyễn Thị Hồng"])
def test_a_name_that_can_be_printed_has_its_latin_letters_in_brackets(
    name: str, tmp_path: Path
) -> None:
    record = records.preempt()
    record["patient"].update(name=name, latin_name="N. Sample")
    text = printed.text_of(layout.render(record), tmp_path)

    assert f"{name} (N. Sample)" in text
    assert "could not print" not in text


def test_a_record_of_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="stipple-record/1"):
        layout.render({**records.preempt(), "schema": "stipple-record/2"})
