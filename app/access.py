"""Who may do what: one function per act. It answers the reason for refusing, or None.

A template shows the reason beside the closed button; a route calls `require` with it. What a person
may not even know of is not refused here but not found: the features' loaders answer 404 for it.
`app/sight.py` asks `seen_by` for whoever is signed in; every list and every loader asks that.

What all of it comes to, address by address and role by role, is in `docs/access.md`.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, false, or_

from app.models import EmergencyAccess, NamedPerson, Patient, Person, Role, Treatment
from app.models.person import PATIENT_ROLES


class Forbidden(Exception):
    """The act is not this person's to do; the text says why."""


class Hidden(Exception):
    """This patient is hidden from who asks: to them there is nothing here."""

    def __init__(self, patient: Patient) -> None:
        super().__init__("hidden")
        self.patient = patient


def require(refusal: str | None) -> None:
    """Go on, or raise Forbidden with the reason."""
    if refusal is not None:
        raise Forbidden(refusal)


def sees_patients(person: Person) -> bool:
    """Whether this person sees patients at all: clinical roles and staff do."""
    return person.is_one_of(*PATIENT_ROLES)


def seen_by(person: Person, *, now: datetime) -> ColumnElement[bool]:
    """Which patients this person sees, as a condition on `Patient`.

    All but the restricted; of those the ones they are named for or have opened in an emergency.
    """
    if not sees_patients(person):
        return false()
    of_patient = NamedPerson.patient_id == Patient.id
    return or_(
        ~exists().where(of_patient),
        exists().where(of_patient, NamedPerson.person_id == person.id),
        exists().where(
            EmergencyAccess.patient_id == Patient.id,
            EmergencyAccess.person_id == person.id,
            EmergencyAccess.until > now,
        ),
    )


def refusal_to_see_patients(person: Person) -> str | None:
    """Administration gives no sight of patients."""
    if not sees_patients(person):
        return _("Your role does not include patients. An administrator can add one that does.")
    return None


def refusal_to_edit_patient(person: Person, patient: Patient | None = None) -> str | None:
    """Clinical roles and staff keep patients' details; `patient` is None for a new one."""
    return refusal_to_see_patients(person)


def refusal_to_restrict(person: Person, patient: Patient) -> str | None:
    """Providers say who sees a patient; once it is restricted, those of them who are named.

    Where no named provider is left, a provider who opened the patient in an emergency takes over.
    """
    if not person.is_one_of(Role.PROVIDER):
        return _("Only a provider decides who sees a patient.")
    deciding = [
        named.person
        for named in patient.named
        if named.person.is_active and named.person.is_one_of(Role.PROVIDER)
    ]
    if deciding and person.id not in {provider.id for provider in deciding}:
        return _(
            "You see this patient by emergency access. Who else does is decided by %(names)s.",
            names=", ".join(provider.signed_name for provider in deciding),
        )
    return None


def refusal_to_open_in_emergency(person: Person) -> str | None:
    """Whoever treats may open a restricted patient in an emergency; paper can wait."""
    if not person.is_clinical:
        return _("Emergency access is for providers and assistants.")
    return None


def refusal_to_chart(person: Person, treatment: Treatment | None = None) -> str | None:
    """Providers and assistants chart, until the note is signed or the draft discarded."""
    if not person.is_clinical:
        return _("Only a provider or an assistant charts a session.")
    if treatment is not None and treatment.is_signed:
        return _("This session is signed. What follows is written as an addendum.")
    if treatment is not None and treatment.is_discarded:
        return _("This draft was discarded.")
    return None


def refusal_to_make_protocol(person: Person, treatment: Treatment) -> str | None:
    """A pattern of the clinic's own is a provider's decision, whoever charts."""
    if refusal := refusal_to_chart(person, treatment):
        return refusal
    if not person.is_one_of(Role.PROVIDER):
        return _("Only a provider saves a protocol of the clinic’s own.")
    return None


def refusal_to_discard(person: Person, treatment: Treatment) -> str | None:
    """A draft is discarded only while nothing was given."""
    if refusal := refusal_to_chart(person, treatment):
        return refusal
    if treatment.given_sites:
        return _("Something was given in this session, so it stays in the record.")
    return None


def refusal_to_move(person: Person, treatment: Treatment) -> str | None:
    """Who charts may move a draft to the patient who was really treated."""
    return refusal_to_chart(person, treatment)


def refusal_to_sign(person: Person, treatment: Treatment, *, now: datetime) -> str | None:
    """The provider who gave the treatment, or supervises who did, signs with a key of their own."""
    if not person.is_one_of(Role.PROVIDER):
        return _("Only a provider signs a note.")
    if refusal := refusal_to_chart(person, treatment):
        return refusal
    if not treatment.given_sites:
        return _("Nothing is given yet. Give at least one site before signing.")
    signing = {treatment.performer_id, treatment.supervisor_id}
    if treatment.performer is not None and person.id not in signing:
        return _(
            "%(name)s is recorded as having given this treatment and signs it.",
            name=treatment.performer.signed_name,
        )
    return _refusal_of_key(person, now=now)


def _refusal_of_key(person: Person, *, now: datetime) -> str | None:
    key = person.signing_key
    if key is None:
        return _("You have no PIN yet. Set one under your name, then sign.")
    if key.is_locked:
        return _("Five wrong PINs have locked your key. Sign out and in again to open it.")
    if not key.not_before <= now < key.not_after:
        return _("Your signing certificate has expired. Set a new PIN to get a new one.")
    return None


def refusal_to_add(person: Person, *, now: datetime) -> str | None:
    """Any provider who sees the patient may add to a signed note, under their own name."""
    if not person.is_one_of(Role.PROVIDER):
        return _("Only a provider writes an addendum.")
    return _refusal_of_key(person, now=now)


def refusal_to_cosign(person: Person, treatment: Treatment, *, now: datetime) -> str | None:
    """Whoever the session names as supervising it, once it is signed by somebody else."""
    if treatment.supervisor is None or treatment.supervisor_id != person.id:
        return _("Only who is named as supervising this session co-signs it.")
    if not treatment.awaits_cosignature:
        return _("No co-signature is due.")
    return refusal_to_add(person, now=now)


def refusal_to_assess(person: Person) -> str | None:
    """Who treats and who keeps the catalogue may try the rules on a session of nobody."""
    if not (person.is_clinical or person.is_one_of(Role.ADMINISTRATOR)):
        return _("The rules are tried by who treats, and by an administrator.")
    return None


def refusal_to_override(prescriber: Person, *, now: datetime) -> str | None:
    """A prescriber with a key that opens goes on against a rule, with a reason that prints."""
    key = prescriber.signing_key
    if not prescriber.is_one_of(Role.PRESCRIBER) or key is None:
        return _("Only a prescriber with a PIN goes on here.")
    if key.is_locked:
        return _(
            "Five wrong PINs have locked the key of %(name)s, who signs out and in again to open"
            " it.",
            name=prescriber.signed_name,
        )
    if not key.not_before <= now < key.not_after:
        return _(
            "The certificate of %(name)s has expired. A new PIN brings a new one.",
            name=prescriber.signed_name,
        )
    return None


def refusal_to_read_notes(person: Person) -> str | None:
    """Clinical roles and staff read signed notes."""
    return refusal_to_see_patients(person)


def refusal_to_print(person: Person) -> str | None:
    """Who may read a note may print a copy; each print is logged."""
    return refusal_to_see_patients(person)


def refusal_to_print_sheets(person: Person) -> str | None:
    """Whoever sees patients prints the sheets that are written on while there is no tablet."""
    return refusal_to_see_patients(person)


def refusal_to_see_bill(person: Person, treatment: Treatment) -> str | None:
    """Who keeps the notes keeps the bill: clinical roles and staff, not the administrator.

    A void note is of the wrong patient, so nothing is billed with it.
    """
    if refusal := refusal_to_see_patients(person):
        return refusal
    if treatment.is_void:
        return _("This note is void, so there is nothing to bill.")
    return None


def refusal_to_remind(person: Person) -> str | None:
    """Who keeps the notes may remind a provider of one that is not signed."""
    return refusal_to_see_patients(person)


def refusal_to_keep_stock(person: Person) -> str | None:
    """Clinical roles and staff receive vials, look up lots and quarantine them."""
    if not sees_patients(person):
        return _("Your role does not include the stock. An administrator can add one that does.")
    return None


def refusal_to_administer(person: Person) -> str | None:
    """People and settings are the administrator's."""
    if not person.is_one_of(Role.ADMINISTRATOR):
        return _("Only an administrator changes people and settings.")
    return None


def refusal_to_certify(person: Person) -> str | None:
    """A certificate is for a key, which its owner makes with a PIN."""
    if refusal := refusal_to_hold_key(person):
        return refusal
    if not person.is_active:
        return _("%(name)s no longer signs in, so there is nothing to certify.", name=person.name)
    if person.latest_key is None:
        return _("%(name)s has set no PIN yet. A PIN makes a key.", name=person.name)
    return None


def refusal_to_hold_key(person: Person) -> str | None:
    """Only who signs has a key, and a PIN that signs."""
    if not person.is_one_of(Role.PROVIDER):
        return _("Only a provider signs, so only a provider needs a signing key.")
    return None


def refusal_to_unlock(person: Person) -> str | None:
    """A PIN brings back whoever has one that wrong ones have not locked."""
    if person.pin is None:
        return _(
            "%(name)s has no PIN yet. Sign in fully, then set one under your name.",
            name=person.signed_name,
        )
    if person.pin.is_locked:
        return _("Five wrong PINs have locked it. Sign in fully to open it again.")
    return None
