"""A chart kept as a protocol of the clinic’s own."""

from __future__ import annotations

from flask import jsonify
from flask_babel import gettext as _
from flask_login import current_user

from app import access, clock, own_catalogue
from app.access import require
from app.clinical.catalogue.own import pattern_of
from app.errors import answer
from app.extensions import db
from app.models import ClinicCatalogueRow
from app.treatments import bp
from app.treatments.forms import OwnProtocolForm
from app.treatments.queries import get_treatment
from app.web import Answer, log


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
