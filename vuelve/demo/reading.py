"""Brings all consumers to the end of the log."""

import time

from vuelve.events import consuming
from vuelve.events.contracts import IDENTITY_CONSUMER
from vuelve.platform.clock import Clock, monotonic_seconds
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId

SQL = Statements(__file__)
PAUSE_SECONDS = 0.02
HELD_SECONDS_MAX = 60.0


def read_all(shop: ShopId, *, clock: Clock) -> None:
    """All consumers read all there is. They must be level when this begins.

    As `consuming.drain`, with fewer empty calls: when the first finds nothing new, the others have read all of it,
    since no batch is larger than another. And it waits where `drain` returns: somebody else's open transaction,
    in whatever database of the server, keeps readers back, and the virtual clock would move on without them.
    Raises VuelveError `log_held` after a minute.
    """
    began = monotonic_seconds()
    first, *others = consuming.in_order()
    while True:
        while consuming.consume_once(first, clock=clock):
            for consumer in others:
                consuming.consume_once(consumer, clock=clock)
        if not _has_unread(shop):
            return
        if monotonic_seconds() - began > HELD_SECONDS_MAX:
            raise VuelveError(
                "log_held",
                "A transaction that stays open on the database server keeps the event log from being read.",
                hint="End it (pg_stat_activity shows it), or use a server of the demo's own.",
            )
        time.sleep(PAUSE_SECONDS)


def _has_unread(shop: ShopId) -> bool:
    with for_shop(shop) as cursor:
        xid, seq = cursor.execute(
            "SELECT xid, seq FROM events_cursor WHERE consumer = %s", [IDENTITY_CONSUMER]
        ).fetchone() or (0, 0)
        return cursor.execute(SQL["next_unread"], {"xid": xid, "seq": seq}).fetchone() is not None
