"""A session in two short lines, for lists: why, how much, and how far it has come."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from app.clinical.catalogue import catalogue
from app.models import Treatment
from app.web import plain


class Glance(NamedTuple):
    """`title` says why, `dose` what was given, `progress` how many sites of all."""

    title: str
    dose: str
    progress: str


def glance(treatment: Treatment) -> Glance:
    """The session as a list shows it, with what addenda correct. Units are summed within one
    product only."""
    if treatment.is_void:
        return Glance(_title(treatment), dose=_("Void"), progress=_("Void"))
    dose, given = dose_of(treatment), len(treatment.chart_as_amended().given)
    sites = ngettext("%(num)d site", "%(num)d sites", given)
    return Glance(
        title=_title(treatment),
        dose=f"{dose}, {sites}" if dose else _("Nothing given yet"),
        progress=_("%(given)d of %(all)d given", given=given, all=len(treatment.sites))
        if treatment.sites
        else _("No site yet"),
    )


def dose_of(treatment: Treatment) -> str:
    """What was given of each product, "BOTOX 155 U"; empty where nothing was."""
    chart = treatment.chart_as_amended()
    units: dict[str, Decimal] = {}
    for site in chart.given:
        product = chart.product_of(site) or ""
        units[product] = units.get(product, Decimal(0)) + site.units
    return " + ".join(f"{product} {plain(total)} U".strip() for product, total in units.items())


def _title(treatment: Treatment) -> str:
    known, spanish = catalogue().indications, str(get_locale()) == "es"
    labels = [
        (known[key].label_es if spanish else known[key].label) if key in known else key
        for key in treatment.indications
    ]
    return ", ".join(labels) or _("No indication chosen yet")
