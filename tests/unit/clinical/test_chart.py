"""What a tablet may send as a chart, and what it is told when it may not."""

from __future__ import annotations

import copy
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.anatomy import Side
from app.clinical.catalogue import catalogue
from app.clinical.chart import parse_chart, parse_units
from app.clinical.dosing import strength
from app.clinical.errors import ChartError, Refusal
from tests.unit.clinical.sessions import (
    chart_json,
    key,
    laid,
    preparation_json,
    site_json,
    vial_json,
)


def parse(data: Any):
    return parse_chart(data, catalogue())


def refused(data: Any) -> ChartError:
    with pytest.raises(ChartError) as caught:
        parse(data)
    return caught.value


def is_kind(refusal: Refusal) -> bool:
    """A sentence that is filled in, ends, and neither shouts nor begs."""
    said = refusal.message
    return (
        said.endswith(".") and "!" not in said and "lease" not in said and len(str(refusal)) < 400
    )


def with_site(**values: Any) -> dict[str, Any]:
    return chart_json(sites=[site_json(**values)])


def with_vial(**values: Any) -> dict[str, Any]:
    return chart_json(preparations=[preparation_json(vials=[vial_json(**values)])])


def with_preparation(**values: Any) -> dict[str, Any]:
    return chart_json(preparations=[preparation_json(**values)])


def test_a_chart_is_read_exactly():
    chart = parse(chart_json(sites=[site_json(units="2.50", x="104.1", y="95")]))

    assert chart.date == date(2026, 11, 22)
    (site,) = chart.sites
    assert (site.units, site.x, site.y) == (Decimal("2.5"), Decimal("104.10"), Decimal("95.00"))
    assert (site.region, site.side) == ("corrugator_R", Side.RIGHT)
    assert site.given_at == datetime(2026, 11, 22, 15, 36, tzinfo=UTC)
    (preparation,) = chart.preparations
    assert preparation.reconstituted_at == datetime(2026, 11, 22, 14, 50, tzinfo=UTC)
    assert preparation.vials[0].expires == date(2027, 8, 31)
    assert chart.product_of(site) == "BOTOX"


@pytest.mark.parametrize("id", list(catalogue().protocols))
def test_every_protocol_is_read_as_laid_and_written_back_the_same(id: str):
    protocol = catalogue().protocols[id]

    chart = parse(laid(id))

    assert [(site.muscle, site.side, site.region) for site in chart.sites] == [
        (site.muscle, site.side, site.region) for site in protocol.sites
    ]
    assert [site.units for site in chart.sites] == [site.units or 10 for site in protocol.sites]
    assert parse(chart.as_json()) == chart
    assert not any(catalogue().is_moved(site) for site in chart.sites)


def test_what_is_written_is_what_was_sent():
    sent = chart_json()

    assert parse(sent).as_json() == sent


def test_the_order_of_the_sites_is_the_order_of_injection():
    sites = [site_json(10), site_json(11, x="136.00"), site_json(12, y="94.00")]

    chart = parse(chart_json(sites=sites[::-1]))

    assert [site.key for site in chart.sites] == [key(12), key(11), key(10)]


def test_a_draft_may_be_as_empty_as_a_session_that_has_just_begun():
    chart = parse({"date": "2026-11-22", "indications": [], "preparations": [], "sites": []})

    assert chart.sites == ()
    assert chart.codes == ()


def test_a_draft_may_leave_out_what_is_not_known_yet():
    chart = parse(
        chart_json(
            preparations=[
                {"key": str(key(1)), "product": "BOTOX", "vials": []},
                preparation_json(
                    key=str(key(3)),
                    diluent=None,
                    diluent_ml="",
                    reconstituted_at=None,
                    vials=[vial_json(lot="", expires=None)],
                ),
            ],
            sites=[site_json(muscle=None, depth=None, given_at=None, preparation=None)],
        )
    )

    assert chart.preparations[0].vials == ()
    assert chart.preparations[1].vials[0].lot == ""
    assert chart.preparations[1].vials[0].expires is None
    assert chart.sites[0].muscle is None
    assert chart.product_of(chart.sites[0]) is None


def test_save_and_revision_may_stand_beside_the_chart():
    assert parse({**chart_json(), "save": str(key(9)), "revision": 3}) == parse(chart_json())


def test_a_planned_site_keeps_no_time_of_giving():
    assert parse(with_site(state="planned")).sites[0].given_at is None


def test_a_map_without_version_means_the_current_one():
    assert parse(with_site(map="head_anterior")).sites[0].map == "head_anterior@1"


# Units


@pytest.mark.parametrize(
    ("text", "units"),
    [("5", "5"), ("0.01", "0.01"), ("3.34", "3.34"), ("99999.99", "99999.99"), (" 5 ", "5"),
     ("05", "5"), ("5.0", "5")],
)  # fmt: skip
def test_units_are_read_exactly(text: str, units: str):
    assert parse_units(text) == Decimal(units)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0", "0 U is not a dose"),
        ("0.00", "0 U is not a dose"),
        ("-5", "below 0"),
        ("1e9", "not a number of units"),
        ("1000000000", "more than can be charted"),
        ("100000", "more than can be charted"),
        ("100000.00", "more than can be charted"),
        ("3.335", "more than two decimals"),
        ("0.001", "more than two decimals"),
        ("five", "not a number of units"),
        ("2,5", "not a number of units"),
        ("5 U", "not a number of units"),
        ("5.", "not a number of units"),
        (".5", "not a number of units"),
        ("+5", "not a number of units"),
        ("5.5.5", "not a number of units"),
        ("NaN", "not a number of units"),
        ("Infinity", "not a number of units"),
        ("٥", "not a number of units"),
        ("１", "not a number of units"),
        ("", "are empty"),
        ("   ", "are empty"),
        ("9" * 5000, "not a number of units"),
    ],
)
def test_units_that_are_no_dose_are_refused_in_a_sentence(text: str, says: str):
    with pytest.raises(Refusal, match=says) as caught:
        parse_units(text)

    assert is_kind(caught.value)
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (5, "a number"),
        (5.5, "a number"),
        (float("nan"), "a number"),
        (1e9, "a number"),
        (True, "true or false"),
        (False, "true or false"),
        (None, "null"),
        (["5"], "a list"),
        ({"units": "5"}, "an object"),
    ],
)
def test_units_that_are_not_text_are_refused_and_told_to_be_text(value: object, kind: str):
    fault = refused(with_site(units=value))

    assert fault.path == "sites[0].units"
    assert str(fault) == (
        f'Units are sent as text such as "2.5", not as {kind}, so that they stay exact.'
    )


@given(st.decimals(min_value="0.01", max_value="99999.99", places=2))
def test_every_dose_to_the_hundredth_survives_the_way_there_and_back(units: Decimal):
    chart = parse(with_site(units=str(units)))

    assert chart.sites[0].units == units
    assert parse(chart.as_json()) == chart


@given(st.text(max_size=12) | st.text("0123456789.-+eE ", max_size=9))
def test_no_text_ever_becomes_units_by_accident(text: str):
    # A leading zero changes nothing, so it may stand: 005 is 5.
    looks_like_units = re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", text.strip()) is not None
    units = Decimal(text.strip()) if looks_like_units else Decimal(0)

    if 0 < units < 100000 and units == round(units, 2):
        assert parse_units(text) == units
    else:
        with pytest.raises(Refusal) as caught:
            parse_units(text)
        assert is_kind(caught.value)


# Places


def test_a_site_off_the_map_is_refused():
    fault = refused(with_site(x="3.00", y="3.00"))

    assert fault.path == "sites[0]"
    assert str(fault) == (
        "Site 1 lies outside the body on Head and neck, front. Move it onto the drawing."
    )


@pytest.mark.parametrize("x", ["-1", "1e2", "104.001", "abc", "", 104, None, True, ["1"], "NaN"])
def test_a_coordinate_that_is_no_place_is_refused(x: object):
    fault = refused(with_site(x=x))

    assert fault.path == "sites[0].x"
    assert is_kind(fault)


def test_a_muscle_that_is_not_offered_there_is_refused_with_what_is():
    fault = refused(with_site(muscle="soleus"))

    assert fault.path == "sites[0].muscle"
    assert str(fault) == (
        "Soleus does not lie under site 1. Choose Corrugator / Frontalis / Orbicularis oculi, "
        "move the site, or describe the place in words."
    )


def test_where_no_muscle_is_charted_only_words_will_do():
    ear = {"map": "head_left_lateral@1", "x": "125.00", "y": "140.00"}

    fault = refused(with_site(**ear, muscle="temporalis"))
    site = parse(with_site(**ear, muscle=None, other="Behind the ear")).sites[0]

    assert "No muscle is charted at the place of site 1" in str(fault)
    assert (site.region, site.side, site.other) == ("ear_L", Side.LEFT, "Behind the ear")


def test_every_muscle_offered_at_a_place_may_be_chosen():
    for muscle in ("corrugator", "frontalis", "orbicularis_oculi"):
        assert parse(with_site(muscle=muscle)).sites[0].muscle == muscle


def test_a_moved_protocol_site_may_keep_the_protocol_s_own_muscle():
    moved = {"x": "104.00", "y": "70.00", "protocol": "PREEMPT-155", "protocol_site": "C_R"}

    site = parse(with_site(**moved)).sites[0]

    assert (site.muscle, site.region) == ("corrugator", "frontalis_R")
    assert catalogue().is_moved(site)
    assert refused(with_site(**{**moved, "protocol_site": "P1"})).path == "sites[0].muscle"


def test_a_protocol_site_needs_its_protocol():
    assert refused(with_site(protocol_site="C_R")).path == "sites[0].protocol_site"
    assert (
        refused(with_site(protocol="PREEMPT-155", protocol_site="X")).path
        == "sites[0].protocol_site"
    )


def test_the_description_of_a_place_has_at_most_80_characters():
    assert parse(with_site(other="x" * 80)).sites[0].other == "x" * 80

    fault = refused(with_site(other="x" * 81))

    assert fault.path == "sites[0].other"
    assert "81" in str(fault)


def test_a_blank_description_is_none():
    assert parse(with_site(other="   ")).sites[0].other is None


# What is not in the catalogue, or not in the chart


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (with_site(map="atlantis@1"), "sites[0].map"),
        (with_site(map="head_anterior@7"), "sites[0].map"),
        (with_site(muscle="gluteus_magicus"), "sites[0].muscle"),
        (with_site(indication="boredom"), "sites[0].indication"),
        (with_site(protocol="PREEMPT-999"), "sites[0].protocol"),
        (with_site(preparation=str(key(77))), "sites[0].preparation"),
        (with_site(preparation="a"), "sites[0].preparation"),
        (with_site(depth="deep"), "sites[0].depth"),
        (with_site(state="done"), "sites[0].state"),
        (with_site(key="a"), "sites[0].key"),
        (with_site(key="{6f1c2b7e-0b8e-4f6a-9d0e-2f5b8a1c3d4e}"), "sites[0].key"),
        (with_preparation(product="Fauxtox"), "preparations[0].product"),
        (with_preparation(product="botox"), "preparations[0].product"),
        (with_preparation(product="Jeuveau"), "preparations[0].product"),
        (with_preparation(diluent="lemonade"), "preparations[0].diluent"),
        (with_vial(units="150"), "preparations[0].vials[0].units"),
        (chart_json(indications=["chronic_migraine", "boredom"]), "indications[1]"),
        (chart_json(indications=[], sites=[site_json()]), "sites[0].indication"),
        (chart_json(codes=["G35"]), "codes[0]"),
        (chart_json(codes=["G43.709", "G43.709"]), "codes[1]"),
        (chart_json(indications=["chronic_migraine"] * 2), "indications[1]"),
    ],
)
def test_what_nobody_knows_is_refused_at_its_place(data: dict[str, Any], path: str):
    fault = refused(data)

    assert fault.path == path
    assert is_kind(fault)


def test_a_key_that_stands_twice_is_refused_wherever_it_stands():
    assert refused(chart_json(sites=[site_json(), site_json()])).path == "sites[1].key"
    assert refused(with_site(key=str(key(1)))).path == "sites[0].key"
    assert (
        refused(with_preparation(vials=[vial_json(), vial_json()])).path
        == "preparations[0].vials[1].key"
    )
    upper = site_json(key=str(key(10)).upper())
    assert refused(chart_json(sites=[site_json(), upper])).path == "sites[1].key"


# Vials


@pytest.mark.parametrize(
    "expires",
    ["2026-02-30", "2027-02-29", "2027-13-01", "2027-08", "31 Aug 2027", "20270831", "2027-W35-2",
     "2027-8-31", "soon", "0000-00-00", 20270831, True, ["2027-08-31"]],
)  # fmt: skip
def test_an_expiry_that_is_no_date_is_refused(expires: object):
    fault = refused(with_vial(expires=expires))

    assert fault.path == "preparations[0].vials[0].expires"
    assert is_kind(fault)


def test_the_leap_day_is_a_date_in_a_leap_year():
    chart = parse(with_vial(expires="2028-02-29"))

    assert chart.preparations[0].vials[0].expires == date(2028, 2, 29)


def test_a_lot_has_at_most_20_characters_that_can_be_printed():
    assert parse(with_vial(lot="L" * 20)).preparations[0].vials[0].lot == "L" * 20
    assert parse(with_vial(lot=" C1 ")).preparations[0].vials[0].lot == "C1"

    for lot in ("L" * 21, "C1\n2", "C1\x00", "C1\u202e", "\x1dC1", 8412, True):
        fault = refused(with_vial(lot=lot))
        assert fault.path == "preparations[0].vials[0].lot"
        assert is_kind(fault)


@pytest.mark.parametrize(
    "ml", ["-1", "50.01", "1e3", "4 mL", "2.555", "abc", "NaN", 4, True, ["4"]]
)
def test_diluent_that_is_no_volume_is_refused(ml: object):
    fault = refused(with_preparation(diluent_ml=ml))

    assert fault.path == "preparations[0].diluent_ml"
    assert is_kind(fault)


def test_diluent_up_to_the_bound_is_taken():
    assert parse(with_preparation(diluent_ml="50")).preparations[0].diluent_ml == 50
    assert parse(with_preparation(diluent_ml="0.25")).preparations[0].diluent_ml == Decimal("0.25")


def test_a_powder_needs_diluent_and_a_solution_does_not():
    solution = preparation_json(product="Myobloc", diluent="none", diluent_ml="0")
    solution["vials"] = [vial_json(units="5000")]

    assert parse(chart_json(preparations=[solution])).preparations[0].diluent_ml == 0
    assert "is a powder" in str(refused(with_preparation(diluent_ml="0")))


def test_vials_of_one_preparation_give_one_strength():
    mixed = [vial_json(), vial_json(key=str(key(3)), units="100")]

    fault = refused(with_preparation(vials=mixed))

    assert fault.path == "preparations[0].vials"
    assert "200 U with 4 mL and 100 U with 4 mL" in str(fault)
    same = [vial_json(), vial_json(key=str(key(3)))]
    assert len(parse(with_preparation(vials=same)).preparations[0].vials) == 2


def test_vials_of_a_ready_made_solution_have_one_strength_whatever_their_size():
    vials = [vial_json(units="2500"), vial_json(key=str(key(3)), units="10000")]
    solution = preparation_json(product="Myobloc", diluent="none", diluent_ml="0", vials=vials)

    assert parse(chart_json(preparations=[solution])).preparations[0].vials[1].units == 10000


@pytest.mark.parametrize("own", ["2", "2.00"])
def test_a_vial_may_be_mixed_otherwise_where_the_strength_is_the_same(own: str):
    both = [vial_json(), vial_json(key=str(key(3)), units="100", diluent_ml=own)]

    (preparation,) = parse(with_preparation(vials=both)).preparations

    assert [preparation.ml_in(vial) for vial in preparation.vials] == [4, 2]
    assert strength(preparation) == 50


def test_a_vial_mixed_to_another_strength_is_refused():
    both = [vial_json(), vial_json(key=str(key(3)), diluent_ml="2")]

    fault = refused(with_preparation(vials=both))

    assert fault.path == "preparations[0].vials"
    assert "200 U with 4 mL and 200 U with 2 mL do not give one strength" in str(fault)


def test_a_vial_that_is_not_mixed_yet_or_not_known_has_no_strength_that_could_differ():
    sizes = [vial_json(diluent_ml="4"), vial_json(key=str(key(3)), units="100")]
    unknown = [vial_json(), vial_json(key=str(key(3)), units="100", diluent_ml={"unable": "torn"})]

    assert strength(parse(with_preparation(diluent_ml=None, vials=sizes)).preparations[0]) == 50
    assert strength(parse(with_preparation(vials=unknown)).preparations[0]) == 50


def test_the_diluent_of_one_vial_is_read_like_that_of_all():
    assert refused(with_vial(diluent_ml="1e2")).path == "preparations[0].vials[0].diluent_ml"
    assert "is a powder" in str(refused(with_vial(diluent_ml="0")))


@pytest.mark.parametrize("field", ["lot", "expires", "diluent_ml", "reconstituted_at"])
def test_what_could_not_be_found_out_of_a_vial_is_kept_with_its_reason(field: str):
    sent = with_vial(**{field: {"unable": " label torn off "}})

    chart = parse(sent)

    (preparation,) = chart.preparations
    (vial,) = preparation.vials
    assert vial.unknown == {field: "label torn off"}
    assert not getattr(vial, field)
    assert chart.as_json()["preparations"][0]["vials"][0][field] == {"unable": "label torn off"}
    assert parse(chart.as_json()) == chart


@pytest.mark.parametrize("field", ["diluent_ml", "reconstituted_at"])
def test_what_could_not_be_found_out_of_a_preparation_is_kept_with_its_reason(field: str):
    chart = parse(with_preparation(**{field: {"unable": "mixed on the ward"}}))

    assert chart.preparations[0].unknown == {field: "mixed on the ward"}
    assert getattr(chart.preparations[0], field) is None
    assert parse(chart.as_json()) == chart


def test_not_known_of_one_vial_is_stronger_than_what_the_others_say():
    (preparation,) = parse(
        with_vial(diluent_ml={"unable": "torn"}, reconstituted_at={"unable": "torn"})
    ).preparations

    assert preparation.mixed_at(preparation.vials[0]) is None
    assert preparation.ml_in(preparation.vials[0]) is None
    assert strength(preparation) is None


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"unable": ""}, ".unable"),
        ({"unable": " "}, ".unable"),
        ({"unable": 3}, ".unable"),
        ({"unable": "x" * 201}, ".unable"),
        ({"unable": "a\u0000b"}, ".unable"),
        ({}, ".unable"),
        ({"unable": "torn", "who": "me"}, ".who"),
        (["torn"], ""),
    ],
)
def test_not_known_needs_a_reason_and_nothing_else(value: object, path: str):
    assert refused(with_vial(lot=value)).path == f"preparations[0].vials[0].lot{path}"


def test_what_a_scan_says_of_a_vial_is_kept():
    sent = with_vial(
        ndc="0023-3921-02",
        serial="100384417205",
        source="pharmacy",
        reconstituted_at="2026-11-22T14:40:00Z",
        discarded="45",
        discard_reason="spill",
    )

    chart = parse(sent)

    (vial,) = chart.preparations[0].vials
    assert (vial.ndc, vial.serial, vial.source) == ("0023-3921-02", "100384417205", "pharmacy")
    assert chart.preparations[0].mixed_at(vial) == vial.reconstituted_at
    assert vial.discard_reason == "spill"
    assert chart.as_json() == sent


def test_a_vial_is_the_clinics_and_no_tablet_says_that_it_is_quarantined():
    assert parse(with_vial(source="clinic")).preparations[0].vials[0].source == "clinic"
    assert parse(chart_json()).preparations[0].vials[0].source == "clinic"
    assert refused(with_vial(quarantined=True)).path == "preparations[0].vials[0].quarantined"


def test_why_nothing_was_thrown_away_is_no_reason():
    vial = parse(with_vial(discarded="0", discard_reason="spill")).preparations[0].vials[0]

    assert vial.discard_reason is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("ndc", ndc) for ndc in ("0023392102", "0023-3921", 23, "BOTOX")],
        *[("serial", serial) for serial in ("x" * 21, "a\tb", 5)],
        ("source", "mine"),
        ("source", True),
        ("discard_reason", "because"),
    ],
)
def test_what_no_scan_can_say_is_refused(field: str, value: object):
    fault = refused(with_vial(**{field: value}))

    assert fault.path == f"preparations[0].vials[0].{field}"


@pytest.mark.parametrize("volume", ["0.1", "0.133", "2"])
def test_the_volume_drawn_up_for_a_site_is_kept(volume: str):
    chart = parse(with_site(volume_ml=volume))

    assert chart.sites[0].volume_ml == Decimal(volume)
    assert chart.as_json()["sites"][0]["volume_ml"] == volume


@pytest.mark.parametrize("volume", ["0", "-0.1", "0.0001", "51", "a drop", 0.1, True])
def test_a_volume_that_no_syringe_shows_is_refused(volume: object):
    assert refused(with_site(volume_ml=volume)).path == "sites[0].volume_ml"


def test_needle_and_guidance_of_a_site_are_kept_where_somebody_said_them():
    said = parse(with_site(needle="30G-0.5in", guidance="emg"))
    silent = parse(with_site(needle=None, guidance=None))

    assert said.as_json()["sites"][0]["needle"] == "30G-0.5in"
    assert said.as_json()["sites"][0]["guidance"] == "emg"
    assert {"needle", "guidance"} & silent.as_json()["sites"][0].keys() == set()


@pytest.mark.parametrize(
    ("field", "value"),
    [("needle", "31G"), ("needle", 30), ("guidance", "EMG"), ("guidance", ["emg"])],
)
def test_a_needle_or_guidance_that_the_catalogue_does_not_know_is_refused(
    field: str, value: object
):
    assert refused(with_site(**{field: value})).path == f"sites[0].{field}"


@pytest.mark.parametrize("discarded", ["-1", "1e2", "45.001", 45, True, "rest"])
def test_discarded_units_that_are_no_number_are_refused(discarded: object):
    assert refused(with_vial(discarded=discarded)).path == "preparations[0].vials[0].discarded"


def test_nothing_discarded_differs_from_not_said():
    said = parse(with_vial(discarded="0")).preparations[0].vials[0]
    silent = parse(with_vial(discarded=None)).preparations[0].vials[0]

    assert (said.discarded, silent.discarded) == (Decimal(0), None)
    assert (
        parse(with_vial(discarded="0")).as_json()["preparations"][0]["vials"][0]["discarded"] == "0"
    )


# Instants


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T14:50:00", "2026-11-22 14:50:00Z", "2026-11-22", "14:50", "2026-11-22T25:00:00Z",
     "2026-02-30T10:00:00Z", "0001-01-01T00:00:00+14:00", "now", 1763823000, True],
)  # fmt: skip
def test_an_instant_needs_a_date_a_time_and_a_zone(text: object):
    assert refused(with_preparation(reconstituted_at=text)).path == (
        "preparations[0].reconstituted_at"
    )
    assert refused(with_site(given_at=text)).path == "sites[0].given_at"


def test_an_instant_is_kept_in_utc_to_the_millisecond():
    chart = parse(with_site(given_at="2026-11-22T10:36:07.125-05:00"))

    assert chart.sites[0].given_at == datetime(2026, 11, 22, 15, 36, 7, 125000, tzinfo=UTC)
    assert chart.as_json()["sites"][0]["given_at"] == "2026-11-22T15:36:07.125000Z"


# Shapes


@pytest.mark.parametrize("data", [None, True, 5, 5.5, "chart", [], [chart_json()]])
def test_a_chart_that_is_no_object_is_refused(data: object):
    assert refused(data).path == ""


def places(value: Any, path: str = "") -> list[str]:
    """Every place in a chart at which a value stands."""
    found = [path] if path else []
    if isinstance(value, dict):
        for name, each in value.items():
            found += places(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for at, each in enumerate(value):
            found += places(each, f"{path}[{at}]")
    return found


def put(data: Any, path: str, value: Any) -> Any:
    """The chart with another value at one place."""
    data = copy.deepcopy(data)
    steps = [
        int(step) if step.isdigit() else step
        for step in path.replace("[", ".").replace("]", "").split(".")
    ]
    at = data
    for step in steps[:-1]:
        at = at[step]
    at[steps[-1]] = value
    return data


@pytest.mark.parametrize("path", places(chart_json()))
@pytest.mark.parametrize("value", [7, 7.5, True, {"a": 1}, ["a", ["b"]], "\x00", "x" * 1000])
def test_a_value_of_the_wrong_kind_is_refused_wherever_it_stands(path: str, value: object):
    fault = refused(put(chart_json(), path, value))

    assert fault.path.startswith(path.rpartition(".")[0].rstrip("]0["))
    assert all(is_kind(each) for each in fault.faults)
    assert all(len(str(each)) < 400 for each in fault.faults)


@pytest.mark.parametrize("path", ["", "preparations[0]", "preparations[0].vials[0]", "sites[0]"])
def test_a_name_that_is_not_known_is_refused_at_every_level(path: str):
    where = f"{path}.unts" if path else "unts"

    fault = refused(put(chart_json(), where, "5"))

    assert fault.path == where
    assert "“unts” is not known here" in str(fault)


@pytest.mark.parametrize(
    "path",
    ["date", "indications", "preparations", "sites", "preparations[0].key",
     "preparations[0].product", "preparations[0].vials", "preparations[0].vials[0].units",
     "sites[0].key", "sites[0].map", "sites[0].x", "sites[0].y", "sites[0].units",
     "sites[0].state", "sites[0].indication"],
)  # fmt: skip
def test_what_must_stand_there_is_missed_by_name(path: str):
    data = chart_json()
    holder: Any = data
    for step in path.replace("[0]", ".0").split(".")[:-1]:
        holder = holder[int(step)] if step.isdigit() else holder[step]
    del holder[path.rpartition(".")[2]]

    faults = refused(data).faults

    assert path in [fault.path for fault in faults]


def test_a_chart_holds_at_most_600_sites():
    def many(count: int) -> dict[str, Any]:
        return chart_json(sites=[site_json(1000 + at) for at in range(count)])

    assert len(parse(many(600)).sites) == 600
    fault = refused(many(601))
    assert fault.path == "sites"
    assert "601" in str(fault)


def test_every_fault_is_named_once_and_the_first_is_raised():
    data = chart_json(
        preparations=[preparation_json(vials=[vial_json(expires="2026-02-30")])],
        sites=[site_json(units="0"), site_json(11), site_json(12, x="1.00", units="1e9")],
    )

    fault = refused(data)

    assert fault is fault.faults[0]
    assert [each.path for each in fault.faults] == [
        "preparations[0].vials[0].expires",
        "sites[0].units",
        "sites[2].units",
        "sites[2]",
    ]


def test_a_fault_can_be_said_in_another_language():
    fault = refused(with_site(units="0.001"))

    assert fault.message % fault.values == str(fault)
    assert "%(value)s" in fault.message
