"""A clinic as it runs: the server that `make run` starts, on a database of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app import tls
from app.auth.signing_keys import set_pin
from app.extensions import begin_write, db
from app.models import Authority, Clinic, Patient, Person, Role, Treatment
from tests import drawings, factories
from tests.databases import environment, opened

PROJECT = Path(__file__).resolve().parents[2]
SERVE = "import sys; from app.serving import run; sys.exit(run())"
PATIENCE = 60
# What tablets call a clinic that serves TLS; not `.local`, so nothing is announced on the network.
TLS_NAME = "stipple.test"


class Known(NamedTuple):
    """A patient of the clinic, as a test needs to find them again."""

    id: UUID
    name: str
    record_number: str


class RunningClinic:
    """A server process and the way to its records, which the test reads beside it."""

    def __init__(self, config: Mapping[str, Any], *, over_tls: bool = False) -> None:
        self.config = config
        self.over_tls = over_tls
        self.port, self.trust_port = free_port(), free_port()
        self.terminal: list[str] = []
        self._server: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"https://{TLS_NAME}:{self.port}" if self.over_tls else self._address_here

    @property
    def _address_here(self) -> str:
        return f"http{'s' if self.over_tls else ''}://localhost:{self.port}"

    @property
    def root(self) -> tls.Root:
        """The root certificate that a tablet has to trust."""
        found = tls.kept_root(Path(self.config["INSTANCE_PATH"]))
        assert found is not None
        return found

    @property
    def setup_code(self) -> str:
        """The code that the terminal printed last."""
        found = re.findall(r"with this code: (\S+)", "\n".join(self.terminal))
        return str(found[-1])

    def start(self) -> RunningClinic:
        """Serve, and return once it answers."""
        self._server = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            cwd=PROJECT,
            env={**os.environ, **environment(self.config), **self._place()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read_terminal, args=(self._server,))
        self._reader.start()
        self._wait_until_it_answers()
        return self

    def _place(self) -> dict[str, str]:
        place = {"PORT": str(self.port)}
        if self.over_tls:
            place |= {
                "HOST": "0.0.0.0",
                "STIPPLE_HOSTNAME": TLS_NAME,
                "STIPPLE_TRUST_PORT": str(self.trust_port),
            }
        return place

    def _read_terminal(self, server: subprocess.Popen[str]) -> None:
        assert server.stdout is not None
        for line in server.stdout:
            self.terminal.append(line.rstrip())

    def _wait_until_it_answers(self) -> None:
        assert self._server is not None
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self._server.poll() is None, "\n".join(self.terminal)
            if any("Stipple is at" in line for line in self.terminal) and self._is_well():
                return
            time.sleep(0.05)
        raise AssertionError("the server did not start: " + "\n".join(self.terminal))

    def _is_well(self) -> bool:
        try:
            trusting = None
            if self.over_tls:
                trusting = ssl.create_default_context(cadata=self.root.pem.decode())
            with urllib.request.urlopen(
                f"{self._address_here}/healthz", timeout=5, context=trusting
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self, *, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server; what it printed stays readable."""
        server, self._server = self._server, None
        if server is None:
            return
        server.send_signal(how)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        assert self._reader is not None
        self._reader.join(timeout=20)
        assert server.stdout is not None
        server.stdout.close()

    @contextmanager
    def records(self) -> Iterator[Flask]:
        """The clinic's records, read and made by this process beside the server's."""
        with opened(self.config) as app:
            yield app

    def person(self, username: str) -> Person:
        """Somebody of the clinic; asked inside `records`."""
        return db.session.scalars(select(Person).where(Person.username == username)).one()

    def new_patient(self, **values: Any) -> Known:
        """A patient registered at the desk."""
        with self.records():
            patient = factories.patient(self.person("dan"), **values)
            return Known(patient.id, patient.name, patient.record_number)

    def new_provider(self, username: str, name: str, pin: str = factories.ALICES_PIN) -> None:
        """Another provider, for a journey that changes whom it is about."""
        with self.records():
            begin_write()
            provider = factories.person(username, name, "MD", Role.PROVIDER, Role.PRESCRIBER)
            set_pin(
                provider,
                pin,
                clinic=db.session.scalars(select(Clinic)).one(),
                vouching=db.session.scalars(select(Authority)).one(),
                now=factories.BEGAN,
            )
            db.session.commit()

    def new_note(self, patient: Known, *, ml: str = "2", **vial: str) -> UUID:
        """A session of this patient that Alice signed; answers its id.

        Two sites of 5 U, from a vial that differs as `vial` says, diluted with `ml`.
        """
        with self.records():
            alice = self.person("alice")
            clinic = db.session.scalars(select(Clinic)).one()
            of = db.session.get_one(Patient, patient.id)
            draft = factories.treatment(of, by=alice, clinic=clinic)
            body = factories.chart_body(draft)
            preparation = body["preparations"][0]
            preparation["diluent_ml"] = ml
            preparation["vials"][0].update(vial)
            factories.chart(draft, body, by=alice)
            factories.sign(draft, by=alice, clinic=clinic)
            return draft.id

    def vial_used_lately(self, units: int, lot: str) -> None:
        """A vial that somebody was given 10 U of, in 4 mL of saline: its like is proposed next."""
        rest = str(units - 10)
        self.new_note(
            self.new_patient(),
            ml="4",
            units=str(units),
            lot=lot,
            expires="2029-08-31",
            discarded=rest,
        )

    def new_outside_dose(self, patient: Known) -> UUID:
        """A dose that this patient had elsewhere; answers its id."""
        with self.records():
            of = db.session.get_one(Patient, patient.id)
            return factories.outside_dose(of, by=self.person("alice")).id

    def new_drawing_draft(self) -> UUID:
        """A drawing of the clinic's own, at work."""
        with self.records():
            return drawings.draft(self.person("eve")).id

    def stored(self, treatment: UUID) -> dict[str, Any]:
        """The chart as the database file holds it now, read by this process."""
        with self.records():
            found = db.session.get_one(Treatment, treatment)
            return {"revision": found.revision, **found.chart().as_json()}


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
