"""People who sign in, what their PINs open, and the attempts to get in."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, UtcDateTime

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# Five wrong PINs lock what they open until its owner signs in fully again.
WRONG_PINS_ALLOWED = 5


class Role(StrEnum):
    """What a person may be at the clinic; one may be several."""

    PROVIDER = "provider"
    PRESCRIBER = "prescriber"
    ASSISTANT = "assistant"
    STAFF = "staff"
    ADMINISTRATOR = "administrator"


CLINICAL_ROLES = frozenset({Role.PROVIDER, Role.ASSISTANT})
PATIENT_ROLES = CLINICAL_ROLES | {Role.STAFF}


@cache
def _hasher() -> PasswordHasher:
    # Argon2 is imported at first use: pages that check no password do without it.
    from argon2 import PasswordHasher

    return PasswordHasher()


def _matches(kept: str, typed: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept, typed)
    except (VerificationError, InvalidHashError):
        return False


def fold_username(username: str) -> str:
    """The spelling under which a user name is kept: case and width do not matter."""
    return unicodedata.normalize("NFKC", username).strip().casefold()


class Person(Base):
    """Somebody who signs in with a name and a password of their own."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    username: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    credentials: Mapped[str] = mapped_column(Text, default="")
    # The national provider identifier, as a claim names who gave the treatment.
    npi: Mapped[str] = mapped_column(Text, default="", server_default="")
    roles: Mapped[list[str]] = mapped_column(JSON)
    password_hash: Mapped[str] = mapped_column(Text)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(Text, default="en")
    # The signature as it was drawn once, as strokes; None while it was not.
    drawn_signature: Mapped[list[list[list[str]]] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    keys: Mapped[list[SigningKey]] = relationship(
        back_populates="person", order_by="SigningKey.created_at"
    )
    unlock_pin: Mapped[UnlockPin | None] = relationship(back_populates="person")

    # What Flask-Login asks; written out so that records do not import it.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether this person may be signed in at all."""
        return self.deactivated_at is None

    def get_id(self) -> str:
        """The id that the session remembers."""
        return str(self.id)

    def is_one_of(self, *roles: Role) -> bool:
        """Whether this person holds at least one of the roles."""
        return any(role in self.roles for role in roles)

    @property
    def is_clinical(self) -> bool:
        """Whether this person charts."""
        return self.is_one_of(*CLINICAL_ROLES)

    @property
    def signed_name(self) -> str:
        """Name and credentials as they stand beneath a signature."""
        return f"{self.name}, {self.credentials}" if self.credentials else self.name

    @property
    def signing_key(self) -> SigningKey | None:
        """The key that signs now; earlier ones are retired."""
        return next((key for key in reversed(self.keys) if key.retired_at is None), None)

    @property
    def latest_key(self) -> SigningKey | None:
        """The last key, also a retired one; of a key that is lost only the certificate is left."""
        return next((key for key in reversed(self.keys) if key.wrapped_p12), None)

    @property
    def pin(self) -> SigningKey | UnlockPin | None:
        """What this person's PIN opens: a provider's key, anybody else's way back to a tablet."""
        return self.signing_key if self.is_one_of(Role.PROVIDER) else self.unlock_pin

    def set_password(self, password: str) -> None:
        """Keep the password as an Argon2id hash."""
        self.password_hash = _hasher().hash(password)

    def password_is(self, password: str) -> bool:
        """Whether this is the password; takes as long when it is not."""
        return _matches(self.password_hash, password)

    def add_key(self, key: SigningKey, *, now: datetime) -> None:
        """Take a new key and certificate; the one before is retired, its notes stay valid."""
        for earlier in self.keys:
            if earlier.retired_at is None:
                earlier.retired_at = now
        self.keys.append(key)

    def signed_in(self) -> None:
        """A full sign-in opens what wrong PINs had locked."""
        for pin in (self.signing_key, self.unlock_pin):
            if pin is not None:
                pin.wrong_pins = 0

    def deactivate(self, *, now: datetime) -> None:
        """Let this person in no more; what they signed stays."""
        self.deactivated_at = now


class OpenedByPin:
    """Something a PIN opens, and how many wrong ones were tried since it last did."""

    wrong_pins: Mapped[int] = mapped_column(default=0)

    @property
    def is_locked(self) -> bool:
        """Whether too many wrong PINs have been tried since the last full sign-in."""
        return self.wrong_pins >= WRONG_PINS_ALLOWED

    def count_try(self) -> None:
        """Count a PIN before it is tried, so that tries at the same moment count each."""
        self.wrong_pins += 1

    def opened(self) -> None:
        """The PIN was right."""
        self.wrong_pins = 0

    @property
    def tries_left(self) -> int:
        """How many more PINs may be tried."""
        return max(0, WRONG_PINS_ALLOWED - self.wrong_pins)


class SigningKey(OpenedByPin, Base):
    """One provider's key: its certificate, and the PKCS#12 wrapped under the clinic's secret."""

    __tablename__ = "signing_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    certificate_pem: Mapped[str] = mapped_column(Text)
    wrapped_p12: Mapped[bytes]
    serial: Mapped[str] = mapped_column(Text, unique=True)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    not_after: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Where this is a later certificate for the same key: the one that the key was made with.
    made_with_pem: Mapped[str | None] = mapped_column(Text)

    person: Mapped[Person] = relationship(back_populates="keys")


class UnlockPin(OpenedByPin, Base):
    """The PIN of somebody who signs nothing: it brings them back to a tablet and does no more."""

    __tablename__ = "unlock_pins"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    pin_hash: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)

    person: Mapped[Person] = relationship(back_populates="unlock_pin")

    @property
    def id(self) -> UUID:
        """Each person has one, so it is called by its owner's id."""
        return self.person_id

    def set(self, peppered: str, *, now: datetime) -> None:
        """Keep the PIN, already mixed with the server's secret, as an Argon2id hash."""
        self.pin_hash = _hasher().hash(peppered)
        self.set_at = now
        self.wrong_pins = 0

    def is_opened_by(self, peppered: str) -> bool:
        """Whether this is the PIN, mixed with the server's secret. Slow on purpose."""
        return _matches(self.pin_hash, peppered)


class SignInAttempt(Base):
    """One failed sign-in, by the name that was typed and the address it came from."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("ix_sign_in_attempts_username_at", "username", "at"),
        Index("ix_sign_in_attempts_address_at", "address", "at"),
    )

    WINDOW = timedelta(minutes=15)
    ALLOWED = 10

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    username: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
