"""Replays the last four weeks as live events on a virtual clock: the product runs as it would have run then.

At each step of the clock the events whose time has come are appended, the consumers read them, the journeys move, and
the dispatcher sends what is due; so waits, quiet hours and the order of things are those of real life.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection

from vuelve.channels.dispatch import dispatch_once
from vuelve.demo.data import Retailer
from vuelve.demo.feed import (
    CONSENT_EVENTS,
    Sent,
    append,
    by_arrival,
    consent_revoked,
    order_completed,
    shipment_updates,
    sign_up,
)
from vuelve.demo.progress import Progress
from vuelve.demo.reading import read_all
from vuelve.demo.schedule import Schedule
from vuelve.platform.clock import Clock, VirtualClock
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId

# A step costs a tenth of a second of computing, however little happens in it.
STEP = timedelta(minutes=60)
TICK_SECONDS_MAX = 60.0  # ticks that are due more seldom keep house


def live_events(retailer: Retailer, schedule: Schedule, *, until: datetime) -> list[Sent]:
    """All that reaches the shop from the first live instant on, by arrival; what would arrive after `until` is left out."""
    since, end = schedule.live_weeks
    events: list[Sent] = []
    for household in retailer.households():
        if household.first_order_at >= since:
            events += sign_up(household, schedule)
        events += consent_revoked(household, schedule)
    for order in retailer.orders(since, end):
        events.append(order_completed(order, schedule))
        events += shipment_updates(order, schedule)
    return by_arrival(event for event in events if event.arrives_at <= until)


def replay(
    shop: ShopId,
    events: Sequence[Sent],
    *,
    clock: VirtualClock,
    until: datetime,
    step: timedelta,
    progress: Progress,
) -> int:
    """Move the clock from where it stands to `until`, a step at a time; returns how many events were new."""
    position = appended = 0
    with (
        progress.stage("Replaying four weeks (events)", total=len(events)) as advance,
        _dispatcher() as dispatcher,
    ):
        while clock.now() < until:
            clock.move_to(min(clock.now() + step, until))
            end = position
            while end < len(events) and events[end].arrives_at <= clock.now():
                end += 1
            arrived = events[position:end]
            if any(event.name in CONSENT_EVENTS for event in arrived):
                dispatcher.wait()  # or it would be chance whether a message still goes out
            appended += append(shop, arrived, now=clock.now(), historical=False)
            read_all(shop, clock=clock)
            _move_journeys(clock)
            dispatcher.send(clock.now())
            advance(len(arrived))
            position = end
        dispatcher.wait()
        read_all(shop, clock=clock)
    return appended


def _move_journeys(clock: Clock) -> None:
    """What is due by the minute. Housekeeping, by the hour and for every shop, finds nothing in a shop this young; the lake catches
    up once the shop is run.
    """
    for tick in registry.ticks:
        if tick.interval_seconds <= TICK_SECONDS_MAX and not getattr(tick, "is_apart", False):
            while tick.tick(clock):
                pass


class _Dispatcher:
    """Sends what is due at an instant while the next one is being prepared, as the processes of a shop do.

    What is queued meanwhile is due later than the instant it was given, and is left alone.
    """

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._under_way: Future[None] | None = None

    def send(self, at: datetime) -> None:
        self.wait()
        self._under_way = self._pool.submit(_send, VirtualClock(at))

    def wait(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None


@contextmanager
def _dispatcher() -> Iterator[_Dispatcher]:
    with ThreadPoolExecutor(1, thread_name_prefix="dispatcher") as pool:
        try:
            yield _Dispatcher(pool)
        finally:
            pool.submit(connection.close)


def _send(clock: Clock) -> None:
    while dispatch_once(clock=clock):
        pass
