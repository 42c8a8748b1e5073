"""Pages that say what went wrong: what is so, what is safe, the way on."""

from __future__ import annotations

import pytest
from flask import Flask

from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed, trail
from tests.factories import Cast


def test_an_unknown_address_says_so_and_offers_the_way_back(as_alice: AuditingClient) -> None:
    answer = as_alice.get("/nowhere")

    assert answer.status_code == 404
    assert "<h1>Not here</h1>" in answer.text
    assert "Back to the start" in answer.text


def test_an_unknown_address_before_set_up_leads_nowhere_else(client: AuditingClient) -> None:
    assert client.get("/nowhere").status_code == 404


def test_a_form_that_is_too_old_says_that_nothing_changed(as_alice: AuditingClient) -> None:
    answer = as_alice.post("/account/language", data={"language": "es"}, csrf=False)

    assert answer.status_code == 400
    assert "Nothing was changed." in answer.text
    assert '<html lang="en">' in as_alice.get("/account").text


def test_what_is_not_ones_own_says_why(app: Flask, cast: Cast) -> None:
    answer = signed_in(app, cast.dan).get("/admin/people")

    assert answer.status_code == 403
    assert "Only an administrator changes people and settings." in answer.text


def test_that_somebody_was_refused_is_in_the_trail_with_what_they_are_and_no_address(
    app: Flask, cast: Cast
) -> None:
    dans = signed_in(app, cast.dan)
    patient = factories.patient(cast.dan)

    with nothing_changed("act.refused", "act.refused"):
        assert dans.get("/admin/people?q=oduya").status_code == 403
        assert dans.post(f"/patients/{patient.id}/treatments").status_code == 403

    entry = last_entry("act.refused")
    assert (entry.by_id, entry.outcome, entry.subject_id) == (cast.dan.id, "refused", None)
    assert entry.details == {
        "endpoint": "treatments.start",
        "method": "POST",
        "roles": ["staff"],
    }
    assert all(str(patient.id) not in str(row.details) for row in trail())


def test_too_large_a_form_is_refused_before_it_is_read(as_alice: AuditingClient) -> None:
    answer = as_alice.post("/patients/new", data={"given_name": "x" * 2_000_000})

    assert answer.status_code == 413
    assert "Nothing was changed." in answer.text


@pytest.mark.parametrize("path", ["/nowhere", "/admin/people"])
def test_a_program_gets_the_same_as_json(as_alice: AuditingClient, path: str) -> None:
    answer = as_alice.get(path, headers={"Accept": "application/json"})

    assert answer.status_code in (403, 404)
    assert list(answer.get_json()) == ["error"]


def test_every_page_and_every_error_carries_its_policy(as_alice: AuditingClient) -> None:
    for path in ("/", "/patients", "/account", "/verify", "/nowhere", "/admin/people"):
        headers = as_alice.get(path).headers

        assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
