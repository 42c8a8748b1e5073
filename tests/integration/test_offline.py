"""GET /sw.js, GET /offline/<language>, and what a PIN brings along: a chart without the server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flask import Flask

from app.extensions import begin_write, db
from app.models import Clinic
from tests import factories
from tests.access_stage import restrict
from tests.clients import new_client, signed_in
from tests.factories import ALICES_PIN, Cast
from tests.integration.test_show_chart import data_of
from tests.rules.sources import STATIC
from tests.tablets import JSON

IMPORT = re.compile(r"""(?:from|import\() ?"(\.[^"]+)"|^import "(\.[^"]+)";""", re.M)


def kept_by(app: Flask) -> dict[str, Any]:
    """What the worker is told to keep."""
    answer = new_client(app).get("/sw.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    told = re.match(r"const KEPT = (\{.*\});\n", answer.text)
    assert told is not None
    kept: dict[str, Any] = json.loads(told[1])
    return kept


def needed_by(script: Path, found: set[Path]) -> set[Path]:
    """A script and all that it imports, now or later."""
    if script not in found:
        found.add(script)
        for names in IMPORT.findall(script.read_text("utf-8")):
            needed_by((script.parent / "".join(names)).resolve(), found)
    return found


def test_the_worker_keeps_every_script_that_a_chart_may_ask_for(app: Flask, cast: Cast) -> None:
    kept = kept_by(app)

    needed = needed_by(STATIC / "js/offline/page.js", set())

    assert STATIC / "js/chart/editor.js" in needed
    addresses = {f"/static/{path.relative_to(STATIC).as_posix()}" for path in needed}
    assert addresses - set(kept["files"]) == set()


def test_everything_the_worker_keeps_is_there_for_anybody(app: Flask, cast: Cast) -> None:
    kept = kept_by(app)
    stranger = new_client(app)

    for address in (*kept["files"], *kept["pages"].values()):
        with stranger.get(address) as answer:
            assert answer.status_code == 200, address
            assert "Set-Cookie" not in answer.headers, address


def test_a_worker_is_another_one_when_what_it_keeps_is(app: Flask, cast: Cast) -> None:
    before = kept_by(app)
    assert kept_by(app) == before

    begin_write()
    clinic = db.session.get_one(Clinic, cast.clinic.id)
    clinic.lock_after_minutes += 1
    db.session.commit()

    assert kept_by(app)["version"] != before["version"]


def test_the_empty_page_is_nobodys_in_each_language(app: Flask, cast: Cast) -> None:
    patient = factories.patient(cast.dan)

    page = signed_in(app, cast.alice).get("/offline/es").text

    assert '<html lang="es"' in page
    assert "El servidor de la clínica no responde." in page
    for word in (patient.name, patient.record_number, cast.alice.name, str(cast.alice.id)):
        assert word not in page
    assert page == new_client(app).get("/offline/es").text
    assert new_client(app).get("/offline/xx").status_code == 404


def test_the_right_pin_brings_what_it_opens_on_the_tablet(app: Flask, cast: Cast) -> None:
    tablet = signed_in(app, cast.alice)
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    chart = f"/treatments/{draft.id}/chart"
    secret = data_of(tablet.get(chart))["vault_secret"]
    tablet.post("/lock", data={"address": chart, "why": "hand"})
    typed = {"person": str(cast.alice.id)}

    wrong = tablet.post("/unlock", data={**typed, "pin": "507318"}, headers=JSON)
    odd = tablet.post("/unlock", data={**typed, "pin": "12"}, headers=JSON)
    right = tablet.post("/unlock", data={**typed, "pin": ALICES_PIN}, headers=JSON)

    assert (wrong.status_code, odd.status_code, right.status_code) == (403, 422, 200)
    assert wrong.json == {"error": "That is not the PIN. Tries left: 4."}
    assert right.json == {
        "person": str(cast.alice.id),
        "name": "Alice Amari, MD",
        "secret": secret,
        "next": chart,
    }
    assert "no-store" in right.headers["Cache-Control"]


def test_a_stranger_to_the_tablet_is_told_nothing_by_json_either(app: Flask, cast: Cast) -> None:
    typed = {"person": str(cast.bob.id), "pin": ALICES_PIN}

    answer = signed_in(app, cast.alice).post("/unlock", data=typed, headers=JSON)

    assert answer.status_code == 404
    assert set(answer.json) == {"error"}


def test_a_chart_opened_in_an_emergency_stays_on_no_tablet(app: Flask, cast: Cast) -> None:
    patient = factories.patient(cast.dan)
    draft = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    restrict(patient, cast.alice)
    as_bob = signed_in(app, cast.bob)
    chart = f"/treatments/{draft.id}/chart"
    sent = {
        "record_number": patient.record_number,
        "born": "12 Mar 1984",
        "reason": "She faints in the waiting room",
    }
    assert as_bob.post("/emergency-access", data=sent).status_code == 303

    assert data_of(signed_in(app, cast.alice).get(chart))["stays"] is True
    assert data_of(as_bob.get(chart))["stays"] is False
