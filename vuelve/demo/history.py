"""Imports everything before the last four weeks as history: orders and profiles see it, journeys do not.

One thread appends, a week a commit; others run the ordinary consumers meanwhile, as the processes of a shop do. The
log lies between them on disk, so memory stays flat.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from vuelve.demo.data import Household, Order, Retailer
from vuelve.demo.feed import Sent, append, by_arrival, order_completed, sign_up
from vuelve.demo.progress import Progress
from vuelve.demo.reading import read_all
from vuelve.demo.schedule import Schedule
from vuelve.events import consuming
from vuelve.platform.clock import Clock
from vuelve.platform.ids import ShopId

READERS = 2
IDLE_SECONDS = 0.05


def import_history(
    shop: ShopId, retailer: Retailer, schedule: Schedule, *, clock: Clock, progress: Progress
) -> int:
    """Append the history week by week; returns how many events that were, once all consumers have read them."""
    households = retailer.households()
    appended = 0
    lines = retailer.count_lines(schedule.live_weeks[0])
    with (
        progress.stage("Importing history (order lines)", total=lines) as advance,
        _reading_along(clock) as readers,
    ):
        for since, until in schedule.weeks_of_history():
            orders = retailer.orders(since, until)
            newcomers = [each for each in households if since <= each.first_order_at < until]
            appended += append(shop, _events(newcomers, orders, schedule), now=clock.now(), historical=True)
            advance(sum(order.lines for order in orders))
            _raise_failures(readers)
    # A reader leaves when it finds nothing to do, which may be because the other was at it.
    consuming.drain(clock=clock)
    read_all(shop, clock=clock)
    return appended


def _events(newcomers: list[Household], orders: list[Order], schedule: Schedule) -> list[Sent]:
    people = [event for household in newcomers for event in sign_up(household, schedule)]
    return by_arrival([*people, *(order_completed(order, schedule) for order in orders)])


@contextmanager
def _reading_along(clock: Clock) -> Iterator[list["Future[None]"]]:
    """Consumers in threads of their own; at the end they read what is left."""
    appended = threading.Event()
    with ThreadPoolExecutor(READERS, thread_name_prefix="reader") as pool:
        readers = [pool.submit(_read, clock, appended) for _ in range(READERS)]
        try:
            yield readers
        finally:
            appended.set()
    _raise_failures(readers)


def _read(clock: Clock, appended: threading.Event) -> None:
    try:
        while True:
            was_last = appended.is_set()
            passed = [
                consuming.consume_once(consumer, clock=clock, workers=READERS)
                for consumer in consuming.in_order()
            ]
            if any(passed):
                continue
            if was_last:
                return
            appended.wait(IDLE_SECONDS)
    finally:
        connection.close()


def _raise_failures(readers: list["Future[None]"]) -> None:
    for reader in readers:
        if reader.done():
            reader.result()
