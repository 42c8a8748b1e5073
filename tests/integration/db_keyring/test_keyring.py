"""The master key: made once, kept apart, refused when others can read it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.keyring import CHECK_FILE, KeyRefused, Keyring, check_value, default_folder


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    keyring = Keyring(tmp_path / "instance", str(tmp_path / "keys" / "master.key"))
    keyring.create()
    return keyring


def reopened(keyring: Keyring) -> Keyring:
    return Keyring(keyring._instance, keyring._key_file)


def test_a_new_key_is_32_random_bytes_that_only_its_owner_reads(keyring: Keyring) -> None:
    path = keyring.path
    assert path is not None

    assert len(path.read_bytes()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_bytes() == reopened(keyring).master()


def test_two_instances_have_two_keys(tmp_path: Path) -> None:
    keyrings = [Keyring(tmp_path / name, str(tmp_path / f"{name}.key")) for name in "ab"]
    for keyring in keyrings:
        keyring.create()

    assert keyrings[0].master() != keyrings[1].master()


def test_by_default_the_key_lies_outside_the_instance_and_moves_with_its_check_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    instance = tmp_path / "instance"
    keyring = Keyring(instance)
    keyring.create()
    master = keyring.master()

    assert keyring.path == default_folder() / f"{check_value(master)}.key"
    assert [path.name for path in instance.iterdir()] == [CHECK_FILE]
    assert instance not in keyring.path.parents
    instance.rename(tmp_path / "moved")
    assert Keyring(tmp_path / "moved").master() == master


def test_the_default_folder_is_the_accounts_own_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    assert default_folder() == tmp_path / ".config" / "stipple"


def test_a_purpose_has_one_key_and_another_purpose_another(keyring: Keyring) -> None:
    keys = {
        label: keyring.derive(label) for label in ("database", "audit", "signing-keys", "cookies")
    }

    assert {len(key) for key in keys.values()} == {32}
    assert len({*keys.values(), keyring.master()}) == 5
    assert reopened(keyring).derive("audit") == keys["audit"]


def test_the_derivation_never_changes() -> None:
    keyring = Keyring(Path("nowhere"))
    keyring._master = bytes(32)

    # HKDF-SHA256 without salt, the label after "stipple/", as `openssl kdf` computes it.
    assert check_value(bytes(32)) == "eb326099"
    assert keyring.derive("database").hex() == (
        "39b5a827c0c2a643f5b32dbee9f3e3edff8e7f028f3dd44b85da0b9cdcb35f2f"
    )


def test_the_instance_remembers_the_check_value_and_nothing_else(keyring: Keyring) -> None:
    content = (keyring._instance / CHECK_FILE).read_text()

    assert content == f"{check_value(keyring.master())}\n"
    assert len(content.strip()) == 8


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_can_reach_is_refused(keyring: Keyring, mode: int) -> None:
    assert keyring.path is not None
    keyring.path.chmod(mode)

    with pytest.raises(KeyRefused, match="chmod 600"):
        reopened(keyring).master()


def test_a_missing_key_is_refused_with_the_place_where_it_was_expected(keyring: Keyring) -> None:
    assert keyring.path is not None
    keyring.path.unlink()

    with pytest.raises(KeyRefused, match=r"master\.key is missing"):
        reopened(keyring).master()


@pytest.mark.parametrize("content", [b"", b"k" * 31, b"k" * 33, b"k" * 64])
def test_a_key_of_the_wrong_size_is_refused(keyring: Keyring, content: bytes) -> None:
    assert keyring.path is not None
    keyring.path.write_bytes(content)

    with pytest.raises(KeyRefused, match=f"{len(content)} bytes instead of 32"):
        reopened(keyring).master()


def test_another_instances_key_is_refused_by_its_check_value(keyring: Keyring) -> None:
    assert keyring.path is not None
    right = check_value(keyring.master())
    keyring.path.write_bytes(bytes(32))

    with pytest.raises(KeyRefused, match=f"find the key with check value {right}"):
        reopened(keyring).master()


def test_an_instance_that_forgot_its_key_asks_for_it(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match="set STIPPLE_KEY_FILE"):
        Keyring(tmp_path).master()


def test_a_key_that_cannot_be_read_is_refused(keyring: Keyring) -> None:
    assert keyring.path is not None
    keyring.path.unlink()
    keyring.path.mkdir(mode=0o700)

    with pytest.raises(KeyRefused, match="cannot be read"):
        reopened(keyring).master()


def test_a_new_instance_takes_the_key_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "given.key"
    path.write_bytes(b"g" * 32)
    path.chmod(0o600)

    keyring = Keyring(tmp_path / "instance", str(path))
    keyring.create()

    assert keyring.master() == b"g" * 32


def test_making_a_key_twice_keeps_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    first = Keyring(tmp_path / "instance")
    first.create()
    second = Keyring(tmp_path / "instance")
    second.create()

    assert second.master() == first.master()
    assert len(list(default_folder().iterdir())) == 1


def test_the_key_does_not_show_when_the_keyring_is_printed(keyring: Keyring) -> None:
    assert keyring.master().hex() not in repr(keyring)
    assert repr(keyring.master()) not in repr(keyring)
