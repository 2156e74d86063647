"""Replays the last four weeks as live events on a virtual clock: the product runs as it would have run then.

At each step of the clock the events whose time has come are appended, the consumers read them, the journeys move, and
the dispatcher sends what is due; so waits, quiet hours and the order of things are those of real life.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from vuelve.channels.dispatch import BATCHES_PER_CALL_MAX, dispatch_once
from vuelve.demo.data import Retailer
from vuelve.demo.feed import (
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
from vuelve.platform import limits
from vuelve.platform.clock import Clock, VirtualClock
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId

STEP = timedelta(minutes=60)
MESSAGES_PER_CALL = BATCHES_PER_CALL_MAX * limits.DISPATCH_BATCH_ROWS


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
) -> None:
    """Move the clock from where it stands to `until`, a step at a time."""
    position = 0
    with progress.stage("Replaying four weeks (events)", total=len(events)) as advance:
        while clock.now() < until:
            clock.move_to(min(clock.now() + step, until))
            end = position
            while end < len(events) and events[end].arrives_at <= clock.now():
                end += 1
            append(shop, events[position:end], now=clock.now(), historical=False)
            _live(shop, clock)
            advance(end - position)
            position = end
        # What the last messages set off counts, too.
        _live(shop, clock)
        read_all(shop, clock=clock)


def _live(shop: ShopId, clock: Clock) -> None:
    """What the product does at one instant: consume, move the journeys, send what is due.

    What the dispatcher records is left to the next step: nobody acts on it at once, and an empty round of the
    consumers costs as much as a small one.
    """
    read_all(shop, clock=clock)
    for tick in registry.ticks:
        while tick.tick(clock):
            pass
    while dispatch_once(clock=clock) >= MESSAGES_PER_CALL:
        pass
