"""What may never change again, enforced by the database itself: the one list for both engines.

A signed treatment is one that has a note; the insert of the note is the signing. Guards stand
before INSERT too, because on SQLite `INSERT OR REPLACE` removes a row without asking the delete
trigger, and so does `UPDATE OR REPLACE` through any unique key, the hidden rowid included.

Migrations lift the triggers first and lay them last; start-up compares what is there with this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, Table, UniqueConstraint, inspect, text

import app.audit  # noqa: F401  The trail's tables are among those guarded.
from app.columns import Base


class Guarded(NamedTuple):
    """A table, the condition under which a row of it is final, and what the database then says.

    `{row}` in a condition is the row's name. `treatment` is the column that names the treatment
    a row belongs to: on PostgreSQL its row is held, so that no signature can pass in between.
    `update` and `insert` are what alone is let through of these; an insert that `signs` takes the
    treatment's row for itself.
    """

    table: str
    final: str
    sentence: str
    treatment: str | None = None
    update: str | None = None
    insert: str | None = None
    signs: bool = False


_SIGNED = "EXISTS (SELECT 1 FROM {{schema}}notes WHERE notes.treatment_id = {{row}}.{column})"
_ALWAYS = "TRUE"


def _part_of_treatment(table: str) -> Guarded:
    return Guarded(
        table,
        final=_SIGNED.format(column="treatment_id"),
        sentence=f"{table} of a signed treatment are final",
        treatment="treatment_id",
    )


GUARDED = (
    Guarded(
        "treatments",
        final=_SIGNED.format(column="id"),
        sentence="a signed treatment is final",
        treatment="id",
    ),
    _part_of_treatment("sites"),
    _part_of_treatment("preparations"),
    _part_of_treatment("vials"),
    _part_of_treatment("chart_saves"),
    _part_of_treatment("answers"),
    Guarded("notes", final=_ALWAYS, sentence="a signed note is final", signs=True),
    Guarded("addenda", final=_ALWAYS, sentence="a signed addendum is final"),
    Guarded("printed_copies", final=_ALWAYS, sentence="a print that was made is final"),
    Guarded("stock_entries", final=_ALWAYS, sentence="an entry of the stock is final"),
    Guarded(
        "outside_doses",
        final=_ALWAYS,
        sentence="an earlier dose is final, and can only be withdrawn once",
        update="OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL AND "
        + " AND ".join(
            f"NEW.{column} = OLD.{column}"
            for column in (
                *("id", "patient_id", "date", "product", "indication", "source", "place"),
                *("entered_at", "entered_by_id"),
            )
        )
        + " AND COALESCE(NEW.units, -1) = COALESCE(OLD.units, -1)"
        " AND COALESCE(NEW.response, '') = COALESCE(OLD.response, '')",
    ),
    Guarded(
        "adverse_events",
        final=_ALWAYS,
        sentence="an adverse event is final, and can only be withdrawn once",
        update="OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL AND "
        + " AND ".join(
            f"NEW.{column} = OLD.{column}"
            for column in (
                *("id", "treatment_id", "told_in_id", "kind", "words"),
                *("recorded_at", "recorded_by_id"),
            )
        )
        + " AND CAST(NEW.sites AS TEXT) = CAST(OLD.sites AS TEXT)",
    ),
    Guarded(
        "catalogue_verifications",
        final=_ALWAYS,
        sentence="a row that was held against a label was held against it",
    ),
    Guarded(
        "clinic_catalogue",
        final=_ALWAYS,
        sentence="what is the own of a clinic is changed by a new version",
    ),
    Guarded(
        "released_drawings",
        final=_ALWAYS,
        sentence="a released drawing is changed by a new version",
    ),
    Guarded("treatment_moves", final=_ALWAYS, sentence="a move to another patient is final"),
    Guarded(
        "audit_entries",
        final=_ALWAYS,
        sentence="the audit trail only grows at its end",
        insert="NEW.seq = COALESCE((SELECT seq FROM {schema}audit_head), 0) + 1"
        " AND NEW.previous = COALESCE((SELECT hash FROM {schema}audit_head), NEW.previous)",
    ),
    Guarded(
        "audit_head",
        final=_ALWAYS,
        sentence="the end of the audit trail only moves on",
        update="NEW.id = OLD.id AND NEW.seq > OLD.seq",
        insert="NOT EXISTS (SELECT 1 FROM {schema}audit_head)",
    ),
)


def lay(connection: Connection) -> None:
    """Create every trigger; each replaces the one of its name."""
    lift(connection)
    for statements in _statements(connection).values():
        for statement in statements:
            connection.exec_driver_sql(statement)


def lift(connection: Connection) -> None:
    """Remove every trigger, listed or not: tables can then be rebuilt. `lay` comes after."""
    if connection.dialect.name == "sqlite":
        for name in _found_sqlite(connection):
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    schema = _schema(connection)
    for name, (table, *_) in _found_postgresql(connection).items():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON {schema}"{table}"')
    for guarded in GUARDED:
        connection.exec_driver_sql(f'DROP FUNCTION IF EXISTS {schema}"final_{guarded.table}"()')


def faults(connection: Connection) -> list[str]:
    """What differs between the triggers that are there and those that must be; each a phrase."""
    if connection.dialect.name == "sqlite":
        found: dict[str, object] = dict(_found_sqlite(connection))
        expected: dict[str, object] = {
            name: statements[0] for name, statements in _statements(connection).items()
        }
    else:
        found = dict(_found_postgresql(connection))
        expected = dict(_expected_postgresql(connection))
    return [
        *(f"{name} is missing" for name in sorted(expected.keys() - found.keys())),
        *(f"{name} is not ours" for name in sorted(found.keys() - expected.keys())),
        *(
            f"{name} was changed"
            for name in sorted(expected.keys() & found.keys())
            if found[name] != expected[name]
        ),
    ]


def _guarded(connection: Connection) -> list[Guarded]:
    """Those whose table is there: an early migration runs before a later one has made its own."""
    there = set(inspect(connection).get_table_names())
    return [guarded for guarded in GUARDED if guarded.table in there]


def _statements(connection: Connection) -> dict[str, list[str]]:
    if connection.dialect.name == "sqlite":
        return {
            name: [statement]
            for guarded in _guarded(connection)
            for name, statement in _sqlite_triggers(guarded)
        }
    schema = _schema(connection)
    return dict(
        trigger
        for guarded in _guarded(connection)
        for trigger in _postgresql_triggers(guarded, schema)
    )


# SQLite


def _sqlite_triggers(guarded: Guarded) -> Iterable[tuple[str, str]]:
    table = guarded.table
    always = guarded.final == _ALWAYS
    replaces = _replaces_final_row(guarded)
    if always:
        insert, update, delete = replaces, "TRUE", "TRUE"
    else:
        new, old = _is_final(guarded, "NEW"), _is_final(guarded, "OLD")
        insert = f"{new} OR {replaces}"
        update = f"{old} OR {new} OR {_replaces_final_row(guarded, by_update=True)}"
        delete = old
    if guarded.update:
        update = f"NOT ({guarded.update})"
    if guarded.insert:
        insert = f"NOT ({guarded.insert.format(schema='')}) OR {replaces}"
    for act, condition in (("insert", insert), ("update", update), ("delete", delete)):
        name = f"final_{table}_{act}"
        yield (
            name,
            f'CREATE TRIGGER "{name}" BEFORE {act.upper()} ON "{table}" WHEN {condition}'
            f" BEGIN SELECT RAISE(ABORT, '{guarded.sentence}'); END",
        )


def _is_final(guarded: Guarded, row: str) -> str:
    return guarded.final.format(row=row, schema="")


def _replaces_final_row(guarded: Guarded, *, by_update: bool = False) -> str:
    """Whether a final row stands in the place, by any unique key, that NEW would take."""
    same = " OR ".join(
        "(" + " AND ".join(f'other."{column}" = NEW."{column}"' for column in key) + ")"
        for key in [("rowid",), *_unique_keys(Base.metadata.tables[guarded.table])]
    )
    itself = "other.rowid <> OLD.rowid AND " if by_update else ""
    return (
        f'EXISTS (SELECT 1 FROM "{guarded.table}" AS other'
        f" WHERE {itself}({same}) AND {_is_final(guarded, 'other')})"
    )


def _unique_keys(table: Table) -> list[tuple[str, ...]]:
    keys = [tuple(column.name for column in table.primary_key.columns)]
    keys += [
        tuple(column.name for column in constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    keys += [
        tuple(column.name for column in index.columns) for index in table.indexes if index.unique
    ]
    return sorted(set(keys))


def _found_sqlite(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {row.name: row.sql for row in rows}


# PostgreSQL

_ROW_BEFORE_INSERT_UPDATE_DELETE = 1 + 2 + 4 + 16 + 8
_BEFORE_TRUNCATE = 2 + 32


def _postgresql_triggers(guarded: Guarded, schema: str) -> Iterable[tuple[str, list[str]]]:
    table, function = f'{schema}"{guarded.table}"', f'{schema}"final_{guarded.table}"'
    create = (
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql"
        f" AS $final${_function_body(guarded, schema)}$final$"
    )
    for name, when, each in (
        (f"final_{guarded.table}_row", "INSERT OR UPDATE OR DELETE", "ROW"),
        (f"final_{guarded.table}_truncate", "TRUNCATE", "STATEMENT"),
    ):
        yield (
            name,
            [
                create,
                f'CREATE TRIGGER "{name}" BEFORE {when} ON {table}'
                f" FOR EACH {each} EXECUTE FUNCTION {function}()",
                # Also for sessions that call themselves replicas.
                f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{name}"',
            ],
        )


def _function_body(guarded: Guarded, schema: str) -> str:
    refuse = (
        f"RAISE EXCEPTION '{guarded.sentence}' USING ERRCODE = 'integrity_constraint_violation';"
    )

    def check(row: str) -> str:
        if guarded.final == _ALWAYS:
            return refuse
        # Whoever signs holds this row; what is then seen includes the note.
        return (
            f"PERFORM 1 FROM {schema}treatments WHERE id = {row}.{guarded.treatment} FOR SHARE;"
            f" IF {guarded.final.format(row=row, schema=schema)} THEN {refuse} END IF;"
        )

    update = f"{check('OLD')} {check('NEW')}" if guarded.treatment else refuse
    if guarded.update:
        update = f"IF NOT ({guarded.update}) THEN {refuse} END IF;"
    if guarded.signs:
        # A change to the treatment's row makes every older snapshot fail instead of pass.
        insert = f"UPDATE {schema}treatments SET id = id WHERE id = NEW.treatment_id;"
    elif guarded.insert:
        insert = f"IF NOT ({guarded.insert.format(schema=schema)}) THEN {refuse} END IF;"
    else:
        insert = check("NEW") if guarded.treatment else "NULL;"
    return (
        "\nBEGIN"
        f"\n  IF TG_OP = 'TRUNCATE' THEN {refuse}"
        f"\n  ELSIF TG_OP = 'DELETE' THEN {check('OLD')} RETURN OLD;"
        f"\n  ELSIF TG_OP = 'UPDATE' THEN {update} RETURN NEW;"
        f"\n  ELSE {insert} RETURN NEW;"
        "\n  END IF;"
        "\nEND\n"
    )


def _expected_postgresql(connection: Connection) -> dict[str, tuple[str, str, str]]:
    schema = _schema(connection)
    expected = {}
    for guarded in _guarded(connection):
        body = _function_body(guarded, schema)
        for name, kind in (
            (f"final_{guarded.table}_row", _ROW_BEFORE_INSERT_UPDATE_DELETE),
            (f"final_{guarded.table}_truncate", _BEFORE_TRUNCATE),
        ):
            expected[name] = (guarded.table, f"{kind} A", body)
    return expected


def _found_postgresql(connection: Connection) -> dict[str, tuple[str, str, str]]:
    rows = connection.execute(
        text(
            "SELECT t.tgname, c.relname, t.tgtype, t.tgenabled, p.prosrc,"
            " t.tgqual IS NOT NULL OR t.tgattr::text <> '' OR p.proconfig IS NOT NULL AS odd"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    return {
        row.tgname: (
            row.relname,
            f"{row.tgtype} {row.tgenabled}{' odd' if row.odd else ''}",
            row.prosrc,
        )
        for row in rows
    }


def _schema(connection: Connection) -> str:
    """The schema in front of a table's name, so that a temporary table cannot stand in for it."""
    return f'"{connection.execute(text("SELECT current_schema()")).scalar_one()}".'
