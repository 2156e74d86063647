"""What changes an order after it was placed: updates, refunds, cancellations, payments; each may come first."""

from collections.abc import Callable
from typing import Any

import pytest

from vuelve.commerce.contracts import CouponTerms
from vuelve.commerce.services import issue
from vuelve.commerce.tests.support import ANA, BEA, CLEO, NOW, Store, later

LINES = [
    {"product_id": "p", "line_id": "1", "price": 30, "quantity": 2},
    {"product_id": "q", "line_id": "2", "price": 20},
]


def order_of(store: Store) -> dict[str, Any]:
    order = store.one("commerce_order")
    return {name: order[name] for name in ("customer_id", "status", "total_minor", "refunded_minor")}


def in_any_order(store: Store, first_comes_last: bool, *steps: Callable[[], None]) -> None:
    """Each step in a batch of its own, forwards or backwards."""
    for step in reversed(steps) if first_comes_last else steps:
        step()
        store.consume()


both_ways = pytest.mark.parametrize("backwards", [False, True])


@both_ways
def test_the_newest_update_says_what_is_in_the_order(store: Store, backwards: bool) -> None:
    in_any_order(
        store,
        backwards,
        lambda: store.order(products=LINES, total=80, order_number="#7"),
        lambda: store.update(at=later(hours=2), products=LINES[:1], total=60, order_number="#7"),
        lambda: store.update(at=later(hours=1), products=LINES * 2, total=160),
    )
    assert order_of(store)["total_minor"] == 6000
    assert store.rows("commerce_item", "line", "product_id", "quantity") == [(1, "p", 2)]
    assert store.one("commerce_order")["ordered_at"] == NOW
    assert store.milestones() == ["A1::confirmed"]


def test_an_update_alone_is_no_order(store: Store) -> None:
    store.update(products=LINES)
    store.consume()
    assert store.rows("commerce_order", "order_id") == []
    assert store.rows("commerce_order_update", "order_id") == ["A1"]
    assert store.milestones() == []


@both_ways
def test_an_update_older_than_its_order_says_nothing(store: Store, backwards: bool) -> None:
    in_any_order(
        store, backwards, lambda: store.update(at=later(hours=-1), total=5), lambda: store.order(total=80)
    )
    assert order_of(store)["total_minor"] == 8000


@both_ways
def test_history_stays_history_and_live_stays_live(store: Store, backwards: bool) -> None:
    in_any_order(
        store,
        backwards,
        lambda: store.order("H", historical=True),
        lambda: store.update("H", at=later(hours=1), total=7),
        lambda: store.order("L"),
        lambda: store.track(
            "Order Updated", ANA, {"order_id": "L", "total": 7}, at=later(hours=1), historical=True
        ),
    )
    assert store.rows("commerce_order", "order_id", "historical", "total_minor") == [
        ("H", True, 700),
        ("L", False, 700),
    ]
    assert store.milestones() == ["L::confirmed"]


@both_ways
def test_of_two_orders_with_one_id_the_earlier_has_it(store: Store, backwards: bool) -> None:
    in_any_order(
        store,
        backwards,
        lambda: store.order(customer=ANA, total=100, products=LINES),
        lambda: store.order(customer=BEA, total=999, products=LINES[:1], at=later(hours=1)),
        lambda: store.refund(customer=CLEO, total=10, refund_id="r", at=later(hours=2)),
    )
    assert order_of(store) == {
        "customer_id": ANA,
        "status": "partially_refunded",
        "total_minor": 10000,
        "refunded_minor": 1000,
    }
    assert store.rows("commerce_item", "customer_id", "line") == [(ANA, 1), (ANA, 2)]
    assert store.rows("commerce_refund", "customer_id") == [ANA]
    assert store.rows("commerce_order_key", "customer_id", "node_id") == [(ANA, ANA)]
    assert store.rows("commerce_rejected", "reason", "order_id") == [("order_conflict", "A1")]
    assert len(store.milestones()) == 1


@both_ways
def test_the_newest_update_holds_whoever_has_the_order(store: Store, backwards: bool) -> None:
    """An update between two conflicting orders loses to the later one and wins again when the earlier one comes."""
    in_any_order(
        store,
        backwards,
        lambda: store.order(customer=ANA, total=1),
        lambda: store.update(at=later(hours=1), total=2, products=LINES),
        lambda: store.order(customer=BEA, total=3, at=later(hours=2)),
    )
    assert (order_of(store)["customer_id"], order_of(store)["total_minor"]) == (ANA, 200)
    assert store.rows("commerce_item", "customer_id", "line") == [(ANA, 1), (ANA, 2)]


@both_ways
def test_a_refund_waits_for_its_order(store: Store, backwards: bool) -> None:
    in_any_order(
        store,
        backwards,
        lambda: store.order(total=80, products=LINES),
        lambda: store.refund(refund_id="r1", at=later(hours=1), products=[{"line_id": "1", "quantity": 1}]),
        lambda: store.refund(refund_id="r2", at=later(hours=2), total=10),
    )
    assert order_of(store) | {"customer_id": 0} == {
        "customer_id": 0,
        "status": "partially_refunded",
        "total_minor": 8000,
        "refunded_minor": 4000,
    }
    assert store.rows("commerce_refund", "refund_id", "amount_minor", "outcome") == [
        ("r1", 3000, "applied"),
        ("r2", 1000, "applied"),
    ]
    # 10.00 over what was left: 30.00 of p and 20.00 of q.
    assert store.rows("commerce_item", "line", "refunded_quantity", "refunded_minor") == [
        (1, 1, 3600),
        (2, 0, 400),
    ]


@both_ways
def test_a_refund_is_given_once(store: Store, backwards: bool) -> None:
    in_any_order(
        store,
        backwards,
        lambda: store.order(total=80),
        lambda: store.refund(refund_id="r", total=10, at=later(hours=1)),
        lambda: store.refund(refund_id="r", total=70, at=later(hours=2)),
        lambda: store.refund(refund_id="r", total=10, at=later(hours=1)),
    )
    assert order_of(store)["refunded_minor"] == 1000
    assert store.rows("commerce_refund", "refund_id") == ["r"]


def test_a_refund_never_exceeds_the_order(store: Store) -> None:
    store.order(total=80)
    store.refund(refund_id="r", total=100)
    store.consume()
    assert order_of(store) | {"customer_id": 0} == {
        "customer_id": 0,
        "status": "refunded",
        "total_minor": 8000,
        "refunded_minor": 8000,
    }
    assert store.rows("commerce_refund", "amount_minor", "excess_minor", "outcome") == [
        (8000, 2000, "capped")
    ]
    assert store.rows("commerce_rejected", "event_name", "reason") == [
        ("Order Refunded", "refund_exceeds_order")
    ]


@both_ways
def test_a_refund_in_another_currency_is_refused(store: Store, backwards: bool) -> None:
    in_any_order(
        store,
        backwards,
        lambda: store.order(total=80),
        lambda: store.refund(refund_id="r", total=10, currency="USD"),
    )
    assert (order_of(store)["status"], order_of(store)["refunded_minor"]) == ("open", 0)
    assert store.rows("commerce_rejected", "event_name", "reason") == [("Order Refunded", "refund_currency")]


@both_ways
def test_an_order_that_shrinks_below_its_refunds(store: Store, backwards: bool) -> None:
    in_any_order(
        store,
        backwards,
        lambda: store.order(total=80, products=LINES),
        lambda: store.refund(refund_id="r", total=70, at=later(hours=1)),
        lambda: store.update(total=20, products=LINES[1:], at=later(hours=2)),
    )
    assert (order_of(store)["status"], order_of(store)["refunded_minor"]) == ("refunded", 2000)
    assert store.rows("commerce_item", "refunded_minor") == [2000]


@both_ways
def test_a_cancelled_order_counts_nothing_and_tells_nothing_more(store: Store, backwards: bool) -> None:
    in_any_order(
        store,
        backwards,
        lambda: store.order(total=80),
        lambda: store.cancel(reason="no stock", at=later(hours=1)),
        lambda: store.cancel(reason="later", at=later(hours=2)),
    )
    told = store.milestones()
    assert told == ([] if backwards else ["A1::confirmed"])
    store.ship("packed", at=later(hours=3))
    store.ship("Exception", at=later(hours=4))
    store.ship("delivered", at=later(hours=5))
    store.consume()
    order = store.one("commerce_order")
    assert (order["status"], order["cancelled_at"], order["cancel_reason"]) == (
        "cancelled",
        later(hours=1),
        "no stock",
    )
    assert store.one("commerce_shipment")["milestone"] == 5  # the facts are kept
    assert store.milestones() == told
    assert store.recorded("Shipment Problem Reported") == store.recorded("Order Delivered") == []


@both_ways
def test_a_cancelled_order_gives_its_coupon_back(store: Store, backwards: bool) -> None:
    code = issue(shop=store.id, customer=ANA, terms=CouponTerms(percent=10), key="k", now=NOW).code
    in_any_order(store, backwards, lambda: store.order(coupon=code), lambda: store.cancel(at=later(hours=1)))
    assert store.one("commerce_coupon")["redeemed_order_id"] is None
    assert [event["code"] for event in store.recorded("Coupon Released")] == ([] if backwards else [code])
    store.order("A2", coupon=code, at=later(hours=2))
    store.consume()
    assert store.one("commerce_coupon")["redeemed_order_id"] == "A2"
    assert store.recorded("Coupon Redeemed")[-1]["order_id"] == "A2"


def test_a_coupon_counts_by_the_event_that_placed_the_order(store: Store) -> None:
    """An update in the same batch says what is in the order, not which coupon was used."""
    code = issue(shop=store.id, customer=ANA, terms=CouponTerms(percent=10), key="k", now=NOW).code
    store.order(coupon=code)
    store.update(at=later(minutes=1), total=90)
    store.consume()
    assert store.one("commerce_order")["total_minor"] == 9000
    assert store.one("commerce_coupon")["redeemed_order_id"] == "A1"


@both_ways
def test_the_newest_state_of_a_payment_holds(store: Store, backwards: bool) -> None:
    in_any_order(
        store,
        backwards,
        lambda: store.order(
            total=80,
            payment_method="oxxo",
            payments=[{"payment_id": "1", "state": "pending", "method": "OXXO", "amount": "80"}],
        ),
        lambda: store.pay("authorized", payment_id="1", amount=80, at=later(hours=1)),
        lambda: store.pay(
            "captured", payment_id="1", amount=80, method="card", instalments=6, at=later(hours=2)
        ),
    )
    payment = store.one("commerce_payment")
    assert (payment["state"], payment["amount_minor"], payment["instalments"]) == ("paid", 8000, 6)
    order = store.one("commerce_order")
    assert (order["status"], order["payment_state"], order["payment_method"], order["paid_minor"]) == (
        "paid",
        "paid",
        "card",
        8000,
    )


@pytest.mark.parametrize(
    ("payments", "state", "paid"),
    [
        ([("paid", 30, "MXN"), ("pending", 50, "MXN")], "partially_paid", 3000),
        ([("paid", 30, "MXN"), ("paid", 50, None)], "paid", 8000),
        ([("paid", None, None)], "paid", 8000),
        ([("paid", 80, "USD")], "partially_paid", 0),  # another currency is not counted
        ([("failed", 80, "MXN"), ("authorized", 80, "MXN")], "authorized", 0),
        ([("failed", 80, "MXN"), ("voided", 80, "MXN")], "failed", 0),
        ([("refunded", 80, "MXN")], "paid", 8000),
    ],
)
def test_the_payment_state_of_an_order(
    store: Store, payments: list[tuple[str, int | None, str | None]], state: str, paid: int
) -> None:
    store.order(total=80)
    for number, (each, amount, currency) in enumerate(payments):
        store.pay(each, payment_id=number, amount=amount, currency=currency)
    store.consume()
    order = store.one("commerce_order")
    assert (order["payment_state"], order["paid_minor"]) == (state, paid)


@pytest.mark.parametrize(
    ("name", "properties", "reason"),
    [
        ("Order Updated", {"order_id": "A1", "total": -1}, "amount_negative"),
        ("Order Updated", {"order_id": "A1", "currency": "PESOS"}, "currency_unknown"),
        ("Order Updated", {"order_id": "A1", "payments": 7}, "payments_not_a_list"),
        ("Order Refunded", {"refund_id": "r"}, "order_id_missing"),
        ("Order Refunded", {"order_id": "A1", "refund_id": "x" * 101}, "refund_id_too_long"),
        ("Order Refunded", {"order_id": "A1", "total": "a lot"}, "amount_not_a_number"),
        ("Order Refunded", {"order_id": "A1", "total": -5}, "amount_negative"),
        ("Order Refunded", {"order_id": "A1", "currency": "PESOS"}, "currency_unknown"),
        ("Order Refunded", {"order_id": "A1", "products": {}}, "products_not_a_list"),
        ("Order Refunded", {"order_id": "A1", "products": [7]}, "product_not_an_object"),
        ("Order Refunded", {"order_id": "A1", "products": [{"quantity": 1}]}, "product_id_missing"),
        (
            "Order Refunded",
            {"order_id": "A1", "products": [{"product_id": "p", "quantity": -1}]},
            "amount_negative",
        ),
        (
            "Order Refunded",
            {"order_id": "A1", "products": [{"product_id": "p", "amount": "NaN"}]},
            "amount_not_a_number",
        ),
        ("Order Refunded", {"order_id": "A1", "note": "\x00"}, "unreadable"),
        ("Order Cancelled", {"reason": "none"}, "order_id_missing"),
        ("Order Cancelled", {"order_id": "x" * 101}, "order_id_too_long"),
        ("Order Cancelled", {"order_id": "A1", "note": "\ud800"}, "unreadable"),
        ("Payment Updated", {"state": "paid"}, "order_id_missing"),
        ("Payment Updated", {"order_id": "A1", "state": "eaten"}, "payment_state_unknown"),
        ("Payment Updated", {"order_id": "A1"}, "payment_state_unknown"),
        ("Payment Updated", {"order_id": "A1", "state": "paid", "amount": -1}, "amount_negative"),
        ("Payment Updated", {"order_id": "A1", "state": "paid", "amount": "1,5"}, "amount_not_a_number"),
        ("Payment Updated", {"order_id": "A1", "state": "paid", "currency": "??"}, "currency_unknown"),
        (
            "Payment Updated",
            {"order_id": "A1", "state": "paid", "payment_id": "x" * 101},
            "payment_id_too_long",
        ),
        ("Payment Updated", {"order_id": "A1", "state": "paid", "amount": "1e14"}, "amount_too_large"),
    ],
)
def test_a_malformed_event_changes_nothing_but_is_seen(
    store: Store, name: str, properties: dict[str, Any], reason: str
) -> None:
    store.order(products=LINES, total=80)
    store.consume()
    before = store.everything()
    store.track(name, ANA, properties, at=later(hours=1))
    store.consume()
    assert store.everything() == before
    assert store.rows("commerce_rejected", "event_name", "reason") == [(name, reason)]
