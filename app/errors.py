"""A rule said no: what that is in HTTP. The only place that knows status codes of refusals."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask_babel import gettext as _
from flask_limiter import RateLimitExceeded
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.access import Forbidden, Hidden
from app.clinical.anatomy import UnknownMap
from app.clinical.errors import ChartError, Refusal
from app.extensions import DatabaseBusy, begin_write, db, login_manager
from app.models import Patient
from app.models.addendum import AmendedMeanwhile
from app.models.patient import StalePatient, StaleRestriction
from app.models.signed_file import NoteDamaged
from app.models.treatment import AlreadySigned, NotADraft, StaleChart
from app.notes.authority import KeyReplaced, WrongPin

# What is sent by people who are not signed in; everything else that is sent begins with a sign-in.
FORMS_OF_STRANGERS = frozenset(
    {"auth.setup", "auth.login", "auth.logout", "auth.lock", "auth.unlock", "records.verify"}
)


class UnknownField(Refusal):
    """A form was sent with something that it does not have."""


# The nearest class in a refusal's line of descent decides.
STATUS_OF: dict[type[Refusal], int] = {
    Refusal: 422,
    ChartError: 422,
    UnknownField: 400,
    UnknownMap: 404,
    StaleChart: 409,
    AmendedMeanwhile: 409,
    StalePatient: 409,
    StaleRestriction: 409,
    AlreadySigned: 409,
    NotADraft: 409,
    KeyReplaced: 409,
    WrongPin: 403,
    NoteDamaged: 500,
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return next(STATUS_OF[kind] for kind in type(refusal).__mro__ if kind in STATUS_OF)


def say(refusal: Refusal) -> str:
    """The refusal in the reader's language."""
    return _(refusal.message, **refusal.values)


def wants_json() -> bool:
    """Whether a program asked rather than a person."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def answer(status: int, sentence: str, **more: Any) -> tuple[Response | str, int]:
    """The sentence as a page in the house style, or as JSON where a program asked."""
    if wants_json():
        return jsonify({"error": sentence, **more}), status
    return render_template("errors/error.html", status=status, sentence=sentence), status


def init_app(app: Flask) -> None:
    """Tell Flask what each refusal is."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(Hidden, _hidden)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(RateLimitExceeded, _limited)
    app.register_error_handler(DatabaseBusy, _busy)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)


def _refused(refusal: Refusal) -> tuple[Response | str, int]:
    db.session.rollback()
    more = {"path": refusal.path} if isinstance(refusal, ChartError) else {}
    return answer(status_of(refusal), say(refusal), **more)


def _forbidden(refusal: Forbidden) -> tuple[Response | str, int]:
    """What is not this person's to do is not done; that they tried, and as what, is kept."""
    sentence = str(refusal)
    db.session.rollback()
    begin_write()
    _keep("act.refused", roles=sorted(current_user.roles), method=request.method)
    return answer(403, sentence)


def _hidden(refusal: Hidden) -> tuple[Response | str, int]:
    """The answer is that of an unknown address; that somebody asked is kept."""
    patient_id = refusal.patient.id
    db.session.rollback()
    begin_write()
    _keep("patient.hidden", db.session.get(Patient, patient_id))
    return answer(404, _SENTENCES[404]())


def _keep(act: str, subject: object | None = None, **details: Any) -> None:
    # The endpoint's name, never the address: what stands there may say whose record it is.
    audit.record(
        db.session,
        act,
        by=current_user,
        now=clock.now(),
        subject=subject,
        outcome="refused",
        where=request.remote_addr,
        endpoint=request.endpoint,
        **details,
    )
    db.session.commit()


def _csrf(error: CSRFError) -> Any:
    # The token ends with its session: whoever is signed out or locked out meanwhile is told that.
    if not current_user.is_authenticated and request.endpoint not in FORMS_OF_STRANGERS:
        return login_manager.unauthorized()
    return answer(
        400,
        _("This page is too old to be sent. Nothing was changed. Go back, reload, and try again."),
    )


def _limited(error: RateLimitExceeded) -> tuple[Response | str, int] | BaseResponse:
    return answer(429, _("Too many requests. Wait a minute, then try again."))


def _busy(error: DatabaseBusy) -> tuple[Response | str, int]:
    db.session.rollback()
    return answer(
        503, _("Another save took too long, so this one was not written. Wait a moment, try again.")
    )


_SENTENCES = {
    400: lambda: _("This request could not be read. Nothing was changed."),
    401: lambda: _("You are signed out. Sign in, then go on where you were."),
    403: lambda: _("This is not yours to do."),
    404: lambda: _("There is nothing here, or it is not yours to see."),
    405: lambda: _("This address does not take that request."),
    413: lambda: _("This is too large to be sent. Nothing was changed."),
    429: lambda: _("Too many requests. Wait a minute, then try again."),
}


def _http(error: HTTPException) -> tuple[Response | str, int] | BaseResponse | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    sentence = _SENTENCES.get(code)
    return answer(code, sentence() if sentence else error.description or error.name)


def _broken(error: Exception) -> tuple[Response | str, int]:
    from flask import current_app

    db.session.rollback()
    # The kind of fault is logged, never its text: that may hold what a patient's record says.
    current_app.logger.error("fault %s at %s", type(error).__name__, request.endpoint)
    if current_app.testing or current_app.debug:
        raise error
    return answer(
        500, _("Stipple failed at this. What was saved before is safe. Try again, or tell us.")
    )
