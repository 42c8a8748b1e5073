"""Vials on both sides of each boundary: known or not, when mixed, in date, whose, which code."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.clinical.case import Case
from app.clinical.ledger import draws
from app.clinical.rules import Finding
from tests.unit.clinical.sessions import DAY, NOON, case, chart, found, key, preparation, site, vial

DAWN = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)  # 08:00 in New York, the day before


def of(*vials, sites=None, **values) -> Case:
    """A session that draws on one preparation of these vials."""
    one = preparation(vials=vials or (vial(discarded=Decimal(195)),), **values)
    return case(chart=chart(preparations=(one,), sites=sites or (site(),)))


def finding(id: str, session: Case) -> Finding:
    said = found(id, session)
    assert said is not None
    return said


# DATA-02: not known, with a reason


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"lot": "", "unknown": {"lot": "label torn"}},
            "Could not be found out: BOTOX 200 U, lot: label torn.",
        ),
        (
            {"expires": None, "unknown": {"expires": "smudged"}},
            "Could not be found out: BOTOX 200 U, lot C8412C3, expiry: smudged.",
        ),
    ],
)
def test_data_02_finds_less_where_somebody_said_why_it_is_not_known(values, text: str):
    said = finding("DATA-02", of(vial(**values)))

    assert (said.severity, said.needs_reason, said.text) == ("override", True, text)


def test_data_02_finds_the_gravest_where_one_is_missing_and_one_not_known():
    said = finding("DATA-02", of(vial(lot="", expires=None, unknown={"lot": "label torn"})))

    assert said.severity == "stop"
    assert "BOTOX 200 U: expiry" in said.text
    assert "label torn" in said.text


def test_data_02_passes_a_reason_that_is_no_longer_needed():
    assert found("DATA-02", of(vial(unknown={"lot": "label torn"}))) is None


# DATA-03: what was mixed, with what, when


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"diluent_ml": None}, "volume of diluent"),
        ({"diluent_ml": Decimal(0)}, "volume of diluent"),
        ({"diluent": None}, "type of diluent"),
        ({"diluent": "none"}, "type of diluent"),
        ({"reconstituted_at": None}, "time of mixing"),
        (
            {"diluent": None, "diluent_ml": None, "reconstituted_at": None},
            "volume of diluent, type of diluent and time of mixing",
        ),
    ],
)
def test_data_03_finds_a_powder_of_which_the_mixing_is_not_known(values, fields: str):
    said = finding("DATA-03", of(**values))

    assert (said.severity, said.text) == ("stop", f"Not complete: BOTOX: {fields}.")
    assert said.about == (key(1),)


@pytest.mark.parametrize("field", ["diluent_ml", "reconstituted_at"])
def test_data_03_finds_less_where_somebody_said_why_it_is_not_known(field: str):
    said = finding("DATA-03", of(**{field: None}, unknown={field: "drawn up by a colleague"}))

    assert (said.severity, said.needs_reason) == ("override", True)
    assert said.text.endswith(": drawn up by a colleague.")


def test_data_03_finds_less_where_each_vial_says_why_its_time_is_not_known():
    said_of_one = {"reconstituted_at": "clock had stopped"}
    vials = (vial(discarded=Decimal(195), unknown=said_of_one),)
    said = finding("DATA-03", of(*vials, reconstituted_at=None))
    assert (said.severity, said.text.endswith(": clock had stopped.")) == ("override", True)

    silent = vial(3, lot="C2", discarded=Decimal(200))
    said = finding("DATA-03", of(*vials, silent, reconstituted_at=None))
    assert said.severity == "stop"


@pytest.mark.parametrize(
    ("diluent", "name"),
    [("saline_preserved", "Saline with preservative"), ("lidocaine 1 %", "lidocaine 1 %")],
)
def test_data_03_finds_any_other_liquid_than_preservative_free_saline(diluent: str, name: str):
    said = finding("DATA-03", of(diluent=diluent))

    assert (said.severity, said.text) == (
        "warn",
        f"Not the diluent of any label: BOTOX in {name}.",
    )


def test_data_03_finds_it_on_the_plan_before_the_needle():
    planned = (site(state="planned", given_at=None),)

    assert finding("DATA-03", of(diluent_ml=None, sites=planned)).when == "if_all_given"


def test_data_03_passes_a_powder_mixed_with_saline_at_a_known_time():
    assert found("DATA-03", of()) is None


def test_data_03_passes_vials_with_a_dilution_and_time_of_their_own():
    own = vial(diluent_ml=Decimal(4), reconstituted_at=NOON - timedelta(hours=2))
    bare = vial(3)

    assert found("DATA-03", of(own, diluent_ml=None, reconstituted_at=None)) is None
    assert found("DATA-03", of(own, bare, diluent_ml=None, reconstituted_at=None)) is not None


@pytest.mark.parametrize("ml", [None, Decimal(0), Decimal(1)])
def test_data_03_passes_a_ready_made_solution(ml):
    myobloc = vial(units=Decimal(5000))

    session = of(myobloc, product="Myobloc", diluent=None, diluent_ml=ml, reconstituted_at=None)

    assert found("DATA-03", session) is None


def test_data_03_finds_a_solution_diluted_with_another_liquid_and_passes_it_undiluted():
    myobloc = vial(units=Decimal(5000))

    def session(ml: int) -> Case:
        return of(myobloc, product="Myobloc", diluent="saline_preserved", diluent_ml=Decimal(ml))

    assert finding("DATA-03", session(1)).severity == "warn"
    assert found("DATA-03", session(0)) is None


def test_data_03_passes_a_vial_that_broke_before_anybody_mixed_it():
    whole = preparation(3, diluent_ml=None, reconstituted_at=None, vials=(vial(4),))
    used = preparation(vials=(vial(discarded=Decimal(195)),))

    assert found("DATA-03", case(chart=chart(preparations=(used, whole)))) is None


# LOT-01: month ends, and what cannot be told


@pytest.mark.parametrize(
    ("expires", "expired"),
    [
        (date(2026, 11, 30), False),  # (17)261100
        (date(2026, 11, 22), False),  # (17)261122
        (date(2026, 10, 31), True),  # (17)261031
    ],
)
def test_lot_01_passes_and_finds_the_days_of_w22(expires: date, expired: bool):
    assert (found("LOT-01", of(vial(expires=expires))) is not None) is expired


@pytest.mark.parametrize(("year", "last"), [(2027, date(2027, 2, 28)), (2028, date(2028, 2, 29))])
def test_lot_01_passes_february_through_its_last_day(year: int, last: date):
    session = of(vial(expires=last))

    assert found("LOT-01", case(chart=session.chart, date=last)) is None
    assert found("LOT-01", case(chart=session.chart, date=date(year, 3, 1))) is not None


def test_lot_01_finds_that_nobody_can_tell_where_the_expiry_is_not_known():
    said = finding("LOT-01", of(vial(expires=None, unknown={"expires": "smudged"})))

    assert said.severity == "info"
    assert said.text == "Whether it is in date cannot be told: BOTOX 200 U, lot C8412C3."


# LOT-02: soon


@pytest.mark.parametrize("days", [0, 1, 30])
def test_lot_02_finds_a_vial_that_expires_within_30_days(days: int):
    said = finding("LOT-02", of(vial(expires=DAY + timedelta(days=days))))

    assert (said.severity, said.needs_reason, said.about) == ("info", False, (key(2),))
    assert said.text.startswith("Expires within 30 days: BOTOX 200 U, lot C8412C3, ")


@pytest.mark.parametrize("days", [-1, 31, 365])
def test_lot_02_passes_a_vial_that_expires_later_or_has_expired(days: int):
    assert found("LOT-02", of(vial(expires=DAY + timedelta(days=days)))) is None


# LOT-03, LOT-04: recalled, or another patient's


def test_lot_03_finds_a_vial_of_a_lot_that_was_set_aside():
    said = finding("LOT-03", of(vial(quarantined=True), vial(3)))

    assert (said.severity, said.about) == ("override", (key(2),))
    assert said.text == "Recalled or set aside: BOTOX 200 U, lot C8412C3."


def test_lot_03_passes_every_other_vial():
    assert found("LOT-03", of()) is None


def test_lot_04_finds_a_vial_that_another_patient_was_given_from():
    session = case(chart=of(vial(), vial(3)).chart, vials_used_elsewhere=frozenset({key(3)}))

    said = finding("LOT-04", session)

    assert (said.severity, said.about) == ("override", (key(3),))


def test_lot_04_passes_vials_of_this_patient_alone():
    assert found("LOT-04", case(vials_used_elsewhere=frozenset({key(99)}))) is None


# LOT-05: the drug that is billed


@pytest.mark.parametrize("ndc", ["0023-3921-02", "00023-3921-02", "00023392102", "0023392102"])
def test_lot_05_passes_the_code_of_the_product_however_it_is_written(ndc: str):
    assert found("LOT-05", of(vial(ndc=ndc))) is None


@pytest.mark.parametrize("ndc", [None, "", "  "])
def test_lot_05_passes_a_vial_without_code(ndc):
    assert found("LOT-05", of(vial(ndc=ndc))) is None


@pytest.mark.parametrize(
    ("ndc", "other"),
    [
        ("15054-0530-6", "Dysport"),
        ("15054-0530-06", "Dysport"),
        ("15054053006", "Dysport"),
        ("0023-9232-01", "BOTOX Cosmetic"),
    ],
)
def test_lot_05_finds_the_code_of_another_product(ndc: str, other: str):
    said = finding("LOT-05", of(vial(ndc=ndc)))

    assert (said.severity, said.about) == ("stop", (key(2),))
    assert said.text == f"BOTOX 200 U, lot C8412C3: NDC {ndc} belongs to {other}."


def test_lot_05_finds_less_in_a_code_that_nobody_knows_or_of_another_size():
    unknown = finding("LOT-05", of(vial(ndc="99999-9999-99")))
    size = finding("LOT-05", of(vial(ndc="0023-1145-01")))
    nonsense = finding("LOT-05", of(vial(ndc="scan again")))

    assert {unknown.severity, size.severity, nonsense.severity} == {"warn"}
    assert "is not in the catalogue" in unknown.text
    assert "belongs to the vial of 100 U" in size.text


def test_lot_05_passes_the_code_of_a_repackager():
    assert found("LOT-05", of(vial(ndc="85766-155-01", units=Decimal(100)))) is None


# TIME-01: still good


def given_at(moment: datetime, mixed: datetime = DAWN, **values) -> Case:
    return of(reconstituted_at=mixed, sites=(site(given_at=moment),), **values)


@pytest.mark.parametrize(
    ("product", "units", "hours"),
    [("BOTOX", 200, 24), ("Dysport", 500, 24), ("Xeomin", 200, 24), ("Daxxify", 100, 72)],
)
def test_time_01_passes_the_last_second_and_finds_the_next(product: str, units: int, hours: int):
    own = {"product": product, "vials": (vial(units=Decimal(units)),)}
    last = DAWN + timedelta(hours=hours)

    def session(moment: datetime) -> Case:
        one = preparation(reconstituted_at=DAWN, **own)
        return case(chart=chart(preparations=(one,), sites=(site(given_at=moment),)))

    assert found("TIME-01", session(last)) is None
    assert found("TIME-01", session(last + timedelta(microseconds=1))) is not None


def test_time_01_finds_and_passes_the_hours_of_w21():
    assert found("TIME-01", given_at(datetime(2026, 11, 22, 12, 59, tzinfo=UTC))) is None
    assert found("TIME-01", given_at(datetime(2026, 11, 22, 13, 0, tzinfo=UTC))) is None
    late = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
    said = finding("TIME-01", given_at(late))
    assert (said.severity, said.about) == ("override", (key(2),))
    assert said.text == (
        "BOTOX 200 U, lot C8412C3 was mixed on 21 Nov 2026 08:00 and given until "
        "22 Nov 2026 09:30, 25.5 h later; the label allows 24 h."
    )
    daxxify = vial(units=Decimal(100))
    assert found("TIME-01", of(daxxify, product="Daxxify", reconstituted_at=DAWN)) is None


def test_time_01_finds_24_hours_passed_in_a_night_of_25_though_the_clock_shows_the_same_time():
    zone = ZoneInfo("America/New_York")
    mixed = datetime(2026, 10, 31, 20, 0, tzinfo=zone)
    same_time = datetime(2026, 11, 1, 20, 0, tzinfo=zone)
    a_day_later = datetime(2026, 11, 1, 19, 0, tzinfo=zone)

    assert finding("TIME-01", given_at(same_time, mixed)).values["hours"] == "25"
    assert found("TIME-01", given_at(a_day_later, mixed)) is None


def test_time_01_passes_a_night_of_23_hours_an_hour_longer_by_the_clock():
    zone = ZoneInfo("America/New_York")
    mixed = datetime(2026, 3, 7, 20, 0, tzinfo=zone)

    assert found("TIME-01", given_at(datetime(2026, 3, 8, 21, 0, tzinfo=zone), mixed)) is None
    assert found("TIME-01", given_at(datetime(2026, 3, 8, 21, 1, tzinfo=zone), mixed)) is not None


def test_time_01_never_says_as_many_hours_as_are_allowed():
    late = DAWN + timedelta(hours=24, seconds=1)

    assert finding("TIME-01", given_at(late)).values["hours"] == "24.1"


@pytest.mark.parametrize("ml", [None, Decimal(0)])
def test_time_01_passes_an_undiluted_solution_at_any_hour(ml):
    session = of(vial(units=Decimal(5000)), product="Myobloc", diluent_ml=ml, reconstituted_at=DAWN)

    assert found("TIME-01", session) is None


def test_time_01_finds_a_diluted_solution_after_4_hours():
    def session(moment: datetime) -> Case:
        myobloc = preparation(
            product="Myobloc", diluent_ml=Decimal(1), reconstituted_at=DAWN,
            vials=(vial(units=Decimal(5000)),),
        )  # fmt: skip
        return case(chart=chart(preparations=(myobloc,), sites=(site(given_at=moment),)))

    assert found("TIME-01", session(DAWN + timedelta(hours=4))) is None
    assert finding("TIME-01", session(DAWN + timedelta(hours=4, seconds=1))).severity == "override"


def test_time_01_finds_that_nobody_can_tell_when_it_was_mixed_or_diluted():
    unknown = of(reconstituted_at=None, unknown={"reconstituted_at": "a colleague mixed it"})
    myobloc = vial(units=Decimal(5000))
    undated = of(myobloc, product="Myobloc", diluent_ml=Decimal(1), reconstituted_at=None)

    assert finding("TIME-01", unknown).severity == "info"
    assert "a colleague mixed it" in finding("TIME-01", unknown).text
    assert finding("TIME-01", undated).severity == "warn"


def test_time_01_passes_a_powder_of_which_data_03_asks_the_time():
    assert found("TIME-01", of(reconstituted_at=None)) is None


def test_time_01_finds_each_vial_by_its_own_time_of_mixing():
    fresh = vial(units=Decimal(100))
    old = vial(3, units=Decimal(100), reconstituted_at=NOON - timedelta(hours=30))
    one = site(units=Decimal(100), given_at=NOON)
    two = site(11, units=Decimal(5), given_at=NOON)

    assert found("TIME-01", of(fresh, old, sites=(one,))) is None
    assert finding("TIME-01", of(fresh, old, sites=(one, two))).about == (key(3),)


def test_time_01_finds_a_plan_that_comes_too_late_before_the_needle():
    planned = (site(state="planned", given_at=None),)

    def session(ago: timedelta) -> Case:
        return of(reconstituted_at=NOON - ago, sites=planned)

    assert found("TIME-01", session(timedelta(hours=24))) is None
    said = finding("TIME-01", session(timedelta(hours=24, minutes=6)))
    assert said.when == "if_all_given"
    assert "24.1 h before 22 Nov 2026 12:00" in said.text


def test_time_02_finds_a_vial_mixed_at_its_own_time_after_it_was_given_from():
    late = vial(3, units=Decimal(100), reconstituted_at=NOON)
    sites = (site(units=Decimal(100)), site(11))

    assert found("TIME-02", of(vial(units=Decimal(100)), late, sites=sites)) is not None
    assert found("TIME-02", of(vial(units=Decimal(100)), late, sites=sites[:1])) is None


def test_time_02_passes_the_future_where_there_is_no_present():
    tomorrow = case(chart=chart(), date=DAY + timedelta(days=1))

    assert found("TIME-02", tomorrow) is not None
    assert found("TIME-02", case(date=DAY + timedelta(days=1), now=None)) is None


# Which site drew on which vial


def test_sites_draw_on_the_vials_in_order_each_emptied_first():
    vials = (vial(units=Decimal(100)), vial(3, units=Decimal(50)), vial(4, units=Decimal(50)))
    sites = (site(10, units=Decimal(90)), site(11, units=Decimal(20)), site(12, units=Decimal(40)))

    drawn = draws(preparation(vials=vials), sites)

    assert [(one.key, [each.key for each in own]) for one, own in drawn] == [
        (key(2), [key(10), key(11)]),
        (key(3), [key(11), key(12)]),
        (key(4), []),
    ]


def test_what_no_vial_held_counts_as_drawn_from_the_last():
    one = preparation(vials=(vial(units=Decimal(100)), vial(3, units=Decimal(100))))

    drawn = draws(one, (site(10, units=Decimal(250)), site(11, units=Decimal(5))))

    assert [[each.key for each in own] for _, own in drawn] == [[key(10)], [key(10), key(11)]]
    assert draws(preparation(vials=()), (site(),)) == ()
