"""The clinic's own stands over what is published, and what is published stays reachable."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.clinical.case import Case
from app.clinical.catalogue import FOLDER, catalogue
from app.clinical.catalogue.checking import KEYS
from app.clinical.catalogue.own import (
    OwnProtocol,
    OwnValue,
    Verified,
    key_of,
    row_digest,
    table_rows,
    tables,
    with_clinic,
)
from app.clinical.catalogue.tablet import for_tablet
from app.clinical.chart import parse_chart
from app.clinical.rules import judge
from tests.unit.clinical.doses import before, once
from tests.unit.clinical.sessions import DAY, chart_json, found, site_json

SITE = {
    "id": "s1", "map": "head_anterior@1", "region": "corrugator_R", "muscle": "corrugator",
    "side": "right", "x": "104.00", "y": "95.00", "units": "4", "depth": "IM",
}  # fmt: skip


def own_protocol(version: int = 1, *, offered: bool = True, units: str = "4") -> OwnProtocol:
    return OwnProtocol(
        key="OWN-brow",
        version=version,
        title="Brow, light",
        indication="chronic_migraine",
        product="BOTOX",
        sites=(tuple({**SITE, "units": units}.items()),),
        offered=offered,
    )


def verified(table: str, key: str, folder: Path = FOLDER) -> Verified:
    row = next(row for row in table_rows(table, folder) if key_of(table, row) == key)
    return Verified(table, key, row_digest(row), "I. Halloran, MD, 1 Oct 2026")


def test_a_clinic_without_anything_of_its_own_has_the_published_catalogue():
    assert with_clinic() is catalogue()
    assert catalogue().published is None


def test_an_own_value_stands_in_the_place_of_the_published_one_which_stays_reachable():
    own = with_clinic([OwnValue("storage", "Daxxify", (("after_mixing_hours", "24"),))])

    assert own.products["Daxxify"].after_mixing_hours == 24
    assert own.published is catalogue()
    assert own.published.products["Daxxify"].after_mixing_hours == 72
    assert own.products["BOTOX"] == catalogue().products["BOTOX"]


def test_an_own_value_says_that_it_is_the_clinic_s():
    own = with_clinic([OwnValue("limits", "region_reach", (("value", "3"),))])

    limit = own.limits["region_reach"]
    assert (limit.value, limit.source, limit.verify) == (3, "clinic", False)
    assert own.sources["clinic"].title == "This clinic's own"
    assert own.limit("reconcile_tolerance") == catalogue().limit("reconcile_tolerance")


def test_an_own_dilution_stands_beside_the_published_ones():
    cells = {
        "product": "BOTOX", "vial_units": "100", "diluent_ml": "3", "units_per_0_1_ml": "3.33",
        "listed": "clinic",
    }  # fmt: skip
    own = with_clinic([OwnValue("dilutions", "BOTOX 100 3", tuple(cells.items()), added=True)])

    there = {(d.vial_units, d.diluent_ml) for d in own.products["BOTOX"].dilutions}
    before = {(d.vial_units, d.diluent_ml) for d in catalogue().products["BOTOX"].dilutions}
    assert there - before == {(100, 3)}
    assert before < there


@pytest.mark.parametrize("value", ["", "many", "1,5"])
def test_an_own_value_that_is_no_number_is_refused(value: str):
    with pytest.raises((ValueError, ArithmeticError)):
        with_clinic([OwnValue("limits", "region_reach", (("value", value),))])


def test_the_version_names_what_is_published_and_what_is_the_clinic_s():
    first = with_clinic([OwnValue("limits", "region_reach", (("value", "3"),))])
    second = with_clinic([OwnValue("limits", "region_reach", (("value", "2"),))])

    published, _, own = first.version.partition(".own-")
    assert published == catalogue().version
    assert len(own) == 12
    assert second.version != first.version
    again = with_clinic([OwnValue("limits", "region_reach", (("value", "3"),))])
    assert again.version == first.version


def test_an_own_protocol_is_offered_beside_the_published_ones_as_the_clinic_s():
    own = with_clinic(protocols=[own_protocol()])

    protocol = own.protocols["OWN-brow@1"]
    assert (protocol.is_own, protocol.units, protocol.product) == (True, 4, "BOTOX")
    offered = own.indications["chronic_migraine"].protocols
    assert offered == (*catalogue().indications["chronic_migraine"].protocols, "OWN-brow@1")
    said = for_tablet(own, "es")["protocols"]["OWN-brow@1"]
    assert (said["title"], said["own"], said["verify"]) == ("Brow, light", 1, False)
    assert not catalogue().protocols["PREEMPT-155"].is_own


def test_a_new_version_is_offered_and_the_older_one_keeps_its_sessions():
    own = with_clinic(protocols=[own_protocol(1, offered=False), own_protocol(2, units="6")])

    assert "OWN-brow@1" not in own.indications["chronic_migraine"].protocols
    assert "OWN-brow@2" in own.indications["chronic_migraine"].protocols
    assert own.protocols["OWN-brow@1"].site("s1").units == 4
    chart = parse_chart(
        chart_json(sites=[site_json(protocol="OWN-brow@1", protocol_site="s1")]), own
    )
    assert chart.sites[0].protocol == "OWN-brow@1"
    assert not own.is_moved(chart.sites[0])


def test_a_verified_row_no_longer_asks_to_be_verified_and_says_by_whom():
    assert catalogue().protocols["PREEMPT-155"].verify
    own = with_clinic(verified=[verified("protocols", "PREEMPT-155")])

    assert not own.protocols["PREEMPT-155"].verify
    assert own.protocols["PREEMPT-155"].verified_by == "I. Halloran, MD, 1 Oct 2026"
    assert own.protocols["AX-50x10"].verify


def test_a_row_that_changed_since_counts_as_unverified_again(tmp_path: Path):
    folder = Path(shutil.copytree(FOLDER, tmp_path / "catalogue"))
    held = verified("protocols", "PREEMPT-155", folder)
    assert not with_clinic(verified=[held], folder=folder).protocols["PREEMPT-155"].verify

    table = folder / "protocols.csv"
    table.write_text(table.read_text("utf-8").replace("31 fixed sites", "31 set sites"), "utf-8")

    assert with_clinic(verified=[held], folder=folder).protocols["PREEMPT-155"].verify


def test_a_verified_rule_no_longer_asks_to_be_verified():
    assert catalogue().rules["DATA-02"].verify
    own = with_clinic(verified=[verified("rules", "DATA-02")])

    assert not own.rules["DATA-02"].verify
    assert [id for id in own.rules if own.rules[id].verify != catalogue().rules[id].verify] == [
        "DATA-02"
    ]


def test_every_table_with_a_source_can_be_verified_row_by_row():
    assert set(tables()) == {*KEYS, "rules"}
    for table in tables():
        rows = table_rows(table)
        assert len({key_of(table, row) for row in rows}) == len(rows)
        assert all(row["source"] and row["verify"] in ("yes", "no") for row in rows)


def test_the_order_of_the_clinic_s_rows_changes_nothing():
    values = [
        OwnValue("limits", "region_reach", (("value", "3"),)),
        OwnValue("storage", "BOTOX", (("after_mixing_hours", "12"),)),
    ]

    assert with_clinic(values).version == with_clinic(reversed(values)).version
    assert with_clinic(values).products["BOTOX"].after_mixing_hours == Decimal(12)


# The rules judge by it, and say whose it is


def under(own: OwnValue, id: str, session: Case) -> str | None:
    return next((each.text for each in judge(session, with_clinic([own])) if each.id == id), None)


def test_a_stricter_limit_of_the_clinic_s_is_judged_by_and_said_to_be_its_own():
    own = OwnValue("dose_limits", "MAX-BTX-ADULT", (("units", "300"),))
    spasm = "other"

    assert found("DOSE-01", once("300.01", None, spasm)) is None
    assert under(own, "DOSE-01", once("300", None, spasm)) is None
    text = under(own, "DOSE-01", once("300.01", None, spasm))
    assert text is not None
    assert "300 U (this clinic's own limit)" in text


def test_a_wider_limit_of_the_clinic_s_is_judged_by():
    own = OwnValue("dose_limits", "MAX-BTX-ADULT", (("units", "450"),))

    assert found("DOSE-01", once("450", None, "other")) is not None
    assert under(own, "DOSE-01", once("450", None, "other")) is None
    assert under(own, "DOSE-01", once("450.01", None, "other")) is not None


def test_an_own_interval_is_judged_by_and_said_to_be_the_clinic_s():
    own = OwnValue("intervals", "BOTOX chronic_migraine - - label", (("days", "91"),))
    dose = before(DAY - timedelta(days=90), "155")
    in_time = before(DAY - timedelta(days=91), "155")
    session = once("5", "procerus", "chronic_migraine")

    assert found("INT-01", replace(session, history=(dose,))) is None
    text = under(own, "INT-01", replace(session, history=(dose,)))
    assert text is not None
    assert "this clinic asks for at least 91 days" in text
    assert under(own, "INT-01", replace(session, history=(in_time,))) is None
