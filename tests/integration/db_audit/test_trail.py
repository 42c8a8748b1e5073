"""Every act leaves an entry in its own transaction, and five kinds of tampering are named."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.orm import Session

from app import audit
from app.audit import AuditEntry, Fault, chain, verification
from app.audit.anchors import ANCHOR_FILE, anchors
from app.audit.trail import content_of
from app.database import begin_write
from app.extensions import db
from app.models import Clinic, immutability
from tests.databases import opened, raw_engine
from tests.rows import NOON

LENGTH = 8


@pytest.fixture
def app(fresh_database: dict[str, Any]) -> Iterator[Flask]:
    with opened(fresh_database) as app:
        yield app


@pytest.fixture
def attacker(app: Flask, fresh_database: dict[str, Any]) -> Iterator[Engine]:
    """A way in past the application, with every trigger of the trail taken away."""
    engine = raw_engine(fresh_database)
    with engine.begin() as connection:
        immutability.lift(connection)
    yield engine
    engine.dispose()


def write(acts: int, *, start: int = 0, now: datetime = NOON) -> None:
    for number in range(start, start + acts):
        begin_write(db.session())
        audit.record(db.session, "test", by=None, now=now, number=number)
        db.session.commit()


def test_an_entry_says_who_did_what_when_where_to_what_and_how_it_ended(app: Flask) -> None:
    person, patient = SimpleNamespace(id=uuid4()), SimpleNamespace(id=uuid4())
    begin_write(db.session())

    number = audit.record(
        db.session,
        "patient.edit",
        by=person,
        now=NOON,
        subject=patient,
        outcome="refused",
        where="203.0.113.9",
        changed={"weight_kg": [Decimal("68.00"), None]},
    )
    db.session.commit()

    entry = db.session.scalars(select(AuditEntry)).one()
    assert number == entry.seq == 1
    assert (entry.act, entry.by_id, entry.at) == ("patient.edit", person.id, NOON)
    assert (entry.subject_type, entry.subject_id) == ("SimpleNamespace", str(patient.id))
    assert (entry.outcome, entry.place) == ("refused", "203.0.113.9")
    assert entry.details == {"changed": {"weight_kg": ["68.00", None]}}
    assert entry.previous == chain.GENESIS


def test_a_new_record_has_its_id_in_the_entry(app: Flask) -> None:
    clinic = Clinic(name="Clinic", time_zone="America/New_York", created_at=NOON)
    begin_write(db.session())
    db.session.add(clinic)
    audit.record(db.session, "clinic.create", by=None, now=NOON, subject=clinic)
    db.session.commit()

    assert db.session.scalars(select(AuditEntry.subject_id)).one() == str(clinic.id)


def test_entries_are_numbered_without_a_gap_and_each_follows_the_one_before(app: Flask) -> None:
    write(2)
    begin_write(db.session())
    audit.record(db.session, "rolled back", by=None, now=NOON)
    db.session.rollback()
    write(1)

    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.previous for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    assert audit.verify(db.session) is None


def test_two_acts_of_one_transaction_are_two_entries(app: Flask) -> None:
    begin_write(db.session())
    audit.record(db.session, "first", by=None, now=NOON)
    audit.record(db.session, "second", by=None, now=NOON)
    db.session.commit()

    assert db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.seq)).all() == [
        "first",
        "second",
    ]
    assert audit.verify(db.session) is None


def test_an_act_whose_entry_fails_does_not_happen(app: Flask, attacker: Engine) -> None:
    with attacker.begin() as connection:
        connection.execute(text("drop table audit_entries"))

    begin_write(db.session())
    db.session.add(Clinic(name="Clinic", time_zone="UTC", created_at=NOON))
    with pytest.raises(Exception, match="audit_entries"):
        audit.record(db.session, "clinic.create", by=None, now=NOON)
    db.session.rollback()

    assert db.session.scalars(select(Clinic)).all() == []


def test_an_entry_in_a_reading_transaction_is_refused(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="begin_write"):
        audit.record(db.session, "test", by=None, now=NOON)


@pytest.mark.parametrize("value", [1.5, {"deep": [0.1]}, object(), b"bytes"])
def test_what_the_trail_cannot_keep_exactly_is_refused(app: Flask, value: Any) -> None:
    begin_write(db.session())
    with pytest.raises(TypeError):
        audit.record(db.session, "test", by=None, now=NOON, value=value)


def test_a_clock_that_went_back_is_said_in_the_entry(app: Flask) -> None:
    write(1, now=NOON)
    write(1, now=NOON - timedelta(seconds=59))
    write(1, now=NOON - timedelta(hours=1))

    details = db.session.scalars(select(AuditEntry.details).order_by(AuditEntry.seq)).all()
    assert ["clock_back_seconds" in one for one in details] == [False, False, True]
    assert details[2]["clock_back_seconds"] == 3541


class Answer(enum.StrEnum):
    NO = "no"


def test_canonical_json_is_one_way_to_write_a_value() -> None:
    at = datetime(2026, 11, 23, 11, 4, 10, 5, tzinfo=timezone(timedelta(hours=-5)))
    value = {
        "b": [1, True, None, "ñ"],
        "a": {"units": Decimal("3.34"), "at": at, "on": date(2026, 11, 23), "said": Answer.NO},
        "id": UUID(int=7),
    }

    assert chain.canonical(value).decode() == (
        '{"a":{"at":"2026-11-23T16:04:10.000005Z","on":"2026-11-23","said":"no","units":"3.34"},'
        '"b":[1,true,null,"ñ"],"id":"00000000-0000-0000-0000-000000000007"}'
    )


# The attacks. Each takes a connection without triggers and says what verify must answer.

Attack = Callable[[Connection], Fault]


def edit_one(connection: Connection) -> Fault:
    connection.execute(text("update audit_entries set act = 'other' where seq = 3"))
    return Fault(3, "edit")


def edit_details(connection: Connection) -> Fault:
    connection.execute(text("""update audit_entries set details = '{"number": 7}' where seq = 5"""))
    return Fault(5, "edit")


def edit_the_time(connection: Connection) -> Fault:
    connection.execute(text("update audit_entries set at = '2026-11-23 12:00:01' where seq = 1"))
    return Fault(1, "edit")


def edit_the_last(connection: Connection) -> Fault:
    connection.execute(text(f"update audit_entries set outcome = 'x' where seq = {LENGTH}"))
    return Fault(LENGTH, "edit")


def edit_and_chain_anew(connection: Connection) -> Fault:
    connection.execute(text("update audit_entries set act = 'other' where seq = 4"))
    chain_anew(connection, start=4)
    return Fault(4, "edit")


def delete_one(connection: Connection) -> Fault:
    connection.execute(text("delete from audit_entries where seq = 4"))
    return Fault(4, "deletion")


def delete_the_first(connection: Connection) -> Fault:
    connection.execute(text("delete from audit_entries where seq = 1"))
    return Fault(1, "deletion")


def delete_and_close_the_gap(connection: Connection) -> Fault:
    connection.execute(text("delete from audit_entries where seq = 4"))
    renumber(connection, {seq: seq - 1 for seq in range(5, LENGTH + 1)})
    return Fault(4, "deletion")


def delete_close_the_gap_and_chain_anew(connection: Connection) -> Fault:
    delete_and_close_the_gap(connection)
    chain_anew(connection, start=4)
    return Fault(4, "deletion")


def insert_one(connection: Connection) -> Fault:
    renumber(connection, {seq: seq + 1 for seq in range(LENGTH, 3, -1)})
    forge(connection, seq=4)
    return Fault(4, "insertion")


def insert_and_chain_anew(connection: Connection) -> Fault:
    insert_one(connection)
    chain_anew(connection, start=4)
    return Fault(4, "insertion")


def insert_at_the_end(connection: Connection) -> Fault:
    forge(connection, seq=LENGTH + 1)
    return Fault(LENGTH + 1, "insertion")


def insert_before_the_first(connection: Connection) -> Fault:
    renumber(connection, {seq: seq + 1 for seq in range(LENGTH, 0, -1)})
    forge(connection, seq=1)
    return Fault(1, "insertion")


def swap_numbers(connection: Connection) -> Fault:
    renumber(connection, {3: -1, 6: 3, -1: 6})
    return Fault(3, "swap")


def swap_neighbours(connection: Connection) -> Fault:
    renumber(connection, {3: -1, 4: 3, -1: 4})
    return Fault(3, "swap")


def swap_the_first_and_the_last(connection: Connection) -> Fault:
    renumber(connection, {1: -1, LENGTH: 1, -1: LENGTH})
    return Fault(1, "swap")


def swap_what_they_say(connection: Connection) -> Fault:
    for seq, number in ((2, 4), (5, 1)):
        connection.execute(
            text("update audit_entries set details = :details where seq = :seq"),
            {"seq": seq, "details": f'{{"number": {number}}}'},
        )
    return Fault(2, "swap")


def cut_off_the_end(connection: Connection) -> Fault:
    connection.execute(text("delete from audit_entries where seq > 6"))
    return Fault(7, "truncation")


def cut_off_the_end_and_hide_it(connection: Connection) -> Fault:
    connection.execute(text("delete from audit_entries where seq > 6"))
    connection.execute(
        text("update audit_head set seq = 6, hash = (select hash from audit_entries where seq = 6)")
    )
    return Fault(7, "truncation")


def cut_off_the_end_and_its_mark(connection: Connection) -> Fault:
    connection.execute(text("delete from audit_entries where seq > 6"))
    connection.execute(text("delete from audit_head"))
    return Fault(7, "truncation")


def cut_off_everything(connection: Connection) -> Fault:
    connection.execute(text("delete from audit_entries"))
    return Fault(1, "truncation")


def renumber(connection: Connection, numbers: dict[int, int]) -> None:
    for old, new in numbers.items():
        connection.execute(text(f"update audit_entries set seq = {new} where seq = {old}"))


def forge(connection: Connection, *, seq: int) -> None:
    """An entry nobody wrote, hashed as it should be but without the key for its seal."""
    columns = "at, act, by_id, subject_type, subject_id, outcome, place, details"
    connection.execute(
        text(
            f"insert into audit_entries (seq, {columns}, previous, hash, seal)"
            f" select {seq}, {columns}, previous, 'forged', seal"
            f" from audit_entries where seq <> {seq} order by seq limit 1"
        )
    )
    connection.execute(text(f"update audit_entries set act = 'forged' where seq = {seq}"))
    chain_anew(connection, start=seq, end=seq)


def chain_anew(connection: Connection, *, start: int, end: int = 99) -> None:
    """What anybody can do without the key: hash the entries again, each after the one before."""
    rows = connection.execute(select(AuditEntry.__table__).order_by(AuditEntry.seq)).all()
    previous = chain.GENESIS
    for row in rows:
        digest = row.hash
        if start <= row.seq <= end:
            digest = chain.hash_of(content_of(row), previous)
            connection.execute(
                text(
                    "update audit_entries set previous = :previous, hash = :hash where seq = :seq"
                ),
                {"previous": previous, "hash": digest, "seq": row.seq},
            )
        previous = digest


@pytest.mark.parametrize(
    "attack",
    [
        edit_one,
        edit_details,
        edit_the_time,
        edit_the_last,
        edit_and_chain_anew,
        delete_one,
        delete_the_first,
        delete_and_close_the_gap,
        delete_close_the_gap_and_chain_anew,
        insert_one,
        insert_and_chain_anew,
        insert_at_the_end,
        insert_before_the_first,
        swap_numbers,
        swap_neighbours,
        swap_the_first_and_the_last,
        swap_what_they_say,
        cut_off_the_end,
        cut_off_the_end_and_hide_it,
        cut_off_the_end_and_its_mark,
        cut_off_everything,
    ],
)
def test_verify_names_the_row_and_what_was_done(
    app: Flask, attacker: Engine, attack: Attack
) -> None:
    write(LENGTH)
    assert audit.verify(db.session) is None
    db.session.rollback()

    with attacker.begin() as connection:
        expected = attack(connection)

    assert audit.verify(db.session) == expected


def test_an_empty_trail_is_whole(app: Flask) -> None:
    assert audit.verify(db.session) is None


def test_a_trail_put_back_to_an_earlier_day_is_a_truncation(app: Flask, attacker: Engine) -> None:
    write(3)
    with attacker.begin() as connection:
        earlier = connection.execute(text("select * from audit_head")).one()
    write(3, start=3, now=NOON + timedelta(days=1))

    with attacker.begin() as connection:
        connection.execute(text("delete from audit_entries where seq > 3"))
        connection.execute(
            text("update audit_head set seq = :seq, hash = :hash, seal = :seal"),
            earlier._asdict(),
        )

    assert audit.verify(db.session) == Fault(4, "truncation")


def test_a_trail_put_back_and_continued_is_a_truncation(app: Flask, attacker: Engine) -> None:
    write(3)
    with attacker.begin() as connection:
        earlier = connection.execute(text("select * from audit_head")).one()
    write(1, start=3, now=NOON + timedelta(days=1))
    with attacker.begin() as connection:
        connection.execute(text("delete from audit_entries where seq > 3"))
        connection.execute(
            text("update audit_head set seq = :seq, hash = :hash, seal = :seal"),
            earlier._asdict(),
        )

    write(2, start=30, now=NOON + timedelta(days=1))

    # The last anchor that still agrees is the one of the first entry.
    assert audit.verify(db.session) == Fault(2, "truncation")


def test_an_anchor_after_the_cut_does_not_hide_the_one_before(app: Flask, attacker: Engine) -> None:
    write(3)
    with attacker.begin() as connection:
        earlier = connection.execute(text("select * from audit_head")).one()
    write(1, start=3)
    audit.anchor(db.session, now=NOON)
    db.session.rollback()
    with attacker.begin() as connection:
        connection.execute(text("delete from audit_entries where seq > 3"))
        connection.execute(
            text("update audit_head set seq = :seq, hash = :hash, seal = :seal"),
            earlier._asdict(),
        )

    write(1, start=30)
    audit.anchor(db.session, now=NOON)

    assert audit.verify(db.session) == Fault(2, "truncation")


def test_an_entry_written_while_the_trail_is_verified_is_no_fault(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(5)
    monkeypatch.setattr(verification, "PAGE", 2)
    read_page = verification._page

    def page_beside_a_writer(session: Any, *, after: int | None) -> Any:
        with Session(db.engine) as other:
            if after is not None and after < 6:
                begin_write(other)
                audit.record(other, "meanwhile", by=None, now=NOON)
                other.commit()
        return read_page(session, after=after)

    monkeypatch.setattr(verification, "_page", page_beside_a_writer)

    assert audit.verify(db.session) is None


def test_an_anchor_is_written_with_the_first_act_of_each_day(app: Flask) -> None:
    write(3)
    write(2, start=3, now=NOON + timedelta(hours=11))
    write(2, start=5, now=NOON + timedelta(days=1))

    assert [(point.at[:10], point.seq) for point in anchors()] == [
        ("2026-11-23", 1),
        ("2026-11-24", 6),
    ]


def test_no_anchor_is_written_for_what_was_rolled_back(app: Flask) -> None:
    begin_write(db.session())
    audit.record(db.session, "test", by=None, now=NOON)
    db.session.rollback()
    begin_write(db.session())
    db.session.commit()

    assert anchors() == []


def test_an_anchor_is_a_line_that_only_the_key_can_write(app: Flask) -> None:
    write(2)
    audit.anchor(db.session, now=NOON + timedelta(hours=1))
    path = Path(app.instance_path) / ANCHOR_FILE
    lines = path.read_text().splitlines()
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None

    assert lines[-1].split()[:3] == ["2026-11-23T13:00:00.000000Z", "2", entry.hash]
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(lines[-1].replace(" 2 ", " 9 ") + "\ntorn li\n" + lines[-1] + " more\n")
    assert anchors() == []
    assert audit.verify(db.session) is None


def test_an_act_stays_done_when_its_anchor_cannot_be_written(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    (Path(app.instance_path) / ANCHOR_FILE).mkdir()

    write(1)

    assert len(db.session.scalars(select(AuditEntry)).all()) == 1
    assert "no audit anchor could be written" in caplog.text


def test_many_writers_at_once_keep_one_chain(app: Flask) -> None:
    faults: list[BaseException] = []

    def act() -> None:
        with app.app_context():
            try:
                write(25)
            except BaseException as fault:
                faults.append(fault)

    write(1)
    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert audit.verify(db.session) is None
    assert db.session.scalar(text("select count(*) from audit_entries")) == 101


def test_of_two_first_writers_at_once_the_second_waits_and_follows(app: Flask) -> None:
    faults: list[BaseException] = []

    def follow() -> None:
        with app.app_context():
            try:
                write(1)
            except BaseException as fault:
                faults.append(fault)

    begin_write(db.session())
    audit.record(db.session, "first", by=None, now=NOON)
    second = threading.Thread(target=follow)
    second.start()
    second.join(0.5)
    assert second.is_alive()
    db.session.commit()
    second.join()

    assert faults == []
    assert audit.verify(db.session) is None
    assert db.session.scalar(text("select count(*) from audit_entries")) == 2
