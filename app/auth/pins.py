"""What a person's PIN opens, and whether a PIN is theirs: one rule and one count for everybody.

A provider's PIN is that of their signing key. Anybody else's is kept as a slow hash, mixed with the
server's secret first: six digits alone would fall in minutes to whoever copies the database.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from app import keyring
from app.auth.signing_keys import open_key
from app.extensions import db
from app.models import Person, SigningKey, UnlockPin
from app.notes import authority

# The label under which the secret of these PINs is derived.
SECRET = "unlock-pins"  # noqa: S105


def hold(person: Person) -> SigningKey | UnlockPin | None:
    """What the person's PIN opens, its row held: PINs tried at the same moment count each."""
    pin = person.pin
    if pin is not None:
        db.session.refresh(pin, with_for_update=True)
    return pin


def is_opened_by(held: SigningKey | UnlockPin, pin: str) -> bool:
    """Whether this PIN opens it. Slow on purpose: call it outside a writing transaction."""
    if isinstance(held, UnlockPin):
        return held.is_opened_by(_peppered(pin))
    try:
        open_key(held, pin)
    except authority.WrongPin:
        return False
    return True


def set_unlock_pin(person: Person, pin: str, *, now: datetime) -> UnlockPin:
    """Give somebody who does not sign a PIN in the place of any before.

    Raises the Refusal of a PIN that is guessed first.
    """
    authority.refuse_trivial_pin(pin)
    kept = person.unlock_pin or UnlockPin()
    kept.set(_peppered(pin), now=now)
    person.unlock_pin = kept
    return kept


def _peppered(pin: str) -> str:
    return hmac.new(keyring.derive(SECRET), pin.encode(), hashlib.sha256).hexdigest()
