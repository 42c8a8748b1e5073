"""A printed copy: the stored pages as they are, one line in the margin, and nothing signed left."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
from pathlib import Path

import pikepdf
import pytest

from app.notes import copy, covering_letter, layout
from tests.unit.notes import printed, records, sheets
from tests.unit.notes.conftest import Signing
from tests.unit.notes.test_archival import marks_of, passes_ua, unexplained

LINE = "Copy 1 of a signed file · J. Moreau · 23 Nov 2026 11:20 · for the paper record"


def test_a_copy_carries_the_whole_page_and_the_margin_line(signed: bytes, tmp_path: Path) -> None:
    text = printed.text_of(copy.print_copy(signed, margin_line=LINE), tmp_path)

    for said in (
        "Maren Oduya Born 12 Mar 1984",
        "31 Given, intramuscular 155 3.10",
        "Electronically signed by Ines Halloran, MD, 23 Nov 2026 11:04 EST",
        LINE,
        "page 1 of 1",
    ):
        assert said in text


def test_the_stored_bytes_are_not_touched(signed: bytes) -> None:
    before = hashlib.sha256(signed).hexdigest()
    copy.print_copy(signed, margin_line=LINE)

    assert hashlib.sha256(signed).hexdigest() == before


def test_no_signature_and_no_field_is_left_in_a_copy(signed: bytes, tmp_path: Path) -> None:
    made = copy.print_copy(signed, margin_line=LINE)
    path = tmp_path / "copy.pdf"
    path.write_bytes(made)

    shown = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True).stdout
    assert "does not contain any signatures" in shown
    subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=True)
    with pikepdf.open(io.BytesIO(made)) as document:
        assert "/AcroForm" not in document.Root
        assert "/Perms" not in document.Root
        assert "/Annots" not in document.pages[0]
        assert str(document.docinfo["/Title"]) == "Copy of Session note N-2026-00001"
    assert b"/ByteRange" not in made


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_the_page_is_drawn_at_95_percent_with_all_its_paint(
    paper: str, signing: Signing, tmp_path: Path
) -> None:
    stored = signing.sign(layout.render(records.preempt(paper)))
    made = copy.print_copy(stored, margin_line=LINE)
    page, copied = (printed.raster_of(pdf, tmp_path, 100) for pdf in (stored, made))
    assert (page.width, page.height) == (copied.width, copied.height)

    def ink(picture: printed.Raster, top: float, bottom: float) -> tuple[int, int, int, int, float]:
        dark = [
            (x, y)
            for y in range(int(picture.height * top), int(picture.height * bottom))
            for x in range(picture.width)
            if picture.at(x, y) < 128
        ]
        xs, ys = [x for x, _ in dark], [y for _, y in dark]
        return min(xs), max(xs), min(ys), max(ys), len(dark)

    left, right, top, bottom, amount = ink(page, 0, 1)
    # The margin line stands below 95 % of the page; above it is the stored page, smaller.
    got = ink(copied, 0, 0.95)
    middle = page.width / 2
    assert got[0] == pytest.approx(middle + 0.95 * (left - middle), abs=2)
    assert got[1] == pytest.approx(middle + 0.95 * (right - middle), abs=2)
    assert got[2] == pytest.approx(0.95 * top, abs=2)
    assert got[3] == pytest.approx(0.95 * bottom, abs=2)
    assert got[4] == pytest.approx(amount * 0.95**2, rel=0.15)
    assert ink(copied, 0.95, 1)[4] > 100


def test_what_the_signature_field_shows_stays_as_paint(signed: bytes, tmp_path: Path) -> None:
    made = copy.print_copy(signed, margin_line=LINE)
    with pikepdf.open(io.BytesIO(signed)) as document:
        (annotation,) = document.pages[0].Annots
        left, bottom, right, top = (float(edge) for edge in annotation.Rect)
    picture = printed.raster_of(made, tmp_path, 200)

    def dark(x: float, y: float) -> bool:
        """Whether ink lies at this place of the stored page, looked up on the copy."""
        px = (306 + 0.95 * (x - 306)) * 200 / 72
        py = picture.height - (792 * 0.05 + 0.95 * y) * 200 / 72
        return any(
            picture.at(int(px) + i, int(py) + j) < 140 for i in range(-2, 3) for j in range(-2, 3)
        )

    assert dark((left + right) / 2, top)
    assert dark((left + right) / 2, bottom)
    assert dark(left, (bottom + top) / 2)
    assert dark(right, (bottom + top) / 2)


def test_every_page_of_a_long_note_has_the_margin_line(signing: Signing, tmp_path: Path) -> None:
    palms = records.record(
        records.protocol_sites("PALM-50"), indications=["palmar_hyperhidrosis"], paper="a4"
    )
    made = copy.print_copy(
        signing.sign(layout.render(palms)),
        margin_line=LINE,
        amended="Amended 25 Nov 2026, see addendum 1",
    )
    assert printed.page_count(made) == 2
    for page in (1, 2):
        text = printed.text_of(made, tmp_path, "-f", str(page), "-l", str(page))
        assert f"{LINE} · Amended 25 Nov 2026, see addendum 1" in text
        assert f"page {page} of 2" in text


def test_each_page_of_a_void_notes_copy_begins_its_margin_with_void(
    signed: bytes, tmp_path: Path
) -> None:
    told = "VOID, wrong patient 25 Nov 2026, see addendum 1"

    made = copy.print_copy(signed, margin_line=LINE, amended=told)

    text = printed.text_of(made, tmp_path)
    assert f"VOID {LINE}" in text
    assert told in text


def test_the_same_copy_is_the_same_file(signed: bytes) -> None:
    assert copy.print_copy(signed, margin_line=LINE) == copy.print_copy(signed, margin_line=LINE)


def test_several_notes_are_one_file_in_their_order_each_its_own_copy(
    signing: Signing, signed: bytes, tmp_path: Path
) -> None:
    palms = records.record(
        records.protocol_sites("PALM-50"), indications=["palmar_hyperhidrosis"], paper="a4"
    )
    second = signing.sign(layout.render(palms))
    lines = [f"Copy {n} of a signed file · J. Moreau · 23 Nov 2026 11:20 · x" for n in (4, 1, 2)]

    made = copy.print_copies(
        [
            copy.Printout(pdf, line)
            for pdf, line in zip((second, signed, second), lines, strict=True)
        ]
    )

    pages = [text_of_page(made, number, tmp_path) for number in range(1, 6)]
    assert [next(line for line in lines if line in page) for page in pages] == [
        lines[0],
        lines[0],
        lines[1],
        lines[2],
        lines[2],
    ]
    assert ["Born 12 Mar 1984" in page for page in pages] == [True] * 5
    paging = ["page 1 of 2", "page 2 of 2", "page 1 of 1", "page 1 of 2", "page 2 of 2"]
    assert all(said in page for said, page in zip(paging, pages, strict=True))


def text_of_page(pdf: bytes, number: int, tmp_path: Path) -> str:
    return printed.text_of(pdf, tmp_path, "-f", str(number), "-l", str(number))


def test_each_page_keeps_the_size_it_was_signed_on_and_nothing_scales_it(
    signing: Signing, signed: bytes, tmp_path: Path
) -> None:
    other = signing.sign(layout.render(records.preempt("a4")))
    path = tmp_path / "copies.pdf"

    path.write_bytes(
        copy.print_copies([copy.Printout(pdf, LINE) for pdf in (signed, other, signed)])
    )

    said = subprocess.run(
        ["pdfinfo", "-l", "-1", str(path)], capture_output=True, text=True, check=True
    ).stdout
    sizes = [
        line.split(":")[1].strip()
        for line in said.splitlines()
        if line.startswith("Page ") and "size:" in line
    ]
    letter, a4 = "612 x 792 pts (letter)", "595.276 x 841.89 pts (A4)"
    assert sizes == [letter, a4, letter]
    assert all("rot:" not in line or line.endswith(" 0") for line in said.splitlines())
    subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=True)
    with pikepdf.open(path) as document:
        preferences = document.Root.ViewerPreferences
        assert str(preferences.PrintScaling) == "/None"
        # Two patients never share a sheet.
        assert str(preferences.Duplex) == "/Simplex"
        assert str(document.docinfo["/Title"]) == "Copies of 3 signed notes"
        assert "/AcroForm" not in document.Root
        assert all("/UserUnit" not in page for page in document.pages)
        assert [page.mediabox == page.cropbox for page in document.pages] == [True] * 3


def test_the_same_copies_are_the_same_file(signed: bytes) -> None:
    printouts = [copy.Printout(signed, LINE), copy.Printout(signed, LINE.replace("1", "2"))]

    assert copy.print_copies(printouts) == copy.print_copies(printouts)


@pytest.mark.parametrize("reason", ["", "x" * 400, "word " * 90, "漢字 and λόγος"])
def test_any_reason_stays_within_the_margin(signed: bytes, reason: str, tmp_path: Path) -> None:
    line = f"Copy 12 of a signed file · J. Moreau · 23 Nov 2026 11:20 · {reason}"
    made = copy.print_copy(signed, margin_line=line)
    text = printed.text_of(made, tmp_path)

    assert "Copy 12 of a signed file · J. Moreau" in text
    assert "Page 1 of 1" in text
    assert printed.page_count(made) == 1


def test_copy_fonts_are_embedded(signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "copy.pdf"
    path.write_bytes(copy.print_copy(signed, margin_line=LINE))
    rows = subprocess.run(
        ["pdffonts", str(path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]

    assert rows
    assert all(" yes yes yes " in row for row in rows)


# --- Read out ----------------------------------------------------------------------------------


def test_a_copy_is_read_out_as_the_note_is(signed: bytes, tmp_path: Path) -> None:
    made = copy.print_copy(signed, margin_line=LINE)

    assert read_aloud(made, tmp_path) == [*MARGIN, *read_aloud(signed, tmp_path)]
    assert passes_ua(made, tmp_path)
    assert unexplained(made, tmp_path) == []


def test_what_followed_is_read_out_after_it_and_the_title_says_so(
    signed: bytes, signing: Signing, tmp_path: Path
) -> None:
    other = signing.sign(layout.render(records.record(records.protocol_sites("PALM-50"))))
    amended = "Amended 25 Nov 2026, see addendum 1"
    made = copy.print_copy(signed, margin_line=LINE, amended=amended, later=(other,))
    said = read_aloud(made, tmp_path)

    parts = [read_aloud(pdf, tmp_path) for pdf in (signed, other)]
    assert [line for line in said if line not in parts[0] + parts[1]] == [
        f'"{LINE} · {amended} page 1 of 3"'
    ]
    assert len(said) == len(MARGIN) + sum(map(len, parts))
    assert passes_ua(made, tmp_path)
    with pikepdf.open(io.BytesIO(made)) as document:
        assert str(document.docinfo.Title) == f"Copy of Session note N-2026-00001, {amended}"
        top = document.Root.StructTreeRoot.K[0]
        assert [str(part.S) for part in top.K] == ["/Sect", "/Sect"]


def test_every_piece_of_a_copy_belongs_to_its_own_page(signed: bytes) -> None:
    made = copy.print_copy(signed, margin_line=LINE, later=(signed,))

    with pikepdf.open(io.BytesIO(made)) as document:
        owners = document.Root.StructTreeRoot.ParentTree.Nums
        for number, page in enumerate(document.pages):
            assert int(page.obj.StructParents) == owners[2 * number] == number
            owned = owners[2 * number + 1]
            assert marks_of(page) == list(range(len(owned)))
            assert {each.Pg.objgen for each in owned if "/Pg" in each} == {page.obj.objgen}


def test_a_letter_and_its_copy_are_read_out_in_order(signed: bytes, tmp_path: Path) -> None:
    record = records.preempt()
    sent = covering_letter.Sent("Orla Quist, MD", "1234567893", sheets.AT, "J. Moreau", 2)
    letter = covering_letter.render(record, sent)
    made = covering_letter.before(letter, copy.print_copy(signed, margin_line=LINE))
    said = read_aloud(made, tmp_path)

    assert said.index('"To Orla Quist, MD"') < said.index(
        '"Botulinum toxin treatment: chronic migraine"'
    )
    assert passes_ua(made, tmp_path)


MARGIN = ["P (block)", f'"{LINE} page 1 of 1"']


def read_aloud(pdf: bytes, tmp_path: Path) -> list[str]:
    """What is read out of pages, line by line, and in which tags; not how deep they lie, where,
    how cells are called, and what stands for a field."""
    path = tmp_path / "aloud.pdf"
    path.write_bytes(pdf)
    said = subprocess.run(
        ["pdfinfo", "-struct-text", str(path)], capture_output=True, text=True, check=True
    ).stdout
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return [
        re.sub(r"(TH|TD) <[^>]*>", r"\1", line)
        for line in lines
        if not line.startswith(("Document", "Sect", "/BBox", "Form", "Object", "/Headers"))
    ]
