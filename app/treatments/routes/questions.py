"""The time-out, and the answers to every question of a session."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import access, clock
from app.access import require
from app.errors import answer
from app.extensions import begin_write, db
from app.models import Treatment
from app.treatments import bp
from app.treatments.asking import aloud, saved_at, time_out, words_for_asking
from app.treatments.forms import AnswerForm, AskedAgainForm, signature_form
from app.treatments.queries import draft_to_chart, get_treatment, session_before
from app.treatments.routes.review import review_page
from app.web import Answer, language, log, the_clinic


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
    return time_out_page(treatment)


def time_out_page(treatment: Treatment, opened: str | None = None) -> str:
    case, before = treatment.case(now=clock.now()), session_before(treatment)
    return render_template(
        "treatments/time_out.html",
        treatment=treatment,
        patient=treatment.patient,
        before=before,
        saved_at=saved_at(treatment),
        aloud=aloud(case.chart, language()),
        asking=time_out(treatment, case, before, language()),
        **words_for_asking(opened),
    )


@bp.post("/treatments/<treatment_id>/answers")
def record_answer(treatment_id: str) -> Answer:
    """Record what was said to one question; the page comes back with it."""
    treatment = draft_to_chart(treatment_id)
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
        return review_page(treatment, signature_form()(formdata=None), opened=opened)
    return time_out_page(treatment, opened)


def _back_to(treatment: Treatment, form: AnswerForm) -> BaseResponse:
    page = "treatments.review" if form.page.data == "review" else "treatments.show_time_out"
    # The fragment takes the eye and the keyboard back to where they were.
    address = url_for(page, treatment_id=treatment.id, _anchor=f"q-{form.question.data}")
    return redirect(address, 303)


@bp.post("/treatments/<treatment_id>/answers/again")
def record_asked_again(treatment_id: str) -> Answer:
    """All asked again, nothing changed: one tap for what the list still left open."""
    treatment = draft_to_chart(treatment_id)
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
        return time_out_page(treatment)
    return redirect(url_for("treatments.show_time_out", treatment_id=treatment.id), 303)
