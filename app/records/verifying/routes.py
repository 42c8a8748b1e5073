"""Routes by which anyone checks a note: its file, or the code printed on it. Nothing is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import access, kept, settings
from app.extensions import begin_write, db, limiter
from app.models import Addendum, Note
from app.notes import attached, changes, verification
from app.notes.authority import fingerprint
from app.notes.changes import FIELDS, STATES, THINGS, Change
from app.notes.level import Stamp
from app.notes.record import check_code
from app.records import bp
from app.records.forms import FileForm
from app.sight import is_seen
from app.web import log

Answer = Response | str | tuple[Any, int]

# More rows than these tell nobody more.
MOST_CHANGES = 60


# Fields of a record that count units.
AMOUNTS = frozenset({"units", "given", "opened", "discarded", "right", "left", "midline", "all"})


@dataclass(frozen=True)
class Checked:
    """What the check of a file found: `kind` picks shape and heading, the rest says it.

    `changes` are told against the file's own signed revision, or against the clinic's record where
    `against_the_clinic`.
    """

    kind: str
    sentence: str
    file_name: str
    sha256: str
    signer: str | None
    is_ours: bool
    signed_at: datetime | None
    level: str | None
    stamp: Stamp | None
    number: str | None
    code: str | None
    later: Sequence[Addendum]
    changes: Sequence[Change]
    against_the_clinic: bool


@bp.route("/verify", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def verify() -> Answer:
    """Say what a dropped PDF proves. Nothing of it is kept.

    Who is signed in and sees the patient is also told what differs from the clinic's own record,
    and that look at the record is logged.
    """
    form = FileForm()
    if not form.is_submitted():
        return _page(form)
    if not form.validate():
        return _page(form), 422
    with form.pdf.data.stream as stream:  # Closed, a spooled file is gone from the disk.
        content = stream.read(settings.LARGEST_VERIFIED_FILE + 1)
    if len(content) > settings.LARGEST_VERIFIED_FILE:
        abort(413)
    # Judged outside the transaction: a long look would keep every other writer waiting.
    roots = kept.roots()
    db.session.rollback()
    found = _judge(content, form.pdf.data.filename or "", verification.verify(content, roots))
    return _page(form, found)


def _page(form: FileForm, found: Checked | None = None) -> str:
    return render_template(
        "records/verify.html",
        form=form,
        found=found,
        roots=[fingerprint(root) for root in kept.roots()],
        label_of=label_of,
        said=said,
        where=where,
        most=MOST_CHANGES,
    )


def _judge(content: bytes, file_name: str, verdict: verification.Verdict) -> Checked:
    sha256 = hashlib.sha256(content).hexdigest()
    record = attached.parsed(verdict.record)
    document = kept.with_file(sha256)
    claimed = document or kept.claimed_by(record)
    sentence = _(verdict.reason)
    differences: Sequence[Change] = verdict.changes
    if not verdict.is_note:
        kind = "not-a-note"
    elif not verdict.intact:
        kind = "changed"
    elif document is not None and verdict.trusted:
        kind = "intact"
    elif document is None and (claimed is not None or verdict.trusted):
        kind = "replaced"
        sentence = _("A whole file, properly signed, but not the file the clinic keeps.")
    else:
        kind = "unknown"
    against_the_clinic = False
    if kind in ("changed", "replaced") and not differences and claimed is not None:
        differences = _against_the_clinic(claimed, record)
        against_the_clinic = bool(differences)
    return Checked(
        kind=kind,
        sentence=sentence,
        file_name=file_name,
        sha256=sha256,
        signer=", ".join(part for part in (verdict.signer, verdict.credentials) if part) or None,
        is_ours=verdict.trusted,
        signed_at=verdict.signed_at,
        level=verdict.level,
        stamp=verdict.stamp,
        number=_number_in(record),
        code=check_code(verdict.record_sha256) if verdict.record_sha256 else None,
        later=kept.later_than(document) if kind == "intact" and document else (),
        changes=differences,
        against_the_clinic=against_the_clinic,
    )


def _against_the_clinic(
    document: kept.Document, record: Mapping[str, Any] | None
) -> Sequence[Change]:
    """What a file's record says that the clinic's does not, for who may read the clinic's."""
    if (
        record is None
        or not current_user.is_authenticated
        or access.refusal_to_read_notes(current_user)
        or not is_seen(kept.patient_of(document))
    ):
        return ()
    db.session.rollback()
    begin_write()
    log("note.compared", document, number=document.reference)
    found = changes.of_records(attached.parsed(document.record) or {}, record)
    db.session.commit()
    return found


def _number_in(record: Mapping[str, Any] | None) -> str | None:
    """The number a record says it has."""
    for part, key in (("addendum", "reference"), ("note", "number")):
        held = (record or {}).get(part)
        number = held.get(key) if isinstance(held, dict) else None
        if isinstance(number, str):
            return number
    return None


def label_of(change: Change) -> str:
    """What is changed, in the reader's language; names of the record stay as they were signed."""
    named = [
        _(THINGS[key]) % {"which": which} if key in THINGS else _field(key)
        for key, which in change.things
    ]
    return ", ".join([*named, _field(change.field)])


def _field(name: str) -> str:
    return _(FIELDS[name]) if name in FIELDS else name.replace("_", " ")


def said(change: Change, value: str | None) -> str:
    """What it says before or after, in the reader's language where it is no word of the record."""
    if value is None:
        return _state("not_there")
    if change.is_state:
        return _state(value)
    return f"{value}\u00a0U" if change.field in AMOUNTS and _is_amount(value) else value


def _is_amount(value: str) -> bool:
    return value.replace(".", "", 1).isdecimal()


def _state(name: str) -> str:
    return _(STATES[name])


def where(change: Change) -> str:
    """In which part of the file it says so."""
    return _("Page %(page)s", page=change.where) if change.where.isdigit() else change.where


# How a document of the clinic's is called to who has its code.
KINDS: dict[bool, Callable[[], str]] = {
    True: lambda: _("Note"),
    False: lambda: _("Addendum"),
}


@bp.get("/check")
@limiter.limit("30 per minute")
def look_up() -> Answer:
    """From the field for a code to the address of that code."""
    typed = request.args.get("code", "").strip()
    if not typed:
        return redirect(url_for("records.verify") + "#code", 303)
    return redirect(url_for("records.check", code=typed[:60]), 303)


@bp.get("/check/<code>")
@limiter.limit("30 per minute")
def check(code: str) -> Answer:
    """Say whether the clinic keeps a document with this printed code, and whether it is whole."""
    document = kept.with_code(code)
    if document is None:
        return render_template("records/check.html", document=None, typed=code), 404
    found = kept.judged(document, kept.roots())
    return render_template(
        "records/check.html",
        document=document,
        kind=KINDS[isinstance(document, Note)](),
        number=document.reference,
        code=check_code(document.record_sha256),
        is_whole=found.fault is None,
        level=found.level,
        stamp=found.stamp,
        later=kept.later_than(document),
    )


@bp.get("/authority.pem")
@limiter.limit("60 per minute")
def authority() -> Answer:
    """The clinic's own root certificate, for whoever checks a note elsewhere."""
    certificates = "".join(kept.roots())
    return Response(
        certificates,
        mimetype="application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="authority.pem"'},
    )
