"""One try of a PIN: counted and kept before it is made."""

from __future__ import annotations

from app import access, clock
from app.auth.signing_keys import open_key
from app.extensions import begin_write, db
from app.models import Person, SigningKey
from app.notes import authority
from app.treatments.queries import hold_signing_key
from app.treatments.said import PRESCRIBER, NotSaid


class WrongPinOfPrescriber(authority.WrongPin):
    """The PIN of the prescriber who was to override."""

    def __init__(self, prescriber: Person) -> None:
        super().__init__("wrong PIN")
        self.prescriber = prescriber


def opened(key: SigningKey, pin: str) -> authority.Signer:
    """The key, opened by this PIN. The try is counted and kept before the PIN is tried.

    The PIN's slow hash runs outside the transaction: it would keep every other writer waiting. A
    PIN that was right is none of the tries that lock the key, whatever becomes of the note.
    """
    key.count_try()
    db.session.commit()
    signer = open_key(key, pin)
    db.session.rollback()
    begin_write()
    key.opened()
    db.session.commit()
    return signer


def open_for(prescriber: Person, pin: str) -> None:
    """The prescriber who overrides gives their own PIN. Raises WrongPinOfPrescriber."""
    begin_write()
    key = hold_signing_key(prescriber)
    if refusal := access.refusal_to_override(prescriber, now=clock.now()):
        raise NotSaid("%(why)s", about=PRESCRIBER, why=refusal)
    assert key is not None  # access.refusal_to_override has seen to it
    try:
        opened(key, pin)
    except authority.WrongPin:
        raise WrongPinOfPrescriber(prescriber) from None
