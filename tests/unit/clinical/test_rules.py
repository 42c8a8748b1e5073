"""Every rule on both sides of its boundary, in both languages."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from app.clinical.anatomy import Side
from app.clinical.case import Case, CasePatient, CasePerson
from app.clinical.catalogue import catalogue
from app.clinical.chart import parse_chart
from app.clinical.rules import judge, registered, rule
from app.clinical.rules.finding import Sites, day_text, find, moment_text
from app.clinical.rules.records import dose
from tests.unit.clinical.sessions import (
    DAY,
    NOON,
    case,
    chart,
    found,
    key,
    laid,
    preparation,
    site,
    vial,
)


def given_from(**values) -> Case:
    """A session with one given site of 5 U and this vial."""
    return case(chart=chart(preparations=(preparation(vials=(vial(**values),)),)))


def only_planned(**values) -> Case:
    """A session in which nothing is given yet, with this vial."""
    planned = (site(state="planned", given_at=None),)
    return case(chart=chart(preparations=(preparation(vials=(vial(**values),)),), sites=planned))


def test_an_orderly_session_has_no_finding():
    whole = preparation(vials=(vial(discarded=Decimal(45)),))
    preempt = dataclasses.replace(
        parse_chart(laid("PREEMPT-155"), catalogue()), preparations=(whole,)
    )

    assert judge(case(chart=preempt), catalogue()) == []


def test_every_rule_of_the_catalogue_has_a_function_and_every_function_its_text():
    assert set(registered()) == set(catalogue().rules)


def test_every_rule_has_a_test_on_both_sides_of_its_boundary():
    files = Path(__file__).parent.glob("test_*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    names = re.findall(r"^def (test_\w+)", text, re.M)
    for id in catalogue().rules:
        stem = f"test_{id.lower().replace('-', '_')}_"
        sides = {name.removeprefix(stem).split("_")[0] for name in names if name.startswith(stem)}

        assert {"finds", "passes"} <= sides, id


def test_two_functions_cannot_answer_for_one_rule():
    with pytest.raises(ValueError, match="DATA-01"):
        rule("DATA-01")(lambda case, catalogue: None)


# DATA-01: patient, date of service, performer


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"patient": None}, "the patient's name and the patient's date of birth"),
        ({"patient": CasePatient(" ", date(1984, 3, 12))}, "the patient's name"),
        ({"patient": CasePatient("Maren Oduya", None)}, "the patient's date of birth"),
        ({"date": None}, "the date of service"),
        ({"performer": None}, "who gave the treatment"),
        ({"performer": CasePerson("")}, "who gave the treatment"),
    ],
)
def test_data_01_finds_what_is_missing_by_name(values, missing: str):
    finding = found("DATA-01", case(**values))

    assert finding.severity == "stop"
    assert finding.text == f"Missing from the record: {missing}."


def test_data_01_passes_a_patient_of_two_identifiers_and_a_named_performer():
    patient = CasePatient("Maren Oduya", date(1984, 3, 12), None)

    assert found("DATA-01", case(patient=patient, performer=CasePerson("Ines Halloran"))) is None


# DATA-02: lot and expiry of every vial, and a vial for every site


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"lot": ""}, "Not complete: BOTOX 200 U: lot."),
        ({"lot": "  "}, "Not complete: BOTOX 200 U: lot."),
        ({"expires": None}, "Not complete: BOTOX 200 U, lot C8412C3: expiry."),
        ({"lot": "", "expires": None}, "Not complete: BOTOX 200 U: lot and expiry."),
    ],
)
def test_data_02_finds_a_vial_without_lot_or_expiry(values, text: str):
    finding = found("DATA-02", given_from(**values))

    assert (finding.severity, finding.when, finding.text) == ("stop", "given", text)
    assert finding.about == (key(2),)


def test_data_02_finds_a_given_site_without_vial():
    loose = chart(sites=(site(), site(11, preparation=None), site(12, preparation=key(99))))

    finding = found("DATA-02", case(chart=loose))

    assert finding.text == "No vial is named for sites 2 and 3."
    assert finding.about == (key(11), key(12))


def test_data_02_finds_a_preparation_that_is_drawn_on_and_has_no_vial():
    finding = found("DATA-02", case(chart=chart(preparations=(preparation(vials=()),))))

    assert finding.text == "No vial is entered for BOTOX."


def test_data_02_finds_it_on_the_plan_before_the_needle():
    finding = found("DATA-02", only_planned(lot=""))

    assert finding.when == "if_all_given"


def test_data_02_passes_vials_that_can_be_traced():
    assert found("DATA-02", given_from()) is None
    assert found("DATA-02", only_planned()) is None


def test_data_02_passes_a_planned_site_whose_vial_is_not_chosen_yet():
    planned = chart(preparations=(), sites=(site(state="planned", preparation=None),))

    assert found("DATA-02", case(chart=planned)) is None


# DATA-04: where each given site is


@pytest.mark.parametrize("other", [None, "", "  "])
def test_data_04_finds_a_given_site_without_muscle_or_words(other):
    nowhere = chart(sites=(site(), site(11, muscle=None, other=other)))

    finding = found("DATA-04", case(chart=nowhere))

    assert (finding.severity, finding.text) == ("stop", "No muscle or area for site 2.")
    assert finding.about == (key(11),)


def test_data_04_finds_a_given_site_without_side():
    finding = found("DATA-04", case(chart=chart(sites=(site(side=None),))))

    assert finding.text == "No side for site 1."


def test_data_04_finds_several_sites_in_one_sentence():
    sites = tuple(site(10 + at, muscle=None) for at in range(5))

    finding = found("DATA-04", case(chart=chart(sites=(*sites, site(20)))))

    assert finding.text == "No muscle or area for sites 1 to 5."
    assert finding.say("es") == "Sin músculo ni zona en los puntos 1 a 5."


def test_data_04_passes_a_muscle_or_a_description():
    placed = chart(sites=(site(), site(11, muscle=None, other="Scar", side=Side.MIDLINE)))

    assert found("DATA-04", case(chart=placed)) is None


def test_data_04_passes_a_planned_site_without_muscle():
    planned = chart(sites=(site(), site(11, muscle=None, state="planned")))

    assert found("DATA-04", case(chart=planned)) is None


# DATA-05: units that are a dose


@pytest.mark.parametrize("units", ["0", "0.00", "-0.01", "-5", "0.001", "3.335", "5.0001"])
def test_data_05_finds_units_that_are_no_dose(units: str):
    finding = found("DATA-05", case(chart=chart(sites=(site(units=Decimal(units)),))))

    assert (finding.severity, finding.text) == ("stop", "The units are not a dose at site 1.")
    assert finding.about == (key(10),)


@pytest.mark.parametrize("units", ["NaN", "Infinity", "-Infinity"])
def test_data_05_finds_units_that_are_no_number(units: str):
    session = case(chart=chart(sites=(site(units=Decimal(units)),)))

    assert dose(session, catalogue()) is not None


@pytest.mark.parametrize("units", ["0.01", "5", "3.34", "5.000"])
def test_data_05_passes_hundredths_above_zero(units: str):
    assert found("DATA-05", case(chart=chart(sites=(site(units=Decimal(units)),)))) is None


def test_data_05_passes_a_planned_site_whatever_its_units():
    planned = chart(sites=(site(), site(11, units=Decimal(0), state="planned")))

    assert found("DATA-05", case(chart=planned)) is None


# DATA-06: no more given than opened


def test_data_06_finds_205_units_given_from_200():
    sites = tuple(site(10 + at) for at in range(41))

    finding = found("DATA-06", case(chart=chart(preparations=(preparation(),), sites=sites)))

    assert (finding.severity, finding.about) == ("stop", (key(1),))
    assert finding.text == "205 U of BOTOX given, but only 200 U opened."


def test_data_06_finds_a_hundredth_of_a_unit_too_much():
    over = chart(preparations=(preparation(),), sites=(site(units=Decimal("200.01")),))

    assert found("DATA-06", case(chart=over)).text.startswith("200.01 U of BOTOX")


def test_data_06_finds_each_preparation_that_gave_too_much():
    both = (preparation(), preparation(3, product="Dysport", vials=(vial(4, units=Decimal(300)),)))
    over = chart(
        preparations=both,
        sites=(site(units=Decimal(201)), site(11, preparation=key(3), units=Decimal(301))),
    )

    assert found("DATA-06", case(chart=over)).text == (
        "201 U of BOTOX given, but only 200 U opened. "
        "301 U of Dysport given, but only 300 U opened."
    )


def test_data_06_passes_the_whole_vial_and_no_hundredth_more():
    whole = chart(preparations=(preparation(),), sites=(site(units=Decimal(200)),))

    assert found("DATA-06", case(chart=whole)) is None


def test_data_06_passes_planned_units_beyond_the_vial():
    planned = chart(sites=(site(), site(11, units=Decimal(500), state="planned")))

    assert found("DATA-06", case(chart=planned)) is None


# DATA-07: opened = given + discarded, within 0.1 U


def session_of(given: str, discarded: str | None, opened: str = "200") -> Case:
    mixed = preparation(
        vials=(
            vial(
                units=Decimal(opened),
                discarded=None if discarded is None else Decimal(discarded),
            ),
        )
    )
    return case(chart=chart(preparations=(mixed,), sites=(site(units=Decimal(given)),)))


def test_data_07_finds_units_of_which_nobody_has_said_what_became():
    finding = found("DATA-07", session_of("155", None))

    assert (finding.severity, finding.about) == ("override", (key(2),))
    assert finding.text == "BOTOX 200 U, lot C8412C3: 45 U neither given nor discarded."
    assert finding.say("es-MX") == "BOTOX 200 U, lote C8412C3: 45 U sin aplicar ni desechar."


@pytest.mark.parametrize("discarded", ["44.89", "45.11", "0", "50"])
def test_data_07_finds_a_sum_that_differs_by_more_than_a_tenth(discarded: str):
    finding = found("DATA-07", session_of("155", discarded))

    assert finding.text == (
        f"BOTOX 200 U, lot C8412C3: 155 U given and {discarded} U discarded, but 200 U opened."
    )


def test_data_07_finds_eleven_hundredths_left_unsaid():
    assert found("DATA-07", session_of("199.89", None)) is not None


def test_data_07_finds_discarded_units_of_a_vial_that_gave_more_than_it_held():
    assert found("DATA-07", session_of("205", "10")) is not None


def test_data_07_finds_every_vial_that_does_not_add_up():
    vials = (vial(2, units=Decimal(100)), vial(3, units=Decimal(100), lot="C2"))
    open_ended = chart(preparations=(preparation(vials=vials),), sites=(site(),))

    finding = found("DATA-07", case(chart=open_ended))

    assert finding.about == (key(2), key(3))
    assert finding.text.count("neither given nor discarded") == 2


@pytest.mark.parametrize("discarded", ["44.90", "45", "45.10"])
def test_data_07_passes_a_sum_within_a_tenth(discarded: str):
    assert found("DATA-07", session_of("155", discarded)) is None


@pytest.mark.parametrize("given", ["99.90", "100"])
def test_data_07_passes_a_vial_of_which_no_more_than_a_tenth_is_left(given: str):
    assert found("DATA-07", session_of(given, None, opened="100")) is None


def test_data_07_passes_two_underarms_of_15_times_3_33_from_100():
    thirty = tuple(site(100 + at, units=Decimal("3.33")) for at in range(30))
    mixed = preparation(vials=(vial(units=Decimal(100)),))

    assert found("DATA-07", case(chart=chart(preparations=(mixed,), sites=thirty))) is None


def test_data_07_passes_an_excess_that_data_06_already_names():
    session = session_of("205", None)

    assert found("DATA-07", session) is None
    assert found("DATA-06", session) is not None


# LOT-01: expiry


@pytest.mark.parametrize(
    ("expires", "day"),
    [
        (date(2026, 11, 21), date(2026, 11, 22)),
        (date(2026, 10, 31), date(2026, 11, 1)),
        (date(2028, 2, 28), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 3, 1)),
        (date(2027, 2, 28), date(2027, 3, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_lot_01_finds_a_vial_the_day_after_its_expiry(expires: date, day: date):
    session = given_from(expires=expires)
    session = dataclasses.replace(session, date=day, now=datetime(2030, 1, 1, tzinfo=UTC))

    finding = found("LOT-01", session)

    assert (finding.severity, finding.about) == ("override", (key(2),))
    assert finding.needs_prescriber
    assert finding.needs_reason
    assert finding.text == (
        f"Expired before the session of {day_text(day)}: BOTOX 200 U, lot C8412C3, "
        f"{day_text(expires)}."
    )


def test_lot_01_finds_an_expired_vial_on_the_plan_before_the_needle():
    finding = found("LOT-01", only_planned(expires=DAY - timedelta(days=1)))

    assert finding.when == "if_all_given"
    assert "21 nov 2026" in finding.say("es")


@pytest.mark.parametrize("later", [0, 1, 400])
def test_lot_01_passes_a_vial_through_its_expiry_day(later: int):
    assert found("LOT-01", given_from(expires=DAY + timedelta(days=later))) is None


def test_lot_01_passes_what_nobody_has_dated():
    assert found("LOT-01", given_from(expires=None)) is None
    undated = dataclasses.replace(given_from(expires=date(2020, 1, 1)), date=None)
    assert found("LOT-01", undated) is None


# TIME-02: mixing after giving, or in the future


def mixed_at(mixed: datetime, **values) -> Case:
    """A session with one site given at 15:36 UTC, from a preparation mixed at this instant."""
    made = preparation(reconstituted_at=mixed, vials=(vial(discarded=Decimal(195)),))
    return case(chart=chart(preparations=(made,), **values))


GIVEN_AT = datetime(2026, 11, 22, 15, 36, tzinfo=UTC)


@pytest.mark.parametrize("late", [timedelta(microseconds=1), timedelta(seconds=1)])
def test_time_02_finds_mixing_an_instant_after_the_first_site(late: timedelta):
    finding = found("TIME-02", mixed_at(GIVEN_AT + late))

    assert (finding.severity, finding.when, finding.about) == ("stop", "given", (key(1),))


def test_time_02_finds_mixing_after_giving_and_says_both_times_of_the_clinic():
    finding = found("TIME-02", mixed_at(GIVEN_AT + timedelta(minutes=4, seconds=2)))

    assert finding.text == (
        "BOTOX was mixed on 22 Nov 2026 10:40:02, after its first site was given on "
        "22 Nov 2026 10:36."
    )


def test_time_02_finds_mixing_after_giving_where_sites_do_not_say_when():
    silent = mixed_at(NOON, sites=(site(given_at=None),))

    assert found("TIME-02", silent) is None
    assert found("TIME-02", dataclasses.replace(silent, injected_at=NOON - timedelta(seconds=1)))


def test_time_02_finds_mixing_in_the_future():
    planned = mixed_at(NOON + timedelta(seconds=1), sites=(site(state="planned", given_at=None),))

    finding = found("TIME-02", planned)

    assert finding.when == "if_all_given"
    assert "it is only 22 Nov 2026 12:00" in finding.text


def test_time_02_finds_a_session_dated_tomorrow_in_the_clinic_s_zone():
    tomorrow = DAY + timedelta(days=1)

    finding = found("TIME-02", case(date=tomorrow))

    assert finding.text == "The session is dated 23 Nov 2026, and today is 22 Nov 2026."


@pytest.mark.parametrize("early", [timedelta(0), timedelta(microseconds=1), timedelta(hours=3)])
def test_time_02_passes_mixing_up_to_the_instant_of_the_first_site(early: timedelta):
    assert found("TIME-02", mixed_at(GIVEN_AT - early)) is None


def test_time_02_passes_the_same_instant_told_in_another_zone():
    elsewhere = GIVEN_AT.astimezone(timezone(timedelta(hours=9)))

    assert found("TIME-02", mixed_at(elsewhere)) is None


def test_time_02_passes_a_second_preparation_mixed_during_the_session():
    later = preparation(3, reconstituted_at=GIVEN_AT + timedelta(minutes=5), vials=())
    second = site(11, preparation=key(3), given_at=GIVEN_AT + timedelta(minutes=6))
    first = preparation(vials=(vial(discarded=Decimal(195)),))

    assert (
        found("TIME-02", case(chart=chart(preparations=(first, later), sites=(site(), second))))
        is None
    )


def test_time_02_passes_mixing_at_the_instant_of_planning():
    planned = (site(state="planned", given_at=None),)

    assert found("TIME-02", mixed_at(NOON, sites=planned)) is None


def test_time_02_passes_a_session_of_today_where_utc_is_already_tomorrow():
    late = datetime(2026, 11, 23, 4, 59, tzinfo=UTC)  # 23:59 in New York on the 22nd

    assert found("TIME-02", case(now=late)) is None
    assert found("TIME-02", case(date=DAY + timedelta(days=1), now=late)) is not None
    assert (
        found("TIME-02", case(date=DAY + timedelta(days=1), now=late + timedelta(minutes=1)))
        is None
    )


def test_time_02_passes_the_hour_that_comes_twice_when_the_clocks_go_back():
    mixed = datetime(2026, 11, 1, 5, 50, tzinfo=UTC)  # 01:50, summer time
    then = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)  # 01:10, winter time, twenty minutes later

    assert found("TIME-02", mixed_at(mixed, sites=(site(given_at=then),))) is None


def test_a_case_refuses_an_instant_without_zone():
    with pytest.raises(ValueError, match="time zone"):
        case(now=datetime(2026, 11, 22, 12, 0))  # noqa: DTZ001  # that it is naive is the point


# The judgement as a whole


def test_while_nothing_is_given_only_the_plan_is_judged():
    session = dataclasses.replace(
        only_planned(lot="", expires=date(2020, 1, 1)), patient=None, performer=None
    )

    findings = judge(session, catalogue())

    assert [finding.id for finding in findings] == ["DATA-02", "LOT-01", "DOSE-07"]
    assert {finding.when for finding in findings} == {"if_all_given"}


def test_findings_come_gravest_first_then_by_id():
    session = dataclasses.replace(
        given_from(expires=date(2020, 1, 1)), performer=None, date=DAY + timedelta(days=9)
    )

    findings = judge(session, catalogue())

    assert [(finding.severity, finding.id) for finding in findings] == [
        ("stop", "DATA-01"),
        ("stop", "TIME-02"),
        ("override", "DATA-07"),
        ("override", "LOT-01"),
        ("info", "DOSE-07"),
    ]


def test_planned_sites_never_change_a_finding_about_what_was_given():
    session = given_from(expires=date(2020, 1, 1))
    more = (
        site(11, units=Decimal(999), muscle=None, side=None, state="planned", preparation=None),
    )
    larger = dataclasses.replace(
        session, chart=dataclasses.replace(session.chart, sites=(*session.chart.sites, *more))
    )

    assert judge(larger, catalogue()) == judge(session, catalogue())


def test_a_planned_protocol_is_judged_without_a_word():
    planned = parse_chart(laid("PREEMPT-155", state="planned"), catalogue())

    assert judge(case(chart=planned), catalogue()) == []


def test_a_finding_travels_with_all_it_says():
    finding = found("DATA-07", session_of("155", None))

    assert finding.as_json() == {
        "id": "DATA-07",
        "severity": "override",
        "needs_reason": True,
        "when": "given",
        "text": finding.text,
        "why": catalogue().rules["DATA-07"].why,
        "source": "Discarded drug rules for single-dose vials",
        "verify": False,
        "about": [str(key(2))],
        "values": {"left": "45", "vial": "BOTOX 200 U, lot C8412C3"},
    }
    assert finding.as_json("es")["text"] == finding.say("es") != finding.text
    assert finding.say_why("es") == catalogue().rules["DATA-07"].why_es
    assert finding.needs_prescriber


def test_a_lot_with_braces_is_printed_and_not_filled_in():
    assert "lot {left}" in found("DATA-07", given_from(lot="{left}")).text


def test_sites_are_said_by_number_with_runs_drawn_together():
    text = catalogue().rules["DATA-04"]

    def said(*numbers: int) -> str:
        return find(text, "given", [(None, {"sites": Sites(numbers)})], ()).text

    assert said(7) == "No muscle or area for site 7."
    assert said(1, 2) == "No muscle or area for sites 1 and 2."
    assert said(1, 2, 3) == "No muscle or area for sites 1 to 3."
    assert said(9, 3, 1, 4, 5, 11, 12) == "No muscle or area for sites 1, 3 to 5, 9, 11 and 12."


def test_dates_and_times_are_said_as_the_clinic_writes_them():
    assert day_text(date(2026, 11, 3)) == "3 Nov 2026"
    assert day_text(date(2026, 1, 31), "es") == "31 ene 2026"
    assert moment_text(datetime(2026, 11, 3, 9, 5, tzinfo=UTC)) == "3 Nov 2026 09:05"
    assert moment_text(datetime(2026, 11, 3, 9, 5, 7, tzinfo=UTC)) == "3 Nov 2026 09:05:07"
