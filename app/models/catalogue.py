"""What a clinic says about its catalogue: what it verified, and what is its own. Rows only grow."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.models.base import Base, UtcDateTime

if TYPE_CHECKING:
    from app.models.person import Person

# What can be the clinic's own.
VALUE = "value"
ADDED = "added"
PROTOCOL = "protocol"
MAP = "map"
# The text that a patient is given after a session; it is none of the catalogue's, and its latest
# version stands.
AFTER_CARE = "after_care"


class CatalogueVerification(Base):
    """One time that somebody held a published row against a label; the latest of a row counts.

    `row_sha256` is of the row as it was then: a row that changed since is unverified again.
    """

    __tablename__ = "catalogue_verifications"
    __table_args__ = (
        Index("ix_catalogue_verifications_table_name_row_key", "table_name", "row_key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    table_name: Mapped[str] = mapped_column(Text)
    row_key: Mapped[str] = mapped_column(Text)
    row_sha256: Mapped[str] = mapped_column(Text)
    # Which label, by its edition or date.
    label: Mapped[str] = mapped_column(Text)
    # Whether the label says what the row says.
    agrees: Mapped[bool]
    note: Mapped[str] = mapped_column(Text, default="")
    verified_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    verified_by: Mapped[Person] = relationship()


class ClinicCatalogueRow(Base):
    """One version of something of the clinic's own: the latest stands, a withdrawn one ends it.

    `kind` is a value in the place of a published one, a whole row added to a table, a protocol or a
    drawing; `key` names it: "storage/Daxxify", or the id of the protocol or drawing.
    """

    __tablename__ = "clinic_catalogue"
    __table_args__ = (UniqueConstraint("kind", "key", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    # What it says; of a version that withdraws it, nothing.
    value: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    recorded_by: Mapped[Person] = relationship()

    @property
    def is_withdrawn(self) -> bool:
        """Whether this version ends it."""
        return self.value is None

    @classmethod
    def next_version(cls, session: Session, kind: str, key: str) -> int:
        """The number the next version of this gets."""
        last = select(func.max(cls.version)).where(cls.kind == kind, cls.key == key)
        return (session.scalar(last) or 0) + 1

    @classmethod
    def after_care(
        cls, session: Session, value: dict[str, Any], *, by: Person, now: datetime
    ) -> ClinicCatalogueRow:
        """The next version of the clinic's own after-care text."""
        row = cls(
            kind=AFTER_CARE,
            key=AFTER_CARE,
            version=cls.next_version(session, AFTER_CARE, AFTER_CARE),
            value=value,
            reason="",
            recorded_at=now,
            recorded_by=by,
        )
        session.add(row)
        session.flush()
        return row

    @classmethod
    def protocol(
        cls, session: Session, value: dict[str, Any], *, by: Person, now: datetime
    ) -> ClinicCatalogueRow:
        """A pattern of the clinic's own; one of the same name that stands gets its next version."""
        rows = session.scalars(select(cls).where(cls.kind == PROTOCOL).order_by(cls.version))
        name = str(value["title"]).casefold()
        same = [
            row.key
            for row in latest(list(rows))
            if row.value and str(row.value["title"]).casefold() == name
        ]
        key = same[0] if same else f"OWN-{uuid4().hex[:8]}"
        row = cls(
            kind=PROTOCOL,
            key=key,
            version=cls.next_version(session, PROTOCOL, key),
            value=value,
            reason="",
            recorded_at=now,
            recorded_by=by,
        )
        session.add(row)
        session.flush()
        return row


def latest(rows: list[ClinicCatalogueRow]) -> list[ClinicCatalogueRow]:
    """Of rows in the order of their versions, the one of each kind and key that stands."""
    standing = {(row.kind, row.key): row for row in rows}
    return [row for row in standing.values() if not row.is_withdrawn]


def last_words(rows: list[CatalogueVerification]) -> dict[tuple[str, str], CatalogueVerification]:
    """Of verifications in the order of their time, the last of each row."""
    return {(row.table_name, row.row_key): row for row in rows}
