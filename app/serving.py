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

import click
from flask import Flask
from flask_migrate import upgrade

from app import create_app, settings, startup
from app.auth.setup_code import fresh_code
from app.extensions import db
from app.models import Person

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def run() -> int:
    """Serve the clinic of this instance until Ctrl-C. Answers the exit code."""
    port = chosen_port()
    app = create_app()
    make_ready(app)
    serve(port, announcement(app, port))
    return 0


def demo() -> int:
    """The same with a sample clinic, which is made at the first call. Answers the exit code."""
    port = chosen_port()
    app = create_app()
    make_ready(app)
    fill(app)
    serve(port, announcement(app, port))
    return 0


def chosen_port() -> int:
    """The port to serve on; an address or port that cannot be served ends here with a sentence."""
    host = settings.value(os.environ, "HOST")
    if host not in THIS_MACHINE:
        sys.exit(
            f"Stipple serves this machine only, as long as it has no TLS, and HOST is {host}: "
            "leave HOST out, or set it to localhost."
        )
    given = settings.value(os.environ, "PORT")
    if not given.isdecimal() or not 0 < int(given) < 65536:
        sys.exit(f"PORT is {given}: set it to a number from 1 to 65535, or leave it out for 8000.")
    port = int(given)
    for address in loopback_addresses():
        if not is_free(address, port):
            sys.exit(
                f"Port {port} is taken by another program (perhaps Stipple itself): stop that one, "
                f"or choose another port, for example `PORT={port + 1} make run`."
            )
    return port


def loopback_addresses() -> list[str]:
    """This machine's own addresses: 127.0.0.1, and ::1 where the machine has it."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return ["127.0.0.1"]
    return ["127.0.0.1", "::1"]


def is_free(address: str, port: int) -> bool:
    """Whether nobody listens there. Asked first because granian itself shares a taken port."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        if os.name == "posix":  # A port whose last connections are still closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


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


def announcement(app: Flask, port: int) -> str:
    """Where Stipple is and what a person at this terminal needs to get in."""
    lines = [f"Stipple is at http://localhost:{port} (Ctrl-C stops it)"]
    people = settings.instance_path(os.environ) / "demo.json"
    with app.app_context():
        if people.exists():
            lines.append(f"This is the sample clinic; who may sign in stands in {people}")
        elif not has_people():
            lines.append(f"The first visit sets the clinic up with this code: {fresh_code()}")
        db.session.remove()
        db.engine.dispose()
    return "\n".join(lines)


def has_people() -> bool:
    """Whether anybody has been entered in this instance."""
    return db.session.scalar(db.select(Person.id).limit(1)) is not None


def serve(port: int, announcement: str) -> None:
    """Answer requests from one worker process until Ctrl-C."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # A forked worker would share the open files of the database with this process.
    multiprocessing.set_start_method("spawn")
    server = Granian(
        "stipple",
        "127.0.0.1",
        port,
        interface=Interfaces.WSGI,
        websockets=False,
        blocking_threads=min(8, 2 * multiprocessing.cpu_count() + 1),
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.error,
    )
    server.on_startup(end_with_the_terminal)
    threading.Thread(target=announce_when_up, args=(port, announcement), daemon=True).start()
    if "::1" in loopback_addresses():
        threading.Thread(target=forward_from_ipv6, args=(port,), daemon=True).start()
    server.serve(target_loader=application_of_a_worker, wrap_loader=False)


def application_of_a_worker() -> Flask:
    """What granian calls in its worker process to get the application."""
    if os.name == "posix":
        os.setpgid(0, 0)  # Ctrl-C is for the parent, which then lets the worker finish.
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    return create_app()


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


def announce_when_up(port: int, announcement: str) -> None:
    """Print where Stipple is as soon as it answers there."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
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
