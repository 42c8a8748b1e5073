"""Routes of the administrator: people and the clinic. Each loads, asks, parses, acts, answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import access, clock, tls, trust
from app.access import require
from app.admin import bp
from app.admin.certificates.routes import authorities
from app.admin.forms import ClinicForm, EditPersonForm, NewPersonForm
from app.auth import websession
from app.extensions import db
from app.forms import refuse_at, take_no_fields, time_zones
from app.models import Person, Role
from app.models.person import fold_username
from app.passwords import normalise, start_password
from app.patients.queries import alarms, damaged_files
from app.roles import role_names
from app.web import log, the_clinic, uuid_or_none

Answer = Response | str | tuple[str, int]


@bp.get("/people")
def people() -> Answer:
    """Everyone who may sign in, and who no longer may."""
    require(access.refusal_to_administer(current_user))
    everyone = db.session.scalars(select(Person).order_by(Person.name)).all()
    return render_template(
        "admin/people.html",
        active=[person for person in everyone if person.is_active],
        gone=[person for person in everyone if not person.is_active],
        role_names=role_names,
        alarms=alarms(),
        damaged=damaged_files(),
    )


@bp.route("/people/new", methods=["GET", "POST"])
def new_person() -> Answer:
    """Somebody new, with a start password that its owner replaces at the first sign-in."""
    require(access.refusal_to_administer(current_user))
    form = NewPersonForm(clinic_name=the_clinic().name)
    if not form.is_submitted():
        return _person_page(form)
    username = fold_username(form.username.data or "")
    if form.validate() and _by_username(username) is not None:
        refuse_at(form.username, _("This user name is taken. Choose another."))
    if form.errors:
        return _person_page(form), 422
    password = form.start_password.data or start_password()
    person = Person(
        username=username,
        name=form.name.data,
        credentials=form.credentials.data or "",
        npi=form.npi.data or "",
        roles=list(form.roles.data or ()),
        must_change_password=True,
        created_at=clock.now(),
    )
    person.set_password(normalise(password))
    db.session.add(person)
    log("person.created", person, username=username, roles=person.roles)
    db.session.commit()
    return _start_password_page(person, password), 201


@bp.route("/people/<person_id>", methods=["GET", "POST"])
def person(person_id: str) -> Answer:
    """One person's name, credentials and roles. A change of roles signs them out."""
    require(access.refusal_to_administer(current_user))
    somebody = _get_person(person_id)
    form = EditPersonForm(obj=somebody)
    if not form.is_submitted():
        return _person_page(form, somebody)
    loses = form.validate() and Role.ADMINISTRATOR not in (form.roles.data or ())
    if loses and (sentence := _refusal_to_lose(somebody)):
        refuse_at(form.roles, sentence)
    if form.errors:
        return _person_page(form, somebody), 422
    before = {
        "name": somebody.name,
        "credentials": somebody.credentials,
        "npi": somebody.npi,
        "roles": somebody.roles,
    }
    after: dict[str, Any] = {
        "name": form.name.data,
        "credentials": form.credentials.data or "",
        "npi": form.npi.data or "",
        "roles": list(form.roles.data or ()),
    }
    now = clock.now()
    key = somebody.signing_key
    if key is not None and (after["name"], after["credentials"]) != (
        before["name"],
        before["credentials"],
    ):
        # The certificate names its owner: who is called otherwise signs with another.
        key.retired_at = now
    for field, value in after.items():
        setattr(somebody, field, value)
    if set(before["roles"]) != set(after["roles"]):
        websession.end_sessions_of(somebody, but_this=somebody.id == current_user.id)
        if somebody.id == current_user.id:
            websession.renew_token()
    log("person.edited", somebody, before=before, after=after)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("admin.people"), 303)


@bp.post("/people/<person_id>/start-password")
def renew_start_password(person_id: str) -> Answer:
    """A new start password for somebody who forgot theirs; it signs them out everywhere."""
    require(access.refusal_to_administer(current_user))
    take_no_fields()
    somebody = _get_person(person_id)
    password = start_password()
    somebody.set_password(password)
    somebody.must_change_password = True
    websession.end_sessions_of(somebody)
    log("person.start_password_renewed", somebody)
    db.session.commit()
    return _start_password_page(somebody, password), 201


@bp.post("/people/<person_id>/deactivation")
def deactivate(person_id: str) -> Answer:
    """Let somebody in no more, from this moment. What they signed stays."""
    require(access.refusal_to_administer(current_user))
    take_no_fields()
    somebody = _get_person(person_id)
    require(_refusal_to_lose(somebody))
    somebody.deactivate(now=clock.now())
    websession.end_sessions_of(somebody)
    log("person.deactivated", somebody)
    db.session.commit()
    flash(_("%(name)s is signed out and can no longer sign in.", name=somebody.name))
    return redirect(url_for("admin.people"), 303)


@bp.post("/people/<person_id>/reactivation")
def reactivate(person_id: str) -> Answer:
    """Let somebody in again."""
    require(access.refusal_to_administer(current_user))
    take_no_fields()
    somebody = _get_person(person_id)
    somebody.deactivated_at = None
    log("person.reactivated", somebody)
    db.session.commit()
    flash(_("%(name)s can sign in again.", name=somebody.name))
    return redirect(url_for("admin.people"), 303)


@bp.route("/clinic", methods=["GET", "POST"])
def clinic() -> Answer:
    """The letterhead, the clock and the paper of the notes that follow; when tablets lock."""
    require(access.refusal_to_administer(current_user))
    ours = the_clinic()
    form = ClinicForm(
        obj=ours, clinic_name=ours.name, lock_after_minutes=str(ours.lock_after_minutes)
    )
    if not form.validate_on_submit():
        page = render_template(
            "admin/clinic.html", form=form, zones=time_zones(), authorities=authorities()
        )
        return page, 422 if form.is_submitted() else 200
    columns = {
        "name": form.clinic_name.data,
        "address": form.address.data,
        "telephone": form.telephone.data,
        "time_zone": form.time_zone.data,
        "paper": form.paper.data,
        "hours": int(form.hours.data),
        "cpt_licensed": bool(form.cpt_licensed.data),
        "lock_after_minutes": int(form.lock_after_minutes.data),
        "asks_again": form.asks_again.data,
    }
    changes = {}
    for column, value in columns.items():
        if getattr(ours, column) != value:
            changes[column] = [getattr(ours, column), value]
            setattr(ours, column, value)
    log("clinic.edited", ours, changes=changes)
    db.session.commit()
    flash(_("Saved. Notes signed before keep the letterhead they were signed with."))
    return redirect(url_for("admin.clinic"), 303)


@bp.get("/tablets")
def tablets() -> Answer:
    """How a tablet finds Stipple and comes to trust it, with the codes to scan."""
    require(access.refusal_to_administer(current_user))
    here = current_app.config
    root = tls.kept_root(Path(current_app.instance_path)) if here["STIPPLE_TRUST_URL"] else None
    if root is None:
        url = here["STIPPLE_URL"] if request.is_secure else ""
        code = trust.qr_code(url) if url else None
        return render_template("admin/tablets.html", trust=None, url=url, url_qr=code)
    known = trust.Trust(root, here["STIPPLE_URL"], here["STIPPLE_TRUST_URL"])
    device = trust.device_of(request.args.get("on", ""), user_agent="")
    return render_template("admin/tablets.html", **trust.page_values(known, device))


def _get_person(person_id: str) -> Person:
    key = uuid_or_none(person_id)
    return (db.session.get(Person, key) if key else None) or abort(404)


def _by_username(username: str) -> Person | None:
    return db.session.scalars(select(Person).where(Person.username == username)).one_or_none()


def _refusal_to_lose(somebody: Person) -> str | None:
    """The last administrator stays one: nobody else could make another."""
    others = [
        person
        for person in db.session.scalars(select(Person).where(Person.id != somebody.id))
        if person.is_active and person.is_one_of(Role.ADMINISTRATOR)
    ]
    if somebody.is_active and somebody.is_one_of(Role.ADMINISTRATOR) and not others:
        return _(
            "%(name)s is the only administrator. Make somebody else one first.",
            name=somebody.name,
        )
    return None


def _person_page(form: EditPersonForm, somebody: Person | None = None) -> str:
    return render_template(
        "admin/person.html",
        form=form,
        somebody=somebody,
        refusal_to_lose=_refusal_to_lose(somebody) if somebody else None,
        certifies=somebody is not None and access.refusal_to_certify(somebody) is None,
    )


def _start_password_page(somebody: Person, password: str) -> str:
    # Answered in place of a redirect: the password is in this one answer and nowhere else.
    return render_template("admin/start_password.html", somebody=somebody, password=password)
