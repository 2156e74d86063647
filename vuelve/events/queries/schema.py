"""What was seen of each event name: counts, properties with their types, and what is missing of what Vuelve expects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from vuelve.events.contracts import Kind
from vuelve.events.queries import live
from vuelve.events.queries.live import LiveFilter
from vuelve.events.services import SQL
from vuelve.platform.db import Cursor, fetch_dicts
from vuelve.platform.errors import not_found
from vuelve.platform.extension import EventVocabulary, registry
from vuelve.platform.ids import ShopId

DAYS = 7
EXAMPLE_EVENTS = 50  # the newest ones, out of one window of the log
VALUE_TYPES = ("texts", "numbers", "booleans", "times", "lists", "objects")


@dataclass(frozen=True, slots=True)
class Missing:
    """A property that Vuelve expects and that some events of the name do not have."""

    entry: str  # of the vocabulary: a property, or some of which any will do
    share: float  # of the events looked into, at least; 1.0: none has it
    is_required: bool


@dataclass(frozen=True, slots=True)
class SchemaName:
    kind: int
    name: str  # '' stands for all names past the bound
    first_at: datetime
    last_at: datetime
    events: int
    sampled: int
    properties_dropped: int
    day: int
    week: int
    days: Sequence[int]  # the last DAYS times 24 hours, the oldest first
    properties: int
    conflicts: int
    missing: Sequence[Missing] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class SchemaProperty:
    property: str
    first_at: datetime
    last_at: datetime
    counts: Mapping[str, int]  # by type, see VALUE_TYPES
    empties: int
    promoted_as: str | None  # the type by which conditions know it

    def filled(self) -> int:
        return sum(self.counts.values())

    def types(self) -> list[str]:
        """Those seen, the most frequent first."""
        seen = [name for name in VALUE_TYPES if self.counts[name]]
        return sorted(seen, key=lambda name: -self.counts[name])

    def apart(self) -> int:
        """Of those looked into, the values that are of another type than that by which conditions know it."""
        own = {"text": "texts", "boolean": "booleans", "time": "times"}.get(self.promoted_as or "", "numbers")
        # A time is told from any text by its look.
        alike = {own, "times"} if own == "texts" else {own}
        return sum(count for kind, count in self.counts.items() if kind not in alike)


def names(cursor: Cursor, shop: ShopId) -> list[str]:
    """Every event name of the shop, for a field that completes what is typed."""
    rows = cursor.execute(
        "SELECT DISTINCT name FROM events_schema WHERE shop_id = %s AND name <> '' ORDER BY name", [shop]
    ).fetchall()
    return [row[0] for row in rows]


def all_names(cursor: Cursor, shop: ShopId, *, now: datetime) -> list[SchemaName]:
    """The names seen last first; those that were counted together at the end."""
    week = now - timedelta(days=DAYS)
    cursor.execute(SQL["schema_names"], {"shop": shop, "now": now, "week": week})
    rows = fetch_dicts(cursor)
    missing = _missing(
        cursor, shop, {row["name"]: row["sampled"] for row in rows if row["kind"] == Kind.TRACK}
    )
    return [
        SchemaName(
            **(row | {"days": _days(row.pop("buckets") or [])}),
            missing=missing.get(row["name"], ()) if row["kind"] == Kind.TRACK else (),
        )
        for row in rows
    ]


def _days(buckets: Sequence[Sequence[int]]) -> list[int]:
    days = [0] * DAYS
    for day, events in buckets:
        days[min(max(day, 0), DAYS - 1)] += events
    return days


def _missing(cursor: Cursor, shop: ShopId, sampled: Mapping[str, int]) -> dict[str, list[Missing]]:
    known: dict[str, EventVocabulary] = {
        name: registry.event_vocabulary[name]
        for name, events in sampled.items()
        if events and name in registry.event_vocabulary
    }
    expected = {one for vocabulary in known.values() for one in named(vocabulary.required, vocabulary.useful)}
    parameters = {"shop": shop, "names": sorted(known), "properties": sorted(expected)}
    rows = cursor.execute(SQL["schema_filled"], parameters).fetchall()
    filled = {(row[0], row[1]): row[2] for row in rows}
    found: dict[str, list[Missing]] = {}
    for name, vocabulary in known.items():
        for is_required, entries in ((True, vocabulary.required), (False, vocabulary.useful)):
            for entry in entries:
                # An event that has both of two counts twice: the share is at least this.
                have = sum(filled.get((name, one), 0) for one in entry.split("|"))
                share = 1 - have / sampled[name]
                if share > 0:
                    found.setdefault(name, []).append(Missing(entry, share, is_required))
    return found


def named(*entries: Sequence[str]) -> set[str]:
    """The properties that a vocabulary's entries name."""
    return {one for some in entries for entry in some for one in entry.split("|")}


def one_name(cursor: Cursor, shop: ShopId, *, kind: int, name: str, now: datetime) -> SchemaName:
    """Raises VuelveError `not_found`."""
    for one in all_names(cursor, shop, now=now):
        if (one.kind, one.name) == (kind, name):
            return one
    raise not_found("event name")


def properties_of(cursor: Cursor, shop: ShopId, *, kind: int, name: str) -> list[SchemaProperty]:
    cursor.execute(SQL["schema_of"], {"shop": shop, "kind": kind, "name": name})
    return [
        SchemaProperty(
            property=row["property"],
            first_at=row["first_at"],
            last_at=row["last_at"],
            counts={one: row[one] for one in VALUE_TYPES},
            empties=row["empties"],
            promoted_as=row["promoted_as"],
        )
        for row in fetch_dicts(cursor)
    ]


def unseen(cursor: Cursor, shop: ShopId, asked: Iterable[tuple[int, str, str]]) -> set[tuple[int, str, str]]:
    """Those of (kind, event name, property) that no event has had so far."""
    wanted = sorted(set(asked))
    parameters = {
        "shop": shop,
        "kinds": [each[0] for each in wanted],
        "names": [each[1] for each in wanted],
        "properties": [each[2] for each in wanted],
    }
    rows = cursor.execute(SQL["schema_unseen"], parameters).fetchall()
    return {(row[0], row[1], row[2]) for row in rows}


def newest_payloads(cursor: Cursor, shop: ShopId, *, kind: int, name: str) -> list[str]:
    """The properties of the newest events of a name, as JSON: examples are read from the log, nothing keeps them."""
    found = live.newest(cursor, shop, LiveFilter(name=name, kind=kind), rows=EXAMPLE_EVENTS)
    if not found.rows:
        return []
    xids, seqs = [row.xid for row in found.rows], [row.seq for row in found.rows]
    rows: list[Any] = cursor.execute(SQL["payloads"], {"shop": shop, "xids": xids, "seqs": seqs}).fetchall()
    return [row[0] for row in rows]
