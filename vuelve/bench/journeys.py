"""Journeys: customers enter by one event each, take a branch by a property, get a row in the outbox, and leave.

A move is an entry, a branch taken, a message queued, or an exit: four a customer. The events are in the log and
identified before the clock starts; it stops when the last move is committed. Rendering and sending are not part of it.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any

from vuelve.bench import limit, machine
from vuelve.channels.services import publish_template
from vuelve.events import services as events
from vuelve.events.consuming import consume_once, in_order
from vuelve.journeys.consumers import JourneysConsumer
from vuelve.journeys.services import publish
from vuelve.platform.clock import monotonic_seconds, real
from vuelve.platform.db import Statements, copy_rows, for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.services import create_shop

SQL = Statements(__file__)

CUSTOMERS = 10_000
MOVES_PER_CUSTOMER = 4
WARM_UP_CUSTOMERS = 200
ROUNDS = 3
# Small batches where a worker is killed, so that it dies in the middle of one among many.
KILL_BATCH_ROWS = 500
PATIENCE_SECONDS = 120
POLL_SECONDS = 0.005
# No order: what commerce makes of one is another benchmark's work.
EVENT = "Checkout Started"

GRAPH: dict[str, Any] = {
    "entry": {"event": EVENT, "reentry": {"kind": "once"}},
    "first": "split_by_plan",
    "steps": {
        "split_by_plan": {
            "type": "split",
            "config": {
                "branches": [
                    {
                        "name": "pro",
                        "conditions": {
                            "type": "trigger",
                            "property": "plan",
                            "op": "is",
                            "value": "pro",
                            "value_type": "text",
                        },
                    }
                ]
            },
            "next": {"pro": "send_pro", "otherwise": "send_free"},
        },
        "send_pro": {"type": "send", "config": {"template": "bench_pro"}, "next": {"sent": "end"}},
        "send_free": {"type": "send", "config": {"template": "bench_free"}, "next": {"sent": "end"}},
        "end": {"type": "exit"},
    },
}
CONTENTS = {
    "es": {
        "subject": "Gracias por tu compra",
        "mjml": "<mjml><mj-body><mj-section><mj-column><mj-text>Gracias por comprar en {{ shop.name }}</mj-text>"
        "</mj-column></mj-section></mj-body></mjml>",
        "text": "Gracias por comprar en {{ shop.name }}",
    }
}


@dataclass(frozen=True, slots=True)
class Check:
    """What a run left in the tables against what it must have."""

    lost: int
    duplicated: int


def measure(
    say: Callable[[str], None], *, customers: int = CUSTOMERS, rounds: int = ROUNDS
) -> dict[str, Any]:
    """All runs of the benchmark; see `docs/benchmarks.md`."""
    events.prepare_log(now=real.now())
    rates: list[float] = []
    limits: list[float] = []
    checks: list[Check] = []
    with _Worker(workers=1) as worker:
        _timed([worker], prepare("warm-up", WARM_UP_CUSTOMERS), WARM_UP_CUSTOMERS)
        for number in range(1, rounds + 1):
            limits.append(limit.journeys_limit_per_s(customers * MOVES_PER_CUSTOMER))
            shop = prepare(f"one-{number}", customers)
            with machine.watched() as usage:
                rates.append(_rate(customers, _timed([worker], shop, customers)))
            checks.append(check(shop, customers))
            say(f"one worker, round {number}: {rates[-1]:,.0f} moves/s; bare limit {limits[-1]:,.0f} rows/s")
    two, two_check = _two_workers(say, customers)
    killed, killed_check = _killed(say, customers)
    checks += [two_check, killed_check]
    lost, duplicated = sum(found.lost for found in checks), sum(found.duplicated for found in checks)
    rate, bare = median(rates), median(limits)
    return {
        "n": customers * MOVES_PER_CUSTOMER,
        "customers": customers,
        "rate_per_s": round(rate),
        "limit_per_s": round(bare),
        "ratio": round(rate / bare, 3),
        "rounds_per_s": [round(value) for value in rates],
        "two_workers_rate_per_s": round(two),
        "killed_worker_rate_per_s": round(killed),
        "lost": lost,
        "duplicated": duplicated,
        "unknown": 0,
        "is_correct": lost == 0 and duplicated == 0,
        "peak_memory_mb": usage.peak_memory_mb,
        "cpu_seconds": usage.cpu_seconds,
    }


def _two_workers(say: Callable[[str], None], customers: int) -> tuple[float, Check]:
    with _Worker(workers=2) as one, _Worker(workers=2) as two:
        _timed([one, two], prepare("warm-up-two", WARM_UP_CUSTOMERS), WARM_UP_CUSTOMERS)
        shop = prepare("two", customers)
        rate = _rate(customers, _timed([one, two], shop, customers))
    say(f"two workers: {rate:,.0f} moves/s")
    return rate, check(shop, customers)


def _killed(say: Callable[[str], None], customers: int) -> tuple[float, Check]:
    """Two workers; one gets SIGKILL when half of the moves are committed."""
    with _Worker(workers=2) as one, _Worker(workers=2) as two:
        _timed([one, two], prepare("warm-up-killed", WARM_UP_CUSTOMERS), WARM_UP_CUSTOMERS)
        shop = prepare("killed", customers)
        rows = min(KILL_BATCH_ROWS, customers // 10)
        rate = _rate(customers, _timed([one, two], shop, customers, rows=rows, kill_half_way=True))
        if two.is_alive:
            raise RuntimeError("the work was done before a worker could be killed")
    say(f"two workers, one killed half-way: {rate:,.0f} moves/s")
    return rate, check(shop, customers)


def prepare(slug: str, customers: int) -> ShopId:
    """A fresh shop with its journey, and the events in the log and identified."""
    now = real.now()
    shop = ShopId(create_shop(slug=f"bench-{slug}", name="Bench").pk)
    for key in ("bench_pro", "bench_free"):
        publish_template(
            shop=shop, key=key, name=key, channel="email", purpose="transactional", contents=CONTENTS
        )
    publish(shop=shop, key="bench", name="Bench", graph=GRAPH, actor="bench")
    with for_shop(shop) as cursor:
        events.open_staging(cursor)
        copy_rows(
            cursor,
            "event_staged (shop_id, name, occurred_at, message_id, user_id, properties)",
            (
                (shop, EVENT, now, f"m{number}", f"u{number}", _properties(number))
                for number in range(customers)
            ),
        )
        events.record_staged(cursor, now=now, source="bench", from_outside=True)
    deadline = monotonic_seconds() + PATIENCE_SECONDS
    while _let_the_others_read() or _identified(shop) < customers:
        if monotonic_seconds() > deadline:
            raise RuntimeError(
                "the events were not identified in time: does a transaction stay open on this server?"
            )
    return shop


def _properties(number: int) -> str:
    """About 300 bytes, as of a store's order."""
    return json.dumps(
        {
            "order_id": f"o{number}",
            "plan": "pro" if number % 2 else "free",
            "revenue": 100 + number % 900,
            "currency": "MXN",
            "products": [
                {"sku": f"sku-{number % 997}", "quantity": 1, "price": 60.5},
                {"sku": f"sku-{number % 991}", "quantity": 2, "price": 20.25},
            ],
            "url": "https://shop.example/checkout/thanks",
            "utm_source": "newsletter",
            "device": "mobile",
        }
    )


def _let_the_others_read() -> int:
    """One batch of each consumer that the journeys stay behind."""
    return sum(
        consume_once(consumer, clock=real)
        for consumer in in_order()
        if consumer.name != JourneysConsumer.name
    )


def _identified(shop: ShopId) -> int:
    return _number(shop, "SELECT count(*) FROM events_event WHERE shop_id = %s AND customer_id IS NOT NULL")


def _moves(shop: ShopId) -> int:
    return _number(shop, "SELECT coalesce(sum(moves), 0)::bigint FROM journeys_tally WHERE shop_id = %s")


def _number(shop: ShopId, statement: str) -> int:
    with for_shop(shop) as cursor:
        row = cursor.execute(statement, [shop]).fetchone()
    assert row is not None
    return int(row[0])


def _timed(
    workers: "Sequence[_Worker]", shop: ShopId, customers: int, *, rows: int = 0, kill_half_way: bool = False
) -> float:
    """Seconds from the word to go until the last move is committed."""
    wanted = customers * MOVES_PER_CUSTOMER
    began = monotonic_seconds()
    for worker in workers:
        worker.tell(f"go {rows}")
    while (moves := _moves(shop)) < wanted:
        if kill_half_way and moves >= wanted // 2 and workers[-1].is_alive:
            workers[-1].kill()
        if monotonic_seconds() - began > PATIENCE_SECONDS:
            raise RuntimeError(f"{moves} of {wanted} moves after {PATIENCE_SECONDS} s")
        time.sleep(POLL_SECONDS)
    seconds = monotonic_seconds() - began
    for worker in workers:
        worker.hold()
    return seconds


def _rate(customers: int, seconds: float) -> float:
    return customers * MOVES_PER_CUSTOMER / seconds


def check(shop: ShopId, customers: int) -> Check:
    """Count what is in the tables themselves: each customer must have one run, four moves and one right message."""
    with for_shop(shop) as cursor:
        row = cursor.execute(SQL["check_journeys"], {"shop": shop}).fetchone()
    assert row is not None
    runs, finished, moves, distinct_moves, messages, right_messages = (int(value) for value in row)
    lost = (
        max(customers - finished, 0)
        + max(customers * MOVES_PER_CUSTOMER - distinct_moves, 0)
        + max(customers - right_messages, 0)
    )
    duplicated = max(runs - customers, 0) + moves - distinct_moves + max(messages - right_messages, 0)
    return Check(lost=lost, duplicated=duplicated)


class _Worker:
    """One worker process; ends with its block."""

    def __init__(self, *, workers: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vuelve.bench.journey_worker", str(workers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._expect("ready")
        self._expect("held")

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hold(self) -> None:
        """Returns when the worker has stopped at the end of what it was doing."""
        if self.is_alive:
            self.tell("hold")
            self._expect("held")

    def kill(self) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _expect(self, word: str) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if line != word:
            raise RuntimeError(f"the worker said {line!r}, not {word!r}")
