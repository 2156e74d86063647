"""What was refused at the door, what a consumer could not take, and what had no effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vuelve.events.queries.live import Position, positions_of
from vuelve.events.services import SQL
from vuelve.platform import limits
from vuelve.platform.db import Cursor, fetch_dicts
from vuelve.platform.extension import Text, WithoutEffect, registry
from vuelve.platform.ids import ShopId

SIDE_ROWS = 100  # of the lists that have no further page: they are short, or something is badly wrong


@dataclass(frozen=True, slots=True)
class RefusedCode:
    code: str
    events: int
    last_at: datetime
    days: Sequence[int]  # REJECT_DAYS of them, the oldest first


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    id: int
    received_at: datetime
    source: str
    code: str
    field: str | None
    message: str
    hint: str | None
    batch_index: int | None
    event_type: str | None
    event_name: str | None
    bytes: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class SetAside:
    consumer: str
    seq: int
    xid: int | None  # None for those set aside before it was kept: they cannot be given again
    message_id: str
    error: str
    quarantined_at: datetime
    name: str | None


@dataclass(frozen=True, slots=True)
class Ineffective:
    source: Text
    entry: WithoutEffect
    position: Position | None


def codes(cursor: Cursor, shop: ShopId, *, now: datetime) -> list[RefusedCode]:
    """The most frequent first."""
    since = now - timedelta(days=limits.REJECT_DAYS)
    parameters = {"shop": shop, "since": since, "days": limits.REJECT_DAYS}
    found = []
    for code, events, last_at, indexes in cursor.execute(SQL["refused_codes"], parameters).fetchall():
        days = [0] * limits.REJECT_DAYS
        for index in indexes:
            days[index] += 1
        found.append(RefusedCode(code, events, last_at, days))
    return found


def refused(
    cursor: Cursor,
    shop: ShopId,
    *,
    now: datetime,
    code: str | None = None,
    source: str | None = None,
    name: str | None = None,
    after: int | None = None,
    rows: int = limits.PAGE_ROWS + 1,
) -> list[RefusedEvent]:
    cursor.execute(
        SQL["refused_events"],
        {
            "shop": shop,
            "since": now - timedelta(days=limits.REJECT_DAYS),
            "after": after,
            "code": code,
            "source": source,
            "name": name,
            "rows": rows,
        },
    )
    return [RefusedEvent(**row) for row in fetch_dicts(cursor)]


def set_aside(cursor: Cursor, shop: ShopId) -> list[SetAside]:
    cursor.execute(SQL["set_aside"], {"shop": shop, "rows": SIDE_ROWS})
    return [SetAside(**row) for row in fetch_dicts(cursor)]


def without_effect(cursor: Cursor, shop: ShopId, *, now: datetime) -> list[Ineffective]:
    """The newest events that some package could not make anything of, with where they stand in the log."""
    since = now - timedelta(days=limits.REJECT_DAYS)
    found = [
        (source.label, entry)
        for source in registry.event_outcomes
        for entry in source.without_effect(cursor, shop, since, SIDE_ROWS)
    ]
    found.sort(key=lambda one: (one[1].at, one[1].event_seq), reverse=True)
    shown = found[:SIDE_ROWS]
    places = positions_of(
        cursor,
        shop,
        [entry.event_seq for _label, entry in shown],
        [entry.customer_id for _label, entry in shown],
    )
    return [Ineffective(label, entry, places.get(entry.event_seq)) for label, entry in shown]
