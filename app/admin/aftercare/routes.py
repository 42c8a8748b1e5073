"""The clinic's own after-care text, in both languages, as an administrator writes it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import access, clock, own_catalogue
from app.access import require
from app.admin import bp
from app.admin.forms import AfterCareForm
from app.extensions import db
from app.models import ClinicCatalogueRow
from app.web import log

Answer = Response | str | tuple[str, int]


@bp.route("/after-care", methods=["GET", "POST"])
def after_care() -> Answer:
    """What a patient is given on paper. A new text is a new version; what was given stays known."""
    require(access.refusal_to_administer(current_user))
    standing = own_catalogue.after_care_text()
    said: dict[str, Any] = (standing.value if standing else None) or {}
    form = AfterCareForm(
        data={
            "number": said.get("number", ""),
            "english": said.get("en", ""),
            "spanish": said.get("es", ""),
        }
    )
    if form.validate_on_submit():
        value = {
            "number": form.number.data,
            "en": form.english.data,
            "es": form.spanish.data,
        }
        row = ClinicCatalogueRow.after_care(db.session(), value, by=current_user, now=clock.now())
        log("after_care.written", row, version=row.version)
        db.session.commit()
        flash(_("The text is saved as version %(number)d.", number=row.version))
        return redirect(url_for("admin.after_care"), 303)
    page = render_template(
        "admin/after_care.html",
        form=form,
        standing=standing,
        emergency={
            language: own_catalogue.emergency_lines(standing, language) for language in ("en", "es")
        },
    )
    return (page, 422) if form.is_submitted() else page
