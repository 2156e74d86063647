"""Carts: when they are abandoned, what was in them, and who is never reminded."""

from datetime import datetime
from typing import Any

import pytest

from vuelve.commerce.tests.support import ANA, BEA, Store, later
from vuelve.commerce.ticks import abandon_carts, read_up_to
from vuelve.platform.db import for_shop

CAMERA: dict[str, Any] = {
    "product_id": "C1",
    "name": "Cámara",
    "price": "150.50",
    "image_url": "https://shop.example/c1.jpg",
    "url": "https://shop.example/c1",
    "currency": "MXN",
}
LENS: dict[str, Any] = {"product_id": "L1", "name": "Lente", "price": 99}


def tick(at: datetime) -> None:
    while abandon_carts(now=at, as_of=at):
        pass


def told(store: Store) -> list[dict[str, Any]]:
    return store.recorded("Cart Abandoned")


def test_what_was_in_it_and_how_to_come_back(store: Store) -> None:
    store.cart("Product Added", **CAMERA, quantity=2)
    store.cart("Product Added", **LENS, at=later(minutes=1))
    store.cart("Product Removed", product_id="C1", quantity=1, at=later(minutes=2))
    store.cart("Cart Viewed", at=later(minutes=3), url="https://shop.example/cart")
    store.consume()
    tick(later(minutes=62))
    assert told(store) == []  # 59 minutes
    tick(later(minutes=63))
    [event] = told(store)
    assert event == event | {
        "cart_id": "K",
        "url": "https://shop.example/cart",
        "currency": "MXN",
        "value_minor": 24950,
        "quantity": 2,
        "last_activity_at": later(minutes=3).isoformat(),
    }
    assert event["products"] == [
        {
            "product_id": "C1",
            "name": "Cámara",
            "image_url": "https://shop.example/c1.jpg",
            "url": "https://shop.example/c1",
            "quantity": 1,
            "price": "150.50",
        },
        {"product_id": "L1", "name": "Lente", "quantity": 1, "price": "99"},
    ]
    cart = store.one("commerce_cart")
    assert (cart["state"], cart["abandoned_at"], cart["value_minor"]) == (
        "abandoned",
        later(minutes=63),
        24950,
    )


def test_once_for_each_time_that_something_happened(store: Store) -> None:
    store.cart("Product Added", **LENS)
    store.consume()
    tick(later(minutes=60))
    tick(later(minutes=90))
    assert len(told(store)) == 1
    store.cart("Product Added", **LENS, at=later(minutes=100))
    store.consume()
    tick(later(minutes=120))
    assert len(told(store)) == 1
    tick(later(minutes=160))
    assert [event["quantity"] for event in told(store)] == [1, 2]


@pytest.mark.parametrize("is_named", [True, False])
def test_never_when_an_order_came_after(store: Store, is_named: bool) -> None:
    store.cart("Checkout Started", products=[LENS])
    store.order(at=later(minutes=30), customer=BEA if is_named else ANA, cart_id="K" if is_named else None)
    store.consume()
    tick(later(hours=2))
    assert told(store) == []
    assert store.rows("commerce_cart", "state", "order_id") == [("ordered", "A1")]


def test_an_order_before_it_closes_nothing(store: Store) -> None:
    store.cart("Product Added", **CAMERA, at=later(minutes=-20))
    store.order(at=later(minutes=-10))
    store.cart("Product Added", **LENS)
    store.consume()
    tick(later(minutes=60))
    # What was in it before the order was bought.
    assert [[line["product_id"] for line in event["products"]] for event in told(store)] == [["L1"]]


def test_recovered_when_an_order_follows(store: Store) -> None:
    store.cart("Product Added", **LENS)
    store.consume()
    tick(later(minutes=60))
    store.order(at=later(hours=5))
    store.consume()
    cart = store.one("commerce_cart")
    assert (cart["state"], cart["order_id"], cart["abandoned_at"]) == ("recovered", "A1", later(minutes=60))
    # The same cart begins anew.
    store.cart("Product Added", **LENS, at=later(hours=6))
    store.consume()
    assert store.rows("commerce_cart", "state", "abandoned_at") == [("open", None)]


def test_never_of_history_never_empty_never_too_late(store: Store) -> None:
    store.track("Product Added", ANA, {"cart_id": "H", **LENS}, historical=True)
    store.cart("Product Added", "E", **LENS)
    store.cart("Product Removed", "E", product_id="L1", at=later(minutes=1))
    store.cart("Product Added", "OLD", **LENS, at=later(hours=-60))
    store.consume()
    tick(later(hours=3))
    assert told(store) == []
    assert store.rows("commerce_cart", "cart_id", "state") == [
        ("E", "closed"),
        ("H", "open"),
        ("OLD", "closed"),
    ]


def test_what_a_store_says_after_the_order_is_no_news_of_the_cart(store: Store) -> None:
    store.cart("Checkout Started", products=[LENS])
    store.order(at=later(minutes=10), cart_id="K")
    store.cart("Checkout Updated", products=[LENS], is_completed=True, at=later(minutes=11))
    store.consume()
    tick(later(hours=3))
    assert told(store) == []


def test_a_cart_filled_under_two_ids_of_one_customer_is_told_of_once(store: Store) -> None:
    store.cart("Product Added", customer=BEA, **CAMERA)
    store.cart("Product Added", customer=ANA, **LENS, at=later(minutes=5))
    store.consume()
    store.merge(BEA, ANA)
    store.consume()
    assert store.rows("commerce_cart", "customer_id", "node_id") == [(ANA, ANA), (ANA, BEA)]
    tick(later(hours=2))
    [event] = told(store)
    assert [line["product_id"] for line in event["products"]] == ["C1", "L1"]


def test_a_shop_says_how_long_it_waits(store: Store) -> None:
    with for_shop(store.id) as cursor:
        cursor.execute("INSERT INTO commerce_setting VALUES (%s, 15)", [store.id])
    store.cart("Product Added", **LENS)
    store.consume()
    tick(later(minutes=14))
    assert told(store) == []
    tick(later(minutes=15))
    assert len(told(store)) == 1


def test_an_order_that_waits_to_be_read_is_not_overlooked(store: Store) -> None:
    store.cart("Product Added", **LENS)
    store.consume()
    try:
        set_cursors(store, "(SELECT xid, seq FROM events_event ORDER BY xid DESC, seq DESC LIMIT 1)")
        assert read_up_to(now=later(hours=5)) == later(hours=5)
        store.order(at=later(minutes=5))
        as_of = read_up_to(now=later(hours=5))
        assert as_of == later(minutes=5)
        assert abandon_carts(now=later(hours=5), as_of=as_of) == 0
    finally:
        set_cursors(store, "(0, 0)")
    store.consume()
    tick(later(hours=5))
    assert told(store) == []


def set_cursors(store: Store, position: str) -> None:
    with for_shop(store.id) as cursor:
        cursor.execute(f"UPDATE events_cursor SET (xid, seq) = {position} WHERE consumer = 'commerce'")


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("Product Added", {"product_id": None}, "product_id_missing"),
        ("Product Added", {"quantity": -1}, "amount_negative"),
        ("Product Added", {"quantity": "two"}, "amount_not_a_number"),
        ("Product Added", {"cart_id": "x" * 101}, "cart_id_too_long"),
        ("Product Removed", {"product_id": ""}, "product_id_missing"),
        ("Checkout Started", {"currency": "PESOS"}, "currency_unknown"),
        ("Checkout Started", {"value": "NaN"}, "amount_not_a_number"),
        ("Checkout Updated", {"value": -1}, "amount_negative"),
        ("Cart Updated", {"products": {}}, "products_not_a_list"),
        ("Cart Viewed", {"url": "\x00"}, "unreadable"),
    ],
)
def test_a_malformed_event_changes_nothing_but_is_seen(
    store: Store, name: str, change: dict[str, Any], reason: str
) -> None:
    before = store.everything()
    store.cart(name, **{**LENS, **change})
    store.consume()
    assert store.everything() == before
    assert store.rows("commerce_rejected", "event_name", "reason") == [(name, reason)]


def test_what_was_refused_is_not_in_the_cart(store: Store) -> None:
    store.cart("Product Added", **LENS)
    store.cart("Product Added", **{**LENS, "quantity": -5}, at=later(minutes=-1))
    store.cart("Product Added", product_id="C1", currency="PESOS", at=later(minutes=-1))
    store.consume()
    tick(later(hours=1))
    assert [(event["quantity"], event["currency"]) for event in told(store)] == [(1, "MXN")]


def test_stages_nothing_twice_when_two_ticks_meet(store: Store) -> None:
    store.cart("Product Added", **LENS)
    store.consume()
    with for_shop(store.id):
        tick(later(hours=1))
        tick(later(hours=1))
    assert len(told(store)) == 1
    assert store.rows("events_event WHERE name = 'Cart Abandoned'", "customer_id", "historical") == [
        (ANA, False)
    ]
