"""The one secret of an instance: a master key in a file of its own, and what is derived from it.

The file lies outside the instance folder, so that a copy of the instance, or a backup,
opens nothing. The instance remembers only the key's check value, eight hex digits.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from uuid import UUID

from flask import Flask, current_app

KEY_BYTES = 32
CHECK_FILE = "key-check"


class KeyRefused(Exception):
    """The key cannot be used; the text is one sentence that says what to do."""


class Keyring:
    """The master key of one instance, read from its file at first use."""

    def __init__(self, instance: Path, key_file: str = "") -> None:
        self._instance = instance
        self._key_file = key_file
        self._master: bytes | None = None

    def __repr__(self) -> str:
        return f"Keyring({str(self.path)!r})"

    @property
    def path(self) -> Path | None:
        """Where the key is expected; None when nothing says which key it is."""
        if self._key_file:
            return Path(self._key_file).expanduser()
        check = self.recorded_check()
        return default_folder() / f"{check}.key" if check else None

    def recorded_check(self) -> str | None:
        """The check value of the key that this instance was made with, if it was made."""
        try:
            return (self._instance / CHECK_FILE).read_text(encoding="ascii").strip() or None
        except FileNotFoundError:
            return None

    def master(self) -> bytes:
        """The 32 bytes of the master key. Raises KeyRefused."""
        if self._master is None:
            self._master = self._read()
        return self._master

    def derive(self, label: str) -> bytes:
        """A key of 32 bytes for one purpose. Raises KeyRefused."""
        return _hkdf(self.master(), label)

    def create(self) -> None:
        """Make the key of a new instance, or take the one already lying at `path`.

        Only for an instance without a database: a new key opens no old one.
        """
        path = self.path
        if path and path.exists():
            master = self._read(must_fit=False)
        else:
            master = secrets.token_bytes(KEY_BYTES)
            own = default_folder() / f"{check_value(master)}.key"
            _write_key(path if path and self._key_file else own, master)
        self._instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._instance / CHECK_FILE).write_text(check_value(master) + "\n", encoding="ascii")
        self._master = master

    def _read(self, *, must_fit: bool = True) -> bytes:
        path = self.path
        if path is None:
            raise KeyRefused(
                "Nothing says which key opens this database:"
                f" set STIPPLE_KEY_FILE to its key file, or put back {CHECK_FILE} in"
                f" {self._instance} from a backup."
            )
        try:
            status = path.stat()
            key = path.read_bytes()
        except FileNotFoundError:
            raise KeyRefused(
                f"The key file {path} is missing:"
                " put it back from where it is kept, or set STIPPLE_KEY_FILE to where it is."
            ) from None
        except OSError as fault:
            raise KeyRefused(
                f"The key file {path} cannot be read ({fault.strerror}):"
                " make it readable to the account that runs Stipple."
            ) from None
        if os.name == "posix" and status.st_mode & 0o077:
            raise KeyRefused(
                f"The key file {path} can be read by other accounts of this machine:"
                f" run chmod 600 {path}, and think about who has read it."
            )
        if len(key) != KEY_BYTES:
            raise KeyRefused(
                f"The key file {path} holds {len(key)} bytes instead of {KEY_BYTES}:"
                " put the right file back from where it is kept."
            )
        recorded = self.recorded_check() if must_fit else None
        if recorded and recorded != check_value(key):
            raise KeyRefused(
                f"The key in {path} (check value {check_value(key)}) is not the one this database"
                f" was made with: find the key with check value {recorded} and set"
                " STIPPLE_KEY_FILE to it."
            )
        return key


def default_folder() -> Path:
    """Where keys lie unless `STIPPLE_KEY_FILE` says otherwise: the account's own settings."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "stipple"


def check_value(master: bytes) -> str:
    """Eight hex digits that tell one key from another and nothing more."""
    return _hkdf(master, "check").hex()[:8]


def init_app(app: Flask) -> None:
    """Give the app its keyring; no file is read yet."""
    app.extensions["keyring"] = Keyring(
        Path(app.instance_path), app.config.get("STIPPLE_KEY_FILE") or ""
    )


def keyring_of(app: Flask) -> Keyring:
    """The app's keyring."""
    keyring: Keyring = app.extensions["keyring"]
    return keyring


def derive(label: str) -> bytes:
    """A key of 32 bytes for one purpose of the current app. Raises KeyRefused."""
    return keyring_of(current_app).derive(label)


def vault_secret(person_id: UUID) -> str:
    """Half of what opens this person's words on a tablet; the other half never leaves that."""
    return derive(f"vault of {person_id}").hex()


def _hkdf(master: bytes, label: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(
        algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"stipple/{label}".encode()
    ).derive(master)


def _write_key(path: Path, key: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Never over an existing file: it may be the key of another instance.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
