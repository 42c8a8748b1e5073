"""How entries are chained: canonical JSON, SHA-256 over it and the hash before, and a seal.

The hash needs no secret, so anybody can recompute the chain. The seal is an HMAC under the
instance's own key: who rewrites entries and their hashes still cannot seal them.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.keyring import derive

# What the first entry has in place of a hash before it.
GENESIS = "0" * 64


def plain(value: Any) -> Any:
    """The value in words JSON has; floats and unknown types raise TypeError."""
    match value:
        case None | bool() | int():
            return value
        case enum.Enum():
            return plain(value.value)
        case str():
            return str(value)
        case Decimal():
            return format(value, "f")
        case UUID():
            return str(value)
        case datetime():
            return instant(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    raise TypeError(f"the audit trail keeps no {type(value).__name__}")


def canonical(value: Any) -> bytes:
    """The one way to write this value as JSON: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def instant(at: datetime) -> str:
    """The instant in UTC to the microsecond: 2026-11-23T16:04:10.000000Z."""
    if at.tzinfo is None:
        raise ValueError("a datetime without a time zone cannot be recorded")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hash_of(content: Mapping[str, Any], previous: str) -> str:
    """The hash of an entry that follows the one with hash `previous`, as 64 hex digits."""
    return hashlib.sha256(previous.encode() + canonical(content)).hexdigest()


def seal(*parts: object) -> str:
    """An HMAC over the parts under this instance's audit key, as 64 hex digits."""
    return hmac.new(derive("audit"), canonical([*parts]), hashlib.sha256).hexdigest()


def is_sealed(claimed: str, *parts: object) -> bool:
    """Whether this is the seal of the parts."""
    return hmac.compare_digest(claimed.encode(), seal(*parts).encode())
