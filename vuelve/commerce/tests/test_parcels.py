"""Parcels beyond their milestones: problems, pickup, attempts, histories, and when the last one has arrived."""

from collections.abc import Callable
from typing import Any

import pytest

from vuelve.commerce.tests.support import ANA, BEA, Store, later

LINES = [{"product_id": "p", "line_id": "1", "quantity": 2, "price": 5}, {"product_id": "q", "price": 5}]


def delivered(store: Store) -> list[dict[str, Any]]:
    return store.recorded("Order Delivered")


@pytest.mark.parametrize(
    ("status", "kept", "milestone"),
    [
        ("Pending", "pending", 2),
        ("InfoReceived", "info_received", 2),
        ("InTransit", "in_transit", 3),
        ("OutForDelivery", "out_for_delivery", 4),
        ("AttemptFail", "attempt_failed", 1),
        ("Delivered", "delivered", 5),
        ("AvailableForPickup", "pickup_ready", 1),
        ("Exception", "exception", 1),
        ("Expired", "expired", 1),
    ],
)
def test_aftership_statuses_are_kept_as_such(store: Store, status: str, kept: str, milestone: int) -> None:
    store.ship(status, message="as the carrier says", tracking_number="T1")
    store.consume()
    shipment = store.one("commerce_shipment")
    assert (shipment["status"], shipment["milestone"], shipment["message"], shipment["tracking_number"]) == (
        kept,
        milestone,
        "as the carrier says",
        "T1",
    )
    assert store.rows("commerce_shipment_checkpoint", "status", "message") == [(kept, "as the carrier says")]


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_each_kind_of_problem_is_told_once_a_parcel(store: Store, in_one_batch: bool) -> None:
    store.order()
    said = ["OutForDelivery", "AttemptFail", "AttemptFail", "Exception", "AttemptFail", "OutForDelivery"]
    for hour, status in enumerate(said, 1):
        store.ship(status, at=later(hours=hour), message=f"at {hour}")
        if not in_one_batch:
            store.consume()
    store.consume()
    told = store.recorded("Shipment Problem Reported")
    assert [(event["report_id"], event["message"]) for event in told] == [
        ("A1:P1:attempt_failed", "at 2"),
        ("A1:P1:exception", "at 4"),
    ]
    shipment = store.one("commerce_shipment")
    # Out for delivery again: the problem is over, what happened is not forgotten.
    assert (shipment["problem"], shipment["failed_attempts"]) == (None, 3)
    assert len(store.rows("commerce_shipment_checkpoint", "status")) == 6


def test_a_problem_that_holds(store: Store) -> None:
    store.ship("InTransit")
    store.ship("Exception", at=later(hours=1), message="customs")
    store.consume()
    shipment = store.one("commerce_shipment")
    assert (shipment["problem"], shipment["problem_at"], shipment["milestone"]) == (
        "exception",
        later(hours=1),
        3,
    )
    store.ship("Delivered", at=later(hours=2))
    store.ship("Expired", at=later(hours=3))
    store.consume()
    assert store.one("commerce_shipment")["problem"] is None
    assert [event["problem"] for event in store.recorded("Shipment Problem Reported")] == ["exception"]


def test_ready_for_pickup_is_told_once(store: Store) -> None:
    store.ship("AvailableForPickup", tracking_url="https://carrier.example/1")
    store.consume()
    store.ship("Available for pickup", at=later(hours=1))
    store.consume()
    [told] = store.recorded("Shipment Ready For Pickup")
    assert told == {
        "report_id": "A1:P1:pickup_ready",
        "order_id": "A1",
        "shipment_id": "P1",
        "tracking_url": "https://carrier.example/1",
    }
    assert store.one("commerce_shipment")["pickup_at"] is not None


def test_history_reports_nothing(store: Store) -> None:
    store.order(historical=True)
    store.ship("AttemptFail", historical=True)
    store.ship("Delivered", historical=True, at=later(hours=1))
    store.consume()
    assert store.recorded("Shipment Problem Reported") == delivered(store) == []
    assert store.one("commerce_order")["delivered_at"] == later(hours=1)


@pytest.mark.parametrize("backwards", [False, True])
def test_an_order_is_delivered_with_its_last_parcel(store: Store, backwards: bool) -> None:
    steps: list[Callable[[], None]] = [
        lambda: store.order(customer=ANA),
        lambda: store.ship("packed", shipment_id="P2", customer=BEA),
        lambda: store.ship("delivered", shipment_id="P1", customer=BEA, at=later(hours=1)),
        lambda: store.ship("delivered", shipment_id="P2", customer=BEA, at=later(hours=5)),
    ]
    for step in reversed(steps) if backwards else steps:
        assert delivered(store) == []
        step()
        store.consume()
    assert delivered(store) == [{"order_id": "A1", "parcels": 2}]
    assert store.one("commerce_order")["delivered_at"] == later(hours=5)
    assert store.rows("events_event WHERE name = 'Order Delivered'", "customer_id") == [ANA]


def test_a_parcel_sent_later_does_not_tell_it_again(store: Store) -> None:
    store.order()
    store.ship("delivered", shipment_id="P1")
    store.consume()
    assert len(delivered(store)) == 1
    store.ship("packed", shipment_id="P2", at=later(hours=1))
    store.consume()
    assert store.one("commerce_order")["delivered_at"] is None
    store.ship("delivered", shipment_id="P2", at=later(hours=2))
    store.consume()
    assert store.one("commerce_order")["delivered_at"] == later(hours=2)
    assert len(delivered(store)) == 1


def test_parcels_that_say_what_is_in_them(store: Store) -> None:
    store.order(products=LINES)
    store.ship("delivered", shipment_id="P1", products=[{"line_id": "1", "quantity": 2}])
    store.consume()
    assert delivered(store) == []  # q is not on its way yet
    store.ship("delivered", shipment_id="P2", products=[{"product_id": "q"}], at=later(hours=1))
    store.consume()
    assert len(delivered(store)) == 1


def test_what_was_refunded_is_not_waited_for(store: Store) -> None:
    store.order(products=LINES, total=15)
    store.ship("delivered", products=[{"line_id": "1", "quantity": 2}])
    store.refund(products=[{"product_id": "q", "quantity": 1}], at=later(hours=1))
    store.consume()
    assert len(delivered(store)) == 1
