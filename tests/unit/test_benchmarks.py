"""What `make bench` writes is what programs read. How long anything takes is no test's business."""

from __future__ import annotations

import json

from tests.benchmarks import in_process
from tests.benchmarks.measuring import HEADINGS, Result, line, report


def test_one_round_of_the_smallest_benchmark_gives_the_promised_json() -> None:
    written = json.loads(json.dumps(report([in_process.verify(1)])))

    assert list(written) == ["version", "machine", "benchmarks"]
    assert all(isinstance(written[name], str) and written[name] for name in ("version", "machine"))
    (benchmark,) = written["benchmarks"]
    assert {name: type(value) for name, value in benchmark.items()} == {
        "name": str,
        "median_ms": float,
        "p95_ms": float,
        "floor_ms": float,
        "ratio": float,
        "budget": float,
        "ok": bool,
    }


def test_a_ratio_up_to_its_budget_is_ok_and_one_above_is_marked() -> None:
    kept, over = (Result("act", times, [2.0, 2.0], 1.5) for times in ([3.0, 3.0], [3.1, 3.1]))

    assert (kept.as_json()["ratio"], kept.as_json()["ok"]) == (1.5, True)
    assert (over.as_json()["ratio"], over.as_json()["ok"]) == (1.55, False)
    assert "OVER" not in line(kept)
    assert line(over).endswith("OVER")
    assert len(line(kept)) == len(HEADINGS)


def test_the_median_and_p95_are_those_of_the_calls() -> None:
    times = [float(number) for number in range(1, 101)]

    shown = Result("act", times, [1.0], 100).as_json()

    assert (shown["median_ms"], shown["p95_ms"], shown["floor_ms"]) == (50.5, 96.0, 1.0)
