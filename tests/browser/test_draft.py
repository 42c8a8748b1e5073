"""How a draft ends by touch: signed as incomplete, or moved to the patient who was treated."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from playwright.sync_api import expect
from sqlalchemy import select

from app.extensions import db
from app.models import Clinic, Patient
from tests import factories
from tests.browser import paper
from tests.browser.asking import read_warnings
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import Known, RunningClinic
from tests.browser.conftest import NewTablet
from tests.tablets import laid


def new_draft(clinic: RunningClinic, patient: Known) -> UUID:
    """Alice's session of today: PREEMPT laid, two of 31 sites given, the vial balanced."""
    with clinic.records():
        alice = clinic.person("alice")
        of = db.session.get_one(Patient, patient.id)
        draft = factories.treatment(of, by=alice, clinic=db.session.scalars(select(Clinic)).one())
        body = factories.chart_body(draft)
        body["sites"] += laid("PREEMPT-155", body["preparations"][0]["key"])[2:]
        factories.chart(draft, body, by=alice)
        return draft.id


def test_a_stopped_session_says_why_and_its_note_says_it_first(
    own_clinic: RunningClinic, new_tablet: NewTablet, tmp_path: Path
) -> None:
    patient = own_clinic.new_patient()
    draft = new_draft(own_clinic, patient)
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")

    ChartPage.reopened(tablet, draft).review()
    main = tablet.page.locator("main")
    expect(main).to_contain_text("2 of 31 sites given; 29 planned sites were not given.")
    expect(tablet.page.locator("[data-action=sign]")).to_have_count(0)
    tablet.tap(tablet.page.get_by_role("button", name="The patient asked to stop"))
    expect(main).to_contain_text("Reason: the patient asked to stop")
    read_warnings(tablet)
    tablet.tap_pin(factories.ALICES_PIN)
    tablet.tap("[data-action=sign]")
    with tablet.page.expect_download() as note:
        tablet.tap(tablet.page.get_by_role("link", name="Download"))

    text = " ".join(paper.text_of(paper.kept(note.value, tmp_path)).replace("\xa0", " ").split())
    assert (
        "Incomplete: 2 of 31 sites given; 29 planned sites were not given."
        " Reason: the patient asked to stop." in text
    )
    assert text.index("Incomplete:") < text.index("BOTOX (onabotulinumtoxinA) 10 U in 2 sites")
    assert "INCOMPLETE" in text
    tablet.go(f"/patients/{patient.id}")
    session = tablet.page.locator(".session")
    expect(session).to_contain_text("Incomplete")
    expect(session).to_contain_text("BOTOX 10 U, 2 sites")


def test_a_session_of_the_wrong_patient_is_moved_and_the_other_tablet_is_told(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    wrong = own_clinic.new_patient()
    right = own_clinic.new_patient(given_name="Peter", family_name="Nakagawa-Sample")
    draft = new_draft(own_clinic, wrong)
    before = own_clinic.stored(draft)
    other, tablet = new_tablet(own_clinic), new_tablet(own_clinic)
    other.sign_in("carol")
    other.expects(r"answer: 409 PUT .*/chart")
    tablet.expects(r"answer: 422 POST .*/patient/")
    left_open = ChartPage.reopened(other, draft)
    # What happens meanwhile does not reach it.
    other.expects(
        r"failed: .*/(chart|chart\?since=\d+|icons.svg|chart-later.js\S*) net::ERR_INTERNET"
    )
    other.context.set_offline(True)
    tablet.sign_in("alice")

    ChartPage.reopened(tablet, draft)
    tablet.tap("#menu-button")
    tablet.tap("#panel [data-action=move]")
    tablet.page.wait_for_url("**/patient")
    tablet.write(tablet.page.locator("#q"), "nakagawa")
    tablet.tap(tablet.page.locator("[data-found] a", has_text="Peter Nakagawa-Sample"))
    expect(tablet.page.locator(".identity--from")).to_contain_text("Maren Oduya-Sample")
    expect(tablet.page.locator(".identity--to")).to_contain_text("Peter Nakagawa-Sample")
    tablet.tap(tablet.page.locator("[data-action=move]"))
    expect(tablet.page.get_by_role("alert")).to_contain_text("Nothing was moved. Say why")
    tablet.tap(tablet.page.locator(".pill", has_text="Two patients with the same name"))
    tablet.tap(tablet.page.locator("[data-action=move]"))
    tablet.page.wait_for_url(f"**/patients/{right.id}")
    session = tablet.page.locator(".session")
    expect(session).to_contain_text(f"Moved from MRN {wrong.record_number}")
    expect(session).to_contain_text("Two patients with the same name")

    # The other tablet still shows the wrong patient. What is tapped there goes nowhere.
    other.tap("#sites [data-action=give-all]")
    expect(left_open.save).to_have_attribute("data-save", "offline")
    other.context.set_offline(False)
    halt = other.page.locator("#halt")
    expect(halt).to_contain_text("This session was moved to another patient.")
    stored = own_clinic.stored(draft)
    assert stored["sites"] == before["sites"]
    assert stored["revision"] == before["revision"] + 1
    other.tap(halt.get_by_role("link", name="Open the session again"))
    left_open.wait_until_open()
    expect(other.page.locator("#who-bar h1")).to_have_text("Peter Nakagawa-Sample")
    # It waits here, under the right name, for somebody to say so.
    expect(other.page.locator(".clash")).to_contain_text("29 changes of yours are kept here")
    assert own_clinic.stored(draft)["sites"] == before["sites"]

    other.tap(other.page.get_by_role("button", name="All 29 belong here"))
    left_open.wait_until_saved()
    assert {site["state"] for site in own_clinic.stored(draft)["sites"]} == {"given"}
