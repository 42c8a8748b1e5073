"""What `make run`, and each command, waits for before it does anything."""

from __future__ import annotations

import subprocess
import sys

from tests.benchmarks.bare import PROJECT
from tests.benchmarks.measuring import Result, in_turn

OURS = "from wsgi import create_app; create_app()"
LIBRARIES = (
    *("argon2", "cryptography.x509", "flask_babel", "flask_limiter", "flask_login"),
    *("flask_migrate", "flask_sqlalchemy", "flask_wtf", "sqlalchemy.orm", "sqlcipher3"),
)
BARE = f"import flask, {', '.join(LIBRARIES)}; flask.Flask('bare')"


def start(rounds: int) -> Result:
    """A new process until the application stands; the floor: one with the libraries it stands on,
    and nothing of its own to read in."""

    def run(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)

    return in_turn(
        "start of the application",
        lambda _: run(OURS),
        lambda _: run(BARE),
        rounds=rounds,
        budget=1.4,
    )
