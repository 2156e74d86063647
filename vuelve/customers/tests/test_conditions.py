"""Leaves on traits, without a database: how values are spelled. What they mean is tested in `segments`."""

from typing import Any

import pytest
from django.utils import translation

from vuelve.customers.conditions import PROFILE_COLUMNS, TraitCondition, _read
from vuelve.platform.errors import VuelveError

KIND = TraitCondition()


@pytest.mark.parametrize(
    ("name", "op", "value", "spelled"),
    [
        ("country", "is", " mx ", "MX"),
        ("country", "is", "méxico", "MX"),
        ("country", "contains", "m", "M"),
        ("email", "is", " Ana@Example.COM ", "ana@example.com"),
        ("email", "ends_with", "@Example.com", "@example.com"),
        ("locale", "is", "pt_br", "pt-BR"),
        ("locale", "starts_with", "es", "es"),
        ("phone", "is", "+52 (55) 1234-5678", "+525512345678"),
        ("phone", "starts_with", " +52 ", "+52"),
        ("user_id", "is", "U-1 ", "U-1"),
        ("Plan", "is", " Básico ", "basico"),
        ("name", "contains", "ÑANDÚ", "nandu"),
    ],
)
def test_values_are_spelled_as_the_column_holds_them(name: str, op: str, value: str, spelled: str) -> None:
    _, comparison = _read({"type": "trait", "name": name, "op": op, "value": value})
    assert comparison.values == (spelled,)


@pytest.mark.parametrize(
    ("name", "value"), [("country", "Narnia"), ("email", "ana"), ("phone", "5512345678"), ("locale", "?")]
)
def test_a_value_that_no_customer_can_have_is_refused(name: str, value: str) -> None:
    with pytest.raises(VuelveError) as caught:
        KIND.check({"type": "trait", "name": name, "op": "is", "value": value}, "here")
    assert (caught.value.code, caught.value.field) == ("invalid_value", "here.value")


def test_columns_and_traits_are_read_in_one_pass_each() -> None:
    leaves: list[dict[str, Any]] = [
        {"type": "trait", "name": name, "op": "is_set"} for name in [*PROFILE_COLUMNS, "plan", "points"]
    ]
    sources = [aggregate.source for aggregate in KIND.aggregates(leaves)]
    assert len({source.rows.op() for source in sources}) == 2
    assert KIND.promotions(leaves[0], "Order Completed") == []


def test_a_value_is_shown_as_it_was_written() -> None:
    with translation.override("en"):
        leaf = {"type": "trait", "name": "Plan", "op": "starts_with", "value": "Básico"}
        assert KIND.describe(leaf) == "Plan starts with Básico"
