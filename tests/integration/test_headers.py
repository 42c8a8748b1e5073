"""Every answer, an error as much as a page, says how a browser must treat it."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories
from tests.clients import new_client, signed_in
from tests.factories import ALICES_PIN, Cast
from tests.tablets import JSON, again, save, sign

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def faults_of(answer: TestResponse) -> list[str]:
    """What an answer's headers leave open."""
    found = [name for name, value in ALWAYS.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    needed = ("default-src 'self'", "script-src 'self'", "style-src 'self'", "object-src 'none'")
    found += [
        part for part in (*needed, "frame-ancestors 'none'") if part not in policy.split("; ")
    ]
    if "unsafe" in policy:
        found.append(policy)
    if answer.headers.get("Cache-Control") != "no-store":
        found.append(f"Cache-Control {answer.headers.get('Cache-Control')}")
    if "Server" in answer.headers or "X-Powered-By" in answer.headers:
        found.append("says what it runs on")
    return found


def test_no_answer_is_kept_or_framed_or_guessed_at(app: Flask, cast: Cast) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    other = factories.patient(cast.dan)
    signed = factories.treatment(other, by=cast.alice, clinic=cast.clinic)
    factories.sign(factories.chart(signed, by=cast.alice), by=cast.alice, clinic=cast.clinic)
    alice, dan, eve = (signed_in(app, person) for person in (cast.alice, cast.dan, cast.eve))
    stranger = new_client(app)
    body = factories.chart_body(draft)
    here, note = f"/treatments/{draft.id}", f"/treatments/{signed.id}"
    large = {"reason": "x" * 2_000_000}

    answers = {
        200: [
            alice.get("/"),
            alice.get(f"{here}/chart"),
            alice.get(f"{here}/chart", headers=JSON),
            save(alice, draft.id, body),
            alice.get(f"{here}/signature"),
            dan.get(note),
            dan.get(f"{note}/note.pdf"),
            dan.get("/notes"),
            stranger.get("/healthz"),
            stranger.get("/verify"),
            stranger.get("/login"),
        ],
        303: [alice.get(here), dan.post(f"{note}/copies", data={"reason": "for the payer"})],
        400: [alice.post(f"{here}/discard", csrf=False)],
        401: [stranger.get(here), stranger.get(here, headers=JSON)],
        403: [dan.get(f"{here}/chart"), sign(alice, draft.id, 1, "904177")],
        404: [eve.get(here), alice.get("/nowhere"), alice.get("/static/nothing.js")],
        405: [alice.delete(here)],
        409: [save(alice, draft.id, again(body, 0)), sign(alice, signed.id, 1, ALICES_PIN)],
        413: [alice.post(f"{here}/discard", data=large)],
        422: [save(alice, draft.id, []), alice.post(f"{here}/performer")],
    }

    for status, found in answers.items():
        assert [answer.status_code for answer in found] == [status] * len(found)
        for answer in found:
            if answer.request.path.startswith("/static/"):
                continue
            assert not faults_of(answer), (answer.request.method, answer.request.path)
    missing = answers[404][2]
    assert missing.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in missing.headers


@pytest.mark.parametrize("path", ["css/app.css", "js/chart/sync.js", "bodymaps/axillae@1.svg"])
def test_what_is_the_same_for_everybody_may_be_kept_but_not_guessed_at(
    app: Flask, path: str
) -> None:
    answer = new_client(app).get(f"/static/{path}", buffered=True)

    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in answer.headers
    assert answer.headers.get("Cache-Control") != "no-store"


def test_over_tls_a_browser_is_told_to_stay_there(app: Flask, cast: Cast) -> None:
    app.config["STIPPLE_HOSTNAME"] = "clinic.local"
    browser = new_client(app)

    answer = browser.get("/login", base_url="https://clinic.local")
    # Another program of this machine may be at localhost too, and not speak TLS.
    here = browser.get("/login", base_url="https://localhost")

    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in here.headers
    assert "Strict-Transport-Security" not in browser.get("/login").headers
