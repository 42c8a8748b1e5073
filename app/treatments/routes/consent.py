"""The patient's own hand under the consent."""

from __future__ import annotations

from flask import redirect, url_for
from flask_login import current_user

from app import access, clock
from app.access import require
from app.errors import answer
from app.extensions import db
from app.treatments import bp
from app.treatments.forms import DrawnForm
from app.treatments.queries import get_treatment
from app.web import Answer, log


@bp.post("/treatments/<treatment_id>/consent-signature")
def record_consent_signature(treatment_id: str) -> Answer:
    """What the patient drew to consent, or that it is taken back. The note prints it."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    require(access.refusal_to_chart(current_user, treatment))
    form = DrawnForm()
    if not form.validate_on_submit():
        return answer(422, str(form.drawn.errors[0]))
    treatment.record_consent_signature(form.drawing, now=clock.now())
    log("treatment.consent_signature", treatment, drawn=form.drawing is not None)
    db.session.commit()
    address = url_for("treatments.review", treatment_id=treatment.id, _anchor="before")
    return redirect(address, 303)
