"""The column types: exact doses, aware instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from app.columns import Hundredths, UtcDateTime
from tests.rows import NOON

SQLITE: Dialect = sqlite.dialect()
POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("value", "stored"),
    [("155", 15500), ("3.34", 334), ("0.01", 1), ("-2.50", -250), ("1E+2", 10000), ("5.000", 500)],
)
def test_a_dose_is_stored_as_whole_hundredths(value: str, stored: int) -> None:
    assert Hundredths().process_bind_param(Decimal(value), SQLITE) == stored
    assert Hundredths().process_result_value(stored, SQLITE) == Decimal(value)


@pytest.mark.parametrize("value", [1.5, 1.0, True, "5", b"5"])
def test_a_dose_that_is_no_decimal_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        Hundredths().process_bind_param(value, SQLITE)


@pytest.mark.parametrize("value", ["3.333", "0.001", "NaN", "Infinity", "1E+20"])
def test_a_dose_that_cannot_be_kept_exactly_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="stored"):
        Hundredths().process_bind_param(Decimal(value), SQLITE)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(NOON.replace(tzinfo=None), SQLITE)


def test_an_instant_comes_back_as_the_same_instant_in_utc() -> None:
    here = datetime(2026, 11, 23, 23, 30, tzinfo=timezone(timedelta(hours=-5)))

    for dialect in (SQLITE, POSTGRESQL):
        stored = UtcDateTime().process_bind_param(here, dialect)
        back = UtcDateTime().process_result_value(stored, dialect)
        assert back == here
        assert back.utcoffset() == timedelta(0)
        assert back == datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
