"""Rows written straight into the tables: what a test needs, and plausible values for the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    insert,
    inspect,
    text,
)
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table

from app.columns import Base, Hundredths, UtcDateTime
from app.extensions import db
from app.models import Addendum, Note, immutability
from tests.databases import raw_engine

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Ids(NamedTuple):
    """The rows of one treatment with its chart, and of its note where it is signed."""

    person: UUID
    patient: UUID
    treatment: UUID
    site: UUID
    preparation: UUID
    vial: UUID
    save: UUID
    note: UUID | None
    copy: UUID | None
    addendum: UUID | None


def add(connection: Connection, table: str, **values: Any) -> None:
    """Insert a row; columns that need a value and were given none get one of their type.

    Only into columns that are there: an older schema lacks what a later step adds.
    """
    there = {column["name"] for column in inspect(connection).get_columns(table)}
    columns = [each for each in Base.metadata.tables[table].columns if each.name in there]
    for column in columns:
        needed = not column.nullable and column.server_default is None
        if column.name not in values and needed:
            values[column.name] = _default(column)
    bare = sql_table(table, *(sql_column(each.name, each.type) for each in columns))
    connection.execute(insert(bare).values(values))


def _default(column: Column[Any]) -> Any:
    if column.default is None:
        return _plausible(column)
    given = column.default.arg  # type: ignore[attr-defined]
    return given(None) if callable(given) else given


def add_treatment(connection: Connection, *, signed: bool, serial: int = 1) -> Ids:
    """A treatment with a site, a preparation, a vial and a save; its note and a copy if signed."""
    person, patient, treatment, site, preparation, vial, save, key = (uuid4() for _ in range(8))
    add(connection, "people", id=person)
    by = {"created_by_id": person, "saved_by_id": person}
    add(connection, "patients", id=patient, **by)
    add(
        connection,
        "treatments",
        id=treatment,
        patient_id=patient,
        started_by_id=person,
        saved_by_id=person,
    )
    add(connection, "preparations", treatment_id=treatment, key=preparation)
    add(connection, "vials", treatment_id=treatment, key=vial, preparation=preparation)
    add(
        connection,
        "sites",
        treatment_id=treatment,
        key=site,
        preparation=preparation,
        placed_by_id=person,
    )
    add(connection, "chart_saves", treatment_id=treatment, save=save, saved_by_id=person)
    if inspect(connection).has_table("answers"):  # A step before the newest has none.
        add(connection, "answers", treatment_id=treatment, number=1, answered_by_id=person)
    note = copy = addendum = None
    if signed:
        note, copy = uuid4(), uuid4()
        add(connection, "signing_keys", id=key, person_id=person)
        add(
            connection,
            "notes",
            id=note,
            treatment_id=treatment,
            year=2026,
            serial=serial,
            signed_by_id=person,
            signing_key_id=key,
        )
        add(connection, "printed_copies", id=copy, note_id=note, serial=1, printed_by_id=person)
        if inspect(connection).has_table("addenda"):
            addendum = uuid4()
            add(
                connection,
                "addenda",
                id=addendum,
                note_id=note,
                signed_by_id=person,
                signing_key_id=key,
            )
    return Ids(person, patient, treatment, site, preparation, vial, save, note, copy, addendum)


def _plausible(column: Column[Any]) -> Any:
    match column.type:
        case Uuid():
            return uuid4()
        case Text():
            return f"{column.name} {uuid4().hex[:8]}"
        case Hundredths():
            return Decimal("5.00")
        case UtcDateTime():
            return NOON
        case Date():
            return date(2026, 11, 23)
        case LargeBinary():
            return b"bytes"
        case JSON():
            return []
        case Boolean():
            return False
        case Integer():
            return 1
    raise TypeError(f"no plausible value for {column}")


def alter_stored_bytes(app: Flask, stored: Note | Addendum) -> None:
    """Change one byte of the file the way an attacker would who has the key to the database."""
    changed = stored.pdf.replace(b"/Type", b"/Tyqe", 1)
    table = stored.__tablename__
    id_ = stored.id.hex if db.engine.dialect.name == "sqlite" else str(stored.id)
    db.session.rollback()
    attacker: Engine = raw_engine(dict(app.config) | {"INSTANCE_PATH": app.instance_path})
    with attacker.begin() as connection:
        immutability.lift(connection)
        done = connection.execute(
            text(f"UPDATE {table} SET pdf = :pdf WHERE id = :id"),
            {"pdf": changed, "id": id_},
        )
        immutability.lay(connection)
    attacker.dispose()
    assert done.rowcount == 1
