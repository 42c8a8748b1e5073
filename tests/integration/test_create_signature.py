"""POST /treatments/<id>/signature signs what was reviewed, once, or says why not."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.auth.signing_keys import open_key
from app.clinical.catalogue import catalogue
from app.extensions import begin_write, db
from app.models import Note, Patient, Person, SigningKey, Treatment
from app.notes import authority, verification
from app.records.queries import roots
from app.treatments.routes import pins
from tests import factories
from tests.clients import AuditingClient, new_client, signed_in
from tests.dumps import last_entry, nothing_changed, tables, trail
from tests.factories import ALICES_PIN, BOBS_PIN, Cast
from tests.tablets import again, another_window, at_once, laid, read, save, sign

WRONG_PIN = "904177"
# By serial number: the keys of the cast are the same in every test.
SIGNERS: dict[str, authority.Signer] = {}
LOCKED = "Five wrong PINs have locked your key. Sign out and in again to open it."


@pytest.fixture
def draft(cast: Cast) -> Treatment:
    return new_draft(cast)


@pytest.fixture
def opened(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both providers' own keys, opened once: what races then is all but the PIN's slow hash."""
    for provider, pin in ((cast.alice, ALICES_PIN), (cast.bob, BOBS_PIN)):
        key = provider.signing_key
        assert key is not None
        if key.serial not in SIGNERS:
            SIGNERS[key.serial] = open_key(key, pin)
    db.session.rollback()
    monkeypatch.setattr(pins, "open_key", lambda key, pin: SIGNERS[key.serial])


def new_draft(cast: Cast, *, by: Person | None = None) -> Treatment:
    by = by or cast.alice
    return factories.treatment(factories.patient(cast.dan), by=by, clinic=cast.clinic)


def charted(cast: Cast, count: int, *, by: Person | None = None) -> list[Treatment]:
    by = by or cast.alice
    return [factories.chart(new_draft(cast, by=by), by=by) for _ in range(count)]


def wrong_pins(cast: Cast) -> int:
    key = cast.alice.signing_key
    assert key is not None
    return key.wrong_pins


def notes() -> list[Note]:
    db.session.rollback()
    return list(db.session.scalars(select(Note).order_by(Note.year, Note.serial)))


# It works


def test_a_provider_signs_with_the_pin_and_the_note_holds_the_whole_chart(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    preparation = body["preparations"][0]["key"]
    body["sites"] += laid("PREEMPT-155", preparation)[2:]
    save(as_alice, draft.id, body)
    reason = {"reason": "The patient asked to stop."}
    as_alice.post(f"/treatments/{draft.id}/incomplete", data=reason)
    revision = draft.revision
    figures = read(as_alice, draft.id)

    answer = sign(as_alice, draft.id, revision, ALICES_PIN)

    assert (answer.status_code, answer.location) == (303, f"/treatments/{draft.id}")
    [note] = notes()
    assert (note.treatment, note.signed_by, note.level) == (draft, cast.alice, "B-B")
    assert clock.now() - note.signed_at < timedelta(minutes=1)
    assert note.number == f"N-{cast.clinic.local(note.signed_at).year}-00001"
    assert hashlib.sha256(note.record).hexdigest() == note.record_sha256
    assert hashlib.sha256(note.pdf).hexdigest() == note.pdf_sha256
    assert wrong_pins(cast) == 0
    verdict = verification.verify(note.pdf, roots())
    assert (verdict.intact, verdict.trusted, verdict.signer) == (True, True, "Alice Amari")
    assert verdict.signed_at == note.signed_at.replace(microsecond=0)

    record = json.loads(note.record)
    about = {"number": note.number, "treatment": str(draft.id), "check_at": ""}
    assert record["note"] == about
    assert (
        record["performed_by"]
        == record["signed_by"]
        == {
            "name": "Alice Amari",
            "credentials": "MD",
            "npi": None,
        }
    )
    # What it was judged by: the edition and a digest of every table.
    assert record["catalogue"] == catalogue().version
    assert record["incomplete"] == "The patient asked to stop."
    assert record["patient"]["name"] == "Maren Oduya-Sample"
    assert record["service"]["date"] == draft.date.isoformat()
    assert [chart_of(site) for site in record["sites"]] == [
        {**chart_of(site), "side": figures["sites"][site["key"]]["side"]}
        for site in figures["chart"]["sites"]
    ]
    assert [site["number"] for site in record["sites"]] == list(range(1, 32))
    # Only what was given is counted, drawn from a vial or billed to a muscle.
    assert record["totals"] == {"BOTOX": {"given": "10.00", "sites": 2, "volume_ml": "0.20"}}
    [row] = record["by_muscle"]
    assert (row["name"], row["midline"]) == ("Corrugator", None)
    assert (row["right"], row["left"], row["all"]) == ("5", "5", "10")
    [vial] = record["preparations"][0]["vials"]
    assert {name: vial[name] for name in ("opened", "given", "discarded", "lot")} == {
        "opened": "100.00",
        "given": "10.00",
        "discarded": "90.00",
        "lot": "SAMPLE-1",
    }
    planned = [site for site in record["sites"] if site["state"] == "planned"]
    assert len(planned) == 29
    assert {(site["given_at"], site["given_by"]) for site in planned} == {(None, None)}


def chart_of(site: dict[str, Any]) -> dict[str, Any]:
    """What the record and the chart both say of a site, and the side."""
    names = ("key", "map", "x", "y", "muscle", "other", "side", "units", "depth", "state")
    names += ("preparation", "indication", "protocol", "protocol_site")
    return {name: site[name] for name in names if name in site}


def test_who_signed_which_note_is_in_the_trail_without_the_patient(
    cast: Cast, draft: Treatment, as_alice: AuditingClient, opened: None
) -> None:
    factories.chart(draft, by=cast.alice)

    sign(as_alice, draft.id, draft.revision, ALICES_PIN)

    [note], entry = notes(), last_entry("note.signed")
    assert (entry.by_id, entry.outcome) == (cast.alice.id, "done")
    assert (entry.subject_type, entry.subject_id) == ("Note", str(note.id))
    assert entry.details == {
        "number": note.number,
        "pdf_sha256": note.pdf_sha256,
        "level": "B-B",
        "reasons": {},
        "overridden_by": None,
    }
    assert "Oduya" not in str([written.details for written in trail()])


# A rule, a missing value or a person stands against it


def unsound(cast: Cast) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Charts that one rule each stops, with the sentence."""
    sound = new_draft(cast)

    def body(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> dict[str, Any]:
        made = factories.chart_body(sound)
        change(made, made["preparations"][0]["vials"][0])
        return made

    now = clock.now()
    tomorrow = (cast.clinic.today(now) + timedelta(days=1)).isoformat()
    later = (now + timedelta(hours=2)).isoformat()
    earlier = (now - timedelta(hours=2)).isoformat()
    preparation = "preparations"
    yield "DATA-02", body(lambda b, v: v.update(lot="")), "Not complete: BOTOX 100 U: lot."
    yield (
        "DATA-02",
        body(lambda b, v: v.update(lot="", expires=None)),
        "Not complete: BOTOX 100 U: lot and expiry.",
    )
    yield (
        "DATA-02",
        body(lambda b, v: (b["sites"][1].update(preparation=None), v.update(discarded="95"))),
        "No vial is named for site 2.",
    )
    yield (
        "DATA-02",
        body(lambda b, v: b[preparation][0].update(vials=[])),
        "No vial is entered for BOTOX.",
    )
    yield (
        "DATA-04",
        body(lambda b, v: b["sites"][0].update(muscle=None)),
        "No muscle or area for site 1.",
    )
    yield (
        "DATA-06",
        body(lambda b, v: (b["sites"][0].update(units="99"), v.update(discarded="0"))),
        "104 U of BOTOX given, but only 100 U opened.",
    )
    yield (
        "DATA-07",
        body(lambda b, v: v.update(discarded=None)),
        "BOTOX 100 U, lot SAMPLE-1: 90 U neither given nor discarded.",
    )
    yield (
        "DATA-07",
        body(lambda b, v: v.update(discarded="89.8")),
        "10 U given and 89.8 U discarded, but 100 U opened.",
    )
    yield (
        "LOT-01",
        body(lambda b, v: v.update(expires="2024-02-29")),
        "BOTOX 100 U, lot SAMPLE-1, 29 Feb 2024.",
    )
    yield (
        "TIME-02",
        body(lambda b, v: [site.update(given_at=earlier) for site in b["sites"]]),
        "after its first site was given on",
    )
    yield (
        "TIME-02",
        body(
            lambda b, v: (
                b[preparation][0].update(reconstituted_at=later),
                [site.update(given_at=later) for site in b["sites"]],
            )
        ),
        "BOTOX is said to be mixed on",
    )
    yield "TIME-02", body(lambda b, v: b.update(date=tomorrow)), "The session is dated"


def test_a_rule_stops_the_signature_with_its_sentence(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    for rule, body, sentence in unsound(cast):
        draft = new_draft(cast)
        saved = save(as_alice, draft.id, body)
        stopping = [
            f["id"] for f in saved.json["findings"] if f["severity"] in ("stop", "override")
        ]
        assert stopping == [rule]

        with nothing_changed():
            answer = sign(as_alice, draft.id, 1, ALICES_PIN)

        assert answer.status_code == 422
        assert sentence in answer.text.replace("&#39;", "'")


def test_a_child_is_not_signed_for_until_the_patient_s_page_has_its_weight(
    cast: Cast, as_alice: AuditingClient
) -> None:
    today = cast.clinic.today(clock.now())
    child = factories.patient(
        cast.dan, born=today.replace(year=today.year - 9, day=1), weight_kg=None, weighed_on=None
    )
    draft = factories.treatment(child, by=cast.alice, clinic=cast.clinic)
    unweighed = save(as_alice, draft.id, factories.chart_body(draft)).json["findings"]

    with nothing_changed():
        answer = sign(as_alice, draft.id, 1, ALICES_PIN)
    begin_write()
    child = db.session.get(Patient, child.id)
    child.weight_kg, child.weighed_on = Decimal("31"), today
    db.session.commit()
    weighed = as_alice.get(f"/treatments/{draft.id}/signature")

    assert "The patient is 9 years old, and no weight is recorded." in answer.text
    assert answer.status_code == 422
    assert ("PED-01", "stop") in [(each["id"], each["severity"]) for each in unweighed]
    assert 'data-finding="PED-04"' in weighed.text
    assert "PED-01" not in weighed.text


def test_a_session_without_performer_is_not_signed_until_somebody_says_who_gave_it(
    cast: Cast, as_alice: AuditingClient, opened: None
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.carol, clinic=cast.clinic)
    factories.chart(draft, by=cast.carol)

    with nothing_changed():
        refused = sign(as_alice, draft.id, draft.revision, ALICES_PIN)
    as_alice.post(f"/treatments/{draft.id}/performer", data={"performer": cast.alice.id})
    signed = sign(as_alice, draft.id, draft.revision, ALICES_PIN)

    assert refused.status_code == 422
    assert "Missing from the record: who gave the treatment." in refused.text
    assert signed.status_code == 303


def test_a_rule_speaks_the_language_of_who_signs(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    body["preparations"][0]["vials"][0]["lot"] = ""
    factories.chart(draft, body, by=cast.alice)
    begin_write()
    cast.alice.language = "es"
    db.session.commit()

    answer = sign(as_alice, draft.id, draft.revision, ALICES_PIN)

    assert answer.status_code == 422
    assert "Incompleto: BOTOX 100 U: lote." in answer.text


def test_a_session_in_which_nothing_was_given_is_not_signed(
    draft: Treatment, as_alice: AuditingClient
) -> None:
    save(as_alice, draft.id, factories.chart_body(draft, sites=laid("PREEMPT-155")))

    with nothing_changed():
        answer = sign(as_alice, draft.id, 1, ALICES_PIN)

    assert answer.status_code == 403
    assert "Nothing is given yet. Give at least one site before signing." in answer.text


def test_a_missing_pin_or_revision_is_asked_for(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.chart(draft, by=cast.alice)
    reload = "Reload the page, then sign."

    for fields, sentence in (
        ({"revision": "1"}, "Enter your PIN."),
        ({"revision": "1", "pin": " "}, "Enter your PIN."),
        ({"revision": "1", "pin": "1" * 300}, "That is not your PIN."),
        ({"pin": ALICES_PIN}, reload),
        ({"revision": "one", "pin": ALICES_PIN}, reload),
        ({"revision": "1.5", "pin": ALICES_PIN}, reload),
    ):
        with nothing_changed():
            answer = as_alice.post(f"/treatments/{draft.id}/signature", data=fields)

        assert answer.status_code == 422
        assert sentence in answer.text


def test_only_the_provider_who_gave_it_signs(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    revision = factories.chart(draft, by=cast.alice).revision
    as_bob, as_carol = signed_in(app, cast.bob), signed_in(app, cast.carol)
    staff, administrator = signed_in(app, cast.dan), signed_in(app, cast.eve)

    with nothing_changed():
        refusals = [
            (401, sign(new_client(app), draft.id, revision, ALICES_PIN)),
            (403, sign(staff, draft.id, revision, ALICES_PIN)),
            (403, sign(as_carol, draft.id, revision, ALICES_PIN)),
            (403, sign(as_bob, draft.id, revision, BOBS_PIN)),
            (404, sign(administrator, draft.id, revision, ALICES_PIN)),
            (404, sign(as_alice, uuid4(), revision, ALICES_PIN)),
            (
                400,
                as_alice.post(
                    f"/treatments/{draft.id}/signature",
                    data={"revision": revision, "pin": ALICES_PIN},
                    csrf=False,
                ),
            ),
        ]

    assert [answer.status_code for _, answer in refusals] == [status for status, _ in refusals]
    assert "Only a provider signs a note." in refusals[2][1].text
    assert "Alice Amari, MD is recorded as having given this treatment" in refusals[3][1].text


def test_a_certificate_that_has_ended_signs_nothing(
    cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    factories.chart(draft, by=cast.alice)
    begin_write()
    db.session.scalars(
        select(SigningKey).where(SigningKey.person_id == cast.alice.id)
    ).one().not_after = clock.now()
    db.session.commit()

    with nothing_changed():
        answer = sign(as_alice, draft.id, draft.revision, ALICES_PIN)

    assert answer.status_code == 403
    assert "Your signing certificate has expired." in answer.text


def test_what_changed_after_the_review_is_looked_at_again_before_signing(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    body = factories.chart_body(draft)
    save(as_alice, draft.id, body)
    save(signed_in(app, cast.carol), draft.id, again(body, 1, sites=body["sites"][::-1]))

    with nothing_changed():
        answers = [sign(as_alice, draft.id, revision, ALICES_PIN) for revision in (0, 1, 3)]

    for answer in answers:
        assert answer.status_code == 409
        assert "Carol Costa changed this session after the review was opened." in answer.text


def test_a_session_is_signed_once(cast: Cast, draft: Treatment, as_alice: AuditingClient) -> None:
    factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)

    with nothing_changed():
        answer = sign(as_alice, draft.id, draft.revision, ALICES_PIN)

    assert answer.status_code == 409
    assert "This session is signed. What follows is written as an addendum." in answer.text


# The PIN


def test_five_wrong_pins_lock_the_key_and_a_full_sign_in_opens_it(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    revision = factories.chart(draft, by=cast.alice).revision
    before = {**tables(), "signing_keys": []}

    answers = [sign(as_alice, draft.id, revision, WRONG_PIN) for _ in range(5)]
    with nothing_changed():
        right_but_late = sign(as_alice, draft.id, revision, ALICES_PIN)

    assert {answer.status_code for answer in answers} == {403}
    for left, answer in zip((4, 3, 2, 1), answers, strict=False):
        assert f"That is not your PIN. Nothing was signed. Tries left: {left}." in answer.text
        assert 'name="pin"' in answer.text
    assert LOCKED in answers[4].text
    assert 'name="pin"' not in answers[4].text
    assert right_but_late.status_code == 403
    assert LOCKED in right_but_late.text
    assert wrong_pins(cast) == 5
    assert {**tables(), "signing_keys": []} == before
    tries = [entry for entry in trail() if entry.act == "signature.refused"]
    assert [entry.details["tries_left"] for entry in tries] == [4, 3, 2, 1, 0]
    assert {(entry.by_id, entry.outcome, entry.subject_id) for entry in tries} == {
        (cast.alice.id, "refused", str(draft.id))
    }
    assert WRONG_PIN not in str([entry.details for entry in trail()])

    # Her other window is signed in still; only a sign-in with the password opens the key.
    anew = signed_in(app, cast.alice)
    assert wrong_pins(cast) == 0
    assert sign(anew, draft.id, revision, ALICES_PIN).status_code == 303


def test_wrong_pins_at_the_same_moment_count_each(
    app: Flask, cast: Cast, as_alice: AuditingClient
) -> None:
    drafts = charted(cast, 8)
    windows = [another_window(as_alice) for _ in drafts]

    answers = at_once(
        app,
        [
            partial(sign, window, draft.id, draft.revision, WRONG_PIN)
            for window, draft in zip(windows, drafts, strict=True)
        ],
    )

    assert {answer.status_code for answer in answers} == {403}
    assert wrong_pins(cast) == 5
    assert [entry.act for entry in trail()].count("signature.refused") == 5
    assert notes() == []


# Races


def test_of_two_signatures_at_the_same_moment_one_becomes_the_note(
    app: Flask, cast: Cast, draft: Treatment, as_alice: AuditingClient
) -> None:
    revision = factories.chart(draft, by=cast.alice).revision
    windows = [as_alice, another_window(as_alice)]

    answers = at_once(
        app, [partial(sign, window, draft.id, revision, ALICES_PIN) for window in windows]
    )

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    [note] = notes()
    assert note.treatment == draft
    assert [entry.act for entry in trail()].count("note.signed") == 1
    assert wrong_pins(cast) == 0


def test_of_a_signature_and_an_edit_at_the_same_moment_exactly_one_wins(
    app: Flask, cast: Cast, as_alice: AuditingClient, opened: None
) -> None:
    as_carol = signed_in(app, cast.carol)
    for draft in charted(cast, 8):
        reviewed = read(as_alice, draft.id)
        edit = {
            **reviewed["chart"],
            "save": str(uuid4()),
            "revision": reviewed["revision"],
            "sites": reviewed["chart"]["sites"][::-1],
        }

        signature, save_ = at_once(
            app,
            [
                partial(sign, as_alice, draft.id, reviewed["revision"], ALICES_PIN),
                partial(save, as_carol, draft.id, edit),
            ],
        )

        stored = read(as_alice, draft.id)
        if signature.status_code == 303:
            assert (save_.status_code, save_.json["signed"]) == (409, True)
            assert stored["chart"] == reviewed["chart"]
            assert draft.note is not None
            record = json.loads(draft.note.record)
            assert [site["key"] for site in record["sites"]] == [
                site["key"] for site in stored["chart"]["sites"]
            ]
        else:
            assert (signature.status_code, save_.status_code) == (409, 200)
            assert (draft.note, stored["revision"]) == (None, reviewed["revision"] + 1)
            assert stored["chart"]["sites"] == edit["sites"]
        # The PIN was right each time, so no try is left counted.
        assert wrong_pins(cast) == 0


def test_ten_sessions_signed_at_once_get_ten_numbers_without_a_gap(
    app: Flask, cast: Cast, as_alice: AuditingClient, opened: None
) -> None:
    # Five of each provider: of one key no more than five tries may be open at once.
    as_bob = signed_in(app, cast.bob)
    signings = [
        partial(sign, another_window(browser), draft.id, draft.revision, pin)
        for provider, browser, pin in (
            (cast.alice, as_alice, ALICES_PIN),
            (cast.bob, as_bob, BOBS_PIN),
        )
        for draft in charted(cast, 5, by=provider)
    ]

    answers = at_once(app, signings)

    assert Counter(answer.status_code for answer in answers) == {303: 10}
    signed = notes()
    year = cast.clinic.local(signed[0].signed_at).year
    assert [note.number for note in signed] == [f"N-{year}-{n:05d}" for n in range(1, 11)]
    assert len({note.treatment_id for note in signed}) == 10
    for note in signed:
        assert note.signed_by == note.treatment.performer
        assert json.loads(note.record)["note"] == {
            "number": note.number,
            "treatment": str(note.treatment_id),
            "check_at": "",
        }
