"""What earlier sessions gave, and what came after them."""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify
from flask_babel import gettext as _
from flask_login import current_user

from app import access, clock, own_catalogue
from app.access import require
from app.errors import answer
from app.extensions import begin_write, db
from app.forms import take_no_fields
from app.models import AdverseEvent, Treatment
from app.treatments import bp
from app.treatments.earlier import as_json, reaction
from app.treatments.forms import AdverseEventForm
from app.treatments.queries import (
    adverse_events_before,
    draft_to_chart,
    earlier_sessions,
    get_treatment,
)
from app.web import Answer, language, log


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
    treatment = draft_to_chart(treatment_id)
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
    return jsonify({"reactions": reactions(treatment)})


@bp.post("/treatments/<treatment_id>/adverse-events/<event_id>/withdrawal")
def withdraw_adverse_event(treatment_id: str, event_id: str) -> Answer:
    """Say that an event was not so; its row stays."""
    treatment = draft_to_chart(treatment_id)
    take_no_fields()
    known = {str(each.id): each for each in adverse_events_before(treatment)}
    event = known.get(event_id) or abort(404)
    event.withdraw(by=current_user, now=clock.now())
    log("treatment.adverse_event_withdrawn", treatment, event=event_id)
    db.session.commit()
    return jsonify({"reactions": reactions(treatment)})


def reactions(treatment: Treatment) -> list[dict[str, Any]]:
    """What came after the patient's earlier sessions, as the chart shows it."""
    known = own_catalogue.known()
    return [reaction(each, known, language()) for each in adverse_events_before(treatment)]
