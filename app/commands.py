"""The flask commands. With --json a command writes that JSON and nothing else on stdout."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import click
from flask import Flask, current_app
from sqlalchemy.exc import DatabaseError

from app import audit, startup
from app.clinical.errors import ChartError
from app.extensions import db
from app.keyring import KeyRefused
from app.models import Authority, Note, Person
from app.models.note import NoteDamaged

NOT_A_NOTE = 2
REFUSED = 2

as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


def init_app(app: Flask) -> None:
    """Give the app its commands. (`db` is Flask-Migrate's own.)"""
    for command in (
        verify,
        verify_all,
        audit_verify,
        assess,
        catalogue_check,
        setup_code,
    ):
        app.cli.add_command(command)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The authority's certificate; without it, this instance's own.",
)
@as_json
def verify(file: Path, trust: Path | None, as_json: bool) -> None:
    """Say who signed a note, when, and whether a byte changed since.

    Exit code 0: intact and trusted; 1: not; 2: the file is no note.
    """
    from app.notes import verification

    roots = [trust.read_text("ascii", "replace")] if trust else _own_roots()
    try:
        verdict = verification.verify(file.read_bytes(), roots)
    except ValueError:
        raise click.BadParameter(f"{trust} is not a certificate in PEM.") from None
    if as_json:
        _answer(
            {
                "intact": verdict.intact,
                "trusted": verdict.trusted,
                "level": verdict.level,
                "signer": verdict.signer,
                "credentials": verdict.credentials,
                "signed_at": verdict.signed_at and verdict.signed_at.isoformat(),
                "time_stamp": verdict.stamp
                and {"at": verdict.stamp.at.isoformat(), "authority": verdict.stamp.authority},
                "record_sha256": None,
                "later": [],
                "changes": [],
            }
        )
    else:
        if verdict.signed_at:
            by = ", ".join(filter(None, (verdict.signer, verdict.credentials)))
            click.echo(f"Signed by {by} at {verdict.signed_at:%d %b %Y %H:%M:%S} UTC")
        if stamp := verdict.stamp:
            click.echo(f"Time stamp: {stamp.at:%d %b %Y %H:%M:%S} UTC by {stamp.authority}")
        if verdict.level:
            click.echo(f"Level: PAdES {verdict.level}")
        click.echo(verdict.reason)
    if not verdict.is_note:
        sys.exit(NOT_A_NOTE)
    sys.exit(0 if verdict.intact and verdict.trusted else 1)


@click.command()
@as_json
def verify_all(as_json: bool) -> None:
    """Verify every stored note: its hashes, its signature, its signer. Exit code 1: one is bad."""
    from app.notes import verification

    count, bad = 0, []
    with _reading():
        roots = _own_roots()
        for note in db.session.scalars(db.select(Note).order_by(Note.year, Note.serial)):
            count += 1
            try:
                verdict = verification.verify(note.stored_pdf(), roots)
            except NoteDamaged as damage:
                bad.append({"number": note.number, "reason": str(damage)})
            else:
                if not (verdict.intact and verdict.trusted):
                    bad.append({"number": note.number, "reason": verdict.reason})
                elif hashlib.sha256(note.record).hexdigest() != note.record_sha256:
                    bad.append({"number": note.number, "reason": "Its record has changed."})
            db.session.expunge(note)
    if as_json:
        _answer({"notes": count, "bad": bad})
    else:
        for entry in bad:
            click.echo(f"{entry['number']}: {entry['reason']}")
        click.echo(f"{count} notes, {len(bad)} bad.")
    sys.exit(1 if bad else 0)


@click.command()
@as_json
def audit_verify(as_json: bool) -> None:
    """Find the first entry of the audit trail that is not what was written. Exit code 1: found."""
    with _reading():
        fault = audit.verify(db.session())
    if as_json:
        _answer({"row": fault and fault.row, "kind": fault and fault.kind})
    elif fault:
        click.echo(f"The trail is broken at row {fault.row}: {fault.kind}.")
    else:
        click.echo("The trail is whole.")
    sys.exit(1 if fault else 0)


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--clinic", is_flag=True, help="By this instance's own limits and protocols.")
def assess(file: BinaryIO, clinic: bool) -> None:
    """Say what rules, ledger and bill make of a session described in JSON; `-` reads it from stdin.

    Saves nothing and needs no instance. Exit code 2: the description cannot be read.
    """
    from app import own_catalogue
    from app.clinical import assess as assessing
    from app.clinical.catalogue import catalogue
    from app.clinical.described import read_json

    if clinic:
        with _reading():
            known = own_catalogue.known()
    else:
        known = catalogue()
    try:
        _answer(assessing.assess(read_json(file.read()), known))
    except ChartError as refusal:
        _answer(
            {"errors": [{"path": fault.path, "message": str(fault)} for fault in refusal.faults]}
        )
        sys.exit(REFUSED)


@click.command()
def catalogue_check() -> None:
    """Check every row of the catalogue: it parses, has a source, and the protocols add up."""
    from app.clinical import catalogue

    faults = catalogue.check()
    for fault in faults:
        click.echo(fault)
    if faults:
        sys.exit(1)
    click.echo(f"The catalogue {catalogue.catalogue().version} is sound.")


@click.command()
def setup_code() -> None:
    """Print a new one-time code for the first visit; the code before it ends."""
    from app.auth.setup_code import fresh_code

    startup.require_safe(current_app)
    if db.session.scalar(db.select(Person.id).limit(1)):
        click.echo("The clinic is set up; its administrator adds people.", err=True)
        sys.exit(1)
    click.echo(fresh_code())


def _own_roots() -> list[str]:
    with _reading():
        return list(db.session.scalars(db.select(Authority.certificate_pem)))


@contextmanager
def _reading() -> Iterator[None]:
    """Read even what may not be served any more, for that is what is to be looked into."""
    try:
        yield
    except (KeyRefused, DatabaseError) as fault:
        _refuse(startup.refusals(current_app) or [str(fault)])


def _refuse(sentences: list[str]) -> NoReturn:
    click.echo(sentences[0], err=True)
    sys.exit(startup.EXIT_CODE)


def _answer(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
