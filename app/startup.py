"""What must be true before anything is served; else the process ends with code 75.

Each refusal is one sentence that says what to do.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlcipher3 import dbapi2 as sqlcipher

from app import audit, clock, database
from app.extensions import db
from app.keyring import KeyRefused, keyring_of
from app.models import immutability

EXIT_CODE = 75
MIGRATIONS = Path(__file__).resolve().parent / "migrations"


class StartRefused(Exception):
    """Stipple must not run like this; the text is one sentence that says what to do."""


def require_safe(app: Flask) -> None:
    """Go on with a safe engine, the right key, the right schema and every trigger, or exit 75."""
    found = refusals(app)
    if found:
        _exit(found[0])
    try:
        with app.app_context():
            audit.anchor(db.session, now=clock.now())
    except OSError as fault:
        _exit(_unwritable(fault))


def refusals(app: Flask) -> list[str]:
    """Why this app must not serve, gravest first; empty when it may."""
    try:
        _require_engine()
        _require_key(app)
        with app.app_context():
            return _database_refusals()
    except (StartRefused, KeyRefused) as refusal:
        return [str(refusal)]


def prepare(app: Flask) -> None:
    """Make a new instance ready for its first migration, with key and file; or exit 75.

    An instance that has a database keeps its key and needs it.
    """
    try:
        _require_engine()
        if _has_database(app):
            _require_key(app)
        else:
            keyring_of(app).create()
            if not database.is_postgresql(app):
                database.create_file(database.database_file(app))
    except (StartRefused, KeyRefused) as refusal:
        _exit(str(refusal))
    except OSError as fault:
        _exit(_unwritable(fault))


def _unwritable(fault: OSError) -> str:
    return (
        f"The instance or its key cannot be written ({fault.strerror}: {fault.filename}):"
        " set STIPPLE_INSTANCE and STIPPLE_KEY_FILE to places this account may write."
    )


def _require_engine() -> None:
    version = sqlcipher.sqlite_version_info
    if version < database.SAFE_SQLITE:
        found, needed = (".".join(map(str, parts)) for parts in (version, database.SAFE_SQLITE))
        raise StartRefused(
            f"The SQLite library is {found}, which can corrupt a database that is being written:"
            f" install the locked sqlcipher3, whose library is {needed} or newer,"
            " with pip install --require-hashes -r requirements.txt."
        )


def _require_key(app: Flask) -> None:
    keyring_of(app).master()


def _has_database(app: Flask) -> bool:
    if not database.is_postgresql(app):
        file = database.database_file(app)
        return file.exists() and file.stat().st_size > 0
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                return bool(inspect(connection).get_table_names())
        except OperationalError:
            raise StartRefused(_UNREACHABLE) from None


def _database_refusals() -> list[str]:
    try:
        with db.engine.connect() as connection:
            return _schema_refusals(connection) or _content_refusals(connection)
    except OperationalError:
        on_postgresql = db.engine.dialect.name == "postgresql"
        return [_UNREACHABLE if on_postgresql else _NO_DATABASE]
    except DatabaseError:
        return [
            "The key does not open the database, or its file is damaged:"
            " set STIPPLE_KEY_FILE to the key it was made with, or restore a backup."
        ]


def _schema_refusals(connection: Connection) -> list[str]:
    scripts = ScriptDirectory(str(MIGRATIONS))
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return []
    if current is None:
        return [_NO_DATABASE]
    if current in {script.revision for script in scripts.walk_revisions()}:
        return [
            "The database was made by an older Stipple:"
            " make a backup, then run `flask --app wsgi db upgrade`."
        ]
    return [
        f"The database was made by a newer Stipple (its schema is {current}):"
        " install that version again."
    ]


def _content_refusals(connection: Connection) -> list[str]:
    found = []
    if faults := immutability.faults(connection):
        found.append(
            f"The database does not guard signed records as it must ({'; '.join(faults)}):"
            " find out who changed it, check the trail with `flask --app wsgi audit-verify`,"
            " then run `flask --app wsgi db upgrade -x guards=lay`."
        )
    # SQLite cannot even be read with a wrong key; PostgreSQL can.
    if connection.dialect.name == "postgresql" and not audit.is_own_trail(connection):
        found.append(
            "The key is not the one this database was made with, or the end of its audit trail"
            " was altered: set STIPPLE_KEY_FILE to the right key, or restore a backup."
        )
    return found


_NO_DATABASE = (
    "This instance has no database that can be opened:"
    " run `flask --app wsgi db upgrade` for a new one, or restore a backup."
)

_UNREACHABLE = (
    "PostgreSQL does not answer at DATABASE_URL:"
    " start it, or correct the address, user and password."
)


def _exit(sentence: str) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(EXIT_CODE)
