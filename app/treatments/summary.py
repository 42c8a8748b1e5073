"""What the review page says before the signature, in the reader's language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.clinical import dosing, ledger
from app.clinical.catalogue import Catalogue
from app.clinical.chart import Chart, Preparation


class VialLine(NamedTuple):
    """One vial with its balance."""

    product: str
    units: Decimal
    lot: str
    expires: date | None
    dilution: str
    opened: Decimal
    given: Decimal
    discarded: Decimal


EXPECTATIONS = ("onset", "duration", "follow_up")


class Summary(NamedTuple):
    """Everything the review page shows of a chart."""

    indications: list[dict[str, Any]]
    totals: list[dict[str, Any]]
    sentences: list[str]
    given: str
    vials: list[VialLine]
    # Units by product that are neither given nor discarded, and nobody has said why.
    remainders: dict[str, Decimal]
    by_muscle: tuple[dosing.MuscleTotal, ...]


def summarise(chart: Chart, catalogue: Catalogue, language: str) -> Summary:
    """The chart as one reads it before signing; only what was given is counted."""
    return Summary(
        indications=[
            {
                "label": catalogue.indications[key].label_in(language),
                "codes": [
                    code.code
                    for code in catalogue.indications[key].codes
                    if code.code in chart.codes
                ],
                # What the patient is told to expect.
                "expect": [
                    {"topic": line.topic, "text": line.in_language(language), "verify": line.verify}
                    for line in catalogue.technique.get(key, ())
                    if line.topic in EXPECTATIONS
                ],
            }
            for key in chart.indications
        ],
        totals=[
            {
                "product": product,
                "given": total.given,
                "sites": total.given_sites,
                "volume_ml": None
                if total.volume_ml is None
                else dosing.volume_text(total.volume_ml),
            }
            for product, total in dosing.totals(chart).items()
        ],
        sentences=_sentences(chart, catalogue),
        given=_given(chart),
        vials=_vials(chart, catalogue, language),
        remainders=ledger.remainders(chart),
        by_muscle=dosing.by_muscle(chart, catalogue, language),
    )


def _sentences(chart: Chart, catalogue: Catalogue) -> list[str]:
    given = chart.given
    moved = sum(catalogue.is_moved(site) for site in given)
    sentences = []
    for key in dict.fromkeys(site.protocol for site in chart.sites if site.protocol):
        protocol = catalogue.protocols[key]
        of_it = sum(site.protocol == key for site in given)
        laid = {site.protocol_site or "" for site in chart.sites if site.protocol == key}
        sentences.append(
            _(
                "%(protocol)s: %(given)d of %(all)d sites given.",
                protocol=protocol.short,
                given=of_it,
                all=len(laid | {site.id for site in protocol.due(laid)}),
            )
        )
    extra = sum(site.protocol is None for site in given)
    if extra and sentences:
        sentences.append(
            ngettext("One site outside the protocol.", "%(num)d sites outside the protocol.", extra)
        )
    if moved:
        sentences.append(
            ngettext(
                "One site moved from its place.", "%(num)d sites moved from their place.", moved
            )
        )
    return [" ".join(sentences)] if sentences else []


def _given(chart: Chart) -> str:
    """How far it came: 17 of 31 sites given; 14 planned sites were not given."""
    said = _("%(given)d of %(all)d sites given", given=len(chart.given), all=len(chart.sites))
    if not chart.planned:
        return f"{said}."
    return f"{said}; " + ngettext(
        "one planned site was not given.",
        "%(num)d planned sites were not given.",
        len(chart.planned),
    )


def _vials(chart: Chart, catalogue: Catalogue, language: str) -> list[VialLine]:
    balances = {balance.key: balance for balance in ledger.balance(chart)}
    return [
        VialLine(
            product=preparation.product,
            units=vial.units,
            lot=vial.lot,
            expires=vial.expires,
            dilution=_dilution(preparation, catalogue, language),
            opened=balances[vial.key].opened,
            given=balances[vial.key].given,
            discarded=balances[vial.key].discarded or Decimal(0),
        )
        for preparation in chart.preparations
        for vial in preparation.vials
    ]


def _dilution(preparation: Preparation, catalogue: Catalogue, language: str) -> str:
    strength = dosing.strength(preparation)
    if strength is None:
        return _("not recorded")
    if not preparation.diluent_ml:
        return _("ready to use, %(strength)s U/mL", strength=dosing.plain(strength))
    return _(
        "%(ml)s mL %(diluent)s, %(strength)s U/mL",
        ml=dosing.plain(preparation.diluent_ml),
        diluent=catalogue.diluent_label(preparation.diluent, language),
        strength=dosing.plain(strength),
    )
