"""Routes of the door. Each loads, asks, parses, acts, answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import abort, flash, jsonify, redirect, render_template, request, session, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import current_user, login_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import access, audit, clock, keyring
from app.auth import bp, lock_screen, pins, setup_code, sign_in, signing_keys, tablets, websession
from app.auth.forms import (
    LanguageForm,
    LockForm,
    LoginForm,
    PasswordForm,
    PinForm,
    SetupCodeForm,
    SetupForm,
    UnlockForm,
)
from app.errors import answer, wants_json
from app.extensions import begin_write, db, limiter
from app.forms import refuse_at, take_no_fields, time_zones
from app.models import Authority, Clinic, Person, Role, SigningKey, UnlockPin
from app.models.person import fold_username
from app.passwords import normalise
from app.roles import role_names
from app.web import the_clinic

Answer = Response | str | tuple[Response | str, int] | tuple[str, int]


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
    tablets.let_in(person, now=now)
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
    waiting, where = None, {}
    if outcome.person is not None:
        login_user(outcome.person)
        websession.renew_token()
        here = tablets.let_in(outcome.person, now=now)
        waiting, where = here.take_address(), {"tablet": str(here.tablet.id)}
    _log("person.signed_in", by=outcome.person, now=now, outcome=outcome.word, **where)
    db.session.commit()
    if outcome.is_held:
        held = _("Too many wrong passwords. Nothing was tried. Wait 15 minutes, then sign in.")
        return _login_page(form, refusal=held), 429
    if outcome.person is None:
        wrong = _("User name or password is wrong. After ten wrong ones you wait 15 minutes.")
        return _login_page(form, refusal=wrong), 401
    return redirect(_local_path(form.next.data) or waiting or _home(outcome.person), 303)


def _login_page(form: LoginForm, refusal: str | None = None) -> str:
    return render_template(
        "auth/login.html",
        form=form,
        refusal=refusal,
        notice=None,
        has_names=lock_screen.has_names(),
        left=_taken("left"),
    )


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
    """Sign out: the session is dead on the server, the name leaves this tablet, and with it
    what the tablet keeps for that person."""
    take_no_fields()
    left = None
    if current_user.is_authenticated:
        _log("person.signed_out", by=current_user, now=clock.now())
        if tablet := tablets.this_tablet():
            tablet.let_out(current_user)
        left = str(current_user.id)
    websession.end_session()
    db.session.commit()
    session["left"] = left
    others = lock_screen.has_names()
    to_door = redirect(url_for("auth.lock_page" if others else "auth.login", left=1), 303)
    to_door.headers["Clear-Site-Data"] = '"cache"'
    return to_door


@bp.get("/lock")
def lock_page() -> Answer:
    """The screen of a locked tablet. Unlocked there is nothing to see, and nobody to come back."""
    if current_user.is_authenticated:
        return redirect(_home(current_user), 303)
    if not lock_screen.has_names():
        return redirect(url_for("auth.login"), 303)
    return lock_screen.page(left=_taken("left"))


@bp.post("/lock")
def lock() -> Answer:
    """Lock this tablet: the session is over, and the page waits for its owner's PIN."""
    form = LockForm()
    now = clock.now()
    if current_user.is_authenticated:
        here = tablets.sign_in_of(current_user.id, now)
        if here is not None:
            here.lock(_local_path(form.address.data), now=now)
        why = "idle" if form.why.data == "idle" else "hand"
        tablet = str(here.tablet_id) if here else None
        _log("tablet.locked", by=current_user, now=now, why=why, tablet=tablet)
        websession.end_session()
        db.session.commit()
    return ("", 204) if wants_json() else redirect(url_for("auth.lock_page"), 303)


@bp.post("/unlock")
@limiter.limit("60 per minute")
def unlock() -> Answer:
    """Come back with a PIN to a tablet one has signed in on fully within twelve hours.

    The try is counted and kept before the PIN is tried.
    """
    form = UnlockForm()
    here = tablets.sign_in_of(form.person_id, clock.now())
    if here is None:
        return _not_here(form)
    if not form.validate():
        return _still_locked(form, str(form.pin.errors[0]), 422)
    pin = pins.hold(here.person)
    if refusal := access.refusal_to_unlock(here.person):
        return _still_locked(form, refusal, 403)
    assert pin is not None  # access.refusal_to_unlock has seen to it
    pin.count_try()
    db.session.commit()

    # The slow hash runs outside the transaction: it would keep every other writer waiting.
    is_right = pins.is_opened_by(pin, str(form.pin.data))
    db.session.rollback()

    begin_write()
    now = clock.now()
    here = tablets.sign_in_of(form.person_id, now)
    if here is None:
        return _not_here(form)
    if not is_right:
        refused = {"outcome": "refused", "tries_left": pin.tries_left}
        _log("tablet.unlocked", by=here.person, now=now, tablet=str(here.tablet_id), **refused)
        db.session.commit()
        return _still_locked(form, _wrong_pin(pin), 403)
    was_last = lock_screen.last_of(tablets.signed_in_here(now)) is here
    asked_for = _local_path(form.next.data) if was_last else None
    address = here.take_address() or asked_for or _home(here.person)
    pin.opened()
    login_user(here.person)
    websession.renew_token()
    websession.end_by(here.until)
    _log("tablet.unlocked", by=here.person, now=now, tablet=str(here.tablet_id))
    db.session.commit()
    return _opened(here.person, address)


def _not_here(form: UnlockForm) -> Answer:
    refusal = _("This name is not signed in on this tablet. Sign in fully.")
    if wants_json() or lock_screen.has_names():
        return _still_locked(form, refusal, 404)
    return _login_page(LoginForm(formdata=None), refusal=refusal), 404


def _still_locked(form: UnlockForm, refusal: str, status: int) -> Answer:
    if wants_json():
        return answer(status, refusal)
    return lock_screen.page(form=form, refusal=refusal), status


def _opened(person: Person, address: str) -> Answer:
    """The page that waited. The lock's own script is told, too, what the PIN opens on its tablet
    from now on without the server."""
    if not wants_json():
        return redirect(address, 303)
    secret = keyring.vault_secret(person.id)
    return jsonify(
        {"person": str(person.id), "name": person.signed_name, "secret": secret, "next": address}
    )


def _wrong_pin(pin: SigningKey | UnlockPin) -> str:
    if pin.is_locked:
        return _("Five wrong PINs have locked it. Sign in fully to open it again.")
    return _("That is not the PIN. Tries left: %(left)d.", left=pin.tries_left)


def _taken(name: str) -> str:
    """What the session kept for one page."""
    return session.pop(name, None) or ""


@bp.get("/presence")
def presence() -> tuple[str, int]:
    """Somebody is at the tablet: the page says how long ago it was touched, and the clock of the
    lock starts again."""
    return "", 204


@bp.get("/account")
def account() -> Answer:
    """One's own PIN, password, language and screen."""
    return _account_page()


@bp.post("/account/pin")
@limiter.limit("20 per hour")
def set_pin() -> Answer:
    """A new PIN. A provider's is a new key and certificate; the old one is retired, its notes stay
    valid. Anybody else's opens shared tablets and nothing more."""
    form = PinForm()
    if form.validate() and not current_user.password_is(normalise(form.current_password.data)):
        refuse_at(form.current_password, _("This is not your password."))
    if form.errors:
        return _account_page(pin_form=form), 422
    now = clock.now()
    if access.refusal_to_hold_key(current_user) is None:
        key = signing_keys.set_pin(
            current_user, form.pin.data, clinic=the_clinic(), vouching=_authority(), now=now
        )
        _log("pin.set", by=current_user, now=now, serial=key.serial)
        said = _("Your PIN is set. It signs from now on.")
    else:
        pins.set_unlock_pin(current_user, form.pin.data, now=now)
        _log("pin.set", by=current_user, now=now)
        said = _("Your PIN is set. It brings you back to a tablet where you have signed in.")
    db.session.commit()
    flash(said)
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
        signs=access.refusal_to_hold_key(current_user) is None,
        pin=current_user.pin,
        pin_form=pin_form or PinForm(formdata=None),
        password_form=password_form or PasswordForm(names=(), formdata=None),
        language_form=language_form or LanguageForm(formdata=None, language=current_user.language),
    )


def _authority() -> Authority:
    return signing_keys.current_authority() or abort(404)


def _log(act: str, *, by: Person | None, now: datetime, **details: Any) -> None:
    audit.record(db.session, act, by=by, now=now, subject=by, where=request.remote_addr, **details)
