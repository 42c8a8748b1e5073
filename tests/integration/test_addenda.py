"""POST /treatments/<id>/addenda signs what follows a note; the note itself never changes."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.extensions import begin_write, db
from app.holdings import holdings_of
from app.kept import roots
from app.models import Addendum, Note, StockLot
from app.models.addendum import CORRECTION, WRITTEN
from app.notes import verification
from app.notes.record import sha256
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed, tables
from tests.factories import ALICES_PIN, BOBS_PIN, Cast
from tests.rows import alter_stored_bytes
from tests.tablets import laid

WRONG_PIN = "904177"


@pytest.fixture
def note(cast: Cast) -> Note:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    return factories.sign(draft, by=cast.alice, clinic=cast.clinic)


def add(browser: AuditingClient, note: Note, **values: Any) -> TestResponse:
    body = {
        "kind": "clarification",
        "reason": "Asked by the payer.",
        "text": "The diary was kept by the patient.",
        "addenda": str(len(note.addenda)),
        "pin": ALICES_PIN,
        **values,
    }
    return browser.post(f"/treatments/{note.treatment_id}/addenda", data=body)


def moved(note: Note, **values: str) -> str:
    """What the page sends of the first site of the note."""
    site = note.treatment.given_sites[0]
    return json.dumps([{"key": str(site.key), **values}])


def written(note: Note) -> list[Addendum]:
    db.session.expire_all()
    return list(note.addenda)


def text_of(pdf: bytes, folder: Path) -> str:
    file = folder / "read.pdf"
    file.write_bytes(pdf)
    command = ["pdftotext", "-layout", str(file), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", WRITTEN)
def test_an_addendum_of_each_kind_is_signed_and_quotes_the_note_which_stays(
    cast: Cast, note: Note, as_alice: AuditingClient, kind: str, tmp_path: Path
) -> None:
    before = bytes(note.pdf)

    answer = add(as_alice, note, kind=kind)

    assert (answer.status_code, answer.location) == (303, f"/treatments/{note.treatment_id}")
    [addendum] = written(note)
    assert (addendum.kind, addendum.number, addendum.signed_by) == (kind, 1, cast.alice)
    assert note.stored_pdf() == before
    record = json.loads(addendum.record)
    assert record["note"]["pdf_sha256"] == hashlib.sha256(before).hexdigest()
    assert record["note"]["record_sha256"] == sha256(json.loads(note.record))
    assert hashlib.sha256(addendum.record).hexdigest() == addendum.record_sha256
    with pikepdf.open(io.BytesIO(addendum.stored_pdf())) as document:
        assert document.attachments["record.json"].get_file().read_bytes() == addendum.record
    verdict = verification.verify(addendum.stored_pdf(), roots())
    assert (verdict.intact, verdict.trusted, verdict.signer) == (True, True, "Alice Amari")
    paper = " ".join(text_of(addendum.stored_pdf(), tmp_path).split())
    assert f"Signed addendum {note.number}-A1" in paper
    assert f"To note {note.number}, signed by Alice Amari, MD" in paper
    assert "Reason. Asked by the payer." in paper
    entry = last_entry("addendum.signed")
    assert (entry.by_id, entry.subject_id) == (cast.alice.id, str(note.id))
    assert entry.details["number"] == addendum.reference


def test_public_tools_find_an_addendum_whole_and_signed(
    note: Note, as_alice: AuditingClient, tmp_path: Path
) -> None:
    add(as_alice, note, kind=CORRECTION, sites=moved(note, units="7.5"))
    [addendum] = written(note)
    file = tmp_path / "addendum.pdf"
    file.write_bytes(addendum.stored_pdf())

    said = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True).stdout
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    subprocess.run(["qpdf", "--check", str(file)], capture_output=True, check=True)


def test_a_correction_of_sites_says_before_and_after_and_draws_the_place_again(
    note: Note, as_alice: AuditingClient, tmp_path: Path
) -> None:
    site = note.treatment.given_sites[0]
    x, y = site.x + Decimal(3), site.y

    answer = add(
        as_alice,
        note,
        kind=CORRECTION,
        text="",
        sites=moved(note, x=f"{x:.2f}", y=f"{y:.2f}", units="7.5"),
    )

    assert answer.status_code == 303, answer.text
    [addendum] = written(note)
    [entry] = json.loads(addendum.record)["sites"]
    assert (entry["before"]["units"], entry["after"]["units"]) == ("5", "7.5")
    assert (entry["before"]["x"], entry["after"]["x"]) == (f"{site.x:.2f}", f"{x:.2f}")
    stands = note.treatment.chart_as_amended().sites[0]
    assert (stands.x, stands.units) == (x, Decimal("7.5"))
    assert note.treatment.given_sites[0].units == Decimal(5)
    paper = text_of(addendum.stored_pdf(), tmp_path)
    assert "Dashed is where the note drew it." in " ".join(paper.split())


def test_how_far_a_site_was_moved_is_told_in_the_patients_own_directions(
    cast: Cast, as_alice: AuditingClient
) -> None:
    told = {}
    for protocol, muscle in (("PREEMPT-155", "procerus"), ("PALM-25", "palm")):
        draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
        body = factories.chart_body(draft)
        [preparation] = body["preparations"]
        site = next(each for each in laid(protocol) if each["muscle"].startswith(muscle))
        given = {"state": "given", "units": "10", "protocol": None, "protocol_site": None}
        body["sites"] = [
            {**site, **given, "preparation": preparation["key"], "indication": "chronic_migraine"}
        ]
        factories.chart(draft, body, by=cast.alice)
        note = factories.sign(draft, by=cast.alice, clinic=cast.clinic)
        right = f"{Decimal(site['x']) + 3:.2f}"
        assert add(as_alice, note, kind=CORRECTION, sites=moved(note, x=right)).status_code == 303
        [addendum] = written(note)
        told[muscle] = addendum.contents["changes"][0]

    assert told["procerus"]["field"] == "Site 1, midline procerus, position"
    assert told["procerus"]["after"].endswith("mm to the patient’s left")
    assert told["palm"]["after"].endswith("mm to the right of the picture")


def test_a_wrong_pin_counts_locks_and_keeps_what_was_typed(
    cast: Cast, note: Note, as_alice: AuditingClient
) -> None:
    for left in (4, 3, 2, 1, 0):
        answer = add(as_alice, note, pin=WRONG_PIN, reason="Seen at dictation.")
        assert answer.status_code == 403
        assert "Seen at dictation." in answer.text
        assert (f"Tries left: {left}" in answer.text) == (left > 0)

    assert last_entry("signature.refused").details["tries_left"] == 0
    with nothing_changed():
        assert add(as_alice, note).status_code == 403
    assert written(note) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": ""}, "Choose what kind of addendum it is."),
        ({"reason": " "}, "Say why it is written"),
        ({"pin": ""}, "Enter your PIN."),
        ({"text": ""}, "Say what is corrected or added"),
        ({"sites": "[{"}, "Reload the page"),
        ({"sites": '[{"key": "unknown"}]'}, "Reload the page"),
        ({"kind": "cosignature"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_signed_is_said_and_what_was_typed_stays(
    note: Note, as_alice: AuditingClient, values: dict[str, str], said: str
) -> None:
    before = tables()

    answer = add(as_alice, note, **{"text": "Kept as typed.", **values})

    assert answer.status_code == 422
    assert said in answer.text
    assert values.get("text", "Kept as typed.") in answer.text
    assert tables() == before


def test_a_site_is_only_corrected_where_a_site_can_be(note: Note, as_alice: AuditingClient) -> None:
    outside = add(as_alice, note, kind=CORRECTION, sites=moved(note, x="0.00", y="0.00"))
    planned = add(as_alice, note, kind="late_entry", sites=moved(note, units="9"))
    nothing = add(as_alice, note, kind=CORRECTION, sites=moved(note, units="0"))

    assert {each.status_code for each in (outside, planned, nothing)} == {422}
    assert "outside the body" in outside.text
    assert "Sites are corrected by a correction." in planned.text
    assert written(note) == []


def test_who_has_not_read_the_addendum_before_reads_it_first(
    cast: Cast, app: Flask, note: Note, as_alice: AuditingClient
) -> None:
    as_bob = signed_in(app, cast.bob)
    add(as_alice, note)

    late = add(as_bob, note, addenda="0", pin=BOBS_PIN, text="Mine.")

    assert late.status_code == 409
    assert "signed addendum 1 meanwhile" in late.text
    assert "Mine." in late.text
    assert add(as_bob, note, addenda="1", pin=BOBS_PIN).status_code == 303
    assert [each.number for each in written(note)] == [1, 2]
    assert json.loads(note.addenda[1].record)["follows"] == [
        {
            "number": 1,
            "kind": "clarification",
            "pdf_sha256": note.addenda[0].pdf_sha256,
        }
    ]


def test_only_a_provider_writes_one_and_a_draft_has_none(
    cast: Cast, app: Flask, note: Note, as_alice: AuditingClient
) -> None:
    for person in (cast.carol, cast.dan):
        browser = signed_in(app, person)
        assert browser.get(f"/treatments/{note.treatment_id}/addenda").status_code == 403
        assert add(browser, note).status_code == 403
    assert written(note) == []
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    assert as_alice.get(f"/treatments/{draft.id}/addenda").status_code == 404


def supervised(cast: Cast) -> Note:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.bob, clinic=cast.clinic)
    factories.chart(draft, by=cast.bob)
    begin_write()
    draft.record_supervisor(cast.alice)
    db.session.commit()
    return factories.sign(draft, by=cast.bob, clinic=cast.clinic, pin=BOBS_PIN)


def cosign(browser: AuditingClient, note: Note, **values: str) -> TestResponse:
    body = {"addenda": "0", "pin": ALICES_PIN, **values}
    return browser.post(f"/treatments/{note.treatment_id}/cosignature", data=body)


def test_a_supervisor_co_signs_in_a_document_of_its_own(
    cast: Cast, app: Flask, as_alice: AuditingClient, tmp_path: Path
) -> None:
    note = supervised(cast)
    assert note.treatment.awaits_cosignature
    page = as_alice.get(f"/treatments/{note.treatment_id}")
    assert "Awaiting co-signature by Alice Amari, MD" in page.text
    assert "Awaiting your co-signature" in as_alice.get("/").text
    assert "Supervised by Alice Amari, MD" in " ".join(text_of(note.pdf, tmp_path).split())

    answer = cosign(as_alice, note)

    assert answer.status_code == 303
    [signed] = written(note)
    assert (signed.kind, signed.signed_by) == ("cosignature", cast.alice)
    assert not note.treatment.awaits_cosignature
    assert not note.is_amended
    paper = " ".join(text_of(signed.stored_pdf(), tmp_path).split())
    assert "I supervised this treatment, have read the note, and agree with it." in paper
    assert last_entry("addendum.signed").details["kind"] == "cosignature"
    assert "Awaiting" not in as_alice.get(f"/treatments/{note.treatment_id}").text
    assert cosign(as_alice, note, addenda="1").status_code == 403


def test_nobody_but_the_supervisor_co_signs(cast: Cast, app: Flask, note: Note) -> None:
    mine = supervised(cast)
    for person, unsigned in ((cast.bob, mine), (cast.dan, mine), (cast.alice, note)):
        browser = signed_in(app, person)
        assert browser.get(f"/treatments/{unsigned.treatment_id}/cosignature").status_code == 403
        assert cosign(browser, unsigned).status_code == 403
    assert written(mine) == []


def test_a_wrong_pin_under_a_co_signature_counts_and_keeps_the_remark(
    cast: Cast, as_alice: AuditingClient
) -> None:
    note = supervised(cast)

    answer = cosign(as_alice, note, pin=WRONG_PIN, text="Read on the ward.")

    assert answer.status_code == 403
    assert "Tries left: 4" in answer.text
    assert "Read on the ward." in answer.text
    assert cosign(as_alice, note, pin="").status_code == 422
    assert cosign(as_alice, note, addenda="7").status_code == 409


def test_the_supervisor_may_sign_instead_of_who_gave_it_and_the_note_says_so(
    cast: Cast, as_alice: AuditingClient, tmp_path: Path
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.bob, clinic=cast.clinic)
    factories.chart(draft, by=cast.bob)
    refused = as_alice.get(f"/treatments/{draft.id}/signature")
    assert "Bob Brandt, MD is recorded as having given this treatment" in refused.text

    answer = as_alice.post(
        f"/treatments/{draft.id}/supervisor", data={"supervisor": str(cast.alice.id)}
    )

    assert answer.status_code == 303
    assert last_entry("treatment.supervisor").details["supervisor"] == str(cast.alice.id)
    note = factories.sign(draft, by=cast.alice, clinic=cast.clinic)
    assert not draft.awaits_cosignature
    record = json.loads(note.record)
    assert record["performed_by"]["name"] == "Bob Brandt"
    assert record["supervised_by"]["name"] == record["signed_by"]["name"] == "Alice Amari"
    paper = " ".join(text_of(note.pdf, tmp_path).split())
    assert "I supervised this treatment and attest that this note is complete." in paper


def test_only_a_prescriber_who_did_not_give_it_supervises(
    cast: Cast, as_alice: AuditingClient
) -> None:
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)

    for supervisor in (cast.alice, cast.carol):
        with nothing_changed():
            answer = as_alice.post(
                f"/treatments/{draft.id}/supervisor", data={"supervisor": str(supervisor.id)}
            )
        assert answer.status_code == 422
    assert draft.supervisor is None


def void(browser: AuditingClient, note: Note) -> None:
    answer = add(browser, note, kind="wrong_patient", text="", reason="It was her sister.")
    assert answer.status_code == 303, answer.text


def test_a_void_note_counts_for_nothing_and_nothing_of_it_is_deleted(
    cast: Cast, note: Note, as_alice: AuditingClient
) -> None:
    patient = note.treatment.patient
    later = factories.treatment(patient, by=cast.alice, clinic=cast.clinic)
    assert later.given_before()
    assert earlier_of(as_alice, later.id)

    void(as_alice, note)

    db.session.expire_all()
    assert later.given_before() == ()
    assert earlier_of(as_alice, later.id) == []
    assert note.treatment.given_sites
    assert note.stored_pdf()
    page = as_alice.get(f"/treatments/{note.treatment_id}").text
    assert "This note is void: it was signed for the wrong patient." in page
    assert "data-bill" not in page
    for address in (f"/patients/{patient.id}", "/notes", "/"):
        assert "Void, wrong patient" in as_alice.get(address).text
    assert "Repeat last" not in as_alice.get(f"/patients/{patient.id}").text
    assert "<polygon" not in as_alice.get(f"/patients/{patient.id}/sites").text
    assert as_alice.get(f"/treatments/{note.treatment_id}/superbill.pdf").status_code == 403
    assert as_alice.post(f"/treatments/{note.treatment_id}/bill").status_code == 403


def earlier_of(browser: AuditingClient, treatment_id: Any) -> list[Any]:
    answer = browser.get(f"/treatments/{treatment_id}/earlier")
    return list(answer.get_json()["sessions"])


def test_a_void_note_takes_a_clarification_and_nothing_else(
    note: Note, as_alice: AuditingClient
) -> None:
    void(as_alice, note)

    assert add(as_alice, note, kind=CORRECTION).status_code == 422
    assert add(as_alice, note).status_code == 303
    assert [each.kind for each in written(note)] == ["wrong_patient", "clarification"]


def test_a_vial_of_a_void_note_is_back_in_the_count(note: Note, as_alice: AuditingClient) -> None:
    vial = note.treatment.vials[0]
    lot = StockLot(
        product=note.treatment.preparations[0].product,
        units=vial.units,
        lot=vial.lot,
        expires=vial.expires,
    )
    begin_write()
    db.session.add(lot)
    db.session.commit()
    assert holdings_of(lot)[0].opened == 1

    void(as_alice, note)

    assert holdings_of(lot)[0].opened == 0


def test_the_next_session_starts_from_the_corrected_point_and_dose(
    cast: Cast, note: Note, as_alice: AuditingClient
) -> None:
    site = note.treatment.given_sites[0]
    was = sum(each.units for each in note.treatment.given_sites)
    add(as_alice, note, kind=CORRECTION, sites=moved(note, x=f"{site.x + 2:.2f}", units="7.5"))
    later = factories.treatment(note.treatment.patient, by=cast.alice, clinic=cast.clinic)

    [session] = earlier_of(as_alice, later.id)

    again = next(each for each in session["sites"] if each["key"] == str(site.key))
    assert (again["x"], again["units"]) == (f"{site.x + 2:.2f}", "7.5")
    assert sum(each.units or 0 for each in later.given_before()) == was + Decimal("2.5")
    page = as_alice.get(f"/patients/{note.treatment.patient_id}").text
    assert "Amended" in page
    assert f"{was + Decimal('2.5')}".rstrip("0").rstrip(".") in page


def copy_of(browser: AuditingClient, note: Note) -> bytes:
    answer = browser.post(
        f"/treatments/{note.treatment_id}/copies", data={"reason": "for the paper record"}
    )
    return browser.get(answer.location).data


def test_a_copy_holds_the_note_and_what_followed_and_says_amended_on_every_page(
    note: Note, as_alice: AuditingClient, tmp_path: Path
) -> None:
    alone = copy_of(as_alice, note)
    add(as_alice, note)
    add(as_alice, note, kind="late_entry")

    paper = copy_of(as_alice, note)

    assert "Amended" not in text_of(alone, tmp_path)
    pages = text_of(paper, tmp_path).split("\f")[:-1]
    assert len(pages) == note.pages + 2
    day = f"{note.addenda[1].signed_at.astimezone():%Y}"
    for number, page in enumerate(pages, start=1):
        said = " ".join(page.split())
        assert "Amended" in said
        assert f"{day}, see addenda 1 and 2" in said
        assert f"page {number} of {len(pages)}" in said
    assert "Addendum 1: clarification" in pages[-2]
    assert "Addendum 2: late entry" in pages[-1]


def test_a_copy_made_before_is_marked_and_the_note_is_to_be_printed_again(
    note: Note, as_alice: AuditingClient
) -> None:
    copy_of(as_alice, note)
    assert "Everything is printed" in as_alice.post("/notes", data={"tab": "to_print"}).text

    add(as_alice, note)

    assert note.filed_copy is None
    assert note.number in as_alice.post("/notes", data={"tab": "to_print"}).text
    for address in ("/notes/copies", "/notes", f"/treatments/{note.treatment_id}"):
        assert "Printed before addendum 1" in as_alice.get(address).text
    copy_of(as_alice, note)
    assert note.filed_copy is not None
    assert "Everything is printed" in as_alice.post("/notes", data={"tab": "to_print"}).text


def test_a_batch_holds_each_note_with_what_followed_it(
    cast: Cast, note: Note, as_alice: AuditingClient, tmp_path: Path
) -> None:
    draft = factories.treatment(note.treatment.patient, by=cast.alice, clinic=cast.clinic)
    other = factories.sign(factories.chart(draft, by=cast.alice), by=cast.alice, clinic=cast.clinic)
    add(as_alice, note)

    answer = as_alice.post(
        "/notes/copies",
        data={"note": [str(note.id), str(other.id)], "reason": "for the payer"},
    )
    pages = text_of(as_alice.get(answer.location).data, tmp_path).split("\f")[:-1]

    assert ["Amended" in page for page in pages] == [True, True, False]
    assert "Addendum 1: clarification" in pages[1]


def test_an_addendum_that_was_altered_is_not_opened_and_not_printed(
    app: Flask, note: Note, as_alice: AuditingClient
) -> None:
    add(as_alice, note)
    [addendum] = written(note)
    number = addendum.reference
    alter_stored_bytes(app, addendum)

    read = as_alice.get(f"/treatments/{note.treatment_id}/addenda/1.pdf")
    printed = as_alice.post(
        "/notes/copies", data={"note": [str(note.id)], "reason": "for the payer"}
    )

    assert {read.status_code, printed.status_code} == {500}
    assert f"{number} is not what was signed" in read.text
    assert last_entry("note.damaged").details["number"].startswith(note.number)


def test_reading_an_addendum_gives_the_stored_bytes_and_is_logged(
    cast: Cast, app: Flask, note: Note, as_alice: AuditingClient
) -> None:
    add(as_alice, note)
    as_dan = signed_in(app, cast.dan)

    answer = as_dan.get(f"/treatments/{note.treatment_id}/addenda/1.pdf")

    assert answer.status_code == 200
    assert answer.data == note.addenda[0].pdf
    assert answer.headers["Cache-Control"] == "no-store"
    entry = last_entry("addendum.opened")
    assert (entry.by_id, entry.details["number"]) == (cast.dan.id, note.addenda[0].reference)
    assert as_dan.get(f"/treatments/{note.treatment_id}/addenda/2.pdf").status_code == 404
    assert (
        signed_in(app, cast.eve).get(f"/treatments/{note.treatment_id}/addenda/1.pdf").status_code
        == 404
    )
