"""Units of one product, shared, added up and turned into millilitres, exactly."""

from __future__ import annotations

import ast
import dataclasses
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical import dosing
from app.clinical.anatomy import Side
from app.clinical.catalogue import catalogue
from app.clinical.chart import Chart, Site, parse_chart
from app.clinical.dosing import Dose, split, strength, strength_of, volume_ml, volume_text
from app.clinical.ledger import balance
from tests.unit.clinical.drawings import ROOT
from tests.unit.clinical.sessions import chart, key, laid, preparation, site, vial

HUNDREDTHS = st.integers(1, 30_000).map(lambda steps: Decimal(steps) / 100)


def test_units_of_two_products_are_never_added_compared_or_subtracted():
    botox, dysport = Dose("BOTOX", Decimal(100)), Dose("Dysport", Decimal(100))

    for combine in (
        lambda: botox + dysport,
        lambda: botox - dysport,
        lambda: botox < dysport,
        lambda: botox <= dysport,
        lambda: botox > dysport,
        lambda: botox >= dysport,
        lambda: botox == dysport,
        lambda: botox != dysport,
        lambda: botox in [dysport],
        lambda: botox == Decimal(100),
        lambda: max([botox, dysport]),
        lambda: sum([botox, dysport], Dose("BOTOX", Decimal(0))),
        lambda: botox + Decimal(5),
        lambda: botox < 500,
        lambda: sum([botox, botox]),
    ):
        with pytest.raises(TypeError):
            combine()


def test_nothing_turns_units_of_one_product_into_units_of_another():
    able = {name for name in dir(Dose) if not name.startswith("_")}
    computing = {"__add__", "__sub__", "__mul__", "__truediv__", "__radd__", "__float__", "__int__"}

    assert able == {"product", "units"}
    assert {name for name in computing if hasattr(Dose, name)} == {"__add__", "__sub__"}
    for path in sorted((ROOT / "app" / "clinical").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert not re.search("convert|conversion|equivalen", node.name.lower()), node.name


def test_doses_of_one_product_can_be_told_apart_and_kept_in_a_set():
    assert {Dose("BOTOX", Decimal(5)), Dose("BOTOX", Decimal("5.0"))} == {Dose("BOTOX", Decimal(5))}
    assert Dose("BOTOX", Decimal(5)) != Dose("BOTOX", Decimal("5.01"))


def test_units_of_one_product_add_and_compare():
    less, more = Dose("BOTOX", Decimal("2.5")), Dose("BOTOX", Decimal(5))

    assert less + more == Dose("BOTOX", Decimal("7.5"))
    assert more - less == less
    assert less < more
    assert more >= more
    assert not less > more
    assert less <= more


def test_fifty_units_over_fifteen_sites_are_five_of_3_34_and_ten_of_3_33():
    assert split(Decimal(50), 15) == (Decimal("3.34"),) * 5 + (Decimal("3.33"),) * 10


def test_fifty_units_over_twelve_sites_are_eight_of_4_17_and_four_of_4_16():
    assert split(Decimal(50), 12) == (Decimal("4.17"),) * 8 + (Decimal("4.16"),) * 4


@given(HUNDREDTHS, st.integers(1, 120))
def test_a_shared_dose_sums_exactly_and_its_parts_differ_by_a_hundredth(total: Decimal, parts: int):
    if total * 100 < parts:
        with pytest.raises(ValueError, match=r"0\.01"):
            split(total, parts)
        return

    shares = split(total, parts)

    assert sum(shares) == total
    assert len(shares) == parts
    assert list(shares) == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= Decimal("0.01")


@pytest.mark.parametrize(("total", "parts"), [("0.005", 1), ("5", 0), ("5", -1), ("0.01", 2)])
def test_a_dose_that_cannot_be_shared_is_refused(total: str, parts: int):
    with pytest.raises(ValueError, match="shared dose"):
        split(Decimal(total), parts)


def test_the_grids_of_the_catalogue_are_shared_like_any_dose():
    for id in ("AX-50x10", "AX-50x12", "AX-50x15", "AX-50x20"):
        for side in (Side.RIGHT, Side.LEFT):
            sites = [s for s in catalogue().protocols[id].sites if s.side is side]

            assert tuple(s.units for s in sites) == split(Decimal(50), len(sites))


# Millilitres


@pytest.mark.parametrize(
    ("vial_units", "ml", "units", "expected"),
    [
        ("100", "2", "5", "0.10"),
        ("200", "4", "5", "0.10"),
        ("100", "4", "5", "0.20"),
        ("100", "4", "3.33", "0.133"),
        ("100", "4", "1.25", "0.05"),
        ("500", "2.5", "10", "0.05"),
        ("300", "2.5", "10", "0.083"),
    ],
)
def test_the_volume_of_a_dose(vial_units: str, ml: str, units: str, expected: str):
    per_ml = dosing.concentration(Decimal(vial_units), Decimal(ml))

    assert volume_text(volume_ml(Decimal(units), per_ml)) == expected


@given(HUNDREDTHS, st.sampled_from([(100, "2"), (200, "4"), (100, "2.5"), (500, "1"), (100, "8")]))
def test_volumes_are_exact_where_the_strength_divides(units: Decimal, mixed: tuple[int, str]):
    per_ml = dosing.concentration(Decimal(mixed[0]), Decimal(mixed[1]))

    assert Fraction(volume_ml(units, per_ml)) * per_ml == Fraction(units)


@given(HUNDREDTHS, st.sampled_from([50, 100, 200, 300, 500]), st.integers(25, 1000))
def test_volumes_are_never_off_by_more_than_half_a_millionth(
    units: Decimal, vial_units: int, hundredths: int
):
    per_ml = dosing.concentration(Decimal(vial_units), Decimal(hundredths) / 100)

    off = Fraction(volume_ml(units, per_ml)) - Fraction(units) / per_ml

    assert abs(off) <= Fraction(1, 2_000_000)


def test_a_powder_without_diluent_has_no_strength():
    with pytest.raises(ValueError, match="diluent"):
        dosing.concentration(Decimal(100), Decimal(0))
    assert strength(preparation(diluent_ml=None)) is None
    assert strength(preparation(vials=())) is None


def test_the_strength_of_a_powder_of_a_solution_and_of_a_label_that_states_its_own():
    products = catalogue().products

    assert strength(preparation()) == 50
    assert strength_of(products["Myobloc"], Decimal(5000), None) == 5000
    assert strength_of(products["Myobloc"], Decimal(5000), Decimal(0)) == 5000
    # 1 mL of solution and 1 mL of saline.
    assert strength_of(products["Myobloc"], Decimal(5000), Decimal(1)) == 2500
    assert strength_of(products["Daxxify"], Decimal(100), Decimal("1.2")) == 80
    assert strength(preparation(product="Dysport", vials=(vial(units=Decimal(300)),))) == 75


@pytest.mark.parametrize(
    ("amount", "plain", "fixed"),
    [("155", "155", "155.00"), ("2.50", "2.5", "2.50"), ("3.34", "3.34", "3.34"),
     ("0", "0", "0.00"), ("1E+2", "100", "100.00"), ("100", "100", "100.00")],
)  # fmt: skip
def test_amounts_are_written_as_people_write_them(amount: str, plain: str, fixed: str):
    assert dosing.plain(Decimal(amount)) == plain
    assert dosing.fixed(Decimal(amount)) == fixed


# Totals of a chart


def test_preempt_from_one_vial():
    preempt = parse_chart(laid("PREEMPT-155"), catalogue())

    total = dosing.totals(preempt)["BOTOX"]

    assert (total.given, total.given_sites, total.volume_ml) == (155, 31, Decimal("3.1"))
    assert dosing.volumes(preempt)[key(1)].given == Decimal("3.1")
    assert set(dosing.site_volumes(preempt).values()) == {Decimal("0.1")}
    rows = {row.name: (row.right, row.midline, row.left) for row in muscles(preempt)}
    assert rows == {
        "Corrugator": (5, None, 5),
        "Procerus": (None, 5, None),
        "Frontalis": (10, None, 10),
        "Temporalis": (20, None, 20),
        "Occipitalis": (15, None, 15),
        "Cervical paraspinal": (10, None, 10),
        "Trapezius (upper)": (15, None, 15),
    }


def muscles(value: Chart) -> tuple[dosing.MuscleTotal, ...]:
    return dosing.by_muscle(value, catalogue())


def test_products_are_totalled_apart():
    two = chart(
        preparations=(preparation(), preparation(3, product="Dysport", vials=())),
        sites=(site(10), site(11, preparation=key(3), units=Decimal(50)), site(12)),
    )

    totals = dosing.totals(two)

    assert {product: total.given for product, total in totals.items()} == {
        "BOTOX": 10,
        "Dysport": 50,
    }
    # Nobody has said yet how strong the second is.
    assert totals["Dysport"].volume_ml is None
    assert set(dosing.volumes(two)) == {key(1)}
    assert set(dosing.site_volumes(two)) == {key(10), key(12)}
    assert [(row.product, row.all) for row in muscles(two)] == [("BOTOX", 10), ("Dysport", 50)]


def test_a_site_without_preparation_adds_to_no_product():
    loose = chart(sites=(site(10), site(11, preparation=None)))

    totals = dosing.totals(loose)

    assert totals["BOTOX"].given == 5
    assert totals[dosing.NO_PRODUCT].given == 5


def test_a_described_place_is_a_row_of_its_own_in_either_language():
    described = chart(sites=(site(10), site(11, muscle=None, other="Scar on the brow")))

    names = [row.name for row in dosing.by_muscle(described, catalogue(), "es")]

    assert names == ["Corrugador", "Scar on the brow"]


SITES = st.builds(
    site,
    number=st.just(0),
    units=HUNDREDTHS,
    state=st.sampled_from(["given", "planned"]),
    side=st.sampled_from(list(Side)),
    preparation=st.sampled_from([key(1), key(3), None]),
    muscle=st.sampled_from(["corrugator", "procerus", "frontalis", None]),
)


def numbered(sites: list[Site]) -> tuple[Site, ...]:
    return tuple(dataclasses.replace(each, key=key(100 + at)) for at, each in enumerate(sites))


@given(st.lists(SITES, max_size=12), st.lists(SITES, max_size=6), st.randoms())
def test_planned_sites_never_change_what_was_given(sites, more, chance):
    both = (preparation(), preparation(3, product="Dysport", vials=(vial(4, units=Decimal(500)),)))
    before = chart(preparations=both, sites=numbered(sites))
    added = [dataclasses.replace(each, state="planned") for each in more]
    mixed = list(numbered([*sites, *added]))
    own = [each for each in mixed if each in before.sites]
    for each in mixed[len(sites) :]:
        own.insert(chance.randrange(len(own) + 1), each)
    after = chart(preparations=both, sites=tuple(own))

    def given_part(value: Chart) -> object:
        return (
            {
                product: (total.given, total.given_sites, total.volume_ml)
                for product, total in dosing.totals(value).items()
                if total.given_sites
            },
            {prep: volume.given for prep, volume in dosing.volumes(value).items()},
            muscles(value),
            balance(value),
        )

    assert given_part(after) == given_part(before)
    planned = sum(each.units for each in added)
    assert sum(t.planned for t in dosing.totals(after).values()) == planned + sum(
        t.planned for t in dosing.totals(before).values()
    )


@given(st.lists(SITES, max_size=15))
def test_muscles_and_products_add_up_to_the_same_units(sites):
    value = chart(
        preparations=(preparation(), preparation(3, product="Dysport")), sites=numbered(sites)
    )

    for product, total in dosing.totals(value).items():
        rows = [row for row in muscles(value) if row.product == product]
        assert sum(row.all for row in rows) == total.given
        assert sum(row.sites for row in rows) == total.given_sites
        for row in rows:
            assert row.all == (row.right or 0) + (row.midline or 0) + (row.left or 0)
