"""`python wsgi.py run` and `demo`, as a person starts them: a real server, its own process."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from app.serving import loopback_addresses
from tests.databases import configuration, environment
from tests.rules.sources import PROJECT

# A start on a slow machine, the first import of everything included.
PATIENCE = 60


class Running:
    """A started server, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.lines: list[str] = []

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Read its lines until one matches."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"it ended and said only: {''.join(self.lines)}")

    def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
        """Status and body of a page; redirections are not followed."""
        address = f"[{host}]" if ":" in host else host
        request = Request(f"http://{address}:{self.port}{path}")
        try:
            with urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except HTTPError as refusal:
            return refusal.code, refusal.read()

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and wait; answers the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(target: str, variables: dict[str, str], port: int) -> Iterator[Running]:
    """The target in a process of its own, killed at the end if it still runs."""
    with subprocess.Popen(
        [sys.executable, "wsgi.py", target],
        cwd=PROJECT,
        env={**os.environ, **variables, "PORT": str(port), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Running(process, port)
        finally:
            process.kill()


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """A machine on which Stipple never ran."""
    return environment(configuration(tmp_path))


def test_the_first_start_serves_set_up_and_prints_its_code(place: dict[str, str]) -> None:
    with started("run", place, free_port()) as server:
        server.wait_for(rf"http://localhost:{server.port}\b")
        code = server.wait_for(r"with this code: ([A-Z0-9]{4}-[A-Z0-9]{4})\n")[1]

        for host in ("localhost", *loopback_addresses()):
            assert json.loads(server.get("/healthz", host)[1])["status"] == "ok"
        assert server.get("/")[0] == 200
        assert code not in server.get("/setup")[1].decode()
        assert server.stop() == 0


def test_it_stops_at_once_when_its_terminal_closes(place: dict[str, str]) -> None:
    with started("run", place, free_port()) as server:
        server.wait_for("http://localhost")

        assert server.stop(signal.SIGHUP) == 0


def test_a_killed_server_leaves_its_port_and_starts_again(place: dict[str, str]) -> None:
    port = free_port()
    with started("run", place, port) as server:
        server.wait_for("http://localhost")
        server.stop(signal.SIGKILL)
    wait_until_free(port)

    with started("run", place, port) as server:
        server.wait_for("http://localhost")
        assert server.get("/healthz")[0] == 200


def test_a_taken_port_is_said_in_one_sentence(place: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        said = refused(place, PORT=str(port))

    assert said.startswith(f"Port {port} is taken by another program")
    assert not Path(place["STIPPLE_INSTANCE"]).exists()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80 80"])
def test_what_is_no_port_is_refused(place: dict[str, str], port: str) -> None:
    assert refused(place, PORT=port).startswith(f"PORT is {port}: set it to a number")


def test_an_unknown_target_is_refused_and_help_lists_them_all() -> None:
    unknown = in_wsgi("serve")
    help = in_wsgi("help")

    assert unknown.returncode == 2
    assert [line.split()[1] for line in help.stdout.splitlines()] == [
        "run", "demo", "test", "long", "check", "bench", "help",
    ]  # fmt: skip


def test_the_demo_writes_who_may_sign_in_and_a_second_start_keeps_it(
    place: dict[str, str],
) -> None:
    people = Path(place["STIPPLE_INSTANCE"]) / "demo.json"
    with started("demo", place, free_port()) as server:
        server.wait_for("This is the sample clinic")
        assert server.get("/login")[0] == 200
        assert server.stop() == 0
    first = people.read_bytes()

    with started("demo", place, free_port()) as server:
        server.wait_for("This is the sample clinic")
        assert server.stop() == 0

    accounts: list[dict[str, Any]] = json.loads(first)
    assert people.read_bytes() == first
    assert people.stat().st_mode & 0o077 == 0
    assert {tuple(account) for account in accounts} == {
        ("name", "roles", "username", "password", "pin")
    }
    assert {role for account in accounts for role in account["roles"]} == {
        "provider", "prescriber", "assistant", "staff", "administrator",
    }  # fmt: skip


def test_the_demo_is_not_made_beside_the_records_of_a_real_clinic(
    fresh_sqlite: dict[str, str], engine_with_cast: None
) -> None:
    said = refused(environment(fresh_sqlite), "demo")

    assert said.startswith("A clinic's own records are here")


@pytest.fixture
def engine_with_cast(fresh_sqlite: dict[str, Any]) -> None:
    """A real clinic in the fresh database."""
    from app import create_app
    from app.extensions import db
    from tests import factories

    with create_app(fresh_sqlite).app_context():
        factories.cast()
        db.session.remove()
        db.engine.dispose()


def in_wsgi(
    target: str, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "wsgi.py", target],
        cwd=PROJECT,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def refused(place: dict[str, str], target: str = "run", **variables: str) -> str:
    """The one sentence with which a target does not start."""
    answer = in_wsgi(target, {**place, "PORT": str(free_port()), **variables})
    assert answer.returncode == 1, answer.stdout
    (sentence,) = answer.stderr.strip().splitlines()
    return sentence


def wait_until_free(port: int) -> None:
    """Until nobody answers there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return
    raise AssertionError(f"somebody still answers at port {port}")
