"""The objects `order` and `cart`: the recipient's own order, money as they write it, many at once."""

from typing import Any

from vuelve.commerce.liquid import ITEMS_MAX, CartObject, OrderObject
from vuelve.commerce.tests.support import ANA, BEA, Store, later
from vuelve.commerce.ticks import abandon_carts
from vuelve.platform.db import for_shop
from vuelve.platform.extension import MessageSubject
from vuelve.platform.ids import CustomerId, MessageId

CAMERA = {"product_id": "C1", "name": "Cámara", "category": "CAMERA", "price": 1500.5, "quantity": 2}
LENS: dict[str, Any] = {"product_id": "L1", "price": 99, "url": "https://shop.example/l1"}


def positions(store: Store, name: str) -> list[tuple[int, int]]:
    with for_shop(store.id) as cursor:
        found = cursor.execute(
            "SELECT xid, seq FROM events_event WHERE name = %s ORDER BY xid, seq", [name]
        ).fetchall()
    return [(row[0], row[1]) for row in found]


def load(store: Store, *subjects: tuple[CustomerId, tuple[int, int] | None, str]) -> dict[MessageId, Any]:
    messages = [
        MessageSubject(
            message_id=MessageId(n),
            customer_id=customer,
            event_xid=position[0] if position else None,
            event_seq=position[1] if position else None,
            data={},
            locale=locale,
        )
        for n, (customer, position, locale) in enumerate(subjects, 1)
    ]
    with for_shop(store.id) as cursor:
        return OrderObject().load(cursor, store.id, messages)


def test_the_order_of_the_event_that_is_answered(store: Store) -> None:
    store.order("A1", total=3100, shipping=0.5, coupon="HOLA", products=[CAMERA, LENS])
    store.consume()
    (position,) = positions(store, "Order Completed")
    found = load(store, (ANA, position, "es_MX"), (ANA, position, "pt-BR"), (ANA, position, "en"))
    assert [found[MessageId(n)]["total"] for n in (1, 2, 3)] == [
        "$3,100.00",
        "MX$\xa03.100,00",
        "MX$3,100.00",
    ]
    order = found[MessageId(1)]
    for item in order["items"]:
        assert (item.pop("variant"), item.pop("refunded_quantity")) == (None, 0)
    assert order == order | {
        "order_id": "A1",
        "ordered_at": "2026-03-05T12:00:00+00:00",
        "currency": "MXN",
        "total": "$3,100.00",
        "subtotal": "$3,099.50",
        "discount": "$0.00",
        "shipping": "$0.50",
        "tax": "$0.00",
        "total_minor": 310000,
        "coupon_code": "HOLA",
        "items": [
            {
                "product_id": "C1",
                "name": "Cámara",
                "category": "CAMERA",
                "brand": None,
                "image_url": None,
                "url": None,
                "quantity": 2,
                "price": "$1,500.50",
                "amount": "$3,001.00",
            },
            {
                "product_id": "L1",
                "name": "L1",
                "category": None,
                "brand": None,
                "image_url": None,
                "url": "https://shop.example/l1",
                "quantity": 1,
                "price": "$99.00",
                "amount": "$99.00",
            },
        ],
        "has_more_items": False,
        "shipments": [],
        "shipment_id": None,
        "milestone": None,
        "carrier": None,
        "tracking_url": None,
        "eta_date": None,
    }


def test_a_milestone_is_about_its_own_shipment(store: Store) -> None:
    store.order("A1")
    for n, shipment in enumerate(("P1", "P2"), 1):
        link = f"https://carrier.example/{shipment}"
        store.ship(
            "packed", shipment_id=shipment, tracking_url=link, eta_date=f"2026-03-0{n}", at=later(hours=n)
        )
    store.consume()
    confirmed, first, second = positions(store, "Order Milestone Reached")
    found = load(store, (ANA, first, "en"), (ANA, second, "en"), (ANA, confirmed, "en"))
    assert [
        (order["shipment_id"], order["milestone"], order["tracking_url"], order["eta_date"])
        for order in (found[MessageId(1)], found[MessageId(2)], found[MessageId(3)])
    ] == [
        ("P1", "packed", "https://carrier.example/P1", "2026-03-01"),
        ("P2", "packed", "https://carrier.example/P2", "2026-03-02"),
        ("P2", "packed", "https://carrier.example/P2", "2026-03-02"),  # the one heard of last
    ]
    assert [shipment["shipment_id"] for shipment in found[MessageId(1)]["shipments"]] == ["P2", "P1"]


def test_messages_without_an_order_are_left_out(store: Store) -> None:
    store.order("A1")
    store.order(None)
    store.track("Product Viewed", ANA, {"order_id": "NOSUCH"})
    store.track("Product Viewed", ANA, {"order_id": "A1", "note": "\x00"})
    store.track("Product Viewed", ANA, {})
    store.consume()
    good, rejected = positions(store, "Order Completed")
    subjects = [(ANA, position, "en") for position in [*positions(store, "Product Viewed"), rejected]]
    found = load(store, *subjects, (ANA, None, "en"), (ANA, (good[0], good[1] + 10**6), "en"))
    assert found == {}


def test_nobody_is_shown_anothers_order(store: Store) -> None:
    store.order("A1", customer=ANA)
    store.track("Complained", BEA, {"order_id": "A1"})
    store.consume()
    assert load(store, (BEA, positions(store, "Complained")[0], "en")) == {}


def test_a_merged_customers_order_is_their_own(store: Store) -> None:
    store.order("A1", customer=BEA)
    store.consume()
    (position,) = positions(store, "Order Completed")
    store.merge(BEA, ANA)
    assert load(store, (ANA, position, "en")).keys() == {1}
    store.consume()
    assert load(store, (ANA, position, "en"), (BEA, position, "en")).keys() == {1, 2}


def test_a_long_order_is_cut(store: Store) -> None:
    store.order("A1", products=[LENS] * (ITEMS_MAX + 1))
    store.order("A2", products=[LENS] * ITEMS_MAX)
    store.consume()
    long, full = (load(store, (ANA, at, "en"))[MessageId(1)] for at in positions(store, "Order Completed"))
    assert (len(long["items"]), long["has_more_items"]) == (ITEMS_MAX, True)
    assert (len(full["items"]), full["has_more_items"]) == (ITEMS_MAX, False)


def test_what_happened_to_an_order_since(store: Store) -> None:
    store.order("A1", total=100, order_number="#7", products=[LENS], payment_method="OXXO")
    store.pay("paid", amount=100, payment_id="p", provider="Conekta", instalments=3, at=later(minutes=1))
    store.refund(refund_id="r", total=30, at=later(minutes=2))
    for parcel in ("P1", "P2"):
        store.ship("Exception", shipment_id=parcel, tracking_number=f"T{parcel}", message="customs")
    store.consume()
    (position,) = positions(store, "Order Completed")
    order = load(store, (ANA, position, "es_MX"))[MessageId(1)]
    assert order == order | {
        "order_number": "#7",
        "status": "partially_refunded",
        "payment_state": "paid",
        "payment_method": "oxxo",
        "refunded": "$30.00",
        "net": "$70.00",
        "net_minor": 7000,
        "refunds": [{"refund_id": "r", "amount": "$30.00", "at": later(minutes=2).isoformat()}],
    }
    assert order["payments"] == [
        {
            "payment_id": "p",
            "state": "paid",
            "method": None,
            "provider": "Conekta",
            "instalments": 3,
            "amount": "$100.00",
        }
    ]
    assert [(each["tracking_number"], each["problem"]) for each in order["shipments"]] == [
        ("TP1", "exception"),
        ("TP2", "exception"),
    ]


def test_the_cart_that_was_abandoned(store: Store) -> None:
    store.cart("Product Added", **LENS, quantity=2, name="Lente")
    store.cart("Cart Viewed", url="https://shop.example/cart", at=later(minutes=1))
    store.consume()
    abandon_carts(now=later(hours=2), as_of=later(hours=2))
    (position,) = positions(store, "Cart Abandoned")
    message = MessageSubject(
        message_id=MessageId(1),
        customer_id=ANA,
        event_xid=position[0],
        event_seq=position[1],
        data={},
        locale="es_MX",
    )
    with for_shop(store.id) as cursor:
        found = CartObject().load(cursor, store.id, [message])
    cart = found[MessageId(1)]
    assert (cart["value"], cart["quantity"], cart["url"]) == ("$198.00", 2, "https://shop.example/cart")
    [product] = cart["products"]
    assert (product["name"], product["price"], product["quantity"]) == ("Lente", "$99.00", 2)
