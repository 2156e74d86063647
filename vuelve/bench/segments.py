"""Segments of a large shop: everyone on DuckDB over the lake, and the customers just touched on PostgreSQL.

Customers and events are loaded set-based and flushed by the product's own flusher. The rule is "Order Completed at least twice in the
last 30 days and country = MX"; its limit is the same question written by hand for DuckDB on the same files.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import log10
from statistics import median
from typing import Any

from vuelve.bench import database, machine
from vuelve.events import services as events
from vuelve.lake import flushing, upkeep
from vuelve.lake.reading import forget_connection
from vuelve.platform import limits
from vuelve.platform.clock import monotonic_seconds, real
from vuelve.platform.db import Statements, copy_rows, for_shop
from vuelve.platform.ids import ShopId
from vuelve.segments import services
from vuelve.segments.contracts import SegmentRef
from vuelve.segments.models import Segment
from vuelve.segments.queries import live_segments
from vuelve.segments.services import engines
from vuelve.segments.services.conditions import open_subjects
from vuelve.segments.services.engine_lake import DuckEngine
from vuelve.segments.services.membership import judge
from vuelve.shops.services import create_shop

SQL = Statements(__file__)

CUSTOMERS = 100_000
EVENTS = 10_000_000
SEGMENTS = 50
TOUCHED = 1_000
ROUNDS = 5
SLICE = 500_000
RULE = {
    "all": [
        {
            "type": "event",
            "name": "Order Completed",
            "count": {"op": "gte", "value": 2},
            "within_days": 30,
        },
        {"type": "trait", "name": "country", "op": "is", "value": "MX"},
    ]
}
BY_HAND = """
SELECT c.id FROM customers_customer c
JOIN (
    SELECT customer_id FROM events_event
    WHERE name = 'Order Completed' AND occurred_at >= $start AND occurred_at <= $now AND received_at >= $arrived
    GROUP BY customer_id HAVING count(*) >= 2
) o ON o.customer_id = c.id
WHERE c.country = 'MX'
"""
EXPECTED = """
SELECT count(*) FROM customers_customer c
WHERE c.shop_id = %(shop)s AND c.country = 'MX' AND (
    SELECT count(*) FROM events_event e WHERE e.shop_id = c.shop_id AND e.customer_id = c.id AND e.name = 'Order Completed'
      AND e.occurred_at >= %(start)s AND e.occurred_at <= %(now)s) >= 2
"""


def measure(
    say: Callable[[str], None],
    *,
    customers: int = CUSTOMERS,
    n_events: int = EVENTS,
    segments: int = SEGMENTS,
    touched: int = TOUCHED,
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """At a tenth of the events, then at all of them; see `docs/benchmarks.md`."""
    now = real.now()
    shop = _open(customers, now)
    first = n_events // 10
    with machine.watched() as usage:
        _load(say, shop, customers, 0, first, now)
        small = _rule(say, shop, now, rounds)
        _load(say, shop, customers, first, n_events, now)
        rule = _rule(say, shop, now, rounds)
        sweep, sweep_changes = _sweep(say, shop, now, segments)
        touched_ms = _touched(say, shop, now, customers, touched, rounds)
    expected = _expected(shop, now)
    wrong = [] if rule["members"] == expected else [f"members: {rule['members']} of {expected}"]
    return {
        "customers": customers,
        "events": n_events,
        **rule,
        "expected_members": expected,
        "growth_exponent": round(log10(rule["seconds"] / small["seconds"]), 3),
        "seconds_at_a_tenth": small["seconds"],
        "sweep_50_seconds": round(sweep, 2),
        "sweep_changes": sweep_changes,
        "segments": segments,
        "touched_ms": touched_ms,
        "touched": touched,
        "wrong": wrong,
        "is_correct": not wrong,
        "peak_memory_mb": usage.peak_memory_mb,
        "cpu_seconds": usage.cpu_seconds,
    }


def _open(customers: int, now: datetime) -> ShopId:
    shop = ShopId(create_shop(slug="bench-segments", name="Bench").pk)
    events.prepare_log(now=now)
    events.make_months("events_event", (now - timedelta(days=100)).date(), now.date())
    with for_shop(shop) as cursor:
        cursor.execute(SQL["segments_customers"], {"shop": shop, "customers": customers, "now": now})
    return shop


def _load(
    say: Callable[[str], None], shop: ShopId, customers: int, first: int, until: int, now: datetime
) -> None:
    """Events from number `first` to `until`, then into the lake, as an hour after the last compaction."""
    began = monotonic_seconds()
    for start in range(first, until, SLICE):
        rows = min(SLICE, until - start)
        with for_shop(shop) as cursor:
            cursor.execute(
                SQL["segments_events"],
                {"shop": shop, "customers": customers, "rows": rows, "first": start, "now": now},
            )
    with database.owner() as owner:
        # As autovacuum leaves them.
        owner.execute("VACUUM (ANALYZE) events_event, customers_customer, customers_trait")
        # All consumers have read what is there; the log's own rows were written at position 1.
        owner.execute("UPDATE events_cursor SET xid = 2, seq = 0")
        owner.execute(
            "INSERT INTO events_schema (shop_id, kind, name, first_at, last_at, last_xid, last_seq, events) "
            "VALUES (%s, 1, 'Order Completed', %s, %s, 1, 1, %s) ON CONFLICT (shop_id, kind, name) DO UPDATE SET events = EXCLUDED.events",
            [shop, now, now, max(until, limits.SEGMENT_LAKE_EVENTS)],
        )
        owner.commit()
    say(f"{until:,} events after {monotonic_seconds() - began:,.0f} s")
    began, flushed = monotonic_seconds(), 0
    while count := flushing.flush_once(now=now).events:
        flushed += count
    took = monotonic_seconds() - began
    say(f"{flushed:,} events flushed in {took:,.0f} s: {flushed / took:,.0f} a second")
    upkeep.compact(now=now)
    forget_connection()


def _rule(say: Callable[[str], None], shop: ShopId, now: datetime, rounds: int) -> dict[str, Any]:
    """Warm: the whole refresh with half of the members to be written anew, and the question alone against the one by hand."""
    segment = services.create(shop=shop, name=f"Rule {monotonic_seconds()}", tree=RULE, by="bench", now=now)
    members = services.fill(shop=shop, segment_id=segment.pk, now=now) or 0
    took = []
    for _round in range(rounds):
        with for_shop(shop) as cursor:
            cursor.execute(
                "DELETE FROM segments_member WHERE shop_id = %s AND segment_id = %s AND customer_id %% 2 = 0",
                [shop, segment.pk],
            )
            Segment.objects.filter(pk=segment.pk).update(filled_version=0)
        began = monotonic_seconds()
        members = services.fill(shop=shop, segment_id=segment.pk, now=now) or 0
        took.append(monotonic_seconds() - began)
    ours, by_hand = _questions(shop, now, rounds)
    found = {
        "seconds": round(median(took), 3),
        "query_seconds": round(median(ours), 3),
        "by_hand_seconds": round(median(by_hand), 3),
        "query_seconds_ratio": round(median(a / b for a, b in zip(ours, by_hand, strict=True)), 3),
        "members": members,
    }
    say(str(found))
    services.archive(shop=shop, segment_id=segment.pk, by="bench", now=now)
    return found


def _questions(shop: ShopId, now: datetime, rounds: int) -> tuple[list[float], list[float]]:
    ours, by_hand = [], []
    given = {"now": now, "start": now - timedelta(days=30), "arrived": now - timedelta(days=31)}
    for _round in range(rounds + 1):
        with engines.engine_for(shop, [RULE], now=now) as engine:
            assert isinstance(engine, DuckEngine)
            began = monotonic_seconds()
            engine.members(shop, SegmentRef(0, 0, RULE), now)
            ours.append(monotonic_seconds() - began)
            began = monotonic_seconds()
            engine.db.sql(BY_HAND, params=given).to_arrow_table()
            by_hand.append(monotonic_seconds() - began)
    return ours[1:], by_hand[1:]  # the first of each is cold


def _sweep(say: Callable[[str], None], shop: ShopId, now: datetime, count: int) -> tuple[float, int]:
    """All segments are filled; one in a hundred members goes and must come back."""
    began = monotonic_seconds()
    for number, tree in enumerate(varied(count)):
        made = services.create(shop=shop, name=f"S{number}", tree=tree, by="bench", now=now)
        services.fill(shop=shop, segment_id=made.pk, now=now)
    say(f"{count} segments filled in {monotonic_seconds() - began:,.1f} s")
    services.sweep(shop=shop, now=now)  # warm
    with for_shop(shop) as cursor:
        cursor.execute("DELETE FROM segments_member WHERE shop_id = %s AND customer_id %% 100 = 0", [shop])
    began = monotonic_seconds()
    changes = services.sweep(shop=shop, now=now)
    took = monotonic_seconds() - began
    say(f"swept in {took:,.2f} s, {changes:,} changes")
    return took, changes


def varied(count: int) -> Sequence[dict[str, Any]]:
    """Segments as shops have them: by what was done how often and lately, by who they are, and not."""
    names = ("Order Completed", "Product Viewed", "Product Added", "Checkout Started", "page")
    countries = ("MX", "US", "BR", "ES")
    trees: list[dict[str, Any]] = []
    for n in range(count):
        did = {
            "type": "event",
            "name": names[n % 5],
            "count": {"op": "gte", "value": 1 + n % 7},
            "within_days": (7, 14, 30, 60, 90)[n % 5],
        }
        lives = {"type": "trait", "name": "country", "op": "is", "value": countries[n % 4]}
        other = {"type": "event", "name": names[(n + 2) % 5], "within_days": (3, 7, 30)[n % 3]}
        plan = {"type": "trait", "name": "plan", "op": "in", "value": [("free", "pro", "team")[n % 3]]}
        old = {"type": "trait", "name": "age", "op": "gte", "value": 20 + n}
        shapes: tuple[dict[str, Any], ...] = (
            {"all": [did, lives]},
            {"all": [did, {"not": other}]},
            {"any": [{"all": [lives, plan]}, {"all": [did, old]}]},
            {"all": [plan, {"any": [did, other]}]},
            {"all": [{"not": did}, lives, old]},
        )
        trees.append(shapes[(n // 5) % 5])
    return trees


def _touched(
    say: Callable[[str], None], shop: ShopId, now: datetime, customers: int, count: int, rounds: int
) -> float:
    """So many customers, all segments, on PostgreSQL: as within a batch of the log. In milliseconds."""
    times = []
    for number in range(rounds + 1):
        step = max(customers // count, 1)
        whom = [1 + (number + each * step) % customers for each in range(count)]
        with for_shop(shop) as cursor:
            segments = live_segments()[shop]
            open_subjects(cursor)
            copy_rows(cursor, "subject (subject_id, customer_id)", ((each, each) for each in whom))
            began = monotonic_seconds()
            judge(cursor, shop=shop, segments=segments, now=now)
            times.append((monotonic_seconds() - began) * 1000)
    found = round(median(times[1:]), 1)
    say(f"{count:,} customers judged for {len(segments)} segments in {found} ms")
    return found


def _expected(shop: ShopId, now: datetime) -> int:
    with for_shop(shop) as cursor:
        row = cursor.execute(
            EXPECTED, {"shop": shop, "start": now - timedelta(days=30), "now": now}
        ).fetchone()
    assert row is not None
    return int(row[0])
