"""Routes of patients: today, find, add, read, edit. Each loads, asks, parses, acts, answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import access, clock, own_catalogue, search
from app.access import require
from app.clinical.catalogue import catalogue
from app.errors import say
from app.extensions import begin_write, db
from app.forms import SearchForm, options, refuse_at, take_no_fields
from app.glance import Glance, dose_of, glance
from app.models import EmergencyAccess, OutsideDose, Patient, Role, Treatment
from app.models.outside_dose import AlreadyWithdrawn
from app.models.patient import StaleRestriction, spellings
from app.models.restriction import EMERGENCY_LASTS, WRONG_TRIES_ALLOWED
from app.patients import bp
from app.patients.every_site import every_site
from app.patients.forms import (
    RESPONSES,
    SEXES,
    SOURCES,
    EditPatientForm,
    EmergencyForm,
    OutsideDoseForm,
    PatientForm,
    RestrictionForm,
    WithdrawalForm,
)
from app.patients.queries import (
    GLASS_REFUSED,
    adverse_events_of,
    alarms,
    at_work_on,
    awaiting_cosignature,
    by_number_and_birth,
    damaged_files,
    doses_of,
    drafts,
    get_alarm,
    get_dose,
    get_open_emergency,
    get_patient,
    has_patients,
    latest_patients,
    nameable,
    next_emergency,
    sessions_of,
    signed_on,
    to_be_told,
    wrong_tries,
)
from app.roles import role_names
from app.sight import is_seen
from app.web import language, log, plain, the_clinic

Answer = Response | str | tuple[str, int]


class Line(NamedTuple):
    """A session in a list, and whether this person may chart it."""

    treatment: Treatment
    glance: Glance
    may_chart: bool


class Dose(NamedTuple):
    """A dose of elsewhere or of paper, in a list, in words."""

    dose: OutsideDose
    title: str
    amount: str
    where: str
    response: str | None


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
        to_cosign=_lines(awaiting_cosignature(current_user)),
        earlier=_lines(draft for draft in open_drafts if draft.date != day),
        recent=latest_patients(),
        has_patients=has_patients(),
        alarms=alarms(),
        damaged=damaged_files(),
        needs_pin=access.refusal_to_hold_key(current_user) is None
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


def _search_words(typed: str) -> dict[str, Any]:
    return {
        **search.answer(typed, lambda each: url_for("patients.show", patient_id=each.id)),
        "search_url": url_for("patients.search"),
        "may_leave": True,
        "today": the_clinic().today(clock.now()),
    }


@bp.get("/patients")
def index() -> Answer:
    """Search by address, for whoever types one; the pages themselves search by POST."""
    require(access.refusal_to_see_patients(current_user))
    return _index(request.args.get("q", "")[:200].strip())


@bp.post("/patients/search", endpoint="search")
def find() -> Answer:
    """Search without a name in the address; a script gets the list alone."""
    require(access.refusal_to_see_patients(current_user))
    typed = SearchForm().typed
    if request.headers.get("X-Requested-With") == "fetch":
        return render_template("patients/_found.html", **_search_words(typed))
    return _index(typed)


def _index(typed: str) -> str:
    return render_template(
        "patients/index.html",
        recent=latest_patients(),
        has_patients=has_patients(),
        focus_search=not typed,
        **_search_words(typed),
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
    log("patient.created", patient)
    db.session.commit()
    flash(_("Patient added."))
    return redirect(url_for("patients.show", patient_id=patient.id), 303)


@bp.get("/patients/<patient_id>")
def show(patient_id: str) -> Answer:
    """The patient's page; looking at it is logged."""
    begin_write()
    patient = get_patient(patient_id)
    log("patient.viewed", patient)
    db.session.commit()
    sessions = sessions_of(patient)
    return render_template(
        "patients/show.html",
        patient=patient,
        sex=dict(SEXES)[patient.sex or ""] if patient.sex else None,
        timeline=_timeline(_lines(sessions), [_dose(dose) for dose in doses_of(patient)]),
        session_count=len(sessions),
        last_dose=next(
            (dose for each in sessions if each.is_signed and (dose := dose_of(each))), ""
        ),
        notes=[treatment.note for treatment in sessions if treatment.note is not None],
        charting_refusal=access.refusal_to_chart(current_user),
        edit_refusal=access.refusal_to_edit_patient(current_user, patient),
        today=the_clinic().today(clock.now()),
    )


@bp.get("/patients/<patient_id>/sites")
def show_sites(patient_id: str) -> Answer:
    """Every site that was given and signed, by place and by muscle; looking at it is logged."""
    begin_write()
    patient = get_patient(patient_id)
    log("patient.sites_viewed", patient)
    db.session.commit()
    history = every_site(
        sessions_of(patient),
        adverse_events_of(patient),
        own_catalogue.known(),
        language(),
        product=request.args.get("product"),
        indication=request.args.get("indication", ""),
    )
    return render_template(
        "patients/sites.html",
        patient=patient,
        history=history,
        today=the_clinic().today(clock.now()),
    )


def _timeline(sessions: list[Line], doses: list[Dose]) -> list[Line | Dose]:
    """All toxin in one list, latest first; of one day the session comes first."""
    found: list[Line | Dose] = [*sessions, *doses]
    return sorted(found, key=_day_of, reverse=True)


def _day_of(entry: Line | Dose) -> date:
    return entry.treatment.date if isinstance(entry, Line) else entry.dose.date


def _dose(dose: OutsideDose) -> Dose:
    indication = catalogue().indications[dose.indication]
    amount = _("units not known") if dose.units is None else f"{plain(dose.units)} U"
    where = str(dict(SOURCES)[dose.source])
    return Dose(
        dose,
        title=indication.label_in(str(get_locale())),
        amount=f"{dose.product} {amount}",
        where=f"{where}, {dose.place}" if dose.place else where,
        response=str(dict(RESPONSES)[dose.response]) if dose.response else None,
    )


@bp.route("/patients/<patient_id>/doses/new", methods=["GET", "POST"])
def add_dose(patient_id: str) -> Answer:
    """Enter toxin that was given elsewhere, or here on paper: it counts from now on."""
    patient = get_patient(patient_id)
    require(access.refusal_to_edit_patient(current_user, patient))
    form = OutsideDoseForm(patient=patient, language=str(get_locale()), **_clinic_habits())
    if not form.validate_on_submit():
        page = render_template("patients/dose.html", form=form, patient=patient)
        return page, 422 if form.is_submitted() else 200
    dose = OutsideDose.enter(patient, form.values, by=current_user, now=clock.now())
    db.session.add(dose)
    log("patient.dose_entered", patient, dose=str(dose.id))
    db.session.commit()
    flash(_("Earlier dose added. It counts for intervals and limits."))
    return redirect(url_for("patients.show", patient_id=patient.id), 303)


@bp.route("/patients/<patient_id>/doses/<dose_id>/withdrawal", methods=["GET", "POST"])
def withdraw_dose(patient_id: str, dose_id: str) -> Answer:
    """Take back a dose that was entered by mistake; it stays in the list with the reason."""
    patient = get_patient(patient_id, to_change=request.method == "POST")
    dose = get_dose(patient, dose_id)
    require(access.refusal_to_edit_patient(current_user, patient))
    form = WithdrawalForm()
    if not form.validate_on_submit():
        page = _withdrawal_page(form, patient, dose)
        return page, 422 if form.is_submitted() else 200
    try:
        dose.withdraw(form.reason.data or "", by=current_user, now=clock.now())
    except AlreadyWithdrawn as refusal:
        return _withdrawal_page(form, patient, dose, conflict=say(refusal)), 409
    log("patient.dose_withdrawn", patient, dose=str(dose.id), reason=dose.withdraw_reason)
    db.session.commit()
    flash(_("Earlier dose withdrawn. It counts no more."))
    return redirect(url_for("patients.show", patient_id=patient.id), 303)


def _withdrawal_page(
    form: WithdrawalForm, patient: Patient, dose: OutsideDose, *, conflict: str | None = None
) -> str:
    return render_template(
        "patients/withdraw_dose.html",
        form=form,
        patient=patient,
        entry=_dose(dose),
        conflict=conflict,
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
    log("patient.edited", patient, changes=changes)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("patients.show", patient_id=patient.id), 303)


@bp.route("/patients/<patient_id>/restriction", methods=["GET", "POST"])
def restriction(patient_id: str) -> Answer:
    """Who sees this patient: everyone who sees patients, or the people named here."""
    patient = get_patient(patient_id, to_change=request.method == "POST")
    form = RestrictionForm(
        sight="listed" if patient.is_restricted else "everyone", people=patient.named_ids
    )
    able = {str(person.id): person for person in nameable(patient)}
    form.people.choices = options((key, person.signed_name) for key, person in able.items())
    if not form.is_submitted():
        return _restriction_page(form, patient)
    require(access.refusal_to_restrict(current_user, patient))
    if not form.validate():
        return _restriction_page(form, patient), 422
    expected, now = (form.was.data or "").split(), clock.now()
    try:
        if form.sight.data == "listed":
            people = [able[key] for key in form.people.data or ()]
            changes = patient.restrict(people, expected=expected, by=current_user, now=now)
        else:
            changes = patient.lift_restriction(expected=expected, by=current_user, now=now)
    except StaleRestriction as refusal:
        return _restriction_page(form, patient, conflict=say(refusal)), 409
    log("patient.restricted" if patient.named else "patient.unrestricted", patient, **changes)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("patients.show", patient_id=patient.id), 303)


def _restriction_page(
    form: RestrictionForm, patient: Patient, *, conflict: str | None = None
) -> str:
    return render_template(
        "patients/restriction.html",
        form=form,
        patient=patient,
        people=nameable(patient),
        at_work=at_work_on(patient),
        role_names=role_names,
        refusal=access.refusal_to_restrict(current_user, patient),
        conflict=conflict,
    )


@bp.route("/emergency-access", methods=["GET", "POST"])
def emergency() -> Answer:
    """Open a restricted patient, known by number and birth date, for a while and with a reason.

    Wrong and unknown get one answer; after some of them nothing is tried for a while.
    """
    require(access.refusal_to_open_in_emergency(current_user))
    form = EmergencyForm(day_first=_clinic_habits()["day_first"])
    if not form.validate_on_submit():
        return _emergency_page(form), 422 if form.is_submitted() else 200
    now = clock.now()
    if wrong_tries(current_user, now=now) >= WRONG_TRIES_ALLOWED:
        held = _(
            "Too many that were not right. Nothing was tried. Wait 15 minutes, or call one of"
            " the people who know this patient."
        )
        return _emergency_page(form, held), 429
    patient = by_number_and_birth(form.record_number.data, form.birth_date)
    if patient is None:
        log(GLASS_REFUSED, None, outcome="refused")
        db.session.commit()
        wrong = _(
            "No patient has this record number and this date of birth. Nothing was opened."
            " Check both; after five that are not right you wait 15 minutes."
        )
        return _emergency_page(form, wrong), 422
    if is_seen(patient):
        flash(_("You see this patient without emergency access. Nothing was opened."))
        return redirect(url_for("patients.show", patient_id=patient.id), 303)
    opened = EmergencyAccess.open(
        patient,
        form.reason.data,
        serial=next_emergency(),
        tell=to_be_told(patient),
        by=current_user,
        now=now,
    )
    db.session.add(opened)
    log(
        "patient.glass_broken",
        patient,
        number=opened.number,
        reason=opened.reason,
        until=opened.until.isoformat(),
        told=[str(alarm.person.id) for alarm in opened.alarms],
    )
    db.session.commit()
    return redirect(url_for("patients.show", patient_id=patient.id), 303)


def _emergency_page(form: EmergencyForm, refusal: str | None = None) -> str:
    return render_template(
        "patients/emergency.html",
        form=form,
        refusal=refusal,
        minutes=int(EMERGENCY_LASTS.total_seconds() // 60),
    )


@bp.post("/emergency-access/<emergency_id>/end")
def end_emergency(emergency_id: str) -> Answer:
    """Whoever was let in needs it no more; who was told of it still is."""
    take_no_fields()
    begin_write()
    ended = get_open_emergency(emergency_id)
    ended.end(now=clock.now())
    log("patient.glass_closed", ended.patient, number=ended.number)
    db.session.commit()
    flash(_("Emergency access %(number)s has ended.", number=ended.number))
    return redirect(url_for("patients.today"), 303)


@bp.post("/emergency-access/<emergency_id>/acknowledgement")
def acknowledge(emergency_id: str) -> Answer:
    """Somebody who was told of an emergency access knows; it is shown to them no more."""
    take_no_fields()
    alarm = get_alarm(emergency_id)
    alarm.acknowledge(now=clock.now())
    log("emergency.acknowledged", alarm.emergency, number=alarm.emergency.number)
    db.session.commit()
    return redirect(url_for("patients.today"), 303)


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
    typed = form.values
    names = spellings(typed["given_name"], typed["family_name"], typed["latin_name"])
    born = typed["born"]
    if patient is not None and (patient.spellings, patient.born) == (names, born):
        return []
    return [other for other in search.same_person(names, born) if other is not patient]


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
