"""Without the server: a chart that was opened here opens again, and nothing here is legible.

The server is really ended. What lies on the tablet is read as an inspector would, never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from app import own_catalogue
from app.clinical.anatomy import Side
from app.extensions import db
from app.models import Patient
from tests import drawings, factories
from tests.access_stage import restrict
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import Known, RunningClinic
from tests.browser.conftest import LYING, NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_lock import at_the_names, come_back
from tests.browser.test_saving import KEPT, given_in, saves_of, says

PATIENT = {"given_name": "Wilhelmina", "family_name": "Okonkwo-Sample"}
# What a browser says of a server that is not there.
AWAY = (r"failed: .* net::ERR_", r"console: .*net::ERR_", "console: .*ERR_CONNECTION_REFUSED")
# How many charts can be opened without the server.
OPENED = """async () => {
  if (!(await indexedDB.databases()).some(({name}) => name === 'stipple-opened')) return 0;
  const settled = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
  const database = await settled(indexedDB.open('stipple-opened'));
  const count = await settled(database.transaction('pages').objectStore('pages').count());
  database.close();
  return count;
}"""  # noqa: E501
WORKER = "async () => (await navigator.serviceWorker.ready).active.state === 'activated'"
CACHED = """async () => Promise.all((await caches.keys()).map(async (name) => {
  const cache = await caches.open(name);
  const answers = await Promise.all((await cache.keys()).map((each) => cache.match(each)));
  return (await Promise.all(answers.map((answer) => answer.text()))).join();
}))"""


def opened_chart(clinic: RunningClinic, tablet: Tablet, patient: Known) -> ChartPage:
    """PREEMPT laid and saved, and kept on the tablet to be opened again."""
    tablet.page.wait_for_function(WORKER)
    chart = ChartPage.start(tablet, patient, "chronic_migraine")
    chart.wait_until_saved()
    tablet.page.wait_for_function(f"async () => (await ({OPENED})()) > 0")
    return chart


def give_everything(chart: ChartPage) -> None:
    chart.give_all()
    expect(chart.save).to_contain_text("31 changes kept on this tablet")


def all_arrives_once(clinic: RunningClinic, chart: ChartPage, saves: int) -> None:
    """With the server back everything is there, by one save."""
    chart.wait_until_saved()
    assert len(given_in(clinic, chart.treatment)) == 31
    assert saves_of(clinic, chart.treatment) == saves + 1


def test_a_reload_without_the_server_keeps_every_tap(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic, service_workers="allow")
    tablet.expects(*AWAY)
    tablet.sign_in("alice")
    chart = opened_chart(own_clinic, tablet, own_clinic.new_patient(**PATIENT))
    chart.type_vial(lot="SAMPLE-6", month="08", year="2020", units="200", ml="4")
    chart.mix_now()
    chart.wait_until_saved()
    finding = tablet.page.locator("[data-finding]:visible")
    expect(finding).to_be_visible()
    expect(finding).not_to_contain_text("from the server")
    saves = saves_of(own_clinic, chart.treatment)
    own_clinic.stop()
    give_everything(chart)

    tablet.page.reload()

    chart.wait_until_open()
    expect(finding).to_contain_text(re.compile(r"as of \d\d:\d\d, from the server"))
    expect(tablet.page.locator("#sums")).to_contain_text("45 U of 200 U left")
    expect(tablet.page.locator("#who-bar h1")).to_have_text("Wilhelmina Okonkwo-Sample")
    says(chart, "Offline. 31 changes kept on this tablet")
    assert chart.total() == "155 U given"
    tablet.tap("#sums [data-action=review]")
    expect(tablet.page.locator("#canvas-said")).to_have_text(
        "Signing waits until the chart is saved on the clinic’s server."
    )
    own_clinic.start()
    # What was given goes by one save, what the button discarded after it by another.
    all_arrives_once(own_clinic, chart, saves + 1)


def test_a_chart_on_a_drawing_of_the_clinics_own_opens_with_it_without_the_server(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    with own_clinic.records():
        drawings.released(own_clinic.person("eve"))
        known = own_catalogue.known()
    tablet = new_tablet(own_clinic, service_workers="allow")
    tablet.expects(*AWAY)
    tablet.sign_in("alice")
    tablet.page.wait_for_function(WORKER)
    chart = ChartPage.start(tablet, own_clinic.new_patient(**PATIENT), "chronic_migraine")
    chart.known = known
    chart.view(drawings.KEY)
    chart.tap_skin(drawings.REF, 100, 100)
    chart.wait_until_saved()
    tablet.page.wait_for_function(f"async () => (await ({OPENED})()) > 0")
    # Nor may it come from what the browser keeps by itself and throws away when it likes.
    tablet.context.new_cdp_session(tablet.page).send("Network.clearBrowserCache")
    own_clinic.stop()
    chart.tap_skin(drawings.REF, 300, 100)
    says(chart, "Offline. 1 change kept on this tablet")

    tablet.page.reload()

    chart.wait_until_open()
    chart.view(drawings.KEY)
    art = tablet.page.locator("#art-own_brow_close-1 path")
    expect(art).to_have_count(1)
    assert len(chart.marks()) == 2
    chart.open_every_group()
    given = [row for row in chart.rows() if row.state == "given"]
    assert [row.side for row in given] == [Side.RIGHT, Side.LEFT]
    lying = str(tablet.page.evaluate(KEPT)) + "".join(tablet.page.evaluate(CACHED))
    assert str(art.get_attribute("d")) not in lying
    own_clinic.start()
    chart.wait_until_saved()
    assert len(given_in(own_clinic, chart.treatment)) == 2


def test_a_patient_restricted_since_goes_from_the_tablet_when_the_server_is_next_heard(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic, service_workers="allow")
    tablet.expects(*AWAY)
    patient = own_clinic.new_patient(**PATIENT)
    tablet.sign_in("alice")
    chart = opened_chart(own_clinic, tablet, patient)
    address = f"/treatments/{chart.treatment}/chart"
    tablet.go("/account")
    assert tablet.page.evaluate(OPENED) == 1
    with own_clinic.records():
        restrict(db.session.get_one(Patient, patient.id), own_clinic.person("bob"))

    tablet.go("/account")

    tablet.page.wait_for_function(f"async () => (await ({OPENED})()) === 0")
    own_clinic.stop()
    tablet.go(address)
    expect(tablet.page.locator("#kept")).to_be_visible()
    assert patient.name not in tablet.page.content()


@pytest.fixture
def installed(
    machinery: Playwright, browser_options: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[[], BrowserContext]]:
    """Starts a browser that keeps a profile, ends it, and starts it again on the same."""
    running: list[BrowserContext] = []

    def start() -> BrowserContext:
        for context in running:
            context.close()
        folder = tmp_path / "profile"
        running[:] = [
            machinery.chromium.launch_persistent_context(
                folder, has_touch=True, viewport=LYING, locale="en-US", **browser_options
            )
        ]
        return running[0]

    yield start
    for context in running:
        context.close()


def with_a_pin(tablet: Tablet) -> None:
    """Signed in, and the PIN entered once: from now on it opens without the server."""
    tablet.sign_in("alice")
    tablet.page.wait_for_function(WORKER)
    tablet.tap(tablet.page.get_by_role("button", name="Enter PIN"))
    at_the_names(tablet)
    come_back(tablet, "Alice Amari", factories.ALICES_PIN)
    tablet.page.wait_for_url("**/")
    expect(tablet.page.locator("[data-offline-pin]")).to_be_hidden()


def asks_who(tablet: Tablet) -> None:
    """The names that are kept here, and nothing else."""
    expect(tablet.page.get_by_role("heading", name="Who is charting?")).to_be_visible()
    expect(tablet.page.locator("#ask")).to_contain_text("The clinic’s server does not answer.")
    expect(tablet.page.locator(".keys")).to_be_visible()


def enter(tablet: Tablet, pin: str) -> None:
    tablet.tap_pin(pin)
    tablet.tap("[data-enters]")


def test_a_cold_start_without_the_server_opens_a_chart_with_the_pin(
    own_clinic: RunningClinic, installed: Callable[[], BrowserContext], tmp_path: Path
) -> None:
    tablet = Tablet(installed(), own_clinic.address)
    tablet.expects(*AWAY)
    patient = own_clinic.new_patient(**PATIENT)
    with_a_pin(tablet)
    chart = opened_chart(own_clinic, tablet, patient)
    saves = saves_of(own_clinic, chart.treatment)
    secret = tablet.page.evaluate("window.name").split()[-1]
    own_clinic.stop()

    tablet = Tablet(installed(), own_clinic.address)
    tablet.expects(*AWAY)
    tablet.go("/")
    asks_who(tablet)
    for word in (*patient.name.split(), patient.record_number):
        assert word not in tablet.page.content()
    enter(tablet, factories.ALICES_PIN)
    line = tablet.page.locator("#kept .lines a")
    expect(line).to_contain_text(patient.name)
    tablet.tap(line)
    chart = ChartPage(tablet)
    chart.wait_until_open()
    give_everything(chart)
    assert chart.page.locator("#picture svg use").count() > 0

    # The browser's session ended with the browser: the PIN once more, and everything is sent.
    tablet.expects("answer: 401 (PUT|GET) .*/chart")
    own_clinic.start()
    says(chart, "Not saved. 31 changes kept on this tablet")
    tablet.tap(tablet.page.get_by_role("link", name="Sign in"))
    come_back(tablet, "Alice Amari", factories.ALICES_PIN)
    chart.wait_until_open()
    all_arrives_once(own_clinic, chart, saves)
    assert tablet.complaints == []
    installed()
    for path in (tmp_path / "profile").rglob("*"):
        kept = path.read_bytes().lower() if path.is_file() else b""
        for word in ("wilhelmina", "okonkwo", patient.record_number.lower(), secret):
            assert word.encode() not in kept, path
            assert word.encode("utf-16-le") not in kept, path


def test_five_wrong_pins_and_only_the_server_opens(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic, service_workers="allow")
    tablet.expects(*AWAY, "answer: 401")
    patient = own_clinic.new_patient(**PATIENT)
    with_a_pin(tablet)
    chart = opened_chart(own_clinic, tablet, patient)
    treatment = chart.treatment
    own_clinic.stop()
    give_everything(chart)
    lock_the_chart_alone(tablet)
    asks_who(tablet)
    is_bare_of_all(tablet, patient)

    for left in (4, 3, 2, 1):
        enter(tablet, "507318")
        expect(tablet.page.get_by_role("alert")).to_have_text(
            f"That is not the PIN. Tries left: {left}."
        )
    tablet.page.reload()
    asks_who(tablet)
    enter(tablet, "507318")
    expect(tablet.page.get_by_role("alert")).to_contain_text("opens again when")
    expect(tablet.page.locator(".keys")).to_be_hidden()
    tablet.page.reload()
    expect(tablet.page.locator("[data-nobody]")).to_be_visible()

    own_clinic.start()
    tablet.go(f"/treatments/{treatment}/chart")
    at_the_names(tablet)
    come_back(tablet, "Alice Amari", factories.ALICES_PIN)
    chart.wait_until_open()
    chart.wait_until_saved()
    assert len(given_in(own_clinic, treatment)) == 31


def lock_the_chart_alone(tablet: Tablet) -> None:
    """Lock by the chart's menu while nobody hears of it, and go to the names kept here."""
    tablet.tap("#menu-button")
    tablet.tap("#panel [data-action=lock]")
    tablet.tap("[data-offline]")


def is_bare_of_all(tablet: Tablet, patient: Known) -> None:
    held = tablet.page.content()
    for word in (*patient.name.split(), patient.record_number):
        assert word not in held
    assert tablet.page.evaluate("window.name") == ""


def test_signing_out_warns_and_then_empties_the_tablet(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic, service_workers="allow")
    tablet.expects("failed: PUT .*/chart ", *AWAY)
    patient = own_clinic.new_patient(**PATIENT)
    with_a_pin(tablet)
    chart = opened_chart(own_clinic, tablet, patient)
    own_clinic.stop()
    give_everything(chart)
    own_clinic.start()
    tablet.context.route(
        "**/treatments/*/chart",
        lambda route: route.abort() if route.request.method == "PUT" else route.fallback(),
    )
    tablet.go("/")
    out = tablet.page.locator("form[action='/logout'] button")
    tablet.tap(out)
    dialog = tablet.page.get_by_role("dialog")
    expect(dialog).to_contain_text("31 changes have not reached the server")
    tablet.tap(dialog.get_by_role("button", name="Stay signed in"))
    expect(dialog).to_be_hidden()
    assert len(tablet.page.evaluate(KEPT)["charts"]) == 1

    tablet.tap(out)
    tablet.tap(dialog.get_by_role("button", name="Sign out and delete 31 changes"))
    tablet.page.wait_for_url("**/login?left=1")

    kept = tablet.page.evaluate(KEPT)
    assert (kept["keys"], kept["charts"], kept["pages"]) == ([], [], [])
    assert tablet.page.evaluate("window.name") == ""
    assert {name.partition(" ")[2].split()[0] for name in kept["caches"]} == {"files", "language"}
    cached = " ".join(tablet.page.evaluate(CACHED))
    for word in (*patient.name.split(), patient.record_number):
        assert word not in cached


@pytest.mark.long
def test_over_tls_a_chart_opens_again_without_the_server(
    tls_clinic: RunningClinic, new_trusting_tablet: NewTablet
) -> None:
    tablet = new_trusting_tablet(tls_clinic, service_workers="allow")
    tablet.expects(*AWAY)
    tablet.sign_in("alice")
    chart = opened_chart(tls_clinic, tablet, tls_clinic.new_patient(**PATIENT))
    saves = saves_of(tls_clinic, chart.treatment)
    tls_clinic.stop()
    give_everything(chart)

    tablet.page.reload()

    chart.wait_until_open()
    says(chart, "Offline. 31 changes kept on this tablet")
    tls_clinic.start()
    all_arrives_once(tls_clinic, chart, saves)


@pytest.mark.parametrize(
    ("lacks", "says_so"),
    [
        ("navigator.storage.persist = async () => false", "may clear what waits on this tablet"),
        ("indexedDB.open = () => { throw new Error('private') }", "cannot keep changes on this"),
    ],
    ids=["short of space", "private"],
)
def test_what_a_browser_does_not_keep_is_said_before_the_first_tap(
    clinic: RunningClinic, tablet: Tablet, lacks: str, says_so: str
) -> None:
    tablet.sign_in("alice")
    tablet.page.add_init_script(lacks)

    chart = ChartPage.start(tablet, clinic.new_patient())

    expect(chart.page.locator("#first")).to_contain_text(says_so)
