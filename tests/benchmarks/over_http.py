"""What a tablet waits for, asked over HTTP of the server that `make run` starts."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import insert, select

from app.database import DATABASE_FILE, open_sqlcipher
from app.extensions import begin_write, db
from app.keyring import Keyring
from app.models import Clinic, Patient
from app.models.patient import fold
from tests import factories
from tests.benchmarks import bare
from tests.benchmarks.in_process import drawn_again, hash_pin
from tests.benchmarks.measuring import Result, in_turn
from tests.browser.clinic import RunningClinic
from tests.databases import configuration, migrate
from tests.tablets import again, laid

PATIENTS = 10_000
CSRF = re.compile(r'name="csrf-token" content="([^"]+)"')
LETTERS = "bcdfglmnprstv"
VOWELS = "aeiou"


class Stage(NamedTuple):
    """A running clinic with its patients, Alice's browser, and what the floors need."""

    clinic: RunningClinic
    alice: Browser
    commits: bare.Commits
    answer: Callable[[int], bytes]


class Browser:
    """One kept connection, signed in; every answer below 400 or it raises."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers: dict[str, str] = {}
        self._cookies: dict[str, str] = {}

    def sign_in(self, username: str) -> None:
        """Through the door, and the token of the page behind it."""
        self._learn(self.get("/login"))
        self.send("/login", {"username": username, "password": factories.PASSWORD})
        self._learn(self.get("/account"))

    def _learn(self, page: bytes) -> None:
        found = CSRF.search(page.decode())
        assert found is not None
        self._headers["X-CSRFToken"] = found[1]

    def get(self, path: str) -> bytes:
        """Read an address."""
        return self._ask("GET", path)

    def put(self, path: str, body: bytes) -> Any:
        """Send JSON; answers JSON."""
        return json.loads(self._ask("PUT", path, body, "application/json"))

    def send(self, path: str, fields: dict[str, str]) -> bytes:
        """Send a form."""
        kind = "application/x-www-form-urlencoded"
        return self._ask("POST", path, urlencode(fields).encode(), kind)

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        headers = {**self._headers, "Accept": "text/html, application/json"}
        if kind:
            headers["Content-Type"] = kind
        if path == "/patients/search":
            headers["X-Requested-With"] = "fetch"
        answer = bare.asked(self._connection, method, path, body, headers)
        content = answer.read()
        assert answer.status < 400, f"{answer.status} {method} {path}: {content[:300]!r}"
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        self._headers["Cookie"] = "; ".join(
            f"{name}={value}" for name, value in self._cookies.items()
        )
        return content

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextmanager
def stage(folder: Path, *, patients: int = PATIENTS) -> Iterator[Stage]:
    """The clinic served from this folder, with so many patients, and the floors beside it."""
    config = configuration(folder / "clinic")
    migrate(config)
    clinic = RunningClinic(config)
    with clinic.records():
        cast = factories.cast()
        _register(patients, by=cast.dan.id)
    commits = bare.Commits(folder)
    clinic.start()
    alice = Browser(clinic.port)
    try:
        alice.sign_in("alice")
        with bare.served() as answer:
            yield Stage(clinic, alice, commits, answer)
    finally:
        alice.close()
        clinic.stop()
        commits.close()


def _register(count: int, *, by: UUID) -> None:
    """So many patients of random syllables, the same every time."""
    chance = random.Random(1)
    begin_write()
    db.session.execute(insert(Patient), [_patient(chance, number, by) for number in range(count)])
    db.session.commit()


def _patient(chance: random.Random, number: int, by: UUID) -> dict[str, Any]:
    given, family = word(chance, 2), word(chance, 3)
    return {
        "id": uuid4(),
        "given_name": given,
        "family_name": family,
        "folded_name": fold(f"{given} {family}"),
        "born": date(1940, 1, 1) + timedelta(days=chance.randrange(60 * 365)),
        "record_number": f"BENCH-{number:06d}",
        "folded_record_number": fold(f"BENCH-{number:06d}"),
        "revision": 1,
        "created_at": factories.BEGAN,
        "created_by_id": by,
        "saved_at": factories.BEGAN,
        "saved_by_id": by,
    }


def word(chance: random.Random, syllables: int) -> str:
    """A name of random syllables."""
    made = "".join(chance.choice(LETTERS) + chance.choice(VOWELS) for _ in range(syllables))
    return made.capitalize()


def _draft(clinic: RunningClinic) -> tuple[UUID, dict[str, Any]]:
    """An open PREEMPT session, all 31 sites given from one vial; its id and its chart's body."""
    with clinic.records():
        alice = clinic.person("alice")
        its = db.session.scalars(select(Clinic)).one()
        draft = factories.treatment(factories.patient(alice), by=alice, clinic=its)
        body = factories.chart_body(draft)
        preparation = body["preparations"][0]
        preparation["diluent_ml"] = "4"
        preparation["vials"][0].update(units="200", discarded="45")
        given = {"state": "given", "given_at": preparation["reconstituted_at"]}
        body["sites"] = laid("PREEMPT-155", preparation["key"], **given)
        for site in body["sites"]:
            site["map"] += "" if "@" in site["map"] else "@1"
        factories.chart(draft, body, by=alice)
        return draft.id, {**body, "revision": draft.revision}


def autosave(stage: Stage, rounds: int) -> Result:
    """One changed dose in a chart of 31 sites; the floor writes the same bytes durably."""
    treatment, body = _draft(stage.clinic)
    revision = body["revision"]
    sent = b""

    def save(number: int) -> None:
        nonlocal revision, sent
        body["sites"][number % 31]["units"] = "7.5" if number // 31 % 2 == 0 else "5"
        sent = json.dumps(again(body, revision)).encode()
        revision = stage.alice.put(f"/treatments/{treatment}/chart", sent)["revision"]

    return in_turn(
        "autosave, 31 sites, on the disk",
        save,
        lambda _: stage.commits.write(sent),
        rounds=rounds,
        budget=6,
    )


def open_chart(stage: Stage, rounds: int) -> Result:
    """The chart's page, looked at and logged; the floor logs a row and answers the same bytes."""
    treatment, _ = _draft(stage.clinic)
    return _read(stage, f"/treatments/{treatment}/chart", "open the chart, 31 sites", rounds, 15)


def note_pdf(stage: Stage, rounds: int) -> Result:
    """The signed note, its hash checked and logged; the floor logs and answers the same bytes."""
    treatment, body = _draft(stage.clinic)
    _sign(stage, *_reviewed(stage, treatment, body))
    return _read(stage, f"/treatments/{treatment}/note.pdf", "note.pdf, stored bytes", rounds, 12)


def _read(stage: Stage, path: str, name: str, rounds: int, budget: float) -> Result:
    size = len(stage.alice.get(path))

    def floor(_: int) -> None:
        stage.commits.write(b"read by somebody at some time, with the hash of the row before" * 4)
        stage.answer(size)

    return in_turn(name, lambda _: stage.alice.get(path), floor, rounds=rounds, budget=budget)


def search(stage: Stage, rounds: int) -> Result:
    """Three letters of a name; the floor asks the same table bare and answers the same bytes."""
    chance = random.Random(2)
    typed = [word(chance, 2)[:3].lower() for _ in range(rounds + 2)]
    config = stage.clinic.config
    keys = Keyring(Path(config["INSTANCE_PATH"]), config["STIPPLE_KEY_FILE"])
    file = Path(config["INSTANCE_PATH"]) / DATABASE_FILE
    connection = open_sqlcipher(file, keys.derive("database"), place=threading.Lock())
    size = 0

    def find(number: int) -> None:
        nonlocal size
        size = len(stage.alice.send("/patients/search", {"q": typed[number]}))

    def floor(number: int) -> None:
        connection.execute(
            "SELECT * FROM patients WHERE folded_name LIKE ? ORDER BY folded_name LIMIT 50",
            (f"%{typed[number]}%",),
        ).fetchall()
        stage.answer(size)

    try:
        return in_turn("find a patient among 10 000", find, floor, rounds=rounds, budget=12)
    finally:
        connection.close()


def sign(stage: Stage, rounds: int) -> Result:
    """From the PIN to the signed note's page; the floor hashes a PIN, draws, signs, commits."""
    drafts = [_reviewed(stage, *_draft(stage.clinic)) for _ in range(rounds + 2)]
    key = ec.generate_private_key(ec.SECP256R1())
    page = drawn_again()

    def floor(_: int) -> None:
        hash_pin()
        pdf = page.draw()
        stage.commits.write(pdf + bare.sign_hash(key, pdf))

    def press(number: int) -> None:
        _sign(stage, *drafts[number])

    return in_turn("sign, from the PIN to the answer", press, floor, rounds=rounds, budget=3)


def _reviewed(stage: Stage, treatment: UUID, body: dict[str, Any]) -> tuple[UUID, dict[str, str]]:
    """The session, and what is sent by somebody who has read its warnings on the review page."""
    page = stage.alice.get(f"/treatments/{treatment}/signature").decode()
    warnings = re.search(r'name="read"[^>]* value="([^"]+)"', page)
    return treatment, {
        "revision": str(body["revision"]),
        "pin": factories.ALICES_PIN,
        "read": warnings[1] if warnings else "",
    }


def _sign(stage: Stage, treatment: UUID, fields: dict[str, str]) -> None:
    stage.alice.send(f"/treatments/{treatment}/signature", fields)
