"""One try of a PIN: counted and kept before it is made."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_login import current_user

from app import access, clock
from app.auth.signing_keys import open_key
from app.extensions import begin_write, db
from app.models import Person, SigningKey, Treatment
from app.notes import authority
from app.treatments.queries import hold_signing_key
from app.treatments.said import PRESCRIBER, NotSaid
from app.web import log


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


def refused(treatment: Treatment, whose: Person) -> str:
    """Note in the trail that a PIN was wrong, and say how many tries its owner has left."""
    key = whose.signing_key
    assert key is not None  # it was just tried
    log(
        "signature.refused",
        treatment,
        outcome="refused",
        whose=str(whose.id),
        tries_left=key.tries_left,
    )
    if whose != current_user:
        return _(
            "That is not the PIN of %(name)s. Nothing was signed. Tries left: %(left)d.",
            name=whose.signed_name,
            left=key.tries_left,
        )
    if key.is_locked:
        return _("Five wrong PINs have locked your key. Sign out and in again to open it.")
    return _("That is not your PIN. Nothing was signed. Tries left: %(left)d.", left=key.tries_left)
