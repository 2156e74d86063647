"""Any order and repetition of the same events gives the same orders by customer: identity and commerce together, with
the customers' rows following every move in between.
"""

from time import sleep

from hypothesis import Phase, given, settings

from vuelve.commerce.consumers import CommerceConsumer
from vuelve.customers.consumers import IdentityConsumer
from vuelve.customers.tests.test_any_order import RECEIVED, Event, append, histories, picture, send
from vuelve.customers.tests.world import Identity
from vuelve.events.services import prepare_log
from vuelve.platform.extension import registry
from vuelve.testing import drain, make_shop


def read_all(identity: Identity) -> None:
    """Until commerce, too, has read everything. Others on the same server may hold the horizon a while."""
    identity.run(RECEIVED)
    for _ in range(600):
        drain(RECEIVED)
        behind = identity.rows(
            "SELECT FROM events_event e JOIN events_cursor c ON c.consumer = 'commerce' AND c.shard = e.shard "
            "WHERE (e.xid, e.seq) > (c.xid, c.seq) LIMIT 1"
        )
        if not behind:
            return
        sleep(0.05)
    raise AssertionError("events are still not read after 30 s")


def orders(identity: Identity) -> list[tuple[str, str, str]]:
    """(customer by identifiers, table, order id): the order and its key are with the same customer."""
    names: dict[int, list[str]] = {}
    for customer, value in identity.rows(
        "SELECT customer_id, value FROM customers_identifier ORDER BY value"
    ):
        names.setdefault(customer, []).append(value)
    return sorted(
        (" ".join(names[customer]), table, order)
        for table in ("commerce_order", "commerce_order_key")
        for customer, order in identity.rows(f"SELECT customer_id, order_id FROM {table}")
    )


@given(histories())
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_orders_are_with_the_same_customers(
    database: str, history: tuple[list[Event], list[list[Event]]]
) -> None:
    events, batches = history
    before = registry.consumers[:]
    registry.consumers[:] = [IdentityConsumer(), CommerceConsumer()]
    try:
        prepare_log(now=RECEIVED)
        plain, shuffled = Identity(make_shop()), Identity(make_shop())
        append(plain, sorted(events, key=lambda event: (event.what.at, event.message_id)))
        read_all(plain)
        for batch in batches:
            send(shuffled, batch)
            read_all(shuffled)
        assert orders(shuffled) == orders(plain)
        assert len(orders(plain)) == 2 * sum(event.what.name == "Order Completed" for event in events)
        assert picture(shuffled) == picture(plain)
    finally:
        registry.consumers[:] = before
