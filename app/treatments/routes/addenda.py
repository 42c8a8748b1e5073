"""Routes of what follows a signed note: writing, co-signing and reading it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask_login import current_user

from app import access, clock, own_catalogue
from app.access import require
from app.auth.signing_keys import stamping
from app.clinical.chart import GIVEN
from app.clinical.errors import Refusal
from app.errors import answer, say, status_of, wants_json
from app.extensions import begin_write, db
from app.models import Addendum, Note
from app.models.addendum import CLARIFICATION, WRITTEN, AmendedMeanwhile
from app.notes import authority, strokes
from app.treatments import bp
from app.treatments.amending import issue_addendum, require_addable, sign_ahead
from app.treatments.forms import AddendumForm, CosignatureForm
from app.treatments.queries import (
    get_addendum,
    get_note,
    hold_signing_key,
)
from app.treatments.routes.documents import pdf_answer
from app.treatments.routes.pins import opened, refused
from app.treatments.routes.published import map_urls
from app.web import Answer, language, log, plain, the_clinic

LaterForm = AddendumForm | CosignatureForm


@bp.get("/treatments/<treatment_id>/addenda")
def write_addendum(treatment_id: str) -> Answer:
    """The page on which a provider writes what follows a signed note; reading it is logged."""
    begin_write()
    note = get_note(treatment_id)
    require(access.refusal_to_add(current_user, now=clock.now()))
    log("treatment.viewed", note.treatment)
    db.session.commit()
    return _writing_page(note, AddendumForm(formdata=None, addenda=len(note.addenda)))


@bp.post("/treatments/<treatment_id>/addenda")
def create_addendum(treatment_id: str) -> Answer:
    """Sign an addendum with the PIN. What was typed stays, whatever is missing."""
    note = get_note(treatment_id, to_change=True)
    require(access.refusal_to_add(current_user, now=clock.now()))
    form = AddendumForm()
    form.offer(_kinds(note))
    if not form.validate_on_submit():
        return _writing_page(note, form), 422
    addendum = _signed(treatment_id, form)
    if not isinstance(addendum, Addendum):
        return addendum
    log("addendum.signed", addendum.note, **_as_logged(addendum))
    db.session.commit()
    return redirect(url_for("treatments.show", treatment_id=treatment_id), 303)


@bp.get("/treatments/<treatment_id>/cosignature")
def read_to_cosign(treatment_id: str) -> Answer:
    """The page on which whoever supervises signs that they have read the note."""
    begin_write()
    note = get_note(treatment_id)
    require(access.refusal_to_cosign(current_user, note.treatment, now=clock.now()))
    log("treatment.viewed", note.treatment)
    db.session.commit()
    return _cosigning_page(note, CosignatureForm(formdata=None, addenda=len(note.addenda)))


@bp.post("/treatments/<treatment_id>/cosignature")
def create_cosignature(treatment_id: str) -> Answer:
    """The supervisor's signature, a document of its own."""
    note = get_note(treatment_id, to_change=True)
    require(access.refusal_to_cosign(current_user, note.treatment, now=clock.now()))
    form = CosignatureForm()
    if not form.validate_on_submit():
        return _cosigning_page(note, form), 422
    addendum = _signed(treatment_id, form)
    if not isinstance(addendum, Addendum):
        return addendum
    log("addendum.signed", addendum.note, **_as_logged(addendum))
    db.session.commit()
    return redirect(url_for("treatments.show", treatment_id=treatment_id), 303)


def _signed(treatment_id: str, form: LaterForm) -> Addendum | Answer:
    """Checked, PIN tried and counted, signed ahead, checked again with the row held; or why not."""
    key = hold_signing_key(current_user)
    assert key is not None  # access has seen to it
    written = form.written
    try:
        require_addable(get_note(treatment_id), written)
        signer = opened(key, str(form.pin.data))
        now = clock.now()
        ahead = sign_ahead(
            get_note(treatment_id),
            the_clinic(),
            written,
            signer=signer,
            by=current_user,
            now=now,
            stamping=stamping(signer, at=now),
        )
        begin_write()
        addendum = issue_addendum(
            get_note(treatment_id, to_change=True),
            the_clinic(),
            written,
            signer=signer,
            by=current_user,
            now=now,
            ahead=ahead,
        )
    except authority.WrongPin:
        return _wrong_pin(treatment_id, form)
    except Refusal as refusal:
        return _refused(treatment_id, form, refusal)
    db.session.add(addendum)
    if written.drawn:
        current_user.drawn_signature = written.drawn
    return addendum


def _as_logged(addendum: Addendum) -> dict[str, str]:
    return {
        "number": addendum.reference,
        "kind": addendum.kind,
        "pdf_sha256": addendum.pdf_sha256,
        "level": addendum.level,
    }


def _refused(treatment_id: str, form: LaterForm, refusal: Refusal) -> Answer:
    """Why it was not signed, on the page with what was typed."""
    db.session.rollback()
    note = get_note(treatment_id)
    if isinstance(refusal, AmendedMeanwhile):
        form.addenda.data = len(note.addenda)
    return _page(note, form, error=say(refusal)), status_of(refusal)


def _wrong_pin(treatment_id: str, form: LaterForm) -> Answer:
    """403: the try is already counted; say how many are left, and keep what was typed."""
    db.session.rollback()
    begin_write()
    note = get_note(treatment_id)
    sentence = refused(note.treatment, current_user)
    db.session.commit()
    if wants_json():
        return answer(403, sentence)
    return _page(get_note(treatment_id), form, error=sentence), 403


def _page(note: Note, form: LaterForm, *, error: str) -> str:
    if isinstance(form, CosignatureForm):
        return _cosigning_page(note, form, error)
    return _writing_page(note, form, error)


def _kinds(note: Note) -> tuple[str, ...]:
    """What may still follow: of a void note nothing is corrected any more."""
    return (CLARIFICATION,) if note.is_void else WRITTEN


def _writing_page(note: Note, form: AddendumForm, error: str | None = None) -> str:
    form.offer(_kinds(note))
    return render_template(
        "treatments/addendum.html",
        note=note,
        treatment=note.treatment,
        form=form,
        error=error or form.first_error(),
        most_points=strokes.MOST_POINTS,
        refusal=access.refusal_to_add(current_user, now=clock.now()),
        data=_data(note),
    )


def _cosigning_page(note: Note, form: CosignatureForm, error: str | None = None) -> str:
    return render_template(
        "treatments/cosign.html",
        note=note,
        treatment=note.treatment,
        form=form,
        error=error or form.first_error(),
        most_points=strokes.MOST_POINTS,
        refusal=access.refusal_to_cosign(current_user, note.treatment, now=clock.now()),
    )


def _data(note: Note) -> dict[str, Any]:
    """What the map of the page is started with: the sites as they stand, each with its number."""
    known, treatment = own_catalogue.known(), note.treatment
    chart = treatment.chart_as_amended()
    refs = list(dict.fromkeys(site.map for site in chart.given))
    return {
        "catalogue_url": url_for(
            "treatments.catalogue_json", version=known.version, lang=language()
        ),
        "maps": {ref: address for ref, address in map_urls().items() if ref in refs},
        "titles": {ref: _title(ref) for ref in refs},
        "sites": [
            {
                "number": number,
                "key": str(site.key),
                "map": site.map,
                "x": f"{site.x:.2f}",
                "y": f"{site.y:.2f}",
                "muscle": site.muscle,
                "other": site.other,
                "side": site.side.value if site.side else None,
                "units": plain(site.units),
                "product": chart.product_of(site),
            }
            for number, site in enumerate(chart.sites, start=1)
            if site.state == GIVEN
        ],
    }


def _title(ref: str) -> str:
    known = own_catalogue.known()
    entry = known.maps[ref.partition("@")[0]]
    return entry.title_es if language() == "es" else entry.title


@bp.get("/treatments/<treatment_id>/addenda/<int:number>.pdf")
def addendum_pdf(treatment_id: str, number: int) -> Answer:
    """The stored bytes of an addendum, their hash checked; reading them is logged."""
    begin_write()
    note = get_note(treatment_id)
    require(access.refusal_to_read_notes(current_user))
    addendum: Addendum = get_addendum(note, number)
    pdf = addendum.stored_pdf()
    log("addendum.opened", note, number=addendum.reference)
    db.session.commit()
    return pdf_answer(pdf, f"{addendum.reference}.pdf", download=False)
