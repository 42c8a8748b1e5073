"""The sentences and figures that a note prints."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notes import words
from tests.unit.notes import records


def said(record: dict[str, Any]) -> str:
    """What the first sentences say, as one text with plain spaces."""
    parts = [words.headline(record), words.details(record), words.deviations(record)]
    return " ".join(filter(None, parts)).replace(words.NBSP, " ")


def test_a_session_as_planned_says_so_and_that_nothing_differs() -> None:
    assert said(records.preempt()) == (
        "BOTOX (onabotulinumtoxinA) 155 U in 31 sites. Protocol PREEMPT, 31 fixed sites: "
        "all given as planned. Nothing differs from the protocol."
    )


def test_every_kind_of_deviation_is_named_with_its_site_and_dose() -> None:
    sites = records.protocol_sites("PREEMPT-155")
    sites[7]["moved"] = True
    sites[4].update(units="2.5", volume_ml="0.05")
    sites[29]["state"] = "planned"
    sites.append(records.site(32, name="Occipitalis", muscle="occipitalis"))
    del sites[30]

    text = said(records.record(sites))

    assert (
        "with 1 site moved, 1 dose changed, 1 site added, 1 planned site not given"
        " and 1 site left out." in text
    )
    assert "Moved: site 8 temporalis left 1." in text
    assert "Dose changed: site 5 frontalis right 2 (2.5 U instead of 5 U)." in text
    assert "Outside the protocol: site 31 occipitalis right 4 (5 U)." in text
    assert "Planned, not given: site 30 trapezius (upper) left 2 (5 U planned)." in text
    assert "Left out: trapezius (upper) left." in text
    assert "Nothing differs" not in text


def test_a_block_of_a_limb_is_whole_with_the_fewest_sites_of_the_limb_treated() -> None:
    biceps = records.protocol_sites("UL-BOTOX-biceps_brachii")
    limb = {"indications": ["upper_limb_spasticity"]}
    laid = [site for site in biceps if site["side"] == "left"][:2]

    assert "all given as planned" in said(records.record(laid, **limb))
    assert "1 site left out" in said(records.record(laid[:1], **limb))


def test_follow_the_pain_leaves_nothing_out_that_nobody_asked_for() -> None:
    sites = records.protocol_sites("PREEMPT-155") + records.protocol_sites("PREEMPT-FTP")[:2]

    text = said(records.record(sites))

    assert "follow the pain: all given as planned" in text
    assert "165 U in 33 sites" in text.replace("\N{NO-BREAK SPACE}", " ")


def test_many_deviating_sites_are_named_by_their_numbers() -> None:
    sites = records.protocol_sites("PREEMPT-155")
    for site in [*sites[:5], sites[8], *sites[20:23]]:
        site["moved"] = True

    assert "Moved: sites 1–5, 9, 21–23." in said(records.record(sites))


def test_units_of_two_products_are_never_added() -> None:
    sites = records.protocol_sites("PREEMPT-155")
    other = records.preparation(key=records.key("dysport"), product="Dysport", generic=None)
    sites.append(records.site(32, preparation=other["key"], units="100"))
    text = said(records.record(sites, preparations=[records.preparation(), other]))

    assert "155 U in 31 sites. Dysport 100 U in 1 site." in text
    assert "not comparable" in text
    assert "255" not in text


def test_another_product_than_the_protocols_is_said_and_its_doses_are_not_compared() -> None:
    sites = records.protocol_sites("PREEMPT-155")
    sites[0]["units"] = "4"
    other = records.preparation(product="Xeomin", generic="incobotulinumtoxinA")
    text = said(records.record(sites, preparations=[other]))

    assert "with another product." in text
    assert "Xeomin was given; the protocol is written for BOTOX." in text
    assert "instead of" not in text


def test_a_session_without_a_protocol_claims_no_plan() -> None:
    text = said(records.record([records.site(1)]))

    assert text.strip() == "BOTOX (onabotulinumtoxinA) 5 U in 1 site."


def test_a_planned_site_counts_in_no_total() -> None:
    sites = records.protocol_sites("PREEMPT-155")
    for site in sites[1:]:
        site["state"] = "planned"

    assert "5 U in 1 site." in said(records.record(sites))


def test_times_are_the_clinics_own_with_the_zone_beside_them() -> None:
    zone = "America/New_York"
    assert words.moment("2026-11-23T16:04:10Z", zone) == "23 Nov 2026 11:04 EST"
    assert words.moment("2026-07-01T16:04:10Z", zone) == "1 Jul 2026 12:04 EDT"
    assert words.moment("2026-11-23T16:04:10Z", "America/Sao_Paulo") == "23 Nov 2026 13:04 UTC−3"
    assert words.moment("2026-11-23T16:04:10Z", "Asia/Kathmandu") == "23 Nov 2026 21:49 UTC+5:45"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="names no zone"):
        words.moment("2026-11-23T16:04:10", "America/New_York")


def test_a_span_within_a_day_names_the_times_alone() -> None:
    zone = "America/New_York"
    first, last = "2026-11-23T15:36:00Z", "2026-11-23T15:58:00Z"
    assert words.span(first, last, zone) == "10:36 to 10:58"
    assert words.span(first, first, zone) == "10:36"
    assert words.span(first, "2026-11-24T15:58:00Z", zone).startswith("23 Nov 2026 10:36 EST to 24")


@given(st.decimals(0, 99999, places=2))
def test_an_amount_loses_idle_zeros_and_no_value(amount: Decimal) -> None:
    shown = words.plain(amount)
    assert Decimal(shown) == amount
    assert "." not in shown or not shown.endswith("0")


@given(st.sets(st.integers(1, 120)))
def test_ranges_name_exactly_the_numbers_given(numbers: set[int]) -> None:
    named: set[int] = set()
    for part in filter(None, words.ranges(numbers).split(", ")):
        first, _, last = part.partition("–")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == numbers


def test_a_vial_says_where_every_unit_went() -> None:
    def balance(**changes: str | None) -> str:
        vial = {"opened": "200.00", "given": "155.00", "discarded": "45.00", **changes}
        return words.balance(vial).replace(words.NBSP, " ")

    assert balance() == "200 U = 155 given + 45 discarded"
    assert balance(discarded="0.00") == "200 U = 155 given + 0 discarded + 45 left"
    assert balance(discarded=None) == "200 U = 155 given + 45 left"
    assert balance(given="210.00", discarded="0.00").endswith("10 U more than the vial holds")


def test_three_states_of_allergies_stay_apart() -> None:
    def allergies(asked: str) -> str:
        return words.allergies({"allergies_asked": asked, "allergies": "penicillin"})

    assert allergies("listed") == "Allergy: penicillin"
    assert allergies("none_known") == "Allergies: asked, none known"
    assert allergies("not_asked") == "Allergies: not asked"


def test_dilution_and_strength_come_from_what_was_mixed() -> None:
    mixed = records.preparation()
    assert words.dilution(mixed).replace(words.NBSP, " ") == "4 mL preservative-free saline"
    assert (words.strength(mixed) or "").replace(words.NBSP, " ") == "50 U/mL, 5 U in 0.1 mL"

    solution = records.preparation(diluent=None, diluent_ml=None, concentration_units_per_ml="5000")
    assert words.dilution(solution) == "ready-made solution"
    unsaid = records.preparation(diluent=None, diluent_ml=None, concentration_units_per_ml=None)
    assert words.dilution(unsaid) == "not recorded"
    assert words.strength(unsaid) is None


def test_strength_says_no_rounded_tenth() -> None:
    third = records.preparation(concentration_units_per_ml="33.33")
    assert (words.strength(third) or "").replace(words.NBSP, " ") == "33.33 U/mL"


def test_needles_are_told_once_with_the_sites_that_differ():
    sites = [records.site(number) for number in range(1, 9)]
    for number in (1, 2, 3, 8):
        sites[number - 1]["needle"] = "30G"
    sites[4] |= {"needle": "27G"}
    sites[6] |= {"needle": "25G", "state": "planned"}

    assert words.said_at(sites, "needle") == {"30G": " (sites 1–3, 8)", "27G": " (site 5)"}
    assert words.said_at(sites[:3], "needle") == {"30G": ""}
    assert words.said_at(sites, "guidance") == {}


def last_time(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The record after one that gave the same, but for the changes."""
    last = {"date": "2026-08-31", "note": "N-2026-00000"}
    last.update({key: record[key] for key in ("totals", "by_muscle")})
    return {**record, "last_time": {**last, **changes}}


def since(record: dict[str, Any]) -> str:
    return words.since_last_time(record).replace(words.NBSP, " ")


def test_what_differs_from_last_time_is_one_sentence() -> None:
    record = records.preempt()
    rows = [dict(row) for row in record["by_muscle"]]
    rows[2].update(right="12.5", all="22.5")
    rows[1]["midline"] = None

    assert since(record) == ""
    assert since(last_time(record)) == (
        "Since 31 Aug 2026 (BOTOX 155 U in 31 sites): the same units in every muscle."
    )
    assert since(last_time(record, by_muscle=rows)).endswith(
        ": midline procerus +5 U; right frontalis −2.5 U."
    )
    other = {"Xeomin": {"given": "155.00", "sites": 31, "volume_ml": "3.10"}}
    assert since(last_time(record, totals=other)) == (
        "Since 31 Aug 2026 (Xeomin 155 U in 31 sites): another product; units are not compared."
    )
    many = [{**row, "right": "1", "left": "1"} for row in record["by_muscle"]]
    assert "other units in " in since(last_time(record, by_muscle=many))


def test_a_site_is_read_out_with_its_number_side_and_dose() -> None:
    given = records.site(1, side="right", name="Frontalis")
    planned = records.site(2, state="planned", moved=True)

    said = [words.site_aloud(site).replace(words.NBSP, " ") for site in (given, planned)]
    assert said == [
        "1, right frontalis, 5 U given",
        "2, right corrugator, 5 U planned, not given",
    ]
