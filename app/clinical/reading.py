"""Reads JSON that somebody else made: every fault is collected with its place, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from app.clinical.errors import ChartError, Refusal

__all__ = ["Reader", "kind_of", "quoted", "read_date", "read_instant", "read_text"]

T = TypeVar("T")

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
MOST_ITEMS = 400


class Reader:
    """Reads one document and collects its faults, so that all can be shown at once."""

    def __init__(self) -> None:
        self.faults: list[ChartError] = []

    def raise_faults(self) -> None:
        """Raise the first fault there is, whose own `faults` hold them all."""
        if self.faults:
            first = self.faults[0]
            first.faults = tuple(self.faults)
            raise first

    def _fields(
        self,
        data: object,
        path: str,
        *,
        required: Iterable[str],
        optional: Iterable[str] = (),
        ignored: frozenset[str] = frozenset(),
    ) -> dict[str, object]:
        if not isinstance(data, dict):
            self._fault(
                ChartError(
                    "This must be an object with named values, not %(kind)s.",
                    path=path,
                    kind=kind_of(data),
                )
            )
            return {}
        prefix = f"{path}." if path else ""
        required = tuple(required)
        for name in data:
            if name not in (*required, *optional) and name not in ignored:
                self._fault(
                    ChartError(
                        "%(name)s is not known here. Remove it.",
                        path=f"{prefix}{_short(str(name))}",
                        name=quoted(str(name)),
                    )
                )
        for name in required:
            if name not in data:
                self._fault(
                    ChartError("%(name)s is missing. Add it.", path=f"{prefix}{name}", name=name)
                )
        return {name: value for name, value in data.items() if isinstance(name, str)}

    def _items(
        self, fields: dict[str, object], name: str, most: int, path: str = ""
    ) -> list[tuple[int, object]]:
        value = fields.get(name, [])
        where = f"{path}.{name}" if path else name
        if not isinstance(value, list):
            self._fault(
                ChartError("This must be a list, not %(kind)s.", path=where, kind=kind_of(value))
            )
            return []
        if len(value) > most:
            self._fault(
                ChartError(
                    "A chart holds at most %(most)s %(name)s; this one has %(count)s. Divide the "
                    "treatment.",
                    path=where,
                    most=most,
                    name=name,
                    count=len(value),
                )
            )
            return []
        return list(enumerate(value))

    def _texts(
        self, fields: dict[str, object], name: str, read: Callable[[object], str]
    ) -> tuple[str, ...]:
        found: list[str] = []
        for at, value in self._items(fields, name, MOST_ITEMS):
            text = self._read(f"{name}[{at}]", value, read)
            if text is not None and text in found:
                self._fault(
                    ChartError(
                        "%(value)s stands twice. Send it once.", path=f"{name}[{at}]", value=text
                    )
                )
            elif text is not None:
                found.append(text)
        return tuple(found)

    def _take(
        self, fields: dict[str, object], path: str, name: str, read: Callable[[object], T]
    ) -> T | None:
        # A missing name was already reported with the shape.
        return self._read(path, fields[name], read) if name in fields else None

    def _maybe(
        self, fields: dict[str, object], path: str, name: str, read: Callable[[object], T]
    ) -> T | None:
        value = fields.get(name)
        return None if value is None or value == "" else self._read(path, value, read)

    def _read(self, path: str, value: object, read: Callable[[object], T]) -> T | None:
        try:
            return read(value)
        except Refusal as refusal:
            self._fault(ChartError(refusal.message, path=path, **refusal.values))
            return None

    def _fault(self, fault: ChartError) -> None:
        self.faults.append(fault)


def read_text(value: object) -> str:
    """Text as it stands. Raises Refusal for anything else."""
    if not isinstance(value, str):
        raise Refusal("This must be text, not %(kind)s.", kind=kind_of(value))
    return value


def read_date(value: object) -> date:
    """A day such as 2027-08-31. Raises Refusal."""
    text = read_text(value)
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Refusal(
        "%(value)s is not a date of the calendar. Enter year, month and day, such as 2027-08-31.",
        value=quoted(text),
    )


def read_instant(value: object) -> datetime:
    """An instant with its zone, in UTC. Raises Refusal."""
    text = read_text(value)
    match = INSTANT.fullmatch(text)
    if match is not None and match["zone"] is None:
        raise Refusal(
            "%(value)s names no time zone. End it with Z or with an offset such as -05:00.",
            value=quoted(text),
        )
    try:
        if match is not None:
            instant = datetime.fromisoformat(text).astimezone(UTC)
            # Every clinic's clock must be able to show it: a day off both ends of the calendar.
            _, _ = instant - timedelta(days=1), instant + timedelta(days=1)
            return instant
    except (ValueError, OverflowError):
        pass
    raise Refusal(
        "%(value)s is not an instant. Enter date, time and zone, such as 2026-11-22T14:50:00Z.",
        value=quoted(text),
    )


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "an object"


def _short(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"


def quoted(text: str) -> str:
    """A piece of what was sent, safe to show."""
    return f"\u201c{_short(text)}\u201d"
