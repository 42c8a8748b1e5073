"""The cast and their records, made by the records' own acts, so nothing impossible can be built.

Alice treats and signs. Bob is the other provider. Carol assists: she charts and never signs.
Dan is staff: patients, notes, prints. Eve administers and sees no patient.

What costs time to make (password hashes, keys under a PIN) is made once a test session.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import uuid4

from argon2 import PasswordHasher

from app import audit, clock, keyring
from app.auth.signing_keys import SECRET
from app.clinical.catalogue import catalogue
from app.clinical.chart import parse_chart
from app.extensions import begin_write, db
from app.models import (
    Addendum,
    AdverseEvent,
    Authority,
    Clinic,
    Note,
    OutsideDose,
    Patient,
    Person,
    Role,
    SigningKey,
    Treatment,
)
from app.notes import authority
from app.treatments.amending import issue_addendum
from app.treatments.describing_addenda import Written
from app.treatments.said import reading_all
from app.treatments.signing import issue_note
from tests import schemas

PASSWORD = "a lamp of green glass"
ALICES_PIN = "824613"
BOBS_PIN = "730294"

# The clinic is this old, so that its certificates are older than any note of a test.
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=100)


class Cast(NamedTuple):
    """Everyone at the clinic."""

    clinic: Clinic
    alice: Person
    bob: Person
    carol: Person
    dan: Person
    eve: Person


def cast(*, paper: str = "letter") -> Cast:
    """The clinic with its authority and its five people, committed."""
    begin_write()
    secret = keyring.derive(SECRET)
    clinic = Clinic(
        name="Quayside Clinic",
        address="4 Quay Street\nFairhaven, ME 04999",
        telephone="207-555-0100",
        time_zone="America/New_York",
        paper=paper,
        created_at=BEGAN,
    )
    root = founded(clinic.name, secret)
    vouching = Authority(
        certificate_pem=root.certificate_pem, wrapped_key=root.wrapped_key, created_at=BEGAN
    )
    db.session.add_all([clinic, vouching])
    everyone = Cast(
        clinic,
        alice=person("alice", "Alice Amari", "MD", Role.PROVIDER, Role.PRESCRIBER),
        bob=person("bob", "Bob Brandt", "MD", Role.PROVIDER, Role.PRESCRIBER),
        carol=person("carol", "Carol Costa", "RN", Role.ASSISTANT),
        dan=person("dan", "Dan Dufour", "", Role.STAFF),
        eve=person("eve", "Eve Ekholm", "", Role.ADMINISTRATOR),
    )
    for provider, pin in ((everyone.alice, ALICES_PIN), (everyone.bob, BOBS_PIN)):
        give_key(provider, pin, clinic=clinic, root=root, secret=secret)
    db.session.commit()
    return everyone


def person(username: str, name: str, credentials: str, *roles: Role) -> Person:
    """Somebody with `PASSWORD` and these roles."""
    someone = Person(
        username=username,
        name=name,
        credentials=credentials,
        roles=[str(role) for role in roles],
        password_hash=_password_hash(PASSWORD),
        created_at=BEGAN,
    )
    db.session.add(someone)
    return someone


def give_key(
    provider: Person, pin: str, *, clinic: Clinic, root: authority.Root, secret: bytes
) -> None:
    """A key and certificate under this PIN."""
    identity = _identity(root, provider.name, provider.credentials, clinic.name, pin, secret)
    provider.add_key(
        SigningKey(
            certificate_pem=identity.certificate_pem,
            wrapped_p12=identity.wrapped_p12,
            serial=identity.serial,
            not_before=identity.not_before,
            not_after=identity.not_after,
            created_at=BEGAN,
        ),
        now=BEGAN,
    )


def patient(by: Person, **values: Any) -> Patient:
    """A patient whom `by` registered, committed; `values` differ from the usual ones."""
    begin_write()
    usual: Mapping[str, Any] = {
        "given_name": "Maren",
        "family_name": "Oduya-Sample",
        "born": date(1984, 3, 12),
        "sex": "female",
        "record_number": f"SAMPLE-{uuid4().hex[:8]}",
        "weight_kg": Decimal("68"),
        "weighed_on": BEGAN.date(),
        "allergies_asked": "none_known",
        "allergies": "",
        "conditions_asked": "none_known",
        "conditions": "",
    }
    registered = Patient.register({**usual, **values}, by=by, now=BEGAN)
    db.session.add(registered)
    db.session.commit()
    return registered


def outside_dose(of: Patient, *, by: Person, **values: Any) -> OutsideDose:
    """A dose given elsewhere, committed; `values` differ from the usual ones."""
    begin_write()
    usual: Mapping[str, Any] = {
        "date": BEGAN.date(),
        "product": "Dysport",
        "units": Decimal("500"),
        "indication": "cervical_dystonia",
        "response": None,
        "source": "patient-reported",
        "place": "",
    }
    dose = OutsideDose.enter(of, {**usual, **values}, by=by, now=clock.now())
    db.session.add(dose)
    db.session.commit()
    return dose


def adverse_event(
    after: Treatment, *, told_in: Treatment, by: Person, kind: str = "drooping_brow"
) -> AdverseEvent:
    """An event linked to the first site that was given, committed."""
    begin_write()
    event = AdverseEvent.tell(
        after, kind, "", [str(after.given_sites[0].key)], told_in=told_in, by=by, now=clock.now()
    )
    db.session.add(event)
    db.session.commit()
    return event


def treatment(of: Patient, *, by: Person, clinic: Clinic, asked: bool = True) -> Treatment:
    """An empty draft of today, committed; unless not `asked`, every question is answered well."""
    begin_write()
    draft = Treatment.start(of, clinic, by=by, now=clock.now())
    db.session.add(draft)
    if asked:
        answers(draft, by=by)
    db.session.commit()
    return draft


# What a well patient says where it is not a no.
SAID = {
    "identity_confirmed": "yes",
    "plan_agreed": "yes",
    "consent_today": "yes",
    "off_label_consent": "yes",
    "spread_warning_given": "yes",
    "last_response": "better",
    "topical_treatment_failed": "yes",
    "secondary_cause_excluded": "yes",
}


def answers(draft: Treatment, *, by: Person, **differing: str | None) -> None:
    """Answer every question of the time-out and the review; None leaves one unanswered."""
    said = {**dict.fromkeys(catalogue().questions, "no"), **SAID, **differing}
    for question in catalogue().questions.values():
        if question.group != "free" and not question.part_of and said[question.id]:
            draft.answer(question.id, said[question.id], by=by, now=clock.now())


def asked(draft: Treatment, *, by: Person, **differing: str | None) -> None:
    """`answers`, committed."""
    begin_write()
    answers(draft, by=by, **differing)
    db.session.commit()


def say(draft: Treatment, question: str, value: str, *, by: Person, reason: str = "") -> None:
    """One answer, committed."""
    begin_write()
    draft.answer(question, value, reason=reason, by=by, now=clock.now())
    db.session.commit()


def chart_body(draft: Treatment, **changes: Any) -> dict[str, Any]:
    """A sound chart as a tablet sends it: one 100 U vial in 2 mL, two given corrugator sites.

    The vial's rest is discarded, so nothing stops signing. `changes` replace whole keys.
    """
    preparation = str(uuid4())
    now = clock.now()
    given = [
        {
            "key": str(uuid4()),
            "map": site.map if "@" in site.map else f"{site.map}@1",
            "x": f"{site.x:.2f}",
            "y": f"{site.y:.2f}",
            "muscle": site.muscle,
            "other": None,
            "units": "5",
            "depth": "IM",
            "state": "given",
            "preparation": preparation,
            "indication": "chronic_migraine",
            "protocol": None,
            "protocol_site": None,
            "given_at": now.isoformat(),
        }
        for site in catalogue().protocols["PREEMPT-155"].sites
        if site.muscle == "corrugator"
    ]
    return {
        "save": str(uuid4()),
        "revision": draft.revision,
        "date": draft.date.isoformat(),
        "indications": ["chronic_migraine"],
        "codes": ["G43.709"],
        "preparations": [
            {
                "key": preparation,
                "product": "BOTOX",
                "diluent": "saline_preservative_free",
                "diluent_ml": "2",
                "reconstituted_at": (now - timedelta(minutes=10)).isoformat(),
                "vials": [
                    {
                        "key": str(uuid4()),
                        "units": "100",
                        "lot": "SAMPLE-1",
                        "expires": (now.date() + timedelta(days=400)).isoformat(),
                        "discarded": str(100 - 5 * len(given)),
                    }
                ],
            }
        ],
        "sites": given,
        **changes,
    }


def chart(draft: Treatment, body: Mapping[str, Any] | None = None, *, by: Person) -> Treatment:
    """Save a chart into the draft, by default `chart_body`, committed."""
    body = dict(body or chart_body(draft))
    begin_write()
    draft.replace_chart(
        parse_chart({k: v for k, v in body.items() if k not in ("save", "revision")}, catalogue()),
        save=uuid4(),
        expected_revision=draft.revision,
        by=by,
        now=clock.now(),
    )
    db.session.commit()
    return draft


def _signer_of(person: Person, pin: str) -> authority.Signer:
    """The person's own key, opened with the PIN."""
    key = person.signing_key
    assert key is not None
    identity = authority.Identity(
        certificate_pem=key.certificate_pem,
        wrapped_p12=key.wrapped_p12,
        serial=key.serial,
        not_before=key.not_before,
        not_after=key.not_after,
    )
    return _signer(identity, pin, keyring.derive(SECRET))


def sign(
    draft: Treatment,
    *,
    by: Person,
    clinic: Clinic,
    pin: str = ALICES_PIN,
    incomplete: str | None = None,
) -> Note:
    """Sign the charted draft with the provider's own key, committed; `incomplete` says why."""
    signer = _signer_of(by, pin)
    begin_write()
    if incomplete:
        draft.record_incomplete(incomplete)
    now = clock.now()
    note = issue_note(
        draft,
        clinic,
        signer=signer,
        expected_revision=draft.revision,
        said=reading_all(draft, now=now, reason="Looked at with the patient."),
        by=by,
        now=now,
    )
    assert schemas.faults(json.loads(note.record)) == []
    db.session.add(note)
    db.session.commit()
    return note


def addendum(
    note: Note,
    *,
    by: Person,
    clinic: Clinic,
    kind: str = "clarification",
    reason: str = "Asked by the payer.",
    pin: str = ALICES_PIN,
    text: str = "The diary is the patient’s own.",
) -> Addendum:
    """What follows a signed note, signed with the provider's own key, committed."""
    signer = _signer_of(by, pin)
    begin_write()
    written = Written(kind=kind, addenda=len(note.addenda), reason=reason, text=text)
    signed = issue_addendum(note, clinic, written, signer=signer, by=by, now=clock.now())
    db.session.add(signed)
    db.session.commit()
    assert schemas.faults(signed.contents) == []
    return signed


def act(by: Person) -> None:
    """One row of the audit trail, committed."""
    begin_write()
    audit.record(db.session, "patient.viewed", by=by, now=clock.now())
    db.session.commit()


@cache
def _password_hash(password: str) -> str:
    # Cheap to check: nobody guesses here. What a test's person sets is as dear as the product's.
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


@cache
def founded(clinic_name: str, secret: bytes) -> authority.Root:
    """A clinic's own authority."""
    return authority.found(clinic_name, secret=secret, now=BEGAN)


@cache
def _identity(
    root: authority.Root, name: str, credentials: str, organisation: str, pin: str, secret: bytes
) -> authority.Identity:
    return authority.issue(
        root,
        name=name,
        credentials=credentials,
        organisation=organisation,
        pin=pin,
        secret=secret,
        now=BEGAN,
    )


@cache
def _signer(identity: authority.Identity, pin: str, secret: bytes) -> authority.Signer:
    return authority.unlock(identity, pin=pin, secret=secret)
