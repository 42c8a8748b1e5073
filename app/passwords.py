"""What a password must be: long enough, and not one that is guessed first."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from app.clinical.errors import Refusal

SHORTEST = 12
LONGEST = 128

_COMMON = Path(__file__).with_name("common_passwords.txt")
# Letters and digits that are not mistaken for one another when they are read off a screen.
_LEGIBLE = "abcdefghjkmnpqrstuvwxyz23456789"
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "0123456789")
# What people put in the place of a letter.
_LEET = str.maketrans("013457@$!€", "oieastasie")


class WeakPassword(Refusal):
    """The password would be guessed; the text says what to change."""


@cache
def _common() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def normalise(password: str) -> str:
    """One spelling of the same characters, so that two keyboards type the same password."""
    return unicodedata.normalize("NFC", password)


def refuse_weak(password: str, *, names: Iterable[str] = ()) -> None:
    """Raise WeakPassword unless this may be a password; `names` are the clinic's and the person's.

    Any characters are allowed, spaces and accents too. Length is counted in characters.
    """
    password = normalise(password)
    if len(password) < SHORTEST:
        raise WeakPassword("Use at least %(count)s characters. A few words do.", count=SHORTEST)
    if len(password) > LONGEST:
        raise WeakPassword("Use at most %(count)s characters.", count=LONGEST)
    bare = _bare(password)
    if _is_simple(bare) or _is_common(password):
        raise WeakPassword("This is among the first passwords that are tried. Choose another.")
    for name in names:
        if _is_built_on(bare, _bare(name)):
            raise WeakPassword(
                "This is built on your name, your user name or the clinic’s. Choose another."
            )


def _bare(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return re.sub(r"[\W_]+", "", normalise(text).casefold())


def _is_common(password: str) -> bool:
    """Whether it is a common password, or one with the usual swaps, or with a tail of digits."""
    common = _common()
    without_tail = re.sub(r"^[\d\W_]+|[\d\W_]+$", "", password.casefold())
    for candidate in (
        _bare(password),
        _bare(without_tail),
        _bare(without_tail.translate(_LEET)),
        _bare(password.casefold().translate(_LEET)),
    ):
        half = candidate[: len(candidate) // 2]
        if candidate in common or (candidate == half * 2 and half in common):
            return True
    return False


def _is_simple(bare: str) -> bool:
    """Whether it is few characters over and over, or a run along the alphabet or a keyboard."""
    if len(set(bare)) < 5:
        return True
    for row in _ROWS:
        ring = row * (len(bare) // len(row) + 2)
        if bare in ring or bare in ring[::-1]:
            return True
    # A short piece repeated: abc123abc123.
    return any(
        bare == (bare[:size] * (len(bare) // size + 1))[: len(bare)]
        for size in range(1, len(bare) // 2 + 1)
    )


def _is_built_on(bare: str, name: str) -> bool:
    """Whether a name is most of the password."""
    return len(name) >= 4 and (bare in name or (name in bare and len(bare) - len(name) < 6))


def start_password() -> str:
    """A password to hand over once; its owner replaces it at the first sign-in."""
    return "-".join("".join(secrets.choice(_LEGIBLE) for _ in range(4)) for _ in range(4))
