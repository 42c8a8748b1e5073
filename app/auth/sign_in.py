"""Telling a person from a stranger: one answer and one duration for every kind of wrong."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import delete, func, select

from app.extensions import db
from app.models import Person, SignInAttempt
from app.models.person import fold_username
from app.passwords import normalise


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who it is, or why not: after too many failures nothing was even tried."""

    person: Person | None
    is_held: bool = False

    @property
    def word(self) -> str:
        """How the audit trail calls it."""
        return "held" if self.is_held else "done" if self.person else "refused"


def attempt(username: str, password: str, *, address: str, now: datetime) -> Outcome:
    """Check a user name and password; a failure is counted for the name and for the address.

    After ten failures in fifteen minutes, for either, nobody gets in, the right password included.
    """
    folded = fold_username(username)[:200]
    if _failures(SignInAttempt.username == folded, now=now) >= SignInAttempt.ALLOWED or (
        _failures(SignInAttempt.address == address, now=now) >= SignInAttempt.ALLOWED
    ):
        return Outcome(None, is_held=True)
    found = db.session.scalars(select(Person).where(Person.username == folded)).one_or_none()
    person = found if found is not None and found.is_active else None
    # An unknown name costs one hash as well, or the clock would tell who works here.
    is_right = (person or _nobody()).password_is(normalise(password))
    if person is None or not is_right:
        _count_failure(folded, address, now=now)
        return Outcome(None)
    person.signed_in()
    return Outcome(person)


def _failures(whose: object, *, now: datetime) -> int:
    query = select(func.count()).select_from(SignInAttempt)
    since = now - SignInAttempt.WINDOW
    return db.session.scalar(query.where(whose, SignInAttempt.at > since)) or 0  # type: ignore[arg-type]


def _count_failure(username: str, address: str, *, now: datetime) -> None:
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - SignInAttempt.WINDOW))
    db.session.add(SignInAttempt(username=username, address=address, at=now))


@cache
def _nobody() -> Person:
    """A person who is never stored and whose password nobody knows."""
    nobody = Person(username="", name="", roles=[])
    nobody.set_password(secrets.token_urlsafe(32))
    return nobody
