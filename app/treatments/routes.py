"""Routes of a session: start, chart, sign, read, print. Each loads, asks, parses, acts, answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import (
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectChoice

from app import access, assets, clock, compression, keyring, offline, own_catalogue, search
from app.access import require
from app.auth.signing_keys import open_key
from app.clinical.catalogue.own import pattern_of
from app.clinical.catalogue.tablet import for_tablet
from app.clinical.chart import parse_chart
from app.clinical.checklist import checklist, payer_profile
from app.clinical.errors import ChartError
from app.clinical.rules import judge
from app.compression import Compressed
from app.errors import answer, say, status_of, wants_json
from app.extensions import begin_write, db
from app.forms import SearchForm, refuse_at, take_no_fields
from app.glance import glance
from app.models import AdverseEvent, ClinicCatalogueRow, Patient, Person, SigningKey, Treatment
from app.models.note import FOR_THE_RECORD, Note, NoteDamaged
from app.models.treatment import AlreadySigned, NotADraft, StaleChart
from app.notes import authority
from app.notes.copy import print_copy
from app.notes.superbill import as_text
from app.notes.superbill import render as render_superbill
from app.treatments import bp
from app.treatments.asking import (
    aloud,
    review_questions,
    saved_at,
    time_out,
    waits_for_an_answer,
    word_of,
)
from app.treatments.earlier import as_json, reaction
from app.treatments.figures import figures, iso
from app.treatments.forms import (
    AdverseEventForm,
    AnswerForm,
    AskedAgainForm,
    CopyForm,
    DiagnosisForm,
    DiscardForm,
    IncompleteForm,
    MoveForm,
    OrdererForm,
    OwnProtocolForm,
    PerformerForm,
    SignatureForm,
    StartForm,
    SupervisorForm,
    TouchUpForm,
    signature_form,
)
from app.treatments.measures import MeasuresForm, asked, measures_form, readings
from app.treatments.queries import (
    adverse_events_before,
    earlier_sessions,
    get_copy,
    get_note,
    get_patient,
    get_revision_of_draft,
    get_treatment,
    has_opened,
    hold_signing_key,
    prescriber_or_none,
    prescribers,
    providers,
    session_before,
    supervisors,
    vials_at_hand,
)
from app.treatments.signing import (
    PRESCRIBER,
    READ,
    NotSaid,
    Said,
    Unsignable,
    findings_to_print,
    fingerprint,
    issue_note,
)
from app.treatments.summary import summarise
from app.treatments.superbill import superbill
from app.web import log, plain, the_clinic, uuid_or_none

# What is commonly printed for, as the copy's margin says it and as the button does.
COPY_REASONS: dict[str, Callable[[], str]] = {
    FOR_THE_RECORD: lambda: _("Print for the paper record"),
    "for the patient": lambda: _("Print for the patient"),
    "for the payer": lambda: _("Print for the payer"),
}

# Why sessions commonly end before everything planned is given, as the note says it and as the
# button does.
INCOMPLETE_REASONS: dict[str, Callable[[], str]] = {
    "the patient asked to stop": lambda: _("The patient asked to stop"),
    "the patient felt unwell": lambda: _("The patient felt unwell"),
    "the other sites were not needed today": lambda: _("The other sites were not needed today"),
}

# Why a question commonly could not be asked, as the note says it and as the button does.
UNABLE_REASONS: dict[str, Callable[[], str]] = {
    "the patient does not know": lambda: _("Does not know"),
    "no interpreter": lambda: _("No interpreter"),
}
# So many earlier sessions come with the chart; all of them have an address of their own.
EARLIER_SHOWN = 4
# So many of an indication's codes are one tap on the review page; the chart has them all.
CODES_OFFERED = 8

Answer = Response | BaseResponse | str | tuple[Any, int]


def language() -> str:
    """The reader's language."""
    return str(get_locale() or "en")


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


@bp.get("/treatments/<treatment_id>/chart")
def show_chart(treatment_id: str) -> Answer:
    """The chart: the editor's page, or the data alone for a program or a page that looks again."""
    if "since" in request.args:
        return _newer_than(treatment_id, request.args["since"])
    begin_write()
    treatment = get_treatment(treatment_id)
    if wants_json():
        log("treatment.viewed", treatment)
        db.session.commit()
        return jsonify({"chart": treatment.chart().as_json(), **_figures(treatment)})
    if not treatment.is_draft:
        return redirect(url_for("treatments.show", treatment_id=treatment.id), 303)
    require(access.refusal_to_chart(current_user, treatment))
    log("treatment.viewed", treatment)
    db.session.commit()
    return render_template(
        "treatments/chart.html", treatment=treatment, data=_chart_data(treatment)
    )


def _newer_than(treatment_id: str, since: str) -> Answer:
    """What an open editor has not seen yet, or 204. It writes nothing: opening was logged."""
    draft_at = get_revision_of_draft(treatment_id)
    require(access.refusal_to_chart(current_user))
    if not (since.isascii() and since.isdecimal()):
        return answer(422, _("The revision must be the whole number that was read."))
    if since == str(draft_at):
        return Response(status=204)
    if not has_opened(treatment_id, now=clock.now()):
        return answer(403, _("Open the chart first: who reads it is recorded then."))
    treatment = get_treatment(treatment_id)
    said = {}
    if treatment.note is not None:
        name = treatment.note.signed_by.name
        said["error"] = _("%(name)s signed this session meanwhile.", name=name)
    elif treatment.is_discarded:
        said["error"] = _("This draft was discarded.")
    return jsonify({**said, **_as_it_stands(treatment)})


@bp.get("/treatments/<treatment_id>/earlier")
def show_earlier(treatment_id: str) -> Answer:
    """What every earlier session gave, and where, latest first; reading them is logged."""
    begin_write()
    treatment = get_treatment(treatment_id)
    require(access.refusal_to_chart(current_user))
    found = [as_json(each) for each in earlier_sessions(treatment)]
    log("treatment.earlier_viewed", treatment)
    db.session.commit()
    return jsonify({"sessions": found})


@bp.post("/treatments/<treatment_id>/adverse-events")
def tell_adverse_event(treatment_id: str) -> Answer:
    """Record what came after an earlier session, linked to sites of it."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    form = AdverseEventForm()
    if not form.validate_on_submit():
        return answer(422, next(str(errors[0]) for errors in form.errors.values()))
    before = [each for each in earlier_sessions(treatment) if str(each.id) == form.session.data]
    if not before:
        return answer(422, _("Choose the session that it came after."))
    event = AdverseEvent.tell(
        before[0],
        form.kind.data,
        form.words.data or "",
        form.sites.data or (),
        told_in=treatment,
        by=current_user,
        now=clock.now(),
    )
    db.session.add(event)
    log("treatment.adverse_event", treatment, event=str(event.id), after=form.session.data)
    db.session.commit()
    return jsonify({"reactions": _reactions(treatment)})


@bp.post("/treatments/<treatment_id>/adverse-events/<event_id>/withdrawal")
def withdraw_adverse_event(treatment_id: str, event_id: str) -> Answer:
    """Say that an event was not so; its row stays."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    take_no_fields()
    known = {str(each.id): each for each in adverse_events_before(treatment)}
    event = known.get(event_id) or abort(404)
    event.withdraw(by=current_user, now=clock.now())
    log("treatment.adverse_event_withdrawn", treatment, event=event_id)
    db.session.commit()
    return jsonify({"reactions": _reactions(treatment)})


def _reactions(treatment: Treatment) -> list[dict[str, Any]]:
    """What came after the patient's earlier sessions, as the chart shows it."""
    known = own_catalogue.known()
    return [reaction(each, known, language()) for each in adverse_events_before(treatment)]


@bp.put("/treatments/<treatment_id>/chart")
def save_chart(treatment_id: str) -> Answer:
    """Save the whole chart. A save already taken is answered and writes nothing."""
    treatment = get_treatment(treatment_id, to_change=True)
    require(access.refusal_to_chart(current_user))
    body = _chart_body()
    save, revision = _save_and_revision(body)
    if treatment.has_taken(save):
        return jsonify({"chart": treatment.chart().as_json(), **_figures(treatment)})
    treatment.require_draft()
    chart = parse_chart(body, own_catalogue.known())
    changes = treatment.replace_chart(
        chart, save=save, expected_revision=revision, by=current_user, now=clock.now()
    )
    log("chart.saved", treatment, **changes)
    db.session.commit()
    return jsonify(_figures(treatment))


def _chart_body() -> dict[str, Any]:
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # Lists within lists without end: what json says of them.
        body = None
    if not isinstance(body, dict):
        raise ChartError("The chart must be sent as a JSON object.", path="")
    return dict(body)


def _save_and_revision(body: dict[str, Any]) -> tuple[UUID, int]:
    """Take the two keys that are about the saving, so that the chart alone is left."""
    save = uuid_or_none(str(body.pop("save", "")))
    if save is None:
        raise ChartError("A save needs an id that is a UUID.", path="save")
    revision = body.pop("revision", None)
    if isinstance(revision, bool) or not isinstance(revision, int) or revision < 0:
        raise ChartError("The revision must be the whole number that was read.", path="revision")
    return save, revision


@bp.errorhandler(StaleChart)
@bp.errorhandler(AlreadySigned)
@bp.errorhandler(NotADraft)
def refuse_stale(refusal: StaleChart | AlreadySigned | NotADraft) -> Answer:
    """409: with the chart as it now stands, so that the tablet can show both."""
    db.session.rollback()
    if not wants_json():
        return answer(409, say(refusal))
    treatment = get_treatment(str((request.view_args or {})["treatment_id"]))
    return answer(409, say(refusal), **_as_it_stands(treatment))


def _as_it_stands(treatment: Treatment) -> dict[str, Any]:
    """The chart for a tablet that has an older one."""
    return {
        "signed": treatment.is_signed,
        "discarded": treatment.is_discarded,
        "chart": treatment.chart().as_json(),
        **_figures(treatment),
    }


@bp.errorhandler(ChartError)
def refuse_shape(refusal: ChartError) -> Answer:
    """422: every fault with the place it stands at; nothing was changed."""
    db.session.rollback()
    return answer(
        422,
        say(refusal),
        path=refusal.path,
        errors=[{"path": fault.path, "message": say(fault)} for fault in refusal.faults],
    )


@bp.post("/treatments/<treatment_id>/protocol")
def save_protocol(treatment_id: str) -> Answer:
    """Keep the sites of this chart as a protocol of the clinic's own, or as its next version."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_make_protocol(current_user, treatment))
    form = OwnProtocolForm()
    if not form.validate_on_submit():
        return answer(422, str(form.title.errors[0] if form.title.errors else ""))
    pattern = pattern_of(treatment.chart(), own_catalogue.known())
    title = str(form.title.data)
    row = ClinicCatalogueRow.protocol(
        db.session(), pattern.as_json(title), by=current_user, now=clock.now()
    )
    log("catalogue.own_protocol", row, key=row.key, version=row.version)
    db.session.commit()
    if row.version == 1:
        said = _("%(title)s is saved for charts opened from now on.", title=title)
        return jsonify({"said": said})
    said = _(
        "%(title)s is saved as version %(number)d. Sessions that began with an older one keep it.",
        title=title,
        number=row.version,
    )
    return jsonify({"said": said})


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


@bp.post("/treatments/<treatment_id>/performer")
def record_performer(treatment_id: str) -> Answer:
    """Say who gave the treatment, when an assistant opened it."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    form = PerformerForm()
    able = {str(person.id): person for person in providers()}
    form.performer.choices = [SelectChoice(key, person.signed_name) for key, person in able.items()]
    if not form.validate_on_submit():
        return answer(422, _("Choose who gave it."))
    treatment.record_performer(able[form.performer.data], now=clock.now())
    log("treatment.performer", treatment, performer=form.performer.data)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/orderer")
def record_orderer(treatment_id: str) -> Answer:
    """Say who ordered the treatment, where that is not who gave it."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    form = OrdererForm()
    if not form.validate_on_submit():
        return _review_page(treatment, signature_form()(formdata=None), orderer=form), 422
    treatment.record_orderer(form.name.data or "", form.npi.data or "")
    log("treatment.orderer", treatment)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/remainders")
def discard_remainders(treatment_id: str) -> Answer:
    """Record that what is left in the vials is discarded."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    take_no_fields()
    discarded = treatment.discard_remainders(by=current_user, now=clock.now())
    units = {product: plain(left) for product, left in discarded.items()}
    log("treatment.discarded_remainders", treatment, units=units)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/incomplete")
def record_incomplete(treatment_id: str) -> Answer:
    """Say why the session ends with sites not given, or take that back."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    form = IncompleteForm()
    if not form.validate_on_submit():
        return _review_page(treatment, signature_form()(formdata=None), incomplete=form), 422
    treatment.record_incomplete(form.said)
    log("treatment.incomplete", treatment, incomplete=form.said is not None)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/touch-up")
def record_touch_up(treatment_id: str) -> Answer:
    """Say which session this one completes, or that it completes none after all."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    form = TouchUpForm()
    if not form.validate_on_submit():
        return answer(422, _("Choose the session that this one completes."))
    treatment.complete(form.day.data)
    log("treatment.touch_up", treatment, of=form.day.data.isoformat() if form.day.data else None)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.get("/treatments/<treatment_id>/time-out")
def show_time_out(treatment_id: str) -> Answer:
    """What is read aloud and asked before the needle."""
    begin_write()
    treatment = get_treatment(treatment_id)
    if not treatment.is_draft:
        return redirect(url_for("treatments.show", treatment_id=treatment.id), 303)
    require(access.refusal_to_chart(current_user, treatment))
    log("treatment.viewed", treatment)
    db.session.commit()
    return _time_out_page(treatment)


def _time_out_page(treatment: Treatment, opened: str | None = None) -> str:
    case, before = treatment.case(now=clock.now()), session_before(treatment)
    return render_template(
        "treatments/time_out.html",
        treatment=treatment,
        patient=treatment.patient,
        before=before,
        saved_at=saved_at(treatment),
        aloud=aloud(case.chart, language()),
        asking=time_out(treatment, case, before, language()),
        **_asking(opened),
    )


def _asking(opened: str | None = None) -> dict[str, Any]:
    """What the macros of the questions need beside them; `opened` still lacks its reason."""
    return {
        "opened": opened,
        "word_of": word_of,
        "unable_reasons": {key: say_why() for key, say_why in UNABLE_REASONS.items()},
    }


@bp.post("/treatments/<treatment_id>/answers")
def record_answer(treatment_id: str) -> Answer:
    """Record what was said to one question; the page comes back with it."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    form = AnswerForm()
    if not form.validate_on_submit():
        return answer(422, str(next(iter(form.errors.values()))[0]))
    asked = str(form.question.data)
    if form.lacks_reason:
        # A script only asked to open the reasons; sent as a form, what is missing is a fault.
        return _asking_page(treatment, form, opened=asked), 200 if _by_script() else 422
    treatment.answer(
        asked,
        form.value.data or None,
        reason=str(form.reason.data or ""),
        by=current_user,
        now=clock.now(),
    )
    log("answer.recorded", treatment, questions=[asked])
    db.session.commit()
    return _asking_page(treatment, form) if _by_script() else _back_to(treatment, form)


def _by_script() -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _asking_page(treatment: Treatment, form: AnswerForm, opened: str | None = None) -> str:
    if form.page.data == "review":
        return _review_page(treatment, signature_form()(formdata=None), opened=opened)
    return _time_out_page(treatment, opened)


def _back_to(treatment: Treatment, form: AnswerForm) -> BaseResponse:
    page = "treatments.review" if form.page.data == "review" else "treatments.show_time_out"
    # The fragment takes the eye and the keyboard back to where they were.
    address = url_for(page, treatment_id=treatment.id, _anchor=f"q-{form.question.data}")
    return redirect(address, 303)


@bp.post("/treatments/<treatment_id>/answers/again")
def record_asked_again(treatment_id: str) -> Answer:
    """All asked again, nothing changed: one tap for what the list still left open."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    if not the_clinic().asks_again:
        return answer(403, _("This clinic has each question answered by itself."))
    form = AskedAgainForm()
    if not form.validate_on_submit():
        return answer(422, _("Reload the page, then answer."))
    before = session_before(treatment)
    asking = time_out(treatment, treatment.case(now=clock.now()), before, language())
    shown = set(str(form.questions.data).split())
    taken = treatment.answer_again(
        [id for id in asking.again if id in shown],
        before.answers if before else {},
        by=current_user,
        now=clock.now(),
    )
    log("answer.asked_again", treatment, questions=taken)
    db.session.commit()
    if _by_script():
        return _time_out_page(treatment)
    return redirect(url_for("treatments.show_time_out", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/diagnosis")
def add_diagnosis(treatment_id: str) -> Answer:
    """Choose a diagnosis on the review page, where nobody did so on the chart."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    form = DiagnosisForm()
    form.code.choices = [
        SelectChoice(code.code, code.code)
        for indication in treatment.indications
        for code in own_catalogue.known().indications[indication].codes
    ]
    if not form.validate_on_submit():
        return answer(422, _("Choose the diagnosis."))
    treatment.add_code(form.code.data, by=current_user, now=clock.now())
    log("treatment.diagnosis", treatment, code=form.code.data)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/measures")
def record_measures(treatment_id: str) -> Answer:
    """Keep how the patient is by the scales, and with what guidance toxin was given."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    form = measures_form(treatment, own_catalogue.known(), language(), sent=True)
    valid = form.validate()
    found = readings(form, treatment, own_catalogue.known(), language())
    if not valid or form.errors:
        return _review_page(treatment, signature_form()(formdata=None), measures=form), 422
    if form.revision.data != treatment.revision:
        sentence = _(
            "%(name)s changed this session meanwhile. What you entered is still here: save again.",
            name=treatment.saved_by.name,
        )
        return _review_page(
            treatment, signature_form()(formdata=None), error=sentence, measures=form
        ), 409
    treatment.record_measures(
        found,
        guidance=sorted(form.guidance.data or ()),
        guidance_note=form.guidance_note.data or "",
    )
    log("treatment.measures", treatment, scales=sorted({each["scale"] for each in found}))
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


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


class WrongPinOfPrescriber(authority.WrongPin):
    """The PIN of the prescriber who was to override."""

    def __init__(self, prescriber: Person) -> None:
        super().__init__("wrong PIN")
        self.prescriber = prescriber


@bp.get("/treatments/<treatment_id>/signature")
def review(treatment_id: str) -> Answer:
    """Everything that will stand in the note, on one page, and the PIN."""
    begin_write()
    treatment = get_treatment(treatment_id)
    if not treatment.is_draft:
        return redirect(url_for("treatments.show", treatment_id=treatment.id), 303)
    require(access.refusal_to_chart(current_user, treatment))
    log("treatment.reviewed", treatment)
    db.session.commit()
    return _review_page(treatment, signature_form()(formdata=None))


def _review_page(
    treatment: Treatment,
    form: SignatureForm,
    error: str | None = None,
    incomplete: IncompleteForm | None = None,
    opened: str | None = None,
    measures: MeasuresForm | None = None,
    orderer: OrdererForm | None = None,
) -> str:
    now, known = clock.now(), own_catalogue.known()
    form.prescriber.choices = [SelectChoice("", _("Choose"))] + [
        SelectChoice(str(person.id), person.signed_name)
        for person in prescribers(besides=current_user)
    ]
    refusal = access.refusal_to_sign(current_user, treatment, now=now)
    case = treatment.case(now=now, signer=None if refusal else current_user)
    before = session_before(treatment)
    asking = time_out(treatment, case, before, language())
    judged = judge(case, known)
    findings = [
        finding for finding in judged if not waits_for_an_answer(finding, treatment, asking)
    ]
    performer = PerformerForm(formdata=None)
    performer.performer.choices = [SelectChoice("", _("Choose"))] + [
        SelectChoice(str(person.id), person.signed_name) for person in providers()
    ]
    performer.performer.data = str(treatment.performer_id or "")
    able_to_supervise = {str(person.id): person for person in supervisors(treatment)}
    supervisor = SupervisorForm(formdata=None, supervisor=str(treatment.supervisor_id or ""))
    supervisor.offer(able_to_supervise)
    return render_template(
        "treatments/review.html",
        treatment=treatment,
        patient=treatment.patient,
        chart=treatment.chart(),
        view=summarise(treatment.chart(), known, language()),
        findings=findings,
        stopping=[finding for finding in findings if finding.stops_signing],
        overridden=any(finding.needs_prescriber for finding in findings),
        to_read=sum(finding.is_to_be_read for finding in findings),
        read=fingerprint(findings),
        refusal=refusal,
        performer_form=performer,
        supervisor_form=supervisor if able_to_supervise else None,
        orderer_form=orderer
        or OrdererForm(
            formdata=None, data={"name": treatment.ordering_name, "npi": treatment.ordering_npi}
        ),
        incomplete_form=incomplete or IncompleteForm(formdata=None),
        incomplete_reasons={key: say_why() for key, say_why in INCOMPLETE_REASONS.items()},
        measures=measures or measures_form(treatment, known, language(), sent=False),
        asked=asked(treatment, known, language()),
        passes=checklist(case, known, language()),
        payer=payer_profile(case, known),
        offered_codes=[
            code
            for indication in treatment.indications
            for code in known.indications[indication].codes[:CODES_OFFERED]
        ],
        form=form,
        error=error,
        latest_before=next(iter(treatment.days_before()), None),
        before=before,
        saved_at=saved_at(treatment),
        asking=asking,
        waits=len(findings) < len(judged),
        review_questions=review_questions(treatment, case, before, language()),
        vault_secret=keyring.vault_secret(current_user.id),
        **_asking(opened),
    )


@bp.post("/treatments/<treatment_id>/signature")
def create_signature(treatment_id: str) -> Answer:
    """Sign with the PIN. The try is counted and kept before the PIN is tried."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    key = hold_signing_key(current_user)
    require(access.refusal_to_sign(current_user, treatment, now=clock.now()))
    assert key is not None  # access.refusal_to_sign has seen to it
    form = signature_form()()
    if not form.validate_on_submit():
        return _review_page(treatment, form, error=form.first_error()), 422
    reviewed = int(form.revision.data or 0)
    asked = prescriber_or_none(form.prescriber.data, besides=current_user)
    said = Said(reasons=form.reasons, read=form.read.data or "", overriding=asked)
    findings = findings_to_print(
        treatment, expected_revision=reviewed, said=said, by=current_user, now=clock.now()
    )
    signer = _opened(key, str(form.pin.data))
    if not any(finding.needs_prescriber for finding in findings):
        asked = None
    if asked is not None:
        _open_for(asked, str(form.prescriber_pin.data or ""))

    begin_write()
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    note = issue_note(
        treatment,
        the_clinic(),
        signer=signer,
        expected_revision=reviewed,
        said=said,
        by=current_user,
        now=clock.now(),
    )
    db.session.add(note)
    log(
        "note.signed",
        note,
        number=note.number,
        pdf_sha256=note.pdf_sha256,
        level=note.level,
        reasons={each.id: said.reasons[each.id] for each in findings if each.needs_reason},
        overridden_by=str(asked.id) if asked else None,
    )
    db.session.commit()
    return redirect(url_for("treatments.show", treatment_id=treatment.id), 303)


def _opened(key: SigningKey, pin: str) -> authority.Signer:
    """The key, opened by this PIN. The try is counted and kept before the PIN is tried.

    The PIN's slow hash runs outside the transaction: it would keep every other writer waiting. A
    PIN that was right is none of the tries that lock the key, whatever becomes of the note.
    """
    key.count_try()
    db.session.commit()
    signer = open_key(key, pin)
    db.session.rollback()
    begin_write()
    key.opened()
    db.session.commit()
    return signer


def _open_for(prescriber: Person, pin: str) -> None:
    """The prescriber who overrides gives their own PIN. Raises WrongPinOfPrescriber."""
    begin_write()
    key = hold_signing_key(prescriber)
    if refusal := access.refusal_to_override(prescriber, now=clock.now()):
        raise NotSaid("%(why)s", about=PRESCRIBER, why=refusal)
    assert key is not None  # access.refusal_to_override has seen to it
    try:
        _opened(key, pin)
    except authority.WrongPin:
        raise WrongPinOfPrescriber(prescriber) from None


@bp.errorhandler(NotSaid)
def refuse_unsaid(refusal: NotSaid) -> Answer:
    """422: the review page again with all that was typed, and what is missing at its place."""
    db.session.rollback()
    treatment = get_treatment(str((request.view_args or {})["treatment_id"]))
    form = signature_form()()
    if wants_json():
        return answer(422, say(refusal))
    field = {READ: form.read, PRESCRIBER: form.prescriber}.get(refusal.about)
    refuse_at(field or form.reason(refusal.about), say(refusal))
    return _review_page(treatment, form, error=say(refusal)), 422


@bp.errorhandler(Unsignable)
def refuse_unsignable(refusal: Unsignable) -> Answer:
    """422: the sentence of the rule that stops the signature, in the reader's language."""
    db.session.rollback()
    return answer(status_of(refusal), refusal.finding.say(language()))


@bp.errorhandler(authority.WrongPin)
def refuse_pin(refusal: authority.WrongPin) -> Answer:
    """403: the try is already counted; say how many are left, and keep what was typed."""
    db.session.rollback()
    begin_write()
    treatment = get_treatment(str((request.view_args or {})["treatment_id"]))
    whose = refusal.prescriber if isinstance(refusal, WrongPinOfPrescriber) else current_user
    key = whose.signing_key
    assert key is not None  # it was just tried
    log(
        "signature.refused",
        treatment,
        outcome="refused",
        whose=str(whose.id),
        tries_left=key.tries_left,
    )
    db.session.commit()
    if whose != current_user:
        sentence = _(
            "That is not the PIN of %(name)s. Nothing was signed. Tries left: %(left)d.",
            name=whose.signed_name,
            left=key.tries_left,
        )
    elif key.is_locked:
        sentence = _("Five wrong PINs have locked your key. Sign out and in again to open it.")
    else:
        sentence = _(
            "That is not your PIN. Nothing was signed. Tries left: %(left)d.", left=key.tries_left
        )
    if wants_json():
        return answer(403, sentence)
    return _review_page(treatment, signature_form()(), error=sentence), 403


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
    return _pdf(pdf, f"{note.number}.pdf", download=download)


@bp.get("/treatments/<treatment_id>/superbill.pdf")
def superbill_pdf(treatment_id: str) -> Answer:
    """One sheet that says what the session is billed with; making it is logged."""
    begin_write()
    note = get_note(treatment_id)
    require(access.refusal_to_see_bill(current_user, note.treatment))
    pdf = render_superbill(_superbill(note))
    log("bill.printed", note, number=note.number)
    db.session.commit()
    return _pdf(pdf, f"{note.number}-superbill.pdf", download=False)


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
    pdf = print_copy(
        note.stored_pdf(),
        margin_line=copy.margin_line(),
        amended=note.later_line(),
        later=note.later_pdfs(),
    )
    log("note.copy_opened", note, number=note.number, copy=copy.serial)
    db.session.commit()
    return _pdf(pdf, f"{note.number}-copy-{serial}.pdf", download=False)


def _pdf(content: bytes, name: str, *, download: bool) -> Response:
    response = send_file(
        BytesIO(content), mimetype="application/pdf", as_attachment=download, download_name=name
    )
    # A patient's paper is not kept by a browser.
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/api/catalogue/<version>.json")
def catalogue_json(version: str) -> Answer:
    """What the tablet needs of the catalogue; a version never changes, so it may be kept."""
    if version != own_catalogue.known().version:
        return answer(404, _("This version of the catalogue is no longer served. Reload the page."))
    # The address says the language: a kept answer must not change with who reads it.
    asked = request.args.get("lang", "")
    spoken = asked if asked in current_app.config["LANGUAGES"] else language()
    response = compression.answer(_catalogue_for_tablet(version, spoken), etag=version)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@bp.get("/api/drawings/<ref>.svg", defaults={"kind": "svg"})
@bp.get("/api/drawings/<ref>.json", defaults={"kind": "json"})
def own_drawing(ref: str, kind: str) -> Answer:
    """A released drawing of the clinic's own; a version never changes, so it may be kept."""
    drawing = own_catalogue.known().drawings.get(ref) or abort(404)
    if kind == "svg":
        response = Response(drawing.art, mimetype="image/svg+xml")
    else:
        response = Response(assets.joined(drawing.art, drawing.shapes), mimetype="application/json")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    # Opened by itself it is a picture and nothing else, whatever it should ever hold.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _map_urls() -> dict[str, str]:
    """Where each drawing lies, of the clinic's own every version."""
    own = own_catalogue.known().drawings
    return {
        **{ref: assets.drawing(ref) for ref in assets.drawings()},
        **{ref: url_for("treatments.own_drawing", ref=ref, kind="json") for ref in own},
    }


@lru_cache(maxsize=2)
def _catalogue_for_tablet(version: str, spoken: str) -> Compressed:
    """The clinic's catalogue, which is of this version now."""
    values = for_tablet(own_catalogue.known(), spoken)
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return Compressed(text.encode(), "application/json")


def _figures(treatment: Treatment) -> dict[str, Any]:
    return figures(treatment, now=clock.now(), language=language())


def _chart_data(treatment: Treatment) -> dict[str, Any]:
    """What the editor is started with."""
    patient, clinic = treatment.patient, the_clinic()
    earlier = earlier_sessions(treatment, most=EARLIER_SHOWN + 1)
    return {
        "treatment": str(treatment.id),
        "patient": {
            "id": str(patient.id),
            "name": patient.name,
            "born": patient.born.isoformat(),
            "age": patient.age_on(treatment.date),
            "sex": patient.sex,
            "weight_kg": None if patient.weight_kg is None else plain(patient.weight_kg),
            "record_number": patient.record_number,
            "allergies_asked": patient.allergies_asked,
            "allergies": patient.allergies,
        },
        "patient_url": url_for("patients.show", patient_id=patient.id),
        "catalogue_url": url_for(
            "treatments.catalogue_json", version=own_catalogue.known().version, lang=language()
        ),
        "maps": _map_urls(),
        "own_map_url": url_for("treatments.own_drawing", ref="REF", kind="json"),
        "session_url": url_for("treatments.show", treatment_id=treatment.id),
        "save_url": url_for("treatments.save_chart", treatment_id=treatment.id),
        "time_out_url": url_for("treatments.show_time_out", treatment_id=treatment.id),
        "review_url": url_for("treatments.review", treatment_id=treatment.id),
        "discard_url": url_for("treatments.discard", treatment_id=treatment.id),
        "protocol_url": url_for("treatments.save_protocol", treatment_id=treatment.id),
        "may_make_protocol": access.refusal_to_make_protocol(current_user, treatment) is None,
        "move_url": url_for("treatments.choose_patient", treatment_id=treatment.id),
        "revision": treatment.revision,
        "chart": treatment.chart().as_json(),
        "figures": _figures(treatment),
        "earlier": [as_json(each) for each in earlier[:EARLIER_SHOWN]],
        "earlier_all": len(earlier) <= EARLIER_SHOWN,
        "reactions": _reactions(treatment),
        "reactions_url": url_for("treatments.tell_adverse_event", treatment_id=treatment.id),
        "earlier_url": url_for("treatments.show_earlier", treatment_id=treatment.id),
        "recent_vials": vials_at_hand(patient, clinic.today(clock.now())),
        "code_url": url_for("stock.read_code"),
        "photograph_url": url_for("stock.photograph"),
        "zone": clinic.time_zone,
        "hours": clinic.hours,
        "person": {"id": str(current_user.id), "name": current_user.name},
        "vault_secret": keyring.vault_secret(current_user.id),
        "version": offline.version(),
        "stays": _may_stay(patient),
        "now": iso(clock.now()),
        "signed": treatment.is_signed,
        "may_chart": access.refusal_to_chart(current_user, treatment) is None,
        "language": language(),
    }


def _may_stay(patient: Patient) -> bool:
    """Whether the tablet may open this chart without the server: an emergency ends by the hour."""
    return not patient.named or current_user.id in {one.person_id for one in patient.named}
