"""Migrations keep what is signed, leave every guard in place, and stop cleanly when they cannot."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from app import startup
from app.database import writing
from app.extensions import db
from app.models import Note, Site, immutability
from tests.databases import migrate, opened
from tests.rows import add_treatment

STEPS = [
    step.revision for step in reversed(list(ScriptDirectory(startup.MIGRATIONS).walk_revisions()))
]

LATER = '''"""A step that rebuilds a table."""

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "9999"
down_revision = "{newest}"


def upgrade():
    {lift}
    with op.batch_alter_table("notes") as notes:
        notes.alter_column("level", type_=sa.String(40), existing_type=sa.Text())
    {lay}
'''


def schema(connection: Connection) -> dict[str, Any]:
    """Everything a table is made of, as the database itself describes it."""
    inspector = inspect(connection)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            },
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": sorted(map(repr, inspector.get_foreign_keys(table))),
            "unique": sorted(map(repr, inspector.get_unique_constraints(table))),
            "indexes": sorted(map(repr, inspector.get_indexes(table))),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_the_migrations_make_what_the_records_describe(no_database: dict[str, Any]) -> None:
    migrate(no_database)
    with opened(no_database), writing(db.engine).begin() as connection:
        migrated = schema(connection)
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, db.metadata) == []
        immutability.lift(connection)
        db.metadata.drop_all(connection)
        db.metadata.create_all(connection)
        assert schema(connection) == migrated


def test_each_step_leaves_every_guard(no_database: dict[str, Any]) -> None:
    for step in STEPS:
        migrate(no_database, step)
        with opened(no_database), db.engine.connect() as connection:
            assert immutability.faults(connection) == []


def test_down_and_up_again_leaves_everything_as_it_was(fresh_database: dict[str, Any]) -> None:
    with opened(fresh_database):
        with db.engine.connect() as connection:
            before = schema(connection)
        downgrade(revision="base")
        with db.engine.connect() as connection:
            assert schema(connection) == {}
            left = connection.execute(text(TRIGGERS_AND_FUNCTIONS[connection.dialect.name]))
            assert left.all() == []
        upgrade()
        with db.engine.connect() as connection:
            assert schema(connection) == before
            assert immutability.faults(connection) == []


TRIGGERS_AND_FUNCTIONS = {
    "sqlite": "select name from sqlite_master where type = 'trigger'",
    "postgresql": "select proname from pg_proc where pronamespace = 'public'::regnamespace"
    " union select tgname from pg_trigger where not tgisinternal",
}


def test_a_signed_note_outlives_the_newest_step(no_database: dict[str, Any]) -> None:
    """From the step before the newest one; while there is only one, across itself run again."""
    migrate(no_database, STEPS[-2] if len(STEPS) > 1 else STEPS[-1])
    with opened(no_database):
        with writing(db.engine).begin() as connection:
            add_treatment(connection, signed=True)
        with db.engine.connect() as connection:
            columns = columns_of(connection)
            before = all_rows(connection, columns)
    migrate(no_database)
    with opened(no_database), db.engine.connect() as connection:
        assert all_rows(connection, columns) == before


def columns_of(connection: Connection) -> dict[str, list[str]]:
    """The columns of what a note stands on, as they are now: a later step may add some."""
    tables = ("treatments", "sites", "preparations", "vials", "notes", "printed_copies")
    inspector = inspect(connection)
    return {table: [c["name"] for c in inspector.get_columns(table)] for table in tables}


def all_rows(connection: Connection, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    return {
        table: sorted(
            map(repr, connection.execute(text(f'select {quoted(names)} from "{table}"')).all())
        )
        for table, names in columns.items()
    }


def quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


@pytest.fixture
def later_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test writes the migration that comes after the newest one."""
    migrations = tmp_path / "migrations"
    shutil.copytree(startup.MIGRATIONS, migrations)
    monkeypatch.setattr(startup, "MIGRATIONS", migrations)
    return migrations / "versions" / "9999_later.py"


def run_later(later_step: Path) -> None:
    upgrade(directory=str(later_step.parent.parent))


def test_a_signed_note_outlives_the_rebuilding_of_its_table(
    fresh_database: dict[str, Any], later_step: Path
) -> None:
    later_step.write_text(
        LATER.format(
            newest=STEPS[-1],
            lift="immutability.lift(op.get_bind())",
            lay="immutability.lay(op.get_bind())",
        )
    )
    with opened(fresh_database) as app:
        with writing(db.engine).begin() as connection:
            ids = add_treatment(connection, signed=True)
            before = all_rows(connection, columns_of(connection))

        run_later(later_step)

        assert startup.refusals(app) == []
        with db.engine.connect() as connection:
            assert all_rows(connection, columns_of(connection)) == before
        note = db.session.scalars(select(Note)).one()
        assert (note.id, note.treatment_id) == (ids.note, ids.treatment)
        assert [site.key for site in db.session.scalars(select(Site))] == [ids.site]
        with (
            pytest.raises(DBAPIError, match="a signed note is final"),
            writing(db.engine).begin() as connection,
        ):
            connection.execute(text("update notes set pages = 99"))


@pytest.mark.parametrize("lift", ["pass", "immutability.lift(op.get_bind())"])
def test_a_step_that_forgets_the_guards_is_rolled_back(
    fresh_database: dict[str, Any], later_step: Path, lift: str
) -> None:
    # PostgreSQL rebuilds nothing, so there only the lifted guards are missed.
    if fresh_database["DATABASE_URL"]:
        lift = "immutability.lift(op.get_bind())"
    later_step.write_text(LATER.format(newest=STEPS[-1], lift=lift, lay="pass"))
    with opened(fresh_database):
        with db.engine.connect() as connection:
            before = schema(connection)

        with pytest.raises((RuntimeError, DBAPIError, SystemExit)):
            run_later(later_step)

        with db.engine.connect() as connection:
            assert MigrationContext.configure(connection).get_current_revision() == STEPS[-1]
            assert immutability.faults(connection) == []
            assert schema(connection) == before


def test_a_step_that_fails_halfway_leaves_nothing(
    fresh_database: dict[str, Any], later_step: Path
) -> None:
    later_step.write_text(
        f'revision = "9999"\ndown_revision = "{STEPS[-1]}"\n\n'
        "from alembic import op\nimport sqlalchemy as sa\n\n"
        "def upgrade():\n"
        '    op.create_table("half", sa.Column("id", sa.Integer()))\n'
        '    raise RuntimeError("the power went")\n'
    )
    with opened(fresh_database):
        with pytest.raises((RuntimeError, SystemExit)):
            run_later(later_step)

        with db.engine.connect() as connection:
            assert "half" not in schema(connection)
            assert MigrationContext.configure(connection).get_current_revision() == STEPS[-1]


def test_rows_that_point_at_nothing_stop_a_migration(
    fresh_sqlite: dict[str, Any], later_step: Path
) -> None:
    later_step.write_text(
        f'revision = "9999"\ndown_revision = "{STEPS[-1]}"\n\n'
        "from alembic import op\n\n"
        "def upgrade():\n"
        "    op.execute(\"insert into web_sessions values ('x', 'nobody', '{}', '', '', '')\")\n"
    )
    with opened(fresh_sqlite):
        with pytest.raises((RuntimeError, SystemExit)):
            run_later(later_step)

        assert db.session.scalar(text("select count(*) from web_sessions")) == 0
        assert db.session.scalar(text("pragma foreign_keys")) == 1


def test_a_rebuilding_past_the_migrations_makes_the_start_refuse(
    fresh_sqlite: dict[str, Any],
) -> None:
    with opened(fresh_sqlite) as app:
        with writing(db.engine).begin() as connection:
            connection.exec_driver_sql("pragma defer_foreign_keys = on")
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("chart_saves") as saves:
                saves.alter_column("revision", type_=sa.BigInteger(), existing_type=sa.Integer())

        refused = startup.refusals(app)

    assert len(refused) == 1
    for act in ("insert", "update", "delete"):
        assert f"final_chart_saves_{act} is missing" in refused[0]


def test_a_new_step_is_proposed_with_its_guards_and_with_what_is_stored(
    fresh_sqlite: dict[str, Any], later_step: Path
) -> None:
    from flask_migrate import migrate as propose

    with opened(fresh_sqlite):
        with writing(db.engine).begin() as connection:
            connection.execute(text("alter table patients drop column weight_kg"))
        propose(directory=str(later_step.parent.parent), message="weight", rev_id="9999")

    proposed = (later_step.parent / "9999_weight.py").read_text()
    assert proposed.count("immutability.lift(op.get_bind())") == 2
    assert proposed.count("immutability.lay(op.get_bind())") == 2
    assert "sa.Column('weight_kg', sa.BigInteger(), nullable=True)" in proposed
    assert "app.columns" not in proposed
