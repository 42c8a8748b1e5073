"""GET and POST /lock, POST /unlock, GET /presence: a tablet that several people share."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.audit import AuditEntry
from app.auth import pins
from app.auth.websession import BACKGROUND, IDLE
from app.extensions import begin_write, db
from app.models import Person, Tablet, TabletSignIn, Treatment, WebSession
from tests import factories, tablets
from tests.clients import AuditingClient, new_client, signed_in
from tests.factories import ALICES_PIN, BOBS_PIN, Cast

CAROLS_PIN = "482615"
HTML = {"Accept": "text/html"}
NAMES = "Who is charting?"
# What a stranger may ask for; tests/rules/test_routes.py has the same list with its reasons.
PUBLIC = {
    "static", "healthz", "offline_worker", "offline_page", "auth.setup", "auth.login",
    "auth.logout", "auth.lock_page", "auth.lock", "auth.unlock", "records.verify",
    "records.authority", "records.look_up", "records.check",
}  # fmt: skip


@pytest.fixture
def tablet(app: Flask, cast: Cast) -> AuditingClient:
    """A tablet on which Alice has signed in fully."""
    return signed_in(app, cast.alice)


@pytest.fixture
def shared(tablet: AuditingClient, cast: Cast) -> AuditingClient:
    """A locked tablet on which Alice and then Bob have signed in fully."""
    lock(tablet)
    enter(tablet, cast.bob)
    lock(tablet)
    return tablet


class Clock:
    """The clock of the tests, which goes when it is told to."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def go_on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> Clock:
    """A clock in the tests' hands; asked for before anybody signs in."""
    stopped = Clock(clock.now())
    monkeypatch.setattr(clock, "now", lambda: stopped.now)
    return stopped


def enter(browser: AuditingClient, person: Person) -> None:
    """Sign in fully."""
    typed = {"username": person.username, "password": factories.PASSWORD}
    assert browser.post("/login", data=typed).status_code == 303


def lock(browser: AuditingClient, address: str = "/", why: str = "hand") -> TestResponse:
    return browser.post("/lock", data={"address": address, "why": why})


def unlock(browser: AuditingClient, person: Person, pin: str, **more: str) -> TestResponse:
    return browser.post("/unlock", data={"person": str(person.id), "pin": pin, **more})


def who_is_on(browser: AuditingClient) -> str | None:
    """The name in the bar, or None where nobody's is."""
    found = re.search(r'class="topbar__who".*?<span>([^<]+)</span>', browser.get("/account").text)
    return found[1] if found else None


def trail(act: str) -> list[tuple[str, dict[str, Any]]]:
    rows = db.session.execute(
        select(AuditEntry.outcome, AuditEntry.details)
        .where(AuditEntry.act == act)
        .order_by(AuditEntry.seq)
    )
    return [(outcome, details) for outcome, details in rows]


def give_unlock_pin(person: Person, pin: str = CAROLS_PIN) -> None:
    begin_write()
    pins.set_unlock_pin(person, pin, now=clock.now())
    db.session.commit()


# ── locking ──


def test_a_locked_tablet_shows_the_names_and_nothing_of_the_page(
    tablet: AuditingClient, cast: Cast
) -> None:
    patient = factories.patient(cast.alice)

    answer = lock(tablet, f"/patients/{patient.id}")
    shown = tablet.get(f"/patients/{patient.id}", headers=HTML)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/lock")
    assert shown.status_code == 401
    assert NAMES in shown.text
    assert "Alice Amari, MD" in shown.text
    assert "Oduya" not in shown.text
    assert "<title>Locked · Stipple</title>" in shown.text
    assert "no-store" in shown.headers["Cache-Control"]


def test_a_program_on_a_locked_tablet_is_told_so(tablet: AuditingClient) -> None:
    lock(tablet)

    answer = tablet.get("/patients", headers=tablets.JSON)

    assert answer.status_code == 401
    assert answer.json == {
        "error": "This tablet is locked. Enter your PIN, then go on where you were.",
        "locked": True,
    }


def test_every_route_of_a_locked_tablet_is_closed(shared: AuditingClient) -> None:
    let_in = []
    for rule in shared.application.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        path = re.sub(r"<int:[^>]+>", "1", rule.rule)
        path = re.sub(r"<[^>]+>", str(uuid4()), path)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for sent in ({}, {"csrf": False}):
                answer = shared.open(path, method=method, **sent)
                if answer.status_code != 401 or NAMES not in answer.text:
                    let_in.append(f"{method} {rule.rule} answered {answer.status_code}")

    assert not let_in


def test_the_cookie_of_before_the_lock_is_dead(app: Flask, tablet: AuditingClient) -> None:
    cookie = tablet.get_cookie("stipple")
    assert cookie is not None
    lock(tablet)

    thief = new_client(app)
    thief.set_cookie("stipple", cookie.value)

    assert thief.get("/account").status_code == 401
    assert NAMES not in thief.get("/account").text


def test_locking_is_in_the_trail_with_why_and_where(tablet: AuditingClient) -> None:
    lock(tablet)
    lock(tablet)

    (outcome, details) = trail("tablet.locked")[0]
    assert len(trail("tablet.locked")) == 1
    assert outcome == "done"
    assert details["why"] == "hand"
    assert details["tablet"] == str(db.session.scalars(select(Tablet.id)).one())


def test_another_site_locks_nothing(tablet: AuditingClient) -> None:
    assert tablet.post("/lock", csrf=False).status_code == 400
    assert tablet.get("/lock").headers["Location"] == "/"
    assert who_is_on(tablet) == "Alice Amari, MD"


def test_a_browser_where_nobody_signed_in_has_a_sign_in_page_and_no_lock(
    client: AuditingClient, cast: Cast
) -> None:
    assert client.get("/lock").headers["Location"] == "/login"
    assert NAMES not in client.get("/").text


def test_what_was_sent_to_a_locked_tablet_says_that_it_was_not_saved(
    tablet: AuditingClient, cast: Cast
) -> None:
    tablet.get("/patients/new")
    token = tablet._csrf_token()
    end_the_session(cast.alice)

    answer = tablet.post("/patients/new", data={}, headers={"X-CSRFToken": token})

    assert answer.status_code == 401
    assert "what you sent was not saved" in answer.text


def end_the_session(person: Person) -> None:
    """As a lock from another window does."""
    begin_write()
    db.session.query(WebSession).filter(WebSession.person_id == person.id).delete()
    db.session.commit()


# ── unlocking ──


def test_the_pin_brings_its_owner_back_to_the_page_they_were_at(
    tablet: AuditingClient, cast: Cast
) -> None:
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    address = f"/treatments/{draft.id}/chart"
    lock(tablet, address)

    answer = unlock(tablet, cast.alice, ALICES_PIN)

    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert who_is_on(tablet) == "Alice Amari, MD"
    assert tablet.get(address).status_code == 200
    assert [outcome for outcome, _ in trail("tablet.unlocked")] == ["done"]


def test_each_comes_back_to_their_own_page(shared: AuditingClient, cast: Cast) -> None:
    unlock(shared, cast.alice, ALICES_PIN)
    lock(shared, "/patients")
    unlock(shared, cast.bob, BOBS_PIN)
    lock(shared, "/notes")

    assert unlock(shared, cast.alice, ALICES_PIN).headers["Location"] == "/patients"
    lock(shared)
    assert unlock(shared, cast.bob, BOBS_PIN).headers["Location"] == "/notes"
    lock(shared)
    assert unlock(shared, cast.alice, ALICES_PIN).headers["Location"] == "/"


def test_a_full_sign_in_brings_back_to_the_same_page(tablet: AuditingClient, cast: Cast) -> None:
    lock(tablet, "/patients")

    typed = {"username": "alice", "password": factories.PASSWORD}

    assert tablet.post("/login", data=typed).headers["Location"] == "/patients"


def test_the_page_that_the_lock_stands_in_for_is_for_who_was_here_last(
    shared: AuditingClient, cast: Cast
) -> None:
    page = shared.get("/patients", headers=HTML).text
    assert 'name="next" type="hidden" value="/patients"' in page

    asked = {"next": "/patients"}

    assert unlock(shared, cast.alice, ALICES_PIN, **asked).headers["Location"] == "/"


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "x"])
def test_no_other_site_follows_a_pin(tablet: AuditingClient, cast: Cast, address: str) -> None:
    lock(tablet, address)

    answer = unlock(tablet, cast.alice, ALICES_PIN, next=address)

    assert answer.headers["Location"] == "/"


def test_unlocking_gives_a_new_token(shared: AuditingClient, cast: Cast) -> None:
    shared.get("/lock")
    before = shared.get_cookie("stipple")

    unlock(shared, cast.alice, ALICES_PIN)

    after = shared.get_cookie("stipple")
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_another_site_cannot_try_pins(shared: AuditingClient, cast: Cast) -> None:
    typed = {"person": str(cast.alice.id), "pin": ALICES_PIN}

    assert shared.post("/unlock", data=typed, csrf=False).status_code == 400
    assert who_is_on(shared) is None


def test_a_wrong_pin_is_counted_and_says_how_many_are_left(
    tablet: AuditingClient, cast: Cast
) -> None:
    lock(tablet)

    answer = unlock(tablet, cast.alice, "507318")

    assert answer.status_code == 403
    assert "That is not the PIN. Tries left: 4." in answer.text
    assert "507318" not in answer.text
    assert cast.alice.signing_key is not None
    assert cast.alice.signing_key.wrong_pins == 1
    (outcome, details) = trail("tablet.unlocked")[0]
    assert (outcome, details["tries_left"]) == ("refused", 4)
    assert who_is_on(tablet) is None


def test_a_right_pin_forgets_the_wrong_ones(tablet: AuditingClient, cast: Cast) -> None:
    lock(tablet)
    for _ in range(4):
        unlock(tablet, cast.alice, "507318")

    assert unlock(tablet, cast.alice, ALICES_PIN).status_code == 303

    assert cast.alice.signing_key is not None
    assert cast.alice.signing_key.wrong_pins == 0


def test_five_wrong_pins_close_it_until_a_full_sign_in(tablet: AuditingClient, cast: Cast) -> None:
    lock(tablet)
    answers = [unlock(tablet, cast.alice, "507318") for _ in range(5)]

    held = unlock(tablet, cast.alice, ALICES_PIN)

    assert [answer.status_code for answer in answers] == [403] * 5
    assert "Five wrong PINs have locked it." in answers[-1].text
    assert held.status_code == 403
    assert who_is_on(tablet) is None
    enter(tablet, cast.alice)
    lock(tablet)
    assert unlock(tablet, cast.alice, ALICES_PIN).status_code == 303


def test_five_wrong_pins_here_and_at_signing_are_the_same_five(
    app: Flask, tablet: AuditingClient, cast: Cast
) -> None:
    draft = factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    for _ in range(3):
        assert tablets.sign(tablet, draft.id, draft.revision, "507318").status_code == 403
    lock(tablet)
    for _ in range(2):
        unlock(tablet, cast.alice, "507318")

    held = unlock(tablet, cast.alice, ALICES_PIN)

    assert held.status_code == 403
    assert who_is_on(tablet) is None


def test_pins_tried_at_the_same_moment_count_each(
    app: Flask, tablet: AuditingClient, cast: Cast
) -> None:
    lock(tablet)
    windows = [window_of(tablet) for _ in range(8)]
    alice = str(cast.alice.id)

    def try_in(window: AuditingClient) -> Any:
        return lambda: window.post("/unlock", data={"person": alice, "pin": "507318"})

    answers = tablets.at_once(app, [try_in(window) for window in windows])

    assert {answer.status_code for answer in answers} == {403}
    assert len(trail("tablet.unlocked")) == 5
    assert cast.alice.signing_key is not None
    assert cast.alice.signing_key.wrong_pins == 5


def window_of(browser: AuditingClient) -> AuditingClient:
    """The same locked tablet in a window of its own."""
    cookie = browser.get_cookie("stipple-tablet")
    assert cookie is not None
    window = new_client(browser.application)
    window.set_cookie("stipple-tablet", cookie.value)
    assert NAMES in window.get("/lock").text
    window._csrf_token()
    return window


@pytest.mark.parametrize("pin", ["", "12345", "1234567890123", "82461x"])
def test_what_is_no_pin_is_not_counted(tablet: AuditingClient, cast: Cast, pin: str) -> None:
    lock(tablet)

    answer = unlock(tablet, cast.alice, pin)

    assert answer.status_code == 422
    assert "A PIN has 6 to 12 digits" in answer.text
    assert cast.alice.signing_key is not None
    assert cast.alice.signing_key.wrong_pins == 0


def test_a_pin_opens_nothing_where_its_owner_never_signed_in(
    tablet: AuditingClient, cast: Cast
) -> None:
    lock(tablet)

    for person in (str(cast.bob.id), str(uuid4()), "bob", ""):
        answer = tablet.post("/unlock", data={"person": person, "pin": BOBS_PIN})
        assert answer.status_code == 404
        assert "not signed in on this tablet" in answer.text

    assert cast.bob.signing_key is not None
    assert cast.bob.signing_key.wrong_pins == 0
    assert who_is_on(tablet) is None


def test_a_browser_without_the_tablets_cookie_tries_no_pin(
    app: Flask, tablet: AuditingClient, cast: Cast
) -> None:
    lock(tablet)
    stranger = new_client(app)
    stranger.set_cookie("stipple-tablet", "x" * 43)

    assert unlock(stranger, cast.alice, ALICES_PIN).status_code == 404
    assert "Alice Amari" not in stranger.get("/").text


def test_who_signs_nothing_comes_back_with_a_pin_of_their_own(
    app: Flask, tablet: AuditingClient, cast: Cast
) -> None:
    give_unlock_pin(cast.carol)
    lock(tablet)
    enter(tablet, cast.carol)
    lock(tablet)

    wrong = unlock(tablet, cast.carol, "507318")
    right = unlock(tablet, cast.carol, CAROLS_PIN)

    assert (wrong.status_code, right.status_code) == (403, 303)
    assert "Tries left: 4" in wrong.text
    assert who_is_on(tablet) == "Carol Costa, RN"


def test_five_wrong_pins_close_that_one_as_well(tablet: AuditingClient, cast: Cast) -> None:
    give_unlock_pin(cast.carol)
    lock(tablet)
    enter(tablet, cast.carol)
    lock(tablet)
    for _ in range(5):
        unlock(tablet, cast.carol, "507318")

    assert unlock(tablet, cast.carol, CAROLS_PIN).status_code == 403

    enter(tablet, cast.carol)
    lock(tablet)
    assert unlock(tablet, cast.carol, CAROLS_PIN).status_code == 303


def test_who_has_no_pin_is_told_to_sign_in_fully(app: Flask, cast: Cast) -> None:
    tablet = signed_in(app, cast.dan)
    lock(tablet)

    answer = unlock(tablet, cast.dan, "507318")

    assert answer.status_code == 403
    assert "Dan Dufour has no PIN yet. Sign in fully" in answer.text


# ── who is listed ──


def test_the_cookie_says_which_tablet_and_is_out_of_reach_of_scripts(
    app: Flask, cast: Cast
) -> None:
    browser = new_client(app)
    typed = {"username": "alice", "password": factories.PASSWORD}

    header = next(
        value
        for value in browser.post("/login", data=typed).headers.getlist("Set-Cookie")
        if value.startswith("stipple-tablet=")
    )

    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Path=/" in header
    assert "Domain" not in header
    stored = db.session.scalars(select(Tablet.token_sha256)).one()
    assert stored not in header


def test_over_tls_the_cookie_is_this_hosts_alone(app: Flask, cast: Cast) -> None:
    browser = new_client(app)
    secure = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/"}}
    typed = {"username": "alice", "password": factories.PASSWORD}
    page = browser.get("/login", base_url="https://localhost").text
    token = re.search(r'csrf-token" content="([^"]+)"', page)
    assert token is not None

    answer = browser.post("/login", data={**typed, "csrf_token": token[1]}, csrf=False, **secure)

    headers = answer.headers.getlist("Set-Cookie")
    named = [value for value in headers if value.startswith("__Host-stipple-tablet=")]
    assert len(named) == 1
    assert "Secure" in named[0]


def test_a_token_planted_before_a_sign_in_is_worth_nothing_after(
    app: Flask, shared: AuditingClient, cast: Cast
) -> None:
    before = shared.get_cookie("stipple-tablet")
    assert before is not None
    enter(shared, cast.alice)
    lock(shared)

    planted = new_client(app)
    planted.set_cookie("stipple-tablet", before.value)

    assert unlock(planted, cast.alice, ALICES_PIN).status_code == 404
    assert "Bob Brandt" in shared.get("/lock").text


def test_a_name_is_gone_after_twelve_hours(wall: Clock, tablet: AuditingClient, cast: Cast) -> None:
    lock(tablet)
    wall.go_on(hours=6)
    enter(tablet, cast.bob)
    lock(tablet)
    wall.go_on(hours=6, seconds=-1)
    assert "Alice Amari" in tablet.get("/lock").text
    wall.go_on(seconds=1)

    page = tablet.get("/lock").text
    answer = unlock(tablet, cast.alice, ALICES_PIN)

    assert "Alice Amari" not in page
    assert "Bob Brandt" in page
    assert answer.status_code == 404
    assert unlock(tablet, cast.bob, BOBS_PIN).status_code == 303


def test_a_session_that_a_pin_opened_lasts_no_longer_than_the_sign_in(
    wall: Clock, tablet: AuditingClient, cast: Cast
) -> None:
    lock(tablet)
    wall.go_on(hours=11, minutes=58)
    assert unlock(tablet, cast.alice, ALICES_PIN).status_code == 303
    wall.go_on(minutes=1)
    assert who_is_on(tablet) == "Alice Amari, MD"

    wall.go_on(minutes=1)

    assert who_is_on(tablet) is None
    assert NAMES not in tablet.get("/").text


def test_signing_out_takes_the_name_off_this_tablet_and_no_other(
    app: Flask, shared: AuditingClient, cast: Cast
) -> None:
    elsewhere = signed_in(app, cast.bob)
    unlock(shared, cast.bob, BOBS_PIN)

    answer = shared.post("/logout")
    page = shared.get("/lock?left=1").text
    lock(elsewhere)

    assert answer.headers["Location"] == "/lock?left=1"
    assert f'data-left="{cast.bob.id}"' in page
    assert 'data-left=""' in shared.get("/lock").text
    assert "Bob Brandt" not in page
    assert "Alice Amari" in page
    assert unlock(shared, cast.bob, BOBS_PIN).status_code == 404
    assert unlock(elsewhere, cast.bob, BOBS_PIN).status_code == 303


def test_the_last_who_signs_out_leaves_the_sign_in_page(tablet: AuditingClient, cast: Cast) -> None:
    answer = tablet.post("/logout")

    assert answer.headers["Location"] == "/login?left=1"
    assert f'data-left="{cast.alice.id}"' in tablet.get("/login?left=1").text
    assert NAMES not in tablet.get("/").text


@pytest.mark.parametrize("act", ["deactivation", "start-password"])
def test_who_is_shut_out_comes_back_to_no_tablet(
    app: Flask, shared: AuditingClient, cast: Cast, act: str
) -> None:
    desk = signed_in(app, cast.eve)
    assert desk.post(f"/admin/people/{cast.alice.id}/{act}").status_code in (201, 303)

    assert "Alice Amari" not in shared.get("/lock").text
    assert unlock(shared, cast.alice, ALICES_PIN).status_code == 404
    assert unlock(shared, cast.bob, BOBS_PIN).status_code == 303


def test_a_new_password_keeps_the_pin_on_this_tablet_alone(app: Flask, cast: Cast) -> None:
    here, there = signed_in(app, cast.alice), signed_in(app, cast.alice)
    new = "seven quiet herons"
    changed = {"old_password": factories.PASSWORD, "password": new, "password_again": new}

    assert here.post("/account/password", data=changed).status_code == 303
    lock(here)

    assert unlock(there, cast.alice, ALICES_PIN).status_code == 404
    assert unlock(here, cast.alice, ALICES_PIN).status_code == 303


# ── idle ──


def test_a_tablet_that_nobody_touches_is_locked_by_the_server(
    wall: Clock, tablet: AuditingClient, cast: Cast
) -> None:
    wall.go_on(minutes=5)
    assert who_is_on(tablet) == "Alice Amari, MD"
    wall.go_on(minutes=5, seconds=16)

    answer = tablet.get("/patients", headers=HTML)

    assert answer.status_code == 401
    assert NAMES in answer.text
    assert trail("tablet.locked")[0][1]["why"] == "idle"
    assert len(trail("tablet.locked")) == 1
    assert unlock(tablet, cast.alice, ALICES_PIN).headers["Location"] == "/patients"


def test_the_page_asked_for_waits_for_its_owner_when_another_comes_first(
    wall: Clock, shared: AuditingClient, cast: Cast
) -> None:
    unlock(shared, cast.alice, ALICES_PIN)
    wall.go_on(minutes=6)
    shared.get("/patients", headers=HTML)

    assert unlock(shared, cast.bob, BOBS_PIN, next="/patients").headers["Location"] == "/"
    lock(shared, "/notes")

    assert unlock(shared, cast.alice, ALICES_PIN).headers["Location"] == "/patients"


def test_the_clinic_says_after_how_many_minutes(
    wall: Clock, tablet: AuditingClient, cast: Cast
) -> None:
    begin_write()
    cast.clinic.lock_after_minutes = 20
    db.session.commit()
    wall.go_on(minutes=20)
    assert who_is_on(tablet) == "Alice Amari, MD"

    wall.go_on(minutes=20, seconds=16)

    assert who_is_on(tablet) is None


def draft_of(cast: Cast) -> Treatment:
    return factories.treatment(factories.patient(cast.alice), by=cast.alice, clinic=cast.clinic)


def test_polls_keep_no_tablet_open(wall: Clock, tablet: AuditingClient, cast: Cast) -> None:
    draft = draft_of(cast)
    poll = {**tablets.JSON, BACKGROUND: "1"}
    answers = []
    for _ in range(12):
        wall.go_on(seconds=30)
        answers.append(tablet.get(f"/treatments/{draft.id}/chart", headers=poll).status_code)

    assert answers == [200] * 10 + [401, 401]


def test_saving_by_itself_keeps_no_tablet_open(
    wall: Clock, tablet: AuditingClient, cast: Cast
) -> None:
    draft = draft_of(cast)
    body = factories.chart_body(draft)
    tablet.get("/account")
    answers = []
    for minute in range(1, 8):
        wall.go_on(minutes=1)
        untouched = {**tablets.JSON, IDLE: str(minute * 60)}
        saved = tablet.put(f"/treatments/{draft.id}/chart", json=body, headers=untouched)
        answers.append(saved.status_code)
        if saved.status_code == 200:
            body = tablets.again(body, saved.json["revision"])

    assert answers == [200] * 5 + [401, 401]


def test_somebody_who_charts_keeps_it_open(wall: Clock, tablet: AuditingClient, cast: Cast) -> None:
    draft = draft_of(cast)
    body = factories.chart_body(draft)
    for _ in range(12):
        wall.go_on(minutes=4)
        saved = tablet.put(
            f"/treatments/{draft.id}/chart", json=body, headers={**tablets.JSON, IDLE: "2"}
        )
        assert saved.status_code == 200
        body = tablets.again(body, saved.json["revision"])


def test_a_page_says_that_somebody_is_at_it(wall: Clock, tablet: AuditingClient) -> None:
    for _ in range(6):
        wall.go_on(minutes=4)
        assert tablet.get("/presence", headers={IDLE: "1"}).status_code == 204

    wall.go_on(minutes=5, seconds=16)

    assert tablet.get("/presence", headers={IDLE: "1"}).status_code == 401


@pytest.mark.parametrize("said", ["-5", "soon", "", "9" * 30, "1.5", "²"])
def test_what_a_page_says_oddly_counts_as_nobody(
    wall: Clock, tablet: AuditingClient, said: str
) -> None:
    wall.go_on(minutes=4)
    assert tablet.get("/presence", headers={IDLE: said.encode()}).status_code == 204

    wall.go_on(minutes=2)

    assert tablet.get("/presence", headers={IDLE: "0"}).status_code == 401


def test_a_touch_of_long_ago_moves_nothing_back(wall: Clock, tablet: AuditingClient) -> None:
    wall.go_on(minutes=4)
    tablet.get("/account")
    tablet.get("/presence", headers={IDLE: "3000"})

    wall.go_on(minutes=4)

    assert who_is_on(tablet) == "Alice Amari, MD"


def test_a_save_that_finds_the_tablet_locked_changes_nothing(
    wall: Clock, tablet: AuditingClient, cast: Cast
) -> None:
    draft = draft_of(cast)
    body = factories.chart_body(draft)
    wall.go_on(minutes=6)

    answer = tablet.put(
        f"/treatments/{draft.id}/chart", json=body, headers={**tablets.JSON, IDLE: "0"}
    )

    assert (answer.status_code, answer.json["locked"]) == (401, True)
    db.session.refresh(draft)
    assert draft.revision == body["revision"]
    # And goes through as it is, once its owner is back.
    unlock(tablet, cast.alice, ALICES_PIN)
    assert tablets.save(tablet, draft.id, body).status_code == 200


def test_twelve_hours_of_sign_ins_are_all_that_is_kept(
    wall: Clock, tablet: AuditingClient, cast: Cast
) -> None:
    lock(tablet)
    wall.go_on(hours=13)
    enter(tablet, cast.bob)

    kept = db.session.scalars(select(TabletSignIn)).all()

    assert [one.person_id for one in kept] == [cast.bob.id]
