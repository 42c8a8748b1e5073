"""A record laid out and signed at the level that can be had now: the one way to a signed file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from app.notes import signature
from app.notes.authority import Signer
from app.notes.level import BASIC, LONG_TERM
from app.notes.record import Record, canonical
from app.notes.timestamp import NoStamp, Stamping

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed file, the record it was laid out from, and what stamped it or might have."""

    record: bytes
    pdf: bytes
    level: str
    stamping: Stamping | None

    @property
    def pages(self) -> int:
        """How many pages it has."""
        import pikepdf  # at first use: starting does not wait for it

        with pikepdf.open(BytesIO(self.pdf)) as document:
            return len(document.pages)

    def says(self, described: Record) -> bool:
        """Whether this is still what `described` is to say, whichever level it has."""
        return self.record == canonical(_leveled(described, self.level, self.stamping))


def signed(
    described: Record,
    lay_out: Callable[[Record], bytes],
    signer: Signer,
    *,
    name: str,
    at: datetime,
    stamping: Stamping | None = None,
    ahead: Signed | None = None,
) -> Signed:
    """The file of a record that says everything but its level, stamped where that can be had.

    What was signed `ahead` is taken if it still says the same; else its stamping is asked again.
    Laid out for the level it is going to have, and once more for the lower one if no stamp comes.
    Raises CertificateNotValid.
    """
    if ahead:
        if ahead.says(described):
            return ahead
        stamping = ahead.stamping

    def at_level(level: str) -> Signed:
        record = _leveled(described, level, stamping)
        pdf = signature.sign(
            lay_out(record),
            signer,
            name=name,
            reason=record["signature_meaning"],
            location=record["clinic"]["name"],
            at=at,
            stamping=stamping if level == LONG_TERM else None,
        )
        return Signed(canonical(record), pdf, level, stamping)

    if stamping:
        try:
            return at_level(LONG_TERM)
        except NoStamp as fault:
            _log.warning("no time stamp: %s", fault)
    return at_level(BASIC)


def _leveled(described: Record, level: str, stamping: Stamping | None) -> dict[str, Any]:
    """The record with its level and, where the file is to have a time stamp, whose."""
    stamped_by = stamping.authority if stamping and level == LONG_TERM else None
    return {**described, "signature_level": level, "time_stamp_authority": stamped_by}
