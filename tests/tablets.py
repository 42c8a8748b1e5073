"""What tablets and browsers do at a session over HTTP, alone and all at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.clinical.catalogue import catalogue
from app.extensions import db
from app.models import Treatment
from app.treatments.said import reading_all
from tests.clients import AuditingClient, new_client

SESSION_COOKIE = "stipple"
JSON = {"Accept": "application/json"}


def save(browser: AuditingClient, treatment_id: UUID, body: Any) -> TestResponse:
    """Send a whole chart."""
    return browser.put(f"/treatments/{treatment_id}/chart", json=body)


def read(browser: AuditingClient, treatment_id: UUID) -> dict[str, Any]:
    """The chart as it stands, with its figures."""
    answer = browser.get(f"/treatments/{treatment_id}/chart", headers=JSON)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def sign(
    browser: AuditingClient, treatment_id: UUID, revision: int, pin: str, *, drawn: str = ""
) -> TestResponse:
    """Sign what was reviewed, every warning read."""
    sent = {"revision": revision, "pin": pin, "drawn": drawn, **warnings_read(treatment_id)}
    return browser.post(f"/treatments/{treatment_id}/signature", data=sent)


def warnings_read(treatment_id: UUID) -> dict[str, str]:
    """The field that says which warnings of the review page were read."""
    treatment = db.session.get(Treatment, treatment_id)
    if treatment is None or not treatment.is_draft:
        return {}
    return {"read": reading_all(treatment, now=clock.now()).read}


def again(body: Mapping[str, Any], revision: int, **changes: Any) -> dict[str, Any]:
    """The next save of the same chart, with what changed."""
    return {**body, "save": str(uuid4()), "revision": revision, **changes}


def without_envelope(body: Mapping[str, Any]) -> dict[str, Any]:
    """The chart alone, with its instants as they are read back."""
    return {key: _with_z(value) for key, value in body.items() if key not in ("save", "revision")}


def _with_z(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_z(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_z(item) for item in value]
    return value.replace("+00:00", "Z") if isinstance(value, str) else value


def laid(protocol_id: str, preparation: str | None = None, **changes: Any) -> list[dict[str, Any]]:
    """Every site of a protocol, planned, as a tablet lays it."""
    protocol = catalogue().protocols[protocol_id]
    return [
        {
            "key": str(uuid4()),
            "map": site.map,
            "x": f"{site.x:.2f}",
            "y": f"{site.y:.2f}",
            "muscle": site.muscle,
            "other": None,
            "units": f"{site.units or 10}",
            "depth": site.depth,
            "state": "planned",
            "preparation": preparation,
            "indication": protocol.indication,
            "protocol": protocol.id,
            "protocol_site": site.id,
            "given_at": None,
            **changes,
        }
        for site in protocol.sites
    ]


def another_window(browser: AuditingClient) -> AuditingClient:
    """The same browser's next window: the same sign-in, requests of its own."""
    cookie = browser.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    window = new_client(browser.application)
    window.set_cookie(SESSION_COOKIE, cookie.value)
    assert window.get("/account").status_code == 200
    return window


def at_once(app: Flask, requests: Sequence[Callable[[], TestResponse]]) -> list[TestResponse]:
    """Send all of these at the same moment, each from a thread; the answers in their order."""
    start = threading.Barrier(len(requests))

    def send(request: Callable[[], TestResponse]) -> TestResponse:
        with app.app_context():
            start.wait(timeout=30)
            try:
                return request()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(requests)) as threads:
        answers = list(threads.map(send, requests))
    db.session.rollback()  # What the test's own session holds is read afresh.
    return answers
