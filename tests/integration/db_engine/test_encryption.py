"""Nothing of a patient lies on the disk in clear, and no key shows where people look."""

from __future__ import annotations

import logging
import sqlite3
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlcipher3 import dbapi2 as sqlcipher

from app import database
from app.database import DATABASE_FILE, begin_write, writing
from app.extensions import db
from app.keyring import keyring_of
from tests.databases import opened
from tests.rows import add

CANARY = "Maren Oduya-Canary"


def test_no_file_of_an_instance_holds_a_name_in_clear(fresh_sqlite: dict[str, Any]) -> None:
    with opened(fresh_sqlite) as app:
        with writing(db.engine).begin() as connection:
            add(connection, "people", name=CANARY)
        files = [path for path in Path(app.instance_path).rglob("*") if path.is_file()]
        contents = {path.name: path.read_bytes() for path in files}

    assert {DATABASE_FILE, f"{DATABASE_FILE}-wal"} <= set(contents)
    assert [name for name, content in contents.items() if CANARY.encode() in content] == []
    assert not contents[DATABASE_FILE].startswith(b"SQLite format 3")


def test_plain_sqlite_cannot_read_the_file(fresh_sqlite: dict[str, Any]) -> None:
    file = Path(fresh_sqlite["INSTANCE_PATH"]) / DATABASE_FILE

    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(file).execute("select count(*) from sqlite_master")


def test_the_key_shows_neither_in_the_engine_nor_in_an_error_nor_in_the_log(
    fresh_sqlite: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with opened(fresh_sqlite) as app, caplog.at_level(logging.DEBUG):
        logging.getLogger("sqlalchemy").setLevel(logging.DEBUG)
        with pytest.raises(DBAPIError) as failed:
            db.session.execute(text("select * from nothing where name = :name"), {"name": CANARY})
        shown = f"{db.engine!r} {db.engine.url!r} {keyring_of(app)!r} {failed.value} {caplog.text}"
        keys = (keyring_of(app).derive("database"), keyring_of(app).master())
    logging.getLogger("sqlalchemy").setLevel(logging.NOTSET)

    assert [key.hex() for key in keys if key.hex() in shown or repr(key) in shown] == []
    assert CANARY not in shown


def test_the_files_of_a_new_database_are_the_owners_alone(fresh_sqlite: dict[str, Any]) -> None:
    with opened(fresh_sqlite) as app:
        begin_write(db.session())
        db.session.commit()
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in Path(app.instance_path).glob(f"{DATABASE_FILE}*")
        }

    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


def test_a_mistyped_place_does_not_become_a_new_database(fresh_sqlite: dict[str, Any]) -> None:
    elsewhere = Path(fresh_sqlite["INSTANCE_PATH"]) / "elsewhere"
    config = {**fresh_sqlite, "INSTANCE_PATH": str(elsewhere)}
    with opened(config), pytest.raises(DBAPIError):
        db.session.execute(text("select 1"))

    assert not elsewhere.exists() or list(elsewhere.iterdir()) == []


def test_a_library_that_cannot_encrypt_is_refused(
    fresh_sqlite: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deaf(sqlcipher.Connection):
        def execute(self, statement: str, *parameters: Any) -> Any:
            if "cipher_version" in statement:
                statement = "pragma unknown_to_every_library"
            return super().execute(statement, *parameters)

    monkeypatch.setattr(
        database, "WriterConnection", type("Writer", (database.WriterConnection, Deaf), {})
    )
    with pytest.raises(sqlcipher.NotSupportedError):
        database.open_sqlcipher(
            Path(fresh_sqlite["INSTANCE_PATH"]) / DATABASE_FILE, b"k" * 32, place=threading.Lock()
        )
