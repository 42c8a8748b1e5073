"""What the README promises on a machine that has Python alone: clone, one call, and it serves."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.integration.test_running import free_port
from tests.rules.sources import PROJECT


@pytest.mark.long
def test_a_clean_clone_serves_after_one_call_as_the_readme_says(tmp_path: Path) -> None:
    clone = tmp_path / "stipple"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
    readme = (clone / "README.md").read_text("utf-8")
    home = tmp_path / "home"
    home.mkdir()
    port = free_port()
    variables = {
        # The machine's Python, and nothing of the environment that runs this test.
        "PATH": f"{Path(base_python()).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
    }
    assert "make run     # your clinic" in readme

    with subprocess.Popen(
        [*promised_call(), "run"],
        cwd=clone,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            said = until(server, r"with this code: [A-Z0-9]{4}-[A-Z0-9]{4}")
            assert f"Stipple is at http://localhost:{port}" in said
            with urlopen(f"http://localhost:{port}/healthz", timeout=30) as answer:
                assert json.load(answer)["status"] == "ok"
            with urlopen(f"http://localhost:{port}/", timeout=30) as page:
                assert page.status == 200
                assert page.url.endswith("/setup")
            server.send_signal(signal.SIGINT)
            assert server.wait(60) == 0
        finally:
            server.kill()

    # What must not be lost lies where the README says, and nothing of it is git's.
    check = (clone / "instance" / "key-check").read_text("utf-8").strip()
    assert (home / ".config" / "stipple" / f"{check}.key").stat().st_mode & 0o077 == 0
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert status.stdout == ""
    for command in re.findall(r"^\| `(verify-all|audit-verify|catalogue-check)", readme, re.M):
        done = subprocess.run(
            [clone / ".venv/bin/flask", "--app", "wsgi", command],
            cwd=clone,
            env=variables,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"


def base_python() -> str:
    """The Python that environments are made with, not the one of this environment."""
    return str(getattr(sys, "_base_executable", sys.executable))


def promised_call() -> list[str]:
    """`make run` is one call of wsgi.py, which works where make is missing."""
    return [base_python(), "wsgi.py"]


def until(server: subprocess.Popen[str], pattern: str) -> str:
    """What the server has said once a line matches."""
    assert server.stdout is not None
    said = ""
    for line in server.stdout:
        said += line
        if re.search(pattern, line):
            return said
    raise AssertionError(f"it ended and said: {said}")
