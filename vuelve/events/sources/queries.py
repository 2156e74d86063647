"""Reads of connected stores, their webhooks and backfills."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from vuelve.events.sources.contracts import Backfill, BackfillState, Store, StoreState
from vuelve.platform.db import Cursor, Statements, fetch_dicts
from vuelve.platform.errors import not_found
from vuelve.platform.ids import ShopId, hash_secret
from vuelve.platform.stores import StoreKind

SQL = Statements(__file__)

_STORE = ", ".join(one.name for one in fields(Store))
_BACKFILL = ", ".join(one.name for one in fields(Backfill))
WEBHOOKS_SHOWN = 50
BACKFILLS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class TopicCount:
    topic: str
    state: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Webhook:
    key: str
    topic: str
    received_at: datetime
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Count:
    kind: StoreKind
    part: str
    since: datetime | None
    until: datetime | None
    theirs: int | None
    told: int
    held: int
    counted_at: datetime

    @property
    def missing(self) -> int:
        """How many they have that we do not; less than 0: we hold more."""
        return 0 if self.theirs is None else self.theirs - self.held

    @property
    def is_equal(self) -> bool:
        return self.theirs is None or self.theirs == self.held


def stores(cursor: Cursor, shop: ShopId) -> list[Store]:
    """All of a shop, those that are open first."""
    cursor.execute(
        f"SELECT {_STORE} FROM events_store WHERE shop_id = %s "
        "ORDER BY state IN ('uninstalled', 'disconnected'), domain",
        [shop],
    )
    return [_store(row) for row in fetch_dicts(cursor)]


def store(cursor: Cursor, shop: ShopId, store_id: int, *, lock: bool = False) -> Store:
    cursor.execute(
        f"SELECT {_STORE} FROM events_store WHERE shop_id = %s AND id = %s{' FOR UPDATE' if lock else ''}",
        [shop, store_id],
    )
    rows = fetch_dicts(cursor)
    if not rows:
        raise not_found("store")
    return _store(rows[0])


def store_at(cursor: Cursor, shop: ShopId, source: str, address: str) -> Store | None:
    """The store whose webhooks come to this address."""
    cursor.execute(
        f"SELECT {_STORE} FROM events_store WHERE shop_id = %s AND source = %s AND address_hash = %s",
        [shop, source, hash_secret(address)],
    )
    rows = fetch_dicts(cursor)
    return _store(rows[0]) if rows else None


def _store(row: dict[str, Any]) -> Store:
    for name in ("scopes", "missing_scopes", "topics"):
        row[name] = tuple(row[name])
    return Store(**row | {"state": StoreState(row["state"])})


def backfill(cursor: Cursor, shop: ShopId, backfill_id: int, *, lock: bool = False) -> Backfill:
    cursor.execute(
        f"SELECT {_BACKFILL} FROM events_backfill WHERE shop_id = %s AND id = %s{' FOR UPDATE' if lock else ''}",
        [shop, backfill_id],
    )
    rows = fetch_dicts(cursor)
    if not rows:
        raise not_found("backfill")
    return _backfill(rows[0])


def backfills(cursor: Cursor, shop: ShopId, store_id: int) -> list[Backfill]:
    cursor.execute(
        f"SELECT {_BACKFILL} FROM events_backfill WHERE shop_id = %s AND store_id = %s ORDER BY id DESC LIMIT %s",
        [shop, store_id, BACKFILLS_SHOWN],
    )
    return [_backfill(row) for row in fetch_dicts(cursor)]


def _backfill(row: dict[str, Any]) -> Backfill:
    return Backfill(**row | {"state": BackfillState(row["state"]), "kind": StoreKind(row["kind"])})


def topic_counts(cursor: Cursor, shop: ShopId, store_id: int, *, since: datetime) -> list[TopicCount]:
    cursor.execute(
        "SELECT topic, state, count(*) AS count, max(received_at) AS last_at FROM events_webhook "
        "WHERE shop_id = %s AND store_id = %s AND received_at >= %s GROUP BY topic, state ORDER BY topic, state",
        [shop, store_id, since],
    )
    return [TopicCount(**row) for row in fetch_dicts(cursor)]


def last_webhook_at(cursor: Cursor, shop: ShopId, store_id: int) -> datetime | None:
    row = cursor.execute(
        "SELECT max(received_at) FROM events_webhook WHERE shop_id = %s AND store_id = %s", [shop, store_id]
    ).fetchone()
    return row[0] if row else None


def failed_webhooks(cursor: Cursor, shop: ShopId, store_id: int) -> list[Webhook]:
    """The newest that could not be mapped."""
    cursor.execute(
        "SELECT key, topic, received_at, state, reason FROM events_webhook WHERE shop_id = %s AND store_id = %s "
        "AND state = 'failed' ORDER BY received_at DESC LIMIT %s",
        [shop, store_id, WEBHOOKS_SHOWN],
    )
    return [Webhook(**row) for row in fetch_dicts(cursor)]


def counts(cursor: Cursor, shop: ShopId, store_id: int) -> list[Count]:
    cursor.execute(
        "SELECT kind, part, since, until, theirs, told, held, counted_at FROM events_store_count "
        "WHERE shop_id = %s AND store_id = %s ORDER BY kind, part",
        [shop, store_id],
    )
    return [Count(**row | {"kind": StoreKind(row["kind"])}) for row in fetch_dicts(cursor)]
