"""Routes of the door. Each loads, asks, parses, acts, answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import current_user, login_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import access, audit, clock
from app.access import require
from app.auth import bp, setup_code, sign_in, signing_keys, websession
from app.auth.forms import (
    LanguageForm,
    LoginForm,
    PasswordForm,
    PinForm,
    SetupCodeForm,
    SetupForm,
)
from app.extensions import db, limiter
from app.forms import refuse_at, take_no_fields, time_zones
from app.models import Authority, Clinic, Person, Role
from app.models.person import fold_username
from app.passwords import normalise
from app.roles import role_names
from app.web import the_clinic

Answer = Response | str | tuple[str, int]


@bp.route("/setup", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def setup() -> Answer:
    """First run: the code from the terminal, then the clinic and its first administrator.

    Once somebody can sign in there is nothing here.
    """
    if db.session.scalars(select(Person.id).limit(1)).first() is not None:
        abort(404)
    if not session.get("setup_code_was_right"):
        return _ask_for_code()
    if "code" in request.form:  # The button of the page before, tapped twice.
        return redirect(url_for("auth.setup"), 303)
    form = SetupForm()
    if not form.validate_on_submit():
        page = render_template("auth/setup.html", form=form, zones=time_zones(), step=2)
        return page, 422 if form.is_submitted() else 200
    now = clock.now()
    person = _found_clinic(form, now=now)
    _log("clinic.set_up", by=person, now=now, roles=person.roles)
    session.pop("setup_code_was_right")
    login_user(person)
    db.session.commit()
    setup_code.spend()
    return redirect(_home(person), 303)


def _ask_for_code() -> Answer:
    form = SetupCodeForm()
    if not form.validate_on_submit():
        page = render_template("auth/setup_code.html", form=form, step=1)
        return page, 422 if form.is_submitted() else 200
    session["setup_code_was_right"] = True
    return redirect(url_for("auth.setup"), 303)


def _found_clinic(form: SetupForm, *, now: datetime) -> Person:
    """The clinic, its signing authority and its first person, who also treats if they say so."""
    clinic = Clinic(
        name=form.clinic_name.data,
        address=form.address.data or "",
        telephone=form.telephone.data or "",
        time_zone=form.time_zone.data,
        paper=form.paper.data,
        created_at=now,
    )
    vouching = signing_keys.found_authority(clinic, now=now)
    roles = [Role.PROVIDER, Role.PRESCRIBER] if form.treats.data else []
    person = Person(
        username=fold_username(form.username.data or ""),
        name=form.name.data,
        credentials=form.credentials.data or "",
        roles=[str(role) for role in (*roles, Role.ADMINISTRATOR)],
        created_at=now,
    )
    person.set_password(normalise(form.password.data or ""))
    if form.treats.data:
        signing_keys.set_pin(person, form.pin.data or "", clinic=clinic, vouching=vouching, now=now)
    db.session.add_all([clinic, vouching, person])
    db.session.flush()
    return person


@bp.route("/login", methods=["GET", "POST"])
@limiter.limit("60 per minute", methods=["POST"])
def login() -> Answer:
    """Sign in. Every kind of wrong gets the same answer after the same time."""
    form = LoginForm(next=request.args.get("next", ""))
    if not form.validate_on_submit():
        if not form.is_submitted() and current_user.is_authenticated:
            return redirect(_home(current_user), 303)
        return _login_page(form), 422 if form.is_submitted() else 200
    now = clock.now()
    outcome = sign_in.attempt(
        form.username.data or "",
        form.password.data or "",
        address=request.remote_addr or "",
        now=now,
    )
    if outcome.person is not None:
        login_user(outcome.person)
        websession.renew_token()
    _log("person.signed_in", by=outcome.person, now=now, outcome=outcome.word)
    db.session.commit()
    if outcome.is_held:
        held = _("Too many wrong passwords. Nothing was tried. Wait 15 minutes, then sign in.")
        return _login_page(form, refusal=held), 429
    if outcome.person is None:
        wrong = _("User name or password is wrong. After ten wrong ones you wait 15 minutes.")
        return _login_page(form, refusal=wrong), 401
    return redirect(_local_path(form.next.data) or _home(outcome.person), 303)


def _login_page(form: LoginForm, refusal: str | None = None) -> str:
    return render_template("auth/login.html", form=form, refusal=refusal, notice=None)


def _home(person: Person) -> str:
    """The first page of this person's roles."""
    return url_for("patients.today" if access.sees_patients(person) else "admin.people")


def _local_path(address: str | None) -> str | None:
    """The address if it is a path of this clinic, never another site."""
    parts = urlsplit(address or "")
    is_local = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    return parts.path if is_local and "\\" not in parts.path and parts.path[1:2] != "/" else None


@bp.post("/logout")
def logout() -> Answer:
    """Sign out: the session is dead on the server, and the browser empties its cache."""
    take_no_fields()
    if current_user.is_authenticated:
        _log("person.signed_out", by=current_user, now=clock.now())
    websession.end_session()
    db.session.commit()
    answer = redirect(url_for("auth.login", left=1), 303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@bp.get("/account")
def account() -> Answer:
    """One's own PIN, password, language and screen."""
    return _account_page()


@bp.post("/account/pin")
@limiter.limit("20 per hour")
def set_pin() -> Answer:
    """A new PIN is a new key and certificate; the old one is retired, its notes stay valid."""
    require(access.refusal_to_hold_pin(current_user))
    form = PinForm()
    if form.validate() and not current_user.password_is(normalise(form.current_password.data)):
        refuse_at(form.current_password, _("This is not your password."))
    if form.errors:
        return _account_page(pin_form=form), 422
    now = clock.now()
    key = signing_keys.set_pin(
        current_user, form.pin.data, clinic=the_clinic(), vouching=_authority(), now=now
    )
    _log("pin.set", by=current_user, now=now, serial=key.serial)
    db.session.commit()
    flash(_("Your PIN is set. It signs from now on."))
    return redirect(url_for("auth.account"), 303)


@bp.post("/account/password")
@limiter.limit("20 per hour")
def change_password() -> Answer:
    """A new password signs its owner out everywhere else."""
    form = PasswordForm(names=(the_clinic().name, current_user.name, current_user.username))
    if form.validate() and not current_user.password_is(normalise(form.old_password.data)):
        refuse_at(form.old_password, _("This is not your password."))
    if form.errors:
        return _account_page(password_form=form), 422
    is_first = current_user.must_change_password
    current_user.set_password(normalise(form.password.data))
    current_user.must_change_password = False
    websession.end_sessions_of(current_user, but_this=True)
    websession.renew_token()
    _log("password.changed", by=current_user, now=clock.now())
    db.session.commit()
    flash(_("Your password is changed. You are signed out everywhere else."))
    return redirect(_home(current_user) if is_first else url_for("auth.account"), 303)


@bp.post("/account/language")
def choose_language() -> Answer:
    """The language of one's own screens."""
    form = LanguageForm()
    if not form.validate():
        return _account_page(language_form=form), 422
    current_user.language = form.language.data
    _log("language.chosen", by=current_user, now=clock.now(), language=form.language.data)
    db.session.commit()
    with force_locale(form.language.data):
        flash(_("Stipple now speaks English."))
    return redirect(url_for("auth.account"), 303)


def _account_page(
    *,
    pin_form: PinForm | None = None,
    password_form: PasswordForm | None = None,
    language_form: LanguageForm | None = None,
) -> str:
    return render_template(
        "auth/account.html",
        role_names=role_names(current_user),
        may_hold_pin=access.refusal_to_hold_pin(current_user) is None,
        key=current_user.signing_key,
        pin_form=pin_form or PinForm(formdata=None),
        password_form=password_form or PasswordForm(names=(), formdata=None),
        language_form=language_form or LanguageForm(formdata=None, language=current_user.language),
    )


def _authority() -> Authority:
    return db.session.scalars(select(Authority).order_by(Authority.created_at.desc())).first() or (
        abort(404)
    )


def _log(act: str, *, by: Person | None, now: datetime, **details: Any) -> None:
    audit.record(db.session, act, by=by, now=now, subject=by, where=request.remote_addr, **details)
