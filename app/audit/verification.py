"""Whether the trail is what was written: the first fault, by row and kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session, scoped_session

from app.audit.anchors import Anchor, anchors
from app.audit.chain import GENESIS, hash_of, is_sealed
from app.audit.trail import AuditEntry, AuditHead, content_of

# How many entries are read at once.
PAGE = 1000

Kind = Literal["edit", "deletion", "insertion", "swap", "truncation"]


class Fault(NamedTuple):
    """The first entry that is not what was written, and what was done to it."""

    row: int
    kind: Kind


def verify(session: Session | scoped_session[Any]) -> Fault | None:
    """The first fault of the trail, or None.

    A row changed in place is an edit. A missing number, or an entry whose predecessor is gone,
    is a deletion at that number. A row nobody wrote is an insertion. A true row in another
    one's place is a swap. Entries missing at the end are a truncation from the first of them.
    """
    points = anchors()
    hashes: dict[int, str | None] = dict.fromkeys(point.seq for point in points)
    number, previous = 0, GENESIS
    while True:
        # The end is read before the rows: what is written meanwhile is no fault.
        head = _head(session)
        rows = _page(session, after=number or None)
        if not rows:
            return _fault_of_end(head, number) or _fault_of_anchors(points, hashes, number)
        for row in rows:
            if row.seq != number + 1:
                return Fault(number + 1, "deletion" if row.seq > number else "insertion")
            if not _is_true(row) or row.previous != previous:
                return Fault(number + 1, _what_was_done(session, row, previous))
            number, previous = row.seq, row.hash
            if number in hashes:
                hashes[number] = row.hash


def _fault_of_end(head: Row[Any] | None, number: int) -> Fault | None:
    """What the end of the chain says of `number` true entries."""
    if head is None:
        # Entries without an end: the row that would show a cut was taken away.
        return Fault(number + 1, "truncation") if number else None
    if not is_sealed(head.seal, "head", head.seq, head.hash) or head.seq > number:
        return Fault(number + 1, "truncation")
    return Fault(head.seq + 1, "insertion") if head.seq < number else None


def _fault_of_anchors(
    points: list[Anchor], hashes: dict[int, str | None], number: int
) -> Fault | None:
    """What was noted outside the database and is not so inside: entries were cut off there.

    Where others were written after the cut, it lies behind the last anchor that still agrees.
    """
    if all(hashes.get(point.seq) == point.hash for point in points):
        return None
    disagreeing = min(point.seq for point in points if hashes.get(point.seq) != point.hash)
    agreed = (point.seq for point in points if hashes.get(point.seq) == point.hash)
    after_agreed = 1 + max((seq for seq in agreed if seq < disagreeing), default=0)
    return Fault(number + 1 if disagreeing > number else after_agreed, "truncation")


def is_own_trail(connection: Connection) -> bool:
    """Whether the end of the trail, if there is one, was sealed with this instance's key."""
    head = _head(connection)
    return head is None or is_sealed(head.seal, "head", head.seq, head.hash)


def _head(source: Session | scoped_session[Any] | Connection) -> Row[Any] | None:
    return source.execute(select(AuditHead.__table__)).one_or_none()


def _page(session: Session | scoped_session[Any], *, after: int | None) -> Sequence[Row[Any]]:
    entries = AuditEntry.__table__
    page = select(entries).order_by(entries.c.seq).limit(PAGE)
    return session.execute(page if after is None else page.where(entries.c.seq > after)).all()


def _is_true(row: Row[Any]) -> bool:
    return row.hash == hash_of(content_of(row), row.previous) and is_sealed(
        row.seal, "entry", row.hash
    )


def _what_was_done(session: Session | scoped_session[Any], row: Row[Any], previous: str) -> Kind:
    """What makes `row` wrong where an entry with hash `previous` comes before it."""
    entries = AuditEntry.__table__
    others = session.execute(select(entries).where(entries.c.seq != row.seq)).all()
    surplus = len(others) + 1 - _sealed_length(session, default=len(others) + 1)
    if _is_true(row):
        moved = row.previous == GENESIS or any(other.hash == row.previous for other in others)
        return "swap" if moved else "deletion"
    if surplus > 0 or any(other.previous == previous and _is_true(other) for other in others):
        return "insertion"  # The one that truly comes here stands elsewhere.
    if surplus < 0 and row.hash == hash_of(content_of(row), row.previous):
        return "deletion"  # The gap was closed and the rest linked anew, but not sealed.
    for other in others:
        # Two rows that exchanged what they say but kept number and hash.
        if not _is_true(other) and hash_of(content_of(row), other.previous) == other.hash:
            return "swap"
    return "edit"


def _sealed_length(session: Session | scoped_session[Any], *, default: int) -> int:
    """How many entries there are to be, as far as the end of the chain is a true one."""
    head = _head(session)
    if head is None or not is_sealed(head.seal, "head", head.seq, head.hash):
        return default
    return int(head.seq)
