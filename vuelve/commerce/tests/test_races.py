"""Two workers at once, with connections of their own."""

import threading
from typing import Any

import pytest
from django.db import connection

from vuelve.commerce.contracts import CouponTerms
from vuelve.commerce.services import issue
from vuelve.commerce.tests.support import ANA, BEA, CLEO, NOW, Store, later
from vuelve.commerce.ticks import abandon_carts
from vuelve.platform.db import for_shop

pytestmark = pytest.mark.slow


def at_once(*works: Any) -> list[BaseException]:
    start = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            start.wait(10)
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


def test_the_same_batch_twice_at_once(store: Store) -> None:
    """As after a lease that was lost: both read all, one has each order."""
    code = issue(shop=store.id, customer=ANA, terms=CouponTerms(percent=10), key="k", now=NOW).code
    count = 200
    with for_shop(store.id):  # one commit
        for n in range(count):
            lines = [{"product_id": f"p{(n * 7 + k) % 50}", "name": f"N{n}", "price": 1} for k in range(5)]
            store.order(
                f"A{n}", customer=ANA if n % 2 else BEA, products=lines, coupon=code, at=later(seconds=n)
            )
            store.ship("packed", order_id=f"A{n}")
    workers = [Store(store.shop), Store(store.shop)]
    assert at_once(*(worker.consume for worker in workers)) == []
    assert len(store.rows("commerce_order", "order_id")) == count
    assert len(store.rows("commerce_item", "order_id")) == 5 * count
    assert len(store.milestones()) == 2 * count
    assert len(store.recorded("Coupon Redeemed")) == 1
    assert len(store.rows("commerce_coupon_refusal", "code")) == count - 1


def test_one_order_id_from_two_customers_at_once(store: Store) -> None:
    one, two = Store(store.shop), Store(store.shop)
    with for_shop(store.id):
        for n in range(50):
            store.order(f"A{n}", customer=ANA)
    assert one.consume() == 50
    with for_shop(store.id):
        for n in range(50):
            store.order(f"B{n}", customer=ANA)
            store.order(f"B{n}", customer=BEA)
    two._position = one._position
    assert at_once(one.consume, two.consume) == []
    assert sorted(store.rows("commerce_order_key", "order_id")) == sorted(
        store.rows("commerce_order", "order_id")
    )
    assert len(store.rows("commerce_order", "order_id")) == 100
    assert len(store.milestones()) == 100


def test_three_workers_tell_of_the_same_orders(store: Store) -> None:
    """Two claim each order, the third refunds, pays and ships it: whoever is first, the earlier claim has it all."""
    count = 40
    with for_shop(store.id):
        for n in range(count):
            lines = [{"product_id": "p", "price": 50, "quantity": 2}]
            store.order(f"A{n}", customer=BEA, total=999, products=lines, at=later(hours=1))
            store.order(f"A{n}", customer=ANA, products=lines)
            store.refund(f"A{n}", customer=CLEO, refund_id="r", total=30, at=later(hours=2))
            store.pay("paid", f"A{n}", customer=CLEO, payment_id="p", at=later(hours=2))
            store.ship("delivered", order_id=f"A{n}", customer=CLEO, at=later(hours=3))
    workers = [Store(store.shop, of=customer) for customer in (ANA, BEA, CLEO)]
    assert at_once(*(worker.consume for worker in workers)) == []
    expected = [(ANA, 10000, 3000, "partially_refunded", "paid")] * count
    found = store.rows(
        "commerce_order", "customer_id", "total_minor", "refunded_minor", "status", "payment_state"
    )
    assert found == expected
    for table in ("order_key", "item", "refund", "payment", "shipment", "shipment_checkpoint"):
        assert store.rows(f"commerce_{table}", "customer_id") == [ANA] * count, table
    assert len(store.recorded("Order Delivered")) == count
    assert store.rows("commerce_rejected", "reason") == ["order_conflict"] * count


def test_two_ticks_and_an_order_at_once(store: Store) -> None:
    count = 60
    with for_shop(store.id):
        for n in range(count):
            store.cart("Product Added", f"K{n}", customer=5_000 + n, product_id="p", price=1)
    store.consume()
    with for_shop(store.id):
        for n in range(count):
            store.order(f"A{n}", customer=5_000 + n, at=later(hours=2))

    def tick() -> None:
        while abandon_carts(now=later(hours=1), as_of=later(hours=1), rows=7):
            pass

    assert at_once(tick, tick, store.consume) == []
    tick()
    told = store.recorded("Cart Abandoned")
    assert len(told) == len({event["abandonment_id"] for event in told})
    states = store.rows("commerce_cart", "state")
    assert states.count("recovered") == len(told)
    assert states.count("ordered") == count - len(told)
