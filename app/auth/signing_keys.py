"""A person's PIN: a new key and certificate under it, issued by the clinic's own authority."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from app import keyring
from app.extensions import db
from app.models import Authority, Clinic, Person, SigningKey
from app.notes import authority

# The label under which the clinic’s secret for signing keys is derived.
SECRET = "signing-keys"  # noqa: S105


def found_authority(clinic: Clinic, *, now: datetime) -> Authority:
    """The clinic's own authority, founded once at set-up."""
    root = authority.found(clinic.name, secret=keyring.derive(SECRET), now=now)
    return Authority(
        certificate_pem=root.certificate_pem, wrapped_key=root.wrapped_key, created_at=now
    )


def revocations(signer: authority.Signer, start: datetime, end: datetime) -> bytes:
    """What the authority of this signer has revoked (a CRL), good from `start` to after `end`."""
    pem = signer.root.public_bytes(Encoding.PEM).decode()
    vouching = db.session.scalars(select(Authority).where(Authority.certificate_pem == pem)).one()
    return authority.revocations(
        _root(vouching), secret=keyring.derive(SECRET), start=start, end=end
    )


def _root(vouching: Authority) -> authority.Root:
    return authority.Root(
        certificate_pem=vouching.certificate_pem, wrapped_key=vouching.wrapped_key
    )


def set_pin(
    person: Person, pin: str, *, clinic: Clinic, vouching: Authority, now: datetime
) -> SigningKey:
    """Give the person a new key under this PIN; the one before is retired, its notes stay valid.

    Raises the Refusal of a PIN that is guessed first.
    """
    identity = authority.issue(
        _root(vouching),
        name=person.name,
        credentials=person.credentials,
        organisation=clinic.name,
        pin=pin,
        secret=keyring.derive(SECRET),
        now=now,
    )
    key = SigningKey(
        certificate_pem=identity.certificate_pem,
        wrapped_p12=identity.wrapped_p12,
        serial=identity.serial,
        not_before=identity.not_before,
        not_after=identity.not_after,
        created_at=now,
    )
    person.add_key(key, now=now)
    return key


def open_key(key: SigningKey, pin: str) -> authority.Signer:
    """The key, opened by its owner's PIN. Slow on purpose. Raises authority.WrongPin."""
    identity = authority.Identity(
        certificate_pem=key.certificate_pem,
        wrapped_p12=key.wrapped_p12,
        serial=key.serial,
        not_before=key.not_before,
        not_after=key.not_after,
    )
    return authority.unlock(identity, pin=pin, secret=keyring.derive(SECRET))
