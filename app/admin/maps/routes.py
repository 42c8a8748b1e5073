"""Drawings of the clinic's own: upload, draw the regions, release, make the next version."""

from __future__ import annotations

import json
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app import access, clock, own_catalogue
from app.access import require
from app.admin import bp
from app.admin.forms import DrawingFileForm, DrawingKeyForm, DrawingPlanForm
from app.admin.maps.art import LARGEST_FILE, made_safe, size_of, without_sides
from app.admin.maps.releasing import release
from app.clinical.errors import Refusal
from app.clinical.own_drawing import VIEWS, Plan, faults, key_of, read_plan
from app.errors import say
from app.extensions import begin_write, db
from app.forms import refuse_at, take_no_fields
from app.models import ClinicCatalogueRow, DrawingDraft, ReleasedDrawing
from app.models.catalogue import MAP, latest
from app.web import log, uuid_or_none

Answer = Response | str | tuple[str, int]

# What was left out of a drawing, in words; what is rarer is called as in the file.
LEFT_OUT = {
    "text": _l("text"),
    "image": _l("picture"),
    "script": _l("script"),
    "use": _l("copy of a part"),
    "gradient": _l("colour gradient"),
    "clip-path": _l("cut-out"),
    "mask": _l("mask"),
    "filter": _l("filter"),
}


@bp.get("/maps")
def maps() -> Answer:
    """The clinic's own drawings, those at work, and where a new one begins."""
    require(access.refusal_to_administer(current_user))
    return _maps_page(DrawingFileForm(formdata=None))


def _maps_page(form: DrawingFileForm) -> str:
    rows = _rows()
    standing = {row.key for row in latest(rows)}
    drafts = select(DrawingDraft).order_by(DrawingDraft.changed_at.desc())
    return render_template(
        "admin/maps.html",
        form=form,
        released=list({row.key: row for row in rows if row.value}.values()),
        standing=standing,
        drafts=list(db.session.scalars(drafts)),
        known=own_catalogue.known(),
        largest=LARGEST_FILE // (1024 * 1024),
    )


def _rows() -> list[ClinicCatalogueRow]:
    query = select(ClinicCatalogueRow).where(ClinicCatalogueRow.kind == MAP)
    return list(db.session.scalars(query.order_by(*own_catalogue.IN_ORDER)))


@bp.post("/maps")
def upload_map() -> Answer:
    """Make an SVG safe and keep it as a drawing at work; say what was left out of it."""
    require(access.refusal_to_administer(current_user))
    begin_write()
    form = DrawingFileForm()
    if not form.validate_on_submit():
        return _maps_page(form), 422
    file: FileStorage = form.svg.data
    try:
        art = made_safe(file.stream.read(LARGEST_FILE + 1))
    except Refusal as refusal:
        refuse_at(form.svg, say(refusal))
        return _maps_page(form), 422
    middle = round(art.height / 2, 2)
    across = ((0.0, middle), (art.width, middle))
    # Until somebody draws another line, the millimetres are those of the whole width.
    plan = Plan(midline=round(art.width / 2, 2), line=across)
    draft = _new_draft(None, art.text, plan)
    log("map.uploaded", draft, dropped=dict(art.dropped))
    db.session.commit()
    if art.dropped:
        parts = ", ".join(
            f"{count} × {LEFT_OUT.get(name, name)}" for name, count in art.dropped.items()
        )
        flash(_("The lines and filled shapes were taken. Left out: %(parts)s.", parts=parts))
    else:
        flash(_("The whole drawing was taken."))
    return _led_to(draft)


def _new_draft(key: str | None, art: str, plan: Plan) -> DrawingDraft:
    draft = DrawingDraft(
        key=key,
        art=art,
        plan=plan.as_json(),
        changed_at=clock.now(),
        changed_by=current_user,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def _led_to(draft: DrawingDraft) -> Response:
    return redirect(url_for("admin.map_draft", draft_id=draft.id), 303)


@bp.post("/maps/versions")
def edit_map() -> Answer:
    """Start the next version of a released drawing: its art, and what was drawn on it."""
    require(access.refusal_to_administer(current_user))
    begin_write()
    form = DrawingKeyForm()
    key = form.key.data if form.validate_on_submit() else None
    row = {row.key: row for row in _rows() if row.value}.get(key or "") or abort(404)
    same = select(DrawingDraft).where(DrawingDraft.key == row.key)
    draft = db.session.scalars(same).first()
    if draft is None:
        released = db.session.get_one(ReleasedDrawing, f"{row.key}@{row.version}")
        plan = read_plan(released.plan, own_catalogue.known())
        draft = _new_draft(row.key, without_sides(released.art), plan)
    log("map.version_started", draft, key=row.key)
    db.session.commit()
    return _led_to(draft)


@bp.get("/maps/drafts/<draft_id>")
def map_draft(draft_id: str) -> Answer:
    """The page on which outline and regions are drawn."""
    require(access.refusal_to_administer(current_user))
    draft = _get_draft(draft_id)
    return _draft_page(draft, DrawingPlanForm(formdata=None, plan=json.dumps(draft.plan)))


def _draft_page(draft: DrawingDraft, form: DrawingPlanForm) -> str:
    known = own_catalogue.known()
    language = str(get_locale() or "en")
    width, height = size_of(draft.art)
    data = {
        "art": draft.art,
        "width": width,
        "height": height,
        "views": {name: {"near": near, "both": both} for name, (near, both) in VIEWS.items()},
        "muscles": {
            muscle.id: {"label": muscle.label_in(language), "side_rule": muscle.side_rule}
            for muscle in sorted(
                known.muscles.values(), key=lambda muscle: muscle.label_in(language).casefold()
            )
        },
    }
    return render_template(
        "admin/map_draft.html",
        draft=draft,
        form=form,
        data=data,
        title=draft.plan["title"],
        indications=[(each.id, each.label_in(language)) for each in known.indications.values()],
    )


@bp.post("/maps/drafts/<draft_id>")
def save_map_draft(draft_id: str) -> Answer:
    """Keep what was drawn so far."""
    require(access.refusal_to_administer(current_user))
    begin_write()
    draft = _get_draft(draft_id)
    form = DrawingPlanForm()
    plan = _planned(form)
    if plan is None:
        return _draft_page(draft, form), 422
    draft.keep(plan.as_json(), by=current_user, now=clock.now())
    log("map.draft_saved", draft, key=draft.key, title=plan.title)
    db.session.commit()
    flash(_("Saved. No chart shows it before it is released."))
    return _led_to(draft)


def _planned(form: DrawingPlanForm) -> Plan | None:
    """The plan that was sent; None where the form now says what is wrong with it."""
    if not form.validate_on_submit():
        return None
    try:
        return read_plan(_read(form.plan.data), own_catalogue.known())
    except Refusal as refusal:
        refuse_at(form.plan, say(refusal))
        return None


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


@bp.post("/maps/drafts/<draft_id>/release")
def release_map(draft_id: str) -> Answer:
    """Release a drawing: charts opened from now on offer it, and this version never changes."""
    require(access.refusal_to_administer(current_user))
    begin_write()
    draft = _get_draft(draft_id)
    form = DrawingPlanForm()
    plan = _planned(form)
    if plan is None:
        return _draft_page(draft, form), 422
    width, height = size_of(draft.art)
    for fault in faults(plan, width, height):
        refuse_at(form.plan, say(fault))
    key = draft.key or key_of(plan.title)
    if draft.key is None and key in {row.key for row in _rows()}:
        refuse_at(
            form.plan,
            _("A drawing of this name was released before. Choose another name, or edit that one."),
        )
    if form.errors:
        return _draft_page(draft, form), 422
    row = release(draft, plan, key, by=current_user, now=clock.now())
    log("map.released", row, ref=f"{key}@{row.version}", sha256=(row.value or {})["sha256"])
    db.session.commit()
    flash(
        _("%(name)s is released. Charts opened from now on offer it.", name=plan.title)
        if row.version == 1
        else _(
            "Version %(number)s of %(name)s is released. Sites charted before stay where they are.",
            number=row.version,
            name=plan.title,
        )
    )
    return redirect(url_for("admin.maps"), 303)


@bp.post("/maps/drafts/<draft_id>/discard")
def discard_map_draft(draft_id: str) -> Answer:
    """Give up a drawing at work; what was released of it stands."""
    require(access.refusal_to_administer(current_user))
    begin_write()
    draft = _get_draft(draft_id)
    take_no_fields()
    log("map.draft_discarded", draft, key=draft.key, title=draft.plan["title"])
    db.session.delete(draft)
    db.session.commit()
    flash(_("The draft is gone. What was released stands."))
    return redirect(url_for("admin.maps"), 303)


def _get_draft(draft_id: str) -> DrawingDraft:
    id = uuid_or_none(draft_id)
    draft = db.session.get(DrawingDraft, id) if id else None
    return draft or abort(404)
