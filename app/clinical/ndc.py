"""The National Drug Code of a vial: its 11-digit form, its GTIN, and the vial it names."""

from __future__ import annotations

import re

from app.clinical.catalogue.entries import Catalogue, Product, VialSize
from app.clinical.errors import Refusal

__all__ = ["check_digit", "gtin_of", "ndc11", "vial_of_gtin", "vial_of_ndc"]

# Labeller, product and package as the FDA gives them out, and the one form a claim takes.
TEN_DIGITS = ((4, 4, 2), (5, 3, 2), (5, 4, 1))
ELEVEN_DIGITS = (5, 4, 2)

PARTS = re.compile(r"([0-9]{4,5})-([0-9]{3,4})-([0-9]{1,2})")

# A GTIN with an NDC in it: one pack, never a case of several, in the range kept for US drugs.
US_DRUG = "003"


def ndc11(ndc: str) -> str:
    """The 5-4-2 form of an NDC, the short part padded: 72960-112-01 gives 72960-0112-01.

    A claim takes it without the hyphens. Raises Refusal for what is no NDC.
    """
    parts = _parts(ndc)
    return "-".join(part.zfill(length) for part, length in zip(parts, ELEVEN_DIGITS, strict=True))


def gtin_of(ndc: str) -> str | None:
    """The GTIN-14 of a pack with this NDC; None for the 11-digit form, which has lost its own."""
    parts = _parts(ndc)
    if tuple(len(part) for part in parts) not in TEN_DIGITS:
        return None
    digits = US_DRUG + "".join(parts)
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """The last digit of a GTIN, computed from the ones before it."""
    weighed = sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(reversed(digits)))
    return str(-weighed % 10)


def vial_of_ndc(ndc: str, catalogue: Catalogue) -> tuple[Product, VialSize] | None:
    """The product and size that this NDC, in either form, names; None while none is known."""
    wanted = ndc11(ndc)
    return next(
        ((product, size) for product, size, known in _known(catalogue) if ndc11(known) == wanted),
        None,
    )


def vial_of_gtin(gtin: str, catalogue: Catalogue) -> tuple[Product, VialSize, str] | None:
    """The product, size and NDC that a GTIN-14 names; None while none is known."""
    return next(
        (
            (product, size, known)
            for product, size, known in _known(catalogue)
            if gtin_of(known) == gtin
        ),
        None,
    )


def _known(catalogue: Catalogue) -> list[tuple[Product, VialSize, str]]:
    return [
        (product, size, ndc)
        for product in catalogue.products.values()
        for size in product.sizes
        for ndc in (size.ndc, *size.other_ndcs)
        if ndc is not None
    ]


def _parts(ndc: str) -> tuple[str, str, str]:
    match = PARTS.fullmatch(ndc.strip())
    if match is not None:
        parts = (match[1], match[2], match[3])
        if tuple(map(len, parts)) in (*TEN_DIGITS, ELEVEN_DIGITS):
            return parts
    raise Refusal(
        "%(value)s is not an NDC. Write its three parts with hyphens, such as 0023-1145-01.",
        value=f"\u201c{ndc[:20]}\u201d",
    )
