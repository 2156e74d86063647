"""Leaves on events, without a database: what they read, need and say. What they mean is tested in `segments`."""

from typing import Any

import pytest
from django.utils import translation

from vuelve.events.conditions import EVENT, PROPERTY, EventCondition, TriggerCondition
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Grain, Promotion, ValueType

KIND, TRIGGER = EventCondition(), TriggerCondition()
PLAIN = {"type": "event", "name": "Order Completed"}
WHERE = {"property": "plan", "op": "is", "value": "pro"}


def test_a_count_is_at_least_once_unless_said_otherwise() -> None:
    with translation.override("en"):
        assert KIND.describe(PLAIN) == "Order Completed happened at least 1 time"
        assert KIND.describe({**PLAIN, "count": {"op": "lt", "value": 3}, "within_days": 2}) == (
            "Order Completed happened less than 3 times in the last 2 days"
        )


def test_leaves_share_one_source_and_join_only_the_properties_that_some_leaf_reads() -> None:
    plain, *_ = KIND.aggregates([PLAIN])
    assert plain.source.rows.op() == EVENT.op()
    number = {"property": "plan", "op": "gt", "value": 3}
    joined = KIND.aggregates([PLAIN, {**PLAIN, "where": [WHERE, number]}, {**PLAIN, "where": [WHERE]}])
    assert len({aggregate.source.rows.op() for aggregate in joined}) == 1
    columns = set(joined[0].source.rows.columns) - set(EVENT.columns)
    assert columns == {"property_0", "property_1"}  # plan as a number, plan as a text
    assert joined[0].where is None


def test_windows_and_names_are_left_to_the_compiler() -> None:
    aggregate, *_ = KIND.aggregates([{**PLAIN, "within_days": 30}])
    assert (aggregate.names, aggregate.within_days) == (frozenset(["Order Completed"]), 30)
    assert aggregate.source.partition == ("received_at", 1)


def test_properties_are_promoted_for_the_event_that_is_counted() -> None:
    money = {"property": "total", "op": "gte", "value": 5, "value_type": "money"}
    is_set = {"property": "coupon", "op": "is_set"}
    assert KIND.promotions({**PLAIN, "where": [WHERE, money, is_set]}, "Cart Viewed") == [
        Promotion("Order Completed", "plan", ValueType.TEXT),
        Promotion("Order Completed", "total", ValueType.MONEY),
        Promotion("Order Completed", "coupon", None),
    ]


def test_a_trigger_reads_the_event_that_is_looked_at() -> None:
    leaf: dict[str, Any] = {"type": "trigger", **WHERE}
    aggregate, *_ = TRIGGER.aggregates([leaf])
    assert aggregate.source.rows.op() == PROPERTY.op()
    assert aggregate.source.grain is Grain.TRIGGER
    assert TRIGGER.promotions(leaf, "Cart Viewed") == [Promotion("Cart Viewed", "plan", ValueType.TEXT)]
    with pytest.raises(VuelveError) as caught:
        TRIGGER.promotions(leaf, None)
    assert caught.value.code == "trigger_missing"
