"""What every table is built from: the declarative base and the column types of a clinic.

Flask-SQLAlchemy reads naming and types from one registry; both maps stand there
because a `type_annotation_map` beside a `registry` is refused by SQLAlchemy.
"""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

_LARGEST_HUNDREDTHS = 2**63 - 1


class Hundredths(TypeDecorator[Decimal]):
    """A Decimal kept exactly as a whole number of 0.01; floats and finer values raise."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
            raise TypeError(f"expected a Decimal, got {type(value).__name__}")
        hundredths = Decimal(value).scaleb(2)
        if not hundredths.is_finite() or hundredths != hundredths.to_integral_value():
            raise ValueError("a value finer than 0.01 cannot be stored")
        if abs(hundredths) > _LARGEST_HUNDREDTHS:
            raise ValueError("the value is too large to be stored")
        return int(hundredths)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-2)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, stored as UTC and given back aware; a naive datetime raises."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        instant = value.astimezone(UTC)
        # SQLite keeps text; without the offset the text sorts as time does.
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every record; table names are written out by each class."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            Decimal: Hundredths,
            datetime: UtcDateTime,
            uuid.UUID: Uuid(as_uuid=True),
            dict[str, Any]: JSON,
            list[Any]: JSON,
            list[str]: JSON,
            # Values, not member names, and no type of its own on PostgreSQL:
            # a new member must not need a migration.
            enum.Enum: Enum(
                enum.Enum,
                native_enum=False,
                length=40,
                values_callable=lambda members: [str(member.value) for member in members],
            ),
        },
    )
