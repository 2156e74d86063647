"""For how long a shop keeps customers of whom nothing is heard, and the tick that holds to what was chosen."""

from datetime import datetime, timedelta
from typing import ClassVar

import structlog
from django.utils.translation import gettext_lazy as _
from prometheus_client import Counter

from vuelve.customers.services.forgetting import forget
from vuelve.platform import limits
from vuelve.platform.clock import Clock
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.extension import RetentionRule, Text, registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.queries import all_shop_ids, retention

log = structlog.get_logger(__name__)

EXPIRED = Counter("vuelve_retention_total", "What was removed because a shop keeps it no longer.", ["rule"])

_QUIET = (
    "FROM customers_customer c WHERE c.shop_id = %(shop)s AND c.last_seen_at < %(before)s "
    "AND coalesce(c.user_id, c.email, c.phone) IS {known} NULL AND NOT EXISTS "
    "(SELECT FROM customers_alias a WHERE a.shop_id = c.shop_id AND a.customer_id = c.id)"
)


class _Quiet:
    """Customers of whom nothing was heard since `before`; their orders stay without them."""

    known: ClassVar[str]

    def count(self, cursor: Cursor, shop: ShopId, before: datetime, rows_max: int) -> int:
        row = cursor.execute(
            f"SELECT count(*) FROM (SELECT {_QUIET.format(known=self.known)} LIMIT %(rows)s) t",
            {"shop": shop, "before": before, "rows": rows_max},
        ).fetchone()
        return row[0] if row else 0

    def enforce(self, cursor: Cursor, shop: ShopId, *, before: datetime, now: datetime, rows: int) -> int:
        found = cursor.execute(
            f"SELECT c.id {_QUIET.format(known=self.known)} ORDER BY c.last_seen_at, c.id LIMIT %(rows)s",
            {"shop": shop, "before": before, "rows": min(rows, limits.FORGET_CUSTOMERS_ROWS)},
        ).fetchall()
        return sum(forget(shop=shop, customer=CustomerId(row[0]), before=before, now=now) for row in found)


class VisitorsRetention(_Quiet):
    key: ClassVar[str] = "visitors"
    label: Text = _("Anonymous visitors")
    help: Text = _("Visitors without contact data, counted from their last visit.")
    order: ClassVar[int] = 40
    days_default: ClassVar[int | None] = None
    days: ClassVar[tuple[int, ...]] = (30, 90, 180, 365, 730)
    known: ClassVar[str] = ""


class CustomersRetention(_Quiet):
    key: ClassVar[str] = "customers"
    label: Text = _("Inactive customers")
    help: Text = _("Customers of whom nothing was heard for so long. Their orders stay, without the person.")
    order: ClassVar[int] = 50
    days_default: ClassVar[int | None] = None
    days: ClassVar[tuple[int, ...]] = (365, 730, 1095, 1825, 3650)
    known: ClassVar[str] = "NOT"


def chosen_days(rule: RetentionRule, chosen: dict[str, int | None]) -> int | None:
    return chosen.get(rule.key, rule.days_default)


class RetentionTick:
    """A bounded amount of every shop's and every rule's work, each in a transaction of its own."""

    name: ClassVar[str] = "retention"
    interval_seconds: ClassVar[float] = 3600.0

    def tick(self, clock: Clock) -> int:
        return sum(enforce(shop, now=clock.now()) for shop in all_shop_ids())


def enforce(shop: ShopId, *, now: datetime) -> int:
    """Remove some of what the shop keeps no longer; returns how many rows, 0 when nothing is left to do."""
    with for_shop(shop):
        chosen = retention(shop)
    removed = 0
    for rule in registry.retention:
        days = chosen_days(rule, chosen)
        if days is None:
            continue
        before = now - timedelta(days=days)
        with for_shop(shop) as cursor:
            rows = rule.enforce(cursor, shop, before=before, now=now, rows=limits.RETENTION_ROWS)
        if rows:
            EXPIRED.labels(rule.key).inc(rows)
            log.info("kept no longer", shop=shop, rule=rule.key, rows=rows, before=before.isoformat())
        removed += rows
    return removed
