"""A worker's loops: identity in a thread of its own, then whom others stay behind, then the rest; slow ticks apart."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar

import psycopg
import pytest
from django.db import connection

from vuelve.events import worker
from vuelve.events.consuming import consume_once
from vuelve.events.services import prepare_log
from vuelve.events.tests.test_log import Collector, StampAll, horizon, wait_for
from vuelve.events.worker import CONSUMING, WORKERS_SQL
from vuelve.platform.clock import Clock, VirtualClock
from vuelve.platform.extension import EventBatch, registry
from vuelve.shops.models import Shop
from vuelve.testing import track

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
CLOCK = VirtualClock(NOW)


class Ahead(StampAll):
    def __init__(self) -> None:
        super().__init__()
        self.threads: set[str] = set()
        self.fails_badly = False

    def consume(self, batch: EventBatch) -> None:
        if self.fails_badly:
            raise SystemExit("as a failure nobody foresaw")
        super().consume(batch)
        self.threads.add(threading.current_thread().name)


class Behind(Collector):
    name: ClassVar[str] = "lane_behind"
    is_identity: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = ("identity",)

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[str] = set()

    def consume(self, batch: EventBatch) -> None:
        super().consume(batch)
        self.threads.add(threading.current_thread().name)


class Last(Behind):
    name: ClassVar[str] = "lane_last"
    after: ClassVar[tuple[str, ...]] = ("identity", "lane_behind")


@pytest.fixture
def lanes(shop: Shop) -> Iterator[tuple[Ahead, Behind, Last]]:
    """Three consumers with nothing left to read, and no ticks."""
    consumers, ticks = registry.consumers[:], registry.ticks[:]
    ahead, behind, last = Ahead(), Behind(), Last()
    registry.consumers[:], registry.ticks[:] = [last, ahead, behind], []
    prepare_log(now=NOW)
    wait_for(lambda: horizon()[0] == horizon()[1])
    for consumer in (ahead, behind, last):
        while consume_once(consumer, clock=CLOCK):
            pass
        consumer.seen.clear()
        consumer.threads.clear()
    yield ahead, behind, last
    registry.consumers[:], registry.ticks[:] = consumers, ticks


def start(stop: threading.Event) -> threading.Thread:
    def work() -> None:
        try:
            worker.run(clock=CLOCK, stop=stop)
        except RuntimeError as error:
            raised.append(str(error))
        finally:
            connection.close()

    raised: list[str] = []
    thread = threading.Thread(target=work, name="rest")
    thread.raised = raised  # type: ignore[attr-defined]
    thread.start()
    return thread


def test_each_loop_has_its_consumers_and_both_end(shop: Shop, lanes: tuple[Ahead, Behind, Last]) -> None:
    ahead, behind, last = lanes
    stop = threading.Event()
    thread = start(stop)
    try:
        for number in range(3):
            track(shop, "Viewed", customer=7, user_id="u1", at=NOW, message_id=f"lane-{number}")
        wait_for(lambda: len(last.seen) == 3)
    finally:
        stop.set()
        thread.join(timeout=30)
    assert not thread.is_alive()
    assert behind.seen == ["lane-0", "lane-1", "lane-2"]
    assert last.seen == behind.seen
    assert (ahead.threads, behind.threads, last.threads) == ({"identity"}, {"leading"}, {"rest"})


def test_the_process_ends_when_identity_fails(shop: Shop, lanes: tuple[Ahead, Behind, Last]) -> None:
    lanes[0].fails_badly = True
    thread = start(threading.Event())
    track(shop, "Viewed", user_id="u1", at=NOW)
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert thread.raised == ["identity has failed"]  # type: ignore[attr-defined]


def test_only_who_consumes_has_a_share_of_the_shards(shop: Shop, lanes: tuple[Ahead, Behind, Last]) -> None:
    """The dispatcher and the jobs connect in the same role, and this connection does."""
    stop = threading.Event()
    threads = [start(stop), start(stop)]
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as watcher:
            wait_for(lambda: watcher.execute(WORKERS_SQL, [CONSUMING]).fetchone() == (2,))
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)


def test_a_tick_that_stays_apart_holds_nobody_up(shop: Shop, lanes: tuple[Ahead, Behind, Last]) -> None:
    class Slow:
        name: ClassVar[str] = "slow"
        interval_seconds: ClassVar[float] = 60.0
        is_apart: ClassVar[bool] = True

        def tick(self, clock: Clock) -> int:
            threads.add(threading.current_thread().name)
            begun.set()
            return 0 if goes_on.wait(timeout=30) else 1

    threads: set[str] = set()
    begun, goes_on, stop = threading.Event(), threading.Event(), threading.Event()
    registry.ticks.append(Slow())
    thread = start(stop)
    try:
        assert begun.wait(timeout=30)
        track(shop, "Viewed", customer=7, user_id="u1", at=NOW, message_id="apart")
        wait_for(lambda: lanes[2].seen == ["apart"])
    finally:
        goes_on.set()
        stop.set()
        thread.join(timeout=30)
    assert not thread.is_alive()
    assert threads == {"apart"}
