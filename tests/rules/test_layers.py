"""Who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.rules.sources import APP, PROJECT, imports_of, modules, name_of, tree_of

# What reads the machine's clock, as `module.function` or `class.method`.
CLOCK_READERS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.localtime",
    "time.gmtime",
}


def test_every_import_contract_is_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")

    answer = subprocess.run(
        [program, "--no-logo", "--no-cache"], cwd=PROJECT, capture_output=True, text=True
    )

    assert answer.returncode == 0, answer.stdout


def test_medicine_imports_the_standard_library_and_itself_alone() -> None:
    foreign = [
        f"{name_of(path)}:{line} imports {name}"
        for path in modules(APP / "clinical")
        for line, name in imports_of(tree_of(path))
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("app.clinical")
    ]

    assert not foreign


def test_only_the_clock_module_reads_the_clock() -> None:
    readers = [
        f"{name_of(path)}:{node.lineno} reads the clock"
        for path in modules()
        if path != APP / "clock.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ".".join(ast.unparse(node.func).split(".")[-2:]) in CLOCK_READERS
    ]

    assert not readers


def test_nothing_but_a_route_or_the_sample_clinic_commits() -> None:
    # A refusal is recorded when nothing else of its request stands; a command is its own route.
    allowed = {
        "app/database.py",
        "app/demo.py",
        "app/auth/websession.py",
        "app/errors.py",
        "app/commands.py",
    }

    committers = [
        name_of(path)
        for path in modules()
        if "routes" not in path.with_suffix("").parts and ".commit()" in path.read_text("utf-8")
    ]

    assert set(committers) <= allowed
