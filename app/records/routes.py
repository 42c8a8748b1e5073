"""Routes of the records desk. Each loads, asks, parses, acts, answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from flask import abort, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import access, audit, clock, settings
from app.access import require
from app.extensions import begin_write, db, limiter
from app.forms import options
from app.glance import Glance, glance
from app.models import Note
from app.notes import verification
from app.records import bp
from app.records.forms import FileForm, NotesForm
from app.records.queries import drafts, is_kept, notes, print_log, roots, signers
from app.web import the_clinic, uuid_or_none

Answer = Response | str | tuple[str, int]

# What is commonly printed for, as the copy's margin says it and as the button does.
COPY_REASONS: dict[str, Callable[[], str]] = {
    "for the paper record": lambda: _("Print for the paper record"),
    "for the patient": lambda: _("Print for the patient"),
    "for the payer": lambda: _("Print for the payer"),
}


class Row(NamedTuple):
    """One signed note in the list."""

    note: Note
    glance: Glance


class Checked(NamedTuple):
    """What the check of a file found: `kind` picks shape and heading, the rest says it."""

    kind: str
    sentence: str
    file_name: str
    sha256: str
    signer: str | None
    signed_at: datetime | None


@bp.route("/notes", methods=["GET", "POST"])
def index() -> Answer:
    """Signed notes by patient, day and provider. Asked by POST: a name never stands in an address.

    Who listed them is logged; what was typed is not.
    """
    begin_write()
    require(access.refusal_to_read_notes(current_user))
    form = NotesForm()
    people = signers()
    form.provider.choices = options(
        [("", _("All providers")), *((str(person.id), person.signed_name) for person in people)]
    )
    valid = not form.is_submitted() or form.validate()
    found: Sequence[Note] = ()
    count = 0
    if valid:
        found, count = notes(
            the_clinic(),
            patient=form.patient.data or "",
            first=form.first.data,
            last=form.last.data,
            provider=uuid_or_none(form.provider.data or ""),
        )
    audit.record(
        db.session,
        "notes.listed",
        by=current_user,
        now=clock.now(),
        where=request.remote_addr,
        count=len(found),
    )
    db.session.commit()
    page = render_template(
        "records/index.html",
        form=form,
        rows=[Row(note, glance(note.treatment)) for note in found],
        count=count,
        is_filtered=any((form.patient.data, form.first.data, form.last.data, form.provider.data)),
        drafts=drafts(),
        log=print_log(),
        reasons={reason: say() for reason, say in COPY_REASONS.items()},
        may_print=access.refusal_to_print(current_user) is None,
    )
    return page, 200 if valid else 422


@bp.route("/verify", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def verify() -> Answer:
    """Say what a dropped PDF proves. Nothing of it is kept, and nothing is logged of it."""
    form = FileForm()
    if not form.is_submitted():
        return render_template("records/verify.html", form=form, found=None)
    if not form.validate():
        return render_template("records/verify.html", form=form, found=None), 422
    with form.pdf.data.stream as stream:  # Closed, a spooled file is gone from the disk.
        content = stream.read(settings.LARGEST_VERIFIED_FILE + 1)
    if len(content) > settings.LARGEST_VERIFIED_FILE:
        abort(413)
    found = _judge(content, form.pdf.data.filename or "")
    return render_template("records/verify.html", form=form, found=found)


def _judge(content: bytes, file_name: str) -> Checked:
    verdict = verification.verify(content, roots())
    sha256 = hashlib.sha256(content).hexdigest()
    sentence = _(verdict.reason)
    if not verdict.is_note:
        kind = "not-a-note"
    elif not verdict.intact:
        kind = "changed"
    elif not verdict.trusted:
        kind = "unknown"
    elif is_kept(sha256):
        kind = "intact"
    else:
        kind = "replaced"
        sentence = _(
            "Signed with a certificate of this clinic, but it is not the file the clinic keeps."
        )
    return Checked(
        kind=kind,
        sentence=sentence,
        file_name=file_name,
        sha256=sha256,
        signer=", ".join(part for part in (verdict.signer, verdict.credentials) if part) or None,
        signed_at=verdict.signed_at,
    )


@bp.get("/authority.pem")
@limiter.limit("60 per minute")
def authority() -> Answer:
    """The clinic's own root certificate, for whoever checks a note elsewhere."""
    certificates = "".join(roots())
    return Response(
        certificates,
        mimetype="application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="authority.pem"'},
    )
