"""The flask commands: what they answer, and their exit codes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app.extensions import db
from app.models import Authority, Note
from app.models.immutability import lift
from app.notes.record import canonical
from tests import factories
from tests.databases import environment, raw_engine
from tests.factories import Cast
from tests.rules.sources import PROJECT
from tests.unit.notes import forging


@pytest.fixture
def note(app: Flask, cast: Cast) -> Note:
    """A note that Alice signed."""
    draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
    factories.chart(draft, by=cast.alice)
    return factories.sign(draft, by=cast.alice, clinic=cast.clinic)


def run(app: Flask, *arguments: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=arguments)


def said(result: Result) -> dict[str, Any]:
    """The one JSON document on stdout."""
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_verify_says_who_signed_and_that_nothing_changed(
    app: Flask, note: Note, tmp_path: Path
) -> None:
    file = tmp_path / "note.pdf"
    file.write_bytes(note.stored_pdf())

    result = run(app, "verify", str(file), "--json")

    assert result.exit_code == 0
    verdict = said(result)
    assert verdict["signed_at"] == note.signed_at.replace(microsecond=0).isoformat()
    assert {**verdict, "signed_at": None} == {
        "intact": True,
        "trusted": True,
        "level": "B-B",
        "signer": "Alice Amari",
        "credentials": "MD",
        "signed_at": None,
        "record_sha256": note.record_sha256,
        "later": [],
        "changes": [],
    }


def test_verify_tells_what_a_forged_revision_changed(
    app: Flask, note: Note, tmp_path: Path
) -> None:
    other = json.loads(note.record)
    other["sites"][0]["units"] = "15"
    file = tmp_path / "note.pdf"
    file.write_bytes(forging.revision(note.stored_pdf(), attached=other))

    result = run(app, "verify", str(file), "--json")

    assert result.exit_code == 1
    assert said(result)["intact"] is False
    assert said(result)["record_sha256"] == note.record_sha256
    assert said(result)["changes"] == [
        {
            "field": "Site 1 (Corrugator, right), units",
            "before": "5",
            "after": "15",
            "where": "record.json",
        }
    ]
    assert "units: signed as 5, the file says 15" in run(app, "verify", str(file)).stdout


def test_verify_names_what_was_signed_later(
    app: Flask, cast: Cast, note: Note, tmp_path: Path
) -> None:
    addendum = factories.addendum(note, by=cast.alice, clinic=cast.clinic)
    (tmp_path / "note.pdf").write_bytes(note.stored_pdf())
    (tmp_path / "addendum.pdf").write_bytes(addendum.stored_pdf())

    of_note = run(app, "verify", str(tmp_path / "note.pdf"), "--json")
    of_addendum = run(app, "verify", str(tmp_path / "addendum.pdf"), "--json")

    assert said(of_note)["later"] == [
        {
            "number": addendum.reference,
            "kind": "clarification",
            "signed_at": addendum.signed_at.isoformat(),
        }
    ]
    assert (of_addendum.exit_code, said(of_addendum)["later"]) == (0, [])


def test_the_record_is_read_back_from_the_file_as_it_is_kept(
    app: Flask, note: Note, tmp_path: Path
) -> None:
    (tmp_path / "note.pdf").write_bytes(note.stored_pdf())
    arguments = ("verify", str(tmp_path / "note.pdf"), "--json", "--extract", str(tmp_path / "out"))

    first, again = run(app, *arguments), run(app, *arguments)

    assert first.exit_code == 0
    assert said(first)["intact"] is True
    record = (tmp_path / "out" / "record.json").read_bytes()
    assert record == note.record
    assert canonical(json.loads(record)) == note.record
    assert again.exit_code == 2
    assert "was not written" in again.stderr


def test_an_attachment_cannot_choose_where_it_is_written(
    app: Flask, cast: Cast, note: Note, tmp_path: Path
) -> None:
    out, file = BytesIO(), tmp_path / "note.pdf"
    with pikepdf.open(BytesIO(note.stored_pdf())) as document:
        for name in ("../../outside.txt", "/etc/passwd", ".hidden", "…"):
            document.attachments[name] = b"mine"
        document.save(out)
    file.write_bytes(out.getvalue())

    run(app, "verify", str(file), "--extract", str(tmp_path / "in" / "here"))

    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("in/**/*"))
    assert written == [
        "in/here",
        "in/here/_",
        "in/here/_.._outside.txt",
        "in/here/_etc_passwd",
        "in/here/hidden",
        "in/here/record.json",
    ]
    assert not list(tmp_path.glob("outside.txt"))
    assert (tmp_path / "in" / "here" / "hidden").read_bytes() == b"mine"


def test_verify_says_it_in_a_sentence_too(app: Flask, note: Note, tmp_path: Path) -> None:
    file = tmp_path / "note.pdf"
    file.write_bytes(note.stored_pdf())

    result = run(app, "verify", str(file))

    assert result.stdout.startswith("Signed by Alice Amari, MD at ")
    assert "Nothing has been changed since it was signed." in result.stdout


def test_verify_finds_a_changed_byte(app: Flask, note: Note, tmp_path: Path) -> None:
    changed = bytearray(note.stored_pdf())
    changed[1000] ^= 1
    file = tmp_path / "note.pdf"
    file.write_bytes(changed)

    result = run(app, "verify", str(file), "--json")

    assert result.exit_code == 1
    assert said(result)["intact"] is False


def test_verify_of_what_is_no_note_ends_with_two(app: Flask, cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear colleague")

    assert run(app, "verify", str(file)).exit_code == 2


def test_verify_trusts_no_other_clinic(app: Flask, note: Note, tmp_path: Path) -> None:
    file = tmp_path / "note.pdf"
    file.write_bytes(note.stored_pdf())
    other = tmp_path / "other.pem"
    other.write_text(
        factories.founded("Another Clinic", b"another secret of 32 bytes......").certificate_pem
    )

    result = run(app, "verify", str(file), "--trust", str(other), "--json")

    assert result.exit_code == 1
    assert said(result)["intact"] is True
    assert said(result)["trusted"] is False


def test_verify_needs_no_instance_when_it_is_given_a_root(note: Note, tmp_path: Path) -> None:
    file, root = tmp_path / "note.pdf", tmp_path / "root.pem"
    file.write_bytes(note.stored_pdf())
    root.write_text(db.session.scalars(db.select(Authority.certificate_pem)).one())
    nowhere = tmp_path / "nowhere"

    answer = in_a_process(
        ["verify", str(file), "--trust", str(root), "--json"],
        {"STIPPLE_INSTANCE": str(nowhere), "STIPPLE_KEY_FILE": "", "DATABASE_URL": ""},
    )

    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["trusted"] is True
    assert not nowhere.exists()


def test_verify_all_counts_the_notes_and_finds_none_bad(app: Flask, note: Note) -> None:
    result = run(app, "verify-all", "--json")

    assert result.exit_code == 0
    assert said(result) == {"notes": 1, "bad": []}


def test_verify_all_names_a_note_whose_bytes_changed(app: Flask, note: Note) -> None:
    number, pdf = note.number, note.stored_pdf()
    tamper(app, "UPDATE notes SET pdf = :pdf", pdf=pdf.replace(b"%%EOF", b"%%EOf"))

    result = run(app, "verify-all", "--json")

    assert result.exit_code == 1
    assert [entry["number"] for entry in said(result)["bad"]] == [number]


def test_verify_all_names_a_note_whose_record_changed(app: Flask, note: Note) -> None:
    number, record = note.number, note.record
    tamper(app, "UPDATE notes SET record = :record", record=record.replace(b'"5"', b'"6"'))

    result = run(app, "verify-all")

    assert result.exit_code == 1
    assert f"{number}: Its record has changed." in result.stdout
    assert "1 notes, 1 bad." in result.stdout


def test_verify_all_looks_at_addenda_and_at_what_is_attached(
    app: Flask, cast: Cast, note: Note
) -> None:
    addendum = factories.addendum(note, by=cast.alice, clinic=cast.clinic)
    reference, number, pdf = addendum.reference, note.number, note.stored_pdf()
    assert run(app, "verify-all").exit_code == 0
    # Another note's file in its place, with its hash: whole, signed, and not this one's.
    tamper(
        app,
        "UPDATE addenda SET pdf = :pdf, pdf_sha256 = :sha256",
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
    )

    result = run(app, "verify-all", "--json")

    assert result.exit_code == 1
    assert said(result) == {
        "notes": 1,
        "bad": [{"number": reference, "reason": "The record attached to its file is another."}],
    }
    assert number != reference


def test_audit_verify_finds_the_trail_whole(app: Flask, cast: Cast) -> None:
    factories.act(by=cast.alice)

    result = run(app, "audit-verify", "--json")

    assert result.exit_code == 0
    assert said(result) == {"row": None, "kind": None}


def test_audit_verify_names_the_row_that_was_edited(app: Flask, cast: Cast) -> None:
    for _ in range(3):
        factories.act(by=cast.alice)
    tamper(app, "UPDATE audit_entries SET act = 'nothing' WHERE seq = 2")

    result = run(app, "audit-verify", "--json")

    assert result.exit_code == 1
    assert said(result) == {"row": 2, "kind": "edit"}


def test_audit_verify_without_the_key_ends_with_75_and_one_sentence(
    fresh_sqlite: dict[str, str],
) -> None:
    Path(fresh_sqlite["STIPPLE_KEY_FILE"]).unlink()

    answer = in_a_process(["audit-verify", "--json"], environment(fresh_sqlite))

    assert answer.returncode == 75
    assert answer.stdout == ""
    assert len(answer.stderr.strip().splitlines()) == 1


def test_the_catalogue_is_checked_without_an_instance(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"

    answer = in_a_process(["catalogue-check"], {"STIPPLE_INSTANCE": str(nowhere)})

    assert answer.returncode == 0, answer.stdout
    assert not nowhere.exists()


def test_a_new_setup_code_is_printed_while_nobody_can_sign_in(app: Flask) -> None:
    result = run(app, "setup-code")

    assert result.exit_code == 0
    assert len(result.stdout.strip()) == 9


def test_no_setup_code_is_given_once_the_clinic_is_set_up(app: Flask, cast: Cast) -> None:
    result = run(app, "setup-code")

    assert result.exit_code == 1
    assert result.stdout == ""


def tamper(app: Flask, statement: str, **values: object) -> None:
    """Change a guarded table as somebody with the key and the owner's rights could."""
    db.session.rollback()
    with raw_engine(app.config).begin() as connection:
        lift(connection)
        connection.execute(text(statement), values)


def in_a_process(
    arguments: list[str], variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=PROJECT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
