"""The catalogue that this clinic judges by: the published one with its own laid over."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import select

from app.clinical.catalogue.entries import Catalogue, OwnDrawing
from app.clinical.catalogue.own import OwnMap, OwnProtocol, OwnValue, Verified, with_clinic
from app.extensions import db
from app.models import CatalogueVerification, ClinicCatalogueRow, ReleasedDrawing
from app.models.catalogue import ADDED, AFTER_CARE, MAP, PROTOCOL, VALUE, last_words, latest
from app.web import the_clinic

__all__ = [
    "after_care_given",
    "after_care_text",
    "known",
    "own_maps",
    "own_protocols",
    "own_values",
    "verifications",
]

IN_ORDER = (ClinicCatalogueRow.kind, ClinicCatalogueRow.key, ClinicCatalogueRow.version)


def known() -> Catalogue:
    """The catalogue of this clinic, as its rows stand now."""
    rows = list(db.session.scalars(select(ClinicCatalogueRow).order_by(*IN_ORDER)))
    return _laid(own_values(rows), own_protocols(rows), _verified(), own_maps(rows))


def verifications() -> dict[tuple[str, str], CatalogueVerification]:
    """The last word on each row that somebody held against a label."""
    query = select(CatalogueVerification).order_by(CatalogueVerification.verified_at)
    return last_words(list(db.session.scalars(query)))


def after_care_text(version: int | None = None) -> ClinicCatalogueRow | None:
    """The clinic's own after-care text in this version, or as it stands now; None without one."""
    query = select(ClinicCatalogueRow).where(ClinicCatalogueRow.kind == AFTER_CARE)
    if version is not None:
        query = query.where(ClinicCatalogueRow.version == version)
    return db.session.scalars(query.order_by(ClinicCatalogueRow.version.desc()).limit(1)).first()


def emergency_lines(own: ClinicCatalogueRow | None, language: str) -> list[str]:
    """What comes first on every after-care sheet, with the number that is called here."""
    lines = known().aftercare
    published = next(line.in_language(language) for line in lines if line.part == "number")
    number = (own.value or {}).get("number") if own else None
    return [
        line.in_language(language).format(number=number or published)
        for line in lines
        if line.part == "emergency"
    ]


def after_care_given(version: int | None) -> dict[str, Any] | None:
    """What a record says of the after-care sheet that was printed before signing; None if none."""
    if version is None:
        return None
    text = after_care_text(version) if version else None
    return {
        "version": version,
        "of": the_clinic().today(text.recorded_at).isoformat() if text else None,
    }


def own_values(rows: list[ClinicCatalogueRow]) -> tuple[OwnValue, ...]:
    """The clinic's own values and rows that stand."""
    return tuple(
        OwnValue(table, key, tuple((row.value or {}).items()), added=row.kind == ADDED)
        for row in latest(rows)
        if row.kind in (VALUE, ADDED)
        for table, _, key in (row.key.partition("/"),)
    )


def own_protocols(rows: list[ClinicCatalogueRow]) -> tuple[OwnProtocol, ...]:
    """Every version of the clinic's own protocols: older sessions keep theirs."""
    offered = {row.id for row in latest(rows)}
    return tuple(
        OwnProtocol(
            key=row.key,
            version=row.version,
            title=row.value["title"],
            indication=row.value["indication"],
            product=row.value["product"],
            sites=tuple(tuple(site.items()) for site in row.value["sites"]),
            offered=row.id in offered,
        )
        for row in rows
        if row.kind == PROTOCOL and row.value is not None
    )


def own_maps(rows: list[ClinicCatalogueRow]) -> tuple[OwnMap, ...]:
    """Every version of the clinic's own drawings: older sessions keep theirs."""
    offered = {row.id for row in latest(rows)}
    return tuple(
        OwnMap(
            key=row.key,
            title=row.value["title"],
            tab=row.value["tab"],
            version=row.version,
            drawing=_drawing(
                f"{row.key}@{row.version}", row.value["sha256"], tuple(row.value["indications"])
            ),
            offered=row.id in offered,
        )
        for row in rows
        if row.kind == MAP and row.value is not None
    )


@lru_cache(maxsize=256)
def _drawing(ref: str, sha256: str, indications: tuple[str, ...]) -> OwnDrawing:
    """A released drawing, read once: what has this digest is this drawing for ever."""
    released = db.session.scalars(select(ReleasedDrawing).where(ReleasedDrawing.ref == ref)).one()
    return OwnDrawing(ref, released.art, released.shapes, sha256, indications)


def _verified() -> tuple[Verified, ...]:
    said = verifications().values()
    return tuple(
        Verified(
            each.table_name,
            each.row_key,
            each.row_sha256,
            f"{each.verified_by.signed_name}, {the_clinic().local(each.verified_at):%Y-%m-%d}",
        )
        for each in said
        if each.agrees
    )


@lru_cache(maxsize=8)
def _laid(
    values: tuple[OwnValue, ...],
    protocols: tuple[OwnProtocol, ...],
    verified: tuple[Verified, ...],
    maps: tuple[OwnMap, ...],
) -> Catalogue:
    return with_clinic(values, protocols, verified, maps=maps)
