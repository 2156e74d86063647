"""A store's counts against ours, in three steps of the way: what they have, what they told us of, what our tables hold.

Told of but not held is ours to mend (an order that was refused); not told of is fetched by a backfill of its window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec
import structlog
from prometheus_client import Gauge

from vuelve.events.sources import deliveries, queries
from vuelve.events.sources.appending import requester
from vuelve.events.sources.connecting import source_of
from vuelve.events.sources.contracts import Store, problem
from vuelve.events.sources.queries import SQL
from vuelve.platform import jobs
from vuelve.platform.clock import Clock, real
from vuelve.platform.db import for_shop, for_shops
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.platform.stores import StoreKind, StoreSource, StoreWindow
from vuelve.shops.queries import all_shop_ids, facts

log = structlog.get_logger(__name__)

MISSING = Gauge(
    "vuelve_store_missing_objects",
    "How many of a store's things are not here, at its last reconciliation.",
    ["source", "kind"],
    multiprocess_mode="mostrecent",
)
MONTHS = 12
JOB = "stores.reconcile"
EVERY = timedelta(days=1)
STATUSES = (
    "pending",
    "authorized",
    "partially_paid",
    "paid",
    "partially_refunded",
    "refunded",
    "voided",
)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the page: 'all', 'before', a month as '2026-03', or 'status:paid'."""

    name: str
    window: StoreWindow


def parts_of(kind: StoreKind, *, now: datetime, zone: ZoneInfo) -> list[Part]:
    """Customers and products are counted as a whole: what is created long ago changes as often as what is new."""
    whole = [Part("all", StoreWindow())]
    if kind is not StoreKind.ORDERS:
        return whole
    starts = _months(now, zone)
    months = [
        Part(f"{since.astimezone(zone):%Y-%m}", StoreWindow(since=since, until=until))
        for since, until in zip(starts, [*starts[1:], None], strict=True)
    ]
    before = Part("before", StoreWindow(until=starts[0]))
    statuses = [Part(f"status:{one}", StoreWindow(status=one)) for one in STATUSES]
    return [*whole, before, *months, *statuses]


def _months(now: datetime, zone: ZoneInfo) -> list[datetime]:
    """The starts of the last MONTHS months in the shop's zone, as UTC; the oldest first."""
    local = now.astimezone(zone)
    number = local.year * 12 + local.month - 1
    return [
        datetime((number - back) // 12, (number - back) % 12 + 1, 1, tzinfo=zone).astimezone(UTC)
        for back in range(MONTHS - 1, -1, -1)
    ]


def ask(*, shop: ShopId, store_id: int) -> bool:
    """Count now; False if that is asked for already. Raises VuelveError `not_found`."""
    with for_shop(shop) as cursor:
        queries.store(cursor, shop, store_id)  # another shop's must not be kept busy
        return jobs.defer(JOB, unique=f"reconcile:{store_id}", shop=int(shop), store_id=store_id) is not None


@jobs.job(JOB)
def run(*, shop: int, store_id: int) -> None:
    reconcile(shop=ShopId(shop), store_id=store_id, now=real.now())


def reconcile(*, shop: ShopId, store_id: int, now: datetime) -> None:
    with for_shop(shop) as cursor:
        store = queries.store(cursor, shop, store_id)
    if not store.sealed_token or not store.is_open:
        return
    source, zone = source_of(store.source), ZoneInfo(facts(shop).time_zone)
    trouble = ""
    for kind in StoreKind:
        parts = parts_of(kind, now=now, zone=zone)
        try:
            theirs = source.counts(store.access, kind, [part.window for part in parts])
        except VuelveError as error:
            trouble = problem(error.code, error.message)
            theirs = [None] * len(parts)
        _write(source, store, kind, parts, theirs, now)
    with for_shop(shop) as cursor:
        cursor.execute(
            "UPDATE events_store SET reconciled_at = %s, problem = %s WHERE shop_id = %s AND id = %s",
            [now, trouble, shop, store_id],
        )


def _write(
    source: StoreSource,
    store: Store,
    kind: StoreKind,
    parts: Sequence[Part],
    theirs: Sequence[int | None],
    now: datetime,
) -> None:
    whose = {"shop": store.shop_id, "store": store.id, "kind": kind}
    windows = [
        {
            "part": part.name,
            "since": part.window.since,
            "until": part.window.until,
            "status": part.window.status,
            "theirs": count,
        }
        for part, count in zip(parts, theirs, strict=True)
    ]
    with for_shop(store.shop_id) as cursor:
        cursor.execute(
            'CREATE TEMP TABLE IF NOT EXISTS store_object (object_id text COLLATE "C" NOT NULL, '
            "created_at timestamptz, status text NOT NULL, is_held boolean NOT NULL)"
        )
        cursor.execute("SELECT vuelve_clear('pg_temp.store_object')")
        cursor.execute(SQL["open_objects"], whose)
        cursor.execute("ANALYZE pg_temp.store_object")
        registry.holdings[kind].mark(cursor, store.shop_id)
        cursor.execute(
            "DELETE FROM events_store_count WHERE shop_id = %(shop)s AND store_id = %(store)s AND kind = %(kind)s",
            whose,
        )
        cursor.execute(SQL["write_counts"], whose | {"windows": _encode(windows).decode(), "now": now})
        cursor.execute("SELECT vuelve_clear('pg_temp.store_object')")
        counts = [one for one in queries.counts(cursor, store.shop_id, store.id) if one.kind is kind]
    for one in counts:
        if one.part == "all":
            MISSING.labels(source.name, kind).set(max(one.missing, 0))


# --- what is due by the clock -------------------------------------------------------------------------------------


class StoresTick:
    """Once a minute: counts that are a day old, webhooks that are a month old, erasures whose time has come."""

    name: ClassVar[str] = "stores"
    interval_seconds: ClassVar[float] = 60.0

    def tick(self, clock: Clock) -> int:
        now = clock.now()
        return deliveries.forget_old(now=now) + _ask_where_due(now) + _erase_where_due(now)


def _ask_where_due(now: datetime) -> int:
    with for_shops(all_shop_ids()) as cursor:
        due = cursor.execute(
            "SELECT shop_id, id FROM events_store WHERE state = 'connected' "
            "AND coalesce(reconciled_at, connected_at) < %s",
            [now - EVERY],
        ).fetchall()
    return sum(ask(shop=ShopId(shop), store_id=store_id) for shop, store_id in due)


def _erase_where_due(now: datetime) -> int:
    """A shop that has another store, or whose store is back, is not erased: a person must decide."""
    with for_shops(all_shop_ids()) as cursor:
        due = cursor.execute(
            "SELECT s.shop_id, s.id FROM events_store s WHERE s.erase_due_at <= %s "
            "AND s.state IN ('uninstalled', 'disconnected') AND NOT EXISTS (SELECT FROM events_store o "
            "WHERE o.shop_id = s.shop_id AND o.id <> s.id AND o.state NOT IN ('uninstalled', 'disconnected'))",
            [now],
        ).fetchall()
    for shop, store_id in due:
        with for_shop(ShopId(shop)) as cursor:
            store = queries.store(cursor, ShopId(shop), store_id, lock=True)
            if store.erase_due_at is None or registry.privacy_desk is None:
                continue
            registry.privacy_desk.erase_shop(shop=store.shop_id, source=requester(store))
            cursor.execute(
                "UPDATE events_store SET erase_due_at = NULL WHERE shop_id = %s AND id = %s", [shop, store_id]
            )
            log.warning("a store's erasure is due", shop=shop, store=store_id)
    return len(due)


def cancel_erasure(*, shop: ShopId, store_id: int) -> Store:
    with for_shop(shop) as cursor:
        cursor.execute(
            "UPDATE events_store SET erase_due_at = NULL WHERE shop_id = %s AND id = %s", [shop, store_id]
        )
        return queries.store(cursor, shop, store_id)
