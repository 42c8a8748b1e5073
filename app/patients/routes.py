"""Routes of patients: today, find, add, read, edit. Each loads, asks, parses, acts, answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import access, audit, clock, search
from app.access import require
from app.extensions import begin_write, db
from app.forms import refuse_at
from app.glance import Glance, glance
from app.models import Patient, Role, Treatment
from app.models.patient import fold
from app.patients import bp
from app.patients.forms import SEXES, EditPatientForm, PatientForm
from app.patients.queries import (
    drafts,
    get_patient,
    latest_patients,
    sessions_of,
    signed_on,
)
from app.web import the_clinic

Answer = Response | str | tuple[str, int]


class Line(NamedTuple):
    """A session in a list, and whether this person may chart it."""

    treatment: Treatment
    glance: Glance
    may_chart: bool


class Difference(NamedTuple):
    """One field that two people filled differently."""

    label: str
    saved: str
    typed: str


@bp.get("/")
def today() -> Answer:
    """Today's sessions, what is not signed yet, and the way to any patient."""
    if not access.sees_patients(current_user):
        return redirect(url_for("admin.people"), 303)
    clinic, now = the_clinic(), clock.now()
    day = clinic.today(now)
    open_drafts = drafts()
    signed = [note.treatment for note in signed_on(day, clinic)]
    sessions = [draft for draft in open_drafts if draft.date == day] + signed
    sessions.sort(key=lambda treatment: treatment.started_at)
    return render_template(
        "patients/today.html",
        sessions=_lines(sessions),
        signed_count=len(signed),
        reminded=_lines(draft for draft in open_drafts if _is_mine_to_sign(draft)),
        earlier=_lines(draft for draft in open_drafts if draft.date != day),
        recent=latest_patients(),
        has_patients=_has_patients(),
        needs_pin=access.refusal_to_hold_pin(current_user) is None
        and current_user.signing_key is None,
        **_search_words(""),
    )


def _is_mine_to_sign(draft: Treatment) -> bool:
    """Whether somebody asked this provider to sign it, or all, where nobody gave it by name."""
    mine = draft.performer_id in (None, current_user.id)
    return bool(draft.reminders) and mine and current_user.is_one_of(Role.PROVIDER)


def _lines(treatments: Iterable[Treatment]) -> list[Line]:
    return [
        Line(
            treatment,
            glance(treatment),
            access.refusal_to_chart(current_user, treatment) is None,
        )
        for treatment in treatments
    ]


def _has_patients() -> bool:
    return db.session.scalars(select(Patient.id).limit(1)).first() is not None


def _search_words(typed: str) -> dict[str, Any]:
    found = search.patients(typed)
    return {
        "typed": typed,
        "found": found,
        "near": None if found else search.nearest(typed),
        "limit": search.SHOWN,
        "today": the_clinic().today(clock.now()),
    }


@bp.get("/patients")
def index() -> Answer:
    """Search by address, for whoever types one; the pages themselves search by POST."""
    require(access.refusal_to_see_patients(current_user))
    return _index(request.args.get("q", ""))


@bp.post("/patients/search", endpoint="search")
def find() -> Answer:
    """Search without a name in the address; a script gets the list alone."""
    require(access.refusal_to_see_patients(current_user))
    typed = request.form.get("q", "")
    if request.headers.get("X-Requested-With") == "fetch":
        return render_template("patients/_results.html", **_search_words(typed[:200].strip()))
    return _index(typed)


def _index(typed: str) -> str:
    return render_template(
        "patients/index.html",
        recent=latest_patients(),
        has_patients=_has_patients(),
        focus_search=not typed,
        **_search_words(typed[:200].strip()),
    )


@bp.route("/patients/new", methods=["GET", "POST"])
def new() -> Answer:
    """A new patient. The same name and birth date are asked about before a second is made."""
    require(access.refusal_to_edit_patient(current_user))
    form = PatientForm(**_clinic_habits())
    if not form.is_submitted():
        form.record_number.data = search.next_record_number()
        return _form_page(form)
    same = _check(form)
    if form.errors or same:
        return _form_page(form, same=same), 422
    patient = Patient.register(form.values, by=current_user, now=clock.now())
    db.session.add(patient)
    _log("patient.created", patient)
    db.session.commit()
    flash(_("Patient added."))
    return redirect(url_for("patients.show", patient_id=patient.id), 303)


@bp.get("/patients/<patient_id>")
def show(patient_id: str) -> Answer:
    """The patient's page; looking at it is logged."""
    begin_write()
    patient = get_patient(patient_id)
    _log("patient.viewed", patient)
    db.session.commit()
    sessions = sessions_of(patient)
    return render_template(
        "patients/show.html",
        patient=patient,
        sex=dict(SEXES)[patient.sex or ""] if patient.sex else None,
        sessions=_lines(sessions),
        notes=[treatment.note for treatment in sessions if treatment.note is not None],
        charting_refusal=access.refusal_to_chart(current_user),
        today=the_clinic().today(clock.now()),
    )


@bp.route("/patients/<patient_id>/edit", methods=["GET", "POST"])
def edit(patient_id: str) -> Answer:
    """Change a patient's details. If somebody saved meanwhile, both versions are shown."""
    patient = get_patient(patient_id, to_change=request.method == "POST")
    require(access.refusal_to_edit_patient(current_user, patient))
    form = EditPatientForm(
        data={**PatientForm.as_typed(patient), "revision": patient.revision}, **_clinic_habits()
    )
    if not form.is_submitted():
        return _form_page(form, patient=patient)
    same = _check(form, patient)
    if form.revision.data != patient.revision:
        return _form_page(form, patient=patient, conflict=_differences(form, patient)), 409
    if form.errors or same:
        return _form_page(form, patient=patient, same=same), 422
    changes = patient.edit(
        form.values, expected_revision=patient.revision, by=current_user, now=clock.now()
    )
    _log("patient.edited", patient, changes=changes)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("patients.show", patient_id=patient.id), 303)


def _clinic_habits() -> dict[str, Any]:
    """The clinic's day, and which number of a date comes first where it prints on A4."""
    clinic = the_clinic()
    return {"today": clinic.today(clock.now()), "day_first": clinic.paper == "a4"}


def _check(form: PatientForm, patient: Patient | None = None) -> list[Patient]:
    """Validate the form and ask the records; answers those with the same name and birth date."""
    if form.validate() and search.is_taken(form.record_number.data or "", but_by=patient):
        refuse_at(
            form.record_number,
            _(
                "Another patient has this record number. %(free)s is free.",
                free=search.next_record_number(),
            ),
        )
    if form.errors or form.is_another.data:
        return []
    name = fold(f"{form.values['given_name']} {form.values['family_name']}")
    born = form.values["born"]
    if patient is not None and (patient.folded_name, patient.born) == (name, born):
        return []
    return search.same_person(name, born)


def _differences(form: PatientForm, patient: Patient) -> list[Difference]:
    """What is saved now beside what was typed, where they differ."""
    saved = PatientForm.as_typed(patient)
    return [
        Difference(str(form[name].label.text), _as_read(form, name, saved[name]), typed)
        for name in saved
        if (typed := _as_read(form, name, form[name].data or ""))
        != _as_read(form, name, saved[name])
    ]


def _as_read(form: PatientForm, name: str, value: str) -> str:
    """An answer in its words, a text as it stands."""
    choices = getattr(form[name], "choices", None) or ()
    return next((str(choice.label) for choice in choices if choice.value == value), value)


def _form_page(form: PatientForm, *, patient: Patient | None = None, **more: Any) -> str:
    return render_template("patients/edit.html", form=form, patient=patient, **more)


def _log(act: str, subject: Patient, **details: Any) -> None:
    audit.record(
        db.session,
        act,
        by=current_user,
        now=clock.now(),
        subject=subject,
        where=request.remote_addr,
        **details,
    )
