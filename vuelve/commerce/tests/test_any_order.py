"""Whatever the order of arrival, however often, in whatever batches: the same tables as the sorted run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vuelve.commerce.tests.support import NOW, Store, later
from vuelve.events import services as events
from vuelve.platform.db import copy_rows, fetch_dicts, for_shop

TABLES = (
    "order",
    "order_key",
    "order_update",
    "item",
    "refund",
    "payment",
    "shipment",
    "shipment_checkpoint",
    "product",
    "product_fact",
    "cart",
)
# What depends on the log or on what was told when, not on the events.
ARRIVAL = {"shop_id", "event_seq", "told_delivered"}


@dataclass(frozen=True)
class Said:
    name: str
    customer: int
    minute: int
    properties: dict[str, Any]
    historical: bool
    key: str = ""


_orders = st.sampled_from(["A1", "A2"])
_amounts = st.sampled_from(["10", "33.33", "50", "120"])
_lines = st.lists(
    st.fixed_dictionaries(
        {
            "product_id": st.sampled_from(["p", "q"]),
            "line_id": st.sampled_from(["1", "2"]),
            "quantity": st.integers(0, 3),
            "price": st.sampled_from(["9.99", "20"]),
            "name": st.sampled_from(["Uno", "Dos"]),
        }
    ),
    max_size=3,
)
_order = st.fixed_dictionaries(
    {
        "order_id": _orders,
        "total": _amounts,
        "products": _lines,
        "currency": st.sampled_from(["MXN", "MXN", "USD"]),
    }
)
_placed = _order.map(
    lambda said: (
        said | {"payments": [{"payment_id": f"of {said['total']}", "state": "paid", "amount": said["total"]}]}
    )
)
_refund = st.fixed_dictionaries(
    {"order_id": _orders},
    optional={
        "refund_id": st.sampled_from(["r1", "r2"]),
        "total": _amounts,
        "currency": st.sampled_from(["MXN", "USD"]),
        "products": st.lists(
            st.fixed_dictionaries(
                {"line_id": st.sampled_from(["1", "2", "9"])},
                optional={"quantity": st.integers(0, 3), "amount": _amounts},
            ),
            max_size=2,
        ),
    },
)
_payment = st.fixed_dictionaries(
    {
        "order_id": _orders,
        "payment_id": st.sampled_from(["1", "2"]),
        "state": st.sampled_from(["pending", "authorized", "paid", "failed", "refunded"]),
        "amount": _amounts,
        "method": st.sampled_from(["card", "oxxo"]),
    }
)
_shipment = st.fixed_dictionaries(
    {
        "order_id": _orders,
        "shipment_id": st.sampled_from(["P1", "P2"]),
        "status": st.sampled_from(
            ["packed", "InTransit", "OutForDelivery", "delivered", "AttemptFail", "Exception"]
        ),
    },
    optional={"carrier": st.sampled_from(["X", "Y"]), "tracking_number": st.sampled_from(["1", "2"])},
)
_cancel = st.fixed_dictionaries({"order_id": _orders, "reason": st.sampled_from(["a", "b"])})
_product = st.fixed_dictionaries(
    {"product_id": st.sampled_from(["p", "q"])},
    optional={
        "name": st.sampled_from(["Tres", "Cuatro"]),
        "brand": st.sampled_from(["M", "N"]),
        "stock": st.integers(0, 3),
        "price": _amounts,
        "categories": st.lists(st.sampled_from(["c", "d"]), max_size=2),
    },
)
_cart = st.fixed_dictionaries(
    {"cart_id": st.sampled_from(["K1", None]), "product_id": st.just("p")},
    optional={"order_id": st.just("A1"), "value": _amounts},
)
_happenings = st.one_of(
    st.tuples(st.sampled_from(["Product Added", "Checkout Started", "Cart Updated"]), _cart),
    st.tuples(st.just("Product Updated"), _product),
    st.tuples(st.just("Product Deleted"), st.fixed_dictionaries({"product_id": st.just("p")})),
    st.tuples(st.just("Order Completed"), _order | _placed),
    st.tuples(st.just("Order Updated"), _order),
    st.tuples(st.just("Order Refunded"), _refund),
    st.tuples(st.just("Payment Updated"), _payment),
    st.tuples(st.just("Shipment Updated"), _shipment),
    st.tuples(st.just("Order Cancelled"), _cancel),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Said]:
    said = draw(st.lists(_happenings, min_size=2, max_size=14))
    minutes = draw(st.permutations(range(len(said))))
    return [
        Said(
            name=name,
            customer=draw(st.sampled_from([2_001, 2_001, 2_002])),
            minute=minute,
            properties=properties,
            historical=draw(st.booleans()),
            key=f"e{number}",
        )
        for number, ((name, properties), minute) in enumerate(zip(said, minutes, strict=True))
    ]


def append(store: Store, said: Sequence[Said], source: str) -> None:
    with for_shop(store.id) as cursor:
        events.open_staging(cursor)
        copy_rows(
            cursor,
            "event_staged (shop_id, name, occurred_at, message_id, customer_id, properties, historical)",
            (
                (
                    store.id,
                    one.name,
                    later(minutes=one.minute),
                    one.key,
                    one.customer,
                    json.dumps(one.properties),
                    one.historical,
                )
                for one in said
            ),
        )
        events.record_staged(cursor, now=NOW, source=source, from_outside=True)


def tables(store: Store) -> dict[str, list[Any]]:
    found = {}
    with for_shop(store.id) as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM commerce_{table}")
            rows = [
                {name: value for name, value in row.items() if name not in ARRIVAL}
                for row in fetch_dicts(cursor)
            ]
            found[table] = sorted(rows, key=lambda row: json.dumps(row, default=str, sort_keys=True))
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), data=st.data())
def test_any_order_and_duplication_gives_the_same_tables(
    shop: Any, history: list[Said], data: st.DataObject
) -> None:
    from vuelve.testing import make_shop

    sorted_run, shuffled = Store(make_shop()), Store(make_shop())
    append(sorted_run, sorted(history, key=lambda one: one.minute), "once")
    sorted_run.consume()
    twice = history + data.draw(st.lists(st.sampled_from(history), max_size=6))
    arrivals = data.draw(st.permutations(twice))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(arrivals)), max_size=4)))
    for start, end in zip([0, *cuts], [*cuts, len(arrivals)], strict=True):
        for number, one in enumerate(arrivals[start:end]):
            append(shuffled, [one], f"source {start + number}")  # the log itself would let a repeat vanish
        shuffled.consume()
    assert tables(shuffled) == tables(sorted_run)
    told = shuffled.milestones()
    assert len(told) == len(set(told))
    # And all of it again, as after a cursor that was lost.
    Store(shuffled.shop).consume()
    assert tables(shuffled) == tables(sorted_run)
    assert shuffled.milestones() == told


def test_a_cart_is_open_again_when_its_order_turns_out_to_be_older(shop: Any) -> None:
    store = Store(shop)

    def said(name: str, minute: int, **properties: Any) -> Said:
        return Said(name, 2_001, minute, properties, historical=False, key=f"e{minute}")

    for one in (
        said("Product Added", 11, cart_id="K1", product_id="p"),
        said("Order Completed", 12, order_id="A1", total="10", products=[]),
    ):
        append(store, [one], "shop")
    store.consume()
    [cart] = tables(store)["cart"]
    assert (cart["state"], cart["order_id"]) == ("ordered", "A1")
    append(store, [said("Order Completed", 8, order_id="A1", total="10", products=[])], "shop")
    store.consume()
    [cart] = tables(store)["cart"]
    assert (cart["state"], cart["order_id"]) == ("open", None)
    append(store, [said("Order Completed", 13, order_id="A2", total="10", products=[])], "shop")
    store.consume()
    [cart] = tables(store)["cart"]
    assert (cart["state"], cart["order_id"]) == ("ordered", "A2")
