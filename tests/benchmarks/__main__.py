"""`make bench`: the main path, each act beside its floor; a table, and `bench.json`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from app import settings
from tests.benchmarks import in_process, over_http, painting, starting
from tests.benchmarks.measuring import HEADINGS, Result, line, machine, report


def main() -> int:
    """Measure, show, keep. A budget is a goal: what is over it is marked, and fails nothing."""
    click.echo(f"{machine()}\nMilliseconds; the floor is the same work by the libraries alone.\n")
    click.echo(HEADINGS)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for result in measured(Path(folder)):
            click.echo(line(result))
            results.append(result)
    file = settings.instance_path(os.environ) / "bench.json"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(json.dumps(report(results), indent=2, ensure_ascii=False) + "\n", "utf-8")
    over = [result.name for result in results if result.ratio > result.budget]
    click.echo(f"\n{len(results)} measured, {len(over)} over budget; kept in {file}")
    return 0


def measured(folder: Path) -> Iterator[Result]:
    """Every benchmark, in the order of a session."""
    yield starting.start(15)
    with over_http.stage(folder) as stage:
        yield over_http.search(stage, 200)
        yield over_http.open_chart(stage, 100)
        with painting.chromium() as chromium:
            yield from painting.taps(chromium, stage.clinic, (31, 120, 500), 20)
            yield painting.drag(chromium, stage.clinic, 120, 40)
            yield painting.idle(chromium, stage.clinic, 120, 5)
        yield over_http.autosave(stage, 300)
        yield over_http.sign(stage, 15)
        yield over_http.note_pdf(stage, 200)
    yield in_process.open_key(15)
    yield in_process.render_and_sign(60)
    yield in_process.beside_naive(folder / "naive", 15)
    yield in_process.print_file(500, 5)
    yield in_process.verify(100)


if __name__ == "__main__":
    sys.exit(main())
