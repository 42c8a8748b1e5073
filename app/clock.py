"""The only reader of the wall clock: everything else is handed the instant as `now=`."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from functools import cache


@cache
def _offset() -> timedelta:
    """How far `STIPPLE_CLOCK` (an ISO instant, for demo and tests only) lies from the wall clock.

    The clock starts at that instant and goes on from there.
    """
    setting = os.environ.get("STIPPLE_CLOCK")
    if not setting:
        return timedelta(0)
    start = datetime.fromisoformat(setting)
    if start.tzinfo is None:
        raise ValueError(f"STIPPLE_CLOCK needs a time zone, for example {setting}+00:00")
    return start - datetime.fromtimestamp(time.time(), UTC)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return real_now() + _offset()


def real_now() -> datetime:
    """The machine's own time, whatever `STIPPLE_CLOCK` says: what a tablet checks TLS against."""
    return datetime.fromtimestamp(time.time(), UTC)
