"""Refusals: exceptions whose message may be read by a clinician."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Something that cannot be done, said in one sentence that also says what to do.

    `message` is English and holds `%(name)s` places; `values` fills them. A page translates
    `message` and fills in the same values.
    """

    def __init__(self, message: str, /, **values: Any) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class ChartError(Refusal):
    """A chart that cannot be read as sent: `path` names the place, such as `sites[3].units`.

    `faults` holds every fault of the chart, this one first.
    """

    def __init__(self, message: str, /, *, path: str, **values: Any) -> None:
        super().__init__(message, **values)
        self.path = path
        self.faults: tuple[ChartError, ...] = (self,)
