"""The consumer framework: one batch of one consumer, exactly once.

A consumer's cursors are rows of `events_cursor`, one a shard, locked while a batch is worked on and moved in the
transaction of the batch's effects. Identity reads everything that is safe to read; the others stay behind it, and
behind those whose effects they look at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from prometheus_client import Counter, Gauge, Histogram

from vuelve.events.services import SQL
from vuelve.platform import limits
from vuelve.platform.clock import Clock, monotonic_seconds
from vuelve.platform.db import Cursor, for_shop, for_shops, raw_cursor, without
from vuelve.platform.extension import Consumer, EventBatch, registry
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import all_shop_ids

log = structlog.get_logger(__name__)

EVENTS = Counter("vuelve_consumer_events_total", "Events read past.", ["consumer"])
BATCH_SECONDS = Histogram("vuelve_consumer_batch_seconds", "Time of one batch, in seconds.", ["consumer"])
LAG = Gauge(
    "vuelve_consumer_lag_events",
    "Events that a consumer has not read, up to 100,000.",
    ["consumer"],
    multiprocess_mode="max",
)
HELD = Gauge(
    "vuelve_consumer_held_seconds",
    "For how long a writing transaction somewhere on the server has kept all consumers from reading on.",
    multiprocess_mode="max",
)
HELD_SECONDS_WARN = 30
# Counted up to here, every 15 s: a backlog of a million took a fiftieth of the time in which it could be read.
LAG_EVENTS_MAX = 100_000

_JOINED = "shop_id, xid, seq, kind, name, customer_id, occurred_at, user_id, email, phone, anonymous_id"

Position = tuple[int, int]  # (xid, seq)
_LAST: Position = (2**63 - 1, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class _Claim:
    shards: list[int]
    positions: list[Position]

    @property
    def lowest(self) -> Position:
        return min(self.positions)


def consume_once(
    consumer: Consumer, *, clock: Clock, rows: int = limits.CONSUMER_BATCH_ROWS, workers: int = 1
) -> int:
    """One batch; returns how many rows of the log it moved past: 0 when there is nothing, or others are at it.

    `workers` is how many share the work: each takes at most its share of the shards.
    """
    began = monotonic_seconds()
    share = 1 if consumer.is_identity else -(-limits.SHARDS // max(workers, 1))
    with for_shops(all_shop_ids()) as cursor:
        claim = _claim(cursor, consumer, share)
        if claim is None:
            return 0
        end = _batch_end(cursor, consumer, claim.lowest, rows)
        if end is None:
            return 0
        position, passed = end
        span = _span(consumer, claim, position)
        filled = passed if _reads_log(consumer) else _fill(cursor, consumer, span)
        now = clock.now()
        if filled:
            consumer.consume(EventBatch(cursor=cursor, now=now, rows=filled, span=span))
        _move(cursor, consumer, claim, position, now)
    EVENTS.labels(consumer.name).inc(passed)
    BATCH_SECONDS.labels(consumer.name).observe(monotonic_seconds() - began)
    return passed


def set_aside(consumer: Consumer, *, clock: Clock, error: str, workers: int = 1) -> int:
    """Note the next event in `events_quarantine` and move past it; returns how many were noted.

    Identity never does: an event without a customer would be lost to all others, so its failure stops the line.
    """
    if consumer.is_identity:
        return 0
    with for_shops(all_shop_ids()) as cursor:
        claim = _claim(cursor, consumer, -(-limits.SHARDS // max(workers, 1)))
        end = _batch_end(cursor, consumer, claim.lowest, 1) if claim else None
        if claim is None or end is None:
            return 0
        position, now = end[0], clock.now()
        _fill(cursor, consumer, _span(consumer, claim, position))
        cursor.execute(
            "INSERT INTO events_quarantine (shop_id, consumer, xid, seq, message_id, error, quarantined_at) "
            "SELECT shop_id, %s, xid, seq, message_id, left(%s, 2000), %s FROM pg_temp.event_batch ON CONFLICT DO NOTHING",
            [consumer.name, error, now],
        )
        noted = cursor.rowcount
        _move(cursor, consumer, claim, position, now)
    log.error("event set aside", consumer=consumer.name, xid=position[0], seq=position[1], error=error)
    return noted


def take_again(consumer: Consumer, *, shop: ShopId, seq: int, clock: Clock) -> bool:
    """Give a set-aside event to its consumer once more; False if it is not set aside any more, or its place unknown.

    As if it came late: the effect and its leaving the list commit together, and the lock on the shard's cursor keeps
    workers away meanwhile. What the consumer raises is raised; then the event stays set aside.
    """
    with for_shop(shop) as cursor:
        place = cursor.execute(
            SQL["place_of_set_aside"], {"shop": shop, "consumer": consumer.name, "seq": seq}
        )
        found = place.fetchone()
        if found is None:
            return False
        xid, shard = found
        lock = "SELECT FROM events_cursor WHERE consumer = %s AND shard = %s FOR UPDATE"
        cursor.execute(lock, [consumer.name, shard])
        cursor.execute(
            "DELETE FROM events_quarantine WHERE shop_id = %s AND consumer = %s AND seq = %s",
            [shop, consumer.name, seq],
        )
        if not cursor.rowcount:
            return False
        claim = _Claim(shards=[shard], positions=[(xid, seq - 1)])
        span = _span(consumer, claim, (xid, seq))
        filled = 1 if _reads_log(consumer) else _fill(cursor, consumer, span)
        if filled:
            consumer.consume(EventBatch(cursor=cursor, now=clock.now(), rows=filled, span=span))
        return True


def drain(*, clock: Clock) -> int:
    """Run all consumers until nothing is left that is safe to read; returns the rows passed. For replays and tests."""
    total = 0
    while True:
        moved = 0
        for consumer in in_order():
            while passed := consume_once(consumer, clock=clock):
                moved += passed
        if not moved:
            return total
        total += moved


def in_order() -> list[Consumer]:
    """Each after those that it stays behind: so one round brings an event through all of them."""
    return sorted(registry.consumers, key=lambda consumer: len(consumer.after))


def measure_lag() -> None:
    """Set the gauges that tell an operator how far behind the consumers are, and what holds them up."""
    with transaction.atomic():
        cursor = raw_cursor()
        for name, rows in cursor.execute(SQL["lag"], {"most": LAG_EVENTS_MAX}).fetchall():
            LAG.labels(name).set(rows)
        row = cursor.execute(SQL["horizon"]).fetchone()
    assert row is not None
    age = watch.observe(xmin=row[0], xmax=row[1], at_seconds=monotonic_seconds())
    HELD.set(age)
    if age > HELD_SECONDS_WARN:
        log.warning("a writing transaction holds all consumers up", seconds=round(age), xid=row[0])


@dataclass(slots=True)
class HorizonWatch:
    """Notices a transaction that stays open: readers may not pass the oldest one that has written.

    Looks at the snapshot instead of pg_stat_activity, which hides other roles' transactions.
    """

    xmin: str = ""
    since_seconds: float = 0.0

    def observe(self, *, xmin: str, xmax: str, at_seconds: float) -> float:
        """For how many seconds the horizon has stood still though transactions have begun past it."""
        if xmin == xmax or xmin != self.xmin:
            self.xmin, self.since_seconds = xmin, at_seconds
        return at_seconds - self.since_seconds


watch = HorizonWatch()


def _claim(cursor: Cursor, consumer: Consumer, share: int) -> _Claim | None:
    cursor.execute(SQL["claim_shards"], {"consumer": consumer.name, "shards": share})
    rows = cursor.fetchall()
    if not rows:
        return None
    return _Claim(shards=[row[0] for row in rows], positions=[(row[1], row[2]) for row in rows])


def _batch_end(cursor: Cursor, consumer: Consumer, start: Position, rows: int) -> tuple[Position, int] | None:
    end = _LAST
    if consumer.after:
        row = cursor.execute(SQL["reached_by"], {"consumers": list(consumer.after)}).fetchone()
        if row is None:
            return None
        end = (row[0], row[1])
    bounds = {"xid": start[0], "seq": start[1], "end_xid": end[0], "end_seq": end[1], "rows": rows}
    with without(cursor, "sort", "seqscan"):
        found = cursor.execute(SQL["batch_end"], bounds).fetchone()
    return None if found is None else ((found[0], found[1]), found[2])


def _move(cursor: Cursor, consumer: Consumer, claim: _Claim, end: Position, now: datetime) -> None:
    place = {"consumer": consumer.name, "shards": claim.shards, "xid": end[0], "seq": end[1], "now": now}
    cursor.execute(SQL["move_cursor"], place)


def _reads_log(consumer: Consumer) -> bool:
    return getattr(consumer, "reads_log", False)


def ownerless_of(consumer: Consumer) -> frozenset[str]:
    return getattr(consumer, "ownerless", frozenset())


def ownerless_names() -> frozenset[str]:
    """Events that are somebody's concern though they are nobody's."""
    return frozenset().union(*map(ownerless_of, registry.consumers))


def _span(consumer: Consumer, claim: _Claim, end: Position) -> dict[str, Any]:
    """The parameters of a statement that reads a batch: between two positions, of each shard what is past its cursor."""
    start = claim.lowest
    names = consumer.names()
    return {
        "xid": start[0],
        "seq": start[1],
        "end_xid": end[0],
        "end_seq": end[1],
        "shards": claim.shards,
        "xids": [position[0] for position in claim.positions],
        "seqs": [position[1] for position in claim.positions],
        "names": None if names is None else sorted(names),
        "ownerless": sorted(ownerless_of(consumer)),
    }


def _fill(cursor: Cursor, consumer: Consumer, span: Mapping[str, Any]) -> int:
    if span["names"] == []:
        return 0
    cursor.execute("CREATE TEMP TABLE IF NOT EXISTS event_batch (LIKE events_event)")
    cursor.execute("SELECT vuelve_clear('pg_temp.event_batch')")
    cursor.execute(SQL["fill_identity_batch" if consumer.is_identity else "fill_batch"], span)
    filled = cursor.rowcount
    # Only what statements join and group by: the longest columns are the dearest to look at.
    cursor.execute(f"ANALYZE pg_temp.event_batch ({_JOINED})")
    return filled
