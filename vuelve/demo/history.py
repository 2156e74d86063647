"""Imports everything before the last four weeks as history: orders and profiles see it, journeys do not."""

from vuelve.demo.data import Household, Order, Retailer
from vuelve.demo.feed import Sent, append, by_arrival, order_completed, sign_up
from vuelve.demo.progress import Progress
from vuelve.demo.schedule import Schedule
from vuelve.events import consuming
from vuelve.platform import limits
from vuelve.platform.clock import Clock
from vuelve.platform.ids import ShopId


def import_history(
    shop: ShopId, retailer: Retailer, schedule: Schedule, *, clock: Clock, progress: Progress
) -> None:
    """Append the history week by week and let the ordinary consumers read it as it comes: memory stays flat.

    A week is a commit of about 3,000 events: a reader of the log waits a third of a second for it at most.
    """
    households = retailer.households()
    waiting = 0
    with progress.stage("Importing history (order lines)", total=retailer.totals().lines) as advance:
        for since, until in schedule.weeks_of_history():
            orders = retailer.orders(since, until)
            newcomers = [each for each in households if since <= each.first_order_at < until]
            waiting += append(shop, _events(newcomers, orders, schedule), now=clock.now(), historical=True)
            # Consumers are quickest when a batch is full.
            if waiting >= limits.CONSUMER_BATCH_ROWS:
                consuming.drain(clock=clock)
                waiting = 0
            advance(sum(order.lines for order in orders))
        consuming.drain(clock=clock)


def _events(newcomers: list[Household], orders: list[Order], schedule: Schedule) -> list[Sent]:
    people = [event for household in newcomers for event in sign_up(household, schedule)]
    return by_arrival([*people, *(order_completed(order, schedule) for order in orders)])
