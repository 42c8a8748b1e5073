"""Opened = given + discarded + left, vial by vial."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical.ledger import balance, remainders
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
