"""A person's signing key: made under a PIN, certified by the clinic, opened by the PIN."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from flask import current_app
from sqlalchemy import select

from app import keyring
from app.extensions import db
from app.models import Authority, Clinic, Person, SigningKey
from app.notes import authority, timestamp

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


def stamping(signer: authority.Signer, *, at: datetime) -> timestamp.Stamping | None:
    """What the clinic's time-stamp service offers for one signature with this key.

    None where there is no service, or none that answers rightly in time.
    """
    service = current_app.config["STIPPLE_TIMESTAMP_URL"]
    if not service:
        return None
    known = partial(revocations, signer)
    return timestamp.meet(service, signer=signer, at=at, revocations=known)


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
    return _add(person, identity, now=now)


def certify(person: Person, *, clinic: Clinic, vouching: Authority, now: datetime) -> SigningKey:
    """Give the person a new certificate for the key they have; the PIN and its count of tries stay.

    ValueError where there is no key.
    """
    latest = person.latest_key
    if latest is None:
        raise ValueError(f"{person.username} has no signing key")
    identity = authority.certify(
        _root(vouching),
        _identity(latest),
        name=person.name,
        credentials=person.credentials,
        organisation=clinic.name,
        secret=keyring.derive(SECRET),
        now=now,
    )
    key = _add(person, identity, now=now)
    key.wrong_pins = latest.wrong_pins
    return key


def _add(person: Person, identity: authority.Identity, *, now: datetime) -> SigningKey:
    key = SigningKey(
        certificate_pem=identity.certificate_pem,
        wrapped_p12=identity.wrapped_p12,
        serial=identity.serial,
        not_before=identity.not_before,
        not_after=identity.not_after,
        made_with_pem=identity.made_with_pem,
        created_at=now,
    )
    person.add_key(key, now=now)
    return key


def open_key(key: SigningKey, pin: str) -> authority.Signer:
    """The key, opened by its owner's PIN. Slow on purpose. Raises authority.WrongPin."""
    return authority.unlock(_identity(key), pin=pin, secret=keyring.derive(SECRET))


def _identity(key: SigningKey) -> authority.Identity:
    return authority.Identity(
        certificate_pem=key.certificate_pem,
        wrapped_p12=key.wrapped_p12,
        serial=key.serial,
        not_before=key.not_before,
        not_after=key.not_after,
        made_with_pem=key.made_with_pem,
        root_pem=_issuer_pem(key) if key.made_with_pem else None,
    )


def _issuer_pem(key: SigningKey) -> str:
    """The authority that issued a certificate; a clinic may have had several."""
    certificate = load_pem_x509_certificate(key.certificate_pem.encode())
    for pem in db.session.scalars(select(Authority.certificate_pem)):
        try:
            certificate.verify_directly_issued_by(load_pem_x509_certificate(pem.encode()))
        except (InvalidSignature, ValueError):
            continue
        return pem
    raise ValueError(f"no authority of this clinic issued the certificate {key.serial}")


def current_authority() -> Authority | None:
    """The authority that issues certificates now; earlier ones are trusted for what they issued."""
    return db.session.scalars(select(Authority).order_by(Authority.created_at.desc())).first()
