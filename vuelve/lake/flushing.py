"""The log, and what it changed, into the lake: exactly once, whoever is killed where.

The cursor is a property of the events' table and moves in the commit that adds the rows. Two flushers at once: the second
commit fails, since its table is no longer the newest. Customers' rows go before the events that told of them; written twice
they are the same, since the newest writing of a customer is what holds.

Tables are loaded before the database is read, and versions are given in between: a commit on a table that has moved fails, so
writings come to lie in the order of their versions, and what was read before an erasure is never written after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import structlog
from django.db import transaction
from prometheus_client import Counter, Gauge, Histogram
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.table import Table, Transaction

from vuelve.events.consuming import Position
from vuelve.lake import catalogue
from vuelve.lake.catalogue import ARROW, CURSOR, EVENT_COLUMNS, MISSED, REST
from vuelve.lake.copying import copy_arrow, copy_batches
from vuelve.lake.shredding import Columns, Key, shred
from vuelve.platform import limits
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.db import LOOKUPS_ONLY, Cursor, Statements, for_shop, for_shops, raw_cursor
from vuelve.platform.db import without as without_methods
from vuelve.platform.extension import LakeTable, LakeType, registry
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import all_shop_ids

log = structlog.get_logger(__name__)
SQL = Statements(__file__)

ROWS = Counter("vuelve_lake_rows_total", "Rows written to the lake.", ["table"])
SECONDS = Histogram("vuelve_lake_flush_seconds", "Time of one flush, in seconds.")
BEHIND = Gauge(
    "vuelve_lake_behind_events", "Events that wait to be flushed, up to one flush.", multiprocess_mode="max"
)

CONFLICTS = Counter(
    "vuelve_lake_conflicts_total",
    "Values of event properties of another type than the one that was seen first: kept in a column of their own.",
)

ATTEMPTS_MAX = 5
# With more than one flush to come, customers' rows are copied whole in the end instead of batch by batch.
FAR_BEHIND_FLUSHES = 1
WHOLE_BYTES = 64 << 20  # of CSV at a time, while tables are copied whole
_START: Position = (0, 0)

EVENTS_WITH_PROPERTIES = pa.schema(
    [(name, ARROW[kind]) for name, kind in EVENT_COLUMNS.items()] + [("properties", pa.string())]
)
_TOUCHED = pa.schema([("shop_id", pa.int64()), ("customer_id", pa.int64())])


@dataclass(frozen=True, slots=True)
class Flushed:
    events: int
    is_behind: bool  # there was more than one flush takes


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one flush adds, read in one transaction. `version` orders the writings of a customer's rows."""

    start: Position
    end: Position
    is_behind: bool
    is_far_behind: bool  # the rows of customers are left for later: they would be read many times
    events: pa.Table
    customers: dict[str, pa.Table]


@dataclass(frozen=True, slots=True)
class Found:
    rows: pa.Table
    columns: Sequence[tuple[str, str]]  # of properties: name and value type
    properties: dict[str, str]  # by column
    counts: dict[Key, int]


def flush_once(*, now: datetime, rows: int = limits.LAKE_FLUSH_ROWS) -> Flushed:
    """One flush of at most `rows` events. Raises what the store raises: nothing has changed then."""
    began = monotonic_seconds()
    for _attempt in range(ATTEMPTS_MAX):
        events = catalogue.events_table()
        try:
            flushed = _flush(events, now, rows)
        except CommitFailedException:
            log.info("another flusher was quicker")
            continue
        SECONDS.observe(monotonic_seconds() - began)
        return flushed
    return Flushed(0, is_behind=True)


def position_of(events: Table) -> Position:
    """Up to where in the log the table has all."""
    xid, _colon, seq = events.properties.get(CURSOR, "0:0").partition(":")
    return int(xid), int(seq)


def _flush(events: Table, now: datetime, rows: int) -> Flushed:
    start, missed = position_of(events), events.properties.get(MISSED) == "1"
    lakes = {} if missed else {table.name: catalogue.table_of(table) for table in catalogue.customer_tables()}
    batch = _read(start, missed, rows)
    if batch is None:
        if missed:
            copy_whole(now=now)
            _mark(events, {MISSED: "0"})
        return Flushed(0, is_behind=False)
    for name, table in batch.customers.items():
        _append(lakes[name], name, table)
    found = shredded(batch.events, now)
    with events.transaction() as commit:
        add(commit, found)
        is_missed = missed or batch.is_far_behind
        commit.set_properties({CURSOR: f"{batch.end[0]}:{batch.end[1]}", MISSED: "1" if is_missed else "0"})
    ROWS.labels(catalogue.EVENTS).inc(found.rows.num_rows)
    _count(found.counts)
    with transaction.atomic():
        raw_cursor().execute("UPDATE lake_state SET flushed_seq = %s", [batch.end[1]])
    if missed and not batch.is_behind:
        copy_whole(now=now)
        _mark(catalogue.events_table(), {MISSED: "0"})
    return Flushed(found.rows.num_rows, batch.is_behind)


def add(commit: Transaction, found: Found) -> None:
    """Events, with the columns that the table has not met yet."""
    known = set(commit.table_metadata.schema().column_names)
    missing = [(name, kind) for name, kind in found.columns if name not in known]
    if missing:
        with commit.update_schema() as schema:
            for name, kind in missing:
                schema.add_column(name, catalogue.PROPERTY_TYPES[kind], doc=found.properties[name])
    commit.append(found.rows)


def events_at(shop: ShopId, xids: Sequence[int], seqs: Sequence[int], *, without: Sequence[int]) -> pa.Table:
    """What the log has at these places now, but for these customers'."""
    places = {"xids": list(xids), "seqs": list(seqs), "without": list(without)}
    columns = ", ".join(f"e.{name}" for name in EVENT_COLUMNS if name != "context")
    query = (
        f"SELECT {columns}, e.context::text, e.properties::text "
        "FROM unnest(%(xids)s::bigint[], %(seqs)s::bigint[]) AS p (xid, seq) JOIN events_event e ON e.xid = p.xid AND e.seq = p.seq "
        "WHERE e.customer_id <> ALL (%(without)s::bigint[])"
    )
    with for_shop(shop) as cursor, without_methods(cursor, *LOOKUPS_ONLY):
        return copy_arrow(cursor, query, places, EVENTS_WITH_PROPERTIES)


def rows_left(table: LakeTable, shop: ShopId, ids: Sequence[int]) -> pa.Table:
    """What erased customers have left, under the ids that are nobody's."""
    version = _next_version()
    with for_shop(shop) as cursor:
        found = cursor.execute(SQL["remains"], {"shop": shop, "ids": list(ids)}).fetchall()
        who = {"shops": [shop] * len(found), "customers": [row[0] for row in found], "version": version}
        rows = _rows_of(cursor, table, who)
    return rows.filter(rows["is_row"])


def _read(start: Position, missed: bool, rows: int) -> _Batch | None:
    """None if there is nothing new."""
    version = _next_version()
    with for_shops(all_shop_ids()) as cursor:
        limit = cursor.execute(
            SQL["open_end"], {"consumers": [consumer.name for consumer in registry.consumers]}
        ).fetchone()
        if limit is None:
            return None
        span = {"xid": start[0], "seq": start[1], "end_xid": limit[0], "end_seq": limit[1]}
        with without_methods(cursor, "sort", "seqscan"):
            found = cursor.execute(SQL["batch_end"], {**span, "rows": rows}).fetchone()
        BEHIND.set(found[2] if found else 0)
        if found is None:
            return None
        span |= {"end_xid": found[0], "end_seq": found[1]}
        is_behind = found[2] >= rows
        is_far_behind = is_behind and _waits(cursor, span, rows * FAR_BEHIND_FLUSHES)
        with without_methods(cursor, "seqscan"):
            events = copy_arrow(cursor, _events_query(), span, EVENTS_WITH_PROPERTIES)
        customers = {} if missed or is_far_behind else _changed(cursor, span | {"version": version})
    return _Batch(start, (found[0], found[1]), is_behind, is_far_behind, events, customers)


def _waits(cursor: Cursor, span: Mapping[str, int], rows: int) -> bool:
    """Whether so many events wait behind the end of a span; looks at the index alone."""
    after = {"xid": span["end_xid"], "seq": span["end_seq"], "rows": rows}
    with without_methods(cursor, "sort", "seqscan"):
        found = cursor.execute(SQL["waits"], after).fetchone()
    return bool(found and found[0])


def _next_version() -> int:
    """Greater than those of all writings whose tables were loaded before, and nobody else's. Committed at once: an open
    transaction with an id of its own would hold up all who read the log.
    """
    with transaction.atomic():
        row = raw_cursor().execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


def _events_query() -> str:
    columns = ", ".join(f"e.{name}" for name in EVENT_COLUMNS if name != "context")
    return (
        f"SELECT {columns}, e.context::text, e.properties::text FROM events_event e "
        "WHERE (e.xid, e.seq) > (%(xid)s::bigint, %(seq)s::bigint) "
        "AND (e.xid, e.seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)"
    )


def _changed(cursor: Cursor, span: dict[str, Any]) -> dict[str, pa.Table]:
    """All rows of every customer whom the span touched, by table; of one without rows one that says so."""
    with without_methods(cursor, "seqscan"):
        touched = copy_arrow(cursor, SQL["touched"], span, _TOUCHED)
    if not touched.num_rows:
        return {}
    who = {
        "shops": touched["shop_id"].to_pylist(),
        "customers": touched["customer_id"].to_pylist(),
        "version": span["version"],
    }
    found: dict[str, pa.Table] = {}
    for table in catalogue.customer_tables():
        found[table.name] = _rows_of(cursor, table, who)
    return found


def _rows_of(cursor: Cursor, table: LakeTable, who: Mapping[str, Any]) -> pa.Table:
    """The rows of `customers` of `shops`, or one that says that there are none."""
    query = (
        f"SELECT t.shop_id, t.customer_id, %(version)s::bigint, s.shop_id IS NOT NULL{listed(table)} "
        "FROM unnest(%(shops)s::bigint[], %(customers)s::bigint[]) AS t (shop_id, customer_id) "
        f"LEFT JOIN {table.source} s ON s.shop_id = t.shop_id AND s.{table.customer} = t.customer_id"
    )
    # Without an index a look-up reads the whole table, once a customer: that took an hour where a join takes seconds.
    with without_methods(cursor, *(LOOKUPS_ONLY if table.is_indexed else ("nestloop",))):
        return copy_arrow(cursor, query, who, arrow_schema(table))


def copy_whole(*, now: datetime) -> int:
    """All customers' rows of all shops anew, as of one instant; returns how many. What changed without an event is right then."""
    total = 0
    for table in catalogue.customer_tables():
        written = _copy_table(table)
        ROWS.labels(table.name).inc(written)
        total += written
    with transaction.atomic():
        raw_cursor().execute("UPDATE lake_state SET whole_at = %s", [now])
    log.info("customers' rows copied whole", rows=total)
    return total


def _copy_table(table: LakeTable) -> int:
    query = (
        f"SELECT s.shop_id, s.{table.customer}, %(version)s::bigint, true{listed(table)} "
        f"FROM {table.source} s ORDER BY s.shop_id, s.{table.customer}"
    )
    for _attempt in range(ATTEMPTS_MAX):
        lake, total = catalogue.table_of(table), 0
        version = {"version": _next_version()}
        try:
            with for_shops(all_shop_ids()) as cursor, lake.transaction() as commit:
                cursor.execute("SELECT set_config('statement_timeout', '1h', true)")
                if lake.current_snapshot() is not None:
                    commit.delete(AlwaysTrue())
                schema = arrow_schema(table)
                for rows in copy_batches(cursor, query, version, schema, bytes_max=WHOLE_BYTES):
                    commit.append(rows)
                    total += rows.num_rows
        except (CommitFailedException, ValidationException):
            log.info("another flusher was quicker", table=table.name)
            continue
        return total
    raise CommitFailedException(f"{table.name} was written by others {ATTEMPTS_MAX} times")


def arrow_schema(table: LakeTable) -> pa.Schema:
    return pa.schema([(name, ARROW[kind]) for name, kind in catalogue.columns_of(table).items()])


def listed(table: LakeTable) -> str:
    casts = {LakeType.SMALL: "::int", LakeType.TEXT: "::text"}
    return "".join(f", s.{name}{casts.get(kind, '')}" for name, kind in table.columns.items())


def _append(lake: Table, name: str, rows: pa.Table) -> None:
    if rows.num_rows:
        lake.append(rows)
    ROWS.labels(name).inc(rows.num_rows)


def shredded(events: pa.Table, now: datetime) -> Found:
    """The events sorted as they are asked for, with their properties in columns. Raises CommitFailedException if another
    flusher has just given one of the columns to something else.
    """
    events = events.sort_by([("shop_id", "ascending"), ("name", "ascending"), ("occurred_at", "ascending")])
    columns = Columns(known_columns(), _wanted())
    columnar = shred(events["properties"].to_pylist(), columns)
    _learn(columns, now)
    rows = events.drop_columns(["properties"]).append_column(REST, columnar.rest)
    kinds = {name: key[1] for key, name in columns.known.items()}
    for name, values in columnar.columns.items():
        rows = rows.append_column(name, values)
    properties = {name: key[0] for key, name in columns.known.items()}
    return Found(rows, [(name, kinds[name]) for name in columnar.columns], properties, columnar.counts)


def known_columns() -> dict[Key, str]:
    """The typed columns of properties, by property and type."""
    with transaction.atomic():
        rows = raw_cursor().execute("SELECT property, value_type, column_name FROM lake_property").fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


def _wanted() -> frozenset[str]:
    """The properties that some shop's conditions read, or will: those whose type was confirmed."""
    with for_shops(all_shop_ids()) as cursor:
        return frozenset(
            row[0] for row in cursor.execute("SELECT DISTINCT property FROM events_promoted").fetchall()
        )


def _learn(columns: Columns, now: datetime) -> None:
    """Give the new columns to their properties, before anything is written to them."""
    if not columns.learned:
        return
    with transaction.atomic():
        cursor = raw_cursor()
        for key in columns.learned:
            is_first = not any(name == key[0] and kind != key[1] for name, kind in columns.known)
            cursor.execute(
                "INSERT INTO lake_property (property, value_type, column_name, is_first, learned_at) "
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [key[0], key[1], columns.known[key], is_first, now],
            )
    kept = known_columns()
    if any(kept.get(key) != columns.known[key] for key in columns.learned):
        raise CommitFailedException("another flusher has learned other columns")


def _count(counts: dict[Key, int]) -> None:
    """How often each column was given a value; those of a second type are counted apart."""
    with transaction.atomic():
        rows = raw_cursor().execute(
            SQL["count_properties"],
            {
                "properties": [key[0] for key in counts],
                "types": [key[1] for key in counts],
                "counts": list(counts.values()),
            },
        )
        CONFLICTS.inc(sum(count for is_first, count in rows.fetchall() if not is_first))


def _mark(table: Table, properties: dict[str, str]) -> None:
    with table.transaction() as commit:
        commit.set_properties(properties)
