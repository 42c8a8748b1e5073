"""Routes of the stock. Each loads, asks, parses, acts, answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from app import access, clock, own_catalogue, settings
from app.access import require
from app.clinical.catalogue import catalogue
from app.clinical.errors import Refusal
from app.clinical.gs1 import Unreadable
from app.errors import answer, say
from app.extensions import db
from app.forms import refuse_at, take_no_fields
from app.holdings import holdings, holdings_of
from app.models import StockLot
from app.stock import bp
from app.stock.forms import (
    CodeForm,
    LotForm,
    QuarantineForm,
    ReceiveForm,
    ScanForm,
    TakeOutForm,
)
from app.stock.mixed import mixed_vials
from app.stock.photographs import code_on
from app.stock.queries import (
    find_lot,
    find_patient,
    get_lot,
    get_patient,
    lots_called,
    recalls,
    received,
    seen_patients,
    vials_called,
)
from app.stock.scanning import Found, Scan, scan
from app.web import log, plain, the_clinic

Answer = Response | str | tuple[Any, int]


@bp.route("/stock", methods=["GET", "POST"])
def index() -> Answer:
    """What is in stock; asked for a lot, also whom it reached. That look is logged."""
    require(access.refusal_to_keep_stock(current_user))
    form = LotForm()
    if not form.is_submitted():
        return _page()
    if not form.validate():
        return _page(lot_form=form), 422
    found = recalls(str(form.lot.data))
    log("stock.lot_traced", lot=form.lot.data, sessions=sum(len(each.reached) for each in found))
    db.session.commit()
    return _page(lot_form=form, traced=found)


@bp.post("/stock/scan")
def read_scan() -> Answer:
    """A scan in the page's own field fills the form beneath it; nothing is received yet."""
    require(access.refusal_to_keep_stock(current_user))
    form = ScanForm()
    if not form.validate_on_submit():
        return _page(scan_form=form), 422
    try:
        found = scan(str(form.code.data), separators_kept=False, patient=None)
    except Unreadable as refusal:
        refuse_at(form.code, say(refusal))
        return _page(scan_form=form), 422
    return _page(scanned=found, receive_form=_filled(found.found[0]) if found.is_decided else None)


def _filled(found: Found) -> ReceiveForm:
    vial = f"{found.product.id}|{found.size.units:f}" if found.product and found.size else ""
    return ReceiveForm(
        formdata=None,
        vial=vial,
        lot=found.reading.lot or "",
        expires=found.reading.expires or (found.lot.expires if found.lot else None),
        count=1,
        serial=found.reading.serial or "",
        ndc=found.ndc or "",
    )


@bp.post("/stock/vials")
def receive() -> Answer:
    """Put vials into the stock: the clinic's, or delivered for one patient."""
    require(access.refusal_to_keep_stock(current_user))
    form = ReceiveForm()
    if not form.validate_on_submit():
        return _page(receive_form=form), 422
    patient = None
    if form.patient.data and (patient := find_patient(form.patient.data)) is None:
        refuse_at(form.patient, _("No patient whom you see has this record number."))
        return _page(receive_form=form), 422
    product, _between, units = str(form.vial.data).partition("|")
    lot = find_lot(product, Decimal(units), str(form.lot.data))
    if lot is None:
        lot = StockLot(
            product=product, units=Decimal(units), lot=form.lot.data, expires=form.expires.data
        )
        db.session.add(lot)
    if form.serial.data and any(
        entry.serial == form.serial.data and entry.count > 0 for entry in lot.entries
    ):
        db.session.rollback()
        refuse_at(form.serial, _("This vial is in stock already. Scan the next one."))
        return _page(receive_form=form), 422
    try:
        entry = lot.receive(
            form.count.data or 0,
            expires=form.expires.data,
            serial=form.serial.data or None,
            ndc=form.ndc.data or None,
            patient=patient,
            by=current_user,
            now=clock.now(),
        )
    except Refusal as refusal:
        db.session.rollback()
        refuse_at(form.expires, say(refusal))
        return _page(receive_form=form), 422
    db.session.flush()
    log(
        "stock.received",
        patient,
        lot_id=str(lot.id),
        entry=str(entry.id),
        product=lot.product,
        units=plain(lot.units),
        lot=lot.lot,
        expires=form.expires.data.isoformat(),
        count=entry.count,
        serial=entry.serial,
    )
    db.session.commit()
    flash(
        ngettext(
            "%(num)d vial of %(name)s received.",
            "%(num)d vials of %(name)s received.",
            entry.count,
            name=f"{lot.product} {plain(lot.units)} U, {lot.lot}",
        )
    )
    return redirect(url_for("stock.index"), 303)


@bp.post("/stock/quarantine")
def quarantine() -> Answer:
    """Take a lot off every tablet, with a reason; also one that only a session names."""
    require(access.refusal_to_keep_stock(current_user))
    form = QuarantineForm()
    number, product = str(form.lot.data or ""), str(form.product.data or "")
    if not form.validate_on_submit():
        return _page(quarantine_form=form, traced=recalls(number)), 422
    lots = lots_called(product, number) or [
        StockLot(product=product, units=units, lot=number, expires=expires)
        for units, expires in vials_called(product, number)
    ]
    if not lots:
        abort(404)
    db.session.add_all(lots)
    for lot in lots:
        lot.quarantine(str(form.reason.data), by=current_user, now=clock.now())
    log("stock.quarantined", product=product, lot=number, reason=form.reason.data)
    db.session.commit()
    flash(_("Lot %(lot)s is quarantined. No tablet offers it any more.", lot=number))
    return redirect(url_for("stock.index"), 303)


@bp.post("/stock/<lot_id>/release")
def release(lot_id: str) -> Answer:
    """A quarantined lot may be used again."""
    take_no_fields()
    lot = get_lot(lot_id)
    require(access.refusal_to_keep_stock(current_user))
    for each in lots_called(lot.product, lot.lot):
        each.release()
    log("stock.released", product=lot.product, lot=lot.lot)
    db.session.commit()
    flash(_("Lot %(lot)s may be used again.", lot=lot.lot))
    return redirect(url_for("stock.index"), 303)


@bp.post("/stock/<lot_id>/taken-out")
def take_out(lot_id: str) -> Answer:
    """The clinic's vials that went without a treatment: broken, sent back, counted wrong."""
    lot = get_lot(lot_id)
    require(access.refusal_to_keep_stock(current_user))
    form = TakeOutForm()
    if not form.validate_on_submit():
        return _page(take_out_form=form, traced=recalls(lot.lot)), 422
    there = next((pile.left for pile in holdings_of(lot) if pile.patient is None), 0)
    try:
        entry = lot.take_out(
            form.count.data or 0,
            str(form.reason.data),
            there=there,
            by=current_user,
            now=clock.now(),
        )
    except Refusal as refusal:
        refuse_at(form.count, say(refusal))
        return _page(take_out_form=form, traced=recalls(lot.lot)), 422
    log(
        "stock.taken_out",
        lot_id=str(lot.id),
        product=lot.product,
        lot=lot.lot,
        count=-entry.count,
        reason=entry.reason,
    )
    db.session.commit()
    flash(_("The stock of lot %(lot)s is corrected.", lot=lot.lot))
    return redirect(url_for("stock.index"), 303)


# What a chart asks


@bp.post("/stock/code")
def read_code() -> Answer:
    """What a scanned code says, as values; several where nobody but a person can tell."""
    require(access.refusal_to_keep_stock(current_user))
    form = CodeForm()
    if not form.validate_on_submit():
        return answer(422, str([*form.code.errors, *form.patient.errors][0]))
    patient = get_patient(form.patient.data) if form.patient.data else None
    found = scan(str(form.code.data), separators_kept=bool(form.kept.data), patient=patient)
    return jsonify(
        {"decided": found.is_decided, "readings": [_as_json(each) for each in found.found]}
    )


@bp.post("/stock/photograph")
def photograph() -> Answer:
    """The code on a photograph. The picture is sent as the body itself, so that it stays in
    memory; it is kept nowhere."""
    require(access.refusal_to_keep_stock(current_user))
    picture = request.get_data(parse_form_data=False)
    take_no_fields()
    if len(picture) > settings.LARGEST_PHOTOGRAPH:
        abort(413)
    return jsonify({"code": code_on(picture)})


def _as_json(found: Found) -> dict[str, Any]:
    reading, lot = found.reading, found.lot
    expires = reading.expires or (lot.expires if lot else None)
    return {
        "product": found.product.id if found.product else None,
        "units": plain(found.size.units) if found.size else None,
        "ndc": found.ndc,
        "lot": reading.lot,
        "expires": expires.isoformat() if expires else None,
        "serial": reading.serial,
        "known_product": reading.gtin is None or found.product is not None,
        "whose": found.whose,
        "left": found.left,
        "quarantined": lot.quarantine_reason if lot and lot.is_quarantined else None,
    }


def _page(
    *,
    lot_form: LotForm | None = None,
    traced: Any = None,
    scan_form: ScanForm | None = None,
    scanned: Scan | None = None,
    receive_form: ReceiveForm | None = None,
    quarantine_form: QuarantineForm | None = None,
    take_out_form: TakeOutForm | None = None,
) -> str:
    """The one page of the stock, with what was just asked or refused."""
    clinic = the_clinic()
    today = clinic.today(clock.now())
    held = holdings(today)
    return render_template(
        "stock/index.html",
        mixed=mixed_vials(own_catalogue.known(), today=today),
        held=held,
        vials_left=sum(each.left for each in held),
        today=today,
        soon=int(catalogue().limit("expiry_soon")),
        entries=received(clinic, now=clock.now()),
        seen=seen_patients(),
        lot_form=lot_form or LotForm(formdata=None),
        traced=traced,
        scan_form=scan_form or ScanForm(formdata=None),
        scanned=scanned,
        readings=[(each, _filled(each)) for each in scanned.found] if scanned else [],
        receive_form=receive_form or ReceiveForm(formdata=None),
        quarantine_form=quarantine_form or QuarantineForm(formdata=None),
        take_out_form=take_out_form or TakeOutForm(formdata=None),
    )
