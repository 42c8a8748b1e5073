"""GET and POST /setup: the first run, guarded by a code, done once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit import AuditEntry
from app.auth import setup_code
from app.extensions import db
from app.models import Authority, Clinic, Person, Role
from tests.clients import AuditingClient
from tests.factories import Cast

FORM = {
    "clinic_name": "Harbour Lane Neurology and Skin",
    "address": "418 Harbour Lane, Suite 2\r\nFairhaven, ME 04999",
    "telephone": "207-555-0142",
    "time_zone": "America/New_York",
    "paper": "letter",
    "name": "Ines Halloran",
    "credentials": "MD",
    "username": "IHalloran",
    "password": "lantern cello ferry pond",
    "password_again": "lantern cello ferry pond",
    "treats": "y",
    "pin": "493827",
    "pin_again": "493827",
}


@pytest.fixture
def let_in(app: Flask, client: AuditingClient) -> AuditingClient:
    """A browser in which the right code was typed."""
    answer = client.post("/setup", data={"code": setup_code.fresh_code()})
    assert answer.status_code == 303
    return client


def count(kind: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


def test_the_first_visit_leads_to_the_set_up(client: AuditingClient) -> None:
    answer = client.get("/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup")
    assert "Code from the terminal" in client.get("/setup").text


def test_a_wrong_code_opens_nothing_and_says_where_the_right_one_is(
    app: Flask, client: AuditingClient
) -> None:
    setup_code.fresh_code()

    answer = client.post("/setup", data={"code": "AAAA-AAAA"})

    assert answer.status_code == 422
    assert "It stands in the terminal" in answer.text
    assert "Clinic and letterhead</h2>" not in client.get("/setup").text


def test_without_a_printed_code_no_code_is_right(client: AuditingClient) -> None:
    assert client.post("/setup", data={"code": ""}).status_code == 422


def test_a_newer_code_ends_the_one_before(app: Flask, client: AuditingClient) -> None:
    first = setup_code.fresh_code()
    second = setup_code.fresh_code()

    assert client.post("/setup", data={"code": first}).status_code == 422
    assert client.post("/setup", data={"code": second}).status_code == 303


def test_a_code_is_read_in_any_case_and_without_its_hyphen(
    app: Flask, client: AuditingClient
) -> None:
    code = setup_code.fresh_code()

    answer = client.post("/setup", data={"code": f" {code.lower().replace('-', ' ')} "})

    assert answer.status_code == 303


def test_set_up_founds_the_clinic_and_signs_its_first_person_in(let_in: AuditingClient) -> None:
    answer = let_in.post("/setup", data=FORM)

    assert answer.status_code == 303
    clinic = db.session.scalars(select(Clinic)).one()
    assert clinic.address_lines == ["418 Harbour Lane, Suite 2", "Fairhaven, ME 04999"]
    assert clinic.time_zone == "America/New_York"
    person = db.session.scalars(select(Person)).one()
    assert person.username == "ihalloran"
    assert set(person.roles) == {Role.PROVIDER, Role.PRESCRIBER, Role.ADMINISTRATOR}
    assert person.password_hash.startswith("$argon2id$")
    assert person.signing_key is not None
    assert count(Authority) == 1
    assert "Ines Halloran, MD" in let_in.get("/").text
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "clinic.set_up")).one()
    assert entry.by_id == person.id


def test_an_administrator_who_does_not_treat_has_no_key_and_no_patients(
    let_in: AuditingClient,
) -> None:
    form = {key: value for key, value in FORM.items() if key not in ("treats", "pin", "pin_again")}

    answer = let_in.post("/setup", data=form)

    assert answer.headers["Location"] == "/admin/people"
    person = db.session.scalars(select(Person)).one()
    assert person.roles == [Role.ADMINISTRATOR]
    assert person.signing_key is None


def test_set_up_is_gone_after_its_first_use(let_in: AuditingClient) -> None:
    let_in.post("/setup", data=FORM)

    assert let_in.get("/setup").status_code == 404
    assert let_in.post("/setup", data=FORM).status_code == 404
    assert count(Clinic) == 1


def test_set_up_is_gone_where_people_are(app: Flask, cast: Cast, client: AuditingClient) -> None:
    code = setup_code.fresh_code()

    assert client.post("/setup", data={"code": code}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("clinic_name", " ", "Enter the clinic’s name."),
        ("clinic_name", "x" * 300, "Keep this within 120 characters."),
        ("address", "1\n2\n3\n4\n5", "Use at most four lines."),
        ("time_zone", "Mars/Olympus", "Choose one from the list, for example America/New_York."),
        ("paper", "papyrus", "Choose Letter or A4."),
        ("username", "two words", "Use 2 to 60 characters without spaces, @ or slashes."),
        ("password", "short", "Use at least 12 characters. A few words do."),
        ("password", "Password123456", "This is among the first passwords that are tried."),
        ("password", "Harbour Lane Neurology", "This is built on your name"),
        ("password_again", "another one entirely", "The two passwords differ."),
        ("pin", "123456", "This PIN follows a simple pattern."),
        ("pin", "12a456", "A PIN has 6 to 12 digits and nothing else."),
        ("pin_again", "493828", "The two PINs differ."),
    ],
)
def test_what_is_not_right_is_said_at_its_field_and_founds_nothing(
    let_in: AuditingClient, field: str, value: str, sentence: str
) -> None:
    answer = let_in.post("/setup", data={**FORM, field: value})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Ines Halloran" in answer.text, "what was typed is kept"
    assert FORM["pin"] not in answer.text
    assert FORM["password"] not in answer.text
    assert count(Clinic) == count(Person) == 0


def test_a_zone_is_found_by_its_city(let_in: AuditingClient) -> None:
    let_in.post("/setup", data={**FORM, "time_zone": "los angeles"})

    assert db.session.scalars(select(Clinic)).one().time_zone == "America/Los_Angeles"


def test_the_form_gives_nobody_a_role_it_does_not_ask_for(let_in: AuditingClient) -> None:
    answer = let_in.post("/setup", data={**FORM, "roles": "assistant"})

    assert answer.status_code == 400
    assert count(Clinic) == count(Person) == 0


def test_the_code_sent_twice_leads_to_the_next_page(let_in: AuditingClient) -> None:
    answer = let_in.post("/setup", data={"code": "sent once more"})

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/setup"
