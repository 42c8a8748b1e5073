"""A signed session and its papers: the note, the bill, copies."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from flask import Response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app import access, clock, own_catalogue
from app.access import require
from app.errors import answer, say, status_of
from app.extensions import begin_write, db
from app.forms import take_no_fields
from app.models.note import FOR_THE_RECORD, Note, PrintedCopy
from app.models.signed_file import NoteDamaged
from app.notes.copy import print_copy
from app.notes.layout import render_draft
from app.notes.superbill import as_text
from app.notes.superbill import render as render_superbill
from app.treatments import bp
from app.treatments.draft_note import describe_draft
from app.treatments.forms import CopyForm
from app.treatments.queries import get_copy, get_note, get_treatment
from app.treatments.superbill import superbill
from app.web import Answer, log, the_clinic

# What is commonly printed for, as the copy's margin says it and as the button does.
COPY_REASONS: dict[str, Callable[[], str]] = {
    FOR_THE_RECORD: lambda: _("Print for the paper record"),
    "for the patient": lambda: _("Print for the patient"),
    "for the payer": lambda: _("Print for the payer"),
}


@bp.get("/treatments/<treatment_id>")
def show(treatment_id: str) -> Answer:
    """A draft opens its chart; a signed session its note."""
    begin_write()
    treatment = get_treatment(treatment_id)
    if treatment.is_draft and current_user.is_clinical:
        return redirect(url_for("treatments.show_chart", treatment_id=treatment.id), 303)
    log("treatment.viewed", treatment)
    db.session.commit()
    return render_template(
        "treatments/show.html",
        treatment=treatment,
        note=treatment.note,
        bill=_superbill(treatment.note) if treatment.note and not treatment.is_void else None,
        add_refusal=access.refusal_to_add(current_user, now=clock.now()),
        reasons={reason: say_reason() for reason, say_reason in COPY_REASONS.items()},
    )


@bp.errorhandler(NoteDamaged)
def refuse_damaged(refusal: NoteDamaged) -> Answer:
    """500: not a byte of the stored file leaves, and who met the damage is logged."""
    db.session.rollback()
    begin_write()
    note = get_note(str((request.view_args or {})["treatment_id"]))
    log("note.damaged", note, outcome="refused", number=note.number)
    db.session.commit()
    return answer(status_of(refusal), say(refusal))


@bp.get("/treatments/<treatment_id>/note.pdf")
def note_pdf(treatment_id: str) -> Answer:
    """The stored bytes, their hash checked; reading them is logged."""
    begin_write()
    note = get_note(treatment_id)
    require(access.refusal_to_read_notes(current_user))
    pdf = note.stored_pdf()
    download = "download" in request.args
    log("note.downloaded" if download else "note.opened", note, number=note.number)
    db.session.commit()
    return pdf_answer(pdf, f"{note.number}.pdf", download=download)


@bp.get("/treatments/<treatment_id>/draft.pdf")
def draft_pdf(treatment_id: str) -> Answer:
    """An unsigned session as its note would be, marked as a draft on every page; it is logged."""
    begin_write()
    treatment = get_treatment(treatment_id)
    treatment.require_draft()
    require(access.refusal_to_read_notes(current_user))
    described = describe_draft(treatment, the_clinic(), by=current_user, now=clock.now())
    pdf = render_draft(described, own_catalogue.known())
    log("draft.printed", treatment, revision=treatment.revision)
    db.session.commit()
    return pdf_answer(pdf, "DRAFT-not-signed.pdf", download=False)


@bp.get("/treatments/<treatment_id>/superbill.pdf")
def superbill_pdf(treatment_id: str) -> Answer:
    """One sheet that says what the session is billed with; making it is logged."""
    begin_write()
    note = get_note(treatment_id)
    require(access.refusal_to_see_bill(current_user, note.treatment))
    pdf = render_superbill(_superbill(note))
    log("bill.printed", note, number=note.number)
    db.session.commit()
    return pdf_answer(pdf, f"{note.number}-superbill.pdf", download=False)


@bp.post("/treatments/<treatment_id>/bill")
def copy_bill(treatment_id: str) -> Answer:
    """The bill as text to paste into a billing program; that it was copied is logged."""
    note = get_note(treatment_id, to_change=True)
    require(access.refusal_to_see_bill(current_user, note.treatment))
    take_no_fields()
    text = as_text(_superbill(note))
    log("bill.copied", note, number=note.number)
    db.session.commit()
    response = Response(text, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response


def _superbill(note: Note) -> dict[str, Any]:
    return superbill(note.treatment, note, the_clinic(), own_catalogue.known(), now=clock.now())


@bp.post("/treatments/<treatment_id>/copies")
def create_copy(treatment_id: str) -> Answer:
    """Print a copy: it gets its serial, who, when and why before it leaves."""
    note = get_note(treatment_id, to_change=True)
    require(access.refusal_to_print(current_user))
    form = CopyForm()
    if not form.validate_on_submit():
        return answer(422, str(form.reason.errors[0] if form.reason.errors else ""))
    copy = note.add_copy(
        str(form.reason.data).strip(), by=current_user, zone=the_clinic().time_zone, now=clock.now()
    )
    log("note.printed", note, number=note.number, copy=copy.serial, reason=copy.reason)
    db.session.commit()
    return redirect(
        url_for("treatments.copy_pdf", treatment_id=treatment_id, serial=copy.serial), 303
    )


@bp.get("/treatments/<treatment_id>/copies/<int:serial>.pdf")
def copy_pdf(treatment_id: str, serial: int) -> Answer:
    """The copy as it is printed: the stored pages, each with one margin line."""
    begin_write()
    note = get_note(treatment_id)
    require(access.refusal_to_print(current_user))
    copy = get_copy(note, serial)
    pdf = printed(copy)
    log("note.copy_opened", note, number=note.number, copy=copy.serial)
    db.session.commit()
    return pdf_answer(pdf, f"{note.number}-copy-{serial}.pdf", download=False)


def printed(copy: PrintedCopy) -> bytes:
    """A copy as it is printed: the stored pages with its margin line, and what followed since."""
    note = copy.note
    return print_copy(
        note.stored_pdf(),
        margin_line=copy.margin_line(),
        amended=note.later_line(),
        later=note.later_pdfs(),
    )


def pdf_answer(content: bytes, name: str, *, download: bool) -> Response:
    """A patient's paper, shown or taken as a file."""
    response = send_file(
        BytesIO(content), mimetype="application/pdf", as_attachment=download, download_name=name
    )
    # No browser keeps it.
    response.headers["Cache-Control"] = "no-store"
    return response
