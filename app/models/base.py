"""The base and the column types every record uses."""

from app.columns import Base, Hundredths, UtcDateTime

__all__ = ["Base", "Hundredths", "UtcDateTime"]
