"""The record of a note: plain values, and the one sequence of bytes that stands for them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

Record = Mapping[str, Any]

SCHEMA = "stipple-record/1"

# RFC 8785 writes numbers as JavaScript does; beyond this a whole number would lose digits there.
_LARGEST_NUMBER = 2**53 - 1


def canonical(record: Record) -> bytes:
    """The record as RFC 8785 canonical JSON: equal records give equal bytes, everywhere.

    Takes dicts, lists, strings, whole numbers, booleans and None. Raises TypeError for anything
    else (a float has no one way of being written) and ValueError for text that is no Unicode.
    """
    return _written(record, "record").encode("utf-8")


def sha256(record: Record) -> str:
    """The SHA-256 of the canonical bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(record)).hexdigest()


# No I, L, O or U: whoever types a code from paper cannot take one sign for another.
_CODE_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_BITS, _CODE_LENGTH = 5, 12


def check_code(record_sha256: str) -> str:
    """The short code by which a printed note is looked up: ABCD-EFGH-JKMN, 60 bits of the hash.

    `record_sha256` is what `sha256` answers. Two records of a clinic do not meet in 60 bits.
    """
    digits = _CODE_BITS * _CODE_LENGTH // 4
    number = int(record_sha256[:digits], 16)
    signs = [
        _CODE_SIGNS[number >> _CODE_BITS * place & (1 << _CODE_BITS) - 1]
        for place in reversed(range(_CODE_LENGTH))
    ]
    return "-".join("".join(signs[at : at + 4]) for at in range(0, _CODE_LENGTH, 4))


# What a reader of paper takes for another sign.
_TAKEN_FOR = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": "", "–": "", "—": ""})


def read_code(typed: str) -> str | None:
    """The hexadecimal digits with which the hash of a typed code begins, or None if it is none.

    Small letters, missing dashes, and I, L and O for 1 and 0 are read as they were meant.
    """
    signs = "".join(typed.split()).upper().translate(_TAKEN_FOR)
    if len(signs) != _CODE_LENGTH or set(signs) - set(_CODE_SIGNS):
        return None
    number = 0
    for sign in signs:
        number = number << _CODE_BITS | _CODE_SIGNS.index(sign)
    return f"{number:0{_CODE_BITS * _CODE_LENGTH // 4}x}"


def _written(value: object, place: str) -> str:
    if isinstance(value, str):  # most are
        return _quoted(value, place)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > _LARGEST_NUMBER:
            raise ValueError(f"{place}: {value} is too large for a number, write it as a string")
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(_written(v, f"{place}[{i}]") for i, v in enumerate(value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(_members(value, place)) + "}"
    raise TypeError(f"{place}: a record holds no {type(value).__name__}")


def _members(value: Mapping[Any, object], place: str) -> list[str]:
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"{place}: the key {key!r} is no string")
    if all(map(str.isascii, value)):
        keys = sorted(value)
    else:
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return [f"{_quoted(key, place)}:{_written(value[key], f'{place}.{key}')}" for key in keys]


def _quoted(text: str, place: str) -> str:
    if not text.isascii() and _HALF_A_PAIR.search(text):
        raise ValueError(f"{place}: half a surrogate pair is no text")
    return encode_basestring(text)


_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
