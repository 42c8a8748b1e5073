"""Timing one act beside its floor, call by call in turn, and the two ways the times are shown."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from sqlcipher3 import dbapi2 as sqlcipher

import app as stipple

# Of these the first calls warm both up and are not counted.
WARM_UP = 2

Act = Callable[[int], object]


class Result(NamedTuple):
    """What an act and its floor took, in milliseconds, and how many times the floor it may take."""

    name: str
    product_ms: Sequence[float]
    floor_ms: Sequence[float]
    budget: float

    @property
    def ratio(self) -> float:
        """The act's median over the floor's."""
        return statistics.median(self.product_ms) / statistics.median(self.floor_ms)

    def as_json(self) -> dict[str, Any]:
        """As `bench.json` holds it."""
        return {
            "name": self.name,
            "median_ms": round(statistics.median(self.product_ms), 3),
            "p95_ms": round(p95(self.product_ms), 3),
            "floor_ms": round(statistics.median(self.floor_ms), 3),
            "ratio": round(self.ratio, 2),
            "budget": self.budget,
            "ok": self.ratio <= self.budget,
        }


def in_turn(name: str, product: Act, floor: Act, *, rounds: int, budget: float) -> Result:
    """Call the product and its floor in turn, so that a busy moment of the machine meets both.

    Each is told the number of the round. The first rounds warm up and do not count.
    """
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(-WARM_UP if rounds > 1 else 0, rounds):
        for times, act in zip(took, (product, floor), strict=True):
            milliseconds = timed(act, number + WARM_UP)
            if number >= 0:
                times.append(milliseconds)
    return Result(name, *took, budget)


def timed(act: Act, number: int) -> float:
    """How long one call takes, in milliseconds."""
    start = time.perf_counter()
    act(number)
    return (time.perf_counter() - start) * 1000


def p95(times: Sequence[float]) -> float:
    """The time that nineteen of twenty calls stay below."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]


def report(results: Iterable[Result]) -> dict[str, Any]:
    """The whole of `bench.json`."""
    return {
        "version": stipple.__version__,
        "machine": machine(),
        "benchmarks": [result.as_json() for result in results],
    }


def machine() -> str:
    """Where this was measured; milliseconds of two machines are not compared, ratios are."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, SQLite {sqlcipher.sqlite_version}"
    )


HEADINGS = f"{'':<44}{'median':>10}{'p95':>10}{'floor':>10}{'ratio':>8}{'budget':>8}"


def line(result: Result) -> str:
    """One row of the table on screen."""
    shown = result.as_json()
    times = "".join(f"{shown[name]:>10.2f}" for name in ("median_ms", "p95_ms", "floor_ms"))
    word = "" if shown["ok"] else "  OVER"
    return f"{result.name:<44}{times}{shown['ratio']:>8.2f}{shown['budget']:>8.1f}{word}"
