"""Places, volumes, sides and signatures on both sides of each boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.clinical.anatomy import Side
from app.clinical.case import Case, CasePatient, CasePerson
from app.clinical.catalogue import catalogue
from app.clinical.chart import parse_chart
from app.clinical.rules import Finding, judge
from tests.unit.clinical.sessions import (
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


def at(*sites, **values) -> Case:
    return case(chart=chart(sites=sites, **values))


def finding(id: str, session: Case) -> Finding:
    said = found(id, session)
    assert said is not None
    return said


# DATA-08: where it is drawn


def test_data_08_finds_a_muscle_that_does_not_lie_there():
    said = finding("DATA-08", at(site(), site(11, muscle="masseter")))

    assert (said.severity, said.needs_reason, said.about) == ("override", True, (key(11),))
    assert said.text == "Not where their muscle or area is drawn: site 2."


def test_data_08_finds_a_muscle_in_the_open_beside_every_region():
    # Nothing is charted at a patient's ear.
    drawn = replace(site(), map="head_left_lateral@1")
    place = next(
        region for region in _regions("head_left_lateral@1") if region.id == "ear_L"
    ).polygon.points
    x = Decimal(sum(int(point[0]) for point in place) // len(place))
    y = Decimal(sum(int(point[1]) for point in place) // len(place))
    on_ear = replace(drawn, x=x, y=y, side=Side.LEFT)

    assert found("DATA-08", at(on_ear)) is not None
    assert found("DATA-08", at(replace(on_ear, muscle=None, other="behind the ear"))) is None


def test_data_08_finds_a_place_off_the_body():
    assert finding("DATA-08", at(site(x=Decimal(-40), y=Decimal(-40)))).text == (
        "Off the body: site 1."
    )


def test_data_08_finds_a_view_that_is_not_of_the_indication():
    drawn = site(indication="axillary_hyperhidrosis")

    said = finding("DATA-08", at(drawn, indications=("axillary_hyperhidrosis",)))

    assert said.text == "On a view that does not belong to their indication: site 1."
    described = replace(drawn, muscle=None, other="brow")
    assert found("DATA-08", at(described, indications=("axillary_hyperhidrosis",))) is not None


def test_data_08_finds_a_drawing_that_was_never_released():
    assert found("DATA-08", at(site(map="tail@1"))) is not None


def test_data_08_finds_a_site_described_on_the_other_side_than_it_is_drawn():
    assert finding("DATA-08", at(site(side=Side.LEFT))).text == (
        "Drawn on another side than described: site 1."
    )


def test_data_08_finds_it_on_the_plan_before_the_needle():
    planned = site(state="planned", given_at=None, muscle="masseter")

    assert finding("DATA-08", at(planned)).when == "if_all_given"


def test_data_08_passes_every_view_for_another_indication():
    drawn = site(indication="other")

    assert found("DATA-08", at(drawn, indications=("other",))) is None


def test_data_08_passes_words_for_the_place():
    assert found("DATA-08", at(site(muscle=None, other="scar above the brow"))) is None
    assert found("DATA-08", at(site(muscle="masseter", other="displaced by surgery"))) is None


def test_data_08_passes_a_session_described_without_a_drawing():
    assert found("DATA-08", at(site(map="", muscle="masseter", side=Side.LEFT))) is None


@pytest.mark.parametrize("id", list(catalogue().protocols))
def test_data_08_passes_every_site_of_every_protocol(id: str):
    assert found("DATA-08", case(chart=parse_chart(laid(id), catalogue()))) is None


def _regions(ref: str):
    from app.clinical.anatomy import body_map

    return body_map(ref).regions


# DATA-09: what was drawn up


def drawn_up(volume: str, units: str = "5", *, size: str = "100", ml: str | None = "4") -> Case:
    one = preparation(
        diluent_ml=None if ml is None else Decimal(ml), vials=(vial(units=Decimal(size)),)
    )
    own = site(units=Decimal(units), volume_ml=Decimal(volume))
    return case(chart=chart(preparations=(one,), sites=(own,)))


def test_data_09_finds_0_10_ml_where_5_units_are_0_20_as_in_w29():
    said = finding("DATA-09", drawn_up("0.10"))

    assert (said.severity, said.about) == ("warn", (key(10),))
    assert said.text == ("0.10 mL drawn up for site 1, where units and dilution give 0.20 mL.")


@pytest.mark.parametrize("volume", ["0.189", "0.211"])
def test_data_09_finds_more_than_five_percent(volume: str):
    assert found("DATA-09", drawn_up(volume)) is not None


@pytest.mark.parametrize("volume", ["0.19", "0.20", "0.21"])
def test_data_09_passes_five_percent(volume: str):
    assert found("DATA-09", drawn_up(volume)) is None


def test_data_09_passes_a_third_read_to_the_hundredth():
    assert found("DATA-09", drawn_up("0.13", "3.33")) is None


def test_data_09_passes_a_volume_nobody_wrote_down_or_can_compute():
    assert found("DATA-09", at(site())) is None
    assert found("DATA-09", drawn_up("0.10", ml=None)) is None


def test_data_09_finds_that_nobody_can_tell_where_the_diluent_is_not_known():
    session = drawn_up("0.10", ml=None)
    one = replace(session.chart.preparations[0], unknown={"diluent_ml": "nobody wrote it down"})
    said = finding("DATA-09", replace(session, chart=replace(session.chart, preparations=(one,))))

    assert said.severity == "info"
    assert "nobody wrote it down" in said.text


def test_data_09_finds_it_by_the_vial_s_own_dilution():
    own = vial(units=Decimal(100), diluent_ml=Decimal(2))
    one = preparation(vials=(own,))
    right, wrong = (site(volume_ml=Decimal(ml)) for ml in ("0.10", "0.20"))

    assert found("DATA-09", case(chart=chart(preparations=(one,), sites=(right,)))) is None
    assert found("DATA-09", case(chart=chart(preparations=(one,), sites=(wrong,)))) is not None


def test_data_09_finds_many_sites_of_one_volume_in_one_sentence():
    sites = tuple(site(number, volume_ml=Decimal("0.5")) for number in range(10, 41))

    assert "sites 1 to 31" in finding("DATA-09", at(*sites)).text


# DATA-10: the side of the diagnosis


def coded(*codes: str, sides=(Side.LEFT,), indication: str = "hemifacial_spasm") -> Case:
    sites = tuple(
        site(number, map="", side=side, indication=indication)
        for number, side in enumerate(sides, start=10)
    )
    return at(*sites, codes=codes, indications=(indication,))


def test_data_10_finds_a_site_across_from_the_code():
    said = finding("DATA-10", coded("G51.31", sides=(Side.RIGHT, Side.LEFT)))

    assert (said.severity, said.about) == ("warn", (key(11),))
    assert said.text == "G51.31: right side by the code, and not on that side: site 2."


@pytest.mark.parametrize(
    ("code", "side"),
    [("G81.11", "right"), ("G81.12", "left"), ("G81.13", "right"), ("I69.354", "left")],
)
def test_data_10_finds_the_side_of_a_limb(code: str, side: str):
    arm = "upper_limb_spasticity"
    other = Side.LEFT if side == "right" else Side.RIGHT

    assert found("DATA-10", coded(code, sides=(other,), indication=arm)) is not None
    assert found("DATA-10", coded(code, sides=(Side(side),), indication=arm)) is None


@pytest.mark.parametrize(
    ("codes", "sides"),
    [
        (("G51.32",), (Side.LEFT, Side.MIDLINE)),
        (("G51.33",), (Side.LEFT,)),
        (("G51.33",), (Side.LEFT, Side.RIGHT)),
        (("G51.39",), (Side.LEFT,)),
        (("G51.31", "G51.32"), (Side.LEFT, Side.RIGHT)),
        (("G51.31", "G51.39"), (Side.LEFT,)),
        ((), (Side.LEFT,)),
        (("G81.11",), (Side.LEFT,)),  # of an indication that no site serves
    ],
)
def test_data_10_passes_what_the_codes_cover(codes, sides):
    assert found("DATA-10", coded(*codes, sides=sides)) is None


def test_data_10_passes_a_case_that_has_no_place_for_codes():
    assert found("DATA-10", replace(coded("G51.31"), unsaid=frozenset({"codes"}))) is None


# SIGN-01: who signs


@pytest.mark.parametrize("credentials", ["", "  "])
def test_sign_01_finds_a_signer_without_credentials(credentials: str):
    said = finding("SIGN-01", case(signer=CasePerson("Ines Halloran", credentials)))

    assert (said.severity, said.text) == ("stop", "No credentials stand behind Ines Halloran.")


def test_sign_01_finds_a_signer_who_did_not_give_the_treatment():
    said = finding("SIGN-01", case(signer=CasePerson("Tomas Vos", "NP")))

    assert said.text == "Tomas Vos is to sign, and Ines Halloran gave the treatment."


def test_sign_01_passes_the_performer_with_credentials():
    assert found("SIGN-01", case(signer=CasePerson("Ines  Halloran", "MD"))) is None


def test_sign_01_passes_a_case_nobody_signs_yet_or_of_which_the_performer_is_not_known():
    assert found("SIGN-01", case()) is None
    assert found("SIGN-01", case(performer=None, signer=CasePerson("Tomas Vos", "NP"))) is None


# SIGN-04: when


def signed(late: timedelta, **values) -> Case:
    last = datetime(2026, 11, 22, 15, 36, tzinfo=UTC)
    return case(now=last + late, **values)


def test_who_supervises_the_treatment_may_sign_it_and_nobody_else_instead() -> None:
    vos = CasePerson("Tomas Vos", "NP")
    lind = CasePerson("Mara Lind", "MD")

    assert found("SIGN-01", case(supervisor=vos, signer=vos)) is None
    assert found("SIGN-01", case(supervisor=lind, signer=vos)) is not None


def test_sign_04_finds_a_signature_after_72_hours():
    said = finding("SIGN-04", signed(timedelta(hours=72, microseconds=1)))

    assert (said.severity, said.needs_reason) == ("warn", False)
    assert said.text == (
        "Signed on 25 Nov 2026 10:36, more than 72 h after the session of 22 Nov 2026 10:36."
    )


def test_sign_04_passes_72_hours_to_the_last():
    assert found("SIGN-04", signed(timedelta(hours=72))) is None


def test_sign_04_passes_a_case_without_a_moment_of_signing():
    assert found("SIGN-04", case(now=None)) is None


def test_sign_04_finds_and_passes_by_the_end_of_the_day_where_no_time_is_known():
    bare = chart(sites=(site(given_at=None),))
    midnight = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # in New York

    def session(now: datetime) -> Case:
        return case(chart=bare, now=now)

    assert found("SIGN-04", session(midnight + timedelta(hours=72))) is None
    assert found("SIGN-04", session(midnight + timedelta(hours=72, seconds=1))) is not None


def test_sign_04_passes_by_the_last_site_given_not_the_first():
    early = site(given_at=NOON - timedelta(days=2))
    session = at(early, site(11, given_at=NOON))

    assert found("SIGN-04", replace(session, now=NOON + timedelta(hours=72))) is None


def test_a_lone_patient_without_birth_date_breaks_no_rule_of_places():
    session = case(patient=CasePatient("Maren Oduya", None), date=date(2026, 11, 22))

    found = {each.id for each in judge(session, catalogue()) if each.severity != "info"}
    assert found == {"DATA-01"}
