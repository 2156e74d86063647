"""What the compiled statements read, and what the services around them do."""

from typing import Any

import ibis
import psycopg
import pytest
from django.utils import translation

from vuelve.commerce.conditions import ITEM, ORDER, ORDER_KEY
from vuelve.customers.conditions import ALIAS, CUSTOMER, TRAIT
from vuelve.events.conditions import EVENT, PROPERTY
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.segments import services as segments
from vuelve.segments.tests.world import NOW, Subject, World, match
from vuelve.shops.models import Shop
from vuelve.testing import track

ANYWHERE = ShopId(1)
COUNTED = {"type": "event", "name": "Order Completed", "count": {"op": "gte", "value": 2}, "within_days": 30}
PRO = {"type": "trigger", "property": "plan", "op": "is", "value": "pro"}
TYPES = {
    "int64": "bigint",
    "int32": "integer",
    "int16": "smallint",
    "string": "text",
    "boolean": "boolean",
    "decimal(24, 6)": "numeric(24,6)",
    "timestamp('UTC')": "timestamp with time zone",
}


def statement(tree: Any) -> str:
    return segments.compile_condition(shop=ANYWHERE, tree=tree)._match[0]


@pytest.mark.parametrize("table", [CUSTOMER, TRAIT, ALIAS, EVENT, PROPERTY, ORDER, ORDER_KEY, ITEM])
def test_unbound_tables_are_as_the_migrations_made_them(database: str, table: ibis.Table) -> None:
    with psycopg.connect(database) as owner:
        rows = owner.execute(
            "SELECT attname, format_type(atttypid, atttypmod), attcollation, "
            "(SELECT collname FROM pg_collation c WHERE c.oid = attcollation) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table.get_name()],
        ).fetchall()
    real = {name: (kind, collation) for name, kind, _, collation in rows}
    for name, kind in table.schema().items():
        written, collation = real[name]
        assert written == TYPES[str(kind(nullable=True))]
        # Equality by code points on every engine; `is` must not depend on the server's locale.
        assert collation in (None, "C"), f"{name} is compared by {collation}"


def test_a_tree_of_triggers_reads_no_log() -> None:
    read = statement({"all": [PRO, {"not": {**PRO, "property": "coupon"}}]})
    assert "events_event" not in read
    assert "customers_customer" not in read
    assert "now" not in segments.compile_condition(shop=ANYWHERE, tree=PRO)._match[1]


def test_leaves_on_one_table_share_one_pass() -> None:
    names = ["Order Completed", "Product Viewed", "Cart Viewed"]
    leaves = [{**COUNTED, "name": name, "within_days": 7 + n} for n, name in enumerate(names)]
    read = statement({"any": [*leaves, leaves[0]]})
    assert read.count('FROM "events_event"') == 1
    assert read.count("figure_2") > 0
    assert "figure_3" not in read
    orders = {"type": "orders", "count": {"op": "gte", "value": 1}, "within_days": 3}
    spent = {"type": "spent", "amount_minor": {"op": "gte", "value": 1}, "currency": "MXN"}
    assert statement({"all": [orders, spent]}).count('FROM "commerce_order"') == 1


def test_shop_and_instant_are_bound_and_values_are_not() -> None:
    tree = {"all": [COUNTED, {**COUNTED, "within_days": 7}]}
    compiled = segments.compile_condition(shop=ANYWHERE, tree=tree)
    text, names = compiled._match
    assert names == {"shop", "now", "start_30", "start_7", "start_31"}
    assert "vuelve_" not in text.lower()
    parameters = compiled.members_parameters(shop=ShopId(7), now=NOW)
    assert (parameters["shop"], parameters["now"]) == (7, NOW)
    assert set(parameters) == names


def test_equal_trees_are_compiled_once() -> None:
    one = segments.compile_condition(shop=ShopId(1), tree={"not": COUNTED})
    same = segments.compile_condition(shop=ShopId(2), tree={"not": dict(reversed(COUNTED.items()))})
    assert one is same
    assert segments.compile_condition(shop=ShopId(1), tree=COUNTED) is not one


def test_a_tree_changed_after_it_was_compiled_changes_nothing() -> None:
    tree: dict[str, Any] = {"any": [dict(COUNTED)]}
    compiled = segments.compile_condition(shop=ANYWHERE, tree=tree)
    tree["any"][0]["name"] = "Other"
    assert compiled.tree == {"any": [COUNTED]}


def test_members_stand_in_a_larger_statement(shop: Shop) -> None:
    here = ShopId(shop.pk)
    World(profiles={1: {}, 2: {}}, traits={1: {"plan": "100%"}}).write(here)
    compiled = segments.compile_condition(
        shop=here, tree={"type": "trait", "name": "plan", "op": "is", "value": "100%"}
    )
    with for_shop(here) as cursor:
        counted = cursor.execute(
            f"SELECT count(*), min(customer_id) FROM ({compiled.members_sql()}) m WHERE customer_id <> %(not)s",
            {"not": 5, **compiled.members_parameters(shop=here, now=NOW)},
        ).fetchone()
    assert counted == (1, 1)


def test_a_match_leaves_the_planner_as_it_was(shop: Shop) -> None:
    here = ShopId(shop.pk)
    World(profiles={1: {}}).write(here)
    with for_shop(here) as cursor:
        before = cursor.execute("SHOW cpu_tuple_cost").fetchone()
        segments.open_subjects(cursor)
        segments.compile_condition(shop=here, tree=COUNTED).match(cursor, shop=here, now=NOW)
        assert cursor.execute("SHOW cpu_tuple_cost").fetchone() == before


def test_without_the_door_nobody_matches(shop: Shop) -> None:
    """Row-level security stands behind the statement."""
    here = ShopId(shop.pk)
    World(profiles={1: {}}, traits={1: {"plan": "pro"}}).write(here)
    tree = {"type": "trait", "name": "plan", "op": "is", "value": "pro"}
    assert match(here, tree, [Subject(1, 1)]) == {1}
    with for_shop(ShopId(here + 1)) as cursor:
        assert segments.compile_condition(shop=here, tree=tree).members(cursor, shop=here, now=NOW) == []


def promoted(here: ShopId) -> set[tuple[Any, ...]]:
    with for_shop(here) as cursor:
        return set(cursor.execute("SELECT event_name, property, value_type FROM events_promoted").fetchall())


def test_preparing_promotes_what_leaves_read_and_fills_in_the_past(shop: Shop) -> None:
    here = ShopId(shop.pk)
    World(profiles={1: {}}).write(here)
    track(shop, "Order Completed", customer=1, properties={"plan": "pro", "amount": "12.50"}, at=NOW)
    where = [{"property": "amount", "op": "gte", "value": 12.5, "value_type": "money"}]
    tree = {"all": [{**COUNTED, "count": {"op": "gte", "value": 1}, "where": where}, {"not": PRO}]}
    assert match(here, tree, [Subject(1, 1)]) == set()
    for _ in range(2):
        segments.prepare_condition(shop=here, tree=tree, event_name="Cart Viewed")
    assert promoted(here) == {("Order Completed", "amount", "money"), ("Cart Viewed", "plan", "text")}
    assert match(here, tree, [Subject(1, 1)]) == {1}
    order = {"type": "trigger_order", "category": {"op": "is", "value": "CAMERA"}}
    segments.prepare_condition(shop=here, tree=order, event_name="Order Completed")
    assert ("Order Completed", "order_id", "text") in promoted(here)


@pytest.mark.parametrize(
    ("tree", "event_name", "code", "field"),
    [
        ({"all": [COUNTED, PRO]}, None, "trigger_missing", "here.all[1]"),
        (
            {"not": {"type": "trigger_order", "category": {"op": "is_set"}}},
            None,
            "trigger_missing",
            "here.not",
        ),
        ({"all": [PRO, {**PRO, "value": 3}]}, "Order Completed", "promoted_type", "here.all[1]"),
        ({"all": [PRO, {**PRO, "op": "like"}]}, "Order Completed", "invalid_choice", "here.all[1].op"),
    ],
)
def test_what_cannot_be_prepared_promotes_nothing(
    shop: Shop, tree: Any, event_name: str | None, code: str, field: str
) -> None:
    here = ShopId(shop.pk)
    with pytest.raises(VuelveError) as caught:
        segments.prepare_condition(shop=here, tree=tree, event_name=event_name, path="here")
    assert (caught.value.code, caught.value.field) == (code, field)
    assert promoted(here) == set()


def test_asking_whether_a_property_is_there_takes_it_as_it_is_kept(shop: Shop) -> None:
    here = ShopId(shop.pk)
    number = {"type": "trigger", "property": "amount", "op": "gt", "value": 3}
    is_set = {"type": "trigger", "property": "amount", "op": "is_set"}
    for tree in (number, is_set, {"all": [is_set, number]}):
        segments.prepare_condition(shop=here, tree=tree, event_name="Order Completed")
    assert promoted(here) == {("Order Completed", "amount", "number")}


def test_every_kind_is_registered_and_says_what_it_is() -> None:
    kinds = {"trait", "event", "trigger", "orders", "spent", "ordered", "trigger_order"}
    assert kinds <= set(registry.conditions)
    for key, kind in registry.conditions.items():
        assert kind.key == key
        assert str(kind.label)


def test_a_tree_is_described_one_line_a_leaf() -> None:
    tree = {
        "all": [
            {"type": "trait", "name": "country", "op": "in", "value": ["MX", "BR", "US", "ES", "AR", "CL", "PE"]},
            {"any": [COUNTED, {"not": {**COUNTED, "within_days": 1, "where": [PRO | {"value": True}]}}]},
            PRO,
            {"type": "spent", "amount_minor": {"op": "gte", "value": 123450}, "currency": "MXN"},
            {"type": "ordered", "category": "CAMERA", "within_days": 90},
            {"type": "orders", "count": {"op": "is", "value": 1}},
            {"type": "trigger_order", "category": {"op": "in", "value": ["CAMERA", "LENS"]}},
            {"type": "trait", "name": "points", "op": "gt", "value": 10.5},
        ]
    }  # fmt: skip
    with translation.override("en"):
        lines = segments.describe(tree).splitlines()
    assert lines == [
        "All of:",
        "  country is one of MX, BR, US, ES, AR and 2 more",
        "  Any of:",
        "    Order Completed happened at least 2 times in the last 30 days",
        "    Not:",
        "      Order Completed happened at least 2 times in the last day, where plan is yes",
        "  plan of the event is pro",
        "  at least MX$1,234.50 spent (only orders in MXN)",
        "  at least 1 of category CAMERA bought in the last 90 days",
        "  exactly 1 order",
        "  a category in the order is one of CAMERA, LENS",
        "  points is more than 10.5",
    ]
    assert len(segments.describe(COUNTED).splitlines()) == 1


def test_one_more_leaf_than_allowed_is_one_too_many() -> None:
    leaves = [{**COUNTED, "within_days": days + 1} for days in range(limits.CONDITION_LEAVES_MAX)]
    segments.check_condition(shop=ANYWHERE, tree={"any": leaves}, path="conditions")
    with pytest.raises(VuelveError):
        segments.check_condition(shop=ANYWHERE, tree={"any": [*leaves, COUNTED]}, path="conditions")
