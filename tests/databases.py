"""Fresh databases for the tests, on both engines: migrated once a session, then copied.

A plugin of fixtures. `fresh_sqlite`, `fresh_postgresql` and `fresh_database` (each test once per
engine) give the configuration that `create_app` takes; `bare_app` makes an app of records alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool
from sqlcipher3 import dbapi2 as sqlcipher

from app import extensions, settings
from app.database import DATABASE_FILE
from app.keyring import Keyring
from tests.postgres import PostgresServer, running_server

ENGINES = ("sqlcipher", "postgresql")


def configuration(folder: Path, database_url: str = "") -> dict[str, Any]:
    """What `create_app` is told, for an instance and a key of its own in this folder."""
    return {
        "TESTING": True,
        "INSTANCE_PATH": str(folder / "instance"),
        "STIPPLE_KEY_FILE": str(folder / "master.key"),
        "DATABASE_URL": database_url,
        "RATELIMIT_ENABLED": False,
    }


def environment(config: Mapping[str, Any]) -> dict[str, str]:
    """The same for a process of its own, as environment variables."""
    return {
        "STIPPLE_INSTANCE": config["INSTANCE_PATH"],
        "STIPPLE_KEY_FILE": config["STIPPLE_KEY_FILE"],
        "DATABASE_URL": config["DATABASE_URL"],
    }


def configuration_of(environ: Mapping[str, str]) -> dict[str, Any]:
    """The configuration that `environment` gave to this process."""
    return {**settings.from_environment(environ), "INSTANCE_PATH": environ["STIPPLE_INSTANCE"]}


def bare_app(config: Mapping[str, Any]) -> Flask:
    """An app with records and no pages."""
    app = Flask("app", instance_path=config["INSTANCE_PATH"])
    app.config.from_mapping(settings.from_environment({}))
    app.config.from_mapping(config)
    extensions.init_app(app)
    return app


@contextmanager
def opened(config: Mapping[str, Any]) -> Iterator[Flask]:
    """A bare app with its context entered, and its connections closed afterwards."""
    app = bare_app(config)
    with app.app_context():
        try:
            yield app
        finally:
            extensions.db.session.remove()
            extensions.db.engine.dispose()


def migrate(config: Mapping[str, Any], revision: str = "head") -> None:
    """Take the database of this configuration to a revision, making key and file if new."""
    with opened(config):
        upgrade(revision=revision)


def raw_engine(config: Mapping[str, Any]) -> Engine:
    """A second way in, as an attacker with the key or the owner's role has it: no guard of ours."""
    if config["DATABASE_URL"]:
        return create_engine(config["DATABASE_URL"], poolclass=NullPool)
    key = Keyring(Path(config["INSTANCE_PATH"]), config["STIPPLE_KEY_FILE"]).derive("database")

    def connect() -> sqlcipher.Connection:
        file = Path(config["INSTANCE_PATH"]) / DATABASE_FILE
        connection = sqlcipher.connect(str(file), isolation_level=None, timeout=10)
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        return connection

    engine = create_engine("sqlite://", module=sqlcipher, creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The one PostgreSQL server of a test session."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a migrated instance that tests copy."""
    folder = tmp_path_factory.mktemp("sqlcipher")
    migrate(configuration(folder))
    return folder


@pytest.fixture(scope="session")
def migrated_postgresql(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The folder of a migrated instance and the name of its database, both to be copied."""
    folder = tmp_path_factory.mktemp("postgresql")
    name = postgres.create_database()
    migrate(configuration(folder, postgres.address(name)))
    return folder, name


@pytest.fixture
def fresh_sqlite(migrated_sqlite: Path, tmp_path: Path) -> dict[str, Any]:
    """The configuration of a new, migrated, empty encrypted SQLite database."""
    folder = tmp_path / "sqlcipher"
    shutil.copytree(migrated_sqlite, folder)
    return configuration(folder)


@pytest.fixture
def fresh_postgresql(
    postgres: PostgresServer, migrated_postgresql: tuple[Path, str], tmp_path: Path
) -> Iterator[dict[str, Any]]:
    """The configuration of a new, migrated, empty PostgreSQL database."""
    template_folder, template = migrated_postgresql
    folder = tmp_path / "postgresql"
    shutil.copytree(template_folder, folder)
    name = postgres.create_database(template)
    yield configuration(folder, postgres.address(name))
    postgres.drop_database(name)


@pytest.fixture(params=ENGINES)
def fresh_database(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The configuration of a new database, once on each engine."""
    name = "fresh_sqlite" if request.param == "sqlcipher" else "fresh_postgresql"
    config: dict[str, Any] = request.getfixturevalue(name)
    return config


@pytest.fixture(params=ENGINES)
def no_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The configuration of an instance that was never started, once on each engine."""
    if request.param == "sqlcipher":
        yield configuration(tmp_path)
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    name = postgres.create_database()
    yield configuration(tmp_path, postgres.address(name))
    postgres.drop_database(name)


def refusal_of(action: Any) -> str:
    """The database's own words when it refuses the action; fails when it does not."""
    with pytest.raises((sqlcipher.DatabaseError, psycopg.Error)) as refused:
        action()
    return str(refused.value)
