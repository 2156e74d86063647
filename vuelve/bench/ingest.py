"""Ingest: events by Segment's HTTP API until they are in the log, and until every consumer has passed them.

The product's own web, worker and dispatcher run as `vuelve up` runs them, with their default settings; the load comes
from a process of its own. One shop grows through the whole run, so that its last rounds work on ten times the data.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from vuelve.bench import database, ingest_check, limit, machine, product
from vuelve.bench.ingest_load import PATIENCE_SECONDS, Client, Load
from vuelve.bench.ingest_workload import CHECKOUT, EVENTS_PER_USER, ORDER, Expected, calls
from vuelve.events import services as events
from vuelve.journeys.services import publish
from vuelve.platform.clock import monotonic_seconds, real
from vuelve.platform.db import Statements, for_shop, raw_cursor
from vuelve.platform.ids import ShopId
from vuelve.shops.models import KeyKind
from vuelve.shops.services import create_shop, issue_key

SQL = Statements(__file__)

EVENTS = 100_000
BATCH_EVENTS = 100
CONNECTIONS = 4
SINGLES = 5_000
SINGLE_CONNECTIONS = 8
ROUNDS = 3
GROWTH = 10
REPEAT_EVERY = 20  # of the requests of the run with a kill every 20th is sent twice
POLL_SECONDS = 0.05

# Each order and each checkout begins a run, which waits longer than the benchmark lasts.
WAIT_SECONDS = 30 * 86_400
JOURNEYS: dict[str, dict[str, Any]] = {
    "bench_order": {"event": ORDER, "reentry": {"kind": "per_property", "property": "order_id"}},
    "bench_checkout": {"event": CHECKOUT, "reentry": {"kind": "each_event"}},
}
STEPS: dict[str, Any] = {
    "wait": {"type": "wait", "config": {"seconds": WAIT_SECONDS}, "next": {"done": "end"}},
    "end": {"type": "exit"},
}


@dataclass(slots=True)
class Round:
    events: int
    load: Load
    consumed_at: float = 0.0
    usage: machine.Usage = field(default_factory=machine.Usage)
    limit_per_s: float = 0.0

    @property
    def accepted_per_s(self) -> float:
        return self.events / self.load.seconds

    @property
    def consumed_per_s(self) -> float:
        return self.events / (self.consumed_at - self.load.began)

    @property
    def cpu_us_per_event(self) -> dict[str, float]:
        parts = self.usage.cpu_seconds_by_part | {"clients": self.load.cpu_seconds}
        return {part: round(seconds / self.events * 1e6, 1) for part, seconds in parts.items()}


@dataclass(slots=True)
class Bench:
    """One shop, the processes, and how far its events have come."""

    shop: ShopId
    key: str
    running: product.Product
    expected: Expected = field(default_factory=Expected)
    sent: int = 0

    def client(
        self, count: int, *, batch: int = BATCH_EVENTS, connections: int = CONNECTIONS, repeat_every: int = 0
    ) -> Client:
        """A client with the next `count` events."""
        now = real.now()
        told = {
            "port": self.running.port,
            "key": self.key,
            "first": self.sent,
            "count": count,
            "batch": batch,
            "connections": connections,
            "repeat_every": repeat_every,
            "ended_at": now.isoformat(),
        }
        client = Client(told)
        for _ in calls(first=self.sent, count=count, ended_at=now, expected=self.expected):
            pass
        self.sent += count
        return client

    def send(self, count: int, **how: Any) -> Load:
        """Returns when all is accepted."""
        with self.client(count, **how) as client:
            client.go()
            return client.finish()

    def wait_until_consumed(self) -> float:
        """The instant at which the last consumer has passed all that was accepted."""
        with for_shop(self.shop) as cursor:
            row = cursor.execute(SQL["ingest_last"], {"shop": self.shop}).fetchone()
        assert row is not None
        last = {"xid": row[0], "seq": row[1]}
        deadline = monotonic_seconds() + PATIENCE_SECONDS
        while _one(SQL["ingest_behind"], last):
            self.running.check()
            if monotonic_seconds() > deadline:
                raise RuntimeError(f"not consumed in {PATIENCE_SECONDS} s")
            time.sleep(POLL_SECONDS)
        return monotonic_seconds()


def _one(statement: str, parameters: dict[str, Any] | None = None) -> int:
    """The only value of a result, in a transaction of its own."""
    row = raw_cursor().execute(statement, parameters).fetchone()
    assert row is not None
    return int(row[0])


def measure(
    say: Callable[[str], None],
    *,
    count: int = EVENTS,
    rounds: int = ROUNDS,
    singles: int = SINGLES,
    growth: int = GROWTH,
) -> dict[str, Any]:
    """All runs of the benchmark; see `docs/benchmarks.md`."""
    events.prepare_log(now=real.now())
    shop, key = prepare("ingest")
    with product.running() as running:
        bench = Bench(shop, key, running)
        bench.send(count // 10)  # warm-up: connections, plans, caches
        bench.wait_until_consumed()
        measured = [_round(bench, count, say, f"round {number}") for number in range(1, rounds + 1)]
        single = bench.send(singles, batch=1, connections=SINGLE_CONNECTIONS)
        bench.wait_until_consumed()
        single_per_s = single.requests / single.seconds
        say(f"one event a request: {single_per_s:,.0f} a second")
        apart = _apart(bench, count, say)
        killed_per_s, unread = _killed(bench, count, say)
        grown: list[Round] = []
        if growth > 1:
            _grow(bench, count * growth, count, say)
            data = bench.sent + bench.expected.users
            grown = [
                _round(bench, count, say, f"round {number} at {data:,} events")
                for number in range(1, rounds + 1)
            ]
        say("checking the tables")
        check = ingest_check.check(shop, bench.expected)
    found = _figures(measured, count) | {
        "single_per_s": round(single_per_s),
        "single_p50_ms": single.p50_ms,
        "single_p99_ms": single.p99_ms,
        "accepted_alone_per_s": round(apart[0]),
        "consumed_alone_per_s": round(apart[1]),
        "killed_worker_consumed_per_s": round(killed_per_s),
        "unread_at_kill": unread,
    }
    if grown:
        found |= _growth_figures(measured, grown, data)
    return found | {
        "lost": check.lost,
        "duplicated": check.duplicated,
        "unknown": 0,
        "wrong": check.wrong,
        "is_correct": check == ingest_check.Check(0, 0, []),
    }


def prepare(slug: str) -> tuple[ShopId, str]:
    """A fresh shop with its journeys and a write key."""
    made = create_shop(slug=f"bench-{slug}", name="Bench")
    shop = ShopId(made.pk)
    for key, entry in JOURNEYS.items():
        graph = {"entry": entry, "first": "wait", "steps": STEPS}
        publish(shop=shop, key=key, name=key, graph=graph, actor="bench")
    return shop, issue_key(shop=made, kind=KeyKind.WRITE).secret


def _round(bench: Bench, count: int, say: Callable[[str], None], name: str) -> Round:
    """Accepted and consumed at once; the bare limit right before."""
    bare = limit.ingest_limit_per_s(count)
    with bench.client(count) as client, machine.watched(bench.running.processes()) as usage:
        client.go()
        load = client.finish()
        consumed_at = bench.wait_until_consumed()
    found = Round(count, load, consumed_at, usage, bare)
    say(
        f"{name}: {found.accepted_per_s:,.0f} events/s accepted, {found.consumed_per_s:,.0f} consumed; "
        f"bare COPY {bare:,.0f} rows/s"
    )
    return found


def _apart(bench: Bench, count: int, say: Callable[[str], None]) -> tuple[float, float]:
    """Events a second accepted while nobody consumes, then consumed while nobody sends."""
    with database.owner() as holder, holder.transaction():
        # Whoever holds the cursors' rows works on them; nobody else does.
        holder.execute("SELECT FROM events_cursor FOR UPDATE")
        load = bench.send(count)
    released_at = monotonic_seconds()
    accepted = count / load.seconds
    consumed = count / (bench.wait_until_consumed() - released_at)
    say(f"apart: {accepted:,.0f} events/s accepted, then {consumed:,.0f} consumed")
    return accepted, consumed


def _killed(bench: Bench, count: int, say: Callable[[str], None]) -> tuple[float, int]:
    """The worker gets SIGKILL when it is half-way and is begun anew; some requests are sent twice.

    Returns the rate, and how many accepted events it had not passed when it died.
    """
    half = _one("SELECT max(seq) FROM events_cursor") + count // 2
    with bench.client(count, repeat_every=REPEAT_EVERY) as client:
        client.go()
        while _one("SELECT min(seq) FROM events_cursor") < half:
            bench.running.check()
            time.sleep(POLL_SECONDS)
        bench.running.kill("worker")
        with for_shop(bench.shop):
            unread = _one(SQL["ingest_unread"], {"shop": bench.shop})
        bench.running.start("worker")
        load = client.finish()
    rate = count / (bench.wait_until_consumed() - load.began)
    say(
        f"worker killed with {unread:,} events unread, every {REPEAT_EVERY}th request sent twice: "
        f"{rate:,.0f} events/s consumed"
    )
    return rate, unread


def _grow(bench: Bench, total: int, step: int, say: Callable[[str], None]) -> None:
    """More of the same, unmeasured, until `total` events of the mix were sent."""
    say(f"growing to {total:,} events")
    while bench.sent < total:
        bench.send(min(step, total - bench.sent))
    bench.wait_until_consumed()


def _figures(measured: list[Round], count: int) -> dict[str, Any]:
    accepted = median(each.accepted_per_s for each in measured)
    consumed = median(each.consumed_per_s for each in measured)
    bare = median(each.limit_per_s for each in measured)
    last = measured[-1].usage
    return {
        "n": count,
        "customers": count // EVENTS_PER_USER,
        "identify_calls": count // EVENTS_PER_USER,  # on top of n, and not counted in any rate
        "rate_per_s": round(consumed),
        "accepted_per_s": round(accepted),
        "consumed_per_s": round(consumed),
        "limit_per_s": round(bare),
        "ratio": round(consumed / bare, 3),
        "accepted_ratio": round(accepted / bare, 3),
        "accepted_rounds_per_s": [round(each.accepted_per_s) for each in measured],
        "consumed_rounds_per_s": [round(each.consumed_per_s) for each in measured],
        "limit_rounds_per_s": [round(each.limit_per_s) for each in measured],
        "p50_ms": median(each.load.p50_ms for each in measured),
        "p99_ms": median(each.load.p99_ms for each in measured),
        "peak_memory_mb": max(each.usage.peak_memory_mb for each in measured),
        "cpu_seconds": last.cpu_seconds,
        "cpu_us_per_event": measured[-1].cpu_us_per_event,
    }


def _growth_figures(measured: list[Round], grown: list[Round], data: int) -> dict[str, Any]:
    """The same rounds on ten times the data: absolute, and against the bare limit of their own minute."""

    def ratio(rate: Callable[[Round], float]) -> float:
        return round(median(map(rate, grown)) / median(map(rate, measured)), 3)

    return {
        "events_at_10x": data,
        "accepted_at_10x_per_s": round(median(each.accepted_per_s for each in grown)),
        "consumed_at_10x_per_s": round(median(each.consumed_per_s for each in grown)),
        "limit_at_10x_per_s": round(median(each.limit_per_s for each in grown)),
        "accepted_at_10x_ratio": ratio(lambda each: each.accepted_per_s),
        "rate_at_10x_ratio": ratio(lambda each: each.consumed_per_s),
        "cpu_at_10x_ratio": ratio(lambda each: sum(each.cpu_us_per_event.values())),
        "cpu_us_per_event_at_10x": grown[-1].cpu_us_per_event,
        "peak_memory_at_10x_mb": max(each.usage.peak_memory_mb for each in grown),
    }
