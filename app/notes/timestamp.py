"""Time stamps of an outside authority (RFC 3161): asked for a few seconds, or done without.

Only a hash leaves the house. What it takes to judge the stamp later is collected before the page
is laid out, so that the note can say what it is going to be.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from app.notes.authority import Signer
from app.notes.level import (
    certificates_in,
    context,
    context_of_stamp,
    judge,
    name_of,
    stamped_at,
)
from app.notes.signature import parsed, run_to_end

# Seconds within which all that is asked for one signature has to be answered.
PATIENCE = 5.0

# The clinic's authority on what it has revoked: the list, good from one instant to another.
Revocations = Callable[[datetime, datetime], bytes]

_log = logging.getLogger(__name__)


class NoStamp(Exception):
    """The service gave no stamp that holds, or not in time."""


@dataclass(frozen=True, slots=True)
class Stamping:
    """A service that has answered rightly once and may stamp one signature.

    `timestamper` is what pyHanko asks; NoStamp comes out of it. `authority` is the name the service
    gives itself, `token_bytes` the size of a stamp. Certificates, OCSP answers and revocation lists
    are what the file has to hold so that its signature and the stamp can be judged later.
    """

    timestamper: Any
    authority: str
    token_bytes: int
    certificates: Sequence[Any]
    ocsps: Sequence[Any]
    crls: Sequence[Any]


def meet(url: str, *, signer: Signer, at: datetime, revocations: Revocations) -> Stamping | None:
    """What the service at `url` offers for one signature; None where it offers nothing in time.

    The seconds of PATIENCE begin here and are those of the stamp itself as well.
    """
    import pyhanko.sign.timestamps  # noqa: F401  # The clock does not run while it is loaded.
    import pyhanko_certvalidator  # noqa: F401

    try:
        return run_to_end(_meet(url, time.monotonic() + PATIENCE, signer, at, revocations))
    except (
        Exception
    ) as fault:  # A stranger's answer may break anything; the note is signed without.
        _log.warning("no time stamp: %s: %s", type(fault).__name__, fault)
        return None


async def _meet(
    url: str, until: float, signer: Signer, at: datetime, revocations: Revocations
) -> Stamping:
    from asn1crypto import crl
    from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend

    timestamper = _timestamper(url, until)
    token = await timestamper.async_dummy_response("sha256")
    leaf, stamped = _leaf(token), stamped_at(token["content"])
    async with asyncio.timeout_at(until), AIOHttpFetcherBackend() as fetchers:
        outside = context_of_stamp(token["content"], allow_fetching=True, fetchers=fetchers)
        await judge(leaf, outside, usage="time_stamping")
    own = [
        parsed(certificate.public_bytes(Encoding.DER))
        for certificate in (signer.certificate, signer.root)
    ]
    revoked = crl.CertificateList.load(revocations(min(at, stamped), max(at, stamped)))
    await judge(own[0], context(own, stamped, strictly=True, crls=[revoked]))
    timestamper.leaf = leaf
    return Stamping(
        timestamper=timestamper,
        authority=name_of(leaf),
        token_bytes=len(token.dump()),
        certificates=[*own, *certificates_in(token["content"])],
        ocsps=outside.ocsps,
        crls=[revoked, *outside.crls],
    )


def _timestamper(url: str, until: float) -> Any:
    from pyhanko.sign.timestamps import HTTPTimeStamper

    class WithinTime(HTTPTimeStamper):
        """Stamps until the time is up, and passes on no stamp that does not hold."""

        # Whose stamps the collected evidence is about, once it is known.
        leaf: Any = None

        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
            try:
                async with asyncio.timeout_at(until):
                    token = await super().async_timestamp(message_digest, md_algorithm)
                # In DER, as all of a note's signature is; a service may list certificates unsorted.
                token = type(token).load(token.dump(force=True))
                await _require_sound(token, message_digest, md_algorithm)
                if self.leaf is not None and _leaf(token).dump() != self.leaf.dump():
                    raise NoStamp("it was made with another certificate than the one before")
            except NoStamp:
                raise
            except Exception as fault:
                raise NoStamp(f"{type(fault).__name__}: {fault}") from fault
            return token

    return WithinTime(url, timeout=None)


async def _require_sound(token: Any, digest: bytes, algorithm: str) -> None:
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data

    signed = token["content"]
    status = await validate_tst_signed_data(
        signed, context_of_stamp(signed), lambda used: digest if used == algorithm else b""
    )
    if not (status["intact"] and status["valid"]):
        raise NoStamp("it is not a stamp on what was sent")


def _leaf(token: Any) -> Any:
    """The certificate that signed a stamp."""
    from pyhanko.sign.timestamps.common_utils import extract_ts_certs
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store: Any = SimpleCertificateStore
    (leaf,) = extract_ts_certs(token, store())
    return leaf
