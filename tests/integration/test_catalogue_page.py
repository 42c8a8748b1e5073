"""The catalogue of the administrator: read, verified against a label, and with what is own."""

from __future__ import annotations

import re
import subprocess
from decimal import Decimal
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, own_catalogue
from app.admin.catalogue import routes as catalogue_page
from app.clinical.catalogue import catalogue
from app.clinical.catalogue.own import row_digest, table_rows, tables
from app.extensions import begin_write, db
from app.models import CatalogueVerification, ClinicCatalogueRow
from tests.clients import AuditingClient, signed_in
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast

ROW = {"table": "protocols", "key": "PREEMPT-155"}
SAME = {**ROW, "label": "BOTOX US label, Nov 2023", "agrees": "yes"}
VALUE = {
    "table": "storage", "key": "Daxxify", "column": "after_mixing_hours", "value": "24",
    "reason": "We mix in the morning",
}  # fmt: skip
DILUTION = {"vial": "BOTOX 100", "diluent_ml": "3", "reason": "Our audit"}


@pytest.fixture
def as_eve(app: Flask, cast: Cast) -> AuditingClient:
    """The administrator, signed in."""
    return signed_in(app, cast.eve)


def rows() -> list[ClinicCatalogueRow]:
    db.session.rollback()
    return list(db.session.scalars(select(ClinicCatalogueRow).order_by(ClinicCatalogueRow.version)))


def said_of(browser: AuditingClient, **row: str) -> str:
    return unescape(browser.get("/admin/catalogue/row", query_string=row or ROW).text)


# Reading


def test_every_row_of_every_table_is_found_with_its_source(as_eve: AuditingClient) -> None:
    for table in tables():
        row = table_rows(table)[0]
        key = catalogue_page.key_of(table, row)

        text = said_of(as_eve, table=table, key=key)

        assert f"{table} · {key}" in text
        for tag in row["source"].split():
            assert catalogue().sources[tag].title in text


@pytest.mark.parametrize("tab", [*catalogue_page.TABS, "verify", "own"])
def test_every_tab_opens(as_eve: AuditingClient, tab: str) -> None:
    answer = as_eve.get("/admin/catalogue", query_string={"tab": tab})

    assert answer.status_code == 200
    assert "rows to verify" in answer.text


def test_every_table_stands_under_a_tab() -> None:
    assert set(tables()) <= set(catalogue_page.TAB_OF)


def test_a_search_looks_through_all_tables(as_eve: AuditingClient) -> None:
    found = as_eve.get("/admin/catalogue", query_string={"q": "biceps BOTOX"}).text

    assert 'data-row="protocols/UL-BOTOX-biceps_brachii"' in found
    assert 'data-row="protocols/PREEMPT-155"' not in found
    nothing = as_eve.get("/admin/catalogue", query_string={"q": "moonlight"}).text
    assert "No row says that." in nothing


def test_what_is_to_verify_comes_first_when_asked(as_eve: AuditingClient) -> None:
    asked = {"tab": "dilutions", "first": "verify"}
    page = as_eve.get("/admin/catalogue", query_string=asked).text

    marks = [at for at in range(len(page)) if page.startswith("Verify against current label", at)]
    first_plain = page.index("As its source says")
    assert marks
    assert max(marks) < first_plain


def test_a_row_that_is_not_there_is_not_found(as_eve: AuditingClient) -> None:
    answer = as_eve.get("/admin/catalogue/row", query_string={"table": "storage", "key": "Ink"})

    assert answer.status_code == 404


# Verifying


def test_a_row_is_verified_by_name_against_a_label_and_says_so(
    as_eve: AuditingClient, cast: Cast
) -> None:
    assert "Verify against current label" in said_of(as_eve)
    assert own_catalogue.known().protocols["PREEMPT-155"].verify

    answer = as_eve.post("/admin/catalogue/verifications", data=SAME)

    assert answer.status_code == 303
    said = db.session.scalars(select(CatalogueVerification)).one()
    assert (said.verified_by, said.label, said.agrees) == (cast.eve, SAME["label"], True)
    page = said_of(as_eve)
    assert "Verify against current label" not in page
    assert "Eve Ekholm" in page
    known = own_catalogue.known().protocols["PREEMPT-155"]
    assert not known.verify
    assert known.verified_by.startswith("Eve Ekholm, ")
    entry = last_entry("catalogue.verified")
    assert entry.details == {"table": "protocols", "key": "PREEMPT-155", "agrees": True}


def test_where_the_label_says_otherwise_the_row_stays_to_be_verified(
    as_eve: AuditingClient,
) -> None:
    otherwise = {**SAME, "agrees": "no", "note": "It says 150 U"}

    assert as_eve.post("/admin/catalogue/verifications", data=otherwise).status_code == 303

    page = said_of(as_eve)
    assert "Label says otherwise" in page
    assert "It says 150 U" in page
    assert own_catalogue.known().protocols["PREEMPT-155"].verify


def test_a_row_that_changed_since_is_unverified_again(as_eve: AuditingClient, cast: Cast) -> None:
    begin_write()
    db.session.add(
        CatalogueVerification(
            table_name="protocols",
            row_key="PREEMPT-155",
            row_sha256=row_digest({"id": "PREEMPT-155", "units": "150"}),
            label="An older label",
            agrees=True,
            verified_at=clock.now(),
            verified_by=cast.eve,
        )
    )
    db.session.commit()

    assert "verify again" in said_of(as_eve)
    assert own_catalogue.known().protocols["PREEMPT-155"].verify


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("label", "", "Name the label"),
        ("agrees", "", "Say whether the label says the same."),
        ("agrees", "perhaps", "Say whether the label says the same."),
        ("agrees", "no", "Write down what the label says."),
    ],
)
def test_half_a_verification_is_none(
    as_eve: AuditingClient, field: str, value: str, says: str
) -> None:
    with nothing_changed():
        answer = as_eve.post("/admin/catalogue/verifications", data={**SAME, field: value})

    assert answer.status_code == 422
    assert says in answer.text


# The clinic's own


def test_an_own_value_stands_over_the_published_one_which_stays_visible(
    as_eve: AuditingClient, cast: Cast
) -> None:
    answer = as_eve.post("/admin/catalogue/values", data=VALUE)

    assert answer.status_code == 303
    [row] = rows()
    assert (row.key, row.value, row.reason) == (
        "storage/Daxxify",
        {"after_mixing_hours": "24"},
        VALUE["reason"],
    )
    known = own_catalogue.known()
    assert known.products["Daxxify"].after_mixing_hours == 24
    assert known.published is not None
    assert known.published.products["Daxxify"].after_mixing_hours == 72
    page = said_of(as_eve, table="storage", key="Daxxify")
    assert "72 h at room temperature" in page
    assert "We mix in the morning" in page
    own = unescape(as_eve.get("/admin/catalogue", query_string={"tab": "own"}).text)
    assert "<dd>24</dd>" in own
    assert "<dd>72</dd>" in own
    assert last_entry("catalogue.own_value").details["value"] == {"after_mixing_hours": "24"}


def test_a_limit_of_the_clinic_s_own_is_set_on_its_row_and_judged_by(
    as_eve: AuditingClient,
) -> None:
    stricter = {
        "table": "dose_limits", "key": "MAX-BTX-ADULT", "column": "units", "value": "300",
        "reason": "Good effect at less in our audit",
    }  # fmt: skip

    assert as_eve.post("/admin/catalogue/values", data=stricter).status_code == 303

    [own] = [each for each in own_catalogue.known().dose_limits if each.id == "MAX-BTX-ADULT"]
    [published] = [each for each in catalogue().dose_limits if each.id == "MAX-BTX-ADULT"]
    assert (own.units, own.is_own) == (300, True)
    assert (published.units, published.is_own) == (400, False)


def test_a_second_own_value_is_a_new_version(as_eve: AuditingClient) -> None:
    as_eve.post("/admin/catalogue/values", data=VALUE)
    as_eve.post("/admin/catalogue/values", data={**VALUE, "value": "12"})

    assert [row.version for row in rows()] == [1, 2]
    assert own_catalogue.known().products["Daxxify"].after_mixing_hours == 12


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("value", "", "Enter the clinic’s own value."),
        ("value", "0", "Enter a number above 0"),
        ("value", "soon", "Enter a number above 0"),
        ("reason", "", "Say why; the reason is kept."),
        ("column", "unopened", "Choose from the list."),
    ],
)
def test_an_own_value_is_a_number_with_a_reason(
    as_eve: AuditingClient, field: str, value: str, says: str
) -> None:
    with nothing_changed():
        answer = as_eve.post("/admin/catalogue/values", data={**VALUE, field: value})

    assert answer.status_code == 422
    assert says in unescape(answer.text)


def test_what_is_withdrawn_gives_way_to_what_is_published(as_eve: AuditingClient) -> None:
    as_eve.post("/admin/catalogue/values", data=VALUE)
    named = {"kind": "value", "key": "storage/Daxxify"}
    assert as_eve.get("/admin/catalogue/withdrawals", query_string=named).status_code == 200

    answer = as_eve.post("/admin/catalogue/withdrawals", data={**named, "reason": "A new fridge"})

    assert answer.status_code == 303
    assert own_catalogue.known().products["Daxxify"].after_mixing_hours == 72
    assert [row.is_withdrawn for row in rows()] == [False, True]
    assert last_entry("catalogue.own_withdrawn").details == named
    with nothing_changed():
        again = as_eve.post("/admin/catalogue/withdrawals", data={**named, "reason": "Again"})
    assert again.status_code == 404


def test_a_withdrawal_says_why(as_eve: AuditingClient) -> None:
    as_eve.post("/admin/catalogue/values", data=VALUE)

    with nothing_changed():
        answer = as_eve.post(
            "/admin/catalogue/withdrawals",
            data={"kind": "value", "key": "storage/Daxxify", "reason": ""},
        )

    assert answer.status_code == 422
    assert "Say why; the reason is kept." in answer.text


def test_an_own_dilution_is_offered_beside_the_published_ones(as_eve: AuditingClient) -> None:
    answer = as_eve.post("/admin/catalogue/dilutions", data=DILUTION)

    assert answer.status_code == 303
    known = own_catalogue.known().products["BOTOX"].dilutions
    published = catalogue().products["BOTOX"].dilutions
    assert {(d.vial_units, d.diluent_ml) for d in known} - {
        (d.vial_units, d.diluent_ml) for d in published
    } == {(Decimal(100), Decimal(3))}
    assert last_entry("catalogue.own_dilution").details == {"key": "BOTOX 100 3"}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("diluent_ml", "4", "This dilution is published already."),
        ("diluent_ml", "", "Enter the mL as a number"),
        ("diluent_ml", "0", "Enter the mL as a number"),
        ("diluent_ml", "60", "Enter the mL as a number"),
        ("vial", "Ink 100", "Choose from the list."),
        ("reason", "", "Say why; the reason is kept."),
    ],
)
def test_an_own_dilution_that_makes_no_sense_is_refused(
    as_eve: AuditingClient, field: str, value: str, says: str
) -> None:
    with nothing_changed():
        answer = as_eve.post("/admin/catalogue/dilutions", data={**DILUTION, field: value})

    assert answer.status_code == 422
    assert says in answer.text


def test_who_administers_nothing_reads_and_changes_nothing(
    as_alice: AuditingClient,
) -> None:
    with nothing_changed():
        answers = [
            as_alice.get("/admin/catalogue"),
            as_alice.post("/admin/catalogue/verifications", data=SAME),
            as_alice.post("/admin/catalogue/values", data=VALUE),
            as_alice.post("/admin/catalogue/dilutions", data=DILUTION),
        ]

    assert {answer.status_code for answer in answers} == {403}


def test_the_listed_rows_to_verify_are_printed_as_a_list(app: Flask, cast: Cast) -> None:
    as_eve = signed_in(app, cast.eve)
    asked = "q=Daxxify+storage"
    count = re.search(r"Print the (\d+)", as_eve.get(f"/admin/catalogue?{asked}").text)

    answer = as_eve.get(f"/admin/catalogue/to-verify.pdf?{asked}")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    command = ["pdftotext", "-raw", "-", "-"]
    read = subprocess.run(command, input=answer.data, capture_output=True, check=True)
    said = read.stdout.decode()
    assert count is not None
    assert f"{count[1]} rows" in said
    assert "storage · Daxxify" in " ".join(said.split())
