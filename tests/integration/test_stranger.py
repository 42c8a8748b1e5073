"""A stranger with the PDF, the root and public tools: nothing of ours, nothing of theirs."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import begin_write, db
from app.models import Authority, Note
from app.notes import verification
from app.notes.record import check_code
from tests import factories
from tests.browser import paper
from tests.factories import Cast
from tests.tablets import laid


@pytest.fixture
def note(app: Flask, cast: Cast) -> Note:
    """PREEMPT, partly given: what is planned must reach no total."""
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    body = factories.chart_body(draft)
    body["sites"] += laid("PREEMPT-155", body["preparations"][0]["key"])[2:]
    factories.chart(draft, body, by=cast.alice)
    return factories.sign(
        draft, by=cast.alice, clinic=cast.clinic, incomplete="The patient felt unwell."
    )


@pytest.fixture
def folder(note: Note, tmp_path: Path) -> Path:
    """The file and the root, and nothing else."""
    place = tmp_path / "stranger"
    place.mkdir()
    (place / "note.pdf").write_bytes(note.stored_pdf())
    (place / "root.pem").write_text(db.session.scalars(select(Authority.certificate_pem)).one())
    return place


def said_by(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def attached(folder: Path) -> bytes:
    said_by(folder, "pdfdetach", "-savefile", "record.json", "-o", "record.json", "note.pdf")
    return (folder / "record.json").read_bytes()


def test_the_signature_holds_for_tools_that_are_not_ours(folder: Path) -> None:
    pdf = folder / "note.pdf"

    told = paper.poppler_on_signature(pdf)
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    paper.qpdf_check(pdf)
    paper.openssl_verify(pdf, folder / "root.pem", folder)


def test_the_attached_record_has_the_hash_from_which_the_printed_code_comes(
    folder: Path, note: Note
) -> None:
    content = attached(folder)

    sum_of_it = said_by(folder, "sha256sum", "record.json").split()[0]
    assert sum_of_it == note.record_sha256
    with pikepdf.open(folder / "note.pdf") as document:
        assert document.attachments["record.json"].get_file().read_bytes() == content
    # The code by the words of the standard library alone: sixty bits in Crockford's base 32.
    signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    bits = int(sum_of_it[:15], 16)
    code = "".join(signs[bits >> 5 * place & 31] for place in reversed(range(12)))
    assert check_code(sum_of_it).replace("-", "") == code


def test_every_total_is_computed_again_from_the_attached_record(folder: Path) -> None:
    record: dict[str, Any] = json.loads(attached(folder))
    given = [site for site in record["sites"] if site["state"] == "given"]
    assert len(given) < len(record["sites"])

    totals: dict[str, Decimal] = defaultdict(Decimal)
    volumes: dict[str, Decimal] = defaultdict(Decimal)
    by_muscle: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for site in given:
        totals[site["product"]] += Decimal(site["units"])
        volumes[site["product"]] += Decimal(site["volume_ml"])
        by_muscle[site["product"], site["name"]] += Decimal(site["units"])

    assert {
        product: (Decimal(told["given"]), told["sites"], Decimal(told["volume_ml"]))
        for product, told in record["totals"].items()
    } == {
        product: (
            total,
            len([site for site in given if site["product"] == product]),
            volumes[product],
        )
        for product, total in totals.items()
    }
    assert {
        (row["product"], row["name"]): Decimal(row["all"]) for row in record["by_muscle"]
    } == by_muscle
    from_vials: dict[str, Decimal] = defaultdict(Decimal)
    for preparation in record["preparations"]:
        for vial in preparation["vials"]:
            opened, used, discarded = (
                Decimal(vial[field]) for field in ("opened", "given", "discarded")
            )
            assert opened == used + discarded
            from_vials[preparation["product"]] += used
    assert from_vials == totals


def test_a_note_verifies_after_its_key_was_replaced_and_its_signer_left(
    cast: Cast, folder: Path
) -> None:
    from app import keyring
    from app.auth.signing_keys import SECRET

    secret = keyring.derive(SECRET)
    root = factories.founded(cast.clinic.name, secret)
    begin_write()
    factories.give_key(cast.alice, "519026", clinic=cast.clinic, root=root, secret=secret)
    cast.alice.deactivated_at = factories.BEGAN
    db.session.commit()

    pem = (folder / "root.pem").read_text()
    found = verification.verify((folder / "note.pdf").read_bytes(), [pem])

    assert (found.intact, found.trusted, found.signer) == (True, True, "Alice Amari")
    assert hashlib.sha256(found.record or b"").hexdigest() == found.record_sha256
