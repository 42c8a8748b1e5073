"""Power gone in the middle of a write: what was acknowledged is there, and nothing by halves."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app import audit, startup
from app.audit import AuditEntry
from app.extensions import db
from app.models import SignInAttempt
from tests.databases import environment, opened

WRITERS = 2
SECONDS_TO_START = 10.0


def start_writer(config: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.db_kill.writer"],
        env={**os.environ, **environment(config), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # What is read ahead of a line would be lost to `communicate`.
    )


def acknowledged_before_kill(config: dict[str, Any], chance: random.Random) -> set[UUID]:
    """Let writers write at once, kill them all at a random moment; answers what they had said."""
    writers = [start_writer(config) for _ in range(WRITERS)]
    said: list[bytes] = []
    for writer in writers:
        assert writer.stdout is not None
        said.append(writer.stdout.readline())  # Each is under way.
    time.sleep(0.05 + chance.random() * 0.4)
    for writer in writers:
        writer.kill()
    for writer in writers:
        rest, faults = writer.communicate()
        assert faults == b""
        # A line without its end was not said.
        said += rest[: rest.rfind(b"\n") + 1].splitlines()
    return {UUID(line.decode().strip()) for line in said}


@pytest.mark.long
def test_every_acknowledged_act_outlives_a_killed_process(
    fresh_database: dict[str, Any], seed: int, full_rounds: bool
) -> None:
    chance = random.Random(seed)
    acknowledged: set[UUID] = set()

    for _ in range(100 if full_rounds else 5):
        acknowledged |= acknowledged_before_kill(fresh_database, chance)

        started = time.monotonic()
        with opened(fresh_database) as app:
            assert startup.refusals(app) == []
            assert time.monotonic() - started < SECONDS_TO_START
            there = set(db.session.scalars(select(SignInAttempt.id)))
            recorded = [UUID(found) for found in db.session.scalars(select(AuditEntry.subject_id))]

            assert acknowledged - there == set()
            assert sorted(recorded) == sorted(there)  # No act without entry, none the other way.
            assert audit.verify(db.session) is None
            if not fresh_database["DATABASE_URL"]:
                assert db.session.scalar(text("pragma integrity_check")) == "ok"
                assert db.session.execute(text("pragma cipher_integrity_check")).all() == []

    assert len(acknowledged) > 5 * WRITERS
