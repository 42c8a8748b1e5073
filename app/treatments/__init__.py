"""FEATURE: the session from its start to the signed note, and copies of that."""

from flask import Blueprint
from flask_login import login_required

bp = Blueprint("treatments", __name__)


@bp.before_request
@login_required
def require_sign_in() -> None:
    """Everything here needs a signed-in person."""


from app.treatments import routes  # noqa: E402, F401
