"""Two workers at once, with connections of their own."""

import threading
from typing import Any

import pytest
from django.db import connection

from vuelve.commerce.contracts import CouponTerms
from vuelve.commerce.services import issue
from vuelve.commerce.tests.support import ANA, BEA, NOW, Store, later
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
