"""A browser for tests: it sends what a page's form would send, and audits every page it gets."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.extensions import db
from app.models import Person
from tests import factories, pages

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CSRF_META = re.compile(r'<meta name="csrf-token" content="([^"]+)"')


class AuditingClient(FlaskClient):
    """A browser that sends the page's CSRF token, and fails on any page that breaks a rule.

    `csrf=False` sends a request without token, as another site would.
    """

    _token: str | None = None

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> TestResponse:
        """Request something; what the test's own session holds is read afresh afterwards."""
        assert not [*db.session.new, *db.session.dirty], "commit what the test has made first"
        db.session.rollback()
        if csrf and kwargs.get("method") in UNSAFE:
            headers = dict(kwargs.pop("headers", None) or {})
            kwargs["headers"] = {"X-CSRFToken": self._csrf_token(), **headers}
        # In a context of its own, as a server has it: what one request keeps in `g` ends with it.
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        db.session.rollback()
        self._look_at(answer)
        return answer

    def _csrf_token(self) -> str:
        if self._token is None:
            for path in ("/account", "/login", "/setup"):
                self.open(path, method="GET")
                if self._token is not None:
                    break
        assert self._token is not None, "no page gives a CSRF token"
        return self._token

    def _look_at(self, answer: TestResponse) -> None:
        if "Set-Cookie" in answer.headers:
            self._token = None  # Another session has another token.
        # The body of a redirection is Werkzeug's; no browser shows it. What is compressed is looked
        # at by the tests that ask for it.
        if answer.mimetype != "text/html" or answer.location or answer.content_encoding:
            return
        found = pages.faults(answer.text, answer.headers.get("Content-Security-Policy"))
        assert not found, f"{answer.request.path}: {'; '.join(found)}"
        if match := CSRF_META.search(answer.text):
            self._token = match[1]


def new_client(app: Flask) -> AuditingClient:
    """Another browser."""
    app.test_client_class = AuditingClient
    browser: AuditingClient = app.test_client()  # type: ignore[assignment]
    return browser


def signed_in(app: Flask, person: Person) -> AuditingClient:
    """Another browser, in which this person has signed in."""
    browser = new_client(app)
    browser.get("/login")  # The page that is sent from, as in a browser; its token is used.
    answer = browser.post(
        "/login", data={"username": person.username, "password": factories.PASSWORD}
    )
    assert answer.status_code == 303, answer.text
    return browser
