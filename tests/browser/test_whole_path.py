"""From the door to the signed note: by keys alone, and by what a screen reader is told.

Both go the whole way. Each stretch is a function, so that a new step finds its place.
"""

from __future__ import annotations

import re
from uuid import UUID

from playwright.sync_api import expect

from tests import factories
from tests.browser.asking import OPEN_IN_REVIEW, OPEN_IN_TIME_OUT
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import Known, RunningClinic
from tests.browser.conftest import NewTablet
from tests.browser.reader import Reader
from tests.browser.tablet import Tablet
from tests.browser.test_keys import assert_focus_is_seen, tab_to

LABEL = {"lot": "SAMPLE-5", "month": "08", "year": "2029"}


# How the questions begin to which a well patient, and who treats them, say yes.
EXPLAINED = ("Name and birth date", "Product, dose", "Consent", "Spread explained")


def assert_signed_as_given(clinic: RunningClinic, treatment: UUID) -> None:
    """The database holds 31 sites of 5 U, given, and closed."""
    stored = clinic.stored(treatment)
    assert [(site["state"], site["units"]) for site in stored["sites"]] == [("given", "5")] * 31
    (vial,) = stored["preparations"][0]["vials"]
    assert (vial["lot"], vial["expires"], vial["discarded"]) == ("SAMPLE-5", "2029-08-31", "45")


# --- By keys alone -----------------------------------------------------------------------------


def test_from_the_door_to_the_signed_note_no_hand_leaves_the_keys(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient()
    tablet = new_tablet(own_clinic)

    come_in_by_keys(tablet)
    find_by_keys(tablet, patient)
    chart = start_by_keys(tablet)
    mix_by_keys(chart)
    give_by_keys(chart)
    treatment = chart.treatment
    review_by_keys(chart)
    answer_by_keys(tablet)
    sign_by_keys(tablet)
    take_the_file_by_keys(tablet)

    assert tablet.taps == 0
    assert_signed_as_given(own_clinic, treatment)


def come_in_by_keys(tablet: Tablet) -> None:
    """The door has the focus where the first letter goes."""
    tablet.go("/login")
    expect(tablet.page.locator("#username")).to_be_focused()
    tablet.type("alice")
    tablet.press("Tab")
    tablet.type(factories.PASSWORD)
    tablet.press("Enter")
    tablet.page.wait_for_url(re.compile(r"/$"))


def find_by_keys(tablet: Tablet, patient: Known) -> None:
    """Typed into the search, and gone to by arrow."""
    tab_to(tablet, tablet.page.locator("#q"))
    tablet.type(patient.record_number)
    expect(tablet.page.locator("[data-search-status]")).to_have_text("1 patient found")
    tablet.press("ArrowDown", "Enter")
    tablet.page.wait_for_url(f"**/patients/{patient.id}")


def start_by_keys(tablet: Tablet) -> ChartPage:
    """A session, and why."""
    tab_to(tablet, tablet.page.locator("[data-action=start]"))
    tablet.press("Enter")
    chart = ChartPage(tablet)
    chart.wait_until_open()
    tab_to(tablet, chart.page.locator("#first [data-key=chronic_migraine]"))
    tablet.press("Enter")
    expect(chart.page.locator("#sites .tree__rows :focus")).to_have_count(1)
    assert_focus_is_seen(chart)
    return chart


def mix_by_keys(chart: ChartPage) -> None:
    """The vial from its label."""
    tablet, page = chart.tablet, chart.page
    tab_to(tablet, page.locator("#draft-lot"), "Shift+Tab")
    tablet.type(LABEL["lot"])
    tab_to(tablet, page.locator("#draft-expires"))
    tablet.type(LABEL["month"])
    tablet.press("ArrowRight")
    tablet.type(LABEL["year"])
    tab_to(tablet, page.locator("[data-action=use-vial]"))
    tablet.press("Enter")
    expect(page.locator("[data-strip=vial]")).to_be_empty()
    assert_focus_is_seen(chart)


def give_by_keys(chart: ChartPage) -> None:
    """The first site by itself, the others at once."""
    tab_to(chart.tablet, chart.row(chart.rows()[0].key))
    chart.tablet.press("Enter")
    assert chart.said == "Site 1, corrugator right, 5 units given, total 5"
    tab_to(chart.tablet, chart.page.locator("#sites [data-action=give-all]"), "Shift+Tab")
    chart.tablet.press("Enter")
    assert chart.total() == "155 U given"


def review_by_keys(chart: ChartPage) -> None:
    """The main button, once everything is saved."""
    chart.wait_until_saved()
    tab_to(chart.tablet, chart.page.locator("#sums [data-action=review]"))
    chart.tablet.press("Enter")
    chart.page.wait_for_url("**/signature")


def answer_by_keys(tablet: Tablet) -> None:
    """The time-out, what the review asks, and the diagnosis: each a button that a key presses."""
    tab_to(tablet, tablet.page.locator("#before [data-action=time-out]"))
    tablet.press("Enter")
    tablet.page.wait_for_url("**/time-out")
    answer_each_by_keys(tablet, OPEN_IN_TIME_OUT)
    tab_to(tablet, tablet.page.locator("[data-action=to-review]"))
    tablet.press("Enter")
    tablet.page.wait_for_url("**/signature")
    answer_each_by_keys(tablet, OPEN_IN_REVIEW)
    tab_to(tablet, tablet.page.locator("[data-action=code]").first)
    tablet.press("Enter")
    expect(tablet.page.locator("[data-action=code]")).to_have_count(0)


def answer_each_by_keys(tablet: Tablet, unanswered: str) -> None:
    """What a well patient says to every question that is open."""
    rows = tablet.page.locator(unanswered)
    while rows.count():
        question = rows.first.get_attribute("data-question") or ""
        said = factories.SAID.get(question, "no")
        row = tablet.page.locator(f"#q-{question}")
        tab_to(tablet, row.locator(f"> form [data-says={said}]"))
        tablet.press("Enter")
        expect(row).to_have_attribute("data-answer", said)


def sign_by_keys(tablet: Tablet) -> None:
    """The warnings are confirmed, the PIN is typed, and Enter signs."""
    expect(tablet.page.locator("[data-action=sign]")).to_be_visible()
    box = tablet.page.locator("[name=read]")
    tab_to(tablet, box)
    tablet.press("Space")
    expect(box).to_be_checked()
    tab_to(tablet, tablet.page.locator("#pin"))
    tablet.type(factories.ALICES_PIN)
    tablet.press("Enter")
    expect(tablet.page.get_by_role("heading", name="Signed note N-")).to_be_visible()


def take_the_file_by_keys(tablet: Tablet) -> None:
    """The note as a file."""
    tab_to(tablet, tablet.page.get_by_role("link", name="Download"))
    with tablet.page.expect_download() as downloading:
        tablet.press("Enter")
    assert downloading.value.path().read_bytes().startswith(b"%PDF-")


# --- By what a screen reader is told -----------------------------------------------------------


def test_from_the_door_to_the_signed_note_a_screen_reader_is_enough(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    patient = own_clinic.new_patient(allergies_asked="listed", allergies="penicillin")
    tablet = new_tablet(own_clinic)
    reader = Reader(tablet)

    come_in_by_ear(reader)
    find_by_ear(reader, patient)
    start_by_ear(reader, patient)
    mix_by_ear(reader)
    give_by_ear(reader)
    treatment = review_by_ear(reader, patient)
    answer_by_ear(reader, patient)
    sign_by_ear(reader, patient)

    assert tablet.taps == 0
    assert_signed_as_given(own_clinic, treatment)


def come_in_by_ear(reader: Reader) -> None:
    """The door names itself and its two fields."""
    reader.tablet.go("/login")
    reader.arrives_at("Sign in", "Sign in")
    reader.find("textbox", "User name", focused=True)
    reader.write("textbox", "User name", "alice")
    reader.write("textbox", "Password", factories.PASSWORD)
    reader.press("button", "Sign in")


def find_by_ear(reader: Reader, patient: Known) -> None:
    """How many were found is said; whom, stands in the link."""
    reader.find("RootWebArea", "Today · Stipple")
    reader.find("link", "Today")
    reader.write("searchbox", "Search patients", patient.record_number)
    reader.hears("1 patient found")
    reader.press("link", re.compile(f"{patient.name} .* MRN {patient.record_number}"))
    reader.arrives_at("Patient", patient.name)


def start_by_ear(reader: Reader, patient: Known) -> None:
    """The first page asks why; then the plan lies in a tree, the next site in hand."""
    reader.press("button", "Start session")
    reader.arrives_at("Chart", patient.name)
    reader.find("heading", "Why today", level=2)
    reader.press("button", "Chronic migraine")
    reader.hears(re.compile(r".*PREEMPT.* laid as planned\."))
    reader.find("treegrid", "Sites by muscle or area")
    reader.find("row", re.compile(r"Corrugator 0/5 0/5 0 of 2"), level=1, expanded=True)
    reader.find("row", "Site 1, Corrugator, right, 5 U, planned", level=2, selected=True)
    reader.find("tab", "Front 0 of 7 given", selected=True)
    reader.find("application", "Front. 0 of 7 sites given.")
    # What must not be missed is no picture and no colour.
    assert reader.has("StaticText", "Allergy: penicillin")


def mix_by_ear(reader: Reader) -> None:
    """Each field of the label has its name, and what is proposed is read out."""
    reader.find("region", "The vial")
    assert reader.find("combobox", "Product").value == "BOTOX"
    assert reader.find("combobox", "Vial").value == "200 U"
    assert reader.find("combobox", "Saline in each vial").value == "4 mL, 50 U/mL"
    reader.write("textbox", "Lot", LABEL["lot"])
    assert reader.find("textbox", "Lot").value == LABEL["lot"]
    reader.write("spinbutton", re.compile("Month.*"), LABEL["month"])
    reader.write("spinbutton", re.compile("Year.*"), LABEL["year"])
    reader.press("button", "Mixed now")
    reader.find("button", re.compile(r"BOTOX 200 U lot SAMPLE-5 · exp Aug 2029"))


def give_by_ear(reader: Reader) -> None:
    """Each site that is given is said, with its side and the total; so is what then stops."""
    reader.press("row", "Site 1, Corrugator, right, 5 U, planned")
    reader.hears("Site 1, corrugator right, 5 units given, total 5")
    reader.find("row", "Site 1, Corrugator, right, 5 U, given", selected=False)
    reader.find("row", "Site 2, Corrugator, left, 5 U, planned", selected=True, focused=True)
    reader.press("button", "Give all 30")
    reader.hears(re.compile(r"30 sites given.*"))
    reader.find("tab", "Back 16 of 16 given")
    reader.hears(re.compile(r"Saved \d\d?:\d\d.*"))


def review_by_ear(reader: Reader, patient: Known) -> UUID:
    """The review page says in words what the drawing shows."""
    found = re.search(r"/treatments/([0-9a-f-]{36})/", reader.tablet.page.url)
    assert found is not None
    reader.press("button", "Discard 45 U and review")
    reader.arrives_at("Review and sign", patient.name)
    reader.find("heading", "What the note says", level=2)
    reader.find("StaticText", re.compile(r".*PREEMPT: 31 of 31 sites given\..*"))
    reader.find("image", "Head and neck, right lateral, 4 sites")
    reader.find("rowheader", "Corrugator")
    reader.find("StaticText", "200 U = 155 given + 45 discarded")
    reader.find("StaticText", "Allergy: penicillin")
    return UUID(found[1])


def answer_by_ear(reader: Reader, patient: Known) -> None:
    """Every question is a named group of buttons that say which is pressed; then the diagnosis."""
    reader.press("link", re.compile(r"Answer \d+"))
    reader.arrives_at("Time-out", patient.name)
    answer_each_by_ear(reader)
    reader.press("link", "Review and sign")
    reader.arrives_at("Review and sign", patient.name)
    answer_each_by_ear(reader)
    reader.press("button", re.compile(r"G43\.709 .*"))
    reader.arrives_at("Review and sign", patient.name)


def answer_each_by_ear(reader: Reader) -> None:
    """No to what would speak against it, yes to what was checked and explained."""
    while questions := reader.unanswered():
        reader.answer(questions[0], "Yes" if questions[0].startswith(EXPLAINED) else "No")


def sign_by_ear(reader: Reader, patient: Known) -> None:
    """Who signs, with what and what it does is said before the PIN; the note, by its number."""
    assert reader.has("StaticText", "Alice Amari, MD")
    reader.press("checkbox", re.compile(r"I have read the .*"), "Space")
    reader.write("textbox", "PIN", factories.ALICES_PIN)
    reader.press("button", "Sign note")
    reader.arrives_at("Signed note", patient.name)
    reader.find("heading", re.compile(r"Signed note N-\S+"), level=2)
    reader.find("link", "Open the PDF")
    reader.find("link", "Download")
    assert not reader.has("textbox", "PIN")
