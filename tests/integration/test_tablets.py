"""GET /admin/tablets: what an administrator shows to a new tablet."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from app import tls
from tests.clients import AuditingClient, new_client, signed_in
from tests.factories import PASSWORD, Cast

URL, TRUST_URL = "https://clinic.local:8000", "http://clinic.local:8001"


@pytest.fixture
def on_the_network(app: Flask) -> tls.Root:
    """The root of a clinic that is served over TLS."""
    app.config |= {"STIPPLE_URL": URL, "STIPPLE_TRUST_URL": TRUST_URL}
    return tls.root_for(
        "clinic.local",
        Path(app.instance_path),
        secret=bytes(32),
        now=datetime.now(UTC),
    )


@pytest.fixture
def administrator(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.eve)


def test_it_shows_the_steps_the_fingerprint_and_both_addresses(
    administrator: AuditingClient, on_the_network: tls.Root
) -> None:
    page = administrator.get("/admin/tablets")

    assert page.status_code == 200
    assert "Trust this clinic on an iPad" in page.text
    assert " ".join(on_the_network.fingerprint[:8]) in page.text
    assert URL in page.text
    assert TRUST_URL in page.text
    assert page.text.count('class="qr__ink"') == 2


@pytest.mark.parametrize(
    ("on", "heading"),
    [("android", "on an Android tablet"), ("computer", "on a computer"), ("fridge", "on an iPad")],
)
def test_it_shows_the_steps_of_other_devices(
    administrator: AuditingClient, on_the_network: tls.Root, on: str, heading: str
) -> None:
    assert heading in administrator.get(f"/admin/tablets?on={on}").text


def test_where_only_this_machine_is_served_it_says_how_to_let_tablets_in(
    administrator: AuditingClient,
) -> None:
    assert "make run HOST=0.0.0.0" in administrator.get("/admin/tablets").text


def test_with_a_certificate_that_browsers_trust_there_is_nothing_to_install(
    app: Flask, cast: Cast
) -> None:
    app.config |= {"STIPPLE_URL": "https://stipple.clinic.example", "STIPPLE_TRUST_URL": ""}

    page = signed_in_over_tls(app, cast).get("/admin/tablets", base_url="https://localhost")

    assert "nothing to install" in page.text
    assert "https://stipple.clinic.example" in page.text


def signed_in_over_tls(app: Flask, cast: Cast) -> AuditingClient:
    browser = new_client(app)
    browser.get("/login", base_url="https://localhost")
    browser.post(
        "/login",
        data={"username": cast.eve.username, "password": PASSWORD},
        base_url="https://localhost",
    )
    return browser


@pytest.mark.parametrize("name", ["alice", "dan"])
def test_it_is_the_administrators_alone(
    app: Flask, cast: Cast, on_the_network: tls.Root, name: str
) -> None:
    assert signed_in(app, getattr(cast, name)).get("/admin/tablets").status_code == 403
    assert new_client(app).get("/admin/tablets").status_code == 401
