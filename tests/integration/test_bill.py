"""The bill of a signed session: on its page, as text to copy, and as one sheet."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest
from flask import Flask

from app.extensions import begin_write, db
from app.models import Note
from tests import factories
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry
from tests.factories import Cast


@pytest.fixture
def note(cast: Cast) -> Note:
    new = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(new, by=cast.alice)
    return factories.sign(new, by=cast.alice, clinic=cast.clinic)


def licensed(cast: Cast, note: Note, payer: str | None = "medicare") -> None:
    begin_write()
    cast.clinic.cpt_licensed = True
    note.treatment.patient.payer = payer
    note.treatment.patient.authorization_number = "PA-77120"
    db.session.commit()


def test_staff_see_the_bill_without_cpt_numbers_until_the_licence_is_confirmed(
    app: Flask, cast: Cast, note: Note
) -> None:
    page = signed_in(app, cast.dan).get(f"/treatments/{note.treatment_id}").text

    assert "J0585" in page
    assert "64615" not in page
    assert "Payer not recorded" in page

    licensed(cast, note)
    page = signed_in(app, cast.dan).get(f"/treatments/{note.treatment_id}").text
    assert "64615" in page
    assert "Medicare Part B" in page
    assert "<td>J0585-<b>JW</b></td>" in page


def test_the_bill_is_copied_as_text_and_that_is_logged(
    cast: Cast, note: Note, as_alice: AuditingClient
) -> None:
    licensed(cast, note)

    answer = as_alice.post(f"/treatments/{note.treatment_id}/bill")

    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Authorization number\tPA-77120" in answer.text
    assert "J0585\tJW\t" in answer.text
    assert "NDC 00023114501" in answer.text
    assert last_entry("bill.copied").details == {"number": note.number}


def test_the_superbill_is_one_page_and_logged(
    cast: Cast, note: Note, as_alice: AuditingClient
) -> None:
    licensed(cast, note)

    answer = as_alice.get(f"/treatments/{note.treatment_id}/superbill.pdf")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    with pikepdf.open(BytesIO(answer.data)) as document:
        assert len(document.pages) == 1
    assert last_entry("bill.printed").details == {"number": note.number}


def test_an_administrator_has_no_bill(app: Flask, cast: Cast, note: Note) -> None:
    as_eve = signed_in(app, cast.eve)

    assert as_eve.get(f"/treatments/{note.treatment_id}/superbill.pdf").status_code == 404
    assert as_eve.post(f"/treatments/{note.treatment_id}/bill").status_code == 404
