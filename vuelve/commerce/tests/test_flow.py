"""Through the log, identity and the consumer framework: whose an order is, and that each takes effect once."""

from collections.abc import Iterator

import pytest

from vuelve.commerce.consumers import CommerceConsumer
from vuelve.commerce.tests.support import NOW, Store, later
from vuelve.customers.consumers import IdentityConsumer
from vuelve.customers.services import resolve
from vuelve.events import consuming
from vuelve.events.services import prepare_log
from vuelve.platform.clock import VirtualClock
from vuelve.platform.extension import registry
from vuelve.testing import drain, identify, track


@pytest.fixture
def consumers(store: Store) -> Iterator[None]:
    """Identity and commerce, past what other tests have written."""
    before = registry.consumers[:]
    registry.consumers[:] = [IdentityConsumer(), CommerceConsumer()]
    prepare_log(now=NOW)
    drain(NOW)
    yield
    registry.consumers[:] = before


def order(store: Store, order_id: str, **who: str) -> None:
    properties = {"order_id": order_id, "total": "10", "products": [{"product_id": "p", "price": 10}]}
    track(store.shop, "Order Completed", properties=properties, at=NOW, **who)  # type: ignore[arg-type]


@pytest.mark.usefixtures("consumers")
def test_a_visitor_who_turns_out_to_be_a_customer_keeps_the_orders(store: Store) -> None:
    order(store, "A1", user_id="ana")
    order(store, "A2", anonymous_id="visitor")
    drain(NOW)
    assert len(set(store.rows("commerce_order", "customer_id"))) == 2
    identify(store.shop, "ana", anonymous_id="visitor", at=later(hours=1))
    drain(later(hours=1))
    ana = resolve(shop=store.id, user_id="ana")
    assert store.rows("commerce_order", "order_id", "customer_id") == [("A1", ana), ("A2", ana)]
    assert store.rows("commerce_order_key", "customer_id") == [ana, ana]
    assert store.rows("commerce_item", "customer_id") == [ana, ana]


@pytest.mark.usefixtures("consumers")
def test_milestones_are_the_customers_own_events(store: Store) -> None:
    order(store, "A1", user_id="ana")
    shipped = {"order_id": "A1", "shipment_id": "P1", "status": "InTransit"}
    track(store.shop, "Shipment Updated", user_id="ana", properties=shipped, at=later(hours=1))
    drain(later(hours=1))
    assert store.milestones() == ["A1::confirmed", "A1:P1:in_transit"]
    ana = resolve(shop=store.id, user_id="ana")
    assert (
        store.rows("events_event WHERE name = 'Order Milestone Reached'", "customer_id", "origin")
        == [(ana, 1)] * 2
    )
    assert drain(later(hours=2)) == 0


@pytest.mark.usefixtures("consumers")
def test_a_failed_batch_leaves_nothing_and_comes_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    order(store, "A1", user_id="ana")
    work = consuming._move

    def fail(*_: object) -> None:
        raise RuntimeError("killed before the commit")

    clock = VirtualClock(NOW)
    assert consuming.consume_once(IdentityConsumer(), clock=clock) == 1
    monkeypatch.setattr(consuming, "_move", fail)
    with pytest.raises(RuntimeError):
        consuming.consume_once(CommerceConsumer(), clock=clock)
    monkeypatch.setattr(consuming, "_move", work)
    before = store.everything()
    assert before["order"] == before["events"] == []
    drain(NOW)
    drain(NOW)
    assert store.rows("commerce_order", "order_id") == ["A1"]
    assert store.milestones() == ["A1::confirmed"]
