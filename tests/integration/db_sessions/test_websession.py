"""Sessions on the server: what a cookie opens, until when, and what a request writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, flash, get_flashed_messages, request, session
from flask.testing import FlaskClient
from flask_login import LoginManager, current_user, login_required, login_user, logout_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import clock, database
from app.auth import websession
from app.database import writing
from app.extensions import begin_write, db
from app.models import Person, WebSession
from tests.databases import bare_app
from tests.rows import NOON, add

COOKIE = "stipple"


@pytest.fixture
def app(fresh_database: dict[str, Any]) -> Iterator[Flask]:
    app = bare_app(fresh_database)
    websession.init_app(app)
    # One of this app's own: the pages' sign-in belongs to another part.
    LoginManager(app).user_loader(lambda found: db.session.get(Person, UUID(found)))
    add_routes(app)
    with app.app_context(), writing(db.engine).begin() as connection:
        add(connection, "people", username="ines", roles=["provider"])
        add(connection, "people", username="omar", roles=["staff"])
    yield app
    with app.app_context():
        db.engine.dispose()


def add_routes(app: Flask) -> None:
    @app.before_request
    def announce() -> None:
        if request.method == "POST":
            begin_write()

    @app.get("/token")
    def token() -> str:
        return generate_csrf()

    @app.get("/plain")
    def plain() -> str:
        return "nothing of the session"

    @app.get("/static/app.css")
    def stylesheet() -> str:
        return "body{}"

    @app.post("/in/<name>")
    def sign_in(name: str) -> str:
        login_user(db.session.scalars(select(Person).where(Person.username == name)).one())
        flash("Welcome")
        db.session.commit()
        return "in"

    @app.post("/out")
    def sign_out() -> str:
        logout_user()
        websession.end_session()
        db.session.commit()
        return "out"

    @app.post("/out-everywhere-else")
    def sign_out_elsewhere() -> str:
        websession.end_sessions_of(current_user, but_this=True)
        db.session.commit()
        return "out"

    @app.post("/renew")
    def renew() -> str:
        websession.renew_token()
        return "renewed"

    @app.post("/refused")
    def refused() -> tuple[str, int]:
        db.session.add(Person(username="x", name="x", roles=[], password_hash="", created_at=NOON))
        db.session.flush()
        session["note"] = "kept"
        return "refused", 422

    @app.get("/me")
    @login_required
    def me() -> str:
        return f"{current_user.username}: {', '.join(map(str, get_flashed_messages()))}"


class Browser:
    """A client with a CSRF token and a jar of its own."""

    def __init__(self, app: Flask, base_url: str = "http://localhost") -> None:
        self.client: FlaskClient = app.test_client()
        self.base_url = base_url

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=self.base_url)

    def post(self, path: str) -> TestResponse:
        headers = {"X-CSRFToken": self.get("/token").text, "Referer": self.base_url}
        return self.client.post(path, base_url=self.base_url, headers=headers)

    @property
    def token(self) -> str | None:
        cookie = self.client.get_cookie(COOKIE)
        return cookie.value if cookie else None


def signed_in(app: Flask, name: str = "ines") -> Browser:
    browser = Browser(app)
    assert browser.post(f"/in/{name}").status_code == 200
    return browser


def replay(app: Flask, token: str | None) -> TestResponse:
    assert token
    thief = app.test_client()
    thief.set_cookie(COOKIE, token)
    return thief.get("/me")


def rows(app: Flask) -> list[WebSession]:
    with app.app_context():
        return list(db.session.scalars(select(WebSession)))


def at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: instant)


def test_a_signed_in_browser_stays_signed_in(app: Flask) -> None:
    browser = signed_in(app)

    assert browser.get("/me").text == "ines: Welcome"
    assert browser.get("/me").text == "ines: "


def test_the_table_holds_the_tokens_hash_and_never_the_token(app: Flask) -> None:
    browser = signed_in(app)

    (row,) = rows(app)
    assert browser.token
    assert row.token_sha256 == hashlib.sha256(browser.token.encode()).hexdigest()
    assert browser.token not in repr(vars(row))


def test_a_token_has_256_random_bits(app: Flask) -> None:
    tokens = {signed_in(app).token for _ in range(5)}

    assert len(tokens) == 5
    assert {len(token) for token in tokens if token} == {43}  # 32 bytes in base64


def test_a_cookie_replayed_after_sign_out_is_dead(app: Flask) -> None:
    browser = signed_in(app)
    token = browser.token
    assert replay(app, token).status_code == 200

    browser.post("/out")

    assert replay(app, token).status_code == 401
    assert browser.get("/me").status_code == 401
    assert rows(app) == [] or all(row.person_id is None for row in rows(app))


def test_sign_in_gives_a_new_token_and_the_old_one_is_dead(app: Flask) -> None:
    browser = Browser(app)
    browser.get("/token")
    before = browser.token

    browser.post("/in/ines")

    assert before
    assert browser.token not in (None, before)
    assert replay(app, before).status_code == 401
    assert len(rows(app)) == 1


def test_sign_in_gives_a_new_csrf_token(app: Flask) -> None:
    browser = Browser(app)
    before = browser.get("/token").text
    browser.post("/in/ines")

    refused = browser.client.post("/renew", headers={"X-CSRFToken": before})

    assert refused.status_code == 400


def test_signing_in_as_somebody_else_gives_a_new_token(app: Flask) -> None:
    browser = signed_in(app, "ines")
    before = browser.token

    browser.post("/in/omar")

    assert browser.get("/me").text.startswith("omar")
    assert replay(app, before).status_code == 401


def test_a_token_can_be_renewed_and_the_session_goes_on(app: Flask) -> None:
    browser = signed_in(app)
    before = browser.token

    browser.post("/renew")

    assert browser.token != before
    assert browser.get("/me").status_code == 200
    assert replay(app, before).status_code == 401


def test_a_person_who_is_shut_out_is_out_at_once(app: Flask) -> None:
    browser, other = signed_in(app, "ines"), signed_in(app, "omar")

    with app.app_context():
        begin_write()
        ines = db.session.scalars(select(Person).where(Person.username == "ines")).one()
        ines.deactivate(now=NOON)
        db.session.commit()

    assert browser.get("/me").status_code == 401
    assert other.get("/me").status_code == 200


def test_a_person_can_be_signed_out_everywhere_else(app: Flask) -> None:
    here, there, somebody = signed_in(app), signed_in(app), signed_in(app, "omar")

    here.post("/out-everywhere-else")

    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 401
    assert somebody.get("/me").status_code == 200


def test_a_session_ends_after_twelve_hours_whatever_was_done(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    browser = signed_in(app)
    for minutes in range(4, 12 * 60, 4):
        at(monkeypatch, NOON + timedelta(minutes=minutes))
        assert browser.get("/me").status_code == 200

    at(monkeypatch, NOON + timedelta(hours=12))

    assert browser.get("/me").status_code == 401


def test_sessions_that_have_ended_are_swept_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    signed_in(app)
    at(monkeypatch, NOON + timedelta(hours=13))
    signed_in(app, "omar")

    assert [row.created_at for row in rows(app)] == [NOON + timedelta(hours=13)]


def test_a_reading_request_writes_nothing_within_a_quarter_minute(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    browser = signed_in(app)
    browser.get("/me")
    browser.get("/token")
    writes: list[Any] = []
    really = database.begin_write

    def note_and_begin(own: Session) -> None:
        writes.append(own)
        really(own)

    monkeypatch.setattr(database, "begin_write", note_and_begin)

    at(monkeypatch, NOON + timedelta(seconds=15))
    browser.get("/me")
    browser.get("/token")
    assert writes == []
    assert rows(app)[0].seen_at == NOON

    at(monkeypatch, NOON + timedelta(seconds=16))
    browser.get("/me")
    assert len(writes) == 1
    assert rows(app)[0].seen_at == NOON + timedelta(seconds=16)


def test_a_visitor_who_needs_no_session_gets_none(app: Flask) -> None:
    answer = Browser(app).get("/plain")

    assert "Set-Cookie" not in answer.headers
    assert rows(app) == []


def test_files_are_served_without_a_look_at_the_sessions(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(app)
    monkeypatch.setattr(websession, "sha256", None)

    assert browser.get("/static/app.css").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask) -> None:
    header = Browser(app).get("/token").headers["Set-Cookie"]

    assert header.startswith("stipple=")
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Path=/" in header
    assert "Domain" not in header
    assert "Expires" not in header


def test_over_tls_the_cookie_is_secure_and_this_hosts_alone(app: Flask) -> None:
    answer = Browser(app, "https://localhost").get("/token")

    assert answer.headers["Set-Cookie"].startswith("__Host-stipple=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Cookie" in answer.headers["Vary"]


def test_a_cookie_from_a_plain_page_is_not_taken_over_tls(app: Flask) -> None:
    token = signed_in(app).token
    assert token
    client = app.test_client()
    client.set_cookie(COOKIE, token)

    assert client.get("/me", base_url="https://localhost").status_code == 401


def test_sign_out_takes_the_cookie_away(app: Flask) -> None:
    browser = signed_in(app)

    browser.post("/out")

    assert browser.token is None
    assert rows(app) == []


def test_an_invented_token_opens_nothing(app: Flask) -> None:
    signed_in(app)

    assert replay(app, "x" * 43).status_code == 401
    assert replay(app, rows(app)[0].token_sha256).status_code == 401


def test_a_request_without_its_csrf_token_is_refused(app: Flask) -> None:
    browser = signed_in(app)

    assert browser.client.post("/renew").status_code == 400


def test_what_a_refused_request_did_not_commit_did_not_happen(app: Flask) -> None:
    browser = signed_in(app)

    assert browser.post("/refused").status_code == 422

    with app.app_context():
        assert len(db.session.scalars(select(Person)).all()) == 2
    assert [row.data.get("note") for row in rows(app)] == ["kept"]


def test_a_late_request_does_not_bring_back_a_session_that_was_ended(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(app)
    token = browser.token

    with app.test_request_context("/plain", headers={"Cookie": f"{COOKIE}={token}"}) as late:
        stored = late.session
    browser.post("/out")
    with app.test_request_context("/plain"):
        stored["late"] = True
        app.session_interface.save_session(app, stored, app.response_class())

    assert rows(app) == []
    assert replay(app, token).status_code == 401
