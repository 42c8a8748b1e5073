"""GET /api/catalogue/<version>.json: what a tablet keeps of the catalogue."""

from __future__ import annotations

from flask import Flask

from app.clinical.catalogue import catalogue
from app.clinical.catalogue.tablet import for_tablet
from app.extensions import begin_write, db
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import nothing_changed
from tests.factories import Cast
from tests.tablets import JSON


def address() -> str:
    return f"/api/catalogue/{catalogue().version}.json"


def test_a_version_never_changes_so_a_tablet_keeps_it(as_alice: AuditingClient) -> None:
    answer = as_alice.get(address(), query_string={"lang": "en"})

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.json == for_tablet(catalogue(), "en")
    assert answer.json["version"] == catalogue().version
    assert len(answer.json["protocols"]["PREEMPT-155"]["sites"]) == 31


def test_the_address_says_the_language_whoever_asks(cast: Cast, as_alice: AuditingClient) -> None:
    english, spanish = for_tablet(catalogue(), "en"), for_tablet(catalogue(), "es")

    for_now = as_alice.get(address(), query_string={"lang": "es"}).json
    unsaid = as_alice.get(address()).json
    unknown = as_alice.get(address(), query_string={"lang": "tlh"}).json
    begin_write()
    cast.alice.language = "es"
    db.session.commit()
    kept_english = as_alice.get(address(), query_string={"lang": "en"}).json

    assert (for_now, unsaid, unknown, kept_english) == (spanish, english, english, english)
    assert as_alice.get(address()).json == spanish


def test_a_version_that_is_gone_says_so(as_alice: AuditingClient) -> None:
    with nothing_changed():
        answer = as_alice.get("/api/catalogue/2020.01.json", headers=JSON)

    assert answer.status_code == 404
    assert answer.json == {
        "error": "This version of the catalogue is no longer served. Reload the page."
    }


def test_the_catalogue_holds_no_patient_so_anybody_signed_in_reads_it(
    app: Flask, cast: Cast
) -> None:
    with nothing_changed("person.signed_in"):
        stranger = new_client(app).get(address(), headers=JSON)
        administrator = signed_in(app, cast.eve).get(address())

    assert (stranger.status_code, administrator.status_code) == (401, 200)
