"""The patient's own hand under the consent."""

from __future__ import annotations

from flask import redirect, url_for

from app import clock
from app.errors import answer
from app.extensions import db
from app.treatments import bp
from app.treatments.forms import DrawnForm
from app.treatments.queries import draft_to_chart
from app.web import Answer, log


@bp.post("/treatments/<treatment_id>/consent-signature")
def record_consent_signature(treatment_id: str) -> Answer:
    """What the patient drew to consent, or that it is taken back. The note prints it."""
    treatment = draft_to_chart(treatment_id)
    form = DrawnForm()
    if not form.validate_on_submit():
        return answer(422, str(form.drawn.errors[0]))
    treatment.record_consent_signature(form.drawing, now=clock.now())
    log("treatment.consent_signature", treatment, drawn=form.drawing is not None)
    db.session.commit()
    address = url_for("treatments.review", treatment_id=treatment.id, _anchor="before")
    return redirect(address, 303)
