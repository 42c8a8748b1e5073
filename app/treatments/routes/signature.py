"""Signing, and every way in which a signature is refused."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_login import current_user

from app import access, clock
from app.access import require
from app.auth.signing_keys import stamping
from app.errors import answer, say, status_of, wants_json
from app.extensions import begin_write, db
from app.forms import refuse_at
from app.notes import authority
from app.treatments import bp
from app.treatments.forms import signature_form
from app.treatments.queries import get_treatment, hold_signing_key, prescriber_or_none
from app.treatments.routes.pins import WrongPinOfPrescriber, open_for, opened, refused
from app.treatments.routes.review import review_page
from app.treatments.said import (
    PRESCRIBER,
    READ,
    NotSaid,
    Said,
    Unsignable,
    findings_to_print,
)
from app.treatments.signing import issue_note, sign_ahead
from app.web import Answer, language, log, the_clinic


@bp.post("/treatments/<treatment_id>/signature")
def create_signature(treatment_id: str) -> Answer:
    """Sign with the PIN. The try is counted and kept before the PIN is tried."""
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    key = hold_signing_key(current_user)
    require(access.refusal_to_sign(current_user, treatment, now=clock.now()))
    assert key is not None  # access.refusal_to_sign has seen to it
    form = signature_form()()
    if not form.validate_on_submit():
        return review_page(treatment, form, error=form.first_error()), 422
    reviewed = int(form.revision.data or 0)
    asked = prescriber_or_none(form.prescriber.data, besides=current_user)
    said = Said(
        reasons=form.reasons, read=form.read.data or "", overriding=asked, drawn=form.drawing
    )
    findings = findings_to_print(
        treatment, expected_revision=reviewed, said=said, by=current_user, now=clock.now()
    )
    signer = opened(key, str(form.pin.data))
    if not any(finding.needs_prescriber for finding in findings):
        asked = None
    if asked is not None:
        open_for(asked, str(form.prescriber_pin.data or ""))

    now = clock.now()
    ahead = sign_ahead(
        get_treatment(treatment_id),
        the_clinic(),
        signer=signer,
        expected_revision=reviewed,
        said=said,
        by=current_user,
        now=now,
        stamping=stamping(signer, at=now),
    )

    begin_write()
    treatment = get_treatment(treatment_id, to_change=True)
    treatment.require_draft()
    note = issue_note(
        treatment,
        the_clinic(),
        signer=signer,
        expected_revision=reviewed,
        said=said,
        by=current_user,
        now=now,
        ahead=ahead,
    )
    db.session.add(note)
    if said.drawn:
        current_user.drawn_signature = said.drawn
    log(
        "note.signed",
        note,
        number=note.number,
        pdf_sha256=note.pdf_sha256,
        level=note.level,
        reasons={each.id: said.reasons[each.id] for each in findings if each.needs_reason},
        overridden_by=str(asked.id) if asked else None,
    )
    db.session.commit()
    return redirect(url_for("treatments.show", treatment_id=treatment.id), 303)


@bp.errorhandler(NotSaid)
def refuse_unsaid(refusal: NotSaid) -> Answer:
    """422: the review page again with all that was typed, and what is missing at its place."""
    db.session.rollback()
    treatment = get_treatment(str((request.view_args or {})["treatment_id"]))
    form = signature_form()()
    if wants_json():
        return answer(422, say(refusal))
    field = {READ: form.read, PRESCRIBER: form.prescriber}.get(refusal.about)
    refuse_at(field or form.reason(refusal.about), say(refusal))
    return review_page(treatment, form, error=say(refusal)), 422


@bp.errorhandler(Unsignable)
def refuse_unsignable(refusal: Unsignable) -> Answer:
    """422: the sentence of the rule that stops the signature, in the reader's language."""
    db.session.rollback()
    return answer(status_of(refusal), refusal.finding.say(language()))


@bp.errorhandler(authority.WrongPin)
def refuse_pin(refusal: authority.WrongPin) -> Answer:
    """403: the try is already counted; say how many are left, and keep what was typed."""
    db.session.rollback()
    begin_write()
    treatment = get_treatment(str((request.view_args or {})["treatment_id"]))
    whose = refusal.prescriber if isinstance(refusal, WrongPinOfPrescriber) else current_user
    sentence = refused(treatment, whose)
    db.session.commit()
    if wants_json():
        return answer(403, sentence)
    return review_page(treatment, signature_form()(), error=sentence), 403
