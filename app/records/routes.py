"""Routes of the records desk. Each loads, asks, parses, acts, answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import access, clock
from app.access import require
from app.errors import answer, say, status_of
from app.extensions import begin_write, db
from app.forms import options, take_no_fields
from app.glance import Glance, glance
from app.models import Note
from app.models.note import FOR_THE_RECORD
from app.models.signed_file import NoteDamaged
from app.notes.copy import Printout, print_copies
from app.records import bp
from app.records.forms import TO_PRINT, BatchForm, DayForm, NotesForm
from app.records.queries import (
    LOG_SHOWN,
    count_to_print,
    drafts,
    get_batch,
    get_note_numbered,
    get_notes,
    get_treatment,
    notes,
    print_log,
    signers,
)
from app.web import log, the_clinic, uuid_or_none

Answer = Response | str | tuple[Any, int]

# What is commonly printed for, as the copy's margin says it and as the button does.
COPY_REASONS: dict[str, Callable[[], str]] = {
    FOR_THE_RECORD: lambda: _("Print for the paper record"),
    "for the patient": lambda: _("Print for the patient"),
    "for the payer": lambda: _("Print for the payer"),
}


# The same, as a list of choices says it.
WHY: dict[str, Callable[[], str]] = {
    FOR_THE_RECORD: lambda: _("for the paper record"),
    "for the patient": lambda: _("for the patient"),
    "for the payer": lambda: _("for the payer"),
}


class Row(NamedTuple):
    """One signed note in the list."""

    note: Note
    glance: Glance


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
            to_print=form.is_to_print,
        )
    log("notes.listed", count=len(found))
    db.session.commit()
    page = render_template(
        "records/index.html",
        form=form,
        rows=[Row(note, glance(note.treatment)) for note in found],
        count=count,
        is_filtered=any((form.patient.data, form.first.data, form.last.data, form.provider.data)),
        showing=TO_PRINT if form.is_to_print else "signed",
        to_print=count_to_print(),
        drafts=drafts(),
        log=print_log(the_clinic()),
        reasons={reason: label() for reason, label in COPY_REASONS.items()},
        why={reason: label() for reason, label in WHY.items()},
        may_print=access.refusal_to_print(current_user) is None,
    )
    return page, 200 if valid else 422


@bp.post("/notes/copies")
def create_copies() -> Answer:
    """Print the ticked notes as one file in list order: each its own copy, counted and logged."""
    require(access.refusal_to_print(current_user))
    form = BatchForm()
    if not form.validate_on_submit():
        return answer(422, form.first_error())
    ticked = get_notes(form.note.data)
    for note in ticked:
        # Raises before anything is counted, if one is not as it was signed.
        note.stored_pdf()
        note.later_pdfs()
    batch, now, zone = uuid4(), clock.now(), the_clinic().time_zone
    for place, note in enumerate(ticked, start=1):
        copy = note.add_copy(
            str(form.reason.data), by=current_user, zone=zone, now=now, batch=batch, place=place
        )
        log(
            "note.printed",
            note,
            number=note.number,
            copy=copy.serial,
            reason=copy.reason,
            batch=str(batch),
        )
    db.session.commit()
    return redirect(url_for("records.copies_pdf", batch=batch), 303)


@bp.get("/notes/copies/<uuid:batch>.pdf")
def copies_pdf(batch: UUID) -> Answer:
    """The file of a batch as it is printed; each look at a note in it is logged."""
    begin_write()
    copies = get_batch(batch)
    require(access.refusal_to_print(current_user))
    printouts = [
        Printout(
            copy.note.stored_pdf(),
            copy.margin_line(),
            copy.note.later_line(),
            copy.note.later_pdfs(),
        )
        for copy in copies
    ]
    for copy in copies:
        log("note.copy_opened", copy.note, number=copy.note.number, copy=copy.serial)
    db.session.commit()
    # Drawn outside the transaction: a long file would keep every other writer waiting.
    response = send_file(
        BytesIO(print_copies(printouts)),
        mimetype="application/pdf",
        download_name=f"notes-{len(printouts)}-copies.pdf",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.errorhandler(NoteDamaged)
def refuse_damaged(refusal: NoteDamaged) -> Answer:
    """500: nothing is printed or counted, and who met the damage is logged."""
    db.session.rollback()
    begin_write()
    number = refusal.values["number"]
    log("note.damaged", get_note_numbered(number), outcome="refused", number=number)
    db.session.commit()
    way_on = _("Nothing was printed. Print the others without it.")
    return answer(status_of(refusal), f"{say(refusal)} {way_on}")


@bp.get("/notes/copies")
def copies() -> Answer:
    """The print log: what was printed, by whom, when and why. Who looked is logged."""
    begin_write()
    require(access.refusal_to_read_notes(current_user))
    form = DayForm(request.args, meta={"csrf": False})
    valid = form.validate()
    day = form.day.data if valid else None
    found = print_log(the_clinic(), day, limit=LOG_SHOWN) if valid else ()
    log("copies.listed", count=len(found))
    db.session.commit()
    page = render_template(
        "records/copies.html",
        form=form,
        day=day,
        log=found,
        limit=LOG_SHOWN,
        why={reason: label() for reason, label in WHY.items()},
    )
    return page, 200 if valid else 422


@bp.post("/treatments/<treatment_id>/reminders")
def remind(treatment_id: str) -> Answer:
    """Put a session that is not signed on its provider's page of today."""
    treatment = get_treatment(treatment_id)
    require(access.refusal_to_remind(current_user))
    take_no_fields()
    treatment.remind(by=current_user, now=clock.now())
    log("treatment.reminded", treatment, whom=str(treatment.performer_id or ""))
    db.session.commit()
    flash(
        _("%(name)s is reminded.", name=treatment.performer.signed_name)
        if treatment.performer
        else _("Every provider is reminded: nobody is recorded as having given it.")
    )
    return redirect(url_for("records.index"), 303)
