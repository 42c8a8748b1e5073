"""FEATURE: the stock: vials received, lots quarantined, and what a scanned code says."""

from flask import Blueprint, request
from flask_login import login_required

from app import settings

bp = Blueprint("stock", __name__)

# A form's own fields and boundaries come on top of the picture.
ROOM_FOR_THE_FORM = 100_000


@bp.before_request
@login_required
def require_sign_in() -> None:
    """Everything here needs a signed-in person."""


@bp.url_value_preprocessor
def allow_a_photograph(endpoint: str | None, values: dict[str, object] | None) -> None:
    """A picture may be larger than a form. It stays in memory: nothing of it is kept."""
    if endpoint == "stock.photograph":
        request.max_content_length = settings.LARGEST_PHOTOGRAPH + ROOM_FOR_THE_FORM


from app.stock import routes  # noqa: E402, F401
