"""A shop's log and its consumer, batch by batch: what a test sends, when it is consumed, what came of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from vuelve.commerce.consumers import CommerceConsumer
from vuelve.events import services as events
from vuelve.platform.db import fetch_dicts, for_shop
from vuelve.platform.extension import EventBatch
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.models import Shop
from vuelve.testing import track

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
ANA, BEA, CLEO = CustomerId(1_001), CustomerId(1_002), CustomerId(1_003)


class Store:
    """Events go to the log with their customer; `consume` gives all that came since to the consumer as one batch."""

    def __init__(self, shop: Shop, *, of: int | None = None) -> None:
        """`of`: reads the events of one customer only, as the worker of a shard does."""
        self.shop = shop
        self._of = of
        self.id = ShopId(shop.pk)
        self._position = (0, 0)

    def track(
        self, name: str, customer: int, properties: Any, *, at: datetime = NOW, historical: bool = False
    ) -> None:
        track(self.shop, name, customer=customer, properties=properties, at=at, historical=historical)

    def order(
        self,
        order_id: Any = "A1",
        *,
        customer: int = ANA,
        at: datetime = NOW,
        historical: bool = False,
        **more: Any,
    ) -> None:
        properties = {"order_id": order_id, "currency": "MXN", "total": 100, **more}
        self.track("Order Completed", customer, properties, at=at, historical=historical)

    def ship(
        self,
        status: Any,
        *,
        order_id: str = "A1",
        shipment_id: str | None = "P1",
        customer: int = ANA,
        at: datetime = NOW,
        historical: bool = False,
        **more: Any,
    ) -> None:
        properties = {"order_id": order_id, "shipment_id": shipment_id, "status": status, **more}
        self.track("Shipment Updated", customer, properties, at=at, historical=historical)

    def update(self, order_id: str = "A1", *, customer: int = ANA, at: datetime = NOW, **more: Any) -> None:
        properties = {"order_id": order_id, "currency": "MXN", "total": 100, **more}
        self.track("Order Updated", customer, properties, at=at)

    def refund(self, order_id: str = "A1", *, customer: int = ANA, at: datetime = NOW, **more: Any) -> None:
        self.track("Order Refunded", customer, {"order_id": order_id, **more}, at=at)

    def cancel(self, order_id: str = "A1", *, customer: int = ANA, at: datetime = NOW, **more: Any) -> None:
        self.track("Order Cancelled", customer, {"order_id": order_id, **more}, at=at)

    def pay(
        self, state: Any, order_id: str = "A1", *, customer: int = ANA, at: datetime = NOW, **more: Any
    ) -> None:
        self.track("Payment Updated", customer, {"order_id": order_id, "state": state, **more}, at=at)

    def cart(
        self,
        event: str,
        /,
        cart_id: str | None = "K",
        *,
        customer: int = ANA,
        at: datetime = NOW,
        **more: Any,
    ) -> None:
        self.track(event, customer, {"cart_id": cart_id, **more}, at=at)

    def merge(self, from_id: int, into_id: int, *, recorded: bool = True) -> None:
        """As identity does it: the alias, and the event in the same transaction."""
        with for_shop(self.id) as cursor:
            cursor.execute(
                "UPDATE customers_alias SET canonical_id = %s WHERE shop_id = %s AND canonical_id = %s",
                [into_id, self.id, from_id],
            )
            cursor.execute(
                "INSERT INTO customers_alias (shop_id, customer_id, canonical_id, merged_at, reason) "
                "VALUES (%s, %s, %s, %s, 'identified')",
                [self.id, from_id, into_id, NOW],
            )
            if recorded:
                events.record(
                    shop=self.id,
                    name="Customers Merged",
                    customer=CustomerId(from_id),
                    properties={"from_id": from_id, "into_id": into_id},
                    key=f"merge:{from_id}",
                    now=NOW,
                    source="customers",
                )

    def unmerge(self, node: int, from_id: int) -> None:
        """As identity undoes a merge: the node counts for itself again."""
        with for_shop(self.id) as cursor:
            cursor.execute(
                "DELETE FROM customers_alias WHERE shop_id = %s AND customer_id = %s", [self.id, node]
            )
            events.record(
                shop=self.id,
                name="Customers Merged",
                customer=CustomerId(node),
                properties={"node_id": node, "from_id": from_id, "into_id": node},
                key=f"unmerge:{node}",
                now=NOW,
                source="customers",
            )

    def consume(self, *, now: datetime = NOW) -> int:
        """One batch of everything since the last one; returns its rows."""
        consumer = CommerceConsumer()
        with for_shop(self.id) as cursor:
            cursor.execute("CREATE TEMP TABLE IF NOT EXISTS event_batch (LIKE events_event)")
            cursor.execute("SELECT vuelve_clear('pg_temp.event_batch')")
            filled = cursor.execute(
                "INSERT INTO pg_temp.event_batch SELECT * FROM events_event "
                "WHERE shop_id = %s AND (xid, seq) > (%s, %s) AND name = ANY (%s) "
                "AND (%s::bigint IS NULL OR customer_id = %s)",
                [self.id, *self._position, sorted(consumer.names() or ()), self._of, self._of],
            ).rowcount
            if filled:
                row = cursor.execute(
                    "SELECT xid, seq FROM pg_temp.event_batch ORDER BY xid DESC, seq DESC LIMIT 1"
                ).fetchone()
                assert row is not None
                self._position = row
                consumer.consume(EventBatch(cursor=cursor, now=now, rows=filled))
        return filled

    def rows(self, table: str, *columns: str) -> list[Any]:
        """Values of the shop's rows, sorted; bare values for one column."""
        with for_shop(self.id) as cursor:
            found = cursor.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
        values = found if len(columns) > 1 else [row[0] for row in found]
        return sorted(values, key=repr)

    def one(self, table: str) -> dict[str, Any]:
        with for_shop(self.id) as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            (row,) = fetch_dicts(cursor)
        return row

    def recorded(self, name: str) -> list[dict[str, Any]]:
        """Properties of our own events of that name, in the order of the log."""
        with for_shop(self.id) as cursor:
            found = cursor.execute(
                "SELECT properties FROM events_event WHERE name = %s AND origin = 1 ORDER BY xid, seq", [name]
            ).fetchall()
        return [row[0] for row in found]

    def milestones(self) -> list[str]:
        return [event["milestone_id"] for event in self.recorded("Order Milestone Reached")]

    def everything(self) -> dict[str, list[Any]]:
        """All that this package keeps for the shop, for tests that nothing changed."""
        tables = (
            "order",
            "order_key",
            "order_update",
            "item",
            "refund",
            "payment",
            "product",
            "product_fact",
            "shipment",
            "shipment_checkpoint",
            "coupon",
            "coupon_refusal",
            "cart",
        )
        kept = {table: self.rows(f"commerce_{table}", "*") for table in tables}
        kept["events"] = self.recorded("Order Milestone Reached") + self.recorded("Coupon Redeemed")
        return kept


def later(**spans: int) -> datetime:
    return NOW + timedelta(**spans)
