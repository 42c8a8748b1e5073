"""`assess`, as a command and as a page: a described session is judged, and nothing is saved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.admin import assess_page
from app.extensions import begin_write, db
from app.models import ClinicCatalogueRow
from app.models.catalogue import VALUE
from tests.clients import AuditingClient, signed_in
from tests.dumps import nothing_changed
from tests.factories import BEGAN, Cast

ROOT = Path(__file__).parents[2]
ADDRESS = "/admin/assess"
EXAMPLE = json.loads(assess_page.EXAMPLE)


def run(tmp_path: Path, document: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The command on a machine without an instance, a home or a network."""
    file = tmp_path / "case.json"
    file.write_text(document, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "assess", str(file), *options],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path / "nowhere"),
            "STIPPLE_INSTANCE": str(tmp_path / "no-instance"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def as_eve(app: Flask, cast: Cast) -> AuditingClient:
    return signed_in(app, cast.eve)


def test_the_command_answers_json_and_nothing_else_without_an_instance(tmp_path: Path) -> None:
    done = run(tmp_path, json.dumps(EXAMPLE))

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert list(answer) == [
        *("totals", "volumes_ml", "vials", "billing", "findings", "limits", "scores", "checklist")
    ]
    assert answer["totals"] == {"BOTOX": "5.00"}
    assert not (tmp_path / "no-instance").exists()


def test_the_command_refuses_what_it_cannot_read_with_the_place(tmp_path: Path) -> None:
    broken = {**EXAMPLE, "sites": [{**EXAMPLE["sites"][0], "units": 5}]}

    for document, path in ((json.dumps(broken), "sites[0].units"), ("{", "")):
        done = run(tmp_path, document)

        assert done.returncode == 2
        [error] = json.loads(done.stdout)["errors"]
        assert error["path"] == path
        assert error["message"]


def test_the_page_shows_an_example_and_judges_what_is_sent(
    cast: Cast, as_alice: AuditingClient
) -> None:
    first = as_alice.get(ADDRESS)
    assert '"procerus"' in unescape(first.text)

    with nothing_changed():
        answer = as_alice.post(ADDRESS, data={"case": json.dumps(EXAMPLE)})

    assert answer.status_code == 200
    assert 'data-finding="INT-01"' in answer.text
    assert "J0585" in answer.text


def test_what_cannot_be_read_is_said_and_stays_in_the_field(
    cast: Cast, as_alice: AuditingClient
) -> None:
    typed = json.dumps({**EXAMPLE, "indications": ["headache"]})

    answer = as_alice.post(ADDRESS, data={"case": typed})

    assert answer.status_code == 422
    assert "indications[0]" in answer.text
    assert '"headache"' in unescape(answer.text)
    assert as_alice.post(ADDRESS, data={"case": ""}).status_code == 422


def test_staff_do_not_try_the_rules(app: Flask, cast: Cast) -> None:
    assert signed_in(app, cast.dan).get(ADDRESS).status_code == 403


def test_the_page_judges_by_the_clinics_own_limits(
    app: Flask, cast: Cast, as_eve: AuditingClient
) -> None:
    def adult_limit() -> Any:
        page = unescape(as_eve.post(ADDRESS, data={"case": json.dumps(EXAMPLE)}).text)
        shown = page.split("data-answer>")[1].split("</pre>")[0]
        return json.loads(unescape(shown))["limits"]["MAX-BTX-ADULT"]

    assert adult_limit() == "400"
    begin_write()
    db.session.add(
        ClinicCatalogueRow(
            kind=VALUE,
            key="dose_limits/MAX-BTX-ADULT",
            version=1,
            value={"units": "300"},
            reason="We stay below.",
            recorded_at=BEGAN,
            recorded_by=cast.eve,
        )
    )
    db.session.commit()

    assert adult_limit() == "300"
