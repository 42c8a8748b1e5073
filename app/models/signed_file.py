"""What every signed document is in store: its file, the record in it, and their hashes."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.clinical.errors import Refusal
from app.models.base import UtcDateTime

_log = logging.getLogger(__name__)


class NoteDamaged(Refusal):
    """The stored bytes are not the ones that were signed. Whoever finds it, the log says so."""

    def __init__(self, message: str, /, **values: str) -> None:
        super().__init__(message, **values)
        _log.error("the stored file of %s is not what was signed", values["number"])


class SignedFile:
    """The columns of a note and of each document that follows it: written once, never again."""

    record: Mapped[bytes]
    record_sha256: Mapped[str] = mapped_column(Text, index=True)
    pdf: Mapped[bytes] = mapped_column(deferred=True)
    pdf_sha256: Mapped[str] = mapped_column(Text, index=True)
    pages: Mapped[int]
    level: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    zone: Mapped[str] = mapped_column(Text)
    # When it was put back from its own PDF; None where it stands as it was signed.
    restored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def reference(self) -> str:
        """The number by which it is called on paper."""
        raise NotImplementedError

    def stored_pdf(self) -> bytes:
        """The bytes as signed. Raises NoteDamaged when they are no longer those."""
        if hashlib.sha256(self.pdf).hexdigest() != self.pdf_sha256:
            raise NoteDamaged(
                "%(number)s is not what was signed: its stored file has changed."
                " It was not opened. Tell the administrator; a backup holds the original.",
                number=self.reference,
            )
        return self.pdf
