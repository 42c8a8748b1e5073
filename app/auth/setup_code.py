"""The one-time code that guards set-up: printed in the terminal, kept in the instance as a hash."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from flask import current_app

_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP = 2, 4


def fresh_code() -> str:
    """Make a new code, for example K7QF-2MXD; only its hash is kept, and earlier codes end.

    Start-up calls this inside the application's context while nobody can sign in, and prints it.
    """
    code = "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Created for the owner alone from the first byte on.
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="ascii") as file:
        file.write(_hash(code))
    return code


def is_right(typed: str) -> bool:
    """Whether this is the code that was printed last; case, spaces and hyphens do not matter."""
    path = _path()
    if not path.exists():
        return False
    return hmac.compare_digest(path.read_text(encoding="ascii").strip(), _hash(typed))


def spend() -> None:
    """Forget the code: the clinic is set up."""
    _path().unlink(missing_ok=True)


def _path() -> Path:
    return Path(current_app.instance_path) / "setup-code"


def _hash(code: str) -> str:
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()
