"""/admin/people and what lies under it: who may come in, as what, and who no longer may."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit import AuditEntry
from app.extensions import begin_write, db
from app.models import Person, Role
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.factories import Cast

FORM: dict[str, Any] = {
    "name": "Tomas Reyes",
    "credentials": "RN",
    "username": "TReyes",
    "roles": ["assistant"],
}


@pytest.fixture
def as_eve(app: Flask, cast: Cast) -> AuditingClient:
    """The administrator, signed in."""
    return signed_in(app, cast.eve)


def by_username(username: str) -> Person | None:
    return db.session.scalars(select(Person).where(Person.username == username)).one_or_none()


def test_everyone_is_listed_with_roles(as_eve: AuditingClient) -> None:
    page = as_eve.get("/admin/people").text

    assert "Alice Amari, MD" in page
    assert "provider, prescriber" in page
    assert "administrator" in page


def test_somebody_new_gets_a_start_password_that_is_shown_once(
    app: Flask, as_eve: AuditingClient
) -> None:
    answer = as_eve.post("/admin/people/new", data=FORM)

    assert answer.status_code == 201
    shown = re.search(r'class="start-password">([^<]+)<', answer.text)
    assert shown
    person = by_username("treyes")
    assert person is not None
    assert person.roles == ["assistant"]
    assert person.must_change_password
    assert person.password_is(shown[1])
    assert shown[1] not in as_eve.get("/admin/people").text
    browser = new_client(app)
    first = browser.post("/login", data={"username": "treyes", "password": shown[1]})
    assert first.status_code == 303
    assert browser.get("/").headers["Location"] == "/account"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "person.created")).one()
    assert shown[1] not in str(entry.details)


def test_a_start_password_of_ones_own_choice_is_taken(as_eve: AuditingClient) -> None:
    as_eve.post("/admin/people/new", data={**FORM, "start_password": "seven quiet herons"})

    person = by_username("treyes")
    assert person is not None
    assert person.password_is("seven quiet herons")
    assert person.must_change_password


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Enter the name as it stands on a note."),
        ("name", "x" * 300, "Keep this within 120 characters."),
        ("username", "Alice", "This user name is taken. Choose another."),
        ("username", "a b", "Use 2 to 60 characters without spaces, @ or slashes."),
        ("roles", [], "Choose at least one role."),
        ("roles", ["owner"], "Choose from the list."),
        ("roles", ["prescriber"], "A prescriber is a provider as well. Choose both."),
        ("start_password", "short", "Use at least 12 characters."),
        ("start_password", "tomasreyes2026", "This is built on your name"),
    ],
)
def test_what_is_not_right_makes_nobody(
    as_eve: AuditingClient, field: str, value: Any, sentence: str
) -> None:
    answer = as_eve.post("/admin/people/new", data={**FORM, field: value})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert by_username("treyes") is None


def test_a_change_of_roles_signs_the_person_out(
    app: Flask, as_eve: AuditingClient, cast: Cast
) -> None:
    browser = signed_in(app, cast.dan)
    form = {"name": "Dan Dufour", "credentials": "", "roles": ["staff", "assistant"]}

    answer = as_eve.post(f"/admin/people/{cast.dan.id}", data=form)

    assert answer.status_code == 303
    assert browser.get("/").status_code == 401
    db.session.refresh(cast.dan)
    assert set(cast.dan.roles) == {"staff", "assistant"}
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "person.edited")).one()
    assert entry.details["before"]["roles"] == ["staff"]


def test_a_changed_name_retires_the_key_that_carries_the_old_one(
    as_eve: AuditingClient, cast: Cast
) -> None:
    form = {"name": "Bob Brandt", "credentials": "DO", "roles": ["provider", "prescriber"]}

    as_eve.post(f"/admin/people/{cast.bob.id}", data=form)

    db.session.refresh(cast.bob)
    assert cast.bob.signing_key is None
    assert len(cast.bob.keys) == 1


def test_a_user_name_and_a_password_are_not_changed_by_the_form(
    as_eve: AuditingClient, cast: Cast
) -> None:
    before = cast.dan.password_hash
    form = {
        "name": "Dan Dufour",
        "roles": ["staff"],
        "username": "root",
        "password_hash": "x",
        "start_password": "seven quiet herons",
    }

    as_eve.post(f"/admin/people/{cast.dan.id}", data=form)

    db.session.refresh(cast.dan)
    assert (cast.dan.username, cast.dan.password_hash) == ("dan", before)


def test_a_new_start_password_replaces_the_forgotten_one(
    app: Flask, as_eve: AuditingClient, cast: Cast
) -> None:
    browser = signed_in(app, cast.dan)

    answer = as_eve.post(f"/admin/people/{cast.dan.id}/start-password")

    assert answer.status_code == 201
    assert browser.get("/").status_code == 401
    old = {"username": "dan", "password": factories.PASSWORD}
    assert new_client(app).post("/login", data=old).status_code == 401


def test_who_leaves_is_signed_out_at_once_and_may_come_back(
    app: Flask, as_eve: AuditingClient, cast: Cast
) -> None:
    browser = signed_in(app, cast.dan)

    gone = as_eve.post(f"/admin/people/{cast.dan.id}/deactivation")

    assert gone.status_code == 303
    assert browser.get("/").status_code == 401
    typed = {"username": "dan", "password": factories.PASSWORD}
    assert new_client(app).post("/login", data=typed).status_code == 401

    assert as_eve.post(f"/admin/people/{cast.dan.id}/reactivation").status_code == 303
    assert new_client(app).post("/login", data=typed).status_code == 303
    acts = set(db.session.scalars(select(AuditEntry.act)))
    assert {"person.deactivated", "person.reactivated"} <= acts


def test_the_last_administrator_stays_one(as_eve: AuditingClient, cast: Cast) -> None:
    address = f"/admin/people/{cast.eve.id}"

    left = as_eve.post(f"{address}/deactivation")
    demoted = as_eve.post(address, data={"name": "Eve Ekholm", "roles": ["staff"]})

    assert left.status_code == 403
    assert demoted.status_code == 422
    assert "Eve Ekholm is the only administrator." in demoted.text
    assert as_eve.get("/admin/people").status_code == 200


def test_with_a_second_administrator_the_first_may_leave(
    as_eve: AuditingClient, cast: Cast
) -> None:
    begin_write()
    cast.dan.roles = [*cast.dan.roles, str(Role.ADMINISTRATOR)]
    db.session.commit()

    assert as_eve.post(f"/admin/people/{cast.eve.id}/deactivation").status_code == 303
    assert as_eve.get("/admin/people").status_code == 401


def test_an_administrator_who_already_left_does_not_count(
    as_eve: AuditingClient, cast: Cast
) -> None:
    begin_write()
    cast.dan.roles = [*cast.dan.roles, str(Role.ADMINISTRATOR)]
    cast.dan.deactivate(now=clock.now())
    db.session.commit()

    assert as_eve.post(f"/admin/people/{cast.eve.id}/deactivation").status_code == 403


def test_only_administrators_see_people(app: Flask, cast: Cast) -> None:
    for person in (cast.alice, cast.carol, cast.dan):
        browser = signed_in(app, person)

        assert browser.get("/admin/people").status_code == 403
        assert browser.post("/admin/people/new", data=FORM).status_code == 403
        assert browser.post(f"/admin/people/{cast.eve.id}/deactivation").status_code == 403
        assert browser.post(f"/admin/people/{person.id}", data=FORM).status_code == 403


def test_nobody_of_an_unknown_id_is_there(as_eve: AuditingClient) -> None:
    assert as_eve.get(f"/admin/people/{uuid4()}").status_code == 404
    assert as_eve.post(f"/admin/people/{uuid4()}/deactivation").status_code == 404
