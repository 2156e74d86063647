"""The lake: the log and the rows of customers from PostgreSQL into committed Iceberg files, and questions to them.

The events are those of the ingest workload, taken in and read by all consumers before the clock starts. What is timed is
the product's own flusher: events with typed columns, customers' rows, commits, the cursor.
"""

import gzip
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import log10
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet

from vuelve.bench import machine
from vuelve.bench.lake_load import json_lines, load
from vuelve.events import services as events
from vuelve.lake import catalogue, flushing
from vuelve.lake.copying import copy_arrow
from vuelve.lake.reading import forget_connection, lake_of
from vuelve.lake.verifying import verify
from vuelve.platform.clock import monotonic_seconds, real
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.services import create_shop

SQL = Statements(__file__)

EVENTS = 100_000
GROWTH = 10
ROUNDS = 3
KILLS = 8
KILL_ROWS = 5_000
ASKED = 10


def measure(
    say: Callable[[str], None],
    *,
    count: int = EVENTS,
    growth: int = GROWTH,
    rounds: int = ROUNDS,
    kills: int = KILLS,
) -> dict[str, Any]:
    """All runs of the benchmark; see `docs/benchmarks.md`."""
    now = real.now()
    events.prepare_log(now=now)
    shop = ShopId(create_shop(slug="bench-lake", name="Bench").pk)
    load(say, shop, first=0, count=count, days_ago=growth + 1, now=now)
    n = _in_log(shop)  # with what consumers have recorded
    with tempfile.TemporaryDirectory(prefix="vuelve-bench-lake-") as folder:
        os.environ["VUELVE_LAKE_URL"] = Path(folder).as_uri()
        flushed(shop, "warm_up")
        limits, seconds = [], []
        for number in range(rounds):
            limits.append(_bare(shop, n, Path(folder) / f"bare-{number}.parquet"))
            with machine.watched() as usage:
                seconds.append(flushed(shop, f"small_{number}"))
            say(f"round {number + 1}: {n / seconds[-1]:,.0f} events/s; bare limit {limits[-1]:,.0f} rows/s")
        ratio = _bytes(Path(folder) / f"small_{rounds - 1}") / _gzipped(shop)
        lost, duplicated, wrong = _killed(say, shop, kills, min(KILL_ROWS, max(n // 10, 1)))
        two = _two_at_once(say, shop, n)
        load(say, shop, first=count, count=count * (growth - 1), days_ago=growth, now=now)
        total = _in_log(shop)
        grown = flushed(shop, "grown")
        say(f"{total:,} events: {total / grown:,.0f} events/s")
        found, found_wrong = check(shop)
        asked = _ask(shop)
    lost, duplicated, wrong = (
        lost + two[0] + found[0], duplicated + two[1] + found[1], wrong + two[2] + found_wrong
    )  # fmt: skip
    rate, bare = n / median(seconds), median(limits)
    more = total / n
    return {
        "n": n,
        "rate_per_s": round(rate),
        "limit_per_s": round(bare),
        "ratio": round(rate / bare, 3),
        "rounds_per_s": [round(n / each) for each in seconds],
        "grown_n": total,
        "grown_rate_per_s": round(total / grown),
        "growth_ratio": round(grown / median(seconds) / more * 10, 2),
        "growth_exponent": round(log10(grown / median(seconds)) / log10(more), 3),
        "bytes_ratio_to_gzip_jsonl": round(ratio, 3),
        **asked,
        "lost": lost,
        "duplicated": duplicated,
        "wrong": wrong,
        "is_correct": lost == 0 and duplicated == 0 and not wrong,
        "peak_memory_mb": usage.peak_memory_mb,
        "cpu_seconds": usage.cpu_seconds,
    }


def flushed(shop: ShopId, namespace: str) -> float:
    """Seconds in which an empty lake takes everything."""
    catalogue.NAMESPACE = namespace
    forget_connection()
    began = monotonic_seconds()
    while flushing.flush_once(now=real.now()).events:
        pass
    return monotonic_seconds() - began


def check(shop: ShopId) -> tuple[tuple[int, int], list[str]]:
    """(lost, duplicated) events and what else differs from PostgreSQL, row by row."""
    with lake_of(shop) as lake:
        row = lake.db.execute("SELECT count(*), count(DISTINCT (xid, seq)) FROM events").fetchall()[0]
    wrong = [
        f"{each.table} {each.day or ''}: {each.lake_rows} of {each.rows} {each.examples}"
        for each in verify(shop)
        if not each.is_same
    ]
    return (max(_in_log(shop) - row[1], 0), row[0] - row[1]), wrong


def _in_log(shop: ShopId) -> int:
    with for_shop(shop) as cursor:
        row = cursor.execute("SELECT count(*) FROM events_event WHERE shop_id = %s", [shop]).fetchone()
    assert row is not None
    return int(row[0])


def _bare(shop: ShopId, n: int, file: Path) -> float:
    """Rows a second that are copied out of PostgreSQL, parsed and written to one file, properties as text."""
    began = monotonic_seconds()
    with for_shop(shop) as cursor:
        rows = copy_arrow(cursor, SQL["lake_bare"], {"shop": shop}, flushing.EVENTS_WITH_PROPERTIES)
    pyarrow.parquet.write_table(rows, file, compression="zstd", compression_level=3)
    seconds = monotonic_seconds() - began
    if rows.num_rows != n:
        raise RuntimeError(f"{rows.num_rows} of {n} rows were copied")
    return n / seconds


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("**/events/data/**/*.parquet"))


def _gzipped(shop: ShopId) -> int:
    with tempfile.TemporaryFile() as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6) as packed:
            for line in json_lines(shop):
                packed.write(line)
        return raw.tell()


def _killed(say: Callable[[str], None], shop: ShopId, kills: int, rows: int) -> tuple[int, int, list[str]]:
    """One flusher after the other, each killed at an instant drawn by lot, then one that is left alone."""
    chance = random.Random(7)  # noqa: S311  a workload that is the same each time
    done = 0
    for _kill in range(kills):
        with _flusher("killed", rows) as process:
            assert process.stdout is not None
            if process.stdout.readline() != b"flushed\n":
                break
            try:
                process.wait(timeout=chance.uniform(0.0, 0.4))
            except subprocess.TimeoutExpired:
                done += 1
                process.send_signal(signal.SIGKILL)
    flushed(shop, "killed")
    (lost, duplicated), wrong = check(shop)
    say(f"{done} flushers killed: {lost} lost, {duplicated} twice")
    return lost, duplicated, wrong


def _two_at_once(say: Callable[[str], None], shop: ShopId, n: int) -> tuple[int, int, list[str]]:
    with _flusher("two", n // 7) as one, _flusher("two", n // 11) as two:
        for process in (one, two):
            process.communicate()
    flushed(shop, "two")
    (lost, duplicated), wrong = check(shop)
    say(f"two flushers at once: {lost} lost, {duplicated} twice")
    return lost, duplicated, wrong


@contextmanager
def _flusher(namespace: str, rows: int) -> Iterator[subprocess.Popen[bytes]]:
    """Begun, and at work when the block begins."""
    command = [sys.executable, "-m", "vuelve.bench.lake_flusher", namespace, str(max(rows, 1))]
    environment = os.environ | {"VUELVE_DB_ROLE": "worker"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("the flusher did not begin")
        yield process


def _ask(shop: ShopId) -> dict[str, float]:
    """Seconds of "Order Completed >= 2 in the last 30 days and country = MX", once cold, then warm."""
    forget_connection()
    times, answers = [], set()
    for _time in range(ASKED + 1):
        began = monotonic_seconds()
        with lake_of(shop) as lake:
            answers.add(
                lake.db.execute(SQL["lake_question"], {"now": real.now().replace(microsecond=0)}).fetchall()[
                    0
                ][0]
            )
        times.append(monotonic_seconds() - began)
    return {"question_cold_seconds": round(times[0], 3), "question_seconds": round(median(times[1:]), 3)}
