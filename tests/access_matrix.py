"""Who may what: every address × every role, as one table.

A new address is one line in `MATRIX`: method, endpoint, what each caller gets in the order of
`CALLERS`, on which record, what is sent, and the act that the trail then tells of. Where the answer
depends on the record's state, each state has its line. Then `python -m tests.access_page` writes
`docs/access.md`. `tests/rules/test_access.py` asks every line of every caller for real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import cleandoc
from typing import Any, NamedTuple

from flask import Flask
from werkzeug.test import TestResponse

from tests import drawings
from tests.access_stage import (
    A_CLINIC,
    A_DELIVERY,
    A_DOSE,
    A_HAND,
    A_PASSWORD,
    A_PATIENT,
    A_PIN,
    AN_ADDENDUM,
    AN_ANSWER,
    CALLERS,
    OWN_VALUE,
    THE_ROW,
    Stage,
    a_case,
    a_chart,
    a_code,
    a_drawing,
    a_drawing_plan,
    a_file,
    a_language,
    a_move,
    a_new_colleague,
    a_pdf,
    a_performer,
    a_reaction,
    a_recall,
    a_row,
    alarm,
    an_own_drawing,
    an_own_drawing_to_edit,
    an_own_value,
    an_own_value_named,
    batch,
    changed_patient,
    colleague,
    copy,
    discarded,
    draft,
    draft_after_another,
    draft_and_another,
    drawing_draft,
    followed,
    former_colleague,
    from_paper,
    given,
    known_patient,
    locked,
    lot,
    nothing,
    outside_dose,
    own_emergency,
    own_pin,
    own_sign_in,
    patient,
    signed,
    signed_and_another,
    signed_note,
    signing_colleague,
    some_measures,
    the_catalogue,
    the_ticked,
    their_note,
    their_pin,
    themselves_named,
    ticked_patient,
    to_be_added_to,
    to_be_cosigned,
    told_event,
    what_a_sheet_says,
    whom_they_know,
)
from tests.factories import ALICES_PIN

# What a caller gets. A number is the status of a refusal: nothing at all has changed then.
DONE = "✓"  # Shown, or done and in the trail.
LED = "→"  # Led to the page that is theirs, or is next; nothing has changed.

On = Callable[[Stage], dict[str, Any]]
Sends = Mapping[str, Any] | Callable[[Stage, Mapping[str, Any]], Mapping[str, Any]]


class Line(NamedTuple):
    """One address on one kind of record: what each caller gets."""

    method: str
    endpoint: str
    gets: Mapping[str, str]
    on: On
    sends: Sends
    act: str | None

    @property
    def name(self) -> str:
        """How a failure calls it."""
        return f"{self.method} {self.endpoint}{' on ' + self.record if self.record else ''}"

    @property
    def record(self) -> str:
        """What it is asked on, in words."""
        words = "" if self.on in ALWAYS_THERE else cleandoc(self.on.__doc__ or "").rstrip(".")
        return words[:1].lower() + words[1:]

    def body(self, stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
        """What goes with the request."""
        return dict(self.sends(stage, values) if callable(self.sends) else self.sends)

    def ask(self, stage: Stage, values: Mapping[str, Any], **more: Any) -> TestResponse:
        """Ask for it, with `more` fields than it has."""
        body = {**self.body(stage, values), **more}
        sends = {"json" if self.method == "PUT" else "data": body} if body else {}
        return stage.ask(self.method, self.endpoint, values, **sends)


ALWAYS_THERE = (nothing, a_file, the_catalogue)


def line(
    method: str,
    endpoint: str,
    gets: str,
    on: On = nothing,
    *,
    sends: Sends | None = None,
    act: str | None = None,
) -> Line:
    """One line; `gets` in the order of `CALLERS`."""
    return Line(
        method, endpoint, dict(zip(CALLERS, gets.split(), strict=True)), on, sends or {}, act
    )


# fmt: off
MATRIX: tuple[Line, ...] = (
    #                                        anon prov pres asst staf admi owner
    line("GET",  "static",                  "✓    ✓    ✓    ✓    ✓    ✓    ✓", a_file),
    line("GET",  "healthz",                 "✓    ✓    ✓    ✓    ✓    ✓    ✓"),
    line("GET",  "offline_worker",          "✓    ✓    ✓    ✓    ✓    ✓    ✓"),
    line("GET",  "offline_page",            "✓    ✓    ✓    ✓    ✓    ✓    ✓", a_language),
    line("GET",  "auth.setup",              "404  404  404  404  404  404  404"),
    line("POST", "auth.setup",              "404  404  404  404  404  404  404"),
    line("GET",  "auth.login",              "✓    →    →    →    →    →    →"),
    line("POST", "auth.login",              "✓    ✓    ✓    ✓    ✓    ✓    ✓", sends=own_sign_in, act="person.signed_in"),
    line("POST", "auth.logout",             "→    ✓    ✓    ✓    ✓    ✓    ✓", act="person.signed_out"),
    line("GET",  "auth.lock_page",          "→    →    →    →    →    →    →"),
    line("POST", "auth.lock",               "→    ✓    ✓    ✓    ✓    ✓    ✓", sends={"address": "/account", "why": "hand"}, act="tablet.locked"),
    line("POST", "auth.unlock",             "404  ✓    ✓    ✓    ✓    ✓    ✓", locked, sends=own_pin, act="tablet.unlocked"),
    line("GET",  "auth.presence",           "401  ✓    ✓    ✓    ✓    ✓    ✓"),
    line("GET",  "auth.account",            "401  ✓    ✓    ✓    ✓    ✓    ✓"),
    line("POST", "auth.set_pin",            "401  ✓    ✓    ✓    ✓    ✓    ✓", sends=A_PIN, act="pin.set"),
    line("POST", "auth.change_password",    "401  ✓    ✓    ✓    ✓    ✓    ✓", sends=A_PASSWORD, act="password.changed"),
    line("POST", "auth.choose_language",    "401  ✓    ✓    ✓    ✓    ✓    ✓", sends={"language": "en"}, act="language.chosen"),

    line("GET",  "patients.today",          "401  ✓    ✓    ✓    ✓    →    ✓"),
    line("GET",  "patients.index",          "401  ✓    ✓    ✓    ✓    403  ✓"),
    line("POST", "patients.search",         "401  ✓    ✓    ✓    ✓    403  ✓", sends={"q": "quist"}),
    line("GET",  "patients.new",            "401  ✓    ✓    ✓    ✓    403  ✓"),
    line("POST", "patients.new",            "401  ✓    ✓    ✓    ✓    403  ✓", sends=A_PATIENT, act="patient.created"),
    line("GET",  "patients.show",           "401  ✓    ✓    ✓    ✓    404  ✓", patient, act="patient.viewed"),
    line("GET",  "patients.show_sites",     "401  ✓    ✓    ✓    ✓    404  ✓", patient, act="patient.sites_viewed"),
    line("GET",  "patients.edit",           "401  ✓    ✓    ✓    ✓    404  ✓", patient),
    line("POST", "patients.edit",           "401  ✓    ✓    ✓    ✓    404  ✓", patient, sends=changed_patient, act="patient.edited"),
    line("GET",  "patients.add_dose",       "401  ✓    ✓    ✓    ✓    404  ✓", patient),
    line("POST", "patients.add_dose",       "401  ✓    ✓    ✓    ✓    404  ✓", patient, sends=A_DOSE, act="patient.dose_entered"),
    line("GET",  "patients.withdraw_dose",  "401  ✓    ✓    ✓    ✓    404  ✓", outside_dose),
    line("POST", "patients.withdraw_dose",  "401  ✓    ✓    ✓    ✓    404  ✓", outside_dose, sends={"reason": "Another patient’s"}, act="patient.dose_withdrawn"),
    line("GET",  "patients.restriction",    "401  ✓    ✓    ✓    ✓    404  ✓", patient),
    line("POST", "patients.restriction",    "401  ✓    ✓    403  403  404  ✓", patient, sends=themselves_named, act="patient.restricted"),
    line("GET",  "patients.emergency",      "401  ✓    ✓    ✓    403  403  ✓"),
    line("POST", "patients.emergency",      "401  ✓    ✓    ✓    403  403  ✓", known_patient, sends=whom_they_know, act="patient.glass_broken"),
    line("POST", "patients.end_emergency",  "401  ✓    ✓    ✓    404  404  ✓", own_emergency, act="patient.glass_closed"),
    line("POST", "patients.acknowledge",    "401  ✓    ✓    ✓    ✓    ✓    ✓", alarm, act="emergency.acknowledged"),

    line("POST", "treatments.start",        "401  ✓    ✓    ✓    403  404  ✓", patient, act="treatment.started"),
    line("GET",  "treatments.show",         "401  →    →    →    ✓    404  →", draft),
    line("GET",  "treatments.show",         "401  ✓    ✓    ✓    ✓    404  ✓", signed, act="treatment.viewed"),
    line("GET",  "treatments.show",         "401  ✓    ✓    ✓    ✓    404  ✓", discarded, act="treatment.viewed"),
    line("GET",  "treatments.show_chart",   "401  ✓    ✓    ✓    403  404  ✓", draft, act="treatment.viewed"),
    line("GET",  "treatments.show_chart",   "401  →    →    →    →    404  →", signed),
    line("GET",  "treatments.show_chart",   "401  →    →    →    →    404  →", discarded),
    line("GET",  "treatments.show_earlier", "401  ✓    ✓    ✓    403  404  ✓", draft, act="treatment.earlier_viewed"),
    line("POST", "treatments.tell_adverse_event", "401 ✓ ✓   ✓    403  404  ✓", draft_after_another, sends=a_reaction, act="treatment.adverse_event"),
    line("POST", "treatments.tell_adverse_event", "401 409 409 409 409  404  409", signed, sends={"kind": "neck_pain"}),
    line("POST", "treatments.withdraw_adverse_event", "401 ✓ ✓ ✓  403  404  ✓", told_event, act="treatment.adverse_event_withdrawn"),
    line("PUT",  "treatments.save_chart",   "401  ✓    ✓    ✓    403  404  ✓", draft, sends=a_chart, act="chart.saved"),
    line("PUT",  "treatments.save_chart",   "401  409  409  409  403  404  409", signed, sends=a_chart),
    line("PUT",  "treatments.save_chart",   "401  409  409  409  403  404  409", discarded, sends=a_chart),
    line("POST", "treatments.save_protocol", "401 ✓    ✓    403  403  404  ✓", given, sends={"title": "Brow, light"}, act="catalogue.own_protocol"),
    line("POST", "treatments.save_protocol", "401 409  409  409  409  404  409", signed, sends={"title": "Brow, light"}),
    line("POST", "treatments.discard",      "401  ✓    ✓    ✓    403  404  ✓", draft, sends={"reason": "Opened twice"}, act="treatment.discarded"),
    line("POST", "treatments.discard",      "401  403  403  403  403  404  403", given, sends={"reason": "Opened twice"}),
    line("POST", "treatments.discard",      "401  409  409  409  409  404  409", signed, sends={"reason": "Opened twice"}),
    line("POST", "treatments.discard",      "401  409  409  409  409  404  409", discarded, sends={"reason": "Opened twice"}),
    line("POST", "treatments.record_performer", "401 ✓ ✓    ✓    403  404  ✓", draft, sends=a_performer, act="treatment.performer"),
    line("POST", "treatments.record_performer", "401 409 409 409 409 404 409", signed, sends=a_performer),
    line("POST", "treatments.discard_remainders", "401 ✓ ✓  ✓    403  404  ✓", given, act="treatment.discarded_remainders"),
    line("POST", "treatments.discard_remainders", "401 409 409 409 409 404 409", signed),
    line("POST", "treatments.record_incomplete", "401 ✓ ✓   ✓    403  404  ✓", given, sends={"reason": "Stopped at the patient’s wish"}, act="treatment.incomplete"),
    line("POST", "treatments.record_incomplete", "401 409 409 409 409 404 409", signed, sends={"reason": "Stopped at the patient’s wish"}),
    line("POST", "treatments.record_consent_signature", "401 ✓ ✓ ✓ 403 404 ✓", given, sends=A_HAND, act="treatment.consent_signature"),
    line("POST", "treatments.record_consent_signature", "401 409 409 409 409 404 409", signed, sends=A_HAND),
    line("POST", "treatments.record_orderer", "401 ✓   ✓    ✓    403  404  ✓", given, sends={"name": "Orla Quist, MD"}, act="treatment.orderer"),
    line("POST", "treatments.record_orderer", "401 409 409  409  409  404  409", signed, sends={"name": "Orla Quist, MD"}),
    line("POST", "treatments.record_supervisor", "401 ✓ ✓  ✓    403  404  ✓", given, sends={"supervisor": ""}, act="treatment.supervisor"),
    line("POST", "treatments.record_supervisor", "401 409 409 409 409 404 409", signed, sends={"supervisor": ""}),
    line("POST", "treatments.record_touch_up", "401 ✓  ✓    ✓    403  404  ✓", given, sends={"day": ""}, act="treatment.touch_up"),
    line("POST", "treatments.record_touch_up", "401 409 409  409  409  404  409", signed, sends={"day": ""}),
    line("GET",  "treatments.show_time_out", "401 ✓    ✓    ✓    403  404  ✓", draft, act="treatment.viewed"),
    line("GET",  "treatments.show_time_out", "401 →    →    →    →    404  →", signed),
    line("POST", "treatments.record_answer", "401 ✓    ✓    ✓    403  404  ✓", draft, sends=AN_ANSWER, act="answer.recorded"),
    line("POST", "treatments.record_answer", "401 409  409  409  409  404  409", signed, sends=AN_ANSWER),
    line("POST", "treatments.record_asked_again", "401 ✓ ✓   ✓    403  404  ✓", draft, sends={"questions": "pregnant"}, act="answer.asked_again"),
    line("POST", "treatments.record_asked_again", "401 409 409 409 409 404 409", signed, sends={"questions": "pregnant"}),
    line("POST", "treatments.add_diagnosis", "401 ✓   ✓    ✓    403  404  ✓", given, sends={"code": "G43.719"}, act="treatment.diagnosis"),
    line("POST", "treatments.add_diagnosis", "401 409 409  409  409  404  409", signed, sends={"code": "G43.719"}),
    line("POST", "treatments.record_measures", "401 ✓ ✓     ✓    403  404  ✓", given, sends=some_measures, act="treatment.measures"),
    line("POST", "treatments.record_measures", "401 409 409 409 409 404 409", signed, sends=some_measures),
    line("GET",  "treatments.choose_patient", "401 ✓   ✓    ✓    403  404  ✓", draft, act="treatment.viewed"),
    line("GET",  "treatments.choose_patient", "401 →   →    →    →    404  →", signed),
    line("POST", "treatments.find_patient", "401  ✓    ✓    ✓    403  404  ✓", draft, sends={"q": "quist"}),
    line("GET",  "treatments.compare_patients", "401 ✓ ✓    ✓    403  404  ✓", draft_and_another, act="patient.viewed"),
    line("GET",  "treatments.compare_patients", "401 → →    →    →    404  →", signed_and_another),
    line("POST", "treatments.move",         "401  ✓    ✓    ✓    403  404  ✓", draft_and_another, sends=a_move, act="treatment.moved"),
    line("POST", "treatments.move",         "401  409  409  409  409  404  409", signed_and_another, sends=a_move),
    line("GET",  "treatments.review",       "401  ✓    ✓    ✓    403  404  ✓", given, act="treatment.reviewed"),
    line("GET",  "treatments.review",       "401  →    →    →    →    404  →", signed),
    line("POST", "treatments.create_signature", "401 ✓ ✓    403  403  404  ✓", given, sends=their_pin, act="note.signed"),
    line("POST", "treatments.create_signature", "401 403 403 403 403 404 403", draft, sends=their_pin),
    line("POST", "treatments.create_signature", "401 409 409 409 409 404 409", signed, sends=their_pin),
    line("GET",  "treatments.note_pdf",     "401  ✓    ✓    ✓    ✓    404  ✓", signed, act="note.opened"),
    line("GET",  "treatments.note_pdf",     "401  404  404  404  404  404  404", draft),
    line("GET",  "treatments.draft_pdf",    "401  ✓    ✓    ✓    ✓    404  ✓", draft, act="draft.printed"),
    line("GET",  "treatments.draft_pdf",    "401  409  409  409  409  404  409", signed),
    line("GET",  "treatments.superbill_pdf", "401 ✓    ✓    ✓    ✓    404  ✓", signed, act="bill.printed"),
    line("GET",  "treatments.superbill_pdf", "401 404  404  404  404  404  404", draft),
    line("POST", "treatments.copy_bill",    "401  ✓    ✓    ✓    ✓    404  ✓", signed, act="bill.copied"),
    line("POST", "treatments.copy_bill",    "401  404  404  404  404  404  404", draft),
    line("POST", "treatments.create_copy",  "401  ✓    ✓    ✓    ✓    404  ✓", signed, sends={"reason": "for the payer"}, act="note.printed"),
    line("POST", "treatments.create_copy",  "401  404  404  404  404  404  404", draft, sends={"reason": "for the payer"}),
    line("GET",  "treatments.copy_pdf",     "401  ✓    ✓    ✓    ✓    404  ✓", copy, act="note.copy_opened"),
    line("POST", "treatments.create_referral", "401 ✓   ✓    ✓    ✓    404  ✓", signed, sends={"name": "Orla Quist, MD"}, act="note.disclosed"),
    line("POST", "treatments.create_referral", "401 404 404  404  404  404  404", draft, sends={"name": "Orla Quist, MD"}),
    line("GET",  "treatments.referral_pdf", "401  ✓    ✓    ✓    ✓    404  ✓", copy, act="note.copy_opened"),
    line("GET",  "treatments.note_text",    "401  ✓    ✓    ✓    ✓    404  ✓", signed, act="note.text_opened"),
    line("GET",  "treatments.note_text",    "401  404  404  404  404  404  404", draft),
    line("POST", "treatments.copy_text",    "401  ✓    ✓    ✓    ✓    404  ✓", signed, act="note.text_copied"),
    line("POST", "treatments.copy_text",    "401  404  404  404  404  404  404", draft),
    line("POST", "treatments.print_after_care", "401 ✓  ✓    ✓    ✓    404  ✓", given, act="after_care.printed"),
    line("POST", "treatments.print_after_care", "401 ✓  ✓    ✓    ✓    404  ✓", signed, act="after_care.printed"),
    line("GET",  "treatments.draw_up_pdf",  "401  ✓    ✓    ✓    403  404  ✓", draft, act="draw_up.printed"),
    line("GET",  "treatments.draw_up_pdf",  "401  409  409  409  409  404  409", signed),
    line("GET",  "treatments.paper_of_the_day", "401 ✓  ✓    ✓    ✓    403  ✓"),
    line("POST", "treatments.print_sheets", "401  ✓    ✓    ✓    ✓    403  ✓", ticked_patient, sends=the_ticked, act="downtime.printed"),
    line("POST", "treatments.print_blank_sheet", "401 ✓ ✓    ✓    ✓    403  ✓", sends={"region": "head"}, act="downtime.printed"),
    line("GET",  "treatments.paper",        "401  ✓    ✓    ✓    ✓    404  ✓", patient, act="patient.viewed"),
    line("POST", "treatments.print_sheet",  "401  ✓    ✓    ✓    ✓    404  ✓", patient, sends={"region": "head"}, act="downtime.printed"),
    line("POST", "treatments.start_from_paper", "401 ✓  ✓    ✓    403  404  ✓", patient, sends=what_a_sheet_says, act="treatment.started"),
    line("GET",  "treatments.correct_paper", "401 ✓    ✓    ✓    403  404  ✓", from_paper, act="treatment.viewed"),
    line("POST", "treatments.correct_paper", "401 ✓    ✓    ✓    403  404  ✓", from_paper, sends=what_a_sheet_says, act="treatment.paper_corrected"),
    line("POST", "treatments.correct_paper", "401 409  409  409  409  404  409", signed, sends=what_a_sheet_says),
    line("GET",  "treatments.write_addendum", "401 ✓   ✓    403  403  404  ✓", signed, act="treatment.viewed"),
    line("GET",  "treatments.write_addendum", "401 404 404  404  404  404  404", draft),
    line("POST", "treatments.create_addendum", "401 ✓  ✓    403  403  404  ✓", to_be_added_to, sends=AN_ADDENDUM, act="addendum.signed"),
    line("POST", "treatments.create_addendum", "401 404 404 404  404  404  404", draft, sends=AN_ADDENDUM),
    line("GET",  "treatments.addendum_pdf", "401  ✓    ✓    ✓    ✓    404  ✓", followed, act="addendum.opened"),
    line("GET",  "treatments.read_to_cosign", "401 ✓   ✓    403  403  404  ✓", to_be_cosigned, act="treatment.viewed"),
    line("GET",  "treatments.read_to_cosign", "401 403 403  403  403  404  403", signed),
    line("POST", "treatments.create_cosignature", "401 ✓ ✓  403  403  404  ✓", to_be_cosigned, sends={"addenda": "0", "pin": ALICES_PIN}, act="addendum.signed"),
    line("POST", "treatments.create_cosignature", "401 403 403 403 403 404 403", signed, sends={"addenda": "0", "pin": ALICES_PIN}),
    line("GET",  "treatments.catalogue_json", "401 ✓   ✓    ✓    ✓    ✓    ✓", the_catalogue),
    line("GET",  "treatments.show_kept",    "401  ✓    ✓    ✓    ✓    ✓    ✓"),
    line("GET",  "treatments.own_drawing",  "401  ✓    ✓    ✓    ✓    ✓    ✓", an_own_drawing),

    line("GET",  "records.index",           "401  ✓    ✓    ✓    ✓    403  ✓", act="notes.listed"),
    line("POST", "records.index",           "401  ✓    ✓    ✓    ✓    403  ✓", sends={"patient": "quist"}, act="notes.listed"),
    line("POST", "records.create_copies",   "401  ✓    ✓    ✓    ✓    403  ✓", signed_note, sends=their_note, act="note.printed"),
    line("GET",  "records.copies_pdf",      "401  ✓    ✓    ✓    ✓    404  ✓", batch, act="note.copy_opened"),
    line("GET",  "records.copies",          "401  ✓    ✓    ✓    ✓    403  ✓", act="copies.listed"),
    line("POST", "records.remind",          "401  ✓    ✓    ✓    ✓    404  ✓", draft, act="treatment.reminded"),
    line("POST", "records.remind",          "401  409  409  409  409  404  409", signed),
    line("GET",  "stock.index",             "401  ✓    ✓    ✓    ✓    403  ✓"),
    line("POST", "stock.index",             "401  ✓    ✓    ✓    ✓    403  ✓", sends={"lot": "SAMPLE-1"}, act="stock.lot_traced"),
    line("POST", "stock.read_scan",         "401  ✓    ✓    ✓    ✓    403  ✓", sends={"code": "(10)SAMPLE-1"}),
    line("POST", "stock.receive",           "401  ✓    ✓    ✓    ✓    403  ✓", sends=A_DELIVERY, act="stock.received"),
    line("POST", "stock.quarantine",        "401  ✓    ✓    ✓    ✓    403  ✓", lot, sends=a_recall, act="stock.quarantined"),
    line("POST", "stock.release",           "401  ✓    ✓    ✓    ✓    404  ✓", lot, act="stock.released"),
    line("POST", "stock.take_out",          "401  ✓    ✓    ✓    ✓    404  ✓", lot, sends={"count": "1", "reason": "Broken"}, act="stock.taken_out"),
    line("POST", "stock.read_code",         "401  ✓    ✓    ✓    ✓    403  ✓", sends={"code": "(10)SAMPLE-1"}),
    line("POST", "stock.photograph",        "401  422  422  422  422  403  422"),

    line("GET",  "records.verify",          "✓    ✓    ✓    ✓    ✓    ✓    ✓"),
    line("POST", "records.verify",          "✓    ✓    ✓    ✓    ✓    ✓    ✓", sends=a_pdf),
    line("GET",  "records.look_up",         "→    →    →    →    →    →    →"),
    line("GET",  "records.check",           "✓    ✓    ✓    ✓    ✓    ✓    ✓", a_code),
    line("GET",  "records.authority",       "✓    ✓    ✓    ✓    ✓    ✓    ✓"),

    line("GET",  "admin.people",            "401  403  403  403  403  ✓    ✓"),
    line("GET",  "admin.new_person",        "401  403  403  403  403  ✓    ✓"),
    line("POST", "admin.new_person",        "401  403  403  403  403  ✓    ✓", sends=a_new_colleague, act="person.created"),
    line("GET",  "admin.person",            "401  403  403  403  403  ✓    ✓", colleague),
    line("POST", "admin.person",            "401  403  403  403  403  ✓    ✓", colleague, sends={"name": "Finn Falk", "roles": ["assistant"]}, act="person.edited"),
    line("POST", "admin.renew_start_password", "401 403 403 403  403  ✓    ✓", colleague, act="person.start_password_renewed"),
    line("POST", "admin.issue_certificate", "401  403  403  403  403  ✓    ✓", signing_colleague, act="certificate.issued"),
    line("POST", "admin.renew_authority",   "401  403  403  403  403  ✓    ✓", act="authority.founded"),
    line("POST", "admin.deactivate",        "401  403  403  403  403  ✓    ✓", colleague, act="person.deactivated"),
    line("POST", "admin.reactivate",        "401  403  403  403  403  ✓    ✓", former_colleague, act="person.reactivated"),
    line("GET",  "admin.assess",            "401  ✓    ✓    ✓    403  ✓    ✓"),
    line("POST", "admin.assess",            "401  ✓    ✓    ✓    403  ✓    ✓", sends=a_case),
    line("GET",  "admin.catalogue_list",    "401  403  403  403  403  ✓    ✓"),
    line("GET",  "admin.print_to_verify",   "401  403  403  403  403  ✓    ✓"),
    line("GET",  "admin.catalogue_row",     "401  403  403  403  403  ✓    ✓", a_row),
    line("POST", "admin.verify_row",        "401  403  403  403  403  ✓    ✓", sends={**THE_ROW, "label": "Label of 2026", "agrees": "yes"}, act="catalogue.verified"),
    line("POST", "admin.set_own_value",     "401  403  403  403  403  ✓    ✓", sends={**THE_ROW, "column": "after_mixing_hours", "value": "12", "reason": "Our audit"}, act="catalogue.own_value"),
    line("GET",  "admin.ask_to_withdraw",   "401  403  403  403  403  ✓    ✓", an_own_value_named),
    line("POST", "admin.withdraw_own",      "401  403  403  403  403  ✓    ✓", an_own_value, sends={**OWN_VALUE, "reason": "Not any more"}, act="catalogue.own_withdrawn"),
    line("POST", "admin.add_own_dilution",  "401  403  403  403  403  ✓    ✓", sends={"vial": "BOTOX 100", "diluent_ml": "3", "reason": "Our audit"}, act="catalogue.own_dilution"),
    line("GET",  "admin.maps",              "401  403  403  403  403  ✓    ✓"),
    line("POST", "admin.upload_map",        "401  403  403  403  403  ✓    ✓", sends=a_drawing, act="map.uploaded"),
    line("POST", "admin.edit_map",          "401  403  403  403  403  ✓    ✓", an_own_drawing_to_edit, sends={"key": drawings.KEY}, act="map.version_started"),
    line("GET",  "admin.map_draft",         "401  403  403  403  403  ✓    ✓", drawing_draft),
    line("POST", "admin.save_map_draft",    "401  403  403  403  403  ✓    ✓", drawing_draft, sends=a_drawing_plan, act="map.draft_saved"),
    line("POST", "admin.release_map",       "401  403  403  403  403  ✓    ✓", drawing_draft, sends=a_drawing_plan, act="map.released"),
    line("POST", "admin.discard_map_draft", "401  403  403  403  403  ✓    ✓", drawing_draft, act="map.draft_discarded"),
    line("GET",  "admin.after_care",        "401  403  403  403  403  ✓    ✓"),
    line("POST", "admin.after_care",        "401  403  403  403  403  ✓    ✓", sends={"english": "Rest.", "spanish": "Descanse."}, act="after_care.written"),
    line("GET",  "admin.clinic",            "401  403  403  403  403  ✓    ✓"),
    line("GET",  "admin.tablets",           "401  403  403  403  403  ✓    ✓"),
    line("POST", "admin.clinic",            "401  403  403  403  403  ✓    ✓", sends=A_CLINIC, act="clinic.edited"),
)
# fmt: on


def addresses(app: Flask) -> Iterator[tuple[str, str]]:
    """Method and endpoint of everything that can be asked for."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.endpoint
