"""The access matrix, asked for real: what each line promises each caller happens, and no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.access_matrix import DONE, LED, MATRIX, Line
from tests.access_stage import CALLERS, Stage
from tests.dumps import REFUSED, nothing_changed, trail
from tests.factories import Cast

# More than any form has, and what somebody would try.
SMUGGLED = (
    "id", "roles", "restricted", "named", "signed", "signed_by_id", "patient_id", "performer_id",
    "created_at", "until", "must_change_password", "is_active",
)  # fmt: skip


def faults_of(line: Line, stage: Stage, gets: str) -> Iterator[str]:
    """What happens otherwise than the line says."""
    stage.come_back()
    values = line.on(stage)
    before = len(trail())
    with unchanged_unless_done(gets) as problems:
        answer = line.ask(stage, values)
    if not is_as_said(answer, line, gets):
        told = f"{line.name} as {stage.caller}: expected {gets}, was {answer.status_code}"
        yield f"{told}, {answer.location}" if answer.location else told
    elif gets == DONE and line.act and line.act not in [e.act for e in trail()[before:]]:
        yield f"{line.name} as {stage.caller}: the trail tells of no {line.act}"
    yield from (f"{line.name} as {stage.caller}: {problem}" for problem in problems)


def is_as_said(answer: TestResponse, line: Line, gets: str) -> bool:
    """Whether the status is what the line says."""
    if gets == LED:
        return answer.status_code == 303
    if gets == DONE:
        return answer.status_code in ({200, 204} if line.method == "GET" else {200, 201, 303})
    return answer.status_code == int(gets)


@contextmanager
def unchanged_unless_done(gets: str) -> Iterator[list[str]]:
    """Collects that a record changed or the trail grew, where nothing was to be done."""
    problems: list[str] = []
    if gets == DONE:
        yield problems
        return
    try:
        with nothing_changed(*([REFUSED] if gets == "403" else [])):
            yield problems
    except AssertionError as changed:
        problems.append(f"was to change nothing, but: {changed}")


@pytest.mark.parametrize("caller", CALLERS)
def test_every_line_of_the_matrix_is_so(app: Flask, cast: Cast, caller: str) -> None:
    stage = Stage(app, cast, caller)

    wrong = [fault for line in MATRIX for fault in faults_of(line, stage, line.gets[caller])]

    assert not wrong


def smuggled_past(line: Line, body: Mapping[str, Any], turn: int) -> Iterator[tuple[str, ...]]:
    """Names that this form does not have: another one at every line, and all of them."""
    foreign = [name for name in SMUGGLED if name not in body]
    yield (foreign[turn % len(foreign)],)
    yield tuple(foreign)


def test_one_field_too_many_and_nothing_happens(app: Flask, cast: Cast) -> None:
    stage = Stage(app, cast, "owner")
    taking = [
        line
        for line in MATRIX
        if line.method in ("POST", "PUT") and line.gets["owner"] in (DONE, LED)
    ]
    assert len(taking) > 20

    wrong = []
    for turn, line in enumerate(taking):
        stage.come_back()
        values = line.on(stage)
        refused = "422" if line.method == "PUT" else "400"
        for names in smuggled_past(line, line.body(stage, values), turn):
            with unchanged_unless_done(refused) as problems:
                answer = line.ask(stage, values, **dict.fromkeys(names, "1"))
            if answer.status_code != int(refused):
                problems.append(
                    f"answered {answer.status_code}: derive its form from app.forms.StrictForm,"
                    " or call app.forms.take_no_fields()"
                )
            wrong += [f"{line.name} with {', '.join(names)} {problem}" for problem in problems]

    assert not wrong


def test_a_form_sent_as_json_takes_no_more_fields_either(app: Flask, cast: Cast) -> None:
    stage = Stage(app, cast, "owner")
    for endpoint in ("patients.new", "auth.choose_language", "treatments.discard"):
        line = next(line for line in MATRIX if line.endpoint == endpoint and line.method == "POST")
        values = line.on(stage)
        body = {**line.body(stage, values), "roles": "administrator"}

        with nothing_changed():
            answer = stage.ask("POST", endpoint, values, json=body)

        assert answer.status_code == 400
        assert "its form does not have" in answer.json["error"]
