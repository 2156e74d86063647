"""Two real workers on one log, one of them killed half-way, many requests sent twice: the tables are exact all the same."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep

import pytest
from django.db import connection

from vuelve.bench import ingest_workload as workload
from vuelve.bench.ingest import prepare
from vuelve.bench.ingest_check import Check, check
from vuelve.bench.product import Product
from vuelve.events import decoding
from vuelve.events.services import append_api, prepare_log
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId

EVENTS = 18_000  # and 1,800 identify calls
REPEAT_EVERY = 5  # of the requests, before and after the kill
PATIENCE_SECONDS = 120


@pytest.fixture
def workers(log: None, tmp_path: Path) -> Iterator[list[Product]]:
    prepare_log(now=real.now())
    both = [Product(metrics_folder=str(tmp_path)) for _ in range(2)]
    yield both
    for each in both:
        each.stop()


@pytest.mark.slow
def test_two_workers_one_killed_and_every_event_takes_effect_once(workers: list[Product]) -> None:
    shop, _key = prepare("two-workers")
    expected = workload.Expected()
    batches = list(_batches(expected))
    half = len(batches) // 2
    _append(shop, batches[:half])
    for each in workers:
        each.start("worker")
    sender = threading.Thread(target=_append, args=(shop, batches[half:]))
    sender.start()
    # The first batch of one of the consumers is done; others are in the middle of theirs.
    total = expected.events + expected.users
    _wait_until(lambda: _unread(shop, "identity") < total // 2)
    workers[0].kill("worker")
    unread = _unread(shop, "journeys")
    sender.join()
    _wait_until(lambda: _unread(shop, "journeys") == 0)
    assert unread > 0, "the work was done before a worker could be killed"
    assert check(shop, expected) == Check(0, 0, [])


def _batches(expected: workload.Expected) -> Iterator[str]:
    """Rows as the API appends them."""
    now = real.now()
    calls = workload.calls(first=0, count=EVENTS, ended_at=now, expected=expected)
    for request in workload.batches(calls, size=100, host="localhost", key="none"):
        envelope = decoding.open_batch(request.partition(b"\r\n\r\n")[2])
        rows = decoding.decode(envelope, received_at=now, guarded=frozenset()).rows
        yield decoding.encode_rows(rows)


def _append(shop: ShopId, batches: list[str]) -> None:
    try:
        for number, rows in enumerate(batches):
            for _ in range(2 if number % REPEAT_EVERY == 0 else 1):
                append_api(shop=shop, events=rows, now=real.now())
    finally:
        if threading.current_thread() is not threading.main_thread():
            connection.close()


def _unread(shop: ShopId, consumer: str) -> int:
    """How many of the shop's events a consumer has not passed in all its shards."""
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT count(*) FROM events_event WHERE shop_id = %s AND origin = 0 AND (xid, seq) > "
            "(SELECT xid, seq FROM events_cursor WHERE consumer = %s ORDER BY xid, seq LIMIT 1)",
            [shop, consumer],
        ).fetchone()
    assert row is not None
    return int(row[0])


def _wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 50):
        if condition():
            return
        sleep(0.02)
    raise AssertionError(f"still not so after {PATIENCE_SECONDS} s")
