"""What all tables hold, so that a test can tell that nothing else changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import db
from app.models.base import Base

# Who looks at a page, and where they signed in, is noted there, whatever comes of it.
OF_SESSIONS = frozenset({"web_sessions", "tablets", "tablet_sign_ins"})
OF_THE_TRAIL = frozenset({"audit_entries", "audit_head"})
# That somebody was refused what is not theirs is kept; it is no act.
REFUSED = "act.refused"


def tables() -> dict[str, list[str]]:
    """Every row of every table that holds records."""
    db.session.rollback()
    held = {
        table.name: sorted(map(repr, db.session.execute(select(table))))
        for table in Base.metadata.sorted_tables
        if table.name not in OF_SESSIONS | OF_THE_TRAIL
    }
    db.session.rollback()
    return held


def trail() -> list[AuditEntry]:
    """The audit trail as it is committed, oldest first; the entries are no more in any session."""
    db.session.rollback()
    entries = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))
    for entry in entries:
        db.session.expunge(entry)
    db.session.rollback()
    return entries


def last_entry(act: str) -> AuditEntry:
    """The latest entry of an act."""
    return [entry for entry in trail() if entry.act == act][-1]


@contextmanager
def nothing_changed(*acts: str) -> Iterator[None]:
    """Fails if a record changed meanwhile, or if the trail grew by other acts than these.

    Refusals are looked at where they are named.
    """
    before, count = tables(), len(trail())
    yield
    grew = [entry.act for entry in trail()[count:]]
    assert [act for act in grew if act != REFUSED or REFUSED in acts] == list(acts)
    after = tables()
    changed = {name: (before[name], after[name]) for name in after if after[name] != before[name]}
    assert not changed
