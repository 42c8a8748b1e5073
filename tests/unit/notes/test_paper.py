"""The typefaces, and text that is measured and broken without losing a letter."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notes import paper
from app.notes.paper import Box, Face, Run

ALPHABETS = {
    "digits": "0123456789",
    "Vietnamese": "ĂắằẳẵặÂấầẩẫậĐđÊếềểễệÔốồổỗộƠớờởỡợƯứừửữự",
    "Greek": "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩάέήίόύώϊΰς",
    "Cyrillic": "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЄІЇҐЉЊЋЏѓќ",
    "Central Europe": "ĄĆĘŁŃÓŚŹŻČĎĚŇŘŠŤŮŽŐŰŞĞİıȘȚ",
    "signs": "·×−–—…“”‘’°±≤≥№µ½€£§%&@#/\\",
}


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("face", [Face.TEXT, Face.STRONG])
def test_names_of_the_covered_scripts_need_no_stand_in(face: Face, alphabet: str) -> None:
    text = ALPHABETS[alphabet]

    assert paper.printable(Run(text, face)) == Run(text, face)


@pytest.mark.parametrize("face", Face)
def test_every_face_has_the_plain_letters_and_signs(face: Face) -> None:
    plain = "".join(map(chr, range(0x20, 0x7F)))

    assert set(map(ord, plain)) <= set(paper._widths(face))
    assert paper.printable(Run(plain, face)) == Run(plain, face)
    assert paper.printable(Run("a\tb\x00", face)) == Run("a b[U+0000]", face)


@pytest.mark.parametrize("face", Face)
def test_figures_are_of_one_width_so_that_columns_stand(face: Face) -> None:
    assert len({paper.width_of(digit, face, 10) for digit in "0123456789"}) == 1


@pytest.mark.parametrize("face", Face)
def test_characters_that_are_mistaken_for_each_other_have_different_shapes(face: Face) -> None:
    glyphs = paper._font(face).face.charToGlyph

    assert len({glyphs[ord(c)] for c in "0OoQD1lI|iB8S5Z2"}) == 16


def test_a_zero_is_slashed_where_characters_are_copied_and_plain_in_a_dose() -> None:
    """The two zeros are different outlines: the slash makes the glyph's data longer."""
    plain, code = (paper._font(face).face for face in (Face.TEXT, Face.CODE))

    def outline(face: object, character: str) -> int:
        glyph = face.charToGlyph[ord(character)]  # type: ignore[attr-defined]
        places = face.glyphPos  # type: ignore[attr-defined]
        return int(places[glyph + 1] - places[glyph])

    assert outline(code, "0") > outline(plain, "0")
    assert outline(code, "8") == outline(plain, "8")


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_a_code_keeps_its_slashed_zero_beside_a_letter_of_any_script(alphabet: str) -> None:
    code = Run(f"LOT-0O1lI{ALPHABETS[alphabet]}", Face.CODE)

    assert paper.printable(code) == code


def test_fonts_stay_small_and_carry_their_licence() -> None:
    for face in Face:
        assert (paper.FONTS / f"{face.value}.ttf").stat().st_size < 500_000
    assert "SIL OPEN FONT LICENSE" in (paper.FONTS / "OFL.txt").read_text("utf-8")
    about = (paper.FONTS / "README.md").read_text("utf-8")
    assert all(f"{face.value}.ttf" in about for face in Face)


@given(st.text(max_size=200))
def test_any_text_becomes_something_the_font_has(text: str) -> None:
    for face in Face:
        shown = paper.printable(Run(text, face))
        assert paper.width_of(shown.text, shown.face, 8) >= 0


@given(
    st.lists(st.tuples(st.text(max_size=60), st.sampled_from(list(Face))), min_size=1, max_size=4),
    st.floats(30, 300),
)
def test_lines_fit_and_hold_every_letter_in_its_order(
    parts: list[tuple[str, Face]], width: float
) -> None:
    runs = [Run(text, face) for text, face in parts]
    lines = paper.broken(runs, width, 8.25)

    assert all(paper.length(line, 8.25) <= width + 0.05 for line in lines)
    wanted = "".join(paper.printable(run).text for run in runs).replace(" ", "")
    assert "".join(run.text for line in lines for run in line).replace(" ", "") == wanted


def test_a_line_is_broken_between_words_and_the_space_goes() -> None:
    lines = paper.broken([Run("one two three")], paper.width_of("one two", Face.TEXT, 8), 8)

    assert [[run.text for run in line] for line in lines] == [["one two"], ["three"]]


def test_a_word_keeps_together_across_faces() -> None:
    runs = [Run("Lot "), Run("C8412C3", Face.CODE), Run(", 31 Aug 2027")]
    lines = paper.broken(runs, paper.length([paper.printable(r) for r in runs[:2]], 8) + 1, 8)

    assert lines[0] == [Run("Lot")]
    assert lines[1][:2] == [Run("C8412C3", Face.CODE), Run(",")] or lines[1][0].text == "C8412C3"


def test_boxes_know_whether_they_overlap() -> None:
    box = Box(0, 0, 10, 10)
    assert box.meets(Box(9, 9, 5, 5))
    assert not box.meets(Box(10, 0, 5, 5))
    assert box.holds(Box(1, 1, 9, 9))
    assert not box.holds(Box(1, 1, 9.1, 9))


def test_importing_notes_does_not_load_what_only_signing_needs() -> None:
    """The application starts without it; the first note pays."""
    program = (
        "import sys, app.notes.layout, app.notes.signature, app.notes.verification\n"
        "import app.notes.copy, app.notes.authority, app.notes.record\n"
        "heavy = {'reportlab', 'pyhanko', 'pyhanko_certvalidator', 'pikepdf', 'asn1crypto'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert shown.stdout.strip() == "[]", shown.stderr
