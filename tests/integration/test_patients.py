"""GET /patients and POST /patients/search: the right patient is found, by whoever may see one."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.factories import Cast


@pytest.fixture
def people(cast: Cast) -> None:
    """Three patients."""
    for given, family, born, number in (
        ("Maren", "Oduya-Sample", date(1984, 3, 12), "004217"),
        ("José María", "Muñoz-Łukasik", date(1957, 10, 30), "002208"),
        ("Ruth", "Adeyemi-Cole", date(1984, 12, 3), "SAMPLE-9"),
    ):
        factories.patient(
            cast.alice, given_name=given, family_name=family, born=born, record_number=number
        )


def search(client: AuditingClient, typed: str) -> str:
    answer = client.post(
        "/patients/search", data={"q": typed}, headers={"X-Requested-With": "fetch"}
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    return answer.text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("oduya", "Maren"),
        ("ODUYA maren", "Maren"),
        ("munoz", "José María"),
        ("jose lukasik", "José María"),
        ("Muñoz", "José María"),
        ("cole", "Ruth"),
        ("30 Oct 1957", "José María"),
        ("October 30, 1957", "José María"),
        ("30 de octubre de 1957", "José María"),
        ("1957-10-30", "José María"),
        ("10/30/1957", "José María"),
        ("30/10/1957", "José María"),
        ("1957", "José María"),
        ("004217", "Maren"),
        ("4217", "Maren"),
        ("sample-9", "Ruth"),
        ("oduya 1984", "Maren"),
    ],
)
def test_a_patient_is_found_by_name_birth_date_or_number(
    as_alice: AuditingClient, people: None, typed: str, found: str
) -> None:
    text = search(as_alice, typed)

    assert found in text
    assert text.count("<li>") == 1


def test_two_numbers_of_a_date_are_read_both_ways(as_alice: AuditingClient, people: None) -> None:
    text = search(as_alice, "3/12/1984")

    assert "Maren" in text
    assert "Ruth" in text


def test_what_sql_reads_as_a_pattern_finds_nobody(as_alice: AuditingClient, people: None) -> None:
    for typed in ("%", "_", "' or 1=1 --"):
        assert 'data-found="0"' in search(as_alice, typed)


def test_a_name_that_is_almost_right_is_offered(as_alice: AuditingClient, people: None) -> None:
    text = search(as_alice, "Oduja")

    assert "No one found for “Oduja”" in text
    assert "Did you mean Maren Oduya-Sample, born 12 Mar 1984?" in text


def test_a_name_like_nobodys_offers_to_add_one(as_alice: AuditingClient, people: None) -> None:
    text = search(as_alice, "Zzyzx")

    assert "Did you mean" not in text
    assert "/patients/new" in text


def test_what_was_typed_is_shown_as_text(as_alice: AuditingClient, people: None) -> None:
    assert "&lt;script&gt;" in search(as_alice, "<script>alert(1)</script>")


def test_the_search_works_by_address_too(as_alice: AuditingClient, people: None) -> None:
    assert "Maren" in as_alice.get("/patients?q=oduya").text


def test_without_a_script_the_search_answers_with_a_whole_page(
    as_alice: AuditingClient, people: None
) -> None:
    answer = as_alice.post("/patients/search", data={"q": "oduya"})

    assert "<h1>Patients</h1>" in answer.text
    assert "Maren" in answer.text


def test_an_empty_clinic_says_so(as_alice: AuditingClient) -> None:
    assert "No patients yet" in as_alice.get("/patients").text


def test_who_sees_no_patient_finds_none(app: Flask, cast: Cast, people: None) -> None:
    browser = signed_in(app, cast.eve)

    assert browser.get("/patients?q=oduya").status_code == 403
    assert browser.post("/patients/search", data={"q": "oduya"}).status_code == 403
    assert "Patients" not in browser.get("/account").text


def test_staff_and_assistants_find_patients(app: Flask, cast: Cast, people: None) -> None:
    for person in (cast.carol, cast.dan):
        assert "Maren" in search(signed_in(app, person), "oduya")
