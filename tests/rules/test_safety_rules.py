"""Each safety rule is a function of a case, or holds by how Stipple is built; then a test says so.

Of the first kind `app/clinical/rules` has a function, tested on both sides of its boundary in
`tests/unit/clinical`. The others no case can break: `INVARIANTS` names the test of each.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil

import pytest

import app
from app.clinical.catalogue import catalogue
from app.clinical.chart import parse_chart
from app.clinical.errors import ChartError
from app.clinical.rules import registered
from app.extensions import db
from app.forms import StrictForm
from tests.rules.sources import PROJECT
from tests.unit.clinical import sessions

# How many rules each family has; their ids are numbered from 01 without a gap.
FAMILIES = {"DATA": 12, "LOT": 5, "TIME": 2, "INT": 5, "SIGN": 5, "DOSE": 13, "PED": 4}

HERE = "tests/rules/test_safety_rules.py"
INVARIANTS = {
    "DATA-11": (HERE, "test_data_11_nobody_can_type_a_total"),
    "DATA-12": (
        "tests/unit/clinical/test_dosing.py",
        "test_units_of_two_products_are_never_added_compared_or_subtracted",
    ),
    "SIGN-02": (
        "tests/integration/db_immutability/test_final_records.py",
        "test_no_part_of_a_signed_treatment_changes_leaves_or_joins",
    ),
    "SIGN-03": (HERE, "test_sign_03_what_follows_a_note_has_author_time_reason_and_signature"),
    "SIGN-05": (
        "tests/integration/test_note_pdf.py",
        "test_a_file_that_is_no_longer_what_was_signed_is_not_given_away",
    ),
}

TYPED_TOTALS = ("total", "sum", "given_units", "administered")


@pytest.mark.parametrize(("family", "count"), list(FAMILIES.items()))
def test_every_rule_has_a_function_or_a_named_test(family: str, count: int) -> None:
    ids = {f"{family}-{number:02d}" for number in range(1, count + 1)}

    answered = {id for id in {*registered(), *INVARIANTS} if id.startswith(f"{family}-")}

    assert answered == ids
    assert not set(registered()) & set(INVARIANTS)


@pytest.mark.parametrize("id", list(INVARIANTS))
def test_the_named_test_is_there(id: str) -> None:
    path, name = INVARIANTS[id]
    tree = ast.parse((PROJECT / path).read_text("utf-8"))

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("word", ["total", "totals", "units_total", "given", "administered"])
@pytest.mark.parametrize("place", ["chart", "preparations", "sites"])
def test_data_11_nobody_can_type_a_total(place: str, word: str) -> None:
    body = sessions.chart_json()
    parse_chart(body, catalogue())
    (body if place == "chart" else body[place][0])[word] = "155"

    with pytest.raises(ChartError):
        parse_chart(body, catalogue())


def test_data_11_no_form_has_a_field_for_a_total() -> None:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name.endswith(".forms"):
            importlib.import_module(module.name)
    fields = {(form.__name__, name) for form in forms_below(StrictForm) for name in vars(form)}

    assert ("PatientForm", "family_name") in fields
    assert not [each for each in fields if any(word in each[1] for word in TYPED_TOTALS)]


def forms_below(form: type[StrictForm]) -> list[type[StrictForm]]:
    return [each for own in form.__subclasses__() for each in (own, *forms_below(own))]


def test_sign_03_what_follows_a_note_has_author_time_reason_and_signature() -> None:
    """A print repeats the note and adds nothing; all else that names one is an addendum."""
    following = [
        table
        for table in db.metadata.sorted_tables
        if table.name != "printed_copies"
        and any(key.column.table.name == "notes" for key in table.foreign_keys)
    ]
    for table in following:
        required = {column.name for column in table.columns if not column.nullable}
        for ending in ("by_id", "_at", "reason", "pdf"):
            assert any(name.endswith(ending) for name in required), (table.name, ending)
    assert {"notes", "printed_copies"} <= {table.name for table in db.metadata.sorted_tables}
