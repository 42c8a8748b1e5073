"""Routes of paper without a tablet: downtime sheets printed, and a session charted from one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import SelectChoice

from app import access, clock, own_catalogue
from app.access import require
from app.clinical.anatomy import MAPS
from app.clinical.chart import instant_text
from app.clinical.questions import could_be_asked
from app.extensions import begin_write, db
from app.forms import options, refuse_at
from app.glance import dose_of
from app.models import Patient, Treatment
from app.notes import downtime
from app.notes.downtime import REGIONS, Downtime, LastTime, Question
from app.treatments import bp
from app.treatments.describing import identified
from app.treatments.forms import DowntimeBatchForm, DowntimeForm, FromPaperForm
from app.treatments.queries import (
    get_patient,
    get_patients,
    get_treatment,
    last_signed,
    patients_of_the_day,
    providers,
    sheet_of,
)
from app.treatments.routes.documents import pdf_answer
from app.web import Answer, log, the_clinic

# A sheet for the places of the last session; without one, for the whole body.
AS_LAST = "last"
UNKNOWN_REGION = "body"
AT_THE_END = "review"


def region_choices() -> dict[str, str]:
    """What a sheet can show, in the reader's language."""
    return {
        "head": _("Head and neck"),
        "underarms": _("Underarms"),
        "hands": _("Hands"),
        "feet": _("Feet"),
        "arms": _("Arms"),
        "legs": _("Legs"),
        "body": _("Whole body"),
    }


@bp.get("/paper")
def paper_of_the_day() -> Answer:
    """Downtime sheets for the patients of the day, or without a name."""
    require(access.refusal_to_print_sheets(current_user))
    return _day_page(_batch_form())


def _batch_form() -> DowntimeBatchForm:
    form = DowntimeBatchForm()
    form.region.choices = options(
        [(AS_LAST, _("Where each was treated last")), *region_choices().items()]
    )
    return form


def _day_page(form: DowntimeBatchForm) -> str:
    clinic = the_clinic()
    return render_template(
        "treatments/paper_of_the_day.html",
        form=form,
        regions=region_choices(),
        patients=patients_of_the_day(clinic.today(clock.now())),
        today=clinic.today(clock.now()),
        ticked=set(form.patient.data or ()),
    )


@bp.post("/paper")
def print_sheets() -> Answer:
    """One file with a sheet for each ticked patient; every sheet gets its number first."""
    require(access.refusal_to_print_sheets(current_user))
    form = _batch_form()
    if not form.validate_on_submit():
        return _day_page(form), 422
    sheets = []
    for patient in get_patients(form.patient.data):
        region = _region(form.region.data, patient)
        row = log("downtime.printed", patient, region=region)
        sheets.append(_sheet(row, patient, region))
    db.session.commit()
    return _printed(sheets)


@bp.post("/paper/blank")
def print_blank_sheet() -> Answer:
    """A sheet for whoever comes: name and number are written by hand."""
    require(access.refusal_to_print_sheets(current_user))
    form = DowntimeForm()
    if not form.validate_on_submit():
        return _day_page(_batch_form()), 422
    row = log("downtime.printed", region=form.region.data)
    sheet = _sheet(row, None, form.region.data)
    db.session.commit()
    return _printed([sheet])


@bp.get("/patients/<patient_id>/paper")
def paper(patient_id: str) -> Answer:
    """A downtime sheet for one patient, and the way back from it into the record."""
    begin_write()
    patient = get_patient(patient_id)
    log("patient.viewed", patient)
    db.session.commit()
    return _paper_page(patient, FromPaperForm(formdata=None))


def _paper_page(patient: Patient, form: FromPaperForm, treatment: Treatment | None = None) -> str:
    form.performer.choices = _performers()
    return render_template(
        "treatments/paper.html",
        patient=patient,
        treatment=treatment,
        form=form,
        regions=region_choices(),
        charting_refusal=access.refusal_to_chart(current_user, treatment),
    )


def _performers() -> list[SelectChoice]:
    people = [(str(person.id), person.signed_name) for person in providers()]
    return options([("", _("Choose")), *people])


@bp.post("/patients/<patient_id>/downtime")
def print_sheet(patient_id: str) -> Answer:
    """One patient's sheet; it gets its number, and who printed it is logged."""
    patient = get_patient(patient_id)
    require(access.refusal_to_print_sheets(current_user))
    form = DowntimeForm()
    if not form.validate_on_submit():
        return _paper_page(patient, FromPaperForm(formdata=None)), 422
    row = log("downtime.printed", patient, region=form.region.data)
    sheet = _sheet(row, patient, form.region.data)
    db.session.commit()
    return _printed([sheet])


def _sheet(row: int, patient: Patient | None, region: str) -> Downtime:
    """The sheet under the number of the trail's row that tells of its printing."""
    now, clinic = clock.now(), the_clinic()
    asked = could_be_asked(
        own_catalogue.known(),
        # On a whole body anything may be treated.
        maps=MAPS if region == UNKNOWN_REGION else REGIONS[region][1],
        sex=patient.sex if patient else None,
        age=patient.age_on(clinic.today(now)) if patient else None,
    )
    return Downtime(
        number=sheet_number(row),
        clinic={
            "name": clinic.name,
            "address": clinic.address_lines,
            "telephone": clinic.telephone,
            "time_zone": clinic.time_zone,
            "paper": clinic.paper,
        },
        patient=identified(patient) if patient else None,
        region=region,
        at=instant_text(now),
        by=current_user.name,
        last=_last_time(patient) if patient else None,
        questions=[
            Question(
                question.text,
                question.hint,
                question.products,
                question.answers,
                is_part=bool(question.part_of),
                at_the_end=question.group == AT_THE_END,
            )
            for question in asked
        ],
    )


def _last_time(patient: Patient) -> LastTime | None:
    before = last_signed(patient)
    if before is None:
        return None
    return LastTime(before.date, dose_of(before), len(before.given_sites))


def _region(asked: str, patient: Patient) -> str:
    if asked != AS_LAST:
        return asked
    before = last_signed(patient)
    given = [site.map for site in before.given_sites] if before else []
    found = [
        region
        for region, (_title, maps) in REGIONS.items()
        if given and all(ref in maps for ref in given)
    ]
    return found[0] if found else UNKNOWN_REGION


def _printed(sheets: Sequence[Downtime]) -> Response:
    name = sheets[0].number if len(sheets) == 1 else "downtime-sheets"
    return pdf_answer(downtime.render(sheets), f"{name}.pdf", download=False)


def sheet_number(row: int) -> str:
    """How a sheet is called: by the number of the trail's row that tells of its printing."""
    return f"D-{row:04d}"


@bp.post("/patients/<patient_id>/paper")
def start_from_paper(patient_id: str) -> Answer:
    """A draft that was written on a sheet first: nothing of that is taken as said but what is
    typed here."""
    patient = get_patient(patient_id)
    require(access.refusal_to_chart(current_user))
    form = FromPaperForm()
    form.performer.choices = _performers()
    if not (form.validate_on_submit() and _is_of(form, patient)):
        return _paper_page(patient, form), 422
    treatment = Treatment.start(patient, the_clinic(), by=current_user, now=clock.now())
    db.session.add(treatment)
    _take(treatment, form)
    log("treatment.started", treatment, from_paper=True, sheet=form.sheet.data or None)
    db.session.commit()
    return redirect(url_for("treatments.show_chart", treatment_id=treatment.id), 303)


@bp.route("/treatments/<treatment_id>/paper", methods=["GET", "POST"])
def correct_paper(treatment_id: str) -> Answer:
    """What was typed of the sheet, to be put right while the session is a draft."""
    begin_write()
    treatment = get_treatment(treatment_id, to_change=request.method == "POST")
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    if treatment.paper_time is None:
        return redirect(url_for("treatments.paper", patient_id=treatment.patient_id), 303)
    if request.method == "GET":
        form = FromPaperForm(
            formdata=None,
            data={
                "day": treatment.date,
                "at": treatment.paper_time,
                "sheet": treatment.paper_sheet,
                "performer": str(treatment.performer_id or ""),
            },
        )
        log("treatment.viewed", treatment)
        db.session.commit()
        return _paper_page(treatment.patient, form, treatment)
    form = FromPaperForm()
    form.performer.choices = _performers()
    if not (form.validate_on_submit() and _is_of(form, treatment.patient)):
        return _paper_page(treatment.patient, form, treatment), 422
    _take(treatment, form)
    log("treatment.paper_corrected", treatment, sheet=form.sheet.data or None)
    db.session.commit()
    flash(_("What the sheet says is corrected."))
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


def _take(treatment: Treatment, form: FromPaperForm) -> None:
    performer = next(each for each in providers() if str(each.id) == form.performer.data)
    treatment.take_from_paper(
        form.day.data, form.at.data, sheet=form.sheet.data or "", performer=performer
    )


def _is_of(form: FromPaperForm, patient: Patient) -> bool:
    """Whether the sheet can be this patient's, of a time that is over; else it is said there."""
    given = datetime.combine(form.day.data, form.at.data, the_clinic().zone)
    if given > clock.now():
        refuse_at(form.day, _("This time is still to come. Enter it as the sheet has it."))
        return False
    written = re.fullmatch(r"(?:D-?)?0*(\d+)", form.sheet.data or "", re.IGNORECASE)
    if form.sheet.data and written is None:
        refuse_at(form.sheet, _("The number stands at the foot of the sheet: D and four digits."))
        return False
    if written is not None:
        form.sheet.data = sheet_number(int(written.group(1)))
        known, whose = sheet_of(int(written.group(1)))
        if not known:
            refuse_at(form.sheet, _("No sheet of this number was printed here."))
            return False
        if whose not in (None, str(patient.id)):
            refuse_at(form.sheet, _("This sheet was printed for another patient."))
            return False
    return True
