"""The entries themselves, and how one is written: in the transaction of the act it tells of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Row, Text, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, scoped_session

from app.audit.chain import GENESIS, hash_of, plain, seal
from app.columns import Base, UtcDateTime

# A clock that went back further than this is said in the entry.
CLOCK_TOLERANCE = timedelta(seconds=60)

# The advisory lock of PostgreSQL under which the first entry of all is written.
FIRST_ENTRY = 1

# SQLite gives only INTEGER primary keys the row's own place in the file.
_Sequence = BigInteger().with_variant(Integer, "sqlite")


class Actor(Protocol):
    """Whoever did it."""

    @property
    def id(self) -> UUID: ...


class AuditEntry(Base):
    """One act: written once, in order, without gaps."""

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(_Sequence, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    act: Mapped[str] = mapped_column(Text, index=True)
    by_id: Mapped[UUID | None] = mapped_column(index=True)
    subject_type: Mapped[str | None] = mapped_column(Text)
    subject_id: Mapped[str | None] = mapped_column(Text, index=True)
    outcome: Mapped[str] = mapped_column(Text)
    # Where the request came from: an address on the network.
    place: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text, unique=True)
    seal: Mapped[str] = mapped_column(Text)


class AuditHead(Base):
    """The end of the chain, one row: it shows when entries were cut off."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    hash: Mapped[str] = mapped_column(Text)
    seal: Mapped[str] = mapped_column(Text)


def record(
    session: Session | scoped_session[Any],
    act: str,
    *,
    by: Actor | None,
    now: datetime,
    subject: object | None = None,
    outcome: str = "done",
    where: str | None = None,
    **details: Any,
) -> int:
    """Write the entry of an act into the act's own transaction; answers its number.

    `subject` is the record it was done to; `details` hold what JSON can say, never a float.
    What goes wrong here raises, so that nothing happens unrecorded.
    """
    session.flush()  # A new record gets its id only now.
    head = _lock_head(session)
    if head is not None and now < head.at - CLOCK_TOLERANCE:
        details["clock_back_seconds"] = int((head.at - now).total_seconds())
    values: dict[str, Any] = {
        "at": now,
        "act": act,
        "by_id": None if by is None else by.id,
        "subject_type": None if subject is None else type(subject).__name__,
        "subject_id": None if subject is None else _id_of(subject),
        "outcome": outcome,
        "place": where,
        "details": plain(details),
    }
    seq = 1 if head is None else head.seq + 1
    previous = GENESIS if head is None else head.hash
    digest = hash_of(values, previous)
    session.execute(
        insert(AuditEntry).values(
            seq=seq, **values, previous=previous, hash=digest, seal=seal("entry", digest)
        )
    )
    end = {"seq": seq, "at": now, "hash": digest, "seal": seal("head", seq, digest)}
    if head is None:
        session.execute(insert(AuditHead).values(id=1, **end))
    else:
        session.execute(update(AuditHead).values(**end))
    session.info["audit_head"] = (now, seq, digest)
    return seq


def _lock_head(session: Session | scoped_session[Any]) -> Row[Any] | None:
    """The end of the trail, held until this transaction ends; None before the first entry."""
    locked = select(AuditHead.__table__).with_for_update()
    head = session.execute(locked).one_or_none()
    if head is None and session.connection().dialect.name == "postgresql":
        # There is no row to hold yet: of several first writers one goes on, the others wait for it.
        session.execute(select(func.pg_advisory_xact_lock(FIRST_ENTRY)))
        head = session.execute(locked).one_or_none()
    return head


def count(session: Session | scoped_session[Any], act: str, *, by: Actor, since: datetime) -> int:
    """How often this person did this act after an instant."""
    query = select(func.count()).select_from(AuditEntry)
    query = query.where(AuditEntry.act == act, AuditEntry.by_id == by.id, AuditEntry.at > since)
    return session.scalar(query) or 0


def content_of(entry: Row[Any]) -> dict[str, Any]:
    """What the hash covers beside the hash before it; the number is the place in the chain."""
    return {
        "at": entry.at,
        "act": entry.act,
        "by_id": entry.by_id,
        "subject_type": entry.subject_type,
        "subject_id": entry.subject_id,
        "outcome": entry.outcome,
        "place": entry.place,
        "details": entry.details,
    }


def _id_of(subject: object) -> str:
    found = getattr(subject, "id", None)
    if found is None:
        raise ValueError(f"this {type(subject).__name__} has no id to record")
    return str(found)
