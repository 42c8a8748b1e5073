"""GET /account and what is posted under it: PIN, password, language."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import begin_write, db
from app.models import Person
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.factories import Cast

NEW_PIN = {"pin": "604913", "pin_again": "604913", "current_password": factories.PASSWORD}
NEW_PASSWORD = {
    "old_password": factories.PASSWORD,
    "password": "seven quiet herons",
    "password_again": "seven quiet herons",
}


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.seq)))


def test_the_account_page_says_who_one_is(as_alice: AuditingClient) -> None:
    page = as_alice.get("/account").text

    assert "Alice Amari, MD" in page
    assert "provider, prescriber" in page


def test_a_new_pin_is_a_new_key_and_the_old_one_stays_as_it_was(
    as_alice: AuditingClient, cast: Cast
) -> None:
    before = cast.alice.signing_key
    assert before is not None
    certificate = before.certificate_pem

    answer = as_alice.post("/account/pin", data=NEW_PIN)

    assert answer.status_code == 303
    db.session.refresh(cast.alice)
    after = cast.alice.signing_key
    assert after is not None
    assert after.id != before.id
    assert before.retired_at is not None
    assert before.certificate_pem == certificate
    assert "pin.set" in acts()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("current_password", "not this one", "This is not your password."),
        ("current_password", "", "Enter your password."),
        ("pin", "", "A PIN has 6 to 12 digits and nothing else."),
        ("pin", "111111", "This PIN follows a simple pattern."),
        ("pin", "12345", "A PIN has 6 to 12 digits and nothing else."),
        ("pin_again", "604914", "The two PINs differ."),
    ],
)
def test_a_pin_that_cannot_be_set_changes_no_key(
    as_alice: AuditingClient, cast: Cast, field: str, value: str, sentence: str
) -> None:
    before = cast.alice.signing_key

    answer = as_alice.post("/account/pin", data={**NEW_PIN, field: value})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "604913" not in answer.text
    db.session.refresh(cast.alice)
    assert cast.alice.signing_key == before


def test_the_pin_of_who_does_not_sign_makes_no_key(app: Flask, cast: Cast) -> None:
    for person in (cast.carol, cast.dan, cast.eve):
        browser = signed_in(app, person)

        assert "Signing PIN" not in browser.get("/account").text
        assert browser.post("/account/pin", data=NEW_PIN).status_code == 303
        db.session.refresh(person)
        assert person.signing_key is None
        assert person.unlock_pin is not None
        assert "604913" not in person.unlock_pin.pin_hash


def test_a_pin_that_opens_tablets_is_no_simpler_than_one_that_signs(app: Flask, cast: Cast) -> None:
    browser = signed_in(app, cast.carol)

    for pin in ("111111", "12345", "241260"):
        answer = browser.post("/account/pin", data={**NEW_PIN, "pin": pin, "pin_again": pin})
        assert answer.status_code == 422

    assert cast.carol.unlock_pin is None


def test_a_pin_set_anew_opens_what_wrong_ones_had_locked(app: Flask, cast: Cast) -> None:
    browser = signed_in(app, cast.carol)
    browser.post("/account/pin", data=NEW_PIN)
    begin_write()
    assert cast.carol.unlock_pin is not None
    cast.carol.unlock_pin.wrong_pins = 5
    db.session.commit()

    browser.post("/account/pin", data={**NEW_PIN, "pin": "730482", "pin_again": "730482"})

    assert cast.carol.unlock_pin.wrong_pins == 0


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(app: Flask, cast: Cast) -> None:
    here, elsewhere = signed_in(app, cast.alice), signed_in(app, cast.alice)
    before = here.get_cookie("stipple")

    answer = here.post("/account/password", data=NEW_PASSWORD)

    assert answer.status_code == 303
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 401
    after = here.get_cookie("stipple")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    again = {"username": "alice", "password": NEW_PASSWORD["password"]}
    assert new_client(app).post("/login", data=again).status_code == 303
    assert "password.changed" in acts()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("old_password", "not this one", "This is not your password."),
        ("password", "short", "Use at least 12 characters."),
        ("password", "x" * 129, "Use at most 128 characters."),
        ("password", "quayside clinic 1", "This is built on your name"),
        ("password", "alice amari 2026", "This is built on your name"),
        ("password", factories.PASSWORD, "This is the password you have."),
        ("password_again", "seven quiet heron", "The two passwords differ."),
    ],
)
def test_a_password_that_cannot_be_set_changes_nothing(
    app: Flask, as_alice: AuditingClient, cast: Cast, field: str, value: str, sentence: str
) -> None:
    answer = as_alice.post("/account/password", data={**NEW_PASSWORD, field: value})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert signed_in(app, cast.alice)


def test_a_password_of_sixty_four_characters_in_any_script_is_taken(
    app: Flask, as_alice: AuditingClient, cast: Cast
) -> None:
    long_one = "πρώτα ο ήλιος, 然后是月亮 🌒 и только потом снова наступает утро ....."
    assert len(long_one) == 64

    form = {**NEW_PASSWORD, "password": long_one, "password_again": long_one}

    assert as_alice.post("/account/password", data=form).status_code == 303
    typed = {"username": "alice", "password": long_one}
    assert new_client(app).post("/login", data=typed).status_code == 303


def test_a_start_password_opens_nothing_but_its_own_replacement(app: Flask, cast: Cast) -> None:
    begin_write()
    cast.dan.must_change_password = True
    db.session.commit()
    browser = signed_in(app, cast.dan)

    held = browser.get("/patients")
    replaced = browser.post("/account/password", data=NEW_PASSWORD)

    assert (held.status_code, held.headers["Location"]) == (303, "/account")
    assert browser.post("/account/language", data={"language": "es"}).status_code in (200, 303)
    assert replaced.status_code == 303
    assert browser.get("/patients").status_code == 200


def test_a_language_is_chosen_and_remembered(as_alice: AuditingClient, cast: Cast) -> None:
    answer = as_alice.post("/account/language", data={"language": "es"})

    assert answer.status_code == 303
    assert '<html lang="es">' in as_alice.get("/account").text


def test_a_language_that_is_not_spoken_is_refused(as_alice: AuditingClient, cast: Cast) -> None:
    assert as_alice.post("/account/language", data={"language": "xx"}).status_code == 422
    assert db.session.get_one(Person, cast.alice.id).language == "en"
