"""Leaves on orders, without a database: what they share and say. What they mean is tested in `segments`."""

import pytest
from django.utils import translation

from vuelve.commerce.conditions import (
    OrderedCondition,
    OrdersCondition,
    SpentCondition,
    TriggerOrderCondition,
)
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Grain, Promotion, ValueType

TWO = {"op": "gte", "value": 2}
SPENT = {"type": "spent", "amount_minor": TWO, "currency": "CLP", "within_days": 30}
NAMED = {"type": "trigger_order", "category": {"op": "is", "value": "CAMERA"}}


def test_orders_and_what_was_spent_are_one_pass() -> None:
    count, *_ = OrdersCondition().aggregates([{"type": "orders", "count": TWO}])
    total, *_ = SpentCondition().aggregates([SPENT])
    assert count.source.rows.op() == total.source.rows.op()
    assert count.source.time == total.source.time == "ordered_at"


def test_money_is_shown_in_its_currency() -> None:
    with translation.override("es"):
        assert "CLP" in SpentCondition().describe(SPENT)
        assert "," not in SpentCondition().describe(SPENT)  # pesos of Chile have no cents


def test_a_category_or_a_product_but_not_both() -> None:
    for leaf in ({}, {"category": "a", "product_id": "b"}):
        with pytest.raises(VuelveError):
            OrderedCondition().check({"type": "ordered", **leaf}, "here")
    OrderedCondition().check({"type": "ordered", "product_id": "b"}, "here")


def test_the_order_is_found_by_a_property_of_the_event() -> None:
    kind = TriggerOrderCondition()
    assert kind.promotions(NAMED, "Shipment Updated") == [
        Promotion("Shipment Updated", "order_id", ValueType.TEXT)
    ]
    with pytest.raises(VuelveError) as caught:
        kind.promotions(NAMED, None)
    assert caught.value.code == "trigger_missing"
    aggregate, *_ = kind.aggregates([NAMED])
    assert aggregate.source.grain is Grain.TRIGGER
    assert set(aggregate.source.rows.columns) == {"shop_id", "customer_id", "seq", "category"}
