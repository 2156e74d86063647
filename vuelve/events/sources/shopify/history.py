"""Is an event history? Profiles, orders and reports see history; journeys and messages do not.

A webhook tells what has just happened, unless it is about what happened before the store was connected, or comes so
late that a message about it would puzzle. What a backfill brings of the time before the connection is always history.
"""

from datetime import datetime, timedelta

from vuelve.platform.stores import Reception

# Shopify tries a webhook for four hours; a day covers an outage of a night.
LIVE_HOURS = 24


def is_history(at: datetime, reception: Reception) -> bool:
    """For what happened at `at`."""
    if at < reception.received_at - timedelta(hours=LIVE_HOURS):
        return True
    return reception.is_backfill and at < reception.connected_at


def is_history_of(began: datetime, at: datetime, reception: Reception) -> bool:
    """For a change at `at` of something that began at `began`: what began before the connection stays history."""
    return is_history(began if began < reception.connected_at else at, reception)
