"""How a migration runs: on the app's own engine, one transaction for all steps, guards last.

A killed migration leaves the database as it was. A step that leaves a trigger of the guards
missing is rolled back, whatever it did before.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from flask import current_app
from sqlalchemy import Connection

import app.models  # noqa: F401  Every table is to be known before it is compared.
from app import database, startup
from app.columns import Hundredths, UtcDateTime
from app.extensions import db
from app.models import immutability


def run() -> None:
    """Take the database to the revision asked for."""
    startup.prepare(current_app)
    with database.writing(db.engine).connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        if on_sqlite:
            # Rebuilding a table drops the old one, which must not ask its children.
            _set_foreign_keys(connection, on=False)
        try:
            with connection.begin():
                _migrate(connection)
                if context.get_x_argument(as_dictionary=True).get("guards") == "lay":
                    immutability.lay(connection)
                if on_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise RuntimeError("this migration leaves a row that points at nothing")
        finally:
            if on_sqlite:
                _set_foreign_keys(connection, on=True)


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        transaction_per_migration=False,
        on_version_apply=_require_guards,
        render_item=_as_stored,
    )
    context.run_migrations()


def _require_guards(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Any
) -> None:
    assert ctx.connection is not None
    if heads and (found := immutability.faults(ctx.connection)):
        raise RuntimeError(f"this migration ends without its guards: {'; '.join(found)}")


def _as_stored(kind: str, thing: Any, autogen: Any) -> str | Literal[False]:
    """A migration names what is stored, so that it stays true when our own types change."""
    if kind == "type" and isinstance(thing, Hundredths):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _set_foreign_keys(connection: Connection, *, on: bool) -> None:
    # Outside any transaction, where alone SQLite heeds it: on the driver itself.
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")


run()
