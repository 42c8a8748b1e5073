"""GET and POST /login, POST /logout: who gets in, who is held off, and what a cookie is worth."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit import AuditEntry
from app.auth import sign_in
from app.extensions import begin_write, db
from app.models import Patient, SignInAttempt
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.factories import Cast

WRONG = "User name or password is wrong."


def try_to_sign_in(client: AuditingClient, username: str, password: str = "not this one") -> int:
    return client.post("/login", data={"username": username, "password": password}).status_code


def test_the_right_password_opens_the_day(client: AuditingClient, cast: Cast) -> None:
    answer = client.post(
        "/login", data={"username": " ALICE ", "password": factories.PASSWORD, "next": ""}
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Alice Amari, MD" in client.get("/").text


def test_an_administrator_starts_with_people(
    app: Flask, client: AuditingClient, cast: Cast
) -> None:
    answer = client.post("/login", data={"username": "eve", "password": factories.PASSWORD})

    assert answer.headers["Location"] == "/admin/people"
    assert client.get("/").headers["Location"] == "/admin/people"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    client: AuditingClient, cast: Cast
) -> None:
    known = client.post("/login", data={"username": "alice", "password": "not this one"})
    unknown = client.post("/login", data={"username": "alicf", "password": "not this one"})

    assert known.status_code == unknown.status_code == 401
    assert WRONG in known.text
    assert without_token(known.text, "alice") == without_token(unknown.text, "alicf")


def without_token(page: str, name: str) -> str:
    """The page without what differs by design: the name that was typed, and the CSRF token."""
    return re.sub(r'(csrf[-_]token" (?:content|value)=)"[^"]+"', r"\1", page).replace(name, "·")


def test_an_unknown_name_costs_a_hash_as_well(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "app.models.Person.password_is", lambda person, password: asked.append(person) or False
    )
    begin_write()

    for name in ("alice", "nobody", ""):
        sign_in.attempt(name, "not this one", address="10.0.0.1", now=clock.now())

    assert len(asked) == 3
    db.session.rollback()


def test_nothing_typed_is_asked_for_at_its_field(client: AuditingClient, cast: Cast) -> None:
    answer = client.post("/login", data={"username": "", "password": ""})

    assert answer.status_code == 422
    assert "Enter your user name." in answer.text
    assert "Enter your password." in answer.text


def test_after_ten_failures_the_right_password_is_refused_too(
    app: Flask, client: AuditingClient, cast: Cast
) -> None:
    for _ in range(10):
        assert try_to_sign_in(client, "alice") == 401

    held = client.post("/login", data={"username": "alice", "password": factories.PASSWORD})

    assert held.status_code == 429
    assert "Wait 15 minutes" in held.text


def test_ten_failures_hold_the_address_for_every_name(
    app: Flask, client: AuditingClient, cast: Cast
) -> None:
    for number in range(10):
        try_to_sign_in(client, f"guess{number}")

    assert try_to_sign_in(client, "bob", factories.PASSWORD) == 429


def test_ten_failures_hold_the_name_from_every_address(app: Flask, cast: Cast) -> None:
    for number in range(10):
        browser = new_client(app)
        browser.environ_base["REMOTE_ADDR"] = f"127.0.0.{number + 2}"
        try_to_sign_in(browser, "alice")

    elsewhere = new_client(app)
    elsewhere.environ_base["REMOTE_ADDR"] = "127.0.1.1"

    assert try_to_sign_in(elsewhere, "alice", factories.PASSWORD) == 429
    assert try_to_sign_in(elsewhere, "bob", factories.PASSWORD) == 303


def test_a_forwarded_address_of_ones_own_making_does_not_help(
    client: AuditingClient, cast: Cast
) -> None:
    for number in range(10):
        client.post(
            "/login",
            data={"username": f"guess{number}", "password": "x"},
            headers={"X-Forwarded-For": f"10.9.9.{number}"},
        )

    assert try_to_sign_in(client, "bob", factories.PASSWORD) == 429


def test_failures_count_for_fifteen_minutes(app: Flask, client: AuditingClient, cast: Cast) -> None:
    begin_write()
    old = clock.now() - timedelta(minutes=16)
    db.session.add_all(
        SignInAttempt(username="alice", address="127.0.0.1", at=old) for _ in range(30)
    )
    db.session.commit()

    assert try_to_sign_in(client, "alice", factories.PASSWORD) == 303


def test_failures_are_kept_in_the_database_and_not_in_the_process(
    client: AuditingClient, cast: Cast
) -> None:
    try_to_sign_in(client, "alice")

    attempt = db.session.scalars(select(SignInAttempt)).one()
    assert (attempt.username, attempt.address) == ("alice", "127.0.0.1")


def test_who_was_let_in_no_more_is_refused_like_a_stranger(
    client: AuditingClient, cast: Cast
) -> None:
    begin_write()
    cast.bob.deactivate(now=clock.now())
    db.session.commit()

    assert try_to_sign_in(client, "bob", factories.PASSWORD) == 401


def test_every_outcome_is_in_the_trail(client: AuditingClient, cast: Cast) -> None:
    try_to_sign_in(client, "alice")
    try_to_sign_in(client, "alice", factories.PASSWORD)
    client.post("/logout")

    rows = db.session.execute(select(AuditEntry.act, AuditEntry.outcome).order_by(AuditEntry.seq))
    assert [tuple(row) for row in rows] == [
        ("person.signed_in", "refused"),
        ("person.signed_in", "done"),
        ("person.signed_out", "done"),
    ]


def test_signing_in_gives_a_new_token(client: AuditingClient, cast: Cast) -> None:
    client.get("/login")
    before = client.get_cookie("stipple")

    try_to_sign_in(client, "alice", factories.PASSWORD)

    after = client.get_cookie("stipple")
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_a_cookie_replayed_after_sign_out_is_dead(app: Flask, cast: Cast) -> None:
    browser = signed_in(app, cast.alice)
    cookie = browser.get_cookie("stipple")
    assert cookie is not None

    answer = browser.post("/logout")

    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    thief = new_client(app)
    thief.set_cookie("stipple", cookie.value)
    assert thief.get("/").status_code == 401


def test_signing_out_is_nothing_a_link_can_do(as_alice: AuditingClient) -> None:
    assert as_alice.get("/logout").status_code == 405
    assert as_alice.get("/").status_code == 200


def test_another_site_cannot_sign_anyone_in_or_out(client: AuditingClient, cast: Cast) -> None:
    form = {"username": "alice", "password": factories.PASSWORD}

    assert client.post("/login", data=form, csrf=False).status_code == 400
    assert client.post("/logout", csrf=False).status_code == 400


def test_the_page_that_was_asked_for_follows_the_sign_in(
    app: Flask, client: AuditingClient, cast: Cast
) -> None:
    somebody: Patient = factories.patient(cast.alice)
    address = f"/patients/{somebody.id}"

    asked = client.get(address)
    answer = client.post(
        "/login", data={"username": "alice", "password": factories.PASSWORD, "next": address}
    )

    assert asked.status_code == 401
    assert f'value="{address}"' in asked.text
    assert answer.headers["Location"] == address


@pytest.mark.parametrize(
    "address",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:x"],
)
def test_another_site_never_follows_the_sign_in(
    client: AuditingClient, cast: Cast, address: str
) -> None:
    answer = client.post(
        "/login", data={"username": "alice", "password": factories.PASSWORD, "next": address}
    )

    assert answer.headers["Location"] == "/"


def test_a_program_that_is_signed_out_gets_a_sentence_as_json(
    client: AuditingClient, cast: Cast
) -> None:
    answer = client.get("/patients", headers={"Accept": "application/json"})

    assert answer.status_code == 401
    assert "Sign in" in answer.get_json()["error"]


def test_signing_in_fully_opens_a_locked_key(app: Flask, cast: Cast) -> None:
    key = cast.alice.signing_key
    assert key is not None
    begin_write()
    key.wrong_pins = 5
    db.session.commit()

    signed_in(app, cast.alice)

    assert key.wrong_pins == 0


def test_a_missing_file_signs_nobody_out(as_alice: AuditingClient) -> None:
    missing = as_alice.get("/static/nothing.js")

    assert missing.status_code == 404
    assert "Set-Cookie" not in missing.headers
    assert as_alice.get("/account").status_code == 200
