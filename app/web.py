"""What every request and page has in common: who it is, the headers, the words for dates."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.dates import format_time
from flask import Flask, Response, abort, g, jsonify, redirect, request, url_for
from flask_babel import format_date, get_locale
from flask_login import current_user
from sqlalchemy import select, text
from werkzeug.wrappers import Response as BaseResponse

import app as stipple
from app import audit, clock
from app.extensions import begin_write, db
from app.gate import is_this_machine
from app.models import Clinic, Person

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

BAD_REQUEST = 400

# What a route of a session answers with.
Answer = Response | BaseResponse | str | tuple[Any, int]

# Pages that work before the clinic is set up.
BEFORE_SETUP = frozenset({"auth.setup", "static", "healthz"})


def clinic() -> Clinic | None:
    """This instance's clinic, or None before set-up; read once a request."""
    if "clinic" not in g:
        g.clinic = db.session.scalars(select(Clinic)).first()
    found: Clinic | None = g.clinic
    return found


def the_clinic() -> Clinic:
    """This instance's clinic, which is set up by the time anyone can be signed in."""
    found = clinic()
    assert found is not None
    return found


def language() -> str:
    """The reader's language."""
    return str(get_locale() or "en")


def log(act: str, subject: Any = None, **details: Any) -> int:
    """One entry of the audit trail, by who is signed in, in the transaction of the act; answers
    its number."""
    return audit.record(
        db.session,
        act,
        by=current_user,
        now=clock.now(),
        subject=subject,
        where=request.remote_addr,
        **details,
    )


def init_app(app: Flask) -> None:
    """Hook up what happens around every request."""
    app.before_request(_refuse_odd_json)
    app.before_request(_open_transaction)
    app.before_request(_offer_setup)
    app.after_request(_add_headers)
    app.add_url_rule("/healthz", "healthz", healthz)
    app.jinja_env.filters["day"] = day
    app.jinja_env.filters["short_day"] = short_day
    app.jinja_env.filters["at"] = at
    app.jinja_env.filters["plain"] = plain
    app.context_processor(_page_words)


def _refuse_odd_json() -> None:
    """400 for a form sent as JSON that is not fields with text: forms read nothing else."""
    if request.method != "POST" or not request.is_json:
        return
    try:
        fields = request.get_json()
    except RecursionError:  # Lists within lists without end: what json says of them.
        fields = None
    if not isinstance(fields, dict) or not all(isinstance(v, str) for v in fields.values()):
        abort(400)


def _open_transaction() -> None:
    """A request that may change something holds the writer's place from its first statement."""
    if request.method not in SAFE_METHODS and request.endpoint != "static":
        begin_write()


def _offer_setup() -> BaseResponse | None:
    if request.endpoint in BEFORE_SETUP or request.endpoint is None or clinic() is not None:
        return None
    return redirect(url_for("auth.setup"), 303)


def _add_headers(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code < BAD_REQUEST:
        # A part of a page, which the page's own headers speak for; opened alone it runs nothing.
        response.headers["Content-Security-Policy"] = "default-src 'none'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    # Never for localhost: every other program on this machine would be asked for TLS as well.
    if request.is_secure and not is_this_machine(request.host):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static" and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def healthz() -> Response:
    """Whether the database answers; no sign-in, and nothing about the clinic."""
    db.session.execute(text("select 1"))
    engine = db.engine.dialect.name
    return jsonify(
        {
            "status": "ok",
            "version": stipple.__version__,
            "database": "postgresql" if engine == "postgresql" else "sqlcipher",
        }
    )


def _page_words() -> dict[str, Any]:
    signed_in: Person | None = current_user if current_user.is_authenticated else None
    return {
        "clinic": clinic(),
        "person": signed_in,
        "now": clock.now(),
        "version": stipple.__version__,
        "language": language(),
    }


def day(value: date | datetime | None) -> str:
    """A calendar day as it is written everywhere: 23 Nov 2026. An instant is the clinic's day."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = the_clinic().today(value)
    return format_date(value, "d MMM y").replace(".", "")


def short_day(value: date | datetime) -> str:
    """The day without its year: 23 Nov."""
    if isinstance(value, datetime):
        value = the_clinic().today(value)
    return format_date(value, "d MMM").replace(".", "")


def at(value: datetime | None) -> str:
    """The time of day on the clinic's clock: 15:42, or 3:42 PM if it counts to twelve."""
    if value is None:
        return ""
    local = the_clinic().local(value)
    if the_clinic().hours == 24:
        return local.strftime("%H:%M")
    return format_time(local.time(), "h:mm a", locale=language())


def plain(value: Decimal | None) -> str:
    """A decimal without trailing noughts: 155, 3.34, 12.5."""
    if value is None:
        return ""
    text_ = format(value, "f")
    return re.sub(r"\.?0+$", "", text_) if "." in text_ else text_


def uuid_or_none(value: str) -> UUID | None:
    """The id in a request, or None when it is not one."""
    try:
        return UUID(value)
    except ValueError:
        return None
