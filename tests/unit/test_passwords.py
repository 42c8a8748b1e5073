"""What may be a password, and what is guessed first."""

from __future__ import annotations

import pytest

from app.passwords import WeakPassword, refuse_weak, start_password

NAMES = ("Harbour Lane Neurology and Skin", "Ines Halloran", "ihalloran")


@pytest.mark.parametrize(
    "password",
    [
        "lantern cello ferry pond",
        "contraseña larga y tranquila",
        "月亮代表我的心我的爱不移",
        "x9$Lq2!vR7pd",
        "   twelve spaces are fine   ",
        "halloran keeps nine grey geese",
    ],
)
def test_a_password_that_nobody_guesses_is_taken(password: str) -> None:
    refuse_weak(password, names=NAMES)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "PASSWORD-PASSWORD",
        "P@ssw0rd12345",
        "Welcome2026!!",
        "letmeinletmein",
        "correct horse battery staple",
        "123456789012",
        "abcdefghijklm",
        "mlkjihgfedcba",
        "qwertyuiopasd",
        "aaaaaaaaaaaab",
        "abc123abc123abc",
        "stipple-stipple",
        "Contrasena2026",
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword, match="first passwords"):
        refuse_weak(password)


@pytest.mark.parametrize(
    "password", ["Ines Halloran", "ihalloran2026", "harbour lane neurology", "2026 INES-HALLORAN"]
)
def test_a_password_built_on_a_name_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword, match="built on your name"):
        refuse_weak(password, names=NAMES)


def test_length_is_counted_in_characters() -> None:
    with pytest.raises(WeakPassword, match="at least 12"):
        refuse_weak("ten of it.!")
    with pytest.raises(WeakPassword, match="at most 128"):
        refuse_weak("a word " * 18 + "and 3")
    refuse_weak("élan vital 7")


def test_the_same_characters_from_two_keyboards_are_the_same_password() -> None:
    composed, decomposed = "caf\u00e9 au lait 9", "cafe\u0301 au lait 9"

    from app.passwords import normalise

    assert normalise(composed) == normalise(decomposed)


def test_a_start_password_is_strong_and_never_the_same() -> None:
    made = {start_password() for _ in range(50)}

    assert len(made) == 50
    for password in made:
        refuse_weak(password, names=NAMES)
