"""The review page, and what is said on it before the signature."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import SelectChoice

from app import access, clock, keyring, own_catalogue
from app.access import require
from app.clinical.checklist import checklist, payer_profile
from app.clinical.rules import judge
from app.errors import answer
from app.extensions import begin_write, db
from app.forms import take_no_fields
from app.models import Treatment
from app.notes import strokes
from app.notes.paper import missing_in
from app.treatments import bp
from app.treatments.asking import (
    review_questions,
    saved_at,
    time_out,
    waits_for_an_answer,
    words_for_asking,
)
from app.treatments.forms import (
    DiagnosisForm,
    IncompleteForm,
    OrdererForm,
    PerformerForm,
    SignatureForm,
    SupervisorForm,
    TouchUpForm,
    signature_form,
)
from app.treatments.measures import MeasuresForm, asked, measures_form, readings
from app.treatments.queries import (
    draft_to_chart,
    get_treatment,
    prescribers,
    providers,
    session_before,
    supervisors,
)
from app.treatments.said import fingerprint
from app.treatments.summary import summarise
from app.web import Answer, language, log, plain

# Why sessions commonly end before everything planned is given, as the note says it and as the
# button does.
INCOMPLETE_REASONS: dict[str, Callable[[], str]] = {
    "the patient asked to stop": lambda: _("The patient asked to stop"),
    "the patient felt unwell": lambda: _("The patient felt unwell"),
    "the other sites were not needed today": lambda: _("The other sites were not needed today"),
}
# So many of an indication's codes are one tap on the review page; the chart has them all.
CODES_OFFERED = 8


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
    return review_page(treatment, signature_form()(formdata=None))


def review_page(
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
        unprinted=[] if treatment.patient.latin_name else missing_in([treatment.patient.name]),
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
        most_points=strokes.MOST_POINTS,
        consent_path=strokes.path(treatment.consent_signature or []),
        vault_secret=keyring.vault_secret(current_user.id),
        **words_for_asking(opened),
    )


@bp.post("/treatments/<treatment_id>/supervisor")
def record_supervisor(treatment_id: str) -> Answer:
    """Say who supervises whoever gives the treatment; empty: nobody does."""
    treatment = draft_to_chart(treatment_id)
    form = SupervisorForm()
    able = {str(person.id): person for person in supervisors(treatment)}
    form.offer(able)
    if not form.validate_on_submit():
        return answer(422, _("Choose who supervises it."))
    treatment.record_supervisor(able.get(str(form.supervisor.data or "")))
    log("treatment.supervisor", treatment, supervisor=form.supervisor.data or None)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/performer")
def record_performer(treatment_id: str) -> Answer:
    """Say who gave the treatment, when an assistant opened it."""
    treatment = draft_to_chart(treatment_id)
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
    treatment = draft_to_chart(treatment_id)
    form = OrdererForm()
    if not form.validate_on_submit():
        return review_page(treatment, signature_form()(formdata=None), orderer=form), 422
    treatment.record_orderer(form.name.data or "", form.npi.data or "")
    log("treatment.orderer", treatment)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/remainders")
def discard_remainders(treatment_id: str) -> Answer:
    """Record that what is left in the vials is discarded."""
    treatment = draft_to_chart(treatment_id)
    take_no_fields()
    discarded = treatment.discard_remainders(by=current_user, now=clock.now())
    units = {product: plain(left) for product, left in discarded.items()}
    log("treatment.discarded_remainders", treatment, units=units)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/incomplete")
def record_incomplete(treatment_id: str) -> Answer:
    """Say why the session ends with sites not given, or take that back."""
    treatment = draft_to_chart(treatment_id)
    form = IncompleteForm()
    if not form.validate_on_submit():
        return review_page(treatment, signature_form()(formdata=None), incomplete=form), 422
    treatment.record_incomplete(form.said)
    log("treatment.incomplete", treatment, incomplete=form.said is not None)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/touch-up")
def record_touch_up(treatment_id: str) -> Answer:
    """Say which session this one completes, or that it completes none after all."""
    treatment = draft_to_chart(treatment_id)
    form = TouchUpForm()
    if not form.validate_on_submit():
        return answer(422, _("Choose the session that this one completes."))
    treatment.complete(form.day.data)
    log("treatment.touch_up", treatment, of=form.day.data.isoformat() if form.day.data else None)
    db.session.commit()
    return redirect(url_for("treatments.review", treatment_id=treatment.id), 303)


@bp.post("/treatments/<treatment_id>/diagnosis")
def add_diagnosis(treatment_id: str) -> Answer:
    """Choose a diagnosis on the review page, where nobody did so on the chart."""
    treatment = draft_to_chart(treatment_id)
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
    treatment = draft_to_chart(treatment_id)
    form = measures_form(treatment, own_catalogue.known(), language(), sent=True)
    valid = form.validate()
    found = readings(form, treatment, own_catalogue.known(), language())
    if not valid or form.errors:
        return review_page(treatment, signature_form()(formdata=None), measures=form), 422
    if form.revision.data != treatment.revision:
        sentence = _(
            "%(name)s changed this session meanwhile. What you entered is still here: save again.",
            name=treatment.saved_by.name,
        )
        return review_page(
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
