"""Nothing is lost: not by a reload, a turned tablet, a killed browser or server, a lost answer.

What the page says is held against the database, read by the test's own process.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Error, Playwright, Route, expect
from sqlalchemy import delete, func, select

from app.extensions import begin_write, db
from app.models import WebSession
from app.models.treatment import ChartSave
from tests import factories
from tests.browser.chart_page import ChartPage
from tests.browser.clinic import RunningClinic
from tests.browser.conftest import LYING, STANDING, NewTablet
from tests.browser.tablet import Tablet
from tests.browser.test_lock import come_back

FRONT = "head_anterior@1"
# Free skin between the sites of PREEMPT, in map units.
CHEEKS = ((82.0, 160.0), (158.0, 160.0), (84.0, 185.0), (156.0, 185.0))
OFFLINE = r"failed: (PUT|GET) .*/chart(\?since=\d+)? net::ERR_INTERNET_DISCONNECTED"
SAVES = "**/treatments/*/chart"
# So long after a change a save leaves, and so long a frame takes.
A_PAUSE_MS, A_FRAME_MS = 300, 20

# Everything that the browser keeps for this clinic, as text: values as they lie there, bytes as
# Latin letters. Read only.
KEPT = """async () => {
  const open = (name) => new Promise((done, fail) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const all = (store) => new Promise((done, fail) => {
    const request = store.getAll();
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const shown = (value) => {
    if (value instanceof ArrayBuffer) value = new Uint8Array(value);
    if (value instanceof Uint8Array) return new TextDecoder('latin1').decode(value);
    if (value instanceof CryptoKey) return `a key, ${value.extractable ? 'to be taken' : 'kept'}`;
    if (value && typeof value === 'object') return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, shown(inner)]));
    return value;
  };
  const found = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await open(name);
    for (const store of database.objectStoreNames) {
      found[store] = (await all(database.transaction(store).objectStore(store))).map(shown);
    }
    database.close();
  }
  return {
    ...found,
    local: {...localStorage}, session: {...sessionStorage},
    caches: await caches.keys(), cookies: document.cookie,
  };
}"""


def preempt(clinic: RunningClinic, tablet: Tablet, **patient: Any) -> ChartPage:
    """An open session with PREEMPT laid, saved."""
    chart = ChartPage.start(tablet, clinic.new_patient(**patient), "chronic_migraine")
    chart.wait_until_saved()
    return chart


def give(chart: ChartPage, count: int = 1) -> None:
    """Give the next planned sites, one tap each: on the drawing while it shows one, else in the
    list."""
    for _ in range(count):
        row = next(row for row in chart.rows() if row.state == "planned")
        if chart.mark(row.key).count():
            chart.tap_mark(row.key)
        else:
            chart.tablet.tap(chart.row(row.key).locator("[data-action=give]"))
        expect(chart.row(row.key)).to_have_attribute("data-state", "given")


def given_on(chart: ChartPage) -> set[str]:
    """The sites that the page shows as given."""
    chart.open_every_group()
    return {row.key for row in chart.rows() if row.state == "given"}


def given_in(clinic: RunningClinic, treatment: UUID) -> set[str]:
    """The sites that the database holds as given."""
    sites = clinic.stored(treatment)["sites"]
    assert len({site["key"] for site in sites}) == len(sites)
    return {site["key"] for site in sites if site["state"] == "given"}


def saves_of(clinic: RunningClinic, treatment: UUID) -> int:
    """How many bodies the server has taken."""
    with clinic.records():
        query = select(func.count()).where(ChartSave.treatment_id == treatment)
        return db.session.scalar(query) or 0


def says(chart: ChartPage, words: str) -> None:
    """The page says this about saving."""
    expect(chart.save).to_have_text(words, timeout=30_000)


# --- What "Saved" means ------------------------------------------------------------------------


def test_saved_is_said_only_once_the_chart_is_in_the_database(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)

    for _ in range(6):
        give(chart)
        expect(chart.save).not_to_have_attribute("data-save", "offline")
        chart.wait_until_saved()
        assert given_in(clinic, chart.treatment) == given_on(chart)


def test_until_the_server_has_answered_the_page_says_saving(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    page = chart.page
    with held(page.context, SAVES) as (arrived, let_go):
        give(chart)
        says(chart, "Saving")
        while not arrived.is_set():
            page.wait_for_timeout(20)
        assert given_in(clinic, chart.treatment) == set()
        expect(chart.save).to_have_attribute("data-save", "saving")
        let_go()
        chart.wait_until_saved()
    assert given_in(clinic, chart.treatment) == given_on(chart)


@contextmanager
def held(
    context: BrowserContext, pattern: str
) -> Iterator[tuple[threading.Event, Callable[[], None]]]:
    """The next save waits on its way until it is let go."""
    waiting: list[Route] = []
    arrived = threading.Event()

    def hold(route: Route) -> None:
        waiting.append(route)
        arrived.set()

    def let_go() -> None:
        while waiting:
            waiting.pop().continue_()
        context.unroute(pattern)

    context.route(pattern, hold)
    yield arrived, let_go
    let_go()


# --- The page goes and comes back --------------------------------------------------------------


def test_a_reload_keeps_every_site_dose_and_vial(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    chart = preempt(own_clinic, tablet)
    chart.type_vial(lot="SAMPLE-4", month="08", year="2029", units="200", ml="4")
    chart.mix_now()
    give(chart, 3)
    chart.brush("2.5")
    for place in CHEEKS[:2]:
        chart.tap_skin(FRONT, *place)
    # Not waited for: a reload in the middle of a save must not lose it.
    tablet.expects("failed: PUT .*/chart net::ERR_ABORTED")
    chart.open_every_group()
    before = [row._replace(selected=False) for row in chart.rows()]

    tablet.page.reload()
    chart.wait_until_open()
    chart.wait_until_saved()

    chart.open_every_group()
    assert [row._replace(selected=False) for row in chart.rows()] == before
    assert chart.total() == "20 U given"
    stored = own_clinic.stored(chart.treatment)
    assert [site["key"] for site in stored["sites"]] == [row.key for row in before]
    assert stored["preparations"][0]["vials"][0]["lot"] == "SAMPLE-4"


def test_turning_the_tablet_in_the_middle_keeps_the_chart_the_drawing_and_the_site_in_hand(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    chart = preempt(clinic, alices_tablet)
    page = chart.page
    chart.view("neck_back" if page.locator("[data-map=neck_back]").count() else "head_posterior")
    tab = page.locator("#views [role=tab][aria-selected=true]")
    shown = tab.get_attribute("data-map")
    give_on_this_drawing(chart)
    before = given_on(chart)
    in_hand = [row.key for row in chart.rows() if row.selected]
    assert before
    assert in_hand

    for size in (STANDING, LYING, STANDING):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        expect(tab).to_have_attribute("data-map", str(shown))
        assert given_on(chart) == before
        assert [row.key for row in chart.rows() if row.selected] == in_hand
        expect(chart.mark(in_hand[0])).to_be_visible()
        # Every mark of this drawing lies on the glass, where a finger reaches it.
        assert all(chart.is_on_glass(place) for place in chart.marks())

    give_on_this_drawing(chart)
    chart.wait_until_saved()
    assert given_in(clinic, chart.treatment) == given_on(chart)
    assert len(given_on(chart)) == 2


def give_on_this_drawing(chart: ChartPage) -> None:
    """Give the first planned site that the open drawing shows."""
    planned = chart.page.locator("#picture g[data-site][data-state=planned]")
    key = planned.first.get_attribute("data-site")
    assert key is not None
    chart.tap_mark(key)
    expect(chart.mark(key)).to_have_attribute("data-state", "given")


# --- Offline -----------------------------------------------------------------------------------


def test_offline_everything_goes_on_and_is_sent_once_back_online(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    tablet.expects(OFFLINE)
    chart = preempt(clinic, tablet)

    tablet.context.set_offline(True)
    give(chart)
    says(chart, "Offline. 1 change kept on this tablet")
    give(chart, 2)
    chart.brush("2.5")
    chart.tap_skin(FRONT, *CHEEKS[0])
    says(chart, "Offline. 4 changes kept on this tablet")
    assert given_in(clinic, chart.treatment) == set()

    tablet.context.set_offline(False)
    chart.wait_until_saved()
    assert given_in(clinic, chart.treatment) == given_on(chart)
    assert len(given_on(chart)) == 4

    give(chart)
    chart.wait_until_saved()
    expect(chart.save).to_contain_text("Saved")
    assert len(given_in(clinic, chart.treatment)) == 5


def test_offline_nothing_can_be_signed(clinic: RunningClinic, alices_tablet: Tablet) -> None:
    tablet = alices_tablet
    tablet.expects(OFFLINE)
    chart = preempt(clinic, tablet)
    tablet.context.set_offline(True)
    chart.give_all()

    tablet.tap("#sums [data-action=review]")

    expect(tablet.page.locator("#canvas-said")).to_have_text(
        "Signing waits until the chart is saved on the clinic’s server."
    )
    assert tablet.page.url.endswith("/chart")
    tablet.context.set_offline(False)
    chart.wait_until_saved()


# --- A lost answer -----------------------------------------------------------------------------


def test_a_save_whose_answer_was_lost_is_taken_once(
    clinic: RunningClinic, alices_tablet: Tablet
) -> None:
    tablet = alices_tablet
    tablet.expects("failed: PUT .*/chart")
    tablet.page.clock.install()
    chart = preempt(clinic, tablet)
    before = clinic.stored(chart.treatment)["revision"]
    saves = saves_of(clinic, chart.treatment)
    bodies: list[Any] = []

    def lose_the_first_answer(route: Route) -> None:
        bodies.append(route.request.post_data_json)
        if len(bodies) > 1:
            route.continue_()
            return
        answer = route.fetch()  # The server has committed.
        assert answer.ok
        route.abort("connectionreset")

    tablet.context.route(SAVES, lose_the_first_answer)
    # It is sent again by itself a second later: until that is seen, the page's clock stands still.
    tablet.page.clock.pause_at(float(chart.page.evaluate("Date.now() / 1000 + 1")))
    give(chart)
    with tablet.page.expect_event("requestfailed"):
        tablet.page.clock.run_for(A_PAUSE_MS)
    while chart.save.get_attribute("data-save") == "saving":
        tablet.page.clock.run_for(A_FRAME_MS)
    says(chart, "Offline. 1 change kept on this tablet")
    assert clinic.stored(chart.treatment)["revision"] == before + 1

    tablet.page.clock.resume()
    chart.wait_until_saved()

    assert [body["save"] for body in bodies] == [bodies[0]["save"]] * 2
    assert clinic.stored(chart.treatment)["revision"] == before + 1
    assert saves_of(clinic, chart.treatment) == saves + 1
    assert given_in(clinic, chart.treatment) == given_on(chart)
    tablet.context.unroute(SAVES)


# --- Signed out meanwhile ----------------------------------------------------------------------


def test_who_is_signed_out_meanwhile_signs_in_again_and_what_waited_is_sent(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.expects("answer: 401 (PUT|GET) .*/chart")
    chart = preempt(own_clinic, tablet)
    give(chart)
    chart.wait_until_saved()

    end_every_session(own_clinic)
    give(chart, 2)

    says(chart, "Not saved. 2 changes kept on this tablet")
    assert len(given_in(own_clinic, chart.treatment)) == 1
    before = given_on(chart)
    tablet.tap(tablet.page.get_by_role("link", name="Sign in"))
    come_back(tablet, "Alice Amari", factories.ALICES_PIN)
    chart.wait_until_open()
    chart.wait_until_saved()

    assert given_on(chart) == before
    assert given_in(own_clinic, chart.treatment) == before


def end_every_session(clinic: RunningClinic) -> None:
    """As after twelve hours: the server knows nobody any more."""
    with clinic.records():
        begin_write()
        db.session.execute(delete(WebSession))
        db.session.commit()


# --- What lies on the tablet -------------------------------------------------------------------


def test_what_waits_on_the_tablet_is_unreadable_and_goes_at_sign_out(
    own_clinic: RunningClinic, new_tablet: NewTablet
) -> None:
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.expects(OFFLINE)
    chart = preempt(own_clinic, tablet, given_name="Wilhelmina", family_name="Okonkwo-Sample")
    tablet.context.set_offline(True)
    chart.type_vial(lot="SAMPLE-6", month="08", year="2029", units="200", ml="4")
    chart.mix_now()
    give(chart, 2)
    expect(chart.save).to_contain_text("kept on this tablet")

    kept = tablet.page.evaluate(KEPT)

    (row,) = kept["charts"]
    assert set(row) == {"person", "treatment", "changes", "iv", "sealed"}
    assert len(row["sealed"]) > 1000
    assert all(key["key"] == "a key, kept" for key in kept["keys"])
    readable = str(kept).casefold()
    for word in ("wilhelmina", "okonkwo", "sample-6", "corrugator", "head_anterior", "migraine"):
        assert word not in readable
    assert kept["caches"] == []

    tablet.context.set_offline(False)
    chart.wait_until_saved()
    assert tablet.page.evaluate(KEPT)["charts"] == []
    tablet.go("/account")
    tablet.sign_out()
    left = tablet.page.evaluate(KEPT)
    assert left.get("keys", []) == []
    assert left.get("charts", []) == []


# --- Killed ------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_killed_browser_loses_nothing_that_was_tapped(
    own_clinic: RunningClinic,
    machinery: Playwright,
    browser_options: dict[str, Any],
    tmp_path: Path,
    seed: int,
    full_rounds: bool,
) -> None:
    chance = random.Random(seed)
    profile = tmp_path / "profile"
    own = OwnBrowser(machinery, browser_options, profile, own_clinic)
    tablet = own.open()
    tablet.sign_in("alice")
    chart = preempt(own_clinic, tablet)
    treatment = chart.treatment
    rounds = 12 if full_rounds else 4
    for number in range(rounds):
        is_offline = chance.random() < 0.5
        if is_offline:
            tablet.context.set_offline(True)
        chart.open_every_group()
        taps = chance.randint(1, 2)
        give(chart, taps)
        # The tablet keeps a change before it is on the wire: what the page calls kept, is kept.
        if is_offline:
            expect(chart.save).to_contain_text("kept on this tablet")
        else:
            tablet.page.wait_for_timeout(chance.randint(0, 500))
            expect(chart.save).not_to_have_attribute("data-save", "conflict")
        before = given_on(chart)
        own.kill()

        tablet = own.open()
        sign_in_if_asked(tablet, treatment)
        chart = ChartPage(tablet)
        chart.wait_until_open()
        chart.wait_until_saved()

        assert given_on(chart) == before, f"round {number}, seed {seed}"
        assert given_in(own_clinic, treatment) == before, f"round {number}, seed {seed}"
    own.close()


def sign_in_if_asked(tablet: Tablet, treatment: UUID) -> None:
    """A browser that was killed may have forgotten who was signed in."""
    tablet.go(f"/treatments/{treatment}/chart")
    tablet.page.wait_for_selector("#chart, .person, form[data-signs-in]")
    if tablet.page.locator(".person").count():
        come_back(tablet, "Alice Amari", factories.ALICES_PIN)
    elif tablet.page.locator("form[data-signs-in]").count():
        tablet.fill_in_the_door("alice")
    expect(tablet.page.locator("#chart")).to_be_visible()


class OwnBrowser:
    """A browser with a profile on the disk, which can be killed and opened again."""

    def __init__(
        self,
        machinery: Playwright,
        options: dict[str, Any],
        profile: Path,
        clinic: RunningClinic,
    ) -> None:
        self._machinery = machinery
        self._options = options
        self._profile = profile
        self._clinic = clinic
        self._context: BrowserContext | None = None

    def open(self) -> Tablet:
        """Start it with what the profile holds."""
        for lock in self._profile.glob("Singleton*"):
            lock.unlink()
        self._context = self._machinery.chromium.launch_persistent_context(
            str(self._profile),
            has_touch=True,
            viewport=LYING,  # type: ignore[arg-type]
            locale="en-US",
            **self._options,
        )
        return Tablet(self._context, self._clinic.address)

    def kill(self) -> None:
        """Take its process away in the middle of whatever it does."""
        assert self._context is not None
        os.kill(process_of(self._profile), signal.SIGKILL)
        with suppress(Error):  # It may be gone before it is told to go.
            self._context.close()

    def close(self) -> None:
        """Close it in order."""
        assert self._context is not None
        self._context.close()


def process_of(profile: Path) -> int:
    """The browser's own process among its children: it has this profile and no type."""
    listed = subprocess.run(
        ["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    )
    (found,) = [
        int(line.split()[0])
        for line in listed.stdout.splitlines()
        if f"--user-data-dir={profile}" in line and "--type=" not in line
    ]
    return found


@pytest.mark.long
def test_a_server_killed_in_the_middle_of_a_save_loses_and_doubles_nothing(
    own_clinic: RunningClinic, new_tablet: NewTablet, seed: int, full_rounds: bool
) -> None:
    chance = random.Random(seed)
    tablet = new_tablet(own_clinic)
    tablet.sign_in("alice")
    tablet.expects(
        "failed: PUT .*/chart",
        "answer: 5.. PUT .*/chart",
        "failed: (GET|POST) .*ERR_(CONNECTION|EMPTY)",
    )
    chart = preempt(own_clinic, tablet)
    treatment = chart.treatment
    for number in range(15 if full_rounds else 5):
        chart.open_every_group()
        give(chart)
        # A save leaves some 300 ms after a tap: before it, in it, after it.
        tablet.page.wait_for_timeout(chance.randint(250, 400))
        own_clinic.stop(how=signal.SIGKILL)
        give(chart)
        expect(chart.save).to_have_attribute("data-save", "offline", timeout=30_000)
        expect(chart.save).to_contain_text("kept on this tablet")
        own_clinic.start()
        chart.wait_until_saved()

        before = given_on(chart)
        assert len(before) == 2 * (number + 1), f"round {number}, seed {seed}"
        assert given_in(own_clinic, treatment) == before, f"round {number}, seed {seed}"
        assert len(own_clinic.stored(treatment)["sites"]) == 31
