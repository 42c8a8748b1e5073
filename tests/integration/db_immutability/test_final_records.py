"""What is signed stays as it was signed, whoever holds the key or owns the database.

Every attack comes over a second, raw connection that knows nothing of the application.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from app import audit
from app.columns import Base
from app.database import begin_write, writing
from app.extensions import db
from app.models.immutability import GUARDED
from tests.databases import opened, raw_engine
from tests.rows import NOON, Ids, add, add_treatment

OF_A_TREATMENT = ("sites", "preparations", "vials", "chart_saves", "answers")
KEY = {
    "sites": "key",
    "preparations": "key",
    "vials": "key",
    "chart_saves": "save",
    "answers": "number",
}


class Scene(NamedTuple):
    """A database with a signed treatment and a draft, and the attacker's way in."""

    attacker: Engine
    signed: Ids
    draft: Ids

    @property
    def on_sqlite(self) -> bool:
        return self.attacker.dialect.name == "sqlite"

    def id(self, value: UUID | None) -> str:
        """The id as it is written in SQL of this engine."""
        assert value is not None
        return f"'{value.hex if self.on_sqlite else value}'"


@pytest.fixture
def scene(fresh_database: dict[str, Any]) -> Iterator[Scene]:
    with opened(fresh_database):
        with writing(db.engine).begin() as connection:
            signed = add_treatment(connection, signed=True, serial=1)
            draft = add_treatment(connection, signed=False)
            add(
                connection,
                "treatment_moves",
                treatment_id=draft.treatment,
                from_patient_id=signed.patient,
                to_patient_id=draft.patient,
                moved_by_id=draft.person,
            )
            lot = uuid4()
            add(connection, "stock_lots", id=lot)
            add(connection, "stock_entries", lot_id=lot, entered_by_id=draft.person)
            add(
                connection,
                "outside_doses",
                patient_id=draft.patient,
                entered_by_id=draft.person,
                units=Decimal(5),
                withdrawn_at=None,
            )
            add(
                connection,
                "adverse_events",
                treatment_id=signed.treatment,
                told_in_id=draft.treatment,
                recorded_by_id=draft.person,
                withdrawn_at=None,
                withdrawn_by_id=None,
            )
            add(connection, "catalogue_verifications", verified_by_id=draft.person)
            add(connection, "clinic_catalogue", recorded_by_id=draft.person)
            add(connection, "released_drawings")
        begin_write(db.session())
        for number in range(3):
            audit.record(db.session, "test", by=None, now=NOON, number=number)
        db.session.commit()
    attacker = raw_engine(fresh_database)
    yield Scene(attacker, signed, draft)
    attacker.dispose()


def contents(engine: Engine) -> dict[str, list[Any]]:
    with engine.begin() as connection:
        return {
            guarded.table: sorted(
                map(repr, connection.execute(text(f'select * from "{guarded.table}"')).all())
            )
            for guarded in GUARDED
        }


def assert_refused(scene: Scene, *attacks: str) -> None:
    """Try each attack by itself, on SQLite in both modes of its triggers."""
    before = contents(scene.attacker)
    passed = []
    for attack in attacks:
        for mode in (0, 1) if scene.on_sqlite else (None,):
            with scene.attacker.connect() as connection:
                if mode is not None:
                    driver: Any = connection.connection.dbapi_connection
                    driver.execute(f"pragma recursive_triggers = {mode}")
                try:
                    with connection.begin():
                        connection.exec_driver_sql(attack)
                except DBAPIError as refused:
                    said = str(refused.orig)
                    if not any(guarded.sentence in said for guarded in GUARDED):
                        passed.append(f"{attack} -> not refused by a guard but: {said}")
                else:
                    passed.append(f"{attack} (recursive_triggers {mode})")
    assert passed == []
    assert contents(scene.attacker) == before


def columns_of(table: str) -> list[str]:
    return [column.name for column in Base.metadata.tables[table].columns]


def copied(table: str, where: str, **changed: str) -> str:
    """A SELECT of the rows as they are, with some columns changed."""
    chosen = ", ".join(
        f'{changed[name]} AS "{name}"' if name in changed else f'"{name}"'
        for name in columns_of(table)
    )
    return f"SELECT {chosen} FROM {table} WHERE {where}"


def names(table: str) -> str:
    return ", ".join(f'"{name}"' for name in columns_of(table))


def test_no_column_of_a_signed_treatment_changes(scene: Scene) -> None:
    where = f"WHERE id = {scene.id(scene.signed.treatment)}"

    assert_refused(
        scene,
        *(
            f'UPDATE treatments SET "{column}" = "{column}" {where}'
            for column in columns_of("treatments")
        ),
        f"UPDATE treatments SET revision = revision + 1 {where}",
        f"UPDATE treatments SET patient_id = {scene.id(scene.draft.patient)} {where}",
        f"DELETE FROM treatments {where}",
    )


@pytest.mark.parametrize("table", OF_A_TREATMENT)
def test_no_part_of_a_signed_treatment_changes_leaves_or_joins(scene: Scene, table: str) -> None:
    signed, draft = scene.id(scene.signed.treatment), scene.id(scene.draft.treatment)
    fresh = "7" if KEY[table] == "number" else scene.id(uuid4())

    assert_refused(
        scene,
        *(
            f'UPDATE {table} SET "{column}" = "{column}" WHERE treatment_id = {signed}'
            for column in columns_of(table)
        ),
        f"DELETE FROM {table} WHERE treatment_id = {signed}",
        f"UPDATE {table} SET treatment_id = {draft} WHERE treatment_id = {signed}",
        f"UPDATE {table} SET treatment_id = {signed} WHERE treatment_id = {draft}",
        f"INSERT INTO {table} ({names(table)}) "
        + copied(table, f"treatment_id = {draft}", treatment_id=signed, **{KEY[table]: fresh}),
    )


def test_a_move_to_another_patient_is_never_changed_or_forgotten(scene: Scene) -> None:
    assert_refused(
        scene,
        *(
            f'UPDATE treatment_moves SET "{column}" = "{column}"'
            for column in columns_of("treatment_moves")
        ),
        "DELETE FROM treatment_moves",
    )


def test_an_earlier_dose_is_withdrawn_once_and_else_never_changed_or_forgotten(
    scene: Scene,
) -> None:
    assert_refused(
        scene,
        "DELETE FROM outside_doses",
        *(
            f'UPDATE outside_doses SET "{column}" = "{column}"'
            for column in columns_of("outside_doses")
        ),
        *(
            f"UPDATE outside_doses SET withdrawn_at = entered_at, {column} = {value}"
            for column, value in (
                *(("units", "1"), ("units", "NULL"), ("response", "'none'"), ("place", "'x'")),
                *(("product", "'BOTOX'"), ("date", "'2020-01-01'"), ("source", "'clinic'")),
                ("indication", "'other'"),
            )
        ),
    )
    with scene.attacker.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE outside_doses SET withdrawn_at = entered_at, withdraw_reason = 'twice'"
        )
    assert_refused(
        scene,
        "UPDATE outside_doses SET withdrawn_at = NULL",
        "UPDATE outside_doses SET withdraw_reason = 'another'",
    )


def test_an_adverse_event_is_withdrawn_once_and_else_never_changed_or_forgotten(
    scene: Scene,
) -> None:
    assert_refused(
        scene,
        "DELETE FROM adverse_events",
        *(
            f'UPDATE adverse_events SET "{column}" = "{column}"'
            for column in columns_of("adverse_events")
        ),
        *(
            f"UPDATE adverse_events SET withdrawn_at = recorded_at, {column} = {value}"
            for column, value in (
                *(("kind", "'other_kind'"), ("words", "'more'"), ("sites", "'[1]'")),
                ("treatment_id", scene.id(scene.draft.treatment)),
            )
        ),
    )
    with scene.attacker.begin() as connection:
        connection.exec_driver_sql("UPDATE adverse_events SET withdrawn_at = recorded_at")
    assert_refused(scene, "UPDATE adverse_events SET withdrawn_at = NULL")


@pytest.mark.parametrize(
    ("table", "row"),
    [("notes", "note"), ("printed_copies", "copy"), ("addenda", "addendum")],
)
def test_no_note_no_print_and_no_addendum_changes_or_goes(
    scene: Scene, table: str, row: str
) -> None:
    where = f"WHERE id = {scene.id(getattr(scene.signed, row))}"

    assert_refused(
        scene,
        *(f'UPDATE {table} SET "{column}" = "{column}" {where}' for column in columns_of(table)),
        f"DELETE FROM {table} {where}",
        f"DELETE FROM {table}",
    )


def test_a_note_cannot_be_moved_to_another_treatment(scene: Scene) -> None:
    assert_refused(scene, f"UPDATE notes SET treatment_id = {scene.id(scene.draft.treatment)}")


def test_an_addendum_cannot_be_moved_to_another_note_or_take_another_place(scene: Scene) -> None:
    assert_refused(
        scene,
        f"UPDATE addenda SET note_id = {scene.id(uuid4())}",
        "UPDATE addenda SET number = number + 1",
        "UPDATE addenda SET kind = 'clarification', reason = 'none'",
    )


def test_an_addendum_is_followed_by_another(scene: Scene, fresh_database: dict[str, Any]) -> None:
    with opened(fresh_database), writing(db.engine).begin() as connection:
        key = connection.execute(text("SELECT signing_key_id FROM addenda")).scalar_one()
        add(
            connection,
            "addenda",
            note_id=scene.signed.note,
            number=2,
            signed_by_id=scene.signed.person,
            signing_key_id=UUID(str(key)),
        )

    assert len(contents(scene.attacker)["addenda"]) == 2


def test_the_audit_trail_only_grows(scene: Scene) -> None:
    assert_refused(
        scene,
        *(
            f'UPDATE audit_entries SET "{column}" = "{column}"'
            for column in columns_of("audit_entries")
        ),
        f"INSERT INTO audit_entries ({names('audit_entries')}) "
        + copied("audit_entries", "seq = 2", seq="9", hash="'other'"),
        f"INSERT INTO audit_entries ({names('audit_entries')}) "
        + copied("audit_entries", "seq = 2", seq="4", hash="'other'"),
        "DELETE FROM audit_entries WHERE seq = 2",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET seq = seq - 1",
        "UPDATE audit_head SET hash = hash",
        "UPDATE audit_head SET id = 2, seq = seq + 1",
        f"INSERT INTO audit_head ({names('audit_head')}) " + copied("audit_head", "TRUE", id="2"),
    )


@pytest.mark.parametrize("fresh_database", ["sqlcipher"], indirect=True)
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
def test_replacing_a_final_row_is_refused_by_every_key(scene: Scene, verb: str) -> None:
    treatment, other = scene.id(scene.signed.treatment), scene.id(scene.draft.treatment)
    fresh = scene.id(uuid4())

    def replace(table: str, where: str, *, rowid_of: str = "", **changed: str) -> str:
        into, rowid = f"{verb} INTO {table}", f"(SELECT rowid FROM {table} WHERE {rowid_of}), "
        if not rowid_of:
            return f"{into} ({names(table)}) {copied(table, where, **changed)}"
        rows = copied(table, where, **changed).replace("SELECT ", f"SELECT {rowid}", 1)
        return f"{into} (rowid, {names(table)}) {rows}"

    assert_refused(
        scene,
        replace("treatments", f"id = {other}", id=treatment),
        replace("treatments", f"id = {other}", rowid_of=f"id = {treatment}", id=fresh),
        replace("notes", "TRUE", pages="99"),
        replace("notes", "TRUE", id=fresh, treatment_id=other),
        replace("notes", "TRUE", id=fresh, serial="7"),
        replace("notes", "TRUE", rowid_of="TRUE", id=fresh, serial="7", treatment_id=other),
        replace("printed_copies", "TRUE", reason="'other'"),
        replace("printed_copies", "TRUE", id=fresh),
        replace("printed_copies", "TRUE", rowid_of="TRUE", id=fresh, serial="7"),
        replace("addenda", "TRUE", reason="'other'"),
        replace("addenda", "TRUE", id=fresh),
        replace("addenda", "TRUE", rowid_of="TRUE", id=fresh, number="7"),
        replace("treatment_moves", "TRUE", reason="'other'"),
        replace("treatment_moves", "TRUE", id=fresh),
        replace("treatment_moves", "TRUE", rowid_of="TRUE", id=fresh, revision="7"),
        replace("audit_entries", "seq = 2", act="'other'"),
        replace("audit_entries", "seq = 2", seq="9"),
        replace("audit_entries", "seq = 2", seq="4", previous="(SELECT hash FROM audit_head)"),
        replace("audit_head", "TRUE"),
        replace("audit_head", "TRUE", id="2"),
        *(replace(table, f"treatment_id = {treatment}") for table in OF_A_TREATMENT),
        *(
            replace(
                table,
                f"treatment_id = {other}",
                rowid_of=f"treatment_id = {treatment}",
                **{KEY[table]: fresh},
            )
            for table in OF_A_TREATMENT
        ),
    )


@pytest.mark.parametrize("fresh_database", ["sqlcipher"], indirect=True)
def test_pushing_a_final_row_out_by_an_update_is_refused(scene: Scene) -> None:
    treatment, other = scene.id(scene.signed.treatment), scene.id(scene.draft.treatment)

    def rowid(table: str, column: str) -> str:
        return f"(SELECT rowid FROM {table} WHERE {column} = {treatment})"

    assert_refused(
        scene,
        f"UPDATE OR REPLACE treatments SET id = {treatment} WHERE id = {other}",
        f"UPDATE OR REPLACE treatments SET rowid = {rowid('treatments', 'id')} WHERE id = {other}",
        *(
            f"UPDATE OR REPLACE {table} SET rowid = {rowid(table, 'treatment_id')}"
            f" WHERE treatment_id = {other}"
            for table in OF_A_TREATMENT
        ),
    )


def test_an_upsert_onto_a_final_row_is_refused(scene: Scene) -> None:
    treatment = scene.id(scene.signed.treatment)
    parts = [
        f"INSERT INTO {table} ({names(table)}) "
        + copied(table, f"treatment_id = {treatment}")
        + f" ON CONFLICT (treatment_id, {KEY[table]})"
        " DO UPDATE SET treatment_id = excluded.treatment_id"
        for table in OF_A_TREATMENT
    ]

    assert_refused(
        scene,
        *parts,
        f"INSERT INTO treatments ({names('treatments')}) "
        + copied("treatments", f"id = {treatment}")
        + " ON CONFLICT (id) DO UPDATE SET revision = 99",
        f"INSERT INTO notes ({names('notes')}) "
        + copied("notes", "TRUE")
        + " ON CONFLICT (id) DO UPDATE SET pages = 99",
        f"INSERT INTO notes ({names('notes')}) "
        + copied("notes", "TRUE", id=scene.id(uuid4()))
        + " ON CONFLICT (treatment_id) DO UPDATE SET pages = 99",
        f"INSERT INTO printed_copies ({names('printed_copies')}) "
        + copied("printed_copies", "TRUE")
        + " ON CONFLICT (id) DO UPDATE SET reason = 'other'",
        f"INSERT INTO addenda ({names('addenda')}) "
        + copied("addenda", "TRUE")
        + " ON CONFLICT (id) DO UPDATE SET reason = 'other'",
        f"INSERT INTO addenda ({names('addenda')}) "
        + copied("addenda", "TRUE", id=scene.id(uuid4()))
        + " ON CONFLICT (note_id, number) DO UPDATE SET reason = 'other'",
        f"INSERT INTO audit_entries ({names('audit_entries')}) "
        + copied("audit_entries", "seq = 2")
        + " ON CONFLICT (seq) DO UPDATE SET act = 'other'",
        f"INSERT INTO audit_head ({names('audit_head')}) "
        + copied("audit_head", "TRUE")
        + " ON CONFLICT (id) DO UPDATE SET seq = 1",
    )


def test_a_table_of_final_rows_cannot_be_truncated(scene: Scene) -> None:
    if scene.on_sqlite:
        attacks = [f"DELETE FROM {guarded.table}" for guarded in GUARDED]
    else:
        attacks = [f"TRUNCATE {guarded.table} CASCADE" for guarded in GUARDED]
        attacks += ["TRUNCATE people CASCADE", "TRUNCATE patients CASCADE"]

    assert_refused(scene, *attacks)


def test_a_temporary_table_cannot_stand_in_for_the_notes(scene: Scene) -> None:
    treatment = scene.id(scene.signed.treatment)
    with scene.attacker.connect() as connection:
        with connection.begin():
            connection.exec_driver_sql("CREATE TEMPORARY TABLE notes (treatment_id text)")
        with pytest.raises(DBAPIError, match="sites of a signed treatment are final"):
            connection.exec_driver_sql(
                f"UPDATE sites SET units = 1 WHERE treatment_id = {treatment}"
            )


def test_a_draft_stays_free_to_change(scene: Scene) -> None:
    draft = scene.id(scene.draft.treatment)
    with scene.attacker.begin() as connection:
        connection.exec_driver_sql(f"UPDATE treatments SET revision = 2 WHERE id = {draft}")
        for table in OF_A_TREATMENT:
            where = f"treatment_id = {draft}"
            fresh = "7" if KEY[table] == "number" else scene.id(uuid4())
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({names(table)}) "
                + copied(table, where, **{KEY[table]: fresh})
            )
            connection.exec_driver_sql(
                f'UPDATE {table} SET "{KEY[table]}" = "{KEY[table]}" WHERE {where}'
            )
            deleted = connection.exec_driver_sql(f"DELETE FROM {table} WHERE {where}")
            assert deleted.rowcount == 2


def test_the_insert_of_the_note_is_the_signing(
    scene: Scene, fresh_database: dict[str, Any]
) -> None:
    with opened(fresh_database), writing(db.engine).begin() as connection:
        sign(connection, scene.draft)

    draft = scene.id(scene.draft.treatment)
    assert_refused(
        scene,
        f"UPDATE treatments SET revision = 3 WHERE id = {draft}",
        *(f"DELETE FROM {table} WHERE treatment_id = {draft}" for table in OF_A_TREATMENT),
    )


def test_a_signed_note_is_copied_again_and_again(
    scene: Scene, fresh_database: dict[str, Any]
) -> None:
    with opened(fresh_database), writing(db.engine).begin() as connection:
        for serial in (2, 3):
            add(
                connection,
                "printed_copies",
                note_id=scene.signed.note,
                serial=serial,
                printed_by_id=scene.signed.person,
            )

    assert len(contents(scene.attacker)["printed_copies"]) == 3


def sign(connection: Connection, ids: Ids) -> None:
    key = uuid4()
    add(connection, "signing_keys", id=key, person_id=ids.person)
    add(
        connection,
        "notes",
        treatment_id=ids.treatment,
        year=2026,
        serial=2,
        signed_by_id=ids.person,
        signing_key_id=key,
    )


class TestOnPostgresql:
    """What many writers at once, and a replica's powers, could do there."""

    @pytest.fixture
    def fresh_database(self, fresh_postgresql: dict[str, Any]) -> dict[str, Any]:
        return fresh_postgresql

    @pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE sites SET units = 1 WHERE treatment_id = '{}'",
            "DELETE FROM vials WHERE treatment_id = '{}'",
            "UPDATE treatments SET revision = 9 WHERE id = '{}'",
        ],
    )
    def test_a_change_that_races_the_signature_does_not_pass_after_it(
        self, scene: Scene, level: str, change: str
    ) -> None:
        faults: list[BaseException] = []

        def attack(connection: Connection) -> None:
            try:
                connection.exec_driver_sql(change.format(scene.draft.treatment))
                connection.commit()
            except DBAPIError as fault:
                faults.append(fault)

        late = scene.attacker.connect().execution_options(isolation_level=level)
        with late, scene.attacker.connect() as signer:
            # The late transaction has looked before the signature is there.
            late.execute(text("SELECT count(*) FROM notes")).scalar()
            sign(signer, scene.draft)
            thread = threading.Thread(target=attack, args=(late,))
            thread.start()
            time.sleep(0.15)
            assert thread.is_alive()  # It waits for the signer's end.
            signer.commit()
            thread.join(timeout=10)

        assert len(faults) == 1
        said = str(faults[0])
        assert "final" in said or "could not serialize" in said

    def test_a_session_that_calls_itself_a_replica_is_still_refused(self, scene: Scene) -> None:
        url = scene.attacker.url.set(username="postgres")
        superuser = create_engine(url)
        with superuser.connect() as connection:
            connection.exec_driver_sql("SET session_replication_role = replica")
            with pytest.raises(DBAPIError, match="a signed note is final"):
                connection.exec_driver_sql("DELETE FROM notes")
        superuser.dispose()
