"""A clinic's authority, a provider's opened key and one signed note, made once for all tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from app.notes import authority, layout, signature
from tests.unit.notes import records

SECRET = b"the secret of this server, 32 b."
PIN = "482913"
BEFORE = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
AT = datetime(2026, 11, 23, 16, 4, 10, tzinfo=UTC)
MEANING = "I performed this treatment and this note is complete."


@dataclass(frozen=True)
class Signing:
    """What a signed note comes from."""

    root: authority.Root
    identity: authority.Identity
    signer: authority.Signer

    @property
    def root_pem(self) -> str:
        """The certificate that vouches for the signer."""
        return self.root.certificate_pem

    def sign(self, pdf: bytes, at: datetime = AT) -> bytes:
        return signature.sign(
            pdf,
            self.signer,
            name="Ines Halloran, MD",
            reason=MEANING,
            location="Harbour Lane Neurology and Skin",
            at=at,
        )


def new_signing(clinic: str = "Harbour Lane Neurology and Skin") -> Signing:
    """An authority of its own with one provider."""
    root = authority.found(clinic, secret=SECRET, now=BEFORE)
    identity = authority.issue(
        root,
        name="Ines Halloran",
        credentials="MD",
        organisation=clinic,
        pin=PIN,
        secret=SECRET,
        now=BEFORE,
    )
    return Signing(root, identity, authority.unlock(identity, pin=PIN, secret=SECRET))


@pytest.fixture(scope="session")
def signing() -> Signing:
    return new_signing()


@pytest.fixture(scope="session")
def unsigned() -> bytes:
    return layout.render(records.preempt())


@pytest.fixture(scope="session")
def signed(signing: Signing, unsigned: bytes) -> bytes:
    return signing.sign(unsigned)
