"""Drawings of the clinic's own: those at work, and those released, which never change."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, UtcDateTime

if TYPE_CHECKING:
    from app.models.person import Person


class DrawingDraft(Base):
    """A drawing at work: its art as it was made safe, and what was drawn on it so far.

    `key` is of the drawing whose next version it becomes, or None for a new one.
    """

    __tablename__ = "drawing_drafts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    key: Mapped[str | None] = mapped_column(Text)
    art: Mapped[str] = mapped_column(Text)
    # As app.clinical.own_drawing reads it.
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    changed_by: Mapped[Person] = relationship()

    def keep(self, plan: dict[str, Any], *, by: Person, now: datetime) -> None:
        """What stands on it from now on."""
        self.plan = plan
        self.changed_by, self.changed_at = by, now


class ReleasedDrawing(Base):
    """One version of a drawing, as charts and notes that use it draw it for ever.

    Who released it and what it is called stands in the row of the clinic's catalogue of its ref.
    """

    __tablename__ = "released_drawings"

    ref: Mapped[str] = mapped_column(Text, primary_key=True)
    art: Mapped[str] = mapped_column(Text)
    shapes: Mapped[str] = mapped_column(Text)
    # What was drawn, so that the next version can start from it.
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)

    @property
    def sha256(self) -> str:
        """The digest of art and shapes together."""
        return hashlib.sha256(f"{self.art}\n{self.shapes}".encode()).hexdigest()
