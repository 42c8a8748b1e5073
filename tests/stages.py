"""What `make check`, `make test`, `make long` and `make bench` run, stage after stage.

Every stage runs even when one before it failed; the failures are counted at the end.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

PROJECT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable


# Both cores are kept busy to the end.
TWO_AT_ONCE = ("--numprocesses", "2", "--dist", "worksteal")


class Stage(NamedTuple):
    """One program to run and what it is for."""

    name: str
    command: Sequence[str]


class Tool(NamedTuple):
    """A program the tests drive, any of whose names will do, and the package that brings it."""

    names: tuple[str, ...]
    debian: str
    macos: str


TOOLS = (
    Tool(("chromium", "chromium-browser", "google-chrome", "chrome"), "chromium", "chromium"),
    Tool(("pdfsig",), "poppler-utils", "poppler"),
    Tool(("qpdf",), "qpdf", "qpdf"),
    Tool(("openssl",), "openssl", "openssl"),
    Tool(("node",), "nodejs", "node"),
    Tool(("certutil",), "libnss3-tools", "nss"),
)
# Brings the libraries that a tap is timed beside.
NPM = Tool(("npm",), "npm", "node")
MACOS_CHROME = Path("/Applications/Google Chrome.app")


def run_stages(target: str) -> int:
    """Run a target's stages; answers the exit code."""
    if target in ("test", "long", "bench"):
        get_tools((*TOOLS, NPM) if target == "bench" else TOOLS)
    stages = {"check": check, "test": test, "long": long, "bench": bench}[target]()
    failed = [stage.name for stage in stages if not passes(stage)]
    if failed:
        click.echo(f"{len(failed)} of {len(stages)} stages failed: {', '.join(failed)}")
        return 1
    click.echo(f"All {len(stages)} stages passed.")
    return 0


def check() -> list[Stage]:
    """The static part."""
    return [
        Stage("format", _tool("ruff", "format", "--check", "--quiet", ".")),
        Stage("lint", _tool("ruff", "check", "--quiet", ".")),
        Stage("types", _tool("mypy", "--no-error-summary", "app")),
        Stage("imports", [str(Path(PYTHON).with_name("lint-imports")), "--no-logo"]),
        Stage("catalogue", _tool("flask", "--app", "wsgi", "catalogue-check")),
    ]


def test() -> list[Stage]:
    """The static part and every test that is not long."""
    scripts = sorted(str(path) for path in (PROJECT / "tests/js").rglob("*.test.js"))
    return [
        *check(),
        Stage("scripts", ["node", "--test", *scripts]),
        Stage("tests", _pytest("-m", "not long and not again", *TWO_AT_ONCE)),
    ]


def long() -> list[Stage]:
    """The long tests, on a seed that is printed so that a failure can be had again, and what the
    second database engine is asked after the first."""
    seed = os.environ.get("SEED") or str(secrets.randbelow(10**6))
    rounds = os.environ.get("ROUNDS", "short")
    click.echo(f"Seed {seed} (SEED={seed} repeats it), rounds: {rounds}")
    return [
        Stage(
            "long tests",
            _pytest("-m", "long", "--seed", seed, f"--hypothesis-seed={seed}", *TWO_AT_ONCE),
        ),
        Stage("second engine", _pytest("-m", "again and not long", *TWO_AT_ONCE)),
    ]


def bench() -> list[Stage]:
    """The benchmarks: each act of the main path beside its floor, and what others make of a tap."""
    pages = PROJECT / "tests/benchmarks/pages"
    return [
        Stage(
            "libraries",
            [
                "npm",
                "ci",
                "--ignore-scripts",
                "--omit=optional",
                "--no-audit",
                "--no-fund",
                "--silent",
                "--prefix",
                str(pages),
            ],
        ),
        Stage("benchmarks", [PYTHON, "-m", "tests.benchmarks"]),
    ]


def passes(stage: Stage) -> bool:
    """Run a stage, show what it says if it fails, and say how long it took."""
    click.echo(f"── {stage.name}")
    start = time.monotonic()
    code = subprocess.run(stage.command, cwd=PROJECT).returncode
    word = "passed" if code == 0 else "FAILED"
    click.echo(f"── {stage.name} {word} in {time.monotonic() - start:.0f} s")
    return code == 0


def get_tools(tools: Sequence[Tool]) -> None:
    """Install the missing programs with apt as root, or say what to install."""
    missing = [tool for tool in tools if not _is_there(tool)]
    if not missing:
        return
    packages = [tool.debian for tool in missing]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        click.echo(f"Installing {', '.join(packages)} …")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        get = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        subprocess.run([*get, "update"], env=quiet, check=True)
        subprocess.run(
            [*get, "install", "-y", "--no-install-recommends", *packages],
            env=quiet,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        missing = [tool for tool in tools if not _is_there(tool)]
    if missing:
        sys.exit(
            f"The tests need {', '.join(tool.names[0] for tool in missing)}: install them"
            f" (Debian or Ubuntu: `apt install {' '.join(tool.debian for tool in missing)}`,"
            f" macOS: `brew install {' '.join(tool.macos for tool in missing)}`)"
            " and run this again."
        )


def _is_there(tool: Tool) -> bool:
    if any(shutil.which(name) for name in tool.names):
        return True
    return tool.debian == "chromium" and MACOS_CHROME.exists()


def _tool(name: str, *arguments: str) -> list[str]:
    return [PYTHON, "-m", name, *arguments]


def _pytest(*arguments: str) -> list[str]:
    return _tool("pytest", "--quiet", *arguments)
