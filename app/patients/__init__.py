"""FEATURE: patients, how they are found, and the page of today."""

from flask import Blueprint
from flask_login import login_required

from app import pictures, wording
from app.patients import queries

bp = Blueprint("patients", __name__)
bp.add_app_template_filter(wording.long_day)
bp.add_app_template_filter(wording.ago)
bp.add_app_template_filter(wording.weight)
bp.add_app_template_global(pictures.mini_map_pictures)
bp.add_app_template_global(queries.open_emergencies)


@bp.before_request
@login_required
def require_sign_in() -> None:
    """Everything here needs a signed-in person."""


from app.patients import routes  # noqa: E402, F401
