"""A process that acts and records without end, and says each act on stdout once it is committed."""

from __future__ import annotations

import os
import sys
from uuid import uuid4

from app import audit, clock
from app.database import begin_write
from app.extensions import db
from app.models import SignInAttempt
from tests.databases import bare_app, configuration_of


def act_for_ever() -> None:
    """Write an act and its entry in one transaction, commit, say so; until killed."""
    with bare_app(configuration_of(os.environ)).app_context():
        while True:
            attempt = SignInAttempt(
                id=uuid4(), username="u" * 700, address="203.0.113.9", at=clock.now()
            )
            begin_write(db.session())
            db.session.add(attempt)
            audit.record(db.session, "attempt", by=None, now=clock.now(), subject=attempt)
            db.session.commit()
            sys.stdout.write(f"{attempt.id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    act_for_ever()
