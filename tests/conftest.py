"""The stage of the tests: an application on a fresh database, the cast, a browser."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

    from tests.clients import AuditingClient
    from tests.factories import Cast

# Nothing of the machine's own settings may reach a test, and no test may read the machine's zone.
for _name in [name for name in os.environ if name.startswith("STIPPLE_")]:
    del os.environ[_name]
for _name in ("DATABASE_URL", "HOST", "PORT"):
    os.environ.pop(_name, None)
os.environ["TZ"] = "Pacific/Chatham"
if hasattr(time, "tzset"):
    time.tzset()

pytest_plugins = ["tests.databases"]

INTEGRATION = Path(__file__).parent / "integration"
ENGINES = ("sqlcipher", "postgresql")
# Beside the tests of the database itself, these ask both engines in `make test`; what the others
# ask a second time is left to `make long`.
ON_BOTH_AT_ONCE = ("test_create_signature.py", "test_save_chart.py", "test_restriction.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engine=postgresql` keeps to one engine; `--seed` repeats a round of random tests;
    `--pictures` takes the guide's pictures afresh."""
    parser.addoption("--engine", choices=ENGINES, help="only on this database engine")
    parser.addoption("--seed", type=int, default=None, help="of the random rounds")
    parser.addoption("--pictures", action="store_true", help="write docs/pictures afresh")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What uses the application runs on both engines if it is an integration test, else on one.

    The second time is marked `again`: `make long` runs it, except where the engine is the point.
    """
    if "engine" not in metafunc.fixturenames:
        return
    path = metafunc.definition.path
    engines = ENGINES if INTEGRATION in path.parents else ENGINES[:1]
    chosen = metafunc.config.getoption("--engine")
    at_once = path.parent.name.startswith("db_") or path.name in ON_BOTH_AT_ONCE
    marks = {
        "sqlcipher": [],
        "postgresql": [pytest.mark.postgres, *([] if at_once else [pytest.mark.again])],
    }
    metafunc.parametrize(
        "engine",
        [
            pytest.param(engine, marks=marks[engine])
            for engine in engines
            if chosen in (None, engine)
        ],
    )


@pytest.fixture(scope="session", autouse=True)
def _no_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keys of tests never lie in the account's own folder."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The number that the random rounds start from; a failing run prints it."""
    given = pytestconfig.getoption("--seed")
    return int(given) if given is not None else secrets.randbelow(10**6)


@pytest.fixture(scope="session")
def full_rounds() -> bool:
    """Whether the long tests do their full counts (`ROUNDS=full`)."""
    return os.environ.get("ROUNDS") == "full"


@pytest.fixture(scope="session")
def compiled_templates() -> BytecodeCache:
    """What Jinja made of the templates, so that not every test's application compiles them."""
    from jinja2 import BytecodeCache

    class Remembered(BytecodeCache):
        def __init__(self) -> None:
            self._made: dict[str, bytes] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            if bucket.key in self._made:
                bucket.bytecode_from_string(self._made[bucket.key])

        def dump_bytecode(self, bucket: Bucket) -> None:
            self._made[bucket.key] = bucket.bytecode_to_string()

    return Remembered()


@pytest.fixture
def app(
    engine: str, request: pytest.FixtureRequest, compiled_templates: BytecodeCache
) -> Iterator[Flask]:
    """The application on a fresh database, its context entered for the test's own records."""
    # Imported here and below, so that tests of plain values start without the application.
    from app import create_app
    from app.extensions import db

    name = "fresh_sqlite" if engine == "sqlcipher" else "fresh_postgresql"
    application = create_app(request.getfixturevalue(name))
    application.jinja_env.bytecode_cache = compiled_templates
    with application.app_context():
        yield application
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The clinic and its people."""
    from tests import factories

    return factories.cast()


@pytest.fixture
def client(app: Flask) -> AuditingClient:
    """Somebody's browser, not signed in."""
    from tests.clients import new_client

    return new_client(app)


@pytest.fixture
def as_alice(app: Flask, cast: Cast) -> AuditingClient:
    """Alice's browser, signed in."""
    from tests.clients import signed_in

    return signed_in(app, cast.alice)
