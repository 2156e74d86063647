"""Who looks at everyone: PostgreSQL itself, or DuckDB over the lake. Both run the same expression."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import structlog

from vuelve.events.consuming import Position
from vuelve.lake.copying import copy_arrow
from vuelve.lake.reading import Lake, lake_of
from vuelve.lake.views import LakeEmptyError
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments.bound import values
from vuelve.segments.compile import flags_of_everyone, members_of
from vuelve.segments.contracts import Preview, SegmentRef
from vuelve.segments.duck import to_duck
from vuelve.segments.postgres import to_sql
from vuelve.segments.services.conditions import SQL, compile_condition
from vuelve.segments.tree import Tree, canonical, leaves_of, parsed, segments_used

log = structlog.get_logger(__name__)


class Engine(Protocol):
    """Reads only, holds nobody up, and may be behind the log."""

    def position(self, shop: ShopId) -> Position:
        """Up to where in the log all that follows from it is sure to be seen by the next question."""
        ...

    def members(self, shop: ShopId, segment: SegmentRef, now: datetime) -> Sequence[CustomerId]:
        """Everyone for whom the tree is true."""
        ...

    def suspects(self, shop: ShopId, segments: Sequence[SegmentRef], now: datetime) -> Sequence[CustomerId]:
        """Everyone of whom some tree says something else than `segments_member`."""
        ...

    def preview(self, shop: ShopId, tree: Tree, now: datetime, rows: int) -> Preview:
        """How many customers the tree is true for, and `rows` of the newest."""
        ...


class PostgresEngine:
    """Reads the tables themselves: exact, and as slow as the shop's history is long."""

    def position(self, shop: ShopId) -> Position:
        with for_shop(shop) as cursor:
            row = cursor.execute(SQL["judged_up_to"]).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def members(self, shop: ShopId, segment: SegmentRef, now: datetime) -> Sequence[CustomerId]:
        with for_shop(shop) as cursor:
            return compile_condition(shop=shop, tree=segment.tree).members(cursor, shop=shop, now=now)

    def suspects(self, shop: ShopId, segments: Sequence[SegmentRef], now: datetime) -> Sequence[CustomerId]:
        found = set[CustomerId]()
        for first in range(0, len(segments), limits.SEGMENTS_AT_ONCE):
            some = segments[first : first + limits.SEGMENTS_AT_ONCE]
            statement, names = _suspects(tuple(canonical(each.tree) for each in some))
            bound = values(names, shop=shop, now=now) | {"segments": [each.id for each in some]}
            with for_shop(shop) as cursor:
                found |= {CustomerId(row[0]) for row in cursor.execute(statement, bound, prepare=False)}
        return sorted(found)

    def preview(self, shop: ShopId, tree: Tree, now: datetime, rows: int) -> Preview:
        condition = compile_condition(shop=shop, tree=tree)
        statement = SQL["preview"].replace("/* members */", condition.members_sql())
        bound = condition.members_parameters(shop=shop, now=now) | {"rows": rows, "shop": shop}
        with for_shop(shop) as cursor:
            row = cursor.execute(statement, bound, prepare=False).fetchone()
        assert row is not None
        return Preview(row[0], row[1], tuple(row[2]), is_exact=True)


class LakeEngine:
    """Reads the columns of the lake: as old as the last flush, and fast however long the history is."""

    def __init__(self, lake: Lake, shop: ShopId) -> None:
        self.lake, self.shop = lake, shop

    def position(self, shop: ShopId) -> Position:
        return self.lake.position

    def members(self, shop: ShopId, segment: SegmentRef, now: datetime) -> Sequence[CustomerId]:
        with self._with_members([segment], now):
            found = self._run(_members_of((canonical(segment.tree),)), now)
        return [CustomerId(each) for each in found.column(0).to_pylist()]

    def suspects(self, shop: ShopId, segments: Sequence[SegmentRef], now: datetime) -> Sequence[CustomerId]:
        found = set[CustomerId]()
        with self._with_members(segments, now):
            for first in range(0, len(segments), limits.SEGMENTS_AT_ONCE):
                some = segments[first : first + limits.SEGMENTS_AT_ONCE]
                statement = _suspects_of(tuple(canonical(each.tree) for each in some))
                rows = self._run(statement, now, {"segments": [each.id for each in some]})
                found |= {CustomerId(each) for each in rows.column(0).to_pylist()}
        return sorted(found)

    def preview(self, shop: ShopId, tree: Tree, now: datetime, rows: int) -> Preview:
        with self._with_members([SegmentRef(0, 0, tree)], now):
            members = self._run(_members_of((canonical(tree),)), now).column(0)
            total = self.lake.db.execute("SELECT count(*) FROM customers_customer").fetchall()[0][0]
        newest = sorted(members.to_pylist(), reverse=True)[:rows]
        return Preview(len(members), total, tuple(newest), is_exact=False)

    def _run(
        self, compiled: tuple[str, frozenset[str]], now: datetime, more: Mapping[str, Any] | None = None
    ) -> pa.Table:
        statement, names = compiled
        bound = {
            name: value for name, value in values(names, shop=self.shop, now=now).items() if name in names
        }
        return self.lake.db.sql(statement, params=bound | dict(more or {})).to_arrow_table()

    @contextmanager
    def _with_members(self, segments: Sequence[SegmentRef], now: datetime) -> Iterator[None]:
        """Who is in a segment is asked of PostgreSQL: those that are compared, and those that trees look at, as of now."""
        ids = {each.id for each in segments} | {
            used for each in segments for used in segments_used(each.tree)
        }
        with for_shop(self.shop) as cursor:
            rows = copy_arrow(cursor, _MEMBERS, {"shop": self.shop, "segments": sorted(ids)}, _MEMBER_SCHEMA)
        self.lake.db.register("members_now", rows)
        # In place of the lake's own view of them, which is as old as the rest.
        self.lake.db.execute("CREATE OR REPLACE TEMP VIEW segments_member AS SELECT * FROM members_now")
        try:
            yield
        finally:
            self.lake.db.unregister("members_now")


@contextmanager
def engine_for(shop: ShopId, trees: Sequence[Tree], *, now: datetime) -> Iterator[Engine]:
    """The lake for a shop with a long history, PostgreSQL for one without, or while the lake cannot be read."""
    asked, days = _needs(trees)
    if not _has_long_history(shop):
        yield PostgresEngine()
        return
    since = None if days is None else now - timedelta(days=days + 2)
    with ExitStack() as stack:
        try:
            lake = stack.enter_context(lake_of(shop, since=since, asked=asked))
        except (LakeEmptyError, OSError, duckdb.Error) as error:
            log.warning("the lake cannot be read; PostgreSQL is asked instead", reason=repr(error))
            yield PostgresEngine()
            return
        yield LakeEngine(lake, shop)


def _has_long_history(shop: ShopId) -> bool:
    """Whether the shop has more events than PostgreSQL looks through in a moment."""
    with for_shop(shop) as cursor:
        row = cursor.execute("SELECT sum(events) FROM events_schema WHERE shop_id = %s", [shop]).fetchone()
    return bool(row and row[0] and row[0] >= limits.SEGMENT_LAKE_EVENTS)


def _needs(trees: Sequence[Tree]) -> tuple[frozenset[tuple[str, str]], int | None]:
    """The event properties that trees read, and the longest window of their events; None if one has no start."""
    asked: set[tuple[str, str]] = set()
    days: int | None = 0
    for leaf, _path in chain.from_iterable(map(leaves_of, trees)):
        kind = registry.conditions[leaf["type"]]
        asked |= {(each.event_name, each.property) for each in kind.promotions(leaf, "")}
        for aggregate in kind.aggregates([leaf]):
            if aggregate.source.partition is None:
                continue
            own = aggregate.within_days
            days = None if own is None or days is None else max(days, own)
    return frozenset(asked), days


_MEMBERS = (
    "SELECT shop_id, customer_id, segment_id, entered_at FROM segments_member "
    "WHERE shop_id = %(shop)s AND segment_id = ANY (%(segments)s::bigint[])"
)
_MEMBER_SCHEMA = pa.schema(
    [
        ("shop_id", pa.int64()),
        ("customer_id", pa.int64()),
        ("segment_id", pa.int64()),
        ("entered_at", pa.timestamp("us", "UTC")),
    ]
)


@lru_cache(maxsize=500)
def _members_of(trees: tuple[str]) -> tuple[str, frozenset[str]]:
    return to_duck(members_of(parsed(trees[0]), registry.conditions))


@lru_cache(maxsize=50)
def _suspects_of(trees: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    flags, names = to_duck(flags_of_everyone([parsed(tree) for tree in trees], registry.conditions))
    columns = ", ".join(f"f.flag_{index}" for index in range(len(trees)))
    return SQL["suspects_lake"].replace("/* flags */", flags).replace("/* columns */", columns), names


@lru_cache(maxsize=50)
def _suspects(trees: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    flags, names = to_sql(flags_of_everyone([parsed(tree) for tree in trees], registry.conditions))
    columns = ", ".join(f"f.flag_{index}" for index in range(len(trees)))
    return SQL["suspects"].replace("/* flags */", flags).replace("/* columns */", columns), names
