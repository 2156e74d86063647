"""What is not well formed is refused with its path, before anything is compiled; texts cannot break out of SQL."""

import math
from datetime import timedelta
from typing import Any

import pytest

from vuelve.platform import limits
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.segments import services as segments
from vuelve.segments.tests.world import NOW, Event, Subject, World, match, members
from vuelve.shops.models import Shop

ANYWHERE = ShopId(1)
TRAIT = {"type": "trait", "name": "plan", "op": "is", "value": "pro"}
EVENT = {"type": "event", "name": "Order Completed"}
TRIGGER = {"type": "trigger", "property": "plan", "op": "is", "value": "pro"}
SPENT = {"type": "spent", "amount_minor": {"op": "gte", "value": 1}, "currency": "MXN"}


def refusal(tree: Any) -> tuple[str, str | None]:
    with pytest.raises(VuelveError) as caught:
        segments.check_condition(shop=ANYWHERE, tree=tree, path="conditions")
    assert caught.value.hint
    with pytest.raises(VuelveError):
        segments.compile_condition(shop=ANYWHERE, tree=tree)
    return caught.value.code, caught.value.field


@pytest.mark.parametrize("tree", [None, [], "x", 3, True])
def test_a_tree_is_an_object(tree: Any) -> None:
    assert refusal(tree) == ("invalid_type", "conditions")


@pytest.mark.parametrize(
    ("tree", "code", "field"),
    [
        ({}, "missing_field", ".type"),
        ({"type": "nope"}, "unknown_condition", ".type"),
        ({"type": ["trait"]}, "invalid_type", ".type"),
        ({"type": None}, "invalid_type", ".type"),
        ({"all": []}, "empty_value", ".all"),
        ({"any": {}}, "invalid_type", ".any"),
        ({"all": [TRAIT, "x"]}, "invalid_type", ".all[1]"),
        ({"not": [TRAIT]}, "invalid_type", ".not"),
        ({"all": [TRAIT], "any": [TRAIT]}, "unknown_field", ".any"),
        ({"all": [TRAIT], "type": "trait"}, "unknown_field", ".type"),
        ({"all": [{"any": [{"not": {**TRAIT, "op": "like"}}]}]}, "invalid_choice", ".all[0].any[0].not.op"),
        ({**TRAIT, "extra": 1}, "unknown_field", ".extra"),
        ({**TRAIT, "name": ""}, "empty_value", ".name"),
        ({**TRAIT, "name": "x" * 101}, "too_long", ".name"),
        ({**TRAIT, "name": "a\x00b"}, "invalid_text", ".name"),
        ({**TRAIT, "op": None}, "invalid_choice", ".op"),
        ({**TRAIT, "op": ["is"]}, "invalid_choice", ".op"),
        ({**TRAIT, "value": None}, "invalid_type", ".value"),
        ({**TRAIT, "value": {}}, "invalid_type", ".value"),
        ({**TRAIT, "value": "a\x00b"}, "invalid_text", ".value"),
        ({**TRAIT, "value": "\ud800"}, "invalid_text", ".value"),
        ({**TRAIT, "value": "x" * 1_001}, "too_long", ".value"),
        ({**TRAIT, "op": "contains", "value": ""}, "empty_value", ".value"),
        ({**TRAIT, "op": "contains", "value": "\u0301"}, "invalid_value", ".value"),
        ({**TRAIT, "op": "gt", "value": "x"}, "operator_mismatch", ".op"),
        ({**TRAIT, "op": "contains", "value": 3}, "operator_mismatch", ".op"),
        ({**TRAIT, "op": "gt", "value": True}, "operator_mismatch", ".op"),
        ({**TRAIT, "op": "in", "value": "pro"}, "invalid_type", ".value"),
        ({**TRAIT, "op": "in", "value": []}, "empty_value", ".value"),
        ({**TRAIT, "op": "in", "value": ["a", 1]}, "invalid_type", ".value[1]"),
        ({**TRAIT, "op": "in", "value": ["a"] * 201}, "too_many_values", ".value"),
        ({**TRAIT, "value": math.nan}, "out_of_range", ".value"),
        ({**TRAIT, "value": math.inf}, "out_of_range", ".value"),
        ({**TRAIT, "value": 10**18}, "out_of_range", ".value"),
        ({**TRAIT, "value": 10**400}, "out_of_range", ".value"),
        ({**TRAIT, "value": 0.0000001}, "too_precise", ".value"),
        ({**TRAIT, "value": 3, "value_type": "text"}, "invalid_type", ".value"),
        ({**TRAIT, "value": "3", "value_type": "number"}, "invalid_type", ".value"),
        ({**TRAIT, "value": "3", "value_type": "json"}, "invalid_choice", ".value_type"),
        ({**TRAIT, "op": "gt", "value": "2026-03-01", "value_type": "time"}, "invalid_time", ".value"),
        ({**TRAIT, "op": "gt", "value": "0001-01-01T00:00:00+14:00", "value_type": "time"}, "invalid_time", ".value"),
        ({**TRAIT, "op": "is", "value": "2026-03-01T00:00:00Z", "value_type": "time"}, "operator_mismatch", ".op"),
        ({**TRAIT, "name": "country", "value": "Atlantis"}, "invalid_value", ".value"),
        ({**TRAIT, "name": "email", "value": "no address"}, "invalid_value", ".value"),
        ({**TRAIT, "name": "last_seen_at", "op": "contains", "value": "x"}, "operator_mismatch", ".op"),
        ({**TRAIT, "name": "country", "value": 3}, "invalid_type", ".value"),
        ({**TRAIT, "name": "country", "value": 3, "value_type": "number"}, "invalid_choice", ".value_type"),
        ({**EVENT, "name": "x" * 201}, "too_long", ".name"),
        ({**EVENT, "count": 2}, "invalid_type", ".count"),
        ({**EVENT, "count": {"op": "gte"}}, "missing_field", ".count.value"),
        ({**EVENT, "count": {"op": "in", "value": 1}}, "invalid_choice", ".count.op"),
        ({**EVENT, "count": {"op": "gte", "value": "2"}}, "invalid_type", ".count.value"),
        ({**EVENT, "count": {"op": "gte", "value": True}}, "invalid_type", ".count.value"),
        ({**EVENT, "count": {"op": "gte", "value": 1.5}}, "invalid_type", ".count.value"),
        ({**EVENT, "count": {"op": "gte", "value": -1}}, "out_of_range", ".count.value"),
        ({**EVENT, "count": {"op": "gte", "value": 10**30}}, "out_of_range", ".count.value"),
        ({**EVENT, "count": {"op": "gte", "value": 1, "x": 1}}, "unknown_field", ".count.x"),
        ({**EVENT, "within_days": 0}, "out_of_range", ".within_days"),
        ({**EVENT, "within_days": 3_651}, "out_of_range", ".within_days"),
        ({**EVENT, "within_days": "30"}, "invalid_type", ".within_days"),
        ({**EVENT, "within_days": 30.0}, "invalid_type", ".within_days"),
        ({**EVENT, "where": {}}, "invalid_type", ".where"),
        ({**EVENT, "where": []}, "empty_value", ".where"),
        ({**EVENT, "where": [{"property": "a"}]}, "missing_field", ".where[0].op"),
        ({**EVENT, "where": [{**TRIGGER, "property": ""}]}, "empty_value", ".where[0].property"),
        ({**EVENT, "where": [{"property": "a", "op": "in", "value": [1, "b"]}]}, "invalid_type", ".where[0].value[1]"),
        ({**EVENT, "where": [{"property": "a", "op": "is_set"}] * 51}, "too_many_conditions", ""),
        ({**TRIGGER, "property": "\x00"}, "invalid_text", ".property"),
        ({"type": "orders"}, "missing_field", ".count"),
        ({**SPENT, "currency": "mxn"}, "invalid_currency", ".currency"),
        ({**SPENT, "currency": "PESO"}, "too_long", ".currency"),
        ({**SPENT, "amount_minor": {"op": "gte", "value": 12.5}}, "invalid_type", ".amount_minor.value"),
        ({**SPENT, "amount_minor": {"op": "gte", "value": 10**14}}, "out_of_range", ".amount_minor.value"),
        ({"type": "ordered"}, "missing_field", ".category"),
        ({"type": "ordered", "category": "a", "product_id": "b"}, "unknown_field", ".category"),
        ({"type": "ordered", "category": ["a"]}, "invalid_type", ".category"),
        ({"type": "trigger_order", "category": "CAMERA"}, "invalid_type", ".category"),
        ({"type": "trigger_order", "category": {"op": "is_not", "value": "a"}}, "invalid_choice", ".category.op"),
        ({"type": "trigger_order", "category": {"op": "in", "value": [1]}}, "invalid_type", ".category.value[0]"),
        ({"all": [TRAIT] * 51}, "too_many_conditions", ".all[50]"),
        ({"all": [{**TRAIT, "op": "in", "value": ["x" * 1_000] * 110}]}, "condition_too_large", ""),
    ],
)  # fmt: skip
def test_bad_trees_are_refused_where_they_are_wrong(tree: Any, code: str, field: str) -> None:
    assert refusal(tree) == (code, f"conditions{field}")


@pytest.mark.parametrize("levels", [7, 50, 100_000])
@pytest.mark.parametrize("branch", ["not", "all"])
def test_a_bomb_of_levels_is_refused(levels: int, branch: str) -> None:
    tree: Any = TRAIT
    for _ in range(levels):
        tree = {branch: tree if branch == "not" else [tree]}
    code, field = refusal(tree)
    assert code == "too_deep"
    assert field is not None
    assert field.count(branch) == limits.CONDITION_DEPTH_MAX


def test_the_deepest_and_the_widest_tree_that_are_allowed_run(shop: Shop) -> None:
    here = ShopId(shop.pk)
    World(profiles={1: {}}, traits={1: {"plan": "pro"}}).write(here)
    deep: Any = TRAIT
    for _ in range(limits.CONDITION_DEPTH_MAX - 1):
        deep = {"not": deep}
    assert match(here, deep, [Subject(1, 1)]) == set()
    leaves = [{**EVENT, "within_days": days + 1, "count": {"op": "is", "value": 0}} for days in range(50)]
    assert match(here, {"all": leaves}, [Subject(1, 1)]) == {1}


@pytest.mark.parametrize(
    "text",
    [
        "it's",
        "''; DROP TABLE customers_trait; --",
        '"double"',
        "back\\slash",
        "\\",
        "\\'",
        "E'\\x27'",
        "100%",
        "%s %(shop)s %%",
        "%(now)s",
        ":shop $1 ?",
        "vuelve_shop()",
        "line\nbreak\ttab\r",
        "año 🎉 日本語 \u202e",
        "{{ x }} {% y %}",
        "a" * 990,
        "/* */ -- $$ $x$",
    ],
)
def test_texts_are_values_whatever_is_in_them(shop: Shop, text: str) -> None:
    here = ShopId(shop.pk)
    World(
        profiles={1: {}, 2: {}},
        traits={1: {text[:100]: text}, 2: {text[:100]: text + "x"}},
        events=[
            Event(1, 1, text[:200], NOW, NOW, {text[:100]: text}),
            Event(2, 2, "other", NOW, NOW, {"a": text}),
        ],
    ).write(here)
    subjects = [Subject(1, 1, 1), Subject(2, 2, 2)]
    name, same = text[:100], {"op": "is", "value": text}
    for leaf in (
        {"type": "trait", "name": name, **same},
        {"type": "trait", "name": name, "op": "in", "value": [text, "other"]},
        {"type": "trait", "name": name, "op": "ends_with", "value": text},
        {"type": "event", "name": text[:200], "where": [{"property": name, **same}]},
        {"type": "trigger", "property": name, "op": "contains", "value": text},
    ):
        assert match(here, leaf, subjects) == {1}, leaf
        if leaf["type"] != "trigger":
            assert members(here, leaf) == {1}
    everyone = {"type": "trait", "name": name, "op": "starts_with", "value": text}
    assert match(here, everyone, subjects) == {1, 2}


def test_nobody_is_asked_and_a_customer_who_does_not_exist(shop: Shop) -> None:
    here = ShopId(shop.pk)
    World(profiles={1: {}}).write(here)
    assert match(here, TRAIT, []) == set()
    assert match(here, {"not": TRAIT}, [Subject(1, 77, 77)]) == {1}
    assert members(here, {"not": TRAIT}, NOW - timedelta(days=365)) == {1}
