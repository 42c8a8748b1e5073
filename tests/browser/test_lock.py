"""A tablet that people share: what a lock takes off the screen, and what waits for whom."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests import factories
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import Known, RunningClinic
from tests.browser.tablet import Tablet, middle_of

# Everything that lies on the tablet, as an inspector would see it. Read only.
KEPT = """async () => {
  const settled = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await settled(indexedDB.open('stipple', 1));
  const rows = await settled(database.transaction('charts').objectStore('charts').getAll());
  database.close();
  const letters = (bytes) => new TextDecoder('latin1').decode(bytes);
  return rows.map((row) => [row.person, row.treatment, Object.keys(row).sort().join(), letters(row.sealed)]);
}"""  # noqa: E501

# What an inspector gets out of it with the key that lies beside it. Read only.
OPENED = """async (person) => {
  const settled = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await settled(indexedDB.open('stipple', 1));
  const stores = database.transaction(['keys', 'charts']);
  const {key} = await settled(stores.objectStore('keys').get(person));
  const rows = await settled(stores.objectStore('charts').getAll());
  database.close();
  const {iv, sealed} = rows.find((row) => row.person === person);
  const bytes = await crypto.subtle.decrypt({name: 'AES-GCM', iv}, key, sealed);
  return new TextDecoder('latin1').decode(bytes);
}"""  # noqa: E501
READABLE = "head_|corrugator|given|units|sites"


def lock(tablet: Tablet) -> None:
    """The button of the bar, until the names are there."""
    tablet.tap("form[data-locks] button")
    at_the_names(tablet)


def lock_the_chart(tablet: Tablet) -> None:
    """The button of the chart's menu."""
    tablet.tap("#menu-button")
    tablet.tap("#panel [data-action=lock]")


def at_the_names(tablet: Tablet) -> None:
    """The lock screen, from the server."""
    tablet.page.wait_for_url("**/lock*")
    expect(tablet.page.get_by_role("heading", name="Who is charting?")).to_be_visible()
    expect(tablet.page.locator(".keys")).to_be_visible()


def come_back(tablet: Tablet, name: str, pin: str) -> None:
    """Tap one's name and one's PIN."""
    tablet.tap(tablet.page.locator(".person", has_text=name))
    expect(tablet.page.locator("[data-pin-name]")).to_contain_text(name)
    tablet.tap_pin(pin)
    tablet.tap("[data-enters]")


def sign_in_as_well(tablet: Tablet, username: str) -> None:
    """Someone else signs in fully on the locked tablet."""
    tablet.tap(".person--out")
    tablet.fill_in_the_door(username)
    tablet.page.wait_for_url(re.compile(r"/$"))


def is_bare_of(page: Page, patient: Known) -> None:
    """Neither the screen, nor what is behind it, nor the title names the patient."""
    held = page.content()
    for word in (*patient.name.split(), patient.record_number):
        assert word not in held
    expect(page).to_have_title("Locked · Stipple")
    assert page.locator("svg [data-site], [data-site]").count() == 0


def hold_back(route: Route) -> None:
    """The network takes this request and no answer comes."""
    if route.request.method == "PUT":
        route.abort()
    else:
        route.fallback()


def test_a_draft_waits_unread_for_its_owner_while_another_works(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    patient = clinic.new_patient(given_name="Tamsin", family_name="Vale-Sample")
    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    chart.wait_until_saved()
    treatment, address = chart.treatment, tablet.page.url
    tablet.expects("failed: PUT .*/chart ")
    tablet.context.route("**/chart", hold_back)
    chart.give_all()
    expect(chart.save).to_have_attribute("data-save", "offline")

    lock_the_chart(tablet)
    at_the_names(tablet)

    is_bare_of(tablet.page, patient)
    expect(tablet.page.locator(".person", has_text="Alice Amari")).to_contain_text("1 chart open")
    assert {site["state"] for site in clinic.stored(treatment)["sites"]} == {"planned"}
    # What lies here says whose it is, and nothing of what it is.
    [(whose, of, columns, letters)] = tablet.page.evaluate(KEPT)
    assert (of, columns) == (str(treatment), "changes,iv,person,sealed,treatment")
    assert not re.search(READABLE, letters)

    # Bob opens the very same session and sees the chart as the clinic has it, not as Alice left it.
    sign_in_as_well(tablet, "bob")
    bobs = ChartPage.reopened(tablet, treatment)
    expect(bobs.page.locator("#sites [data-action=give-all]")).to_have_text("Give all 31")
    assert bobs.total("") == "0 U given"
    # Not even with Alice's own key, which is on the tablet, is a word of hers to be read.
    assert not re.search(READABLE, tablet.page.evaluate(OPENED, whose))
    tablet.go("/")
    tablet.tap("form[action='/logout'] button")
    at_the_names(tablet)
    expect(tablet.page.locator(".person", has_text="Bob Brandt")).to_have_count(0)
    assert [row[0] for row in tablet.page.evaluate(KEPT)] == [whose]

    tablet.context.unroute("**/chart")
    come_back(tablet, "Alice Amari", factories.ALICES_PIN)
    chart.wait_until_open()

    assert tablet.page.url == address
    assert chart.total("") == "155 U given"
    chart.wait_until_saved()
    assert {site["state"] for site in clinic.stored(treatment)["sites"]} == {"given"}
    assert tablet.page.evaluate(KEPT) == []


def test_signing_out_takes_along_what_the_tablet_kept(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    chart = ChartPage.start(tablet, clinic.new_patient(), "chronic_migraine")
    chart.wait_until_saved()
    tablet.expects("failed: PUT .*/chart ")
    tablet.context.route("**/chart", hold_back)
    chart.give_all()
    expect(chart.save).to_have_attribute("data-save", "offline")
    tablet.go("/")
    assert len(tablet.page.evaluate(KEPT)) == 1

    tablet.tap("form[action='/logout'] button")
    tablet.tap(tablet.page.get_by_role("button", name="Sign out and delete 31 changes"))

    expect(tablet.page.locator("#username")).to_be_visible()
    tablet.page.wait_for_function(f"async () => (await ({KEPT})()).length === 0")


def test_the_screen_is_bare_at_once_without_a_network(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    tablet.expects(
        "failed: (PUT|POST) .*/(chart|lock) ", r"failed: GET .*/(icons.svg|chart\?since=\d+) "
    )
    patient = clinic.new_patient(given_name="Oriel", family_name="Quist-Sample")
    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    chart.wait_until_saved()
    treatment = chart.treatment
    tablet.context.set_offline(True)
    chart.give_all()
    expect(chart.save).to_have_attribute("data-save", "offline")

    lock_the_chart(tablet)

    expect(tablet.page.locator(".cover")).to_be_visible()
    is_bare_of(tablet.page, patient)
    expect(tablet.page.locator("[data-unreachable]")).to_be_visible()
    # Keys do nothing to a chart that is not seen.
    tablet.press("Delete", "Control+z", "1")
    # With the network back, what waits is sent before the session ends.
    tablet.context.set_offline(False)
    at_the_names(tablet)
    assert {site["state"] for site in clinic.stored(treatment)["sites"]} == {"given"}


def test_nobody_at_the_tablet_locks_it_and_a_touch_keeps_it_open(
    clinic: RunningClinic, tablet: Tablet
) -> None:
    tablet.page.clock.install()
    tablet.sign_in("alice")
    patient = clinic.new_patient(given_name="Wren", family_name="Abbot-Sample")
    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    chart.wait_until_saved()

    tablet.page.clock.fast_forward("04:00")
    chart.brush("10")
    tablet.page.clock.fast_forward("04:00")
    expect(tablet.page.locator("#chart")).to_be_visible()
    tablet.page.clock.fast_forward("01:01")

    expect(tablet.page.locator("#chart")).to_have_count(0)
    at_the_names(tablet)
    is_bare_of(tablet.page, patient)
    come_back(tablet, "Alice Amari", factories.ALICES_PIN)
    chart.wait_until_open()


def test_the_way_back_leads_to_the_lock(clinic: RunningClinic, alices_tablet: Tablet) -> None:
    tablet = alices_tablet
    tablet.expects("answer: 401 GET ")
    patient = clinic.new_patient(given_name="Isolde", family_name="Marsh-Sample")
    tablet.go(f"/patients/{patient.id}")
    tablet.go("/account")
    lock(tablet)

    tablet.page.go_back()

    expect(tablet.page.get_by_role("heading", name="Who is charting?")).to_be_visible()
    is_bare_of(tablet.page, patient)


def test_a_lock_that_the_server_has_not_heard_of_holds_on_every_page(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    tablet.expects("failed: POST .*/lock ")
    patient = clinic.new_patient(given_name="Linus", family_name="Harrow-Sample")
    tablet.context.route("**/lock", lambda route: route.abort())
    tablet.tap("form[data-locks] button")
    expect(tablet.page.locator("[data-unreachable]")).to_be_visible()

    tablet.go(f"/patients/{patient.id}")

    expect(tablet.page.locator(".cover")).to_be_visible()
    is_bare_of(tablet.page, patient)
    tablet.context.unroute("**/lock")
    tablet.tap("[data-try-again]")
    at_the_names(tablet)


def test_every_window_of_the_tablet_is_locked(clinic: RunningClinic, alices_tablet: Tablet) -> None:
    tablet = alices_tablet
    # Whichever window is second to tell the server hears that the session is over.
    tablet.expects("answer: 400 POST .*/lock")
    patient = clinic.new_patient(given_name="Petra", family_name="Lowell-Sample")
    other = tablet.context.new_page()
    other.goto(f"{tablet.address}/patients/{patient.id}")
    expect(other.get_by_role("heading", name=patient.name)).to_be_visible()

    lock(tablet)

    expect(other.get_by_role("heading", name="Who is charting?")).to_be_visible()
    is_bare_of(other, patient)


def test_a_keyboard_alone_unlocks_and_hears_what_was_wrong(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    tablet.expects("answer: 403 POST .*/unlock")
    lock(tablet)

    tablet.type("507318")
    tablet.press("Enter")
    expect(tablet.page.get_by_role("alert")).to_have_text("That is not the PIN. Tries left: 4.")
    expect(tablet.page.locator(".keys")).to_be_visible()
    tablet.type(factories.ALICES_PIN)
    tablet.press("Enter")

    tablet.page.wait_for_url(re.compile(r"/$"))
    expect(tablet.page.locator(".topbar__who")).to_contain_text("Alice Amari")


def test_a_key_counts_once_however_it_is_pressed(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet, page = alices_tablet, alices_tablet.page
    lock(tablet)
    tablet.tap(page.locator(".person", has_text="Alice Amari"))
    field, entered = page.locator("#pin"), page.locator(".pin .is-in")

    def key(digit: str) -> Locator:
        return page.locator(f".keys [data-digit='{digit}']")

    # By a finger; by two thumbs, of which a browser makes no click, as of one that rests; with a
    # mouse.
    tablet.tap(key("1"))
    expect(entered).to_have_count(1)
    one, two = middle_of(key("2")), middle_of(key("3"))
    thumbs = tablet.drag(one, ending=None)
    tablet.second_finger(thumbs, one, two)
    tablet.lift(thumbs)
    expect(entered).to_have_count(3)
    key("4").dblclick()
    expect(entered).to_have_count(5)
    # A finger that slides off the key, or that the system takes, meant none.
    tablet.drag(middle_of(key("5")), middle_of(key("7")))
    tablet.drag(middle_of(key("5")), ending="touchCancel")
    # What the keyboard has in hand is pressed by Enter and by Space.
    key("6").focus()
    tablet.press("Enter", "Space")

    expect(entered).to_have_count(7)
    digits = field.input_value()
    assert (digits[0], sorted(digits[1:3]), digits[3:]) == ("1", ["2", "3"], "4466")
    tablet.tap(page.locator(".keys [data-delete]"))
    expect(entered).to_have_count(6)


def test_a_screen_reader_presses_a_key_that_a_thumb_pressed_before(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet, page = alices_tablet, alices_tablet.page
    lock(tablet)
    tablet.tap(page.locator(".person", has_text="Alice Amari"))
    entered = page.locator(".pin .is-in")
    one, two = (page.locator(f".keys [data-digit='{digit}']") for digit in "23")
    # Of two thumbs at once the browser makes no click.
    thumbs = tablet.drag(middle_of(one), ending=None)
    tablet.second_finger(thumbs, middle_of(one), middle_of(two))
    tablet.lift(thumbs)
    expect(entered).to_have_count(2)

    # The click of switches, voices and screen readers: no pointer and no key comes with it.
    one.dispatch_event("click")
    two.dispatch_event("click")

    expect(entered).to_have_count(4)
