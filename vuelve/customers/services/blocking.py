"""Erased people stay erased: what arrives late, again, or from an old list does not bring them back.

Part of the identity consumer's batch, before it looks at anybody. A shop that has erased nobody pays one look into an
empty table.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

import structlog
from prometheus_client import Counter

from vuelve.customers.contracts import IdentifierKind
from vuelve.customers.rules.erasure import (
    HashKey,
    Match,
    NamedEvent,
    Verdict,
    hash_key,
    judge,
    reopenings,
)
from vuelve.customers.services.settling import SQL
from vuelve.events.rewriting import Rewritten, bare, rewrite
from vuelve.platform.db import Cursor
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.queries import facts_by_id

log = structlog.get_logger(__name__)

NAMED = Counter(
    "vuelve_events_of_erased_total",
    "Events that name a person who was erased, by what became of them.",
    ["verdict"],
)

_COLUMNS = {
    IdentifierKind.USER: "user_id",
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE: "phone",
    IdentifierKind.ANONYMOUS: "anonymous_id",
}


@dataclass(slots=True)
class Withheld:
    """What identity must know of the events that name erased people."""

    is_changed: bool = False  # the batch is not what it was: what was read of it is to be read again
    unstated: set[int] = field(default_factory=set)  # seqs of events whose stated consents do not count


@dataclass(slots=True)
class _Row:
    xid: int
    shop: int
    properties: str
    identifiers: dict[str, str | None]
    event: NamedEvent


def withhold(cursor: Cursor) -> Withheld:
    """Take erased people out of `pg_temp.event_batch` and out of the log."""
    keys = _keys(cursor)
    if not keys:
        return Withheld()
    rows = _named(cursor, keys)
    if not rows:
        return Withheld()
    reopened = _reopen(cursor, rows)
    return _apply(cursor, rows, reopened)


def _keys(cursor: Cursor) -> dict[ShopId, HashKey]:
    row = cursor.execute("SELECT EXISTS (SELECT FROM customers_erased)").fetchone()
    if row is None or not row[0]:
        return {}
    shops = cursor.execute(
        "SELECT b.shop_id FROM (SELECT DISTINCT shop_id FROM pg_temp.event_batch) b "
        "WHERE EXISTS (SELECT FROM customers_erased e WHERE e.shop_id = b.shop_id)"
    ).fetchall()
    if not shops:
        return {}
    facts = facts_by_id()
    return {ShopId(shop): hash_key(facts[ShopId(shop)].signing_key) for (shop,) in shops}


def _named(cursor: Cursor, keys: dict[ShopId, HashKey]) -> list[_Row]:
    found = cursor.execute(
        SQL["find_erased"],
        {
            "shops": list(keys),
            "inner": [key.inner for key in keys.values()],
            "outer": [key.outer for key in keys.values()],
        },
    ).fetchall()
    matches = {
        seq: tuple(Match(*row[1:]) for row in rows) for seq, rows in groupby(found, key=lambda row: row[0])
    }
    if not matches:
        return []
    rows = cursor.execute(SQL["named_events"], {"seqs": list(matches)}).fetchall()
    return _with_left(cursor, [_row(matches, *row) for row in rows])


def _with_left(cursor: Cursor, rows: list[_Row]) -> list[_Row]:
    """Mark the events about what erasures have left behind."""
    about = [
        (ShopId(row.shop), row.event.seq, json.loads(row.properties)) for row in rows if row.event.can_be_bare
    ]
    if about and registry.left_behind is not None:
        left = registry.left_behind.find(cursor, about)
        for row in rows:
            row.event = replace(row.event, left=left.get(row.event.seq))
    return rows


def _row(matches: dict[int, tuple[Match, ...]], *columns: Any) -> _Row:
    (
        xid,
        seq,
        shop,
        name,
        occurred_at,
        historical,
        properties,
        user_id,
        email,
        phone,
        anonymous_id,
        is_known,
    ) = columns
    strongest = next(
        kind for kind, value in enumerate((user_id, email, phone, anonymous_id), 1) if value is not None
    )
    event = NamedEvent(
        seq=seq,
        name=name,
        occurred_at=occurred_at,
        historical=historical,
        can_be_bare=bare(name, properties) is not None,
        is_known=is_known and all(match.kind != strongest for match in matches[seq]),
        matches=matches[seq],
    )
    identifiers = {"user_id": user_id, "email": email, "phone": phone, "anonymous_id": anonymous_id}
    return _Row(xid, shop, properties, identifiers, event)


def _reopen(cursor: Cursor, rows: list[_Row]) -> dict[int, datetime]:
    found = reopenings((row.event for row in rows), registry.reopening_events)
    if found:
        cursor.execute(SQL["reopen"], {"erasures": list(found), "times": list(found.values())})
    return found


def _apply(cursor: Cursor, rows: list[_Row], reopened: dict[int, datetime]) -> Withheld:
    withheld = Withheld()
    rewritten: list[Rewritten] = []
    forgotten: list[tuple[int, int]] = []
    for row in rows:
        verdict, lapsed = judge(row.event, reopened)
        NAMED.labels(verdict.value).inc()
        seq = row.event.seq
        if verdict is Verdict.TAKE_UNSTATED:
            withheld.unstated.add(seq)
        elif verdict is Verdict.STRIP:
            rewritten.append(_stripped(row, [_COLUMNS[IdentifierKind(match.kind)] for match in lapsed]))
        elif verdict is Verdict.BARE:
            text = bare(row.event.name, row.properties)
            assert text is not None
            remains = CustomerId(lapsed[0].remains if row.event.left is None else row.event.left)
            rewritten.append(Rewritten(row.xid, seq, text, customer=remains, is_bare=True))
        elif verdict is Verdict.DROP:
            forgotten.append((row.xid, seq))
    if rewritten or forgotten:
        withheld.is_changed = True
        rewrite(cursor, rewritten, forgotten)
        cursor.execute(SQL["follow_rewritten"])
        cursor.execute(
            "DELETE FROM pg_temp.event_batch b USING pg_temp.event_forgotten f WHERE f.seq = b.seq"
        )
        log.info("events of erased people", dropped=len(forgotten), rewritten=len(rewritten))
    return withheld


def _stripped(row: _Row, columns: list[str]) -> Rewritten:
    """Somebody else's event without the erased person's identifiers."""
    values = {name: (None if name in columns else value) for name, value in row.identifiers.items()}
    properties = json.loads(row.properties)
    if isinstance(properties, dict):
        properties = {key: value for key, value in properties.items() if key not in columns}
    return Rewritten(
        row.xid,
        row.event.seq,
        json.dumps(properties, ensure_ascii=True),
        user_id=values["user_id"],
        anonymous_id=values["anonymous_id"],
        email=values["email"],
        phone=values["phone"],
    )
