"""The gate before every request: the host's own names, TLS from elsewhere, one proxy believed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.extensions import db
from tests.clients import AuditingClient, new_client
from tests.databases import configuration
from tests.factories import PASSWORD, Cast

PUBLIC = "https://stipple.clinic.example"
PROXY = "10.0.0.5"


def ask(client: AuditingClient, path: str = "/login", **environ: str) -> TestResponse:
    """A request as it comes over the wire: from whom, for which host, over what."""
    known = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000", "wsgi.url_scheme": "http"}
    return client.get(path, environ_overrides={**known, **environ})


@pytest.fixture
def named(app: Flask, cast: Cast) -> AuditingClient:
    """A browser of a clinic that is served as clinic.local."""
    app.config["STIPPLE_HOSTNAME"] = "clinic.local"
    return new_client(app)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "clinic.local",
        "CLINIC.local.:8",
    ],
)
def test_the_hosts_own_names_are_let_in(named: AuditingClient, host: str) -> None:
    assert ask(named, HTTP_HOST=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "clinic.local.attacker.example", "192.168.1.20:8000", "", "[::", "a b"],
)
def test_another_name_is_refused_with_a_sentence_and_no_session(
    named: AuditingClient, host: str
) -> None:
    answer = ask(named, HTTP_HOST=host)

    assert answer.status_code == 421
    assert "Open it at the address that its terminal shows." in answer.text
    assert answer.mimetype == "text/plain"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_sentence_is_in_the_readers_language(named: AuditingClient) -> None:
    answer = ask(named, HTTP_HOST="attacker.example", HTTP_ACCEPT_LANGUAGE="es-MX,es;q=0.9")

    assert "Stipple" in answer.text
    assert "address" not in answer.text


@pytest.mark.parametrize("peer", ["192.168.1.30", "fd00::2", "::ffff:192.168.1.30", "", "unix:"])
def test_nobody_elsewhere_is_let_in_without_tls(named: AuditingClient, peer: str) -> None:
    answer = ask(named, REMOTE_ADDR=peer)

    assert answer.status_code == 403
    assert "begins with https" in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_itself_may_speak_plainly(named: AuditingClient, peer: str) -> None:
    answer = ask(named, REMOTE_ADDR=peer)

    assert answer.status_code == 200
    assert answer.headers["Set-Cookie"].startswith("stipple=")


def test_over_tls_everybody_is_let_in(named: AuditingClient) -> None:
    answer = ask(
        named,
        REMOTE_ADDR="192.168.1.30",
        HTTP_HOST="clinic.local:8000",
        **{"wsgi.url_scheme": "https"},
    )

    assert answer.status_code == 200
    assert answer.headers["Set-Cookie"].startswith("__Host-stipple=")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_who_says_to_speak_for_others_is_not_believed(named: AuditingClient) -> None:
    forged = {
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": "clinic.local",
        "HTTP_X_FORWARDED_FOR": "127.0.0.1",
        "HTTP_FORWARDED": "for=127.0.0.1;proto=https;host=clinic.local",
    }

    assert ask(named, REMOTE_ADDR="192.168.1.30", **forged).status_code == 403
    here = ask(named, **forged)
    assert here.headers["Set-Cookie"].startswith("stipple=")


@pytest.fixture
def behind_proxy(engine: str, request: pytest.FixtureRequest) -> Any:
    """A browser of a clinic that a proxy on another machine stands before."""
    name = "fresh_sqlite" if engine == "sqlcipher" else "fresh_postgresql"
    told = {"STIPPLE_PROXY": f"{PROXY}, 127.0.0.1", "STIPPLE_PUBLIC_URL": PUBLIC}
    app = create_app({**request.getfixturevalue(name), **told})
    with app.app_context():
        yield new_client(app)
        db.session.remove()
        db.engine.dispose()


def forwarded(proto: str = "https", host: str = "stipple.clinic.example") -> dict[str, str]:
    return {
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_X_FORWARDED_PROTO": proto,
        "HTTP_X_FORWARDED_HOST": host,
        "HTTP_X_FORWARDED_FOR": "198.51.100.7",
    }


@pytest.mark.parametrize("proxy", [PROXY, "127.0.0.1"])
def test_the_proxy_is_believed_and_cookies_are_secure(
    behind_proxy: AuditingClient, proxy: str
) -> None:
    answer = ask(behind_proxy, "/setup", REMOTE_ADDR=proxy, **forwarded())

    assert answer.status_code == 200
    assert answer.headers["Set-Cookie"].startswith("__Host-stipple=")
    assert "Strict-Transport-Security" in answer.headers


def test_what_came_to_the_proxy_in_the_clear_gets_no_session(
    behind_proxy: AuditingClient,
) -> None:
    for given in (forwarded(proto="http"), {"HTTP_HOST": "localhost"}):
        answer = ask(behind_proxy, "/setup", **given)

        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
    # The proxy's own look at whether Stipple is well.
    assert ask(behind_proxy, "/healthz").status_code == 200


def test_the_proxy_cannot_be_used_under_another_name(behind_proxy: AuditingClient) -> None:
    answer = ask(behind_proxy, "/setup", REMOTE_ADDR=PROXY, **forwarded(host="attacker.example"))

    assert answer.status_code == 421


def test_a_form_is_taken_over_tls_though_pages_send_no_referer(app: Flask, cast: Cast) -> None:
    browser = new_client(app)
    page = browser.get("/login", base_url="https://localhost")
    assert page.status_code == 200

    answer = browser.post(
        "/login",
        data={"username": cast.alice.username, "password": PASSWORD},
        base_url="https://localhost",
    )
    without_token = browser.post(
        "/login",
        data={"username": cast.alice.username, "password": PASSWORD},
        base_url="https://localhost",
        csrf=False,
    )

    assert answer.status_code == 303
    assert without_token.status_code == 400


def test_a_proxy_that_is_no_address_is_refused(tmp_path: Any) -> None:
    with pytest.raises(Exception, match="STIPPLE_PROXY is nginx"):
        create_app({**configuration(tmp_path), "STIPPLE_PROXY": "nginx"})
