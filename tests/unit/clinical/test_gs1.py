"""A scanned code is read exactly, or in every way it can be read; never cut by guess."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.catalogue import catalogue
from app.clinical.errors import Refusal
from app.clinical.gs1 import GS, Reading, Unreadable, read
from app.clinical.ndc import check_digit, gtin_of, ndc11, vial_of_gtin, vial_of_ndc

BOTOX_200 = "00300233921029"
EXPIRY = date(2027, 8, 31)
WHOLE = Reading(BOTOX_200, "C8412C3", EXPIRY, "100384417205")


@pytest.mark.parametrize(
    "scanned",
    [
        f"01{BOTOX_200}1727083110C8412C3{GS}21100384417205",
        f"]d201{BOTOX_200}1727083110C8412C3{GS}21100384417205",
        f"]C1{GS}01{BOTOX_200}21100384417205{GS}1727083110C8412C3\r\n",
        f"01{BOTOX_200}1727083110C8412C3\u241d21100384417205",
        f"]Q301{BOTOX_200}1727083110C8412C3{{GS}}21100384417205{GS}",
        f"(01){BOTOX_200}(17)270831(10)C8412C3(21)100384417205",
        f"(01) {BOTOX_200} (17) 270831 (10) C8412C3 (21) 100384417205",
    ],
)
def test_a_whole_code_has_one_reading(scanned):
    assert read(scanned) == (WHOLE,)


def test_the_case_form_fills_lot_and_expiry():
    (reading,) = read("(17)261100(10)C1")

    assert (reading.expires, reading.lot) == (date(2026, 11, 30), "C1")
    assert (reading.gtin, reading.serial) == (None, None)


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("261100", date(2026, 11, 30)),
        ("261122", date(2026, 11, 22)),
        ("261031", date(2026, 10, 31)),
        ("270200", date(2027, 2, 28)),
        ("280200", date(2028, 2, 29)),
        ("280229", date(2028, 2, 29)),
        ("271200", date(2027, 12, 31)),
    ],
)
def test_day_00_is_the_last_of_its_month(printed, day):
    assert read(f"(17){printed}")[0].expires == day


@pytest.mark.parametrize("printed", ["270229", "271301", "270001", "270832", "270431"])
def test_a_day_that_no_calendar_has_is_refused(printed):
    with pytest.raises(Unreadable, match="no date of the calendar"):
        read(f"(17){printed}")


def test_a_wrong_check_digit_is_a_misread():
    with pytest.raises(Unreadable, match="check digit"):
        read(f"(01){BOTOX_200[:-1]}8")


def test_other_elements_are_skipped_by_their_known_lengths():
    scanned = f"11250101{'3103'}0005001727083191ours{GS}240X1{GS}10C8412C3"

    (reading,) = read(scanned)

    assert (reading.expires, reading.lot) == (EXPIRY, "C8412C3")
    assert dict(reading.others) == {"11": "250101", "3103": "000500", "91": "ours", "240": "X1"}


def test_the_bars_beside_the_square_code_name_only_the_product():
    # UPC-A and EAN-13 of the same pack.
    assert read(BOTOX_200[2:]) == (Reading(BOTOX_200),)
    assert read(BOTOX_200[1:]) == (Reading(BOTOX_200),)


# Separators that a scanner dropped


def test_a_lost_separator_is_confirmed_even_where_only_one_cut_works():
    (reading,) = read(f"01{BOTOX_200}1727083110C8390C121100384416998")

    assert (reading.lot, reading.serial) == ("C8390C1", "100384416998")
    assert not reading.is_certain


def test_every_cut_that_works_is_answered_and_none_is_certain():
    readings = read("1727083110A21B21C")

    assert {(each.lot, each.serial) for each in readings} == {
        ("A21B21C", None),
        ("A", "B21C"),
        ("A21B", "C"),
    }
    assert readings[0].lot == "A21B21C"
    assert not any(each.is_certain for each in readings)


def test_a_lost_separator_before_an_expiry_is_read_too():
    readings = read(f"01{BOTOX_200}211003844172051727083110C8412C3")

    assert Reading(*(BOTOX_200, "C8412C3", EXPIRY, "100384417205"), is_certain=False) in readings


def test_a_code_whose_only_variable_part_comes_last_has_lost_nothing():
    (reading,) = read(f"01{BOTOX_200}1727083110C8412C3")

    assert reading == Reading(BOTOX_200, "C8412C3", EXPIRY)
    assert reading.is_certain


def test_who_hands_separators_on_lost_none():
    (reading,) = read("1727083110A21B", separators_kept=True)

    assert (reading.lot, reading.is_certain) == ("A21B", True)


def test_a_cut_is_made_only_where_the_rest_makes_sense():
    # 17 and six digits that are no day, 01 and a wrong check digit: part of the lot.
    (reading,) = read("10A17999999")
    assert reading.lot == "A17999999"
    (reading,) = read("10A0100300233921")
    assert reading.lot == "A0100300233921"


# What can't be read


@pytest.mark.parametrize(
    ("scanned", "says"),
    [
        ("", "empty"),
        (" \r\n", "empty"),
        (GS, "empty"),
        ("https://example.org/vial", "does not begin as the code of a vial does"),
        ("hello", "does not begin"),
        (f"01{BOTOX_200}17", "ends too early"),
        ("0100300", "ends too early"),
        (f"01{BOTOX_200}{GS}10{'X' * 21}", "run together"),
        (f"(10){'X' * 21}", "run together"),
        ("(17)27O831", "should be digits"),
        ("(99)A", "names no product"),
        ("(9999)A", "does not begin"),
        ("(10)Ñ1", "character that no such code has"),
        ("(10)A(10)B", "two different things"),
        (f"10A{GS}10B", "two different things"),
        (f"10A{GS}{GS}\u0000", "does not begin"),
        ("1" * 201, "too long"),
    ],
)
def test_what_cannot_be_read_says_so_and_what_to_do(scanned, says):
    with pytest.raises(Unreadable) as refused:
        read(scanned)

    assert says in str(refused.value)
    assert str(refused.value).count(".") >= 2, "what is wrong, and what to do"


LOTS = st.text("ABCXYZ0123456789-/", min_size=1, max_size=20)


@given(LOTS, LOTS, st.dates(date(2020, 1, 1), date(2049, 12, 31)))
def test_whatever_is_encoded_comes_back_and_losing_separators_loses_no_reading(lot, serial, day):
    said = Reading(BOTOX_200, lot, day, serial)
    elements = [f"10{lot}", f"21{serial}"]
    fixed = f"01{BOTOX_200}17{day:%y%m%d}"

    assert read(fixed + GS.join(elements)) == (said,)
    without = read(fixed + "".join(elements))
    assert (said.lot, said.serial) in {(each.lot, each.serial) for each in without}
    assert not any(each.is_certain for each in without)


@given(st.text(max_size=60))
def test_no_scan_breaks_the_reader(scanned):
    readings: tuple[Reading, ...] = ()
    with suppress(Unreadable):
        readings = read(scanned)
        assert readings
    assert len(readings) < 2 or not any(each.is_certain for each in readings)


# The product behind the code


@pytest.mark.parametrize(
    ("ndc", "gtin"),
    [
        ("0023-1145-01", "00300231145014"),
        ("0023-3921-02", BOTOX_200),
        ("15054-0530-6", "00315054053064"),
        ("72960-112-01", "00372960112018"),
    ],
)
def test_a_gtin_is_made_from_its_ndc_and_leads_back(ndc, gtin):
    assert gtin_of(ndc) == gtin

    product, size, known = vial_of_gtin(gtin, catalogue())

    assert known == ndc
    assert size in product.sizes


def test_every_ndc_of_the_catalogue_leads_to_its_own_vial():
    for product in catalogue().products.values():
        for size in product.sizes:
            for ndc in filter(None, (size.ndc, *size.other_ndcs)):
                assert vial_of_ndc(ndc, catalogue()) == (product, size)
                assert vial_of_ndc(ndc11(ndc), catalogue()) == (product, size)
                assert vial_of_gtin(gtin_of(ndc), catalogue()) == (product, size, ndc)


def test_an_unknown_code_names_no_vial():
    assert vial_of_ndc("0023-0000-01", catalogue()) is None
    assert vial_of_gtin("00300000000007", catalogue()) is None
    # A case of several packs is not a vial.
    case = "5" + BOTOX_200[1:-1]
    assert vial_of_gtin(case + check_digit(case), catalogue()) is None


@pytest.mark.parametrize(
    ("ndc", "long"),
    [
        ("72960-112-01", "72960-0112-01"),
        ("0023-1145-01", "00023-1145-01"),
        ("15054-0530-6", "15054-0530-06"),
        ("72960-0112-01", "72960-0112-01"),
        (" 0023-3921-02 ", "00023-3921-02"),
    ],
)
def test_the_form_for_a_claim_pads_the_short_part(ndc, long):
    assert ndc11(ndc) == long


@pytest.mark.parametrize("ndc", ["", "0023114501", "0023-145-01", "00023-114-1", "A023-1145-01"])
def test_what_is_no_ndc_is_refused_with_how_to_write_it(ndc):
    with pytest.raises(Refusal, match="0023-1145-01"):
        ndc11(ndc)


def test_the_11_digit_form_has_no_gtin_of_its_own():
    assert gtin_of("00023-1145-01") is None
