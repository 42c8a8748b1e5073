"""What must stop Stipple before it serves: exit code 75, one sentence that says what to do.

Each kind of refusal is once the end of a real process; its variants are asked for in this one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import text

from app import audit, startup
from app.audit.anchors import ANCHOR_FILE
from app.database import DATABASE_FILE, begin_write
from app.extensions import db
from app.keyring import CHECK_FILE
from tests.databases import configuration, environment, migrate, opened, raw_engine
from tests.rows import NOON

NEWEST = ScriptDirectory(startup.MIGRATIONS).get_current_head()

START = """
import os
from tests.databases import bare_app, configuration_of
from app import startup

startup.require_safe(bare_app(configuration_of(os.environ)))
print("safe")
"""

UPGRADE = """
import os
from flask_migrate import upgrade
from tests.databases import bare_app, configuration_of

with bare_app(configuration_of(os.environ)).app_context():
    upgrade()
print("safe")
"""

OLD_LIBRARY = "from sqlcipher3 import dbapi2\ndbapi2.sqlite_version_info = (3, 51, 2)\n"


def run(config: dict[str, Any], program: str = START) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment(config), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def refusal(config: dict[str, Any]) -> str:
    """The first sentence with which a start would be refused."""
    with opened(config) as app:
        found = startup.refusals(app)
    assert found
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in found)
    return found[0]


def refused_upgrade(config: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> str:
    """The sentence with which an upgrade ended."""
    with pytest.raises(SystemExit) as ended:
        migrate(config)
    assert ended.value.code == 75
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    return said


def end_of_process(config: dict[str, Any], program: str = START) -> str:
    """The sentence with which a real process ended."""
    ended = run(config, program)
    assert (ended.returncode, ended.stdout) == (75, ""), ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stderr.endswith(".\n")
    return ended.stderr


def attack(config: dict[str, Any], *statements: str) -> None:
    engine = raw_engine(config)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def write_an_entry(config: dict[str, Any]) -> None:
    with opened(config):
        begin_write(db.session())
        audit.record(db.session, "test", by=None, now=NOON)
        db.session.commit()


def drop(trigger: str, config: dict[str, Any]) -> str:
    table = trigger.removeprefix("final_").rpartition("_")[0]
    return f"drop trigger {trigger}" + (f" on {table}" if config["DATABASE_URL"] else "")


def test_a_sound_instance_starts_and_anchors_its_trail(fresh_database: dict[str, Any]) -> None:
    write_an_entry(fresh_database)

    ended = run(fresh_database)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "safe\n", "")
    lines = (Path(fresh_database["INSTANCE_PATH"]) / ANCHOR_FILE).read_text().splitlines()
    assert len(lines) == 2


def test_an_unsafe_sqlite_library_is_refused(fresh_sqlite: dict[str, Any]) -> None:
    said = end_of_process(fresh_sqlite, OLD_LIBRARY + START)

    assert "The SQLite library is 3.51.2" in said
    assert "3.51.3" in said
    assert "requirements.txt" in said


def test_an_unsafe_sqlite_library_makes_no_database(tmp_path: Path) -> None:
    config = configuration(tmp_path)

    assert "The SQLite library is 3.51.2" in end_of_process(config, OLD_LIBRARY + UPGRADE)
    assert list(tmp_path.iterdir()) == []


def test_a_process_without_its_key_ends(fresh_sqlite: dict[str, Any]) -> None:
    Path(fresh_sqlite["STIPPLE_KEY_FILE"]).unlink()

    assert "master.key is missing" in end_of_process(fresh_sqlite)
    # Nor is a key made anew for an old database.
    assert "master.key is missing" in end_of_process(fresh_sqlite, UPGRADE)
    assert not Path(fresh_sqlite["STIPPLE_KEY_FILE"]).exists()


def test_a_process_whose_key_others_can_read_ends(fresh_sqlite: dict[str, Any]) -> None:
    Path(fresh_sqlite["STIPPLE_KEY_FILE"]).chmod(0o644)

    assert "chmod 600" in end_of_process(fresh_sqlite)


def test_a_process_with_another_key_ends(fresh_sqlite: dict[str, Any]) -> None:
    Path(fresh_sqlite["STIPPLE_KEY_FILE"]).write_bytes(bytes(32))

    assert "check value eb326099" in end_of_process(fresh_sqlite)
    (Path(fresh_sqlite["INSTANCE_PATH"]) / CHECK_FILE).unlink()
    assert "The key does not open the database" in end_of_process(fresh_sqlite)


def test_a_process_without_a_trigger_ends(fresh_sqlite: dict[str, Any]) -> None:
    attack(fresh_sqlite, "drop trigger final_notes_update")

    assert "(final_notes_update is missing)" in end_of_process(fresh_sqlite)


def test_a_missing_key_is_refused(
    fresh_database: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    Path(fresh_database["STIPPLE_KEY_FILE"]).unlink()

    assert "master.key is missing" in refusal(fresh_database)
    assert "master.key is missing" in refused_upgrade(fresh_database, capfd)
    assert not Path(fresh_database["STIPPLE_KEY_FILE"]).exists()


def test_a_key_that_others_can_read_is_refused(fresh_database: dict[str, Any]) -> None:
    Path(fresh_database["STIPPLE_KEY_FILE"]).chmod(0o644)

    assert "chmod 600" in refusal(fresh_database)


def test_another_key_is_refused_by_its_check_value(fresh_database: dict[str, Any]) -> None:
    Path(fresh_database["STIPPLE_KEY_FILE"]).write_bytes(bytes(32))

    said = refusal(fresh_database)
    assert "check value eb326099" in said
    assert "set STIPPLE_KEY_FILE to it" in said


def test_another_key_is_refused_also_where_the_check_value_is_lost(
    fresh_database: dict[str, Any],
) -> None:
    write_an_entry(fresh_database)
    Path(fresh_database["STIPPLE_KEY_FILE"]).write_bytes(bytes(32))
    (Path(fresh_database["INSTANCE_PATH"]) / CHECK_FILE).unlink()

    said = refusal(fresh_database)
    assert "STIPPLE_KEY_FILE" in said
    assert "restore a backup" in said


def test_a_damaged_file_is_refused(fresh_sqlite: dict[str, Any]) -> None:
    file = Path(fresh_sqlite["INSTANCE_PATH"]) / DATABASE_FILE
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)

    assert "or its file is damaged" in refusal(fresh_sqlite)


def test_an_instance_that_was_never_made_is_refused(no_database: dict[str, Any]) -> None:
    key = Path(no_database["STIPPLE_KEY_FILE"])
    key.write_bytes(bytes(32))
    key.chmod(0o600)

    said = refusal(no_database)
    assert "flask --app wsgi db upgrade" in said
    assert "restore a backup" in said


def test_a_server_that_does_not_answer_is_refused(
    fresh_postgresql: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    config = {**fresh_postgresql, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}

    said = refusal(config)
    assert "PostgreSQL does not answer at DATABASE_URL" in said
    assert "PostgreSQL does not answer at DATABASE_URL" in refused_upgrade(config, capfd)


@pytest.mark.parametrize(
    "trigger", ["final_notes", "final_sites", "final_audit_entries", "final_treatments"]
)
def test_a_missing_trigger_is_refused_by_name(fresh_database: dict[str, Any], trigger: str) -> None:
    trigger += "_row" if fresh_database["DATABASE_URL"] else "_update"
    attack(fresh_database, drop(trigger, fresh_database))

    said = refusal(fresh_database)
    assert f"({trigger} is missing)" in said
    assert "db upgrade -x guards=lay" in said


def test_a_changed_trigger_is_refused_by_name(fresh_database: dict[str, Any]) -> None:
    if fresh_database["DATABASE_URL"]:
        attack(
            fresh_database,
            "create or replace function final_notes() returns trigger language plpgsql as"
            " 'begin return coalesce(new, old); end'",
        )
        expected = "(final_notes_row was changed; final_notes_truncate was changed)"
    else:
        attack(
            fresh_database,
            "drop trigger final_notes_update",
            "create trigger final_notes_update before update on notes when 0"
            " begin select raise(abort, 'a signed note is final'); end",
        )
        expected = "(final_notes_update was changed)"

    assert expected in refusal(fresh_database)


def test_a_disabled_trigger_is_refused(fresh_postgresql: dict[str, Any]) -> None:
    attack(fresh_postgresql, "alter table notes disable trigger final_notes_row")

    assert "(final_notes_row was changed)" in refusal(fresh_postgresql)


def test_a_trigger_that_is_not_ours_is_refused_by_name(fresh_database: dict[str, Any]) -> None:
    if fresh_database["DATABASE_URL"]:
        attack(
            fresh_database,
            "create function extra() returns trigger language plpgsql as 'begin return new; end'",
            "create trigger extra before insert on people for each row execute function extra()",
        )
    else:
        attack(
            fresh_database,
            "create trigger extra after insert on people begin delete from people; end",
        )

    assert "(extra is not ours)" in refusal(fresh_database)


def test_the_guards_can_be_laid_again(fresh_database: dict[str, Any]) -> None:
    trigger = "final_notes_row" if fresh_database["DATABASE_URL"] else "final_notes_update"
    attack(fresh_database, drop(trigger, fresh_database))

    with opened(fresh_database) as app:
        upgrade(x_arg=["guards=lay"])
        assert startup.refusals(app) == []


def test_a_database_of_a_newer_stipple_is_refused(fresh_database: dict[str, Any]) -> None:
    attack(fresh_database, "update alembic_version set version_num = '9999'")

    said = refusal(fresh_database)
    assert "made by a newer Stipple (its schema is 9999)" in said
    assert "install that version again" in said


def test_a_database_of_an_older_stipple_is_refused(
    fresh_database: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tmp_path / "newer"
    shutil.copytree(startup.MIGRATIONS, newer)
    later = f'revision = "9999"\ndown_revision = "{NEWEST}"\n'
    (newer / "versions" / "9999_later.py").write_text(later)
    monkeypatch.setattr(startup, "MIGRATIONS", newer)

    said = refusal(fresh_database)
    assert "made by an older Stipple" in said
    assert "make a backup" in said
    assert "flask --app wsgi db upgrade" in said


def test_a_place_that_cannot_be_written_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "instance").write_text("a file where the folder should be")

    said = refused_upgrade(configuration(tmp_path), capfd)
    assert "cannot be written" in said
    assert "STIPPLE_INSTANCE" in said


def test_an_instance_whose_anchors_cannot_be_written_is_refused(
    fresh_sqlite: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    write_an_entry(fresh_sqlite)
    anchors = Path(fresh_sqlite["INSTANCE_PATH"]) / ANCHOR_FILE
    anchors.unlink()
    anchors.mkdir()

    with opened(fresh_sqlite) as app, pytest.raises(SystemExit):
        startup.require_safe(app)

    assert f"cannot be written (Is a directory: {anchors})" in capfd.readouterr().err


def test_a_new_instance_is_made_by_its_first_upgrade(no_database: dict[str, Any]) -> None:
    migrate(no_database)

    with opened(no_database) as app:
        assert startup.refusals(app) == []
    assert Path(no_database["STIPPLE_KEY_FILE"]).stat().st_mode & 0o777 == 0o600


def test_an_upgrade_that_has_nothing_to_do_changes_nothing(
    fresh_database: dict[str, Any],
) -> None:
    trigger = "final_notes_row" if fresh_database["DATABASE_URL"] else "final_notes_update"
    attack(fresh_database, drop(trigger, fresh_database))

    migrate(fresh_database)

    # Whoever took a guard away is not covered up by the next start.
    assert f"({trigger} is missing)" in refusal(fresh_database)
