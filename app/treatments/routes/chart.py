"""The chart: its page, what a tablet saves of it, and what it is told when another came first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app import access, clock, keyring, offline, own_catalogue
from app.access import require
from app.clinical.chart import parse_chart
from app.clinical.errors import ChartError
from app.errors import answer, say, wants_json
from app.extensions import begin_write, db
from app.models import Patient, Treatment
from app.models.treatment import AlreadySigned, NotADraft, StaleChart
from app.treatments import bp
from app.treatments.earlier import as_json
from app.treatments.figures import figures, iso
from app.treatments.queries import (
    earlier_sessions,
    get_revision_of_draft,
    get_treatment,
    has_opened,
    patients_seen_of,
    vials_at_hand,
)
from app.treatments.routes.earlier import reactions
from app.treatments.routes.published import map_urls
from app.web import Answer, language, log, plain, the_clinic, uuid_or_none

# So many earlier sessions come with the chart; all of them have an address of their own.
EARLIER_SHOWN = 4


@bp.get("/treatments/<treatment_id>/chart")
def show_chart(treatment_id: str) -> Answer:
    """The chart: the editor's page, or the data alone for a program or a page that looks again."""
    if "since" in request.args:
        return _newer_than(treatment_id, request.args["since"])
    begin_write()
    treatment = get_treatment(treatment_id)
    if wants_json():
        log("treatment.viewed", treatment)
        db.session.commit()
        return jsonify({"chart": treatment.chart().as_json(), **_figures(treatment)})
    if not treatment.is_draft:
        return redirect(url_for("treatments.show", treatment_id=treatment.id), 303)
    require(access.refusal_to_chart(current_user, treatment))
    log("treatment.viewed", treatment)
    db.session.commit()
    return render_template(
        "treatments/chart.html", treatment=treatment, data=_chart_data(treatment)
    )


def _newer_than(treatment_id: str, since: str) -> Answer:
    """What an open editor has not seen yet, or 204. It writes nothing: opening was logged."""
    draft_at = get_revision_of_draft(treatment_id)
    require(access.refusal_to_chart(current_user))
    if not (since.isascii() and since.isdecimal()):
        return answer(422, _("The revision must be the whole number that was read."))
    if since == str(draft_at):
        return Response(status=204)
    if not has_opened(treatment_id, now=clock.now()):
        return answer(403, _("Open the chart first: who reads it is recorded then."))
    treatment = get_treatment(treatment_id)
    said = {}
    if treatment.note is not None:
        name = treatment.note.signed_by.name
        said["error"] = _("%(name)s signed this session meanwhile.", name=name)
    elif treatment.is_discarded:
        said["error"] = _("This draft was discarded.")
    return jsonify({**said, **_as_it_stands(treatment)})


@bp.put("/treatments/<treatment_id>/chart")
def save_chart(treatment_id: str) -> Answer:
    """Save the whole chart. A save already taken is answered and writes nothing."""
    treatment = get_treatment(treatment_id, to_change=True)
    require(access.refusal_to_chart(current_user))
    body = _chart_body()
    save, revision = _save_and_revision(body)
    if treatment.has_taken(save):
        return jsonify({"chart": treatment.chart().as_json(), **_figures(treatment)})
    treatment.require_draft()
    chart = parse_chart(body, own_catalogue.known())
    changes = treatment.replace_chart(
        chart, save=save, expected_revision=revision, by=current_user, now=clock.now()
    )
    log("chart.saved", treatment, **changes)
    db.session.commit()
    return jsonify(_figures(treatment))


def _chart_body() -> dict[str, Any]:
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # Lists within lists without end: what json says of them.
        body = None
    if not isinstance(body, dict):
        raise ChartError("The chart must be sent as a JSON object.", path="")
    return dict(body)


def _save_and_revision(body: dict[str, Any]) -> tuple[UUID, int]:
    """Take the two keys that are about the saving, so that the chart alone is left."""
    save = uuid_or_none(str(body.pop("save", "")))
    if save is None:
        raise ChartError("A save needs an id that is a UUID.", path="save")
    revision = body.pop("revision", None)
    if isinstance(revision, bool) or not isinstance(revision, int) or revision < 0:
        raise ChartError("The revision must be the whole number that was read.", path="revision")
    return save, revision


@bp.errorhandler(StaleChart)
@bp.errorhandler(AlreadySigned)
@bp.errorhandler(NotADraft)
def refuse_stale(refusal: StaleChart | AlreadySigned | NotADraft) -> Answer:
    """409: with the chart as it now stands, so that the tablet can show both."""
    db.session.rollback()
    if not wants_json():
        return answer(409, say(refusal))
    treatment = get_treatment(str((request.view_args or {})["treatment_id"]))
    return answer(409, say(refusal), **_as_it_stands(treatment))


def _as_it_stands(treatment: Treatment) -> dict[str, Any]:
    """The chart for a tablet that has an older one."""
    return {
        "signed": treatment.is_signed,
        "discarded": treatment.is_discarded,
        "chart": treatment.chart().as_json(),
        **_figures(treatment),
    }


@bp.errorhandler(ChartError)
def refuse_shape(refusal: ChartError) -> Answer:
    """422: every fault with the place it stands at; nothing was changed."""
    db.session.rollback()
    return answer(
        422,
        say(refusal),
        path=refusal.path,
        errors=[{"path": fault.path, "message": say(fault)} for fault in refusal.faults],
    )


def _figures(treatment: Treatment) -> dict[str, Any]:
    return figures(treatment, now=clock.now(), language=language())


def _chart_data(treatment: Treatment) -> dict[str, Any]:
    """What the editor is started with."""
    patient, clinic = treatment.patient, the_clinic()
    earlier = earlier_sessions(treatment, most=EARLIER_SHOWN + 1)
    return {
        "treatment": str(treatment.id),
        "patient": {
            "id": str(patient.id),
            "name": patient.name,
            "born": patient.born.isoformat(),
            "age": patient.age_on(treatment.date),
            "sex": patient.sex,
            "weight_kg": None if patient.weight_kg is None else plain(patient.weight_kg),
            "record_number": patient.record_number,
            "allergies_asked": patient.allergies_asked,
            "allergies": patient.allergies,
        },
        "patient_url": url_for("patients.show", patient_id=patient.id),
        "catalogue_url": url_for(
            "treatments.catalogue_json", version=own_catalogue.known().version, lang=language()
        ),
        "maps": map_urls(),
        "own_map_url": url_for("treatments.own_drawing", ref="REF", kind="json"),
        "session_url": url_for("treatments.show", treatment_id=treatment.id),
        "save_url": url_for("treatments.save_chart", treatment_id=treatment.id),
        "time_out_url": url_for("treatments.show_time_out", treatment_id=treatment.id),
        "review_url": url_for("treatments.review", treatment_id=treatment.id),
        "discard_url": url_for("treatments.discard", treatment_id=treatment.id),
        "protocol_url": url_for("treatments.save_protocol", treatment_id=treatment.id),
        "may_make_protocol": access.refusal_to_make_protocol(current_user, treatment) is None,
        "move_url": url_for("treatments.choose_patient", treatment_id=treatment.id),
        "revision": treatment.revision,
        "chart": treatment.chart().as_json(),
        "figures": _figures(treatment),
        "earlier": [as_json(each) for each in earlier[:EARLIER_SHOWN]],
        "earlier_all": len(earlier) <= EARLIER_SHOWN,
        "reactions": reactions(treatment),
        "reactions_url": url_for("treatments.tell_adverse_event", treatment_id=treatment.id),
        "earlier_url": url_for("treatments.show_earlier", treatment_id=treatment.id),
        "recent_vials": vials_at_hand(patient, clinic.today(clock.now())),
        "code_url": url_for("stock.read_code"),
        "photograph_url": url_for("stock.photograph"),
        "zone": clinic.time_zone,
        "hours": clinic.hours,
        "person": {"id": str(current_user.id), "name": current_user.name},
        "vault_secret": keyring.vault_secret(current_user.id),
        "version": offline.version(),
        "stays": _may_stay(patient),
        "now": iso(clock.now()),
        "signed": treatment.is_signed,
        "may_chart": access.refusal_to_chart(current_user, treatment) is None,
        "language": language(),
    }


@bp.get("/api/kept")
def show_kept() -> Answer:
    """Which of the charts that a tablet keeps may stay on it; it tells of no other."""
    asked = request.args.getlist("treatment")
    refusal = access.refusal_to_chart(current_user)
    patients = {} if refusal else patients_seen_of(asked)
    return jsonify({"stays": [key for key, patient in patients.items() if _may_stay(patient)]})


def _may_stay(patient: Patient) -> bool:
    """Whether the tablet may open this chart without the server: an emergency ends by the hour."""
    return not patient.named or current_user.id in {one.person_id for one in patient.named}
