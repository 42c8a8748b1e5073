"""Signing: the one act in which records, rules, PDF and signature meet. It reads top to bottom."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from flask import current_app
from sqlalchemy import func, select

import app as stipple
from app import own_catalogue
from app.clinical import dosing, ledger
from app.clinical.anatomy import released_sha256
from app.clinical.catalogue.entries import Catalogue
from app.clinical.chart import Chart
from app.clinical.errors import Refusal
from app.clinical.rules import Finding, judge
from app.extensions import db
from app.models import Clinic, Note, Person, Role, Treatment
from app.models.note import note_number
from app.models.treatment import StaleChart
from app.notes import authority, layout, record, signature, timestamp
from app.notes.level import BASIC, LONG_TERM
from app.notes.strokes import Strokes
from app.treatments import measures
from app.treatments.asking import for_the_record
from app.treatments.figures import iso
from app.treatments.superbill import bill_lines
from app.web import plain

_log = logging.getLogger(__name__)

MEANING = "I performed this treatment and this note is complete."
SUPERVISORS_MEANING = "I supervised this treatment and attest that this note is complete."


class Unsignable(Refusal):
    """A rule stops the signature; what `finding` says is why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__("%(sentence)s", sentence=finding.text)
        self.finding = finding


class NotSaid(Refusal):
    """A finding needs a word that is missing. `about` is the rule's id, READ or PRESCRIBER."""

    def __init__(self, message: str, /, *, about: str, **values: Any) -> None:
        super().__init__(message, **values)
        self.about = about


READ = "read"
PRESCRIBER = "prescriber"


@dataclass(frozen=True)
class Said:
    """What whoever signs says of the findings: why, by the rule's id; which warnings were read (as
    `fingerprint` names them); the prescriber who overrides where the signer is none; and what the
    signer drew beside the PIN, if anything."""

    reasons: Mapping[str, str] = field(default_factory=dict)
    read: str = ""
    overriding: Person | None = None
    drawn: Strokes | None = None


def fingerprint(findings: Iterable[Finding]) -> str:
    """Names the warnings that are to be read: others, or other words, have another name."""
    texts = sorted(f"{each.id} {each.text}" for each in findings if each.is_to_be_read)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def reading_all(treatment: Treatment, *, now: datetime, reason: str = "") -> Said:
    """What somebody says who has read every warning and gives one reason for all that need one."""
    findings = judge(treatment.case(now=now), own_catalogue.known())
    return Said(
        reasons={finding.id: reason for finding in findings if finding.needs_reason},
        read=fingerprint(findings),
    )


@dataclass(frozen=True)
class Signed:
    """A signed file, the record it was laid out from, and what stamped it or might have."""

    record: bytes
    pdf: bytes
    level: str
    stamping: timestamp.Stamping | None

    def says(self, described: Description) -> bool:
        """Whether this is still what the session, so described, is to say."""
        stamping = self.stamping if self.level == LONG_TERM else None
        return self.record == record.canonical(described(self.level, _authority_of(stamping)))


def sign_ahead(
    treatment: Treatment,
    clinic: Clinic,
    *,
    signer: authority.Signer,
    expected_revision: int,
    said: Said,
    by: Person,
    now: datetime,
    service: str,
    revocations: timestamp.Revocations,
) -> Signed:
    """The note as it would be now, signed outside a writing transaction; `issue_note` takes it.

    `service` is the address of a time-stamp service or nothing: waiting for it, and laying out a
    page, would keep every other writer waiting. Raises what `findings_to_print` raises.
    """
    stamping = None
    if service:
        stamping = timestamp.meet(service, signer=signer, at=now, revocations=revocations)
    described = _description(
        treatment, clinic, expected_revision=expected_revision, said=said, by=by, now=now
    )
    return _signed(described, stamping, treatment, clinic, signer=signer, by=by, now=now)


def issue_note(
    treatment: Treatment,
    clinic: Clinic,
    *,
    signer: authority.Signer,
    expected_revision: int,
    said: Said,
    by: Person,
    now: datetime,
    ahead: Signed | None = None,
) -> Note:
    """Sign the treatment as reviewed: rules, record, page, signature, note; all or nothing.

    What was signed ahead with the same `now` is taken if it still says the same; it does not when
    somebody else's note took its number. Raises what `findings_to_print` raises. The caller writes
    the audit row and commits.
    """
    key = by.signing_key
    assert key is not None  # access.refusal_to_sign has seen to it
    # The clinic's row is held so that no two notes get one number.
    db.session.execute(select(Clinic.id).with_for_update())
    described = _description(
        treatment, clinic, expected_revision=expected_revision, said=said, by=by, now=now
    )
    signed = ahead
    if signed is None or not signed.says(described):
        stamping = ahead.stamping if ahead else None
        signed = _signed(described, stamping, treatment, clinic, signer=signer, by=by, now=now)
    year, serial = _next_number(clinic, now)
    return Note(
        treatment=treatment,
        year=year,
        serial=serial,
        record=signed.record,
        record_sha256=hashlib.sha256(signed.record).hexdigest(),
        pdf=signed.pdf,
        pdf_sha256=hashlib.sha256(signed.pdf).hexdigest(),
        pages=count_pages(signed.pdf),
        level=signed.level,
        signed_at=now,
        zone=clinic.time_zone,
        signed_by=by,
        signing_key=key,
    )


# The record for a level and, where the file is to have a time stamp, whose.
Description = Callable[[str, str | None], dict[str, Any]]


def _description(
    treatment: Treatment,
    clinic: Clinic,
    *,
    expected_revision: int,
    said: Said,
    by: Person,
    now: datetime,
) -> Description:
    findings = findings_to_print(
        treatment, expected_revision=expected_revision, said=said, by=by, now=now
    )
    described = describe(
        treatment,
        clinic,
        number=note_number(*_next_number(clinic, now)),
        findings=findings,
        said=said,
        by=by,
        now=now,
    )

    return lambda level, stamped_by: {
        **described,
        "signature_level": level,
        "time_stamp_authority": stamped_by,
    }


def _signed(
    described: Description,
    stamping: timestamp.Stamping | None,
    treatment: Treatment,
    clinic: Clinic,
    *,
    signer: authority.Signer,
    by: Person,
    now: datetime,
) -> Signed:
    """Laid out for the level it is going to have; once more for the lower one if no stamp comes."""

    def at_level(level: str, stamping: timestamp.Stamping | None) -> tuple[bytes, bytes]:
        session_record = described(level, _authority_of(stamping))
        pdf = signature.sign(
            layout.render(session_record, own_catalogue.known()),
            signer,
            name=by.signed_name,
            reason=meaning(treatment, by),
            location=clinic.name,
            at=now,
            stamping=stamping,
        )
        return record.canonical(session_record), pdf

    if stamping:
        try:
            return Signed(*at_level(LONG_TERM, stamping), LONG_TERM, stamping)
        except timestamp.NoStamp as fault:
            _log.warning("no time stamp: %s", fault)
    return Signed(*at_level(BASIC, None), BASIC, stamping)


def _authority_of(stamping: timestamp.Stamping | None) -> str | None:
    return stamping.authority if stamping else None


def meaning(treatment: Treatment, by: Person) -> str:
    """What the signature says: its owner performed it, or supervised whoever did."""
    performed = treatment.performer is None or treatment.performer == by
    return MEANING if performed else SUPERVISORS_MEANING


def count_pages(pdf: bytes) -> int:
    """How many pages a PDF has."""
    import pikepdf  # at first use: starting does not wait for it

    with pikepdf.open(BytesIO(pdf)) as document:
        return len(document.pages)


def findings_to_print(
    treatment: Treatment, *, expected_revision: int, said: Said, by: Person, now: datetime
) -> list[Finding]:
    """All rules, run on what is about to be signed.

    Raises StaleChart when the chart moved since the review, Unexplained when it does not say why
    planned sites were not given, NotIdentified when nobody has said that patient and plan are
    right, Unsignable when a rule stops it, NotSaid when a reason, a prescriber or the reading of a
    warning is missing.
    """
    treatment.require_unmoved(since=expected_revision)
    if treatment.revision != expected_revision:
        raise StaleChart(
            "%(name)s changed this session after the review was opened. Look again, then sign.",
            name=treatment.saved_by.name,
        )
    treatment.require_explained()
    treatment.require_identified()
    findings = judge(treatment.case(now=now, signer=by), own_catalogue.known())
    for finding in findings:
        if finding.stops_signing:
            raise Unsignable(finding)
    _require_said(findings, said, by)
    return findings


def _require_said(findings: Iterable[Finding], said: Said, by: Person) -> None:
    for finding in findings:
        if finding.needs_prescriber and overriding(said, by) is None:
            raise NotSaid(
                "Only a prescriber goes on here. Choose who, with their PIN.", about=PRESCRIBER
            )
        if finding.needs_reason and not said.reasons.get(finding.id):
            raise NotSaid(
                "Say why in this case; the note prints the reason (%(rule)s).",
                about=finding.id,
                rule=finding.id,
            )
    if any(finding.is_to_be_read for finding in findings) and said.read != fingerprint(findings):
        raise NotSaid("Read the warnings, and confirm that you have.", about=READ)


def overriding(said: Said, by: Person) -> Person | None:
    """The prescriber who answers for going on: whoever signs, if one, else whom they asked."""
    return by if by.is_one_of(Role.PRESCRIBER) else said.overriding


def _next_number(clinic: Clinic, now: datetime) -> tuple[int, int]:
    """The year and its next serial number, for as long as nobody else takes it."""
    year = clinic.local(now).year
    latest = db.session.scalar(select(func.max(Note.serial)).where(Note.year == year))
    return year, (latest or 0) + 1


def describe(
    treatment: Treatment,
    clinic: Clinic,
    *,
    number: str,
    findings: list[Finding],
    said: Said,
    by: Person,
    now: datetime,
) -> dict[str, Any]:
    """The whole session as the record that is laid out and signed; numbers are strings."""
    known = own_catalogue.known()
    chart = treatment.chart()
    patient = treatment.patient
    paper = treatment.given_on_paper_at
    given_at = sorted(site.given_at for site in treatment.given_sites if site.given_at)
    given_by = {site.key: site.given_by for site in treatment.sites}
    if paper:
        # The sheet tells of the giving; what the chart knows is when and by whom it was typed.
        given_at = [paper]
        given_by = dict.fromkeys(given_by, treatment.performer)
    volume_of = dosing.site_volumes(chart)
    balances = {balance.key: balance for balance in ledger.balance(chart)}
    product_of = {preparation.key: preparation.product for preparation in chart.preparations}
    discarded_at = {vial.key: vial.discarded_at for vial in treatment.vials}

    def person(someone: Person) -> dict[str, str | None]:
        return {
            "name": someone.name,
            "credentials": someone.credentials,
            "npi": someone.npi or None,
        }

    prescriber = overriding(said, by)

    return {
        "schema": record.SCHEMA,
        "software": stipple.__version__,
        "catalogue": known.version,
        "note": {
            "number": number,
            "treatment": str(treatment.id),
            "check_at": current_app.config["STIPPLE_PUBLIC_URL"]
            or current_app.config["STIPPLE_URL"],
        },
        "clinic": {
            "name": clinic.name,
            "address": clinic.address_lines,
            "telephone": clinic.telephone,
            "time_zone": clinic.time_zone,
            "paper": clinic.paper,
        },
        "patient": {
            "name": patient.name,
            "latin_name": patient.latin_name or None,
            "born": patient.born.isoformat(),
            "sex": patient.sex,
            "record_number": patient.record_number,
            "allergies_asked": patient.allergies_asked,
            "allergies": patient.allergies or None,
            "weight_kg": None if patient.weight_kg is None else plain(patient.weight_kg),
            "weight_unknown": patient.weight_unknown or None,
        },
        "service": {
            "date": treatment.date.isoformat(),
            "first_given_at": iso(given_at[0]) if given_at else None,
            "last_given_at": iso(given_at[-1]) if given_at else None,
        },
        "transcribed_from_paper": {
            "sheet": treatment.paper_sheet,
            "given_at": iso(paper),
            "by": person(treatment.started_by),
            "at": iso(treatment.started_at),
        }
        if paper
        else None,
        "performed_by": person(treatment.performer or by),
        "ordered_by": {"name": treatment.ordering_name, "npi": treatment.ordering_npi}
        if treatment.ordering_name
        else None,
        "supervised_by": person(treatment.supervisor) if treatment.supervisor else None,
        "signed_by": person(by),
        "signed_at": iso(now),
        "signature_meaning": meaning(treatment, by),
        "drawn_signature": said.drawn,
        "consent_signature": {
            "drawn": treatment.consent_signature,
            "at": iso(treatment.consent_signed_at),
        }
        if treatment.consent_signature
        else None,
        "incomplete": treatment.incomplete_reason,
        "touch_up_of": treatment.touch_up_of.isoformat() if treatment.touch_up_of else None,
        "indications": [
            {
                "id": indication,
                "title": known.indications[indication].title,
                "codes": [
                    {"code": code.code, "description": code.description}
                    for code in known.indications[indication].codes
                    if code.code in chart.codes
                ],
            }
            for indication in chart.indications
        ],
        "protocols": [
            _protocol(known, protocol, chart)
            for protocol in dict.fromkeys(site.protocol for site in chart.sites if site.protocol)
        ],
        "preparations": [
            {
                "key": str(preparation.key),
                "product": preparation.product,
                "generic": known.products[preparation.product].generic,
                "diluent": known.diluent_label(preparation.diluent, "en")
                if preparation.diluent_ml
                else None,
                "diluent_ml": None
                if preparation.diluent_ml is None
                else plain(preparation.diluent_ml),
                "concentration_units_per_ml": _plain_or_none(dosing.strength(preparation)),
                "reconstituted_at": iso(preparation.reconstituted_at),
                "unknown": dict(preparation.unknown),
                "vials": [
                    {
                        "units": plain(vial.units),
                        "lot": vial.lot,
                        "expires": vial.expires.isoformat() if vial.expires else None,
                        "ndc": vial.ndc or known.products[preparation.product].ndc_of(vial.units),
                        "serial": vial.serial,
                        "source": vial.source,
                        "diluent_ml": _plain_or_none(vial.diluent_ml),
                        "reconstituted_at": iso(vial.reconstituted_at),
                        "unknown": dict(vial.unknown),
                        "opened": f"{balances[vial.key].opened:.2f}",
                        "given": f"{balances[vial.key].given:.2f}",
                        "discarded": f"{balances[vial.key].discarded or 0:.2f}",
                        "discarded_at": iso(discarded_at[vial.key])
                        if vial.discarded and not paper
                        else None,
                        "discard_reason": vial.discard_reason,
                    }
                    for vial in preparation.vials
                ],
            }
            for preparation in chart.preparations
        ],
        # A drawing is known outside the clinic by what it is, not by its name.
        "drawings": {
            ref: known.drawings[ref].sha256 if ref in known.drawings else released_sha256(ref)
            for ref in sorted({site.map for site in chart.sites})
        },
        "sites": [
            {
                "number": position,
                "key": str(site.key),
                "map": site.map,
                "x": f"{site.x:.2f}",
                "y": f"{site.y:.2f}",
                "region": site.region,
                "muscle": site.muscle,
                "name": known.muscles[site.muscle].label if site.muscle else site.other or "",
                "other": site.other,
                "side": stored.side,
                "units": plain(site.units),
                "volume_ml": None
                if volume_of.get(site.key) is None
                else dosing.volume_text(volume_of[site.key]),
                "depth": site.depth,
                "needle": known.needles[site.needle].label if site.needle else None,
                "guidance": known.guidances[site.guidance].label if site.guidance else None,
                "state": site.state,
                "preparation": str(site.preparation) if site.preparation else None,
                "product": product_of.get(site.preparation) if site.preparation else None,
                "indication": site.indication,
                "protocol": site.protocol,
                "protocol_site": site.protocol_site,
                "moved": known.is_moved(site),
                "given_at": iso(paper if paper and site.is_given else stored.given_at),
                "given_by": _name(given_by[site.key]) if site.is_given else None,
            }
            for position, (site, stored) in enumerate(
                zip(chart.sites, treatment.sites, strict=True), start=1
            )
        ],
        "totals": _totals(chart),
        "by_muscle": _by_muscle(chart, known),
        "last_time": _last_time(treatment, known),
        "billing": bill_lines(treatment, clinic, known, now=now),
        "answers": for_the_record(treatment, treatment.case(now=now)),
        "adverse_events": [
            {
                "kind": known.adverse_events[event.kind].label,
                "words": event.words or None,
                "after": event.treatment.date.isoformat(),
                "sites": [
                    {
                        "key": str(site.key),
                        "name": known.muscles[site.muscle].label
                        if site.muscle
                        else site.other or "",
                        "side": site.side,
                    }
                    for site in event.linked_sites
                ],
            }
            for event in treatment.told_events
        ],
        "after_care": own_catalogue.after_care_given(treatment.after_care_version),
        "outcomes": list(measures.told(treatment.outcomes, known)),
        "guidance": {
            "used": [
                each.label
                for group, each in known.guidances.items()
                if group in treatment.all_guidance
            ],
            "note": treatment.guidance_note,
        },
        "findings": [
            {
                "id": finding.id,
                "severity": finding.severity,
                "text": finding.text,
                "source": finding.source,
                "reason": said.reasons.get(finding.id) if finding.needs_reason else None,
                "overridden_by": person(prescriber)
                if prescriber and finding.needs_prescriber
                else None,
            }
            for finding in findings
        ],
    }


def _totals(chart: Chart) -> dict[str, Any]:
    return {
        product: {
            "given": f"{total.given:.2f}",
            "sites": total.given_sites,
            "volume_ml": None if total.volume_ml is None else dosing.volume_text(total.volume_ml),
        }
        for product, total in dosing.totals(chart).items()
        if total.given_sites
    }


def _by_muscle(chart: Chart, known: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "product": row.product,
            "right": _plain_or_none(row.right),
            "midline": _plain_or_none(row.midline),
            "left": _plain_or_none(row.left),
            "all": plain(row.all),
        }
        for row in dosing.by_muscle(chart, known)
    ]


def _last_time(treatment: Treatment, known: Catalogue) -> dict[str, Any] | None:
    """What the patient's last signed session for one of these indications gave; None if none."""
    for other in treatment.patient.treatments:
        if other.id == treatment.id or other.date > treatment.date or other.note is None:
            continue
        if other.given_sites and set(other.indications) & set(treatment.indications):
            chart = other.chart()
            return {
                "date": other.date.isoformat(),
                "note": other.note.number,
                "totals": _totals(chart),
                "by_muscle": _by_muscle(chart, known),
            }
    return None


def _protocol(known: Catalogue, id: str, chart: Chart) -> dict[str, Any]:
    """What a protocol plans: what it lays unasked, and what of it was asked for besides."""
    protocol = known.protocols[id]
    laid = {site.protocol_site for site in chart.sites if site.protocol == id}
    due = protocol.due({site or "" for site in laid})
    return {
        "id": id,
        "title": protocol.title,
        "short": protocol.short,
        "product": protocol.product,
        "of_the_clinic": protocol.is_own,
        "sites": len(due),
        "units": _plain_or_none(protocol.units),
        "planned": [
            {
                "id": site.id,
                "name": known.muscles[site.muscle].label if site.muscle else "",
                "side": site.side,
                "units": _plain_or_none(site.units),
            }
            for site in protocol.sites
            if site in due or site.id in laid
        ],
    }


def _plain_or_none(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _name(person: Person | None) -> str | None:
    return None if person is None else person.name
