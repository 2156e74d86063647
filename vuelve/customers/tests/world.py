"""The identity consumer on a real log, and short ways to look at what it wrote."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from vuelve.customers.consumers import IdentityConsumer
from vuelve.events.consuming import consume_once
from vuelve.events.services import open_staging, record_staged
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.models import Shop

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def minute(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


@dataclass
class Identity:
    """A shop whose events only the identity consumer reads."""

    shop: Shop
    consumer: IdentityConsumer = field(default_factory=IdentityConsumer)

    @property
    def id(self) -> ShopId:
        return ShopId(self.shop.pk)

    def run(self, now: datetime = NOW, *, rows: int = 10_000) -> None:
        """Read on until every event of the shop is stamped. Others on the same server may hold the horizon a while."""
        for _ in range(600):
            while consume_once(self.consumer, clock=VirtualClock(now), rows=rows):
                pass
            if not self.rows("SELECT FROM events_event WHERE shard IS NULL LIMIT 1"):
                return
            sleep(0.05)
        raise AssertionError("events are still not stamped after 30 s")

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with for_shop(self.id) as cursor:
            return cursor.execute(query, parameters).fetchall()

    def customers(self) -> list[str]:
        """One text a customer that is not merged away: all identifiers, sorted."""
        found = self.rows(
            "SELECT string_agg(i.value, ' ' ORDER BY i.value) FROM customers_identifier i "
            "LEFT JOIN customers_alias a ON a.customer_id = i.customer_id GROUP BY coalesce(a.canonical_id, i.customer_id)"
        )
        return sorted(row[0] for row in found)

    def events_of(self) -> dict[str, int]:
        """The customer that counts now, by message id of events from outside."""
        return {
            row[0]: row[1]
            for row in self.rows(
                "SELECT e.message_id, coalesce(a.canonical_id, e.customer_id) FROM events_event e "
                "LEFT JOIN customers_alias a ON a.customer_id = e.customer_id WHERE e.origin = 0"
            )
        }

    def column(self, name: str, customer: int) -> Any:
        return self.rows(f"SELECT {name} FROM customers_customer WHERE id = %s", customer)[0][0]

    def traits(self, customer: int) -> dict[str, Any]:
        return {
            name: next((value for value in values if value is not None), None)
            for name, *values in self.rows(
                "SELECT name, time_value, text_value, number_value, boolean_value FROM customers_trait WHERE customer_id = %s",
                customer,
            )
        }

    def consents(self, customer: int) -> dict[tuple[str, str], bool]:
        return {
            (row[0], row[1]): row[2]
            for row in self.rows(
                "SELECT channel, purpose, is_granted FROM customers_consent WHERE customer_id = %s", customer
            )
        }

    def raw_identify(self, properties: str, *, user_id: str, at: datetime, key: str) -> None:
        """An identify event whose JSON is written as it is, as ingest would not let it pass."""
        with for_shop(self.id) as cursor:
            open_staging(cursor)
            cursor.execute(
                "INSERT INTO pg_temp.event_staged (shop_id, kind, name, occurred_at, message_id, user_id, properties) "
                "VALUES (%s, 2, 'identify', %s, %s, %s, %s)",
                [self.id, at, key, user_id, properties],
            )
            record_staged(cursor, now=at, source="test", from_outside=True)


def user(identity: Identity, user_id: str) -> CustomerId:
    found = identity.rows("SELECT id FROM customers_customer WHERE user_id = %s", user_id)
    assert len(found) == 1
    return CustomerId(found[0][0])
