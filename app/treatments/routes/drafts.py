"""A draft begun, discarded, or given to the patient it belongs to."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import SelectChoice

from app import access, clock, search
from app.access import require
from app.errors import answer
from app.extensions import begin_write, db
from app.forms import SearchForm
from app.glance import glance
from app.models import Patient, Treatment
from app.treatments import bp
from app.treatments.forms import DiscardForm, MoveForm, StartForm
from app.treatments.queries import get_patient, get_treatment
from app.web import Answer, log, the_clinic


@bp.post("/patients/<patient_id>/treatments")
def start(patient_id: str) -> Answer:
    """Open a new draft for this patient."""
    patient = get_patient(patient_id)
    require(access.refusal_to_chart(current_user))
    form = StartForm()
    treatment = Treatment.start(patient, the_clinic(), by=current_user, now=clock.now())
    db.session.add(treatment)
    log("treatment.started", treatment)
    db.session.commit()
    # The tablet lays the last session on the chart, as it lays a protocol.
    lays = "repeat" if form.repeat.data else None
    address = url_for("treatments.show_chart", treatment_id=treatment.id, _anchor=lays)
    return redirect(address, 303)


@bp.post("/treatments/<treatment_id>/discard")
def discard(treatment_id: str) -> Answer:
    """Give up a draft in which nothing was given, with a reason."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_discard(current_user, treatment))
    form = DiscardForm()
    if not form.validate_on_submit():
        return answer(422, str(form.reason.errors[0] if form.reason.errors else ""))
    treatment.discard(str(form.reason.data).strip(), by=current_user, now=clock.now())
    log("treatment.discarded", treatment)
    db.session.commit()
    flash(_("The draft was discarded. Its reason is kept."))
    return redirect(url_for("patients.show", patient_id=treatment.patient_id), 303)


@bp.get("/treatments/<treatment_id>/patient")
def choose_patient(treatment_id: str) -> Answer:
    """Whose session this is, and the way to find whose it should be."""
    begin_write()
    treatment = get_treatment(treatment_id)
    if not treatment.is_draft:
        return redirect(url_for("treatments.show", treatment_id=treatment.id), 303)
    require(access.refusal_to_move(current_user, treatment))
    log("treatment.viewed", treatment)
    db.session.commit()
    return render_template("treatments/choose_patient.html", **_choice(treatment, ""))


@bp.post("/treatments/<treatment_id>/patient/search")
def find_patient(treatment_id: str) -> Answer:
    """Find whose it should be, without a name in the address; a script gets the list alone."""
    treatment = get_treatment(treatment_id)
    require(access.refusal_to_move(current_user, treatment))
    found = _choice(treatment, SearchForm().typed)
    if request.headers.get("X-Requested-With") == "fetch":
        return render_template("patients/_found.html", **found)
    return render_template("treatments/choose_patient.html", **found)


def _choice(treatment: Treatment, typed: str) -> dict[str, Any]:
    def compare(patient: Patient) -> str | None:
        if patient.id == treatment.patient_id:
            return None
        return url_for(
            "treatments.compare_patients", treatment_id=treatment.id, patient_id=patient.id
        )

    return {
        "treatment": treatment,
        "glance": glance(treatment),
        **search.answer(typed, compare),
        "search_url": url_for("treatments.find_patient", treatment_id=treatment.id),
        "may_leave": False,
        "focus_search": not typed,
        "today": the_clinic().today(clock.now()),
    }


@bp.get("/treatments/<treatment_id>/patient/<patient_id>")
def compare_patients(treatment_id: str, patient_id: str) -> Answer:
    """Both patients side by side, and why the session is moved. Looking at them is logged."""
    begin_write()
    treatment, patient = get_treatment(treatment_id), get_patient(patient_id)
    if not treatment.is_draft:
        return redirect(url_for("treatments.show", treatment_id=treatment.id), 303)
    require(access.refusal_to_move(current_user, treatment))
    log("treatment.viewed", treatment)
    log("patient.viewed", patient)
    db.session.commit()
    return _move_page(treatment, patient, MoveForm(expected=str(treatment.patient_id)))


def _move_page(treatment: Treatment, patient: Patient, form: MoveForm) -> str:
    form.common.choices = [
        SelectChoice(reason, reason)
        for reason in (
            _("Opened from the wrong patient’s page"),
            _("Two patients with the same name"),
            _("The patients came in another order"),
        )
    ]
    return render_template(
        "treatments/move.html",
        treatment=treatment,
        glance=glance(treatment),
        patient=patient,
        form=form,
        today=the_clinic().today(clock.now()),
    )


@bp.post("/treatments/<treatment_id>/patient/<patient_id>")
def move(treatment_id: str, patient_id: str) -> Answer:
    """Give a draft to the patient who was really treated; the trail says it of both patients."""
    treatment, patient = get_treatment(treatment_id, to_change=True), get_patient(patient_id)
    treatment.require_draft()
    require(access.refusal_to_move(current_user, treatment))
    form = MoveForm()
    if not form.validate_on_submit():
        return _move_page(treatment, patient, form), 422
    before = get_patient(form.expected.data)
    treatment.move_to(patient, expected=before, reason=form.said, by=current_user, now=clock.now())
    log("treatment.moved", treatment, old=str(before.id), new=str(patient.id))
    log("patient.session_left", before, treatment=str(treatment.id), new=str(patient.id))
    log("patient.session_came", patient, treatment=str(treatment.id), old=str(before.id))
    db.session.commit()
    flash(_("The session was moved here. Look through it before you go on."))
    return redirect(url_for("patients.show", patient_id=patient.id), 303)
