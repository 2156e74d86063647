"""The ledger: awards in the consumer's batches, redemptions one durable transaction each, against pgbench's simple-update.

Orders are in commerce's tables before the clock starts; each batch of events about them goes through the loyalty consumer, as
the worker calls it, and is committed. Redemptions go through the service, over 8 connections of two processes; they
and pgbench take turns, since on a shared machine two figures are only worth comparing when they are seconds apart.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from statistics import median
from typing import Any

from vuelve.bench import database, machine
from vuelve.events import services as events
from vuelve.loyalty import queries
from vuelve.loyalty.consumers import LoyaltyConsumer
from vuelve.loyalty.services import open_programme
from vuelve.platform.clock import monotonic_seconds, real
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.extension import EventBatch
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.limits import CONSUMER_BATCH_ROWS
from vuelve.platform.postgres.install import program
from vuelve.shops.invariants import check_all
from vuelve.shops.services import create_shop

SQL = Statements(__file__)

TRANSFERS = 1_000_000
CUSTOMERS = 100_000
REDEMPTIONS = 100_000
ROUNDS = 5
PROCESSES, THREADS = 2, 4
BALANCES = 2_000
PGBENCH_SCALE = 10


def measure(
    say: Callable[[str], None],
    *,
    transfers: int = TRANSFERS,
    customers: int = CUSTOMERS,
    redemptions: int = REDEMPTIONS,
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """All runs of the benchmark; see `docs/benchmarks.md`."""
    now = real.now()
    events.prepare_log(now=now)
    shop = ShopId(create_shop(slug="bench-ledger", name="Bench").pk)
    open_programme(shop=shop, now=now - timedelta(days=100), actor="bench")
    orders = transfers - redemptions
    with for_shop(shop) as cursor:
        cursor.execute(
            SQL["ledger_orders"], {"shop": shop, "orders": orders, "customers": customers, "now": now}
        )
    with database.owner() as owner:
        owner.execute("VACUUM (ANALYZE) commerce_order, commerce_order_key")
    with machine.watched() as usage:
        awards = _award(shop, orders, customers, say)
        with database.owner() as owner:
            owner.execute("VACUUM (ANALYZE) loyalty_account, loyalty_lot, loyalty_posting, loyalty_transfer")
        spent, limits = _spend(shop, customers, redemptions // rounds, rounds, say)
    balance_ms = _balance_ms(shop, customers)
    began = monotonic_seconds()
    breaches = sum(len(found) for found in check_all(shop).values())
    invariant_seconds = monotonic_seconds() - began
    differences = wrong(shop, orders, redemptions // rounds * rounds)
    return {
        "n": orders + redemptions // rounds * rounds,
        "customers": customers,
        "redemptions_per_s": round(median(spent)),
        "pgbench_tps": round(median(limits)),
        "ratio": round(median(ours / bare for ours, bare in zip(spent, limits, strict=True)), 3),
        "redemptions_rounds_per_s": [round(value) for value in spent],
        "pgbench_rounds_tps": [round(value) for value in limits],
        "awards_per_s": round(median(awards)),
        "awards_slowest_per_s": round(min(awards)),
        "balance_ms": round(balance_ms, 3),
        "invariant_seconds": round(invariant_seconds, 2),
        "breaches": breaches,
        "wrong": differences,
        "is_correct": breaches == 0 and not differences,
        "peak_memory_mb": usage.peak_memory_mb,
        "cpu_seconds": usage.cpu_seconds,
    }


def _award(shop: ShopId, orders: int, customers: int, say: Callable[[str], None]) -> list[float]:
    """Rates of the batches, each with its commit."""
    consumer, rates = LoyaltyConsumer(), []
    for first in range(0, orders, CONSUMER_BATCH_ROWS):
        with for_shop(shop) as cursor:
            cursor.execute("CREATE TEMP TABLE IF NOT EXISTS event_batch (LIKE events_event)")
            cursor.execute("SELECT vuelve_clear('pg_temp.event_batch')")
            rows = cursor.execute(
                SQL["ledger_batch"],
                {
                    "shop": shop,
                    "customers": customers,
                    "first": first,
                    "rows": min(CONSUMER_BATCH_ROWS, orders - first),
                },
            ).rowcount
            cursor.execute("ANALYZE pg_temp.event_batch")
            began = monotonic_seconds()
            consumer.consume(EventBatch(cursor=cursor, now=real.now(), rows=rows))
        rates.append(rows / (monotonic_seconds() - began))
    say(f"{orders:,} awards: {median(rates):,.0f} a second, median of {len(rates)} batches")
    return rates


def _spend(
    shop: ShopId, customers: int, each: int, rounds: int, say: Callable[[str], None]
) -> tuple[list[float], list[float]]:
    """Rates of redemptions and of pgbench, round by round."""
    url = os.environ["DATABASE_URL"]
    pgbench = str(program("pgbench"))
    subprocess.run([pgbench, "-i", "-q", "-s", str(PGBENCH_SCALE), url], check=True, capture_output=True)
    spent, limits = [], []
    with ExitStack() as stack:
        clients = [stack.enter_context(_Client(shop, customers, place)) for place in range(PROCESSES)]
        for number in range(rounds):
            rate = _redeem(clients, number, each)
            seconds = max(1, round(each / rate))
            bare = _pgbench(pgbench, url, seconds)
            say(f"round {number + 1}: {rate:,.0f} redemptions/s; pgbench {bare:,.0f} transactions/s")
            spent.append(rate)
            limits.append(bare)
    return spent, limits


def _redeem(clients: "Sequence[_Client]", number: int, each: int) -> float:
    began = monotonic_seconds()
    for place, client in enumerate(clients):
        client.tell(number * each + place * (each // PROCESSES), each // PROCESSES)
    for client in clients:
        client.wait()
    return each // PROCESSES * PROCESSES / (monotonic_seconds() - began)


def _pgbench(pgbench: str, url: str, seconds: int) -> float:
    connections = PROCESSES * THREADS
    done = subprocess.run(
        [
            pgbench,
            "-n",
            "-b",
            "simple-update",
            "-c",
            str(connections),
            "-j",
            str(PROCESSES),
            "-T",
            str(seconds),
            url,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps ="))
    return float(line.split()[2])


def _balance_ms(shop: ShopId, customers: int) -> float:
    """Median time of one balance in a transaction of its own, in milliseconds."""
    times = []
    for number in range(BALANCES):
        customer = CustomerId(1 + number * 7_919 % customers)
        began = monotonic_seconds()
        with for_shop(shop) as cursor:
            queries.balance(cursor, shop, customer)
        times.append((monotonic_seconds() - began) * 1_000)
    return median(times)


def wrong(shop: ShopId, orders: int, redemptions: int) -> list[str]:
    """What the tables hold against what they must."""
    with for_shop(shop) as cursor:
        row = cursor.execute(SQL["check_ledger"], {"shop": shop}).fetchone()
    assert row is not None
    expected = (
        orders,
        redemptions,
        orders * 10,
        redemptions,
        orders * 10 - redemptions,
        orders + redemptions,
    )
    names = ("awards", "redemptions", "points awarded", "points redeemed", "balances", "events")
    return [
        f"{name}: {found} of {wanted}"
        for name, found, wanted in zip(names, row, expected, strict=True)
        if found != wanted
    ]


class _Client:
    """A process that redeems over THREADS connections when it is told to; ends with its block."""

    def __init__(self, shop: ShopId, customers: int, place: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vuelve.bench.ledger_client", str(shop), str(customers), str(THREADS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.wait()

    def __enter__(self) -> "_Client":
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tell(self, first: int, count: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([first, count]) + "\n")
        self._process.stdin.flush()

    def wait(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if line != "done":
            raise RuntimeError(f"the client said {line!r}")
