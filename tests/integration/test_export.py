"""The command export: signed documents as files, all of them or none."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app import exporting
from app.extensions import db
from app.models import Note
from tests import factories
from tests.dumps import last_entry, nothing_changed
from tests.factories import Cast
from tests.rows import alter_stored_bytes


@pytest.fixture
def notes(app: Flask, cast: Cast) -> list[Note]:
    """Two patients with a note each; an addendum follows the first."""
    made = []
    for _ in range(2):
        draft = factories.treatment(factories.patient(cast.dan), by=cast.alice, clinic=cast.clinic)
        factories.chart(draft, by=cast.alice)
        made.append(factories.sign(draft, by=cast.alice, clinic=cast.clinic))
    factories.addendum(made[0], by=cast.alice, clinic=cast.clinic)
    return made


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """Where exports go; the instance lies elsewhere."""
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def export(app: Flask, *arguments: str | Path) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["export", *map(str, arguments)])


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_all_notes_are_exported_with_their_addenda_beside_them(
    app: Flask, notes: list[Note], disk: Path
) -> None:
    wanted = {
        f"patients/{note.treatment.patient_id}/notes/{note.number}.pdf": note.stored_pdf()
        for note in notes
    }
    (addendum,) = notes[0].addenda
    beside = f"patients/{notes[0].treatment.patient_id}/notes/{addendum.reference}.pdf"
    wanted[beside] = addendum.stored_pdf()

    with nothing_changed("notes.exported"):
        result = export(app, "--all", "--format", "pdf", "--to", disk / "out")

    assert result.exit_code == 0, result.output
    found = files_in(disk / "out")
    sums = found.pop("SHA256SUMS").decode()
    assert found == wanted
    assert sums == "".join(
        f"{hashlib.sha256(content).hexdigest()}  {path}\n"
        for path, content in sorted(wanted.items())
    )
    subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=disk / "out",
        check=True,
        capture_output=True,
    )
    entry = last_entry("notes.exported")
    assert entry.details == {"formats": ["pdf"], "documents": 3, "bad": []}
    assert entry.by_id is None


def test_the_records_of_one_patient_are_exported_as_they_are_kept(
    app: Flask, notes: list[Note], disk: Path
) -> None:
    note = notes[1]
    number, record, patient = note.number, note.record, note.treatment.patient
    key, record_number = str(patient.id), patient.record_number

    for whose in (key, record_number.lower()):
        target = disk / whose
        result = export(app, "--patient", whose, "--format", "json", "--to", target)

        assert result.exit_code == 0, result.output
        found = files_in(target)
        assert set(found) == {f"records/{number}.json", "SHA256SUMS"}
        assert found[f"records/{number}.json"] == record
    assert last_entry("notes.exported").subject_id == key


def test_only_its_owner_reads_an_export(app: Flask, notes: list[Note], disk: Path) -> None:
    target = disk / "out"

    export(app, "--all", "--format", "pdf", "--format", "json", "--to", target)

    assert len(files_in(target)) == 7
    assert {path.stat().st_mode & 0o077 for path in (target, *target.rglob("*"))} == {0}


@pytest.mark.parametrize("taken", ["file", "folder", "link"])
def test_what_is_there_is_never_written_over(
    app: Flask, notes: list[Note], disk: Path, taken: str
) -> None:
    target = disk / "out"
    if taken == "file":
        target.write_text("mine")
    elif taken == "folder":
        target.mkdir()
        (target / "letter.txt").write_text("mine")
    else:
        (disk / "elsewhere").mkdir()
        target.symlink_to(disk / "elsewhere")
    before = files_in(disk)

    with nothing_changed():
        result = export(app, "--all", "--format", "pdf", "--to", target)

    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert files_in(disk) == before


def test_an_empty_folder_is_filled(app: Flask, notes: list[Note], disk: Path) -> None:
    (disk / "out").mkdir()

    result = export(app, "--all", "--format", "json", "--to", disk / "out")

    assert result.exit_code == 0
    assert len(files_in(disk / "out")) == 4


def test_an_export_that_fails_leaves_nothing(
    app: Flask, notes: list[Note], disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = exporting._write, []

    def full(path: Path, content: bytes) -> None:
        if written:
            raise OSError(28, "No space left on device")
        written.append(path)
        write(path, content)

    monkeypatch.setattr(exporting, "_write", full)

    with nothing_changed():
        result = export(app, "--all", "--format", "pdf", "--to", disk / "out")

    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert written
    assert list(disk.iterdir()) == []


def test_a_damaged_note_is_left_out_and_named(app: Flask, notes: list[Note], disk: Path) -> None:
    number, whole = notes[0].number, notes[1].number
    alter_stored_bytes(app, notes[0])

    result = export(app, "--all", "--format", "pdf", "--to", disk / "out")

    assert result.exit_code == 1
    assert f"{number} is not what was signed and was left out." in result.stderr
    names = {Path(path).name for path in files_in(disk / "out")}
    assert f"{number}.pdf" not in names
    assert f"{whole}.pdf" in names
    assert last_entry("notes.exported").details["bad"] == [number]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "pdf"],
        ["--all", "--patient", "SAMPLE-1", "--format", "pdf"],
        ["--all", "--format", "docx"],
        ["--all"],
        ["--patient", "nobody", "--format", "pdf"],
    ],
)
def test_what_cannot_be_meant_is_refused(
    app: Flask, notes: list[Note], disk: Path, arguments: list[str]
) -> None:
    with nothing_changed():
        result = export(app, *arguments, "--to", disk / "out")

    assert result.exit_code == 2
    assert list(disk.iterdir()) == []
