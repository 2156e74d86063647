"""A shop with a programme: orders come in and are consumed, time passes, and the ledger is looked at."""

from datetime import UTC, datetime, timedelta
from typing import Any

from vuelve.commerce.tests.support import ANA, Store
from vuelve.events import services as events
from vuelve.loyalty import queries, services, ticks
from vuelve.loyalty.consumers import LoyaltyConsumer
from vuelve.loyalty.contracts import Award, Balance, Posted
from vuelve.platform.db import fetch_dicts, for_shop
from vuelve.platform.extension import EventBatch
from vuelve.platform.ids import CustomerId
from vuelve.shops.invariants import check_all
from vuelve.shops.models import Shop

OPENED = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


class Club(Store):
    def __init__(self, shop: Shop, **choices: Any) -> None:
        super().__init__(shop)
        self._merges = 0
        services.open_programme(shop=self.id, now=OPENED, actor="test", **choices)

    def meet(self, *customers: int, name: str = "Ana Peña") -> None:
        """Customers with a profile."""
        with for_shop(self.id) as cursor:
            for customer in customers:
                cursor.execute(
                    "INSERT INTO customers_customer (shop_id, id, name, search_key, created_at, first_seen_at, last_seen_at) "
                    "VALUES (%(shop)s, %(id)s, %(name)s, '', %(now)s, %(now)s, %(now)s) ON CONFLICT DO NOTHING",
                    {"shop": self.id, "id": customer, "name": name, "now": NOW},
                )

    def change(self, *, now: datetime = NOW, **choices: Any) -> None:
        services.change_programme(shop=self.id, now=now, actor="test", **choices)

    def consume(self, *, now: datetime = NOW) -> int:
        """One batch of commerce, then the same events for loyalty."""
        filled = super().consume(now=now)
        with for_shop(self.id) as cursor:
            LoyaltyConsumer().consume(EventBatch(cursor=cursor, now=now, rows=filled))
        return filled

    def merge(self, from_id: int, into_id: int, *, recorded: bool = True) -> None:
        """As often as wanted."""
        self._merges += 1
        with for_shop(self.id) as cursor:
            cursor.execute(
                "INSERT INTO customers_alias (shop_id, customer_id, canonical_id, merged_at, reason) "
                "VALUES (%s, %s, %s, %s, 'identified')",
                [self.id, from_id, into_id, NOW],
            )
            events.record(
                shop=self.id,
                name="Customers Merged",
                customer=CustomerId(from_id),
                properties={"node_id": from_id, "from_id": from_id, "into_id": into_id},
                key=f"merge:{from_id}:{self._merges}",
                now=NOW,
                source="customers",
            )

    def award(
        self, points: int, key: str, *, customer: int = ANA, now: datetime = NOW, **more: Any
    ) -> Posted:
        given = Award(customer=CustomerId(customer), points=points, key=key, **more)
        return services.award(shop=self.id, award=given, now=now)

    def redeem(
        self, points: int, key: str, *, customer: int = ANA, now: datetime = NOW, **more: Any
    ) -> Posted:
        return services.redeem(
            shop=self.id, customer=CustomerId(customer), points=points, key=key, now=now, **more
        )

    def settle(self, now: datetime) -> int:
        return ticks.settle_due(now=now, shops=[self.id])

    def balance(self, customer: int = ANA) -> Balance:
        with for_shop(self.id) as cursor:
            return queries.balance(cursor, self.id, CustomerId(customer))

    def points(self, customer: int = ANA) -> int:
        return self.balance(customer).spendable

    def lines(self, customer: int = ANA) -> list[dict[str, Any]]:
        with for_shop(self.id) as cursor:
            return queries.statement(cursor, self.id, CustomerId(customer), rows=1_000)

    def rows(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        with for_shop(self.id) as cursor:
            cursor.execute(statement, [self.id, *parameters])
            return fetch_dicts(cursor)

    def tell_unmerged(self, node: int, from_id: int, *, key: str) -> None:
        with for_shop(self.id):
            events.record(
                shop=self.id,
                name="Customers Merged",
                customer=CustomerId(node),
                properties={"node_id": node, "from_id": from_id, "into_id": node},
                key=key,
                now=NOW,
                source="customers",
            )

    def told(self, customer: int = ANA) -> list[tuple[str, dict[str, Any]]]:
        """The events that loyalty recorded of a customer, oldest first."""
        found = self.rows(
            "SELECT name, properties FROM events_event WHERE shop_id = %s AND customer_id = %s AND source = 'loyalty' "
            "ORDER BY xid, seq",
            customer,
        )
        return [(row["name"], row["properties"]) for row in found]

    def check(self) -> None:
        """The ledger adds up."""
        breaches = {name: found for name, found in check_all(self.id).items() if found}
        assert not breaches, breaches


def later(**passed: float) -> datetime:
    return NOW + timedelta(**passed)
