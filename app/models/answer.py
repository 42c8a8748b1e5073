"""What was said today to the questions of the time-out and of the review, each time it was said."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clinical import case
from app.clinical.errors import Refusal
from app.models.base import Base, UtcDateTime

if TYPE_CHECKING:
    from app.models.person import Person
    from app.models.treatment import Treatment

# How it was said: each question by itself, as a part of a combined one that was answered no, or
# all asked again with one tap for what had not changed.
ASKED = "asked"
COMBINED = "combined"
ASKED_AGAIN = "asked_again"


class NotToAnswer(Refusal):
    """There is no such question, or it can't be answered so."""


class Answer(Base):
    """One thing that was said. Rows are only added: the last one of a question counts.

    `value` is None where an answer was taken back; `reason` says why it could not be asked.
    """

    __tablename__ = "answers"

    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    how: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    treatment: Mapped[Treatment] = relationship(back_populates="said")
    answered_by: Mapped[Person] = relationship()

    def as_value(self) -> case.Answer:
        """What the rules need of it."""
        return case.Answer(self.value or "", self.reason)
