"""A round costs nearly the same for one event as for hundreds: the worker lets few of them wait for company."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from time import sleep
from typing import ClassVar

import pytest

from vuelve.events import worker as worker_module
from vuelve.events.consuming import consume_once
from vuelve.events.services import open_staging, prepare_log, record_staged
from vuelve.events.tests.test_log import Collector, horizon, wait_for
from vuelve.events.worker import Worker
from vuelve.platform.clock import Clock, VirtualClock
from vuelve.platform.db import copy_rows, for_shop
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
CLOCK = VirtualClock(NOW)


@pytest.fixture
def collector(shop: Shop) -> Iterator[Collector]:
    """The only consumer, with nothing left to read, and no ticks."""
    consumers, ticks = registry.consumers[:], registry.ticks[:]
    consumer = Collector()
    registry.consumers[:], registry.ticks[:] = [consumer], []
    prepare_log(now=NOW)
    wait_for(lambda: horizon()[0] == horizon()[1])
    while consume_once(consumer, clock=CLOCK):
        pass
    consumer.seen.clear()
    yield consumer
    registry.consumers[:], registry.ticks[:] = consumers, ticks


def append(shop: Shop, count: int) -> None:
    with for_shop(ShopId(shop.pk)) as cursor:
        open_staging(cursor)
        rows = ((shop.pk, "Viewed", NOW, f"pace-{shop.pk}-{n}", "u1") for n in range(count))
        copy_rows(cursor, "event_staged (shop_id, name, occurred_at, message_id, user_id)", rows)
        record_staged(cursor, now=NOW, source="test", from_outside=True)


@pytest.mark.parametrize(("count", "goes_on"), [(0, False), (3, False), (worker_module.ROUND_ROWS_MIN, True)])
def test_a_round_with_little_in_it_waits_for_more(
    shop: Shop, collector: Collector, count: int, goes_on: bool
) -> None:
    append(shop, count)
    worker = Worker(clock=CLOCK, stop=threading.Event())
    for _ in range(100):  # others' transactions on the server may hold the horizon a while
        went_on = worker.round()
        if len(collector.seen) >= count:
            break
        sleep(0.05)
    assert (len(collector.seen), went_on) == (count, goes_on)


class Eager:
    """A tick that always has more to do."""

    name: ClassVar[str] = "eager"
    interval_seconds: ClassVar[float] = 60.0

    def __init__(self) -> None:
        self.runs = 0

    def tick(self, clock: Clock) -> int:
        self.runs += 1
        return 1


@pytest.mark.parametrize(("count", "runs"), [(3, 2), (worker_module.ROUND_ROWS_MIN, 1)])
def test_a_tick_keeps_its_interval_while_consumers_are_behind(
    shop: Shop, collector: Collector, count: int, runs: int
) -> None:
    append(shop, count)
    wait_for(lambda: horizon()[0] == horizon()[1])
    eager = Eager()
    registry.ticks[:] = [eager]
    worker = Worker(clock=CLOCK, stop=threading.Event())
    worker.round()
    worker.round()
    assert (len(collector.seen), eager.runs) == (count, runs)
