"""Who may write when: announced writes, refused surprises, no lost update on either engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    Table,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app import database
from app.database import DatabaseBusy, WriterConnection, begin_write, writing
from app.extensions import db
from app.models import Clinic, SignInAttempt, Site
from tests.databases import opened, raw_engine
from tests.rows import NOON, add_treatment

COUNTERS = Table(
    "counters", MetaData(), Column("id", Integer, primary_key=True), Column("n", BigInteger)
)


@pytest.fixture
def app(fresh_database: dict[str, Any]) -> Iterator[Flask]:
    with opened(fresh_database) as app:
        with writing(db.engine).begin() as connection:
            COUNTERS.create(connection)
            connection.execute(COUNTERS.insert().values(id=1, n=0))
        yield app


def a_clinic() -> Clinic:
    return Clinic(id=uuid4(), name="Clinic", time_zone="America/New_York", created_at=NOON)


def test_four_threads_of_fifty_read_modify_writes_lose_none(app: Flask) -> None:
    done: list[int] = []
    faults: list[BaseException] = []

    def count_to_fifty() -> None:
        with app.app_context():
            try:
                for _ in range(50):
                    session = db.session()
                    begin_write(session)
                    n = session.scalars(select(COUNTERS.c.n).with_for_update()).one()
                    time.sleep(0.001)
                    session.execute(update(COUNTERS).values(n=n + 1))
                    session.commit()
                    done.append(n)
            except BaseException as fault:
                faults.append(fault)

    threads = [threading.Thread(target=count_to_fifty) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert len(done) == 200
    assert db.session.scalar(select(COUNTERS.c.n)) == 200


def test_a_flush_in_a_reading_transaction_is_refused(app: Flask) -> None:
    db.session.scalars(select(Clinic)).all()
    db.session.add(a_clinic())

    with pytest.raises(RuntimeError, match=r"begin_write\(\) comes first"):
        db.session.flush()

    db.session.rollback()
    assert db.session.scalars(select(Clinic)).all() == []


@pytest.mark.parametrize(
    "statement",
    [
        "update counters set n = 7",
        "  DELETE FROM counters",
        "insert into counters values (2, 0)",
        "create table surprise (id integer)",
        "with two as (select 2 as id) insert into counters select id, 0 from two",
    ],
)
def test_a_statement_that_writes_unannounced_is_refused(app: Flask, statement: str) -> None:
    with pytest.raises(RuntimeError, match="reading transaction"):
        db.session.execute(text(statement))


def test_a_statement_that_only_mentions_writing_is_let_through(app: Flask) -> None:
    assert db.session.scalar(text("select 'update counters set n = 1'"))


def test_an_announced_write_is_kept_by_its_commit(app: Flask) -> None:
    begin_write(db.session())
    db.session.add(a_clinic())
    db.session.commit()

    assert db.session.scalars(select(Clinic.name)).all() == ["Clinic"]


def test_announcing_twice_changes_nothing(app: Flask) -> None:
    begin_write(db.session())
    db.session.add(a_clinic())
    begin_write(db.session())
    db.session.commit()

    assert len(db.session.scalars(select(Clinic)).all()) == 1


def test_announcing_after_a_change_is_refused(app: Flask) -> None:
    db.session.add(a_clinic())

    with pytest.raises(RuntimeError, match="before the first change"):
        begin_write(db.session())


def test_what_was_read_before_the_announcement_is_read_afresh(app: Flask) -> None:
    with Session(db.engine) as first:
        begin_write(first)
        first.add(a_clinic())
        first.commit()
    clinic = db.session.scalars(select(Clinic)).one()
    with Session(db.engine) as other:
        begin_write(other)
        other.scalars(select(Clinic)).one().name = "Renamed"
        other.commit()

    begin_write(db.session())

    assert clinic.name == "Renamed"


def test_the_next_transaction_of_a_session_reads_again(app: Flask) -> None:
    begin_write(db.session())
    db.session.commit()

    with pytest.raises(RuntimeError, match="reading transaction"):
        db.session.execute(update(COUNTERS).values(n=9))


def test_a_rolled_back_write_leaves_nothing_and_lets_the_next_one_in(app: Flask) -> None:
    begin_write(db.session())
    db.session.execute(update(COUNTERS).values(n=9))
    db.session.rollback()

    with Session(db.engine) as other:
        begin_write(other)
        assert other.scalar(select(COUNTERS.c.n)) == 0
        other.rollback()


def test_readers_go_on_while_a_write_is_open(app: Flask) -> None:
    begin_write(db.session())
    db.session.execute(update(COUNTERS).values(n=9))

    with Session(db.engine) as reader:
        assert reader.scalar(select(COUNTERS.c.n)) == 0


def test_doses_and_instants_come_back_as_they_went_in(app: Flask) -> None:
    with writing(db.engine).begin() as connection:
        ids = add_treatment(connection, signed=False)

    site = db.session.scalars(select(Site)).one()
    assert (site.treatment_id, site.key) == (ids.treatment, ids.site)
    assert site.units == Decimal("5.00")
    assert str(site.units) == "5.00"
    assert site.placed_at == NOON
    assert site.placed_at.utcoffset() is not None


class TestOnSqlite:
    """The one writer's place of a process."""

    @pytest.fixture
    def app(self, fresh_sqlite: dict[str, Any]) -> Iterator[Flask]:
        with opened(fresh_sqlite) as app:
            yield app

    def test_a_second_writer_waits_for_the_first(self, app: Flask) -> None:
        order: list[str] = []

        def write() -> None:
            with app.app_context(), Session(db.engine) as session:
                begin_write(session)
                order.append("second")
                session.rollback()

        begin_write(db.session())
        thread = threading.Thread(target=write)
        thread.start()
        time.sleep(0.1)
        order.append("first")
        db.session.commit()
        thread.join()

        assert order == ["first", "second"]

    def test_a_writer_that_waits_too_long_is_told_so(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
        begin_write(db.session())

        with Session(db.engine) as other, pytest.raises(DatabaseBusy):
            begin_write(other)

        db.session.commit()
        with Session(db.engine) as other:
            begin_write(other)

    def test_another_process_that_writes_is_waited_for_and_the_place_is_given_back(
        self, app: Flask, fresh_sqlite: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
        with raw_engine(fresh_sqlite).begin() as elsewhere:
            elsewhere.exec_driver_sql("update audit_head set seq = seq")
            with Session(db.engine) as session, pytest.raises(DatabaseBusy):
                begin_write(session)

        with Session(db.engine) as session:
            begin_write(session)
            session.commit()

    @pytest.mark.parametrize("ending", ["commit", "rollback", "close", "invalidate"])
    def test_every_ending_of_a_write_gives_the_place_back(self, app: Flask, ending: str) -> None:
        session = Session(db.engine)
        begin_write(session)
        getattr(session, ending)()

        with Session(db.engine) as other:
            begin_write(other)

    def test_a_commit_that_fails_keeps_the_place_until_it_is_rolled_back(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = db.session()
        begin_write(session)
        session.execute(text("pragma defer_foreign_keys = on"))
        session.execute(
            text("insert into web_sessions values ('x', 'nobody', '{}', '', '', '')"),
        )
        with pytest.raises(IntegrityError):
            session.commit()
        session.rollback()

        with Session(db.engine) as other:
            begin_write(other)
            assert other.scalar(text("select count(*) from web_sessions")) == 0

    def test_a_connection_that_was_forgotten_gives_the_place_back(self, app: Flask) -> None:
        connection = db.engine.raw_connection()
        driver = connection.dbapi_connection
        assert isinstance(driver, WriterConnection)
        driver.begin(write=True)
        connection.detach()
        del connection, driver

        with Session(db.engine) as other:
            begin_write(other)

    def test_a_full_disk_leaves_no_half_and_is_forgotten_when_there_is_room_again(
        self, app: Flask
    ) -> None:
        def limit(pages: int) -> None:
            driver: Any = db.session.connection().connection.dbapi_connection
            driver.execute(f"pragma max_page_count = {pages}")

        begin_write(db.session())
        limit(db.session.scalar(text("pragma page_count")) + 20)
        kept = 0
        with pytest.raises(OperationalError, match="full"):  # noqa: PT012
            while True:
                begin_write(db.session())
                for half in ("a", "b"):
                    attempt = {"username": half * 9000, "address": "", "at": NOON}
                    db.session.execute(insert(SignInAttempt).values(attempt))
                db.session.commit()
                kept += 1
        db.session.rollback()

        count = select(func.count()).select_from(SignInAttempt)
        assert db.session.scalar(count) == 2 * kept
        assert db.session.scalar(text("pragma integrity_check")) == "ok"
        begin_write(db.session())
        limit(1_000_000)
        db.session.execute(insert(SignInAttempt).values(attempt))
        db.session.commit()
        assert db.session.scalar(count) == 2 * kept + 1

    def test_a_connection_is_set_up_for_safety(self, app: Flask) -> None:
        def pragma(name: str) -> Any:
            return db.session.scalar(text(f"pragma {name}"))

        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 2  # FULL: on disk before the commit is acknowledged
        assert pragma("foreign_keys") == 1
        assert pragma("recursive_triggers") == 1
        assert pragma("trusted_schema") == 0
        assert pragma("busy_timeout") == database.WAIT_SECONDS * 1000
        assert db.engine.pool.__class__.__name__ == "QueuePool"
