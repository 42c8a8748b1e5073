"""What is drawn up for a plan, and how it adds up to the vials."""

from __future__ import annotations

from decimal import Decimal

from app.clinical import dosing
from app.clinical.catalogue import catalogue
from app.clinical.drawing_up import drawing_up
from tests.unit.notes import sheets


def test_the_plan_and_what_is_left_over_are_what_the_vials_hold() -> None:
    [draught] = drawing_up(sheets.planned([sheets.botox(("200", "C8412C3"))]), catalogue())

    assert (draught.held, draught.units, draught.left) == (Decimal(200), Decimal(155), Decimal(45))
    assert (draught.ml, draught.left_ml) == (Decimal("3.1"), Decimal("0.9"))
    assert draught.sites == 31
    assert sum(line.units for line in draught.muscles) == draught.units
    assert sum(line.ml for line in draught.muscles if line.ml) == draught.ml


def test_each_muscle_has_its_sides_apart_in_injection_order() -> None:
    [draught] = drawing_up(sheets.planned([sheets.botox(("200", "C8412C3"))]), catalogue())

    first = [(line.name, line.side and line.side.value, line.sites) for line in draught.muscles[:4]]
    assert first == [
        ("Corrugator", "right", 1),
        ("Corrugator", "left", 1),
        ("Procerus", "midline", 1),
        ("Frontalis", "right", 2),
    ]


def test_each_vial_is_emptied_before_the_next() -> None:
    preparation = sheets.botox(("100", "A"), ("100", "B"), diluent_ml="2")

    [draught] = drawing_up(sheets.planned([preparation]), catalogue())

    assert [(each.vial.lot, each.units, each.ml) for each in draught.vials] == [
        ("A", Decimal(100), Decimal(2)),
        ("B", Decimal(55), Decimal("1.1")),
    ]


def test_what_was_given_already_is_not_drawn_up_and_is_gone_from_the_vial() -> None:
    chart = sheets.planned([sheets.botox(("200", "C8412C3"))], given=2)

    [draught] = drawing_up(chart, catalogue())

    assert (draught.given, draught.units, draught.left) == (Decimal(10), Decimal(145), Decimal(45))


def test_a_plan_that_the_vials_do_not_hold_says_how_much_is_missing() -> None:
    [draught] = drawing_up(sheets.planned([sheets.botox(("100", "A"))]), catalogue())

    assert (draught.left, draught.short) == (Decimal(0), Decimal(55))


def test_without_a_vial_there_are_units_and_no_volume() -> None:
    [draught] = drawing_up(sheets.planned(), catalogue())

    assert (draught.product, draught.ml, draught.vials) == (dosing.NO_PRODUCT, None, ())
    assert draught.units == Decimal(155)


def test_a_chart_that_is_given_through_has_nothing_to_draw_up() -> None:
    chart = sheets.planned([sheets.botox(("200", "C8412C3"))], given=31)

    assert drawing_up(chart, catalogue()) == ()
