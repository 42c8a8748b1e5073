"""From nothing to a signed note: set-up by the code in the terminal, a patient, a session."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.asking import answer_all, read_warnings
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import Known, RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.tablet import Tablet

PASSWORD = "three herons on one leg"
PIN = "907214"


def test_a_clinic_is_set_up_from_nothing_and_signs_its_first_note(
    new_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(new_clinic, timezone_id="America/Chicago")

    tablet.go("/")
    tablet.page.wait_for_url("**/setup")
    refuse_a_wrong_code(tablet)
    enter_the_code(tablet, new_clinic.setup_code)
    describe_the_clinic(tablet)
    describe_the_provider(tablet)
    patient = register_a_patient(tablet)
    sign_a_first_session(tablet, patient)

    # The code is spent and set-up is no more.
    tablet.expects("answer: 404 GET .*/setup")
    tablet.go("/setup")
    expect(tablet.page.get_by_role("heading", name="Not here")).to_be_visible()


def refuse_a_wrong_code(tablet: Tablet) -> None:
    """The sentence says where the right one stands."""
    tablet.expects("answer: 422 POST .*/setup")
    tablet.write(tablet.page.locator("#code"), "AAAA-2222")
    tablet.tap(tablet.page.get_by_role("button", name="Go on"))
    expect(tablet.page.locator("#code-error")).to_contain_text("This is not the code.")


def enter_the_code(tablet: Tablet, code: str) -> None:
    """As the terminal printed it, in small letters."""
    tablet.rewrite(tablet.page.locator("#code"), code.lower())
    tablet.tap(tablet.page.get_by_role("button", name="Go on"))
    expect(tablet.page.get_by_role("heading", name="Clinic and letterhead")).to_be_visible()


def describe_the_clinic(tablet: Tablet) -> None:
    """Name, address, telephone; the zone is offered as the tablet's, never filled in."""
    page = tablet.page
    tablet.write(page.locator("#clinic_name"), "Quayside Clinic")
    tablet.write(page.locator("#address"), "4 Quay Street\nFairhaven, ME 04999")
    tablet.write(page.locator("#telephone"), "207-555-0100")
    expect(page.locator("#time_zone")).to_have_value("")
    tablet.tap(page.get_by_role("button", name="Use America/Chicago, as this tablet"))
    expect(page.locator("#time_zone")).to_have_value("America/Chicago")
    tablet.tap(page.get_by_role("button", name="Go on"))


def describe_the_provider(tablet: Tablet) -> None:
    """The first administrator, who also treats. A weak PIN comes back with a sentence."""
    tablet.expects("answer: 422 POST .*/setup")
    page = tablet.page
    tablet.write(page.locator("#name"), "Ines Halloran")
    tablet.write(page.locator("#credentials"), "MD")
    tablet.write(page.locator("#username"), "halloran")
    tablet.write(page.locator("#password"), PASSWORD)
    tablet.write(page.locator("#password_again"), PASSWORD)
    tablet.tap(page.locator("label", has=page.locator("#treats")))
    tablet.write(page.locator("#pin"), "123456")
    tablet.write(page.locator("#pin_again"), "123456")
    tablet.tap(page.get_by_role("button", name="Open the clinic"))

    expect(page.locator("#pin-error")).to_be_visible()
    for field, text in (("password", PASSWORD), ("password_again", PASSWORD)):
        tablet.rewrite(page.locator(f"#{field}"), text)
    for field in ("pin", "pin_again"):
        tablet.rewrite(page.locator(f"#{field}"), PIN)
    tablet.tap(page.get_by_role("button", name="Open the clinic"))
    expect(page.get_by_role("heading", name="No patients yet")).to_be_visible()


def register_a_patient(tablet: Tablet) -> Known:
    """The first patient, whose weight is typed in pounds."""
    page = tablet.page
    tablet.tap(page.get_by_role("link", name="Add patient"))
    tablet.write(page.locator("#given_name"), "Zoë")
    tablet.write(page.locator("#family_name"), "Muñoz-Sample")
    tablet.write(page.locator("#born"), "12 Mar 1984")
    tablet.rewrite(page.locator("#record_number"), "SAMPLE-0001")
    tablet.tap(page.locator("label.pill", has_text="Female"))
    tablet.tap(page.locator("label.pill", has=page.locator("[name=allergies_asked]")).last)
    tablet.write(page.locator("#allergies"), "penicillin")
    tablet.write(page.locator("#weight"), "150")
    tablet.tap(page.locator("label.pill", has_text=re.compile("^lb$")))
    tablet.write(page.locator("#weighed_on"), "1 Nov 2026")
    tablet.tap(page.get_by_role("button", name="Add patient"))
    expect(page.get_by_role("heading", name="Zoë Muñoz-Sample")).to_be_visible()
    expect(page.locator("main")).to_contain_text("68 kg (150 lb), 1 Nov 2026")
    found = re.search(r"/patients/(\S+)$", page.url)
    assert found is not None
    return Known(found[1], "Zoë Muñoz-Sample", "SAMPLE-0001")


def sign_a_first_session(tablet: Tablet, patient: Known) -> None:
    """One corrugator on each side, from a vial typed by hand."""
    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    tablet.tap("#what-bar [data-panel=protocol]")
    tablet.tap("#panel [data-action=lay][data-key='']")
    expect(chart.page.locator("#sites .sites__head b")).to_have_text("No sites yet")
    chart.type_vial(lot="C8412C3", month="08", year="2027", units="100", ml="2")
    chart.mix_now()
    for x in (104.0, 136.0):
        chart.tap_skin("head_anterior@1", x, 95.0)
    assert chart.total() == "10 U given"

    chart.review()
    answer_all(tablet)
    tablet.tap("[data-action=code][value='G43.709']")
    expect(tablet.page.locator("[data-action=code]")).to_have_count(0)
    read_warnings(tablet)
    tablet.tap_pin(PIN)
    tablet.tap("[data-action=sign]")
    expect(tablet.page.get_by_role("heading", name="Signed note N-2026-00001")).to_be_visible()
    expect(tablet.page.locator("main")).to_contain_text("Ines Halloran, MD")
