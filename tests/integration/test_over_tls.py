"""`make run HOST=0.0.0.0`: TLS, the plain page of the root, renewal while it runs."""

from __future__ import annotations

import contextlib
import http.client
import plistlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from app import tls
from app.keyring import Keyring
from tests.databases import configuration, environment
from tests.integration.test_running import PATIENCE, Running, free_port, refused, started
from tests.pages import faults
from tests.rules.sources import PROJECT

NAME = "stipple.test"


class OnTheNetwork:
    """A server that the network reaches, and how its visitors speak to it."""

    def __init__(self, server: Running, place: dict[str, str], scratch: Path) -> None:
        self.server = server
        self.port = server.port
        self.trust_port = int(place["STIPPLE_TRUST_PORT"])
        self.instance = Path(place["STIPPLE_INSTANCE"])
        self._keyring = Keyring(self.instance, place["STIPPLE_KEY_FILE"])
        self._scratch = scratch

    @property
    def root(self) -> tls.Root:
        found = tls.kept_root(self.instance, secret=self._keyring.derive(tls.KEY_LABEL))
        assert found is not None
        return found

    @property
    def host_file(self) -> Path:
        """The key and certificate that the server speaks with."""
        (found,) = self._scratch.glob("stipple-*/host.pem")
        return found

    def certificate(self, name: str = NAME, trusted: bytes | None = None) -> x509.Certificate:
        """Speak TLS with whoever answers, trusting one root; what certificate was shown."""
        trusting = ssl.create_default_context(cadata=(trusted or self.root.pem).decode())
        with (
            socket.create_connection(("127.0.0.1", self.port), PATIENCE) as plain,
            trusting.wrap_socket(plain, server_hostname=name) as wrapped,
        ):
            shown = wrapped.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown)

    def get(self, path: str, host: str = NAME) -> http.client.HTTPResponse:
        """A page over TLS, from a visitor who trusts the root."""
        trusting = ssl.create_default_context(cadata=self.root.pem.decode())
        connection = http.client.HTTPSConnection(
            "localhost", self.port, timeout=PATIENCE, context=trusting
        )
        return self._answer(connection, "GET", path, {"Host": f"{host}:{self.port}"})

    def ask_plainly(
        self, path: str, method: str = "GET", **headers: str
    ) -> http.client.HTTPResponse:
        """Something from the plain port."""
        connection = http.client.HTTPConnection("127.0.0.1", self.trust_port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._answer(connection, method, path, named)

    @staticmethod
    def _answer(
        connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer


def body(answer: http.client.HTTPResponse) -> bytes:
    content: bytes = answer.body  # type: ignore[attr-defined]
    return content


@contextmanager
def on_the_network(folder: Path, **variables: str) -> Iterator[OnTheNetwork]:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    place = {
        **environment(configuration(folder)),
        "HOST": "0.0.0.0",
        "STIPPLE_HOSTNAME": NAME,
        "STIPPLE_TRUST_PORT": str(free_port()),
        "TMPDIR": str(scratch),
        **variables,
    }
    with started("run", place, free_port()) as server:
        server.wait_for("Stipple is at https://")
        yield OnTheNetwork(server, place, scratch)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnTheNetwork]:
    """One server that most of these tests look at."""
    with on_the_network(tmp_path_factory.mktemp("network")) as running:
        yield running


def test_who_trusts_the_root_is_served_over_tls(clinic: OnTheNetwork) -> None:
    answer = clinic.get("/setup")

    assert answer.status == 200
    assert answer.headers["Set-Cookie"].startswith("__Host-stipple=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    assert clinic.get("/healthz", host="localhost").headers["Strict-Transport-Security"] is None


def test_who_does_not_trust_the_root_sees_no_page(clinic: OnTheNetwork, tmp_path: Path) -> None:
    another = tls.found_root(NAME, now=datetime.now(UTC))

    with pytest.raises(ssl.SSLCertVerificationError):
        clinic.certificate(trusted=another.pem)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname mismatch"):
        clinic.certificate(name="bank.example")


def test_the_tls_port_speaks_no_plain_http_and_no_old_tls(clinic: OnTheNetwork) -> None:
    with socket.create_connection(("127.0.0.1", clinic.port), PATIENCE) as plain:
        plain.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = everything_from(plain)
    assert b"HTTP" not in said
    assert b"Stipple" not in said

    old = ssl.create_default_context(cadata=clinic.root.pem.decode())
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", clinic.port), PATIENCE) as plain,
        pytest.raises(ssl.SSLError),
    ):
        old.wrap_socket(plain, server_hostname=NAME)


def everything_from(connection: socket.socket) -> bytes:
    """What the other side says until it hangs up."""
    said = b""
    try:
        while piece := connection.recv(4096):
            said += piece
    except ConnectionError:
        pass
    return said


def test_another_host_name_is_refused(clinic: OnTheNetwork) -> None:
    answer = clinic.get("/login", host="attacker.example")

    assert answer.status == 421
    assert "Set-Cookie" not in answer.headers


def test_no_open_key_lies_in_the_instance(clinic: OnTheNetwork) -> None:
    for path in clinic.instance.rglob("*"):
        if path.is_file():
            assert b"BEGIN PRIVATE KEY" not in path.read_bytes()
    assert clinic.host_file.stat().st_mode & 0o077 == 0
    assert clinic.host_file.parent.stat().st_mode & 0o077 == 0


def test_the_terminal_says_what_to_do_on_a_tablet(tmp_path: Path) -> None:
    with on_the_network(tmp_path) as running:
        pairs = running.root.fingerprint
        for line in (" ".join(pairs[:16]), " ".join(pairs[16:])):
            running.server.wait_for(line)
        spoken = [line for line in running.server.lines if "Making" not in line]

        assert running.server.stop(signal.SIGTERM) == 0
        assert list(running._scratch.glob("stipple-*")) == []
    said = "".join(spoken)
    assert f"https://{NAME}:{running.port}" in said
    assert f"http://{NAME}:{running.trust_port}" in said
    assert len(spoken) <= 6


# --- The plain page ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "heading"),
    [
        ({}, "Trust this clinic on an iPad"),
        ({"User_Agent": "Mozilla/5.0 (Linux; Android 15; SM-X710)"}, "on an Android tablet"),
        ({"User_Agent": "Mozilla/5.0 (Windows NT 10.0; Win64)"}, "on a computer"),
        ({"Accept_Language": "es-MX,es;q=0.9,en;q=0.1"}, "Confiar en esta clínica en un iPad"),
        ({"Accept_Language": "de"}, "Trust this clinic on an iPad"),
    ],
)
def test_the_plain_page_fits_who_asks(
    clinic: OnTheNetwork, headers: dict[str, str], heading: str
) -> None:
    answer = clinic.ask_plainly("/", **headers)
    page = body(answer).decode()

    assert answer.status == 200
    assert heading in page
    assert " ".join(clinic.root.fingerprint[:8]) in page
    assert f"https://{NAME}:{clinic.port}" in page
    assert faults(page, answer.headers["Content-Security-Policy"]) == []
    assert "<script" not in page
    assert "<form" not in page


def test_everything_that_the_plain_page_names_is_served_there(clinic: OnTheNetwork) -> None:
    page = body(clinic.ask_plainly("/")).decode()
    named = {path.partition("#")[0] for path in re.findall(r'href="(/[^"]*)"', page)}
    sheets = re.findall(
        r'url\("(\w+\.css)"\)', body(clinic.ask_plainly("/static/css/app.css")).decode()
    )
    named |= {f"/static/css/{sheet}" for sheet in sheets}

    assert len(named) > 10
    for path in sorted(named):
        assert clinic.ask_plainly(path).status == 200, path


def test_it_hands_out_the_root_as_a_profile_and_as_pem(clinic: OnTheNetwork) -> None:
    pem = clinic.ask_plainly("/stipple-root.pem")
    answer = clinic.ask_plainly("/stipple.mobileconfig")
    profile = plistlib.loads(body(answer))
    (inner,) = profile["PayloadContent"]

    root = x509.load_pem_x509_certificate(body(pem))
    assert root == clinic.root.certificate
    assert b"KEY" not in body(pem)
    assert pem.headers["Content-Type"] == "application/x-x509-ca-cert"
    assert answer.headers["Content-Type"] == "application/x-apple-aspen-config"
    assert profile["PayloadType"] == "Configuration"
    assert inner["PayloadType"] == "com.apple.security.root"
    assert x509.load_der_x509_certificate(inner["PayloadContent"]) == root
    assert profile["PayloadUUID"] != inner["PayloadUUID"]


@pytest.mark.parametrize(
    "path",
    ["/login", "/setup", "/healthz", "/patients", "/static/js/sign-in.js", "/stipple-root.pem?x=1",
     "/../tls-root.pem", "/static/css/../../wsgi.py", "/stipple.db", "/authority.pem"],
)  # fmt: skip
def test_nothing_else_is_on_the_plain_port(clinic: OnTheNetwork, path: str) -> None:
    answer = clinic.ask_plainly(path)

    assert answer.status == 404
    assert body(answer) == b"There is nothing here.\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_the_plain_port_takes_nothing(clinic: OnTheNetwork, method: str) -> None:
    assert clinic.ask_plainly("/", method).status == 404


def test_the_plain_port_keeps_no_cookie_and_tells_nothing_of_itself(
    clinic: OnTheNetwork,
) -> None:
    for path in ("/", "/stipple-root.pem", "/nothing"):
        answer = clinic.ask_plainly(path, Cookie="stipple=x; __Host-stipple=y")

        assert "Set-Cookie" not in answer.headers
        assert "Server" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert body(clinic.ask_plainly("/", "HEAD")) == b""


def test_a_visitor_who_says_nothing_keeps_nobody_out(clinic: OnTheNetwork) -> None:
    silent = [socket.create_connection(("127.0.0.1", clinic.trust_port)) for _ in range(8)]
    try:
        assert clinic.ask_plainly("/").status == 200
    finally:
        for one in silent:
            one.close()


# --- Renewal, and names that change --------------------------------------------------------------


def test_a_certificate_that_ends_soon_is_renewed_while_it_serves(tmp_path: Path) -> None:
    with on_the_network(tmp_path) as running:
        first = running.certificate()
        # As it would be two months on: one that was made 61 days ago.
        tls.issue(running.root, running.host_file, now=datetime.now(UTC) - timedelta(days=61))
        old = x509.load_pem_x509_certificate(running.host_file.read_bytes())

        renewed = wait_for_another(running, first, old)

        assert renewed.not_valid_after_utc > datetime.now(UTC) + timedelta(days=89)
        renewed.verify_directly_issued_by(running.root.certificate)
        assert running.get("/healthz").status == 200
        assert running.server.stop(signal.SIGTERM) == 0


def wait_for_another(running: OnTheNetwork, *but: x509.Certificate) -> x509.Certificate:
    """The first certificate that is shown and is none of these."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        # Between two workers nobody listens for a moment; a tablet asks again, as this does.
        with contextlib.suppress(ConnectionRefusedError):
            shown = running.certificate()
            if shown not in but:
                return shown
        time.sleep(0.2)
    raise AssertionError("the old certificate is still shown")


def test_the_next_start_keeps_the_root_and_its_name(tmp_path: Path) -> None:
    with on_the_network(tmp_path) as running:
        first, leaf = running.root, running.certificate()
        running.server.stop(signal.SIGTERM)

    with on_the_network(tmp_path, STIPPLE_HOSTNAME="") as running:
        assert running.root.certificate == first.certificate
        assert running.certificate() != leaf
        assert running.get("/setup").status == 200
        running.server.stop(signal.SIGTERM)

    with on_the_network(tmp_path, STIPPLE_HOSTNAME="other.test") as running:
        assert running.root.certificate != first.certificate
        assert running.root.name == "other.test"
        running.certificate(name="other.test")


# --- A certificate of the clinic's own -----------------------------------------------------------


@pytest.fixture
def own_pair(tmp_path: Path) -> dict[str, str]:
    """A certificate from elsewhere, as two settings."""
    authority = tls.found_root("stipple.clinic.example", now=datetime.now(UTC))
    tls.issue(authority, tmp_path / "own.pem", now=datetime.now(UTC))
    (tmp_path / "authority.pem").write_bytes(authority.pem)
    tls.keep_root(authority, tmp_path, secret=bytes(32))
    return {
        "STIPPLE_TLS_CERTIFICATE": str(tmp_path / "own.pem"),
        "STIPPLE_TLS_KEY": str(tmp_path / "own.pem"),
        "STIPPLE_HOSTNAME": "",
    }


def test_a_certificate_of_the_clinics_own_is_served_and_followed(
    own_pair: dict[str, str], tmp_path: Path
) -> None:
    trusted = (tmp_path / "authority.pem").read_bytes()
    name = "stipple.clinic.example"
    with on_the_network(tmp_path, **own_pair) as running:
        first = running.certificate(name, trusted)
        assert f"https://{name}:{running.port}" in running.server.lines[-1]
        assert not (running.instance / tls.FILE).exists()
        with pytest.raises(ConnectionRefusedError):
            running.ask_plainly("/")

        authority = tls.kept_root(tmp_path, secret=bytes(32))
        assert authority is not None
        tls.issue(authority, tmp_path / "own.pem", now=datetime.now(UTC))
        end = time.monotonic() + PATIENCE
        while running.certificate(name, trusted) == first:
            assert time.monotonic() < end, "the old certificate is still shown"
            time.sleep(0.2)


def test_behind_a_proxy_it_stays_on_this_machine_and_says_the_public_address(
    tmp_path: Path,
) -> None:
    place = {
        **environment(configuration(tmp_path)),
        "STIPPLE_PROXY": "127.0.0.1",
        "STIPPLE_PUBLIC_URL": "https://stipple.clinic.example/",
    }
    with started("run", place, free_port()) as server:
        server.wait_for(r"Stipple is at https://stipple\.clinic\.example \(")
        server.wait_for(f"On this machine it listens at http://localhost:{server.port}")

        assert server.get("/setup")[0] == 403
        assert server.get("/healthz")[0] == 200


# --- Settings that do not fit --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"HOST": "clinic.example"}, "what tablets call it is STIPPLE_HOSTNAME"),
        ({"HOST": "203.0.113.7"}, "which is no address of this machine"),
        ({"HOST": "0.0.0.0", "STIPPLE_HOSTNAME": "https://x"}, "without https://"),
        ({"HOST": "0.0.0.0", "STIPPLE_TRUST_PORT": "none"}, "STIPPLE_TRUST_PORT is none"),
        ({"STIPPLE_TLS_CERTIFICATE": "/nowhere.pem"}, "two files"),
        (
            {"STIPPLE_TLS_CERTIFICATE": "/nowhere.pem", "STIPPLE_TLS_KEY": "/nowhere.key"},
            "are no certificate with its key",
        ),
        ({"STIPPLE_PROXY": "127.0.0.1"}, "set STIPPLE_PUBLIC_URL too"),
        ({"STIPPLE_PUBLIC_URL": "https://a.example"}, "only this machine is served"),
        ({"STIPPLE_PUBLIC_URL": "http://a.example"}, "set it to https://"),
        ({"STIPPLE_PUBLIC_URL": "https://a.example/stipple"}, "with nothing behind it"),
        (
            {"STIPPLE_PUBLIC_URL": "https://a.example", "STIPPLE_PROXY": "nginx"},
            "the address the proxy speaks from",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_one_sentence(
    tmp_path: Path, variables: dict[str, str], sentence: str
) -> None:
    place: dict[str, Any] = environment(configuration(tmp_path))

    assert sentence in refused(place, **variables)
    assert not Path(place["STIPPLE_INSTANCE"]).exists()


def test_a_damaged_root_is_said_in_one_sentence(tmp_path: Path) -> None:
    place = environment(configuration(tmp_path))
    instance = Path(place["STIPPLE_INSTANCE"])
    instance.mkdir()
    (instance / tls.FILE).write_text("-----BEGIN", "ascii")

    assert "put it back from a backup" in refused(place, HOST="0.0.0.0")


def test_the_fingerprint_is_what_openssl_says(clinic: OnTheNetwork) -> None:
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256"],
        input=body(clinic.ask_plainly("/stipple-root.pem")),
        capture_output=True,
        check=True,
    ).stdout.decode()

    assert said.strip().endswith(":".join(clinic.root.fingerprint))
    assert clinic.root.certificate.fingerprint(hashes.SHA256()).hex().upper() == "".join(
        clinic.root.fingerprint
    )


def test_make_hands_its_variables_over() -> None:
    """`make run HOST=…` is how people set them."""
    shown = subprocess.run(
        ["make", "run", "HOST=0.0.0.0", "PORT=http", f"PYTHON={sys.executable}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )

    assert "PORT is http" in shown.stderr
