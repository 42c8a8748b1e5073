"""FEATURE: the records desk: signed notes found and printed, and any PDF checked."""

from typing import Any

from flask import Blueprint, request
from flask_login import login_required

from app import settings

bp = Blueprint("records", __name__)

# What anyone may ask without signing in; it keeps nothing.
PUBLIC = frozenset({"records.verify", "records.look_up", "records.check", "records.authority"})
# A form's own fields and boundaries come on top of the file.
ROOM_FOR_THE_FORM = 100_000


@bp.before_request
def require_sign_in() -> Any:
    """Everything here but the check of a file needs a signed-in person."""
    return None if request.endpoint in PUBLIC else _signed_in()


@login_required
def _signed_in() -> None:
    """Answers only for a signed-in person."""


@bp.url_value_preprocessor
def allow_a_whole_note(endpoint: str | None, values: dict[str, object] | None) -> None:
    """A file to check may be larger than a form. Set before anything reads the request."""
    if endpoint == "records.verify":
        request.max_content_length = settings.LARGEST_VERIFIED_FILE + ROOM_FOR_THE_FORM


from app.records import routes  # noqa: E402, F401
from app.records.verifying import routes as verifying_routes  # noqa: E402, F401
