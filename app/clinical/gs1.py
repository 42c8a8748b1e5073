"""What a scanned code says: the elements of a GS1 string, and every way it can be read.

An element of variable length ends at the separator FNC1, which arrives as GS (`\\u001d`). Some
scanners that type like a keyboard drop it. Such a string is never cut by guess: all readings
that are possible are answered, and whoever knows the stock, or the person, chooses.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from app.clinical.errors import Refusal
from app.clinical.ndc import check_digit

__all__ = ["GS", "Reading", "Unreadable", "read"]

GS = "\u001d"
# Other ways in which a scanner or a person writes the separator.
SEPARATORS = ("\u241d", "{GS}", "<GS>", "^]")

GTIN, LOT, MADE, EXPIRES, SERIAL = "01", "10", "11", "17", "21"

# Length of the value by application identifier (GS1 General Specifications): exact where both
# are the same, else from and to. Digits only where the third says so.
ELEMENTS: dict[str, tuple[int, int, bool]] = {
    "00": (18, 18, True),
    GTIN: (14, 14, True),
    "02": (14, 14, True),
    LOT: (1, 20, False),
    **dict.fromkeys((MADE, "12", "13", "15", "16", EXPIRES), (6, 6, True)),
    "20": (2, 2, True),
    SERIAL: (1, 20, False),
    "22": (1, 20, False),
    "30": (1, 8, True),
    "37": (1, 8, True),
    **dict.fromkeys(("240", "241", "250", "251"), (1, 30, False)),
    "242": (1, 6, True),
    "243": (1, 20, False),
    "400": (1, 30, False),
    **dict.fromkeys(("410", "411", "412", "413", "414", "415", "416", "417"), (13, 13, True)),
    "422": (3, 3, True),
    "7001": (13, 13, True),
    "7003": (10, 10, True),
    "7004": (1, 4, True),
    **dict.fromkeys(("710", "711", "712", "713", "714", "715", "716"), (1, 20, False)),
    "8005": (6, 6, True),
    "8008": (8, 12, True),
    "8020": (1, 25, False),
    "90": (1, 30, False),
    **{str(ai): (1, 90, False) for ai in range(91, 100)},
}
DATES = (MADE, "12", "13", "15", "16", EXPIRES)

# What the code of a drug carries: only before one of these can a separator have been lost.
OF_A_DRUG = (GTIN, LOT, MADE, EXPIRES, SERIAL)

# A code longer than this is none of ours; it also bounds the work of reading one.
LONGEST = 200

SYMBOLOGY = re.compile(r"\]([A-Za-z][0-9A-Za-z])")
BRACKETED = re.compile(r"\(([0-9]{2,4})\)")
VALUE = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
PLAIN_GTIN = re.compile(r"[0-9]{12,14}")

_Elements = tuple[tuple[str, str], ...]


class Unreadable(Refusal):
    """A scan that says nothing we can use; the sentence says what to do instead."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a scan. What the code does not carry is None.

    `is_certain` is False where a separator must have been lost, or may have been: then it is one
    of several, or the only one that works, and still to be confirmed. `others` are elements by
    their application identifier.
    """

    gtin: str | None = None
    lot: str | None = None
    expires: date | None = None
    serial: str | None = None
    is_certain: bool = True
    others: tuple[tuple[str, str], ...] = field(default=())


def read(scanned: str, *, separators_kept: bool = False) -> tuple[Reading, ...]:
    """Every way to read a scan, the one that needs no lost separator first.

    `separators_kept` says that whatever read the code hands its separators on, so that nothing
    is lost: then there is one reading. Raises Unreadable.
    """
    text = _tidied(scanned)
    if not text:
        raise Unreadable("The scan is empty. Scan the code on the vial or its carton again.")
    if len(text) > LONGEST:
        raise Unreadable(
            "The scan is too long for the code of a vial. Scan the square code on the vial or "
            "its carton."
        )
    if text.startswith("("):
        return (_reading(_bracketed(text), is_certain=True),)
    if separators_kept or GS in text:
        return (_reading(_separated(text), is_certain=True),)
    found = _every_way(text)
    if not found:
        # Says what is wrong with it.
        return (_reading(_separated(text), is_certain=True),)
    whole = _without_cut(text)
    found.sort(key=lambda elements: elements != whole)
    return tuple(_reading(elements, is_certain=found == [whole]) for elements in found)


def _tidied(scanned: str) -> str:
    text = scanned.strip(" \t\r\n")
    for other in SEPARATORS:
        text = text.replace(other, GS)
    symbology = SYMBOLOGY.match(text)
    if symbology is not None:
        text = text[symbology.end() :]
    return text.strip(GS + " \t\r\n")


def _bracketed(text: str) -> _Elements:
    pieces = BRACKETED.split(text)
    if pieces[0]:
        raise _unknown(pieces[0])
    elements = []
    for ai, value in zip(pieces[1::2], pieces[2::2], strict=True):
        if _shape(ai) is None:
            raise _unknown(ai)
        elements.append((ai, _checked(ai, value.strip().rstrip(GS))))
    return tuple(elements)


def _separated(text: str) -> _Elements:
    """The elements of a string whose variable ones each end at a separator or at the end."""
    if _is_plain_gtin(text):
        return ((GTIN, text.zfill(14)),)
    elements: list[tuple[str, str]] = []
    rest = text
    while rest:
        ai = _identifier(rest)
        if ai is None:
            raise _unknown(rest)
        least, most, _ = _shape_of(ai)
        rest = rest[len(ai) :]
        until = len(rest) if least == most else rest.find(GS)
        value = rest[: most if least == most else (until if until >= 0 else len(rest))]
        elements.append((ai, _checked(ai, value)))
        rest = rest[len(value) :].lstrip(GS)
    return tuple(elements)


def _every_way(text: str) -> list[_Elements]:
    """All ways to cut a string without separators into sound elements, each kind once."""
    plain: list[_Elements] = [((GTIN, text.zfill(14)),)] if _is_plain_gtin(text) else []
    if plain and not text.startswith(OF_A_DRUG):
        return plain
    return [*plain, *_ways(text, frozenset())]


def _ways(text: str, seen: frozenset[str]) -> Iterator[_Elements]:
    if not text:
        yield ()
        return
    ai = _identifier(text)
    if ai is None or ai in seen:
        return
    least, most, _ = _shape_of(ai)
    rest = text[len(ai) :]
    for length in range(least, min(most, len(rest)) + 1):
        after = rest[length:]
        if after and least != most and not after.startswith(OF_A_DRUG):
            continue
        if _fault(ai, rest[:length]) is None:
            for others in _ways(after, seen | {ai}):
                yield ((ai, rest[:length]), *others)


def _without_cut(text: str) -> _Elements | None:
    try:
        return _separated(text)
    except Unreadable:
        return None


def _reading(elements: _Elements, *, is_certain: bool) -> Reading:
    values: dict[str, str] = {}
    for ai, value in elements:
        if values.setdefault(ai, value) != value:
            raise Unreadable(
                "The scan says two different things for (%(ai)s). Scan one code at a time.", ai=ai
            )
    if not values.keys() & {GTIN, LOT, EXPIRES, SERIAL}:
        raise Unreadable(
            "This code names no product, lot, expiry or serial number. Scan the square code on "
            "the vial or its carton."
        )
    expires = values.get(EXPIRES)
    return Reading(
        gtin=values.get(GTIN),
        lot=values.get(LOT),
        expires=_day(expires) if expires is not None else None,
        serial=values.get(SERIAL),
        is_certain=is_certain,
        others=tuple(
            (ai, value) for ai, value in values.items() if ai not in (GTIN, LOT, EXPIRES, SERIAL)
        ),
    )


def _checked(ai: str, value: str) -> str:
    fault = _fault(ai, value)
    if fault is not None:
        raise fault
    return value


def _fault(ai: str, value: str) -> Unreadable | None:
    """What is wrong with the value of an element, or None."""
    least, most, digits = _shape_of(ai)
    if not least <= len(value) <= most:
        if least != most and len(value) > most:
            return Unreadable(
                "Lot and serial number may have run together: (%(ai)s) holds at most %(most)s "
                "characters, and this one has %(count)s. Scan it again, or type it from the vial.",
                ai=ai,
                most=most,
                count=len(value),
            )
        return Unreadable(
            "The scan ends too early: (%(ai)s) needs %(least)s characters. Scan it again.",
            ai=ai,
            least=least,
        )
    if digits and not (value.isascii() and value.isdigit()):
        return Unreadable(
            "(%(ai)s) should be digits, and the scan says %(value)s. Scan it again, or type it "
            "from the vial.",
            ai=ai,
            value=_quoted(value),
        )
    if not VALUE.fullmatch(value):
        return Unreadable(
            "The scan holds a character that no such code has: %(value)s. Check the keyboard "
            "setting of the scanner, or type it from the vial.",
            value=_quoted(value),
        )
    if ai == GTIN and not _is_gtin(value):
        return Unreadable(
            "The check digit of %(value)s is wrong, so it was misread. Scan it again.",
            value=_quoted(value),
        )
    if ai in DATES and _day(value) is None:
        return Unreadable(
            "%(value)s is no date of the calendar (year, month, day). Scan it again, or type the "
            "expiry from the vial.",
            value=_quoted(value),
        )
    return None


def _day(value: str) -> date | None:
    """The day that YYMMDD names; day 00 is the last of its month. None for no day at all."""
    year, month, day = 2000 + int(value[:2]), int(value[2:4]), int(value[4:6])
    if not 1 <= month <= 12:
        return None
    last = monthrange(year, month)[1]
    return date(year, month, day or last) if day <= last else None


def _is_gtin(digits: str) -> bool:
    return check_digit(digits[:-1]) == digits[-1]


def _is_plain_gtin(text: str) -> bool:
    """Whether this is what the bars beside the square code say: the product and nothing else."""
    return PLAIN_GTIN.fullmatch(text) is not None and _is_gtin(text)


def _identifier(text: str) -> str | None:
    """The application identifier a string begins with. No known one begins with another."""
    return next((text[:length] for length in (2, 3, 4) if _shape(text[:length])), None)


def _shape(ai: str) -> tuple[int, int, bool] | None:
    # 310 to 369 are measures of six digits, whose fourth digit is the place of the point.
    if len(ai) == 4 and "310" <= ai[:3] <= "369" and ai.isascii() and ai.isdigit():
        return (6, 6, True)
    return ELEMENTS.get(ai)


def _shape_of(ai: str) -> tuple[int, int, bool]:
    shape = _shape(ai)
    assert shape is not None
    return shape


def _unknown(text: str) -> Unreadable:
    return Unreadable(
        "%(value)s does not begin as the code of a vial does. Scan the square code on the vial "
        "or its carton, or type lot and expiry.",
        value=_quoted(text.split(GS)[0]),
    )


def _quoted(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return f"\u201c{shown if len(shown) <= 24 else shown[:23] + '…'}\u201d"
