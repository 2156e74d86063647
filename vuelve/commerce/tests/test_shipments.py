"""Shipments and milestones: only forward, each once, whatever the order of arrival."""

from datetime import date
from typing import Any

import pytest

from vuelve.commerce.tests.support import ANA, BEA, CLEO, Store, later

LINK = "https://carrier.example/t/1"


def test_each_milestone_of_an_order_is_told_once(store: Store) -> None:
    store.order("A1")
    for hour, status in enumerate(["packed", "in_transit", "out_for_delivery", "delivered"], 1):
        store.ship(status, at=later(hours=hour), carrier="Correo", tracking_url=LINK, eta_date="2026-03-09")
        store.consume()
    events = store.recorded("Order Milestone Reached")
    assert [event["milestone"] for event in events] == [
        "confirmed",
        "packed",
        "in_transit",
        "out_for_delivery",
        "delivered",
    ]
    assert events[0] == {"milestone_id": "A1::confirmed", "order_id": "A1", "milestone": "confirmed"}
    assert events[2] == {
        "milestone_id": "A1:P1:in_transit",
        "order_id": "A1",
        "shipment_id": "P1",
        "milestone": "in_transit",
        "tracking_url": LINK,
        "carrier": "Correo",
        "eta_date": "2026-03-09",
    }
    shipment = store.one("commerce_shipment")
    assert shipment == shipment | {
        "shop_id": store.id,
        "customer_id": ANA,
        "order_id": "A1",
        "shipment_id": "P1",
        "milestone": 5,
        "carrier": "Correo",
        "tracking_url": LINK,
        "eta_date": date(2026, 3, 9),
        "updated_at": later(hours=4),
        "delivered_at": later(hours=4),
        "status": "delivered",
    }


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_stage_already_passed_updates_but_says_nothing(store: Store, in_one_batch: bool) -> None:
    for status, hour in [("out_for_delivery", 3), ("packed", 1), ("InTransit", 2), ("out_for_delivery", 4)]:
        store.ship(status, at=later(hours=hour), carrier=f"{status} {hour}")
        if not in_one_batch:
            store.consume()
    store.consume()
    # Packed and in transit were skipped: they are not told later.
    assert store.milestones() == ["A1:P1:out_for_delivery"]
    shipment = store.one("commerce_shipment")
    assert (shipment["milestone"], shipment["carrier"], shipment["updated_at"]) == (
        4,
        "out_for_delivery 4",
        later(hours=4),
    )


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_an_older_event_only_fills_gaps(store: Store, in_one_batch: bool) -> None:
    store.ship("in_transit", at=later(hours=2), carrier="Correo")
    if not in_one_batch:
        store.consume()
    store.ship("packed", at=later(hours=1), carrier="Mensajero", tracking_url=LINK)
    store.consume()
    shipment = store.one("commerce_shipment")
    assert (shipment["carrier"], shipment["tracking_url"], shipment["updated_at"]) == (
        "Correo",
        LINK,
        later(hours=2),
    )


def test_several_shipments_go_their_own_ways(store: Store) -> None:
    store.order("A1")
    store.ship("delivered", shipment_id="P1")
    store.ship("packed", shipment_id="P2")
    store.consume()
    store.ship("packed", shipment_id="P1")
    store.ship("delivered", shipment_id="P2")
    store.ship("in_transit", shipment_id=None)
    store.ship("in_transit", shipment_id="P1", order_id="A2")
    store.consume()
    assert store.milestones() == [
        "A1::confirmed",
        "A1:P1:delivered",
        "A1:P2:packed",
        "A1:P2:delivered",
        "A1::in_transit",
        "A2:P1:in_transit",
    ]
    assert store.rows("commerce_shipment", "order_id", "shipment_id", "milestone") == [
        ("A1", "", 3),
        ("A1", "P1", 5),
        ("A1", "P2", 5),
        ("A2", "P1", 3),
    ]


@pytest.mark.parametrize(
    ("status", "milestone"),
    [
        ("Pending", "packed"),
        ("InfoReceived", "packed"),
        ("InTransit", "in_transit"),
        ("IN_TRANSIT", "in_transit"),
        ("OutForDelivery", "out_for_delivery"),
        ("Out for delivery", "out_for_delivery"),
        ("Delivered", "delivered"),
        ("AttemptFail", None),
        ("AvailableForPickup", None),
        ("Exception", None),
        ("Expired", None),
    ],
)
def test_aftership_names(store: Store, status: str, milestone: str | None) -> None:
    store.ship(status, carrier="Correo")
    store.consume()
    assert store.milestones() == ([f"A1:P1:{milestone}"] if milestone else [])
    assert store.one("commerce_shipment")["carrier"] == "Correo"


def test_a_status_that_is_no_milestone_does_not_move_back(store: Store) -> None:
    store.ship("out_for_delivery")
    store.ship("AttemptFail", at=later(hours=1), eta_date="2026-03-10")
    store.consume()
    shipment = store.one("commerce_shipment")
    assert (shipment["milestone"], shipment["eta_date"]) == (4, date(2026, 3, 10))
    assert store.milestones() == ["A1:P1:out_for_delivery"]


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_an_order_that_arrives_after_its_shipment_is_not_confirmed_any_more(
    store: Store, in_one_batch: bool
) -> None:
    store.ship("packed")
    if not in_one_batch:
        store.consume()
    store.order("A1")
    store.consume()
    assert store.rows("commerce_order", "order_id") == ["A1"]
    assert store.milestones() == ["A1:P1:packed"]


def test_a_shipment_belongs_to_the_customer_of_the_order(store: Store) -> None:
    store.order("A1", customer=ANA)
    store.ship("packed", customer=BEA)
    store.consume()
    store.ship("delivered", customer=CLEO)
    store.consume()
    assert store.rows("commerce_shipment", "customer_id", "milestone") == [(ANA, 5)]
    assert store.milestones() == ["A1::confirmed", "A1:P1:packed", "A1:P1:delivered"]
    assert store.rows("events_event WHERE name = 'Order Milestone Reached'", "customer_id") == [ANA] * 3


def test_history_moves_the_shipment_without_a_word(store: Store) -> None:
    store.ship("in_transit", historical=True)
    store.ship("packed")
    store.ship("delivered")
    store.consume()
    assert store.milestones() == ["A1:P1:delivered"]


def test_a_batch_read_again_tells_nothing_again(store: Store) -> None:
    store.order("A1")
    store.ship("packed")
    store.ship("delivered")
    store.consume()
    told, shipment = store.milestones(), store.one("commerce_shipment")
    assert Store(store.shop).consume() == 3
    assert store.milestones() == told
    assert store.one("commerce_shipment") == shipment


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "teleported"}, "status_unknown"),
        ({"status": None}, "status_unknown"),
        ({"status": ["delivered"]}, None),  # letters only: it says delivered
        ({"order_id": ""}, "order_id_missing"),
        ({"order_id": "x" * 101}, "order_id_too_long"),
        ({"shipment_id": "x" * 101}, "shipment_id_too_long"),
        ({"carrier": "\x00"}, "unreadable"),
    ],
)
def test_a_malformed_shipment_changes_nothing(
    store: Store, change: dict[str, Any], reason: str | None
) -> None:
    store.ship(**{"status": "delivered", **change})
    store.ship("packed", order_id="A9")
    store.consume()
    expected = [] if reason else ["A1:P1:delivered"]
    assert store.milestones() == [*expected, "A9:P1:packed"]
    assert store.rows("commerce_rejected", "event_name", "reason") == (
        [("Shipment Updated", reason)] if reason else []
    )
    assert len(store.rows("commerce_shipment", "order_id")) == (1 if reason else 2)


@pytest.mark.parametrize(
    ("eta", "expected"),
    [
        ("2026-03-09", date(2026, 3, 9)),
        ("2026-03-09T23:30:00-06:00", date(2026, 3, 9)),
        ("2026-02-30", None),
        ("soon", None),
        (20260309, None),
    ],
)
def test_the_day_of_arrival(store: Store, eta: Any, expected: date | None) -> None:
    store.ship("packed", eta_date=eta)
    store.consume()
    assert store.one("commerce_shipment")["eta_date"] == expected


def test_an_address_that_is_none_is_left_out(store: Store) -> None:
    store.ship("packed", tracking_url="javascript:alert(1)")
    store.consume()
    assert store.one("commerce_shipment")["tracking_url"] is None
    assert "tracking_url" not in store.recorded("Order Milestone Reached")[0]
