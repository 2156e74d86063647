"""The events of the ingest workload, in the log and consumed, for a benchmark of what comes after."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from vuelve.bench import ingest_workload as workload
from vuelve.events import consuming
from vuelve.events import services as events
from vuelve.platform.clock import real
from vuelve.platform.db import Statements, copy_rows, for_shop
from vuelve.platform.ids import ShopId

SQL = Statements(__file__)

ROWS = 10_000  # of one transaction
ROWS_PER_DAY = 100_000
KINDS = {"track": 1, "identify": 2, "page": 3}


def load(
    say: Callable[[str], None], shop: ShopId, *, first: int, count: int, days_ago: int, now: datetime
) -> int:
    """`count` events from number `first` on and their identify calls, in the log and read by all consumers; returns how many
    rows of the log that are. They arrive 100,000 a day, from `days_ago` days ago on.
    """
    events.make_months("events_event", (now - timedelta(days=days_ago + 31)).date(), now.date())
    made = workload.calls(first=first, count=count, ended_at=now, expected=workload.Expected())
    done = 0
    while rows := [_staged(shop, type, call) for type, call in islice(made, ROWS)]:
        at = now - timedelta(days=days_ago) + timedelta(days=1) * (done // ROWS_PER_DAY)
        with for_shop(shop) as cursor:
            events.open_staging(cursor)
            copy_rows(
                cursor,
                "event_staged (shop_id, kind, name, occurred_at, message_id, user_id, email, properties)",
                rows,
            )
            events.record_staged(cursor, now=min(at, now), source="bench", from_outside=True)
        done += len(rows)
    consuming.drain(clock=real)
    say(f"{done:,} events are in the log, and read")
    return done


def _staged(shop: ShopId, type: str, call: str) -> tuple[Any, ...]:
    made = json.loads(call)
    about = made.get("traits") or made["properties"]
    return (
        shop,
        KINDS[type],
        made.get("event") or made.get("name") or type,
        made["timestamp"],
        made["messageId"],
        made["userId"],
        about.get("email"),
        json.dumps(about, separators=(",", ":")),
    )


def json_lines(shop: ShopId) -> Iterator[bytes]:
    """The shop's events as JSON lines with all that the lake keeps of them; nulls left out."""
    with for_shop(shop) as cursor, cursor.copy(SQL["lake_json_lines"], {"shop": shop}) as copy:
        for row in copy:
            yield bytes(row)
