"""Staff at the records desk: find a note, open it, take the file, print a copy, see the log."""

from __future__ import annotations

import io
import re
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select

from app.extensions import db
from app.models import Note, PrintedCopy
from tests import factories
from tests.browser import paper
from tests.browser.clinic import Known, RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet


@pytest.fixture
def desk(clinic: RunningClinic, new_tablet: NewTablet) -> Tablet:
    """The desk's tablet, Dan signed in."""
    tablet = new_tablet(clinic)
    tablet.sign_in("dan")
    # The browser's own PDF viewer takes the file over from the page.
    tablet.expects(r"\.pdf net::ERR_ABORTED", "chrome-extension://")
    return tablet


def row_of(tablet: Tablet, patient: Known) -> Locator:
    """The note's row in the list."""
    return tablet.page.locator("table tbody tr", has_text=patient.record_number)


def stored_note(clinic: RunningClinic, treatment: UUID) -> tuple[str, bytes]:
    """Number and bytes as the database holds them."""
    with clinic.records():
        note = db.session.scalars(select(Note).where(Note.treatment_id == treatment)).one()
        return note.number, note.pdf


def test_a_note_is_found_by_patient_provider_and_day(clinic: RunningClinic, desk: Tablet) -> None:
    ours = clinic.new_patient(given_name="Zoë", family_name="Quirós-Sample")
    other = clinic.new_patient(given_name="Caleb", family_name="Strand-Sample")
    clinic.new_note(ours)
    clinic.new_note(other, lot="SAMPLE-2")
    page = desk.page
    desk.tap(page.get_by_role("link", name="Notes").first)
    expect(row_of(desk, ours)).to_be_visible()
    expect(row_of(desk, other)).to_be_visible()

    # Typed without its accents, as people type.
    desk.write(page.locator("#patient"), "quiros")
    desk.pick(page.locator("#provider"), "Alice Amari")
    for field in ("first", "last"):
        type_the_day(desk, page.locator(f"#{field}"))
    desk.tap(page.get_by_role("button", name="Show"))

    expect(row_of(desk, ours)).to_be_visible()
    expect(row_of(desk, other)).to_have_count(0)
    expect(page.locator("main")).to_contain_text("1 signed note")
    assert "quiros" not in page.url.casefold()

    desk.rewrite(page.locator("#patient"), "nobody of this name")
    desk.tap(page.get_by_role("button", name="Show"))
    expect(page.get_by_role("heading", name="No signed note fits")).to_be_visible()
    desk.tap(page.get_by_role("link", name="Show all notes"))
    expect(row_of(desk, other)).to_be_visible()


def type_the_day(desk: Tablet, field: Locator) -> None:
    """Today at the clinic, part after part, as a date field is typed in."""
    today = datetime.now(ZoneInfo("America/New_York"))
    desk.tap_start_of(field)
    desk.type(f"{today:%m%d%Y}")
    expect(field).to_have_value(f"{today:%Y-%m-%d}")


def test_the_downloaded_file_is_the_stored_one_byte_for_byte(
    clinic: RunningClinic, desk: Tablet, tmp_path: Path
) -> None:
    patient = clinic.new_patient()
    treatment = clinic.new_note(patient)
    number, pdf = stored_note(clinic, treatment)
    desk.go("/notes")

    with desk.page.expect_download() as download:
        desk.tap(row_of(desk, patient).get_by_role("link", name="Print note"))
        desk.tap(desk.page.get_by_role("link", name="Download the signed file"))

    assert download.value.suggested_filename == f"{number}.pdf"
    assert paper.kept(download.value, tmp_path).read_bytes() == pdf


def test_a_note_opens_beside_the_list(clinic: RunningClinic, desk: Tablet) -> None:
    patient = clinic.new_patient()
    treatment = clinic.new_note(patient)
    desk.go("/notes")

    with desk.page.context.expect_page() as opened:
        desk.tap(row_of(desk, patient).get_by_role("link", name="Open note"))

    opened.value.wait_for_url(f"**/treatments/{treatment}/note.pdf")
    assert patient.name.split()[0] not in opened.value.url
    expect(row_of(desk, patient)).to_be_visible()


def test_a_copy_says_which_it_is_by_whom_when_and_why_and_the_log_shows_it(
    clinic: RunningClinic, desk: Tablet, tmp_path: Path
) -> None:
    patient = clinic.new_patient()
    treatment = clinic.new_note(patient)
    number, pdf = stored_note(clinic, treatment)
    page = desk.page
    desk.go("/notes")
    expect(row_of(desk, patient)).to_contain_text("To print")

    desk.tap(row_of(desk, patient).get_by_role("link", name="Print note"))
    dialog = page.locator("#print-copy")
    expect(dialog).to_contain_text(f"{number}, {patient.name}")
    with page.context.expect_page() as opened:
        desk.tap(dialog.get_by_role("button", name="Print for the paper record"))
    opened.value.wait_for_url(f"**/treatments/{treatment}/copies/1.pdf")

    # The list behind it counts the copy by itself, and the log says who, when and why.
    expect(row_of(desk, patient)).to_contain_text("Printed ")
    log = page.locator("section", has=page.get_by_role("heading", name="Print log"))
    expect(log.locator("li").first).to_contain_text(f"{number}, copy 1")
    expect(log.locator("li").first).to_contain_text("Dan Dufour · for the paper record")

    copy = tmp_path / "copy.pdf"
    copy.write_bytes(desk.page.request.get(opened.value.url).body())
    printed = paper.text_of(copy)
    line = re.search(r"Copy 1 of a signed file · Dan Dufour · (.+) · for the paper record", printed)
    assert line is not None, printed
    with clinic.records():
        of = select(PrintedCopy).join(Note).where(Note.treatment_id == treatment)
        kept = db.session.scalars(of).one()
        assert (kept.printed_by.username, kept.reason) == ("dan", "for the paper record")
        local = kept.printed_at.astimezone(ZoneInfo("America/New_York"))
        assert line[1] == f"{local.day} {local:%b %Y %H:%M}"
    # Everything of the note is on the copy, and nothing that pretends to be its signature.
    with pikepdf.open(io.BytesIO(copy.read_bytes())) as document:
        assert "/AcroForm" not in document.Root
    assert patient.record_number in printed
    assert stored_note(clinic, treatment)[1] == pdf


def test_a_second_copy_is_numbered_on_for_a_reason_in_words(
    clinic: RunningClinic, desk: Tablet
) -> None:
    patient = clinic.new_patient()
    treatment = clinic.new_note(patient)
    desk.go(f"/treatments/{treatment}")
    page = desk.page
    with page.context.expect_page() as first:
        desk.tap(page.get_by_role("button", name="Print for the patient"))
    first.value.wait_for_url("**/copies/1.pdf")

    desk.write(page.locator("#reason"), "for Dr Lindqvist, by post")
    with page.context.expect_page() as second:
        desk.tap(page.get_by_role("button", name="Print a copy"))
    second.value.wait_for_url("**/copies/2.pdf")

    page.reload()
    copies = page.locator("section", has=page.get_by_role("heading", name="Printed copies"))
    expect(copies.locator("li")).to_have_count(2)
    expect(copies.locator("li").first).to_contain_text("Copy 2")
    expect(copies.locator("li").first).to_contain_text("for Dr Lindqvist, by post")


def test_the_desk_never_charts_or_signs(clinic: RunningClinic, desk: Tablet) -> None:
    patient = clinic.new_patient()
    with clinic.records():
        alice = clinic.person("alice")
        draft = factories.treatment(
            db.session.get_one(factories.Patient, patient.id),
            by=alice,
            clinic=db.session.scalars(select(factories.Clinic)).one(),
        ).id
    desk.expects("answer: 403 GET .*/(chart|signature)$")

    desk.go(f"/patients/{patient.id}")
    expect(desk.page.locator("[data-action=start]")).to_have_count(0)
    for path in ("chart", "signature"):
        desk.go(f"/treatments/{draft}/{path}")
        expect(desk.page.locator("#chart, [data-action=sign]")).to_have_count(0)
