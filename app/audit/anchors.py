"""Where the chain stood, written outside the database: what was cut off later shows there.

One line is one anchor: instant, number and hash of the last entry, seal. Lines are appended at
start-up and with the first act of each day. They may be printed or kept elsewhere.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import event, select
from sqlalchemy.orm import Session, scoped_session

from app.audit.chain import instant, is_sealed, seal
from app.audit.trail import AuditHead

ANCHOR_FILE = "audit-anchors.txt"


class Anchor(NamedTuple):
    """The end of the chain at an instant."""

    at: str
    seq: int
    hash: str


def anchor(session: Session | scoped_session[Any], *, now: datetime) -> None:
    """Append an anchor for the chain as it is committed now; an empty chain has none."""
    head = session.execute(select(AuditHead.__table__)).one_or_none()
    if head is not None:
        _append(instant(now), head.seq, head.hash)


def anchors(path: Path | None = None) -> list[Anchor]:
    """The anchors of the current instance, or of that file, whose seal is right.

    A line that is not one, such as the torn last line after a power cut, says nothing.
    """
    path = path or anchor_file()
    found = []
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        at, seq, digest, claimed, *more = [*line.split(), "", "", "", ""]
        if not any(more) and seq.isdecimal() and is_sealed(claimed, "anchor", at, int(seq), digest):
            found.append(Anchor(at, int(seq), digest))
    return found


def anchor_file() -> Path:
    """Where the current instance keeps its anchors."""
    return Path(current_app.instance_path) / ANCHOR_FILE


def _append(at: str, seq: int, digest: str) -> None:
    line = f"{at} {seq} {digest} {seal('anchor', at, seq, digest)}\n"
    path = anchor_file()
    # One write to a file opened for appending: two processes cannot tear each other's lines.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _days[path] = _day(at)


# The day of the last anchor of each file, as far as this process has written it.
_days: dict[Path, date] = {}


def _day(at: str) -> date:
    return date.fromisoformat(at[:10])


@event.listens_for(Session, "after_commit")
def _anchor_daily(session: Session) -> None:
    if session.in_nested_transaction():
        return  # A savepoint: the act itself may still be rolled back.
    if written := session.info.pop("audit_head", None):
        now, seq, digest = written
        if _days.get(anchor_file()) == _day(instant(now)):
            return
        try:
            _append(instant(now), seq, digest)
        except OSError as fault:
            # The act is committed and stays true; the next one tries again.
            current_app.logger.error("no audit anchor could be written: %s", fault.strerror)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("audit_head", None)
