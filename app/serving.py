"""`make run` and `make demo`: make the database ready, say where Stipple is, serve it."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from flask_migrate import upgrade

from app import addresses, clock, create_app, settings, startup, tls, trust
from app.addresses import Addresses, loopback_addresses
from app.announcing import Announcement
from app.auth.setup_code import fresh_code
from app.extensions import db
from app.keyring import keyring_of
from app.models import Person

if TYPE_CHECKING:
    from granian.server.common import AbstractServer

# How often the certificate and the machine's addresses are looked at.
WATCH_S = 5.0
RETRY_S = 3600.0


def run() -> int:
    """Serve the clinic of this instance until Ctrl-C. Answers the exit code."""
    at = chosen_addresses()
    app = create_app()
    make_ready(app)
    serve(app, at)
    return 0


def demo() -> int:
    """The same with a sample clinic, which is made at the first call. Answers the exit code."""
    at = chosen_addresses()
    app = create_app()
    make_ready(app)
    fill(app)
    serve(app, at)
    return 0


def chosen_addresses() -> Addresses:
    """Where to serve; what cannot be served ends here with a sentence."""
    try:
        root = tls.kept_root(settings.instance_path(os.environ))
        return addresses.chosen(os.environ, kept_name=root.name if root else None)
    except (addresses.CannotListen, tls.TlsRefused) as refusal:
        sys.exit(str(refusal))


def make_ready(app: Flask) -> None:
    """Bring the database to the newest schema; what is unsafe ends here with exit code 75."""
    with app.app_context():
        upgrade()
        startup.require_safe(app)


def fill(app: Flask) -> None:
    """Make the sample clinic unless it is here; never beside the records of a real one."""
    people = settings.instance_path(os.environ) / "demo.json"
    if people.exists():
        return
    with app.app_context():
        if has_people():
            sys.exit(
                "A clinic's own records are here, and the sample clinic needs a place without: "
                "set STIPPLE_INSTANCE to another folder, for example "
                "`STIPPLE_INSTANCE=instance/demo make demo`."
            )
        from app.demo import build

        click.echo("Making the sample clinic …")
        sample = build(app, seed=settings.value(os.environ, "STIPPLE_DEMO_SEED"))
    people.touch(mode=0o600)
    people.write_text(json.dumps(sample, indent=2, ensure_ascii=False) + "\n", "utf-8")


def announcement(app: Flask, at: Addresses, root: tls.Root | None) -> str:
    """Where Stipple is and what a person at this terminal needs to get in."""
    lines = [f"Stipple is at {at.url} (Ctrl-C stops it)"]
    if at.public_url:
        lines.append(f"On this machine it listens at {at.local_url}")
    people = settings.instance_path(os.environ) / "demo.json"
    with app.app_context():
        if people.exists():
            lines.append(f"This is the sample clinic; who may sign in stands in {people}")
        elif not has_people():
            lines.append(f"The first visit sets the clinic up with this code: {fresh_code()}")
        db.session.remove()
        db.engine.dispose()
    if root is not None:
        pairs = root.fingerprint
        lines += [
            f"Each tablet, once: open {at.trust_url} and follow its four steps.",
            f"They end in trust for the root certificate {root.title!r}. Compare its SHA-256:",
            f"  {' '.join(pairs[:16])}",
            f"  {' '.join(pairs[16:])}",
        ]
    return "\n".join(lines)


def has_people() -> bool:
    """Whether anybody has been entered in this instance."""
    return db.session.scalar(db.select(Person.id).limit(1)) is not None


def serve(app: Flask, at: Addresses) -> None:
    """Answer requests from one worker process until Ctrl-C."""
    # A forked worker would share the open files of the database with this process.
    multiprocessing.set_start_method("spawn")
    with ExitStack() as ending:
        certificate = certificate_for(app, at, ending) if at.is_tls else None
        root = certificate.root if isinstance(certificate, OwnCertificate) else None
        server = server_at(at, certificate)
        server.on_startup(end_with_the_terminal)
        if root is not None and at.trust_port is not None:
            pages = trust.Pages(app, trust.Trust(root, at.url, at.trust_url))
            page = trust.TrustServer(at.listens_at, at.trust_port, pages)
            ending.callback(page.server_close)
            page.serve_beside()
        spoken = announcement(app, at, root)
        threading.Thread(target=announce_when_up, args=(at, spoken), daemon=True).start()
        if at.listens_at in ("127.0.0.1", "0.0.0.0") and "::1" in loopback_addresses():  # noqa: S104
            threading.Thread(target=forward_from_ipv6, args=(at.port,), daemon=True).start()
        if certificate is not None:
            known = Announcement(at.name, at.port, at.listens_at)
            ending.callback(known.end)
            threading.Thread(target=watch, args=(server, certificate, known), daemon=True).start()
        told = {
            "STIPPLE_HOSTNAME": at.name,
            "STIPPLE_URL": at.url,
            "STIPPLE_TRUST_URL": at.trust_url,
        }
        server.serve(target_loader=partial(application_of_a_worker, told), wrap_loader=False)


def server_at(
    at: Addresses, certificate: OwnCertificate | GivenCertificate | None
) -> AbstractServer[Any]:
    """The server, not started; over TLS 1.3, where there is a certificate."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    return Granian(
        "stipple",
        at.listens_at,
        at.port,
        interface=Interfaces.WSGI,
        websockets=False,
        blocking_threads=min(8, 2 * multiprocessing.cpu_count() + 1),
        respawn_failed_workers=True,
        respawn_interval=8,  # A worker with a new certificate has begun before the old one ends.
        workers_kill_timeout=10,
        log_level=LogLevels.error,
        ssl_cert=certificate.path if certificate else None,
        ssl_key=certificate.key_path if certificate else None,
    )


class OwnCertificate:
    """The host's certificate from the clinic's own authority, in a folder that ends with us."""

    def __init__(self, root: tls.Root, folder: Path) -> None:
        self.root = root
        self.path = self.key_path = folder / "host.pem"
        tls.issue(root, self.path, now=clock.real_now())

    def is_renewed(self) -> bool:
        """Make another in time; whether workers must read it."""
        if not tls.is_due(self.path, now=clock.real_now()):
            return False
        tls.issue(self.root, self.path, now=clock.real_now())
        return True


class GivenCertificate:
    """A certificate of the clinic's own, which others renew in its place."""

    def __init__(self, path: Path, key_path: Path, name: str) -> None:
        self.path, self.key_path, self._name = path, key_path, name
        self._read = self._content()

    def is_renewed(self) -> bool:
        """Whether others have put a new pair in its place that fits."""
        content = self._content()
        if content == self._read:
            return False
        try:
            tls.name_of_pair(self.path, self.key_path, wanted=self._name)
        except tls.TlsRefused:
            return False  # Half of it is written, or it is wrong: the old one serves on.
        self._read = content
        return True

    def _content(self) -> list[bytes]:
        try:
            return [self.path.read_bytes(), self.key_path.read_bytes()]
        except OSError:
            return self._read if hasattr(self, "_read") else []


def certificate_for(
    app: Flask, at: Addresses, ending: ExitStack
) -> OwnCertificate | GivenCertificate:
    """What to serve with; the root is made at the first start over TLS."""
    if at.certificate is not None:
        return GivenCertificate(*at.certificate, at.name)
    instance = Path(app.instance_path)
    try:
        root = tls.root_for(
            at.name,
            instance,
            secret=keyring_of(app).derive(tls.KEY_LABEL),
            now=clock.real_now(),
        )
    except tls.TlsRefused as refusal:
        sys.exit(str(refusal))
    # Outside the instance: who copies that gets no key that a tablet trusts.
    folder = ending.enter_context(TemporaryDirectory(prefix="stipple-"))
    return OwnCertificate(root, Path(folder))


def watch(
    server: AbstractServer[Any], certificate: OwnCertificate | GivenCertificate, known: Announcement
) -> None:
    """Renew the certificate in time and keep the name known, for as long as we serve."""
    while True:
        if sentence := known.tell():
            click.echo(sentence)
        try:
            if certificate.is_renewed():
                server.signal_handler_reload()  # type: ignore[no-untyped-call]
        except OSError as fault:
            click.echo(
                f"The certificate for tablets could not be renewed ({fault.strerror}): make room "
                "for it, or start Stipple again."
            )
            time.sleep(RETRY_S)
        time.sleep(WATCH_S)


def application_of_a_worker(told: Mapping[str, str]) -> Flask:
    """What granian calls in its worker process to get the application."""
    if os.name == "posix":
        os.setpgid(0, 0)  # Ctrl-C is for the parent, which then lets the worker finish.
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    return create_app(told)


def end_with_the_parent() -> None:
    """Leave at once when the parent was killed, or the port would stay taken."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def end_with_the_terminal() -> None:
    """Stop when the terminal is closed; granian alone would take that as "reload"."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))


def announce_when_up(at: Addresses, announcement: str) -> None:
    """Print where Stipple is as soon as it answers there."""
    while True:
        try:
            socket.create_connection((at.heard_at, at.port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            click.echo(announcement)
            return


def forward_from_ipv6(port: int) -> None:
    """Hand what arrives at ::1 to 127.0.0.1, for granian listens at one address."""

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while piece := await source.read(65536):
                sink.write(piece)
                await sink.drain()
        except ConnectionError:
            pass  # One side has gone; closing tells the other.
        finally:
            sink.close()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, back), carry(there, writer))

    async def listen() -> None:
        server = await asyncio.start_server(meet, "::1", port)
        await server.serve_forever()

    asyncio.run(listen())
