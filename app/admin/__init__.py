"""FEATURE: people and the clinic's own details, for administrators."""

from flask import Blueprint
from flask_login import login_required

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.before_request
@login_required
def require_sign_in() -> None:
    """Everything here needs a signed-in person."""


from app.admin import assess_page, routes  # noqa: E402, F401
from app.admin.aftercare import routes as aftercare_routes  # noqa: E402, F401
from app.admin.catalogue import routes as catalogue_routes  # noqa: E402, F401
from app.admin.certificates import routes as certificate_routes  # noqa: E402, F401
from app.admin.maps import routes as map_routes  # noqa: E402, F401
