"""Routes of what is handed on: draw-up sheet, after-care, the note as text, a referrer's copy."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, redirect, render_template, url_for
from flask_login import current_user

from app import access, clock, own_catalogue
from app.access import require
from app.clinical.case import YES
from app.clinical.chart import instant_text
from app.clinical.drawing_up import drawing_up
from app.errors import answer
from app.extensions import begin_write, db
from app.forms import take_no_fields
from app.models import Note, Treatment
from app.models.note import referrer_of
from app.notes import aftercare, covering_letter, drawup, words
from app.notes.plain_text import as_text
from app.treatments import bp
from app.treatments.describing import identified
from app.treatments.forms import ReferralForm
from app.treatments.queries import get_copy, get_note, get_treatment
from app.treatments.routes.documents import pdf_answer, printed
from app.web import Answer, log, the_clinic


def _clinic() -> dict[str, Any]:
    clinic = the_clinic()
    return {
        "name": clinic.name,
        "address": clinic.address_lines,
        "telephone": clinic.telephone,
        "paper": clinic.paper,
    }


@bp.get("/treatments/<treatment_id>/draw-up.pdf")
def draw_up_pdf(treatment_id: str) -> Answer:
    """What is drawn up for the planned sites of a draft; making it is logged."""
    begin_write()
    treatment = get_treatment(treatment_id)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    pdf = drawup.render(_plan(treatment))
    log("draw_up.printed", treatment, revision=treatment.revision)
    db.session.commit()
    return pdf_answer(pdf, "draw-up.pdf", download=False)


def _plan(treatment: Treatment) -> drawup.DrawUp:
    known, chart, patient = own_catalogue.known(), treatment.chart(), treatment.patient
    local = the_clinic().local(treatment.saved_at)
    return drawup.DrawUp(
        clinic=_clinic(),
        patient=identified(patient),
        date=treatment.date.isoformat(),
        reasons=[known.indications[each].title for each in chart.indications],
        performer=treatment.performer.signed_name if treatment.performer else "",
        at=instant_text(clock.now()),
        as_of=f"{words.day(local.date())} {local:%H:%M}",
        draughts=drawing_up(chart, known),
        diluents={
            each.product: known.diluent_label(each.diluent, "en") for each in chart.preparations
        },
        keeps={
            each.product: known.products[each.product].after_mixing_hours
            for each in chart.preparations
        },
        given_sites=len(chart.given),
    )


@bp.post("/treatments/<treatment_id>/after-care")
def print_after_care(treatment_id: str) -> Answer:
    """The after-care sheet; which text it was is logged, and before signing kept for the record."""
    treatment = get_treatment(treatment_id, to_change=True)
    require(access.refusal_to_print(current_user))
    take_no_fields()
    text = own_catalogue.after_care_text()
    version = text.version if text else 0
    if treatment.is_draft:
        treatment.after_care_version = version
    pdf = aftercare.render(_after_care(treatment))
    log("after_care.printed", treatment, version=version)
    db.session.commit()
    return pdf_answer(pdf, "after-care.pdf", download=False)


def _after_care(treatment: Treatment) -> aftercare.AfterCare:
    known, chart = own_catalogue.known(), treatment.chart()
    own = own_catalogue.after_care_text()
    said = treatment.answers.get("spread_warning_given")
    return aftercare.AfterCare(
        clinic=_clinic(),
        patient=words.printed_name(treatment.patient.name, treatment.patient.latin_name),
        day=treatment.date,
        performer=treatment.performer.signed_name if treatment.performer else "",
        products=tuple(
            dict.fromkeys(product for site in chart.given if (product := chart.product_of(site)))
        ),
        sides=[
            aftercare.Side(
                language,
                [known.indications[each].title_in(language) for each in chart.indications],
                own_catalogue.emergency_lines(own, language),
                aftercare.sections_of(own.value[language])
                if own and own.value
                else [
                    aftercare.call_section(
                        language,
                        the_clinic().telephone,
                        [
                            line.in_language(language)
                            for line in known.aftercare
                            if line.part == "call"
                        ],
                    )
                ],
            )
            for language in ("en", "es")
        ],
        own=aftercare.OwnText(
            the_clinic().today(own.recorded_at), own.version, own.recorded_by.signed_name
        )
        if own
        else None,
        catalogue=known.version.partition("+")[0],
        at=instant_text(clock.now()),
        guide_given=said is not None and said.value == YES,
    )


@bp.get("/treatments/<treatment_id>/text")
def note_text(treatment_id: str) -> Answer:
    """The note as text that can be selected by hand; reading it is logged."""
    begin_write()
    note = get_note(treatment_id)
    require(access.refusal_to_read_notes(current_user))
    log("note.text_opened", note, number=note.number)
    db.session.commit()
    return render_template("treatments/note_text.html", note=note, text=_text(note))


@bp.post("/treatments/<treatment_id>/text")
def copy_text(treatment_id: str) -> Answer:
    """The note as text to paste into another record; that it was copied is logged."""
    note = get_note(treatment_id, to_change=True)
    require(access.refusal_to_read_notes(current_user))
    take_no_fields()
    log("note.text_copied", note, number=note.number)
    db.session.commit()
    response = Response(_text(note), mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response


def _text(note: Note) -> str:
    return as_text(json.loads(note.record), later=note.later_line())


@bp.post("/treatments/<treatment_id>/referrals")
def create_referral(treatment_id: str) -> Answer:
    """A copy for whoever referred the patient: counted as a print, logged as a disclosure."""
    note = get_note(treatment_id, to_change=True)
    require(access.refusal_to_print(current_user))
    form = ReferralForm()
    if not form.validate_on_submit():
        return answer(422, str(form.name.errors[0] if form.name.errors else ""))
    copy = note.add_copy_for_referrer(
        str(form.name.data), by=current_user, zone=the_clinic().time_zone, now=clock.now()
    )
    log("note.disclosed", note, number=note.number, copy=copy.serial, to=form.name.data)
    db.session.commit()
    address = url_for("treatments.referral_pdf", treatment_id=treatment_id, serial=copy.serial)
    return redirect(address, 303)


@bp.get("/treatments/<treatment_id>/referrals/<int:serial>.pdf")
def referral_pdf(treatment_id: str, serial: int) -> Answer:
    """The copy with its letter, as it is printed or sent."""
    begin_write()
    note = get_note(treatment_id)
    require(access.refusal_to_print(current_user))
    copy = get_copy(note, serial)
    pdf = printed(copy)
    record = json.loads(note.record)
    if to := referrer_of(copy.reason):
        ordered = record.get("ordered_by") or {}
        letter = covering_letter.render(
            record,
            covering_letter.Sent(
                to=to,
                npi=ordered.get("npi", "") if ordered.get("name") == to else "",
                at=instant_text(copy.printed_at),
                by=copy.printed_by.name,
                copy=copy.serial,
            ),
        )
        pdf = covering_letter.before(letter, pdf)
    log("note.copy_opened", note, number=note.number, copy=copy.serial)
    db.session.commit()
    return pdf_answer(pdf, f"{note.number}-copy-{serial}.pdf", download=False)
