"""Merged customers: their rows follow, whoever writes when, and nothing is lost or doubled."""

import threading

import pytest
from django.db import connection

from vuelve.commerce.contracts import CouponTerms
from vuelve.commerce.services import issue
from vuelve.commerce.tests.support import ANA, BEA, CLEO, NOW, Store, later
from vuelve.platform.db import for_shop

LINES = [{"product_id": "p", "price": 5}, {"product_id": "q", "price": 6}]
TABLES = ("order", "order_key", "item", "shipment", "coupon", "coupon_refusal", "rejected")


def owners(store: Store) -> dict[str, list[int]]:
    return {table: store.rows(f"commerce_{table}", "customer_id") for table in TABLES}


def everything_of(store: Store, customer: int, prefix: str) -> None:
    """An order, a shipment, a coupon, a refusal and a rejected event."""
    code = issue(
        shop=store.id,
        customer=customer,  # type: ignore[arg-type]
        terms=CouponTerms(percent=10),
        key=f"{prefix}-key",
        now=NOW,
    ).code
    store.order(f"{prefix}1", customer=customer, products=LINES, coupon=code)
    store.order(f"{prefix}2", customer=customer, coupon=code)
    store.ship("packed", order_id=f"{prefix}1", customer=customer)
    store.order(None, customer=customer)


def test_rows_follow_when_both_have_some(store: Store) -> None:
    everything_of(store, ANA, "A")
    everything_of(store, BEA, "B")
    store.consume()
    events = store.milestones()
    store.merge(BEA, ANA)
    store.consume()
    assert owners(store) == {
        "order": [ANA] * 4,
        "order_key": [ANA] * 4,
        "item": [ANA] * 4,
        "shipment": [ANA] * 2,
        "coupon": [ANA] * 2,
        "coupon_refusal": [ANA] * 2,
        "rejected": [ANA] * 2,
    }
    assert store.rows("commerce_item", "order_id", "line", "amount_minor") == [
        ("A1", 1, 500),
        ("A1", 2, 600),
        ("B1", 1, 500),
        ("B1", 2, 600),
    ]
    assert store.rows("commerce_coupon", "redeemed_order_id") == ["A1", "B1"]
    assert store.milestones() == events


def test_of_a_shipment_that_both_have_the_furthest_stays(store: Store) -> None:
    # The order is not known, so each customer's events made a row.
    store.ship("delivered", customer=BEA, carrier="Correo", at=later(hours=1))
    store.consume()
    store.ship("packed", customer=ANA, tracking_url="https://carrier.example/1", at=later(hours=2))
    store.consume()
    store.merge(BEA, ANA)
    store.consume()
    shipment = store.one("commerce_shipment")
    assert (
        shipment["customer_id"],
        shipment["milestone"],
        shipment["carrier"],
        shipment["tracking_url"],
    ) == (
        ANA,
        5,
        "Correo",
        "https://carrier.example/1",
    )


def test_two_merges_into_one_in_one_batch(store: Store) -> None:
    for customer in (BEA, CLEO):
        store.ship("packed", customer=customer)
        store.order(f"O{customer}", customer=customer)
    store.consume()
    store.merge(BEA, ANA)
    store.merge(CLEO, ANA)
    store.consume()
    assert store.rows("commerce_order", "customer_id") == [ANA, ANA]
    assert store.rows("commerce_shipment", "customer_id", "milestone") == [(ANA, 2)]


def test_a_chain_of_merges_in_one_batch(store: Store) -> None:
    everything_of(store, CLEO, "C")
    store.consume()
    store.merge(CLEO, BEA)
    store.merge(BEA, ANA)
    store.consume()
    assert {owner for rows in owners(store).values() for owner in rows} == {ANA}


def test_events_stamped_before_the_merge_go_to_who_the_customer_is_now(store: Store) -> None:
    everything_of(store, BEA, "B")
    store.merge(BEA, ANA)
    store.ship("delivered", order_id="B1", customer=BEA)
    store.consume()
    assert {owner for rows in owners(store).values() for owner in rows} == {ANA}
    assert store.milestones()[-1] == "B1:P1:delivered"


def test_a_merge_that_somebody_outside_makes_up_moves_nothing(store: Store) -> None:
    everything_of(store, BEA, "B")
    store.consume()
    before = owners(store)
    store.track("Customers Merged", BEA, {"from_id": BEA, "into_id": ANA})
    store.consume()
    assert owners(store) == before


def test_the_order_of_a_merged_customer_is_still_a_repeat(store: Store) -> None:
    store.order("B1", customer=BEA)
    store.consume()
    store.merge(BEA, ANA)
    store.consume()
    store.order("B1", customer=ANA, total=7)
    store.consume()
    assert store.rows("commerce_order", "customer_id", "total_minor") == [(ANA, 10000)]
    assert store.milestones() == ["B1::confirmed"]


@pytest.mark.slow
def test_a_merge_waits_for_rows_under_way(store: Store) -> None:
    """A coupon for Bea, written by a transaction that does not know of her merge yet, is not left behind."""
    written, may_commit = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with for_shop(store.id):
                issue(shop=store.id, customer=BEA, terms=CouponTerms(percent=5), key="k", now=NOW)
                written.set()
                assert may_commit.wait(20)
        finally:
            connection.close()

    moved = threading.Event()

    def move() -> None:
        try:
            store.consume()
            moved.set()
        finally:
            connection.close()

    writer, mover = threading.Thread(target=write), threading.Thread(target=move)
    writer.start()
    assert written.wait(20)
    store.merge(BEA, ANA)
    mover.start()
    assert not moved.wait(0.5)  # it waits for the writer
    may_commit.set()
    writer.join(20)
    mover.join(20)
    assert moved.is_set()
    assert store.rows("commerce_coupon", "customer_id") == [ANA]


def test_an_undone_merge_takes_its_own_rows_back(store: Store) -> None:
    """By the node that each row came from; also of what was written while the merge held."""
    for customer, prefix in ((ANA, "A"), (BEA, "B")):
        everything_of(store, customer, prefix)
        store.refund(f"{prefix}1", customer=customer, refund_id="r", total=1)
        store.pay("paid", f"{prefix}1", customer=customer)
        store.update(f"{prefix}2", customer=customer, at=later(hours=1))
        store.cart("Product Added", customer=customer, product_id="p")
    store.consume()
    store.merge(BEA, ANA)
    store.order("B3", customer=BEA)
    store.consume()
    tables = (*TABLES, "order_update", "refund", "payment", "shipment_checkpoint", "cart")
    for table in tables:
        assert set(store.rows(f"commerce_{table}", "customer_id")) == {ANA}, table
        assert set(store.rows(f"commerce_{table}", "node_id")) == {ANA, BEA}, table
    store.unmerge(BEA, ANA)
    store.consume()
    for table in tables:
        assert {
            customer
            for customer, node in store.rows(f"commerce_{table}", "customer_id", "node_id")
            if customer == node
        } == {ANA, BEA}
        assert all(
            customer == node for customer, node in store.rows(f"commerce_{table}", "customer_id", "node_id")
        )
    assert store.rows("commerce_order", "customer_id", "order_id") == [
        (ANA, "A1"),
        (ANA, "A2"),
        (BEA, "B1"),
        (BEA, "B2"),
        (BEA, "B3"),
    ]
