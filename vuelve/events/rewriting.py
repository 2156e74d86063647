"""The one exception to "append-only": an erased person is taken out of the log.

Events that only tell of the person are removed. Of those that the shop must keep (orders), a bare one stays: the same
place in the log, properties without the person, under an id that is nobody's.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vuelve.events.contracts import Origin
from vuelve.events.services import SQL
from vuelve.platform.db import Cursor, copy_rows
from vuelve.platform.extension import Person, registry
from vuelve.platform.ids import CustomerId


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What an event says from now on. `customer` None: identity decides whose it is."""

    xid: int
    seq: int
    properties: str
    customer: CustomerId | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    email: str | None = None
    phone: str | None = None
    is_bare: bool = False


def hold_consumers(cursor: Cursor) -> None:
    """Wait for every batch that is being worked on, and let none begin until the transaction ends.

    First in a transaction, before any other lock: a batch holds its cursor while it waits for rows.
    """
    cursor.execute("SELECT FROM events_cursor ORDER BY consumer, shard FOR UPDATE")


def unread_from(cursor: Cursor) -> tuple[int, int]:
    """The position behind which every consumer has read everything; expects `hold_consumers`."""
    row = cursor.execute(
        "SELECT xid, seq FROM events_cursor WHERE consumer = ANY (%s) ORDER BY xid, seq LIMIT 1",
        [[consumer.name for consumer in registry.consumers]],
    ).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


def bare(name: str, properties: str) -> str | None:
    """The properties of an event without the person, as JSON; None if nothing of it stays."""
    keep = registry.bare_events.get(name)
    if keep is None:
        return None
    try:
        read = json.loads(properties)
    except ValueError:
        return None
    kept = keep(read) if isinstance(read, Mapping) else None
    return None if kept is None else json.dumps(kept, ensure_ascii=True)


def rewrite(cursor: Cursor, events: Sequence[Rewritten], forgotten: Iterable[tuple[int, int]]) -> int:
    """Write what events say from now on, and remove those `forgotten` (xid, seq); returns how many were touched.

    Leaves both in `pg_temp.event_rewritten` and `pg_temp.event_forgotten`.
    """
    cursor.execute(SQL["open_rewrites"])
    copy_rows(
        cursor,
        "event_rewritten (xid, seq, customer_id, user_id, anonymous_id, email, phone, is_bare, properties)",
        (
            (e.xid, e.seq, e.customer, e.user_id, e.anonymous_id, e.email, e.phone, e.is_bare, e.properties)
            for e in events
        ),
    )
    copy_rows(cursor, "event_forgotten (xid, seq)", forgotten)
    cursor.execute(SQL["rewrite_events"])
    touched = cursor.rowcount
    cursor.execute(
        "SELECT count(*) FROM pg_temp.event_forgotten f JOIN events_event e ON e.xid = f.xid AND e.seq = f.seq"
    )
    row = cursor.fetchone()
    cursor.execute(SQL["forget_events"])
    return touched + (row[0] if row else 0)


def thin_out(cursor: Cursor, person: Person, *, rows: int) -> dict[str, int]:
    """Remove up to `rows` events of a person of which nothing stays: ahead of the erasure, in small commits."""
    row = cursor.execute(
        SQL["thin_out"],
        {"shop": person.shop, "ids": list(person.ids), "kept": sorted(registry.bare_events), "rows": rows},
    ).fetchone()
    assert row is not None
    return {"events_event": row[0], "events_quarantine": row[1]}


def make_bare(cursor: Cursor, person: Person, *, remains: CustomerId) -> int:
    """Take the person out of the events that stay; returns how many."""
    rows: list[tuple[Any, ...]] = cursor.execute(
        "SELECT xid, seq, name, properties::text FROM events_event WHERE shop_id = %s AND customer_id = ANY (%s) "
        "AND origin = %s AND name = ANY (%s)",
        [person.shop, list(person.ids), Origin.OUTSIDE, sorted(registry.bare_events)],
    ).fetchall()
    kept, forgotten = [], []
    for xid, seq, name, properties in rows:
        text = bare(name, properties)
        if text is None:
            forgotten.append((xid, seq))
        else:
            kept.append(Rewritten(xid, seq, text, customer=remains, is_bare=True))
    return rewrite(cursor, kept, forgotten)
