"""GET /healthz: whether Stipple and its database answer, for whoever watches over it."""

from __future__ import annotations

from flask import Flask

import app as stipple
from tests.clients import AuditingClient
from tests.dumps import nothing_changed
from tests.factories import Cast


def test_it_says_that_the_database_answers_and_nothing_of_the_clinic(
    app: Flask, engine: str, client: AuditingClient
) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "version": stipple.__version__, "database": engine}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_it_answers_the_same_once_there_is_a_clinic_and_writes_nothing(
    engine: str, cast: Cast, client: AuditingClient
) -> None:
    with nothing_changed():
        answer = client.get("/healthz")

    assert answer.json["database"] == engine
    assert "Quayside" not in answer.text
