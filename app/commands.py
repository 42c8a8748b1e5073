"""The flask commands. With --json a command writes that JSON and nothing else on stdout."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import click
from flask import Flask, current_app
from sqlalchemy.exc import DatabaseError

from app import audit, clock, exporting, kept, restoring, startup
from app.clinical.errors import ChartError
from app.extensions import begin_write, db
from app.keyring import KeyRefused
from app.models import Clinic, Note, Patient, Person
from app.models.patient import fold
from app.proven import NotRestored
from app.web import uuid_or_none

if TYPE_CHECKING:
    from app.notes.verification import Verdict

NOT_A_NOTE = 2
REFUSED = 2

as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


def init_app(app: Flask) -> None:
    """Give the app its commands. (`db` is Flask-Migrate's own.)"""
    for command in (
        verify,
        verify_all,
        export,
        restore_note,
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
@click.option(
    "--extract",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder that takes what is attached to the note: record.json, and what joins it.",
)
@as_json
def verify(file: Path, trust: Path | None, extract: Path | None, as_json: bool) -> None:
    """Say who signed a note, when, and whether anything changed since.

    Exit code 0: intact and trusted; 1: not; 2: the file is no note.
    """
    from app.notes import verification

    content = file.read_bytes()
    try:
        roots = [trust.read_text("ascii", "replace")] if trust else _own_roots()
        verdict = verification.verify(content, roots)
    except ValueError:
        raise click.BadParameter(f"{trust} is not a certificate in PEM.") from None
    # A root alone needs no instance; with an instance its own records are asked too.
    later = [] if trust else _later(content)
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
                "record_sha256": verdict.record_sha256,
                "later": later,
                "changes": [
                    {
                        "field": change.label,
                        "before": change.said(change.before),
                        "after": change.said(change.after),
                        "where": change.where,
                    }
                    for change in verdict.changes
                ],
            }
        )
    else:
        _say(verdict, later)
    if extract is not None and verdict.is_note:
        _extract(verdict.attachments, extract)
    if not verdict.is_note:
        sys.exit(NOT_A_NOTE)
    sys.exit(0 if verdict.intact and verdict.trusted else 1)


def _say(verdict: Verdict, later: list[dict[str, Any]]) -> None:
    """The verdict in sentences."""
    if verdict.signed_at:
        by = ", ".join(filter(None, (verdict.signer, verdict.credentials)))
        level = f", {verdict.level}" if verdict.level else ""
        click.echo(f"Signed by {by} at {verdict.signed_at:%d %b %Y %H:%M:%S} UTC{level}")
    if stamp := verdict.stamp:
        click.echo(f"Time stamp: {stamp.at:%d %b %Y %H:%M:%S} UTC by {stamp.authority}")
    click.echo(verdict.reason)
    for change in verdict.changes:
        before, after = (
            "nothing" if each is None else change.said(each)
            for each in (change.before, change.after)
        )
        click.echo(f"{change.label}: signed as {before}, the file says {after}")
    for each in later:
        click.echo(f"Later: {each['number']}, signed {each['signed_at']}")


def _later(content: bytes) -> list[dict[str, Any]]:
    """What this instance keeps that was signed after this very document."""
    with _reading():
        document = kept.with_file(hashlib.sha256(content).hexdigest())
        return [
            {
                "number": each.reference,
                "kind": each.kind,
                "signed_at": each.signed_at.isoformat(),
            }
            for each in (kept.later_than(document) if document else ())
        ]


def _extract(attachments: Mapping[str, bytes], folder: Path) -> None:
    """Write each attachment under a name that stays in the folder, and never over a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in attachments.items():
        # A name is the file's own word: only letters, digits and dots of it are taken.
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".")[-100:] or "attachment"
        try:
            with (folder / safe).open("xb") as file:
                file.write(content)
        except OSError as fault:
            click.echo(f"{folder / safe} was not written: {fault.strerror}.", err=True)
            sys.exit(REFUSED)
        click.echo(f"{folder / safe}", err=True)


@click.command()
@as_json
def verify_all(as_json: bool) -> None:
    """Verify every signed document: hashes, signature, signer, record. Exit code 1: one is bad."""
    count, bad = 0, []
    with _reading():
        roots = _own_roots()
        keys = db.session.scalars(db.select(Note.id).order_by(Note.year, Note.serial)).all()
        for key in keys:
            count += 1
            note = db.session.get_one(Note, key)
            documents: list[kept.Document] = [note, *note.addenda]
            for document in documents:
                if fault := kept.judged(document, roots).fault:
                    bad.append({"number": document.reference, "reason": fault})
            db.session.expunge_all()  # All notes together are more than a machine holds.
    if as_json:
        _answer({"notes": count, "bad": bad})
    else:
        for entry in bad:
            click.echo(f"{entry['number']}: {entry['reason']}")
        click.echo(f"{count} notes, {len(bad)} bad.")
    sys.exit(1 if bad else 0)


@click.command()
@click.option("--all", "everything", is_flag=True, help="Of every patient.")
@click.option("--patient", "whose", metavar="ID", help="Of one, by id or record number.")
@click.option(
    "--format",
    "kinds",
    type=click.Choice((exporting.PDF, exporting.JSON)),
    multiple=True,
    required=True,
    help="The signed files, or their records; may be given twice.",
)
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    help="A folder that is new or empty.",
)
def export(everything: bool, whose: str | None, kinds: tuple[str, ...], target: Path) -> None:
    """Write signed documents as files, with their SHA256SUMS; nothing, or all of it.

    Exit code 1: something is not what was signed and was left out; 2: nothing was written.
    """
    if everything == (whose is not None):
        raise click.UsageError("Say --all, or --patient ID.")
    startup.require_safe(current_app)
    patient = _patient(whose) if whose else None
    target = target.absolute()
    try:
        exporting.require_free(target)
        folder = exporting.folder_beside(target)
        try:
            done = exporting.fill(folder, patient=patient, kinds=frozenset(kinds))
            # In the trail before the files are where somebody finds them.
            db.session.rollback()
            begin_write()
            audit.record(
                db.session,
                "notes.exported",
                by=None,
                now=clock.now(),
                subject=patient and db.session.merge(patient),
                formats=sorted(set(kinds)),
                documents=done.documents,
                bad=done.bad,
            )
            db.session.commit()
            exporting.move(folder, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except (exporting.Unwritable, OSError) as refusal:
        db.session.rollback()
        why = refusal.strerror if isinstance(refusal, OSError) else refusal
        click.echo(f"Nothing was written: {why}", err=True)
        sys.exit(REFUSED)
    for number in done.bad:
        click.echo(f"{number} is not what was signed and was left out.", err=True)
    click.echo(f"{done.documents} documents, {done.files} files in {target}")
    sys.exit(1 if done.bad else 0)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificates of this clinic's authority that a new instance does not know yet.",
)
@as_json
def restore_note(files: tuple[Path, ...], trust: Path | None, as_json: bool) -> None:
    """Put signed documents back from their own PDFs; a folder stands for every PDF in it.

    Each file is verified first, and what is stored and says otherwise stays as it is. Exit code 0:
    all are here now; 1: a file was refused; 2: nothing was tried.
    """
    startup.require_safe(current_app)
    if db.session.scalar(db.select(Clinic.id)) is None:
        click.echo("Set the clinic up first, under the name that its notes carry.", err=True)
        sys.exit(REFUSED)
    done = restoring.Restored()
    try:
        certificates = trust.read_text("ascii", "replace") if trust else ""
        for _ in restoring.put_back(files, trust=certificates, now=clock.now(), done=done):
            db.session.commit()
    except NotRestored as refusal:
        click.echo(f"Nothing was put back: {refusal}", err=True)
        sys.exit(REFUSED)
    finally:  # What was put back before an unexpected fault stays, so it is told as well.
        _tell_restored(done, as_json=as_json)
    sys.exit(1 if done.refused else 0)


def _tell_restored(done: restoring.Restored, *, as_json: bool) -> None:
    if as_json:
        _answer(
            {
                "restored": done.restored,
                "present": done.present,
                "refused": [{"file": str(path), "reason": reason} for path, reason in done.refused],
            }
        )
    else:
        for path, reason in done.refused:
            click.echo(f"{path} was not put back: {reason}", err=True)
        click.echo(f"{len(done.restored)} put back, {len(done.present)} were here.")


def _patient(whose: str) -> Patient:
    """The patient with this id or record number, or an end with one sentence."""
    key = uuid_or_none(whose)
    is_theirs = Patient.folded_record_number == fold(whose) if key is None else Patient.id == key
    found = db.session.scalars(db.select(Patient).where(is_theirs)).one_or_none()
    if found is None:
        click.echo(f"There is no patient {whose}.", err=True)
        sys.exit(REFUSED)
    return found


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
        return kept.roots()


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
