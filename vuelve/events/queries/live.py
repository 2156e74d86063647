"""The newest events of a shop, with bounded work whatever is asked for: no filter has an index.

The log is looked through backwards, a number of rows at a time; who finds nothing may look further back. The position
at which a look ends counts the rows of all shops, so a small shop in a large installation begins at its own newest one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from vuelve.events.contracts import IDENTITY_CONSUMER
from vuelve.events.services import SQL
from vuelve.platform import limits
from vuelve.platform.db import Cursor, fetch_dicts, without
from vuelve.platform.errors import not_found
from vuelve.platform.ids import CustomerId, ShopId

Position = tuple[int, int]  # (xid, seq)
FIRST: Position = (0, 0)
LAST: Position = (2**63 - 1, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event in a list."""

    xid: int
    seq: int
    kind: int
    origin: int
    historical: bool
    customer_id: CustomerId | None
    occurred_at: datetime
    received_at: datetime
    name: str
    source: str
    message_id: str
    user_id: str | None
    anonymous_id: str | None
    email: str | None

    @property
    def position(self) -> Position:
        return self.xid, self.seq

    @property
    def key(self) -> str:
        return f"{self.xid}-{self.seq}"


@dataclass(frozen=True, slots=True)
class WholeEvent(EventRow):
    phone: str | None
    shard: int | None
    properties: str  # JSON, as it was sent
    context: str | None


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """None: any. `who` is a user id, an anonymous id, an e-mail address or a message id."""

    name: str | None = None
    kind: int | None = None
    source: str | None = None
    who: str | None = None
    origin: int | None = None
    historical: bool | None = None

    @property
    def is_empty(self) -> bool:
        return self == LiveFilter()


@dataclass(frozen=True, slots=True)
class Found:
    """`low`: down to where the log was looked through; FIRST if to its beginning. `has_more`: within that."""

    rows: Sequence[EventRow]
    low: Position
    has_more: bool

    @property
    def next(self) -> Position | None:
        """Where to go on; None at the end of the log."""
        if self.has_more:
            return self.rows[-1].position
        return None if self.low == FIRST else self.low


def newest(
    cursor: Cursor,
    shop: ShopId,
    wanted: LiveFilter,
    *,
    before: Position = LAST,
    window: int = limits.LIVE_WINDOW_ROWS,
    rows: int = limits.PAGE_ROWS,
) -> Found:
    """The newest matching events before a position, out of `window` rows of the log."""
    found = _look(cursor, shop, wanted, FIRST, before, window, rows)
    if found.rows or found.low == FIRST:
        return found
    # None among the newest of all shops: this shop's, or this name's, may be rarer than that.
    known = cursor.execute(
        SQL["newest_known"],
        {"shop": shop, "name": wanted.name, "kind": wanted.kind, "xid": found.low[0], "seq": found.low[1]},
    ).fetchone()
    if known is None:
        # Of a shop that has sent nothing yet, others' events are no log to look further back in.
        return replace(found, low=FIRST) if wanted.is_empty and before == LAST else found
    return _look(cursor, shop, wanted, FIRST, (known[0], known[1] + 1), window, rows)


def since(
    cursor: Cursor, shop: ShopId, wanted: LiveFilter, *, position: Position, rows: int = limits.LIVE_ROWS_MAX
) -> Found:
    """The newest matching events past a position, of the newest LIVE_WINDOW_ROWS of the log at most."""
    return _look(cursor, shop, wanted, position, LAST, limits.LIVE_WINDOW_ROWS, rows)


def _look(
    cursor: Cursor,
    shop: ShopId,
    wanted: LiveFilter,
    floor: Position,
    high: Position,
    window: int,
    rows: int,
) -> Found:
    back = cursor.execute(
        "SELECT xid, seq FROM vuelve_position_back(%s::bigint, %s::bigint, %s::integer)", [*high, window]
    ).fetchone()
    # The row at the end of the window belongs to it.
    low = max(floor, (back[0], back[1] - 1) if back and back[0] is not None else FIRST)
    with without(cursor, "sort", "seqscan"):
        cursor.execute(SQL["live_events"], _parameters(shop, wanted, low, high, rows + 1))
        found = [EventRow(**row) for row in fetch_dicts(cursor)]
    return Found(rows=found[:rows], low=low, has_more=len(found) > rows)


def _parameters(
    shop: ShopId, wanted: LiveFilter, low: Position, high: Position, rows: int
) -> Mapping[str, Any]:
    return {
        "shop": shop,
        "low_xid": low[0],
        "low_seq": low[1],
        "high_xid": high[0],
        "high_seq": high[1],
        "name": wanted.name,
        "kind": wanted.kind,
        "source": wanted.source,
        "who": wanted.who,
        "origin": wanted.origin,
        "historical": wanted.historical,
        "rows": rows,
    }


def settled(cursor: Cursor) -> Position:
    """Up to here no event can appear any more, and each knows its customer."""
    row = cursor.execute(SQL["settled"], {"identity": IDENTITY_CONSUMER}).fetchone()
    return (row[0], row[1]) if row else FIRST


def event_at(cursor: Cursor, shop: ShopId, position: Position) -> WholeEvent:
    """Raises VuelveError `not_found`."""
    cursor.execute(SQL["one_event"], {"shop": shop, "xid": position[0], "seq": position[1]})
    found = fetch_dicts(cursor)
    if not found:
        raise not_found("event")
    return WholeEvent(**found[0])


def positions_of(
    cursor: Cursor, shop: ShopId, seqs: Sequence[int], customers: Sequence[CustomerId]
) -> dict[int, Position]:
    """Where events stand whose customer is known, by seq. Those that are under another customer are left out."""
    parameters = {"shop": shop, "seqs": list(seqs), "customers": sorted(set(customers))}
    rows = cursor.execute(SQL["positions_of"], parameters).fetchall()
    return {row[0]: (row[1], row[0]) for row in rows}
