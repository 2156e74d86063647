"""Everyone is looked at in the lake: as old as the last flush, and fast however long the history is.

DuckDB does it in this process, Spark on a cluster. They differ in how SQL is spelled and how it is run, in nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa

from vuelve.events.consuming import Position
from vuelve.lake.copying import copy_arrow
from vuelve.lake.reading import Lake
from vuelve.lake.spark import SparkLake
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments.bound import values
from vuelve.segments.compile import flags_of_everyone, members_of
from vuelve.segments.contracts import Preview, SegmentRef
from vuelve.segments.duck import to_duck
from vuelve.segments.services.conditions import SQL
from vuelve.segments.spark import to_spark
from vuelve.segments.tree import Tree, canonical, parsed, segments_used

_TO_SQL = {"duck": to_duck, "spark": to_spark}


class LakeEngine:
    """What both engines have in common. `words`: whose SQL it is."""

    words: str

    def __init__(self, shop: ShopId, position: Position) -> None:
        self.shop, self._position = shop, position

    def position(self, shop: ShopId) -> Position:
        return self._position

    def members(self, shop: ShopId, segment: SegmentRef, now: datetime) -> Sequence[CustomerId]:
        with self._with_members([segment], now):
            return self._ask(_members_of(self.words, canonical(segment.tree)), now)

    def suspects(self, shop: ShopId, segments: Sequence[SegmentRef], now: datetime) -> Sequence[CustomerId]:
        found = set[CustomerId]()
        with self._with_members(segments, now):
            for first in range(0, len(segments), limits.SEGMENTS_AT_ONCE):
                some = segments[first : first + limits.SEGMENTS_AT_ONCE]
                statement = _suspects_of(self.words, tuple(canonical(each.tree) for each in some))
                found |= set(self._ask(statement, now, {"segments": [each.id for each in some]}))
        return sorted(found)

    def preview(self, shop: ShopId, tree: Tree, now: datetime, rows: int) -> Preview:
        with self._with_members([SegmentRef(0, 0, tree)], now):
            members = self._ask(_members_of(self.words, canonical(tree)), now)
            total = self._ids("SELECT count(*) FROM customers_customer", {})[0]
        newest = sorted(members, reverse=True)[:rows]
        return Preview(len(members), total, tuple(newest), is_exact=False)

    def _ids(self, statement: str, bound: Mapping[str, Any]) -> list[int]:
        """The first column of what the statement selects."""
        raise NotImplementedError

    def _show(self, members: pa.Table) -> None:
        """Have `members` stand as `segments_member`, in place of the lake's own view of it, which is as old as the rest."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Let go of the members that were shown."""
        raise NotImplementedError

    def _ask(
        self, compiled: tuple[str, frozenset[str]], now: datetime, more: Mapping[str, Any] | None = None
    ) -> list[CustomerId]:
        statement, names = compiled
        bound = {
            name: value for name, value in values(names, shop=self.shop, now=now).items() if name in names
        }
        return [CustomerId(each) for each in self._ids(statement, bound | dict(more or {}))]

    @contextmanager
    def _with_members(self, segments: Sequence[SegmentRef], now: datetime) -> Iterator[None]:
        """Who is in a segment is asked of PostgreSQL: those that are compared, and those that trees look at, as of now."""
        ids = {each.id for each in segments} | {
            used for each in segments for used in segments_used(each.tree)
        }
        with for_shop(self.shop) as cursor:
            rows = copy_arrow(cursor, _MEMBERS, {"shop": self.shop, "segments": sorted(ids)}, _MEMBER_SCHEMA)
        self._show(rows)
        try:
            yield
        finally:
            self._forget()


class DuckEngine(LakeEngine):
    words = "duck"

    def __init__(self, lake: Lake, shop: ShopId) -> None:
        super().__init__(shop, lake.position)
        self.db = lake.db

    def _ids(self, statement: str, bound: Mapping[str, Any]) -> list[int]:
        found: list[int] = self.db.sql(statement, params=dict(bound)).to_arrow_table().column(0).to_pylist()
        return found

    def _show(self, members: pa.Table) -> None:
        self.db.register("members_now", members)
        self.db.execute("CREATE OR REPLACE TEMP VIEW segments_member AS SELECT * FROM members_now")

    def _forget(self) -> None:
        self.db.unregister("members_now")


class SparkEngine(LakeEngine):
    words = "spark"

    def __init__(self, lake: SparkLake, shop: ShopId) -> None:
        super().__init__(shop, lake.position)
        self.session = lake.session

    def _ids(self, statement: str, bound: Mapping[str, Any]) -> list[int]:
        found: list[int] = self.session.sql(statement, args=dict(bound)).toArrow().column(0).to_pylist()
        return found

    def _show(self, members: pa.Table) -> None:
        self.session.createDataFrame(members).createOrReplaceTempView("segments_member")

    def _forget(self) -> None:
        self.session.catalog.dropTempView("segments_member")


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
def _members_of(words: str, tree: str) -> tuple[str, frozenset[str]]:
    return _TO_SQL[words](members_of(parsed(tree), registry.conditions))


@lru_cache(maxsize=50)
def _suspects_of(words: str, trees: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    flags, names = _TO_SQL[words](flags_of_everyone([parsed(tree) for tree in trees], registry.conditions))
    columns = ", ".join(f"f.flag_{index}" for index in range(len(trees)))
    statement = SQL[f"suspects_{words}"].replace("/* flags */", flags).replace("/* columns */", columns)
    return statement, names
