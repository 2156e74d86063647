"""Who looks at everyone: PostgreSQL itself, or DuckDB or Spark over the lake. All run the same expression."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Protocol

import duckdb
import structlog

from vuelve.events.consuming import Position
from vuelve.lake.reading import lake_of
from vuelve.lake.spark import SparkLostError, spark_lake_of
from vuelve.lake.views import LakeEmptyError
from vuelve.platform import env, limits
from vuelve.platform.db import for_shop
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments.bound import values
from vuelve.segments.compile import flags_of_everyone
from vuelve.segments.contracts import Preview, SegmentRef
from vuelve.segments.postgres import to_sql
from vuelve.segments.services.conditions import SQL, compile_condition
from vuelve.segments.services.engine_lake import DuckEngine, SparkEngine
from vuelve.segments.tree import Tree, canonical, leaves_of, parsed

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


@contextmanager
def engine_for(
    shop: ShopId, trees: Sequence[Tree], *, now: datetime, may_take_long: bool = False
) -> Iterator[Engine]:
    """The lake for a shop with a long history, PostgreSQL for one without, or while the lake cannot be read. For whoever may wait,
    the cluster does it if there is one and the shop is that large: nobody who looks at a page holds a driver.
    """
    asked, days = _needs(trees)
    events = _events(shop)
    if events < limits.SEGMENT_LAKE_EVENTS:
        yield PostgresEngine()
        return
    since = None if days is None else now - timedelta(days=days + 2)
    with ExitStack() as stack:
        try:
            engine = _of_lake(
                stack, shop, since, asked, is_for_cluster=may_take_long and _is_for_cluster(events)
            )
        except (LakeEmptyError, OSError, duckdb.Error) as error:
            log.warning("the lake cannot be read; PostgreSQL is asked instead", reason=repr(error))
            engine = PostgresEngine()
        yield engine


def _of_lake(
    stack: ExitStack,
    shop: ShopId,
    since: datetime | None,
    asked: frozenset[tuple[str, str]],
    *,
    is_for_cluster: bool,
) -> Engine:
    if is_for_cluster:
        try:
            return SparkEngine(stack.enter_context(spark_lake_of(shop, since=since, asked=asked)), shop)
        except SparkLostError as error:
            log.warning("the Spark cluster cannot be used; DuckDB is asked instead", reason=str(error))
    return DuckEngine(stack.enter_context(lake_of(shop, since=since, asked=asked)), shop)


def _is_for_cluster(events: int) -> bool:
    return bool(env.get("VUELVE_SPARK_MASTER")) and events >= env.get("VUELVE_SPARK_EVENTS")


def _events(shop: ShopId) -> int:
    """How many the shop has had: past a number PostgreSQL does not look through them in a moment."""
    with for_shop(shop) as cursor:
        row = cursor.execute("SELECT sum(events) FROM events_schema WHERE shop_id = %s", [shop]).fetchone()
    return int(row[0] or 0) if row else 0


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


@lru_cache(maxsize=50)
def _suspects(trees: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    flags, names = to_sql(flags_of_everyone([parsed(tree) for tree in trees], registry.conditions))
    columns = ", ".join(f"f.flag_{index}" for index in range(len(trees)))
    return SQL["suspects"].replace("/* flags */", flags).replace("/* columns */", columns), names
