"""A chronic-migraine session as promised: a few taps from an open patient to a signed note."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from playwright.sync_api import expect

from app.notes import verification
from tests import factories
from tests.browser import paper
from tests.browser.asking import answer_all, read_warnings
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import Known, RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet

# DESIGN section 1, promise 1: taps from an open patient to the review page.
PROMISED = 6
# Six digits and "Sign note", counted beside.
TO_SIGN = 7

BY_MUSCLE = {
    "Corrugator": ["5", "", "5", "2 of 2"],
    "Procerus": ["", "5", "", "1 of 1"],
    "Frontalis": ["10", "", "10", "4 of 4"],
    "Temporalis": ["20", "", "20", "8 of 8"],
    "Occipitalis": ["15", "", "15", "6 of 6"],
    "Cervical paraspinal": ["10", "", "10", "4 of 4"],
    "Trapezius (upper)": ["15", "", "15", "6 of 6"],
}


def give_and_review(chart: ChartPage) -> None:
    """Everything is given, the rest of the vial discarded, the review page open."""
    expect(chart.page.locator("#sites [data-action=give-all]")).to_have_text("Give all 31")
    chart.give_all()
    assert chart.total() == "155 U given"
    assert {cells[0]: cells[1:] for cells in (g["cells"] for g in chart.groups())} == BY_MUSCLE
    main = chart.page.locator("#sums [data-action=review]")
    expect(main).to_have_text("Discard 45 U and review")
    chart.review()


def sign(tablet: Tablet, pin: str = factories.ALICES_PIN) -> int:
    """Every question answered, the diagnosis where nobody chose it on the chart, then the PIN on
    the page's own keys, and the button.

    Answers how many taps the questions took.
    """
    asked = answer_all(tablet)
    code = tablet.page.locator("[data-action=code]").first
    if code.count():
        tablet.tap(code)
        expect(tablet.page.locator("[data-action=code]")).to_have_count(0)
    read_warnings(tablet)
    before = tablet.taps
    tablet.tap_pin(pin)
    tablet.tap("[data-action=sign]")
    expect(tablet.page.get_by_role("heading", name="Signed note N-")).to_be_visible()
    assert tablet.taps - before == TO_SIGN
    return asked


def reviewed_text(tablet: Tablet) -> str:
    """The review page as one line."""
    return " ".join(tablet.page.locator("main").inner_text().split())


def test_preempt_is_charted_signed_and_proven_with_the_first_vial_ever(
    own_clinic: RunningClinic,
    new_tablet: NewTablet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    patient = own_clinic.new_patient(allergies_asked="listed", allergies="penicillin")
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/patients/{patient.id}")
    tablet.taps = tablet.keys = 0

    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    chart.type_vial(lot="C8412C3", month="08", year="2027")
    chart.mix_now()
    give_and_review(chart)

    with capsys.disabled():
        click.echo(
            f"\nPREEMPT, 31 sites, the clinic's first vial typed from its label: "
            f"{tablet.taps} taps and {tablet.keys} keys from the open patient to the review page"
        )
    reviewed = reviewed_text(tablet)
    assert "PREEMPT: 31 of 31 sites given." in reviewed
    assert "C8412C3, 31 Aug 2027" in reviewed
    assert "200 U = 155 given + 45 discarded" in reviewed
    sign(tablet)
    pdf, root = download_note(tablet, tmp_path)
    assert_proven(pdf, root, patient, tmp_path)


def test_preempt_with_a_vial_used_lately_keeps_the_promised_taps(
    own_clinic: RunningClinic, new_tablet: NewTablet, capsys: pytest.CaptureFixture[str]
) -> None:
    own_clinic.vial_used_lately(200, "SAMPLE-7")
    patient = own_clinic.new_patient()
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.go(f"/patients/{patient.id}")
    tablet.taps = tablet.keys = 0

    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    strip = chart.page.locator("[data-strip=vial]")
    expect(strip).to_contain_text("BOTOX 200 U, SAMPLE-7, exp Aug 2029.")
    expect(strip).to_contain_text("4 mL saline, 50 U/mL. 45 U would be left over.")
    chart.mix_now()
    give_and_review(chart)

    to_review = tablet.taps
    asked = sign(tablet)
    with capsys.disabled():
        click.echo(
            f"\nPREEMPT, 31 sites, a vial used lately: {to_review} taps from the open patient to "
            f"the review page (promised: at most {PROMISED}); beside it {asked} for time-out and "
            f"consent, {TO_SIGN} to sign"
        )
    assert to_review <= PROMISED
    assert tablet.keys == 0


def download_note(tablet: Tablet, folder: Path) -> tuple[Path, Path]:
    """The note and the clinic's root certificate, as the browser saves them."""
    with tablet.page.expect_download() as note:
        tablet.tap(tablet.page.get_by_role("link", name="Download"))
    tablet.expects("authority.pem net::ERR_ABORTED")
    tablet.go("/verify")
    with tablet.page.expect_download() as root:
        tablet.tap(tablet.page.get_by_role("link", name="authority.pem"))
    return paper.kept(note.value, folder), paper.kept(root.value, folder)


def assert_proven(pdf: Path, root: Path, patient: Known, folder: Path) -> None:
    """Four programs agree about one page."""
    verdict = verification.verify(pdf.read_bytes(), [root.read_text("ascii")])
    assert (verdict.is_note, verdict.intact, verdict.trusted) == (True, True, True)
    assert (verdict.signer, verdict.credentials) == ("Alice Amari", "MD")
    assert paper.pages_of(pdf) == 1
    said = paper.poppler_on_signature(pdf)
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert "No syntax or stream encoding errors found" in paper.qpdf_check(pdf)
    assert "successful" in paper.openssl_verify(pdf, root, folder).lower()
    printed = paper.text_of(pdf)
    assert patient.record_number in printed
    assert "C8412C3" in printed
    assert "penicillin" in printed
