"""Every address: who may come in, what it is called, and that what it changes is recorded."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app import create_app
from tests.access_matrix import MATRIX, addresses
from tests.access_page import PAGE, page
from tests.access_stage import CALLERS
from tests.clients import new_client
from tests.databases import configuration
from tests.factories import Cast
from tests.rules.sources import modules, name_of

# Needs no sign-in. Everything else does.
PUBLIC = {
    "static",
    "healthz",
    "offline_worker",
    "offline_page",
    "auth.setup",
    "auth.login",
    "auth.logout",
    "auth.lock_page",
    "auth.lock",
    "auth.unlock",
    "records.verify",
    "records.look_up",
    "records.check",
    "records.authority",
}

# Changes nothing, though its method could: a name typed into a search must not stand in a URL.
READS = {
    *("patients.search", "records.index", "records.verify", "treatments.find_patient"),
    *("stock.read_scan", "stock.read_code", "stock.photograph", "admin.assess"),
}

# Words in an address name things. These read as acts, and are what people know them by.
KNOWN_ACTS = {"setup", "login", "logout", "edit", "search", "discard", "verify"}
ACTS = KNOWN_ACTS | {
    "add", "change", "create", "delete", "do", "get", "make", "print", "remove", "save", "send",
    "set", "show", "sign", "update", "view",
}  # fmt: skip


@pytest.fixture
def bare(tmp_path: Path) -> Flask:
    """The application without a database: its addresses alone."""
    return create_app(configuration(tmp_path))


def rules_of(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)


def test_nobody_comes_in_without_signing_in(app: Flask, cast: Cast) -> None:
    stranger = new_client(app)

    let_in = []
    for rule in rules_of(app):
        if rule.endpoint in PUBLIC:
            continue
        path = re.sub(r"<int:[^>]+>", "1", rule.rule)
        path = re.sub(r"<[^>]+>", str(uuid4()), path)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = stranger.open(path, method=method)
            if answer.status_code != 401:
                let_in.append(f"{method} {rule.rule} answered {answer.status_code}")

    assert not let_in


def test_what_is_public_is_still_there(bare: Flask) -> None:
    assert {rule.endpoint for rule in rules_of(bare)} >= PUBLIC


def test_every_address_has_its_line_in_the_access_matrix(bare: Flask) -> None:
    listed = {(line.method, line.endpoint) for line in MATRIX}

    unlisted = [
        f'add to MATRIX in tests/access_matrix.py: line("{method}", "{endpoint}", '
        f'"401 ✓ ✓ ✓ ✓ 403 ✓"), with what is true for {", ".join(CALLERS)}'
        for method, endpoint in sorted(addresses(bare))
        if (method, endpoint) not in listed
    ]

    assert not unlisted


def test_the_access_matrix_lists_no_address_that_is_not_there(bare: Flask) -> None:
    gone = [line.name for line in MATRIX if (line.method, line.endpoint) not in addresses(bare)]

    assert not gone


def test_the_page_of_who_may_what_is_that_of_the_matrix(bare: Flask) -> None:
    assert PAGE.read_text("utf-8") == page(bare), "run: python -m tests.access_page"


def test_every_form_refuses_fields_it_does_not_have() -> None:
    lenient = [
        f"{name_of(path)}: derive from app.forms.StrictForm"
        for path in modules()
        if name_of(path) != "app/forms.py" and "FlaskForm" in path.read_text("utf-8")
    ]

    assert not lenient


def test_every_feature_has_its_guard(bare: Flask) -> None:
    unguarded = [name for name in bare.blueprints if not bare.before_request_funcs.get(name)]

    assert not unguarded


def test_an_address_names_things_in_small_letters(bare: Flask) -> None:
    odd = []
    for rule in rules_of(bare):
        words = [part for part in rule.rule.split("/") if part and "<" not in part]
        if any(not re.fullmatch(r"[a-z]+(?:[.-][a-z]+)*", word) for word in words):
            odd.append(rule.rule)
        if any(word in ACTS - KNOWN_ACTS for word in words):
            odd.append(rule.rule)

    assert not odd


def test_an_address_takes_the_usual_methods_and_slashes(bare: Flask) -> None:
    odd = [
        rule.rule
        for rule in rules_of(bare)
        if not (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"}
        or (rule.rule != "/" and rule.rule.endswith("/"))
    ]

    assert not odd


def test_what_changes_something_is_recorded(bare: Flask) -> None:
    silent = [
        rule.endpoint
        for rule in rules_of(bare)
        if (rule.methods or set()) & {"POST", "PUT", "DELETE"}
        and rule.endpoint not in READS
        and not records(bare, rule.endpoint)
    ]

    assert not silent


def test_every_changing_route_keeps_its_change_where_it_can_be_seen(bare: Flask) -> None:
    hidden = [
        rule.endpoint
        for rule in rules_of(bare)
        if (rule.methods or set()) & {"POST", "PUT", "DELETE"}
        and rule.endpoint not in READS
        and "db.session.commit()" not in source_of(bare, rule.endpoint)
    ]

    assert not hidden


def records(app: Flask, endpoint: str) -> bool:
    """Whether the view itself writes a row of the audit trail."""
    called = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(source_of(app, endpoint)))
        if isinstance(node, ast.Call)
    }
    return bool(called & {"log", "_log", "audit.record"})


def source_of(app: Flask, endpoint: str) -> str:
    view = inspect.unwrap(app.view_functions[endpoint])
    return inspect.getsource(view)
