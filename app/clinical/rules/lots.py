"""LOT-02 to LOT-05: is this vial one to use, on this patient, and the one that will be billed?"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from app.clinical.case import Case
from app.clinical.catalogue.entries import Catalogue, Product, VialSize
from app.clinical.chart import Preparation, Vial
from app.clinical.rules.finding import Finding, Part, Phrase, Value, find
from app.clinical.rules.registry import rule
from app.clinical.rules.vials import all_vials, vial_name

# The three segments of an NDC on a claim.
SEGMENTS = (5, 4, 2)


@rule("LOT-02")
def expires_soon(case: Case, catalogue: Catalogue) -> Finding | None:
    """A vial still in date that will not be for long; shown, so that the shelf is looked at."""
    text = catalogue.rules["LOT-02"]
    day = case.date
    if day is None:
        return None
    limit = int(catalogue.limit("expiry_soon"))
    last = day + timedelta(days=limit)
    soon = [
        (preparation, vial)
        for preparation, vial in all_vials(case)
        if vial.expires is not None and day <= vial.expires <= last
    ]
    said = [
        Phrase(
            text.words["expires"],
            {"vial": vial_name(preparation, vial), "expires": vial.expires or day},
        )
        for preparation, vial in soon
    ]
    parts: list[Part] = [(None, {"vials": said, "limit": limit})] if soon else []
    return find(text, case.when, parts, [vial.key for _, vial in soon])


@rule("LOT-03")
def quarantined(case: Case, catalogue: Catalogue) -> Finding | None:
    """No vial of a lot that was recalled or set aside."""
    return _of_vials("LOT-03", case, catalogue, lambda vial: vial.quarantined)


@rule("LOT-04")
def one_patient(case: Case, catalogue: Catalogue) -> Finding | None:
    """A vial is for one patient and one session."""
    return _of_vials("LOT-04", case, catalogue, lambda vial: vial.key in case.vials_used_elsewhere)


@rule("LOT-05")
def right_drug_code(case: Case, catalogue: Catalogue) -> Finding | None:
    """The NDC of a vial is one of its product; one that nobody knows is compared with the label."""
    text = catalogue.rules["LOT-05"]
    owners: dict[str, list[tuple[Product, VialSize]]] = {}
    for product in catalogue.products.values():
        for size in product.sizes:
            for ndc in (size.ndc, *size.other_ndcs):
                for spelling in _spellings(ndc or ""):
                    owners.setdefault(spelling, []).append((product, size))
    parts: list[Part] = []
    about = []
    for preparation, vial in all_vials(case):
        if not (vial.ndc or "").strip():
            continue
        ndc = (vial.ndc or "").strip()
        found = [each for spelling in _spellings(ndc) for each in owners.get(spelling, [])]
        values: dict[str, Value] = {"vial": vial_name(preparation, vial), "ndc": ndc}
        own = [size for product, size in found if product.id == preparation.product]
        if not found:
            parts.append(("unknown", values))
        elif not own:
            parts.append((None, {**values, "other": found[0][0].id}))
        elif all(size.units != vial.units for size in own):
            parts.append(("size", {**values, "units": own[0].units}))
        else:
            continue
        about.append(vial.key)
    return find(text, case.when, parts, about)


def _spellings(ndc: str) -> set[str]:
    """The digits under which an NDC is found: as on a claim, and as on the carton."""
    segments = ndc.strip().split("-")
    if not all(re.fullmatch("[0-9]+", segment) for segment in segments):
        return set()
    if len(segments) != len(SEGMENTS):
        return {"".join(segments)}
    padded = (segment.zfill(width) for segment, width in zip(segments, SEGMENTS, strict=True))
    return {"".join(segments), "".join(padded)}


def _of_vials(
    id: str, case: Case, catalogue: Catalogue, question: Callable[[Vial], bool]
) -> Finding | None:
    wrong: list[tuple[Preparation, Vial]] = [
        (preparation, vial) for preparation, vial in all_vials(case) if question(vial)
    ]
    names = [vial_name(preparation, vial) for preparation, vial in wrong]
    parts: list[Part] = [(None, {"vials": names})] if wrong else []
    return find(catalogue.rules[id], case.when, parts, [vial.key for _, vial in wrong])
