"""Certificates for signing: a new one for a person's key, a new authority for the clinic.

Whoever issues a certificate cannot use it: the key opens with its owner's PIN alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from cryptography.x509 import load_pem_x509_certificate
from flask import abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import access, clock
from app.access import require
from app.admin import bp
from app.auth.signing_keys import certify, current_authority, found_authority
from app.extensions import db
from app.forms import take_no_fields
from app.models import Authority, Person
from app.notes.authority import fingerprint
from app.web import log, the_clinic, uuid_or_none


class Vouching(NamedTuple):
    """An authority of the clinic: its fingerprint, and until when its certificate is good."""

    fingerprint: str
    until: datetime


def authorities() -> list[Vouching]:
    """The clinic's authorities for signing, the one that issues certificates first."""
    found = []
    newest_first = select(Authority.certificate_pem).order_by(Authority.created_at.desc())
    for pem in db.session.scalars(newest_first):
        certificate = load_pem_x509_certificate(pem.encode())
        found.append(Vouching(fingerprint(pem), certificate.not_valid_after_utc))
    return found


@bp.post("/people/<person_id>/certificate")
def issue_certificate(person_id: str) -> Response:
    """A new certificate for the key of somebody who signs. Key and PIN stay."""
    require(access.refusal_to_administer(current_user))
    take_no_fields()
    key = uuid_or_none(person_id)
    somebody = (db.session.get(Person, key) if key else None) or abort(404)
    require(access.refusal_to_certify(somebody))
    vouching = current_authority() or abort(404)
    issued = certify(somebody, clinic=the_clinic(), vouching=vouching, now=clock.now())
    log("certificate.issued", somebody, serial=issued.serial)
    db.session.commit()
    flash(
        _(
            "%(name)s has a new certificate. The PIN is the same, and nobody else’s.",
            name=somebody.name,
        )
    )
    return redirect(url_for("admin.person", person_id=somebody.id), 303)


@bp.post("/clinic/authority")
def renew_authority() -> Response:
    """A new signing authority, and from it a certificate for everyone who signs.

    The one before issues nothing more and stays trusted for what it issued.
    """
    require(access.refusal_to_administer(current_user))
    take_no_fields()
    now, clinic = clock.now(), the_clinic()
    vouching = found_authority(clinic, now=now)
    db.session.add(vouching)
    signers = [
        somebody
        for somebody in db.session.scalars(select(Person))
        if access.refusal_to_certify(somebody) is None
    ]
    log("authority.founded", clinic)
    for somebody in signers:
        issued = certify(somebody, clinic=clinic, vouching=vouching, now=now)
        log("certificate.issued", somebody, serial=issued.serial)
    db.session.commit()
    flash(
        ngettext(
            "The clinic has a new signing authority, and one person a new certificate from it.",
            "The clinic has a new signing authority, and %(num)d people new certificates from it.",
            len(signers),
        )
    )
    return redirect(url_for("admin.clinic"), 303)
