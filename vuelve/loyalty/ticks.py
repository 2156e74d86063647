"""What the clock does to points: pending ones open, open ones expire, and it is told before they do."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from prometheus_client import Counter

from vuelve.events import services as events
from vuelve.loyalty.contracts import POINTS, WARNING_DAYS
from vuelve.loyalty.models import Programme
from vuelve.loyalty.rules import inactive_before
from vuelve.loyalty.services.batches import SOURCE, SQL, open_batches, post_due, tell
from vuelve.loyalty.services.programmes import all_programmes
from vuelve.platform.clock import Clock
from vuelve.platform.db import for_shops
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import all_shop_ids

LOTS_PER_TICK = 2_000

SETTLED = Counter("vuelve_loyalty_lots_settled_total", "Lots of points that opened or expired by the clock.")


class LoyaltyTick:
    """Lots whose moment has come."""

    name: ClassVar[str] = "loyalty"
    interval_seconds: ClassVar[float] = 5.0

    def tick(self, clock: Clock) -> int:
        return settle_due(now=clock.now())


class ExpiryTick:
    """Points of customers who have been away, and warnings: nothing that would matter within the hour."""

    name: ClassVar[str] = "loyalty expiry"
    interval_seconds: ClassVar[float] = 3_600.0

    def tick(self, clock: Clock) -> int:
        now = clock.now()
        return expire_inactive(now=now) + warn(now=now)


def settle_due(*, now: datetime, rows: int = LOTS_PER_TICK, shops: Sequence[ShopId] | None = None) -> int:
    """Open and expire a bounded number of lots that are due, of all shops or of these, in one transaction; returns how many."""
    with for_shops(all_shop_ids() if shops is None else shops) as cursor:
        open_batches(cursor)
        if not cursor.execute(SQL["find_due"], {"now": now, "rows": rows}).rowcount:
            return 0
        settled = post_due(cursor, now=now)
        tell(cursor, now=now)
    SETTLED.inc(settled)
    return settled


def expire_inactive(
    *, now: datetime, rows: int = LOTS_PER_TICK, shops: Sequence[ShopId] | None = None
) -> int:
    """Expire what customers hold who have neither earned nor spent for as long as their shop allows; returns how many lots."""
    expired = 0
    with for_shops(all_shop_ids() if shops is None else shops) as cursor:
        for programme, terms in all_programmes():
            before = inactive_before(terms, now)
            if before is None or programme.expiry_since > before:
                continue
            open_batches(cursor)
            asked = {"shop": terms.shop, "unit": POINTS, "before": before, "rows": rows}
            if cursor.execute(SQL["find_inactive"], asked).rowcount:
                expired += post_due(cursor, now=now)
                tell(cursor, now=now)
    SETTLED.inc(expired)
    return expired


def warn(*, now: datetime, shops: Sequence[ShopId] | None = None) -> int:
    """Record `Points Expiring` {points, expires_at, days} once, 30 and 7 days before; returns how many."""
    told = 0
    with for_shops(all_shop_ids() if shops is None else shops) as cursor:
        for programme, terms in all_programmes():
            for days, field in zip(WARNING_DAYS, ("warned_first_until", "warned_last_until"), strict=True):
                until = now + timedelta(days=days)
                since = getattr(programme, field) or now
                if until <= since:
                    continue
                events.open_staging(cursor)
                parameters = {"shop": terms.shop, "since": since, "until": until, "days": days, "now": now}
                if cursor.execute(SQL["stage_warnings"], parameters).rowcount:
                    told += events.record_staged(cursor, now=now, source=SOURCE)
                Programme.objects.filter(pk=programme.pk).update(**{field: until})
    return told
