"""Opened = given + discarded + left, vial by vial."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations_with_replacement, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.catalogue import catalogue
from app.clinical.ledger import balance, least_waste, remainders
from tests.unit.clinical.sessions import chart, key, preparation, site, vial

UNITS = st.integers(1, 20_000).map(lambda steps: Decimal(steps) / 100)


def sites(*units: str, state: str = "given"):
    return tuple(site(100 + at, units=Decimal(each), state=state) for at, each in enumerate(units))


def test_155_units_from_one_vial_of_200_leave_45():
    (account,) = balance(chart(preparations=(preparation(),), sites=sites(*["5"] * 31)))

    assert (account.opened, account.given, account.left, account.excess) == (200, 155, 45, 0)
    assert account.discarded is None
    assert not account.is_balanced
    assert account.as_json() == {
        "key": str(key(2)),
        "preparation": str(key(1)),
        "lot": "C8412C3",
        "opened": "200.00",
        "given": "155.00",
        "discarded": None,
        "left": "45.00",
        "excess": "0.00",
    }


def test_vials_are_emptied_in_the_order_listed():
    vials = (vial(2, units=Decimal(100)), vial(3, units=Decimal(100), discarded=Decimal(45)))

    first, second = balance(
        chart(preparations=(preparation(vials=vials),), sites=sites(*["5"] * 31))
    )

    assert (first.given, first.left) == (100, 0)
    assert (second.given, second.discarded, second.left) == (55, 45, 0)
    assert first.is_balanced
    assert second.is_balanced


def test_the_rest_that_nobody_spoke_of_is_counted_by_product_and_never_across():
    vials = (vial(2, units=Decimal(100)), vial(3, units=Decimal(100)))
    spoken = (vial(2, units=Decimal(100)), vial(3, units=Decimal(100), discarded=Decimal(0)))
    given = sites(*["5"] * 31)

    assert remainders(chart(preparations=(preparation(vials=vials),), sites=given)) == {
        preparation().product: Decimal(45)
    }
    assert remainders(chart(preparations=(preparation(vials=spoken),), sites=given)) == {}


def test_what_was_given_beyond_the_vials_stands_on_the_last():
    vials = (vial(2, units=Decimal(100)), vial(3, units=Decimal(100)))

    first, last = balance(chart(preparations=(preparation(vials=vials),), sites=sites(*["5"] * 41)))

    assert (first.given, first.excess) == (100, 0)
    assert (last.given, last.excess, last.left) == (105, 5, 0)


def test_planned_sites_draw_nothing():
    (account,) = balance(
        chart(preparations=(preparation(),), sites=sites("5", "5", state="planned"))
    )

    assert (account.given, account.left) == (0, 200)


def test_each_preparation_draws_on_its_own_vials():
    both = (preparation(), preparation(3, product="Dysport", vials=(vial(4, units=Decimal(500)),)))
    mixed = (*sites("5"), site(7, preparation=key(3), units=Decimal(50)), site(8, preparation=None))

    botox, dysport = balance(chart(preparations=both, sites=mixed))

    assert (botox.given, dysport.given) == (5, 50)


def test_more_discarded_than_was_left_leaves_nothing_and_is_not_balanced():
    (account,) = balance(
        chart(preparations=(preparation(vials=(vial(discarded=Decimal(50)),)),), sites=sites("155"))
    )

    assert account.left == 0
    assert not account.is_balanced


@pytest.mark.parametrize("vials", [(), (vial(),)])
def test_a_chart_without_sites_has_whole_vials(vials):
    accounts = balance(chart(preparations=(preparation(vials=vials),), sites=()))

    assert [account.left for account in accounts] == [each.units for each in vials]


@given(st.lists(UNITS, max_size=20), st.lists(UNITS, min_size=1, max_size=5))
def test_every_unit_given_is_drawn_once_to_the_hundredth(doses, sizes):
    vials = tuple(vial(200 + at, units=size) for at, size in enumerate(sizes))

    accounts = balance(
        chart(preparations=(preparation(vials=vials),), sites=sites(*map(str, doses)))
    )

    assert sum(account.given for account in accounts) == sum(doses)
    for account in accounts:
        assert account.given - account.excess + account.left == account.opened
    for account, after in pairwise(accounts):
        assert account.left == 0 or after.given == 0
        assert account.excess == 0


@st.composite
def sessions(draw):
    """Preparations with their vials, and sites that draw on them or on none, in any order."""
    preparations = []
    for at in range(draw(st.integers(1, 3))):
        vials = tuple(
            vial(
                200 + 10 * at + number,
                units=draw(UNITS),
                discarded=draw(st.none() | UNITS | st.just(Decimal(0))),
            )
            for number in range(draw(st.integers(0, 3)))
        )
        preparations.append(preparation(20 + at, vials=vials))
    drawn = st.sampled_from([None, *(each.key for each in preparations)])
    injected = tuple(
        site(
            100 + at,
            units=draw(UNITS),
            state=draw(st.sampled_from(["given", "planned"])),
            preparation=draw(drawn),
        )
        for at in range(draw(st.integers(0, 12)))
    )
    return chart(preparations=tuple(preparations), sites=injected)


@given(sessions())
def test_units_are_conserved_whatever_a_session_says(session):
    accounts = balance(session)

    for account in accounts:
        rest = account.opened - (account.given - account.excess)
        discarded = account.discarded or Decimal(0)
        assert account.left == max(rest - discarded, Decimal(0))
        # Opened = given + discarded + left - excess, unless more was discarded than was there.
        if discarded <= rest:
            assert account.opened == account.given + discarded + account.left - account.excess
        assert account.is_balanced == (account.opened == account.given + discarded)
        assert min(account.given, account.left, account.excess) >= 0
    for entry in session.preparations:
        if entry.vials:
            given = sum(each.units for each in session.given if each.preparation == entry.key)
            own = [each for each in accounts if each.preparation == entry.key]
            assert sum(each.given for each in own) == given


@given(sessions(), st.randoms())
def test_the_order_of_the_sites_changes_no_account(session, random):
    sites_in_another_order = list(session.sites)
    random.shuffle(sites_in_another_order)

    assert balance(
        chart(preparations=session.preparations, sites=tuple(sites_in_another_order))
    ) == balance(session)


# Which vials to open


@pytest.mark.parametrize(
    ("product", "units", "sizes", "vials"),
    [
        ("BOTOX", "155", None, ["200"]),
        ("BOTOX", "100", None, ["100"]),
        ("BOTOX", "100.01", None, ["200"]),
        ("BOTOX", "200", None, ["200"]),
        ("BOTOX", "200.01", None, ["200", "100"]),
        ("BOTOX", "300", None, ["200", "100"]),
        ("BOTOX", "155", ["100"], ["100", "100"]),
        ("Dysport", "640", None, ["500", "300"]),
        ("Dysport", "800", None, ["500", "300"]),
        ("Dysport", "801", None, ["300", "300", "300"]),
        ("Dysport", "900", None, ["300", "300", "300"]),
        ("Dysport", "900.01", None, ["500", "500"]),
        ("Xeomin", "120", None, ["100", "50"]),
        ("Xeomin", "10", None, ["50"]),
        ("Myobloc", "7500", None, ["5000", "2500"]),
        ("BOTOX", "155", [], []),
        ("BOTOX", "0", None, []),
    ],
)
def test_the_vials_with_least_waste(product, units, sizes, vials):
    at_hand = None if sizes is None else [Decimal(size) for size in sizes]

    chosen = least_waste(catalogue().products[product], Decimal(units), at_hand)

    assert [f"{size:f}" for size in chosen] == vials


@given(
    st.sampled_from([p for p in catalogue().products.values() if p.therapeutic]),
    st.integers(1, 100_000).map(lambda steps: Decimal(steps) / 100),
)
def test_no_other_way_wastes_less_or_opens_fewer_for_the_same(product, units):
    sizes = [size.units for size in product.sizes]

    chosen = least_waste(product, units)

    most = int(units // min(sizes)) + 2
    ways = [
        (sum(way) - units, len(way))
        for count in range(1, min(most, 7) + 1)
        for way in combinations_with_replacement(sizes, count)
        if sum(way) >= units
    ]
    assert sum(chosen) >= units
    if ways:
        assert (sum(chosen) - units, len(chosen)) <= min(ways)


def test_a_size_that_is_not_made_is_a_fault_of_the_program():
    with pytest.raises(ValueError, match="does not come in vials of 75 U"):
        least_waste(catalogue().products["BOTOX"], Decimal(10), [Decimal(75)])
