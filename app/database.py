"""The engine under every record: encrypted SQLite by default, PostgreSQL where an address is set.

On SQLite a transaction says at its start whether it will write. Reads begin deferred and never
wait; writes take the process's one writer's place and begin immediate, so that what they read
is still true when they write. A write inside a reading transaction is a fault of the program.
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2 as sqlcipher

from app.keyring import Keyring, keyring_of

DATABASE_FILE = "stipple.db"

# The first SQLite whose write-ahead log cannot be corrupted by a checkpoint beside a write.
SAFE_SQLITE = (3, 51, 3)

# How long a writer waits for the one before it, in this process or in another one.
WAIT_SECONDS = 15.0

_WRITING = {"stipple_writing": True}
_WRITES = re.compile(
    r"\s*(?:with\b.*\b)?(insert|update|delete|replace|create|drop|alter|truncate|reindex|vacuum)\s",
    re.IGNORECASE | re.DOTALL,
)


class DatabaseBusy(Exception):
    """Another write took too long; nothing of this one has happened."""


class Database(SQLAlchemy):
    """Flask-SQLAlchemy on the engine that the configuration asks for."""

    def init_app(self, app: Flask) -> None:
        """Prepare the engine of this app; nothing is opened and no key is read yet."""
        if address := app.config.get("DATABASE_URL"):
            url, options = _postgresql(address)
        else:
            url, options = _sqlcipher(database_file(app), keyring_of(app))
        app.config["SQLALCHEMY_DATABASE_URI"] = url
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
        super().init_app(app)
        with app.app_context():
            _watch(self.engine)


def database_file(app: Flask) -> Path:
    """The encrypted file of an app without `DATABASE_URL`."""
    return Path(app.instance_path) / DATABASE_FILE


def is_postgresql(app: Flask) -> bool:
    """Whether the records of this app lie in PostgreSQL."""
    return bool(app.config.get("DATABASE_URL"))


def begin_write(session: Session) -> None:
    """Make the session's transaction a writing one, before its first change.

    A reading transaction that is already open ends here, and what it loaded is read afresh.
    Raises RuntimeError when the session already holds changes, DatabaseBusy when another
    writer took longer than `WAIT_SECONDS`.
    """
    if holds_write(session):
        return
    if session.in_transaction():
        if session.new or session.dirty or session.deleted:
            raise RuntimeError("begin_write() comes before the first change of a transaction")
        session.rollback()
    session.connection(execution_options=_WRITING)


def is_writing(connection: Connection) -> bool:
    """Whether this connection's transactions may write."""
    return bool(connection.get_execution_options().get("stipple_writing"))


def holds_write(session: Session) -> bool:
    """Whether the session is in the middle of a writing transaction."""
    return session.in_transaction() and is_writing(session.connection())


def writing(engine: Engine) -> Engine:
    """The same engine for work outside a session; each of its transactions writes."""
    return engine.execution_options(**_WRITING)


class WriterConnection(sqlcipher.Connection):
    """A connection that holds the process's one writer's place while it writes."""

    place: threading.Lock
    _holds_place = False

    def begin(self, *, write: bool) -> None:
        """Begin a transaction. Raises DatabaseBusy, with the place given back."""
        if not write:
            self.execute("BEGIN")
            return
        if not self.place.acquire(timeout=WAIT_SECONDS):
            raise DatabaseBusy("another write of this process has not ended")
        self._holds_place = True
        try:
            self.execute("BEGIN IMMEDIATE")
        except BaseException as fault:
            self._leave_place()
            if isinstance(fault, sqlcipher.OperationalError) and "locked" in str(fault):
                raise DatabaseBusy("another process has not ended its write") from fault
            raise

    def commit(self) -> None:
        # When the commit fails the transaction is still open; its rollback leaves the place.
        super().commit()
        self._leave_place()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._leave_place()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._leave_place()

    def __del__(self) -> None:
        self._leave_place()

    def _leave_place(self) -> None:
        if self._holds_place:
            self._holds_place = False
            self.place.release()


def open_sqlcipher(file: Path, key: bytes, *, place: threading.Lock) -> WriterConnection:
    """A connection to an existing encrypted file, set up for safety before speed.

    Raises sqlcipher3 errors: OperationalError when the file is not there, DatabaseError when
    the key does not open it.
    """
    connection: WriterConnection = sqlcipher.connect(
        # mode=rw: a mistyped path must not become a new, empty database.
        f"{file.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=WAIT_SECONDS,
        isolation_level=None,  # The driver begins nothing by itself.
        check_same_thread=False,
        factory=WriterConnection,
    )
    connection.place = place
    try:
        # The library would tell the terminal of a wrong key in its own words.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        if connection.execute("PRAGMA cipher_version").fetchone() is None:
            raise sqlcipher.NotSupportedError("this SQLite library cannot encrypt")
        for setting in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def create_file(file: Path) -> None:
    """An empty file for a new database, readable only to its owner; SQLite's own files follow."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))


def _sqlcipher(file: Path, keyring: Keyring) -> tuple[str, dict[str, Any]]:
    place = threading.Lock()

    def connect() -> WriterConnection:
        return open_sqlcipher(file, keyring.derive("database"), place=place)

    options = {
        "module": sqlcipher,
        "creator": connect,
        "poolclass": QueuePool,
        "pool_size": 8,
        "max_overflow": 24,
        # A statement's values are patients' data: they stay out of every error and log.
        "hide_parameters": True,
    }
    return f"sqlite:///{file}", options


def _postgresql(address: str) -> tuple[str, dict[str, Any]]:
    url = make_url(address)
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    options = {
        "isolation_level": "READ COMMITTED",
        "pool_pre_ping": True,
        "pool_size": 8,
        "max_overflow": 24,
        "hide_parameters": True,
    }
    return url.render_as_string(hide_password=False), options


def _watch(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", _begin)
    event.listen(engine, "before_cursor_execute", _refuse_unannounced_write)


def _begin(connection: Connection) -> None:
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, WriterConnection)
    driver.begin(write=is_writing(connection))


def _refuse_unannounced_write(
    connection: Connection,
    cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    executemany: bool,
) -> None:
    if not is_writing(connection) and _WRITES.match(statement):
        raise RuntimeError("a reading transaction cannot write: begin_write() comes first")
