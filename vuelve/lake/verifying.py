"""Whether the lake has what PostgreSQL has: counts and hashes by day, and what differs. Reads only; takes about as long as
flushing the same rows would.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from vuelve.events.consuming import Position
from vuelve.lake import catalogue
from vuelve.lake.catalogue import REST
from vuelve.lake.copying import copy_arrow
from vuelve.lake.flushing import EVENTS_WITH_PROPERTIES, arrow_schema, known_columns, listed
from vuelve.lake.reading import Lake, lake_of
from vuelve.lake.shredding import ARROW, Columns, shred
from vuelve.platform import limits
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.extension import LakeTable
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import retention

SQL = Statements(__file__)


@dataclass(frozen=True, slots=True)
class Difference:
    """What one day of events, or one table, holds on both sides. `examples`: log numbers or customers that differ."""

    table: str
    day: date | None
    rows: int  # in PostgreSQL
    lake_rows: int
    is_same: bool
    examples: tuple[int, ...] = ()


def verify(shop: ShopId, *, since: datetime | None = None) -> Iterator[Difference]:
    """Every day of events that either side has, then every table of customers' rows. Events past the lake's position have
    not been flushed yet and are no difference; rows of customers who are active just now may be one. Raises LakeEmptyError.
    """
    with lake_of(shop, since=since) as lake:
        for day in _days(shop, lake, since):
            yield _compare_day(shop, lake, day)
        for table in catalogue.customer_tables():
            yield _compare_table(shop, lake, table)


def _days(shop: ShopId, lake: Lake, since: datetime | None) -> list[date]:
    with for_shop(shop) as cursor:
        mine = cursor.execute(
            SQL["days"], {"shop": shop, **_span(lake.position), "since": since or datetime.min}
        ).fetchall()
        keeps_days = retention(shop).get("events")
    theirs = lake.db.execute("SELECT DISTINCT received_at::DATE FROM events").fetchall()
    days = sorted(
        {row[0] for row in mine} | {row[0] for row in theirs if not since or row[0] >= since.date()}
    )
    # A shop that forgets old events does so by the hour, and the lake by the day.
    return days if keeps_days is None else days[1:]


def _span(position: Position) -> dict[str, int]:
    return {"end_xid": position[0], "end_seq": position[1]}


def _compare_day(shop: ShopId, lake: Lake, day: date) -> Difference:
    bounds = {"since": day, "until": day + timedelta(days=1)}
    with for_shop(shop) as cursor:
        rows = copy_arrow(
            cursor,
            SQL["events_of_day"],
            {"shop": shop, **_span(lake.position), **bounds},
            EVENTS_WITH_PROPERTIES,
        )
    mine = _as_in_the_lake(rows)
    named = ", ".join(f'"{name}"' for name in mine.column_names)
    theirs = lake.db.sql(
        f"SELECT {_in_view(lake.db, 'events', mine)} FROM events WHERE received_at >= $since AND received_at < $until",
        params=bounds,
    ).to_arrow_table()
    return _compare("events", day, mine, theirs, named, "seq")


def _as_in_the_lake(rows: pa.Table) -> pa.Table:
    """Events with their properties in the columns that are known; a column nobody has met yet is one of them alike."""
    known = known_columns()
    columns = Columns(known)
    shredded = shred(rows["properties"].to_pylist(), columns)
    made = rows.drop_columns(["properties"]).append_column(REST, shredded.rest)
    for (_name, kind), column in sorted(columns.known.items(), key=lambda pair: pair[1]):
        values = shredded.columns.get(column)
        made = made.append_column(column, pa.nulls(len(rows), ARROW[kind]) if values is None else values)
    return made


def _in_view(db: duckdb.DuckDBPyConnection, view: str, like: pa.Table) -> str:
    """The columns of `like`, null where no file of the lake has met them."""
    there = {row[0] for row in db.execute(f"DESCRIBE {view}").fetchall()}
    return ", ".join(f'"{name}"' if name in there else f'NULL AS "{name}"' for name in like.column_names)


def _compare_table(shop: ShopId, lake: Lake, table: LakeTable) -> Difference:
    wanted = [name for name in arrow_schema(table).names if name not in ("version", "is_row")]
    schema = pa.schema([arrow_schema(table).field(name) for name in wanted])
    query = f"SELECT s.shop_id, s.{table.customer}{listed(table)} FROM {table.source} s WHERE s.shop_id = %(shop)s"
    with for_shop(shop) as cursor:
        mine = copy_arrow(cursor, query, {"shop": shop}, schema)
    named = ", ".join(f'"{name}"' for name in wanted)
    selected = ", ".join(
        f'{table.customer} AS "{name}"' if name == "customer_id" else f'"{name}"' for name in wanted
    )
    theirs = lake.db.sql(f"SELECT {selected} FROM {table.source}").to_arrow_table()
    return _compare(table.name, None, mine, theirs, named, "customer_id")


def _compare(
    table: str, day: date | None, mine: pa.Table, theirs: pa.Table, named: str, key: str
) -> Difference:
    """Counts and hashes; only if these differ, the rows."""
    with duckdb.connect(":memory:") as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("mine", mine)
        db.register("theirs", theirs.cast(mine.schema))
        figures: list[tuple[Any, ...]] = [
            db.execute(f"SELECT count(*), sum(hash({named})::HUGEINT) FROM {each}").fetchall()[0]
            for each in ("mine", "theirs")
        ]
        if figures[0] == figures[1]:
            return Difference(table, day, figures[0][0], figures[1][0], is_same=True)
        query = (
            f"SELECT DISTINCT {key} FROM ((SELECT {named} FROM mine EXCEPT ALL SELECT {named} FROM theirs) UNION ALL "
            f"(SELECT {named} FROM theirs EXCEPT ALL SELECT {named} FROM mine)) ORDER BY 1 LIMIT {limits.LAKE_EXAMPLES_MAX}"
        )
        examples = tuple(row[0] for row in db.execute(query).fetchall())
    return Difference(table, day, figures[0][0], figures[1][0], is_same=False, examples=examples)
