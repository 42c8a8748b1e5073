"""FEATURE: the door. Set-up, sign-in and sign-out, one's own account, and what the bar offers."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from app import access
from app.auth import lock_screen, websession
from app.auth.forms import LoginForm
from app.errors import answer, wants_json
from app.extensions import db, login_manager
from app.models import Person
from app.web import uuid_or_none

bp = Blueprint("auth", __name__)
bp.record_once(lambda state: websession.init_app(cast(Flask, state.app)))

PUBLIC = frozenset(
    {"auth.setup", "auth.login", "auth.logout", "auth.lock_page", "auth.lock", "auth.unlock"}
)
# What somebody with a start password may do before they have their own.
BEFORE_OWN_PASSWORD = frozenset(
    {
        "auth.account",
        "auth.change_password",
        "auth.logout",
        "auth.lock_page",
        "auth.lock",
        "auth.presence",
        "static",
    }
)


class NavItem(NamedTuple):
    """One word of the bar."""

    label: str
    url: str
    current: bool


@bp.before_request
def require_sign_in() -> Any:
    """Everything here but the door itself needs a signed-in person."""
    return None if request.endpoint in PUBLIC else _signed_in()


@login_required
def _signed_in() -> None:
    """Answers only for a signed-in person."""


@bp.before_app_request
def require_own_password() -> Response | None:
    """A start password opens nothing but the page where it is replaced."""
    if request.endpoint in BEFORE_OWN_PASSWORD or request.endpoint is None:
        return None
    if not current_user.is_authenticated or not current_user.must_change_password:
        return None
    if wants_json():
        abort(403)
    return redirect(url_for("auth.account"), 303)


@login_manager.user_loader
def load_person(person_id: str) -> Person | None:
    """Who the session says it is, as long as they may be here."""
    key = uuid_or_none(person_id)
    person = db.session.get(Person, key) if key else None
    return person if person is not None and person.is_active else None


@login_manager.unauthorized_handler
def ask_to_sign_in() -> tuple[Response | str, int]:
    """401: the door in the place of the page that was asked for, which follows it.

    On a tablet where people are signed in it is the lock screen, and a program is told so.
    """
    is_locked = lock_screen.has_names()
    if wants_json() and is_locked:
        said = _("This tablet is locked. Enter your PIN, then go on where you were.")
        return answer(401, said, locked=True)
    if wants_json():
        return answer(401, _("You are signed out. Sign in, then go on where you were."))
    if is_locked:
        lost = _(
            "This tablet was locked, so what you sent was not saved. Enter your PIN, then send it"
            " again."
        )
        return lock_screen.page(notice=None if request.method == "GET" else lost), 401
    form = LoginForm(formdata=None, next=_path_back())
    notice = None if request.path == "/" else _("Sign in, then this goes on where it was.")
    return render_template("auth/login.html", form=form, notice=notice), 401


def _path_back() -> str:
    return request.path if request.method == "GET" and not request.query_string else ""


@bp.app_context_processor
def bar() -> dict[str, Any]:
    """Where this person's pages begin, and the words of the bar: only what their roles may do."""
    if not current_user.is_authenticated or current_user.must_change_password:
        return {"nav": [], "home_url": url_for("patients.today")}
    items = []
    if access.refusal_to_see_patients(current_user) is None:
        items += [
            _item(_("Today"), "patients.today", ("patients.today",)),
            _item(_("Patients"), "patients.index", ("patients.", "treatments.")),
        ]
    if access.refusal_to_read_notes(current_user) is None:
        items.append(_item(_("Notes"), "records.index", ("records.index", "records.copies")))
    if access.refusal_to_keep_stock(current_user) is None:
        items.append(_item(_("Stock"), "stock.index", ("stock.",)))
    if access.refusal_to_administer(current_user) is None:
        items += [
            _item(
                _("People"), "admin.people", ("admin.people", "admin.person", "admin.new_person")
            ),
            _item(_("Clinic"), "admin.clinic", ("admin.clinic", "admin.tablets")),
        ]
    return {"nav": items, "home_url": items[0].url if items else url_for("auth.account")}


def _item(label: str, endpoint: str, covers: tuple[str, ...]) -> NavItem:
    here = request.endpoint or ""
    is_current = here == endpoint or (here.startswith(covers) and here != "patients.today")
    return NavItem(label, url_for(endpoint), is_current)


from app.auth import routes  # noqa: E402, F401
