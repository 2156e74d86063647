"""One table into one file, in bounded memory. One statement, so as of one instant; it reads only, so it holds up nobody.

CSV comes out of PostgreSQL's COPY as it is: RFC 4180, UTF-8. A text that a spreadsheet would take for a formula gets an
apostrophe before it. Parquet is typed: instants in UTC, money as integers of minor units beside its currency.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from vuelve.platform import limits
from vuelve.platform.db import Cursor
from vuelve.platform.errors import not_found
from vuelve.platform.extension import ExportColumn, ExportTable, ExportType, registry
from vuelve.platform.ids import ShopId

Progress = Callable[[int], None]  # rows written


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant on, up to another; None is open."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS = Period()

_ARROW: dict[ExportType, pa.DataType] = {
    ExportType.TEXT: pa.string(),
    ExportType.INTEGER: pa.int64(),
    ExportType.MONEY: pa.int64(),
    ExportType.NUMBER: pa.decimal128(24, 6),
    ExportType.BOOLEAN: pa.bool_(),
    ExportType.TIME: pa.timestamp("us", tz="UTC"),
    ExportType.DAY: pa.date32(),
    ExportType.JSON: pa.string(),
}
_BOM = b"\xef\xbb\xbf"


def table_named(name: str) -> ExportTable:
    """Raises VuelveError `not_found`."""
    for table in registry.exports:
        if table.name == name:
            return table
    raise not_found(f"table {name[:40]}")


def write(
    cursor: Cursor,
    table: ExportTable,
    path: Path,
    *,
    shop: ShopId,
    format: Format,
    period: Period = ALWAYS,
    has_bom: bool = False,
    on_progress: Progress = lambda _rows: None,
) -> int:
    """Write the table to `path`, in the caller's transaction; returns how many rows."""
    if format is Format.CSV:
        with path.open("wb") as stream:
            if has_bom:
                stream.write(_BOM)
            rows = 0
            for chunk in csv_chunks(cursor, table, shop=shop, period=period):
                stream.write(chunk)
                rows += 1
                if rows % 10_000 == 0:
                    on_progress(rows)
            return max(rows - 1, 0)  # the first is the header
    return _write_parquet(cursor, table, path, shop=shop, period=period, on_progress=on_progress)


def csv_chunks(
    cursor: Cursor, table: ExportTable, *, shop: ShopId, period: Period = ALWAYS
) -> Iterator[bytes]:
    """The header, then a row at a time."""
    query = _select(table, _csv_expression, shop, period)
    statement = sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv, HEADER true, ENCODING 'UTF8')").format(query)
    with cursor.copy(statement) as copy:
        for chunk in copy:
            yield bytes(chunk)


def _write_parquet(
    cursor: Cursor, table: ExportTable, path: Path, *, shop: ShopId, period: Period, on_progress: Progress
) -> int:
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in table.columns])
    query = _select(table, _typed_expression, shop, period)
    written = 0
    with (
        psycopg.ServerCursor(cursor.connection, "export") as reader,
        pq.ParquetWriter(path, schema, compression="zstd") as writer,
    ):
        reader.execute(query)
        while rows := reader.fetchmany(limits.EXPORT_BATCH_ROWS):
            arrays = [
                pa.array(values, type=field.type)
                for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            written += len(rows)
            on_progress(written)
    return written


def _select(
    table: ExportTable, expression: Callable[[ExportColumn], str], shop: ShopId, period: Period
) -> sql.Composed:
    """The query with its values in it: COPY takes no parameters."""
    wanted = ", ".join(f'{expression(column)} AS "{column.name}"' for column in table.columns)
    query = sql.Composed(
        [_sql(f"SELECT {wanted} FROM {table.rows} WHERE t.shop_id = "), sql.Literal(int(shop))]
    )
    if table.where:
        query += _sql(f" AND ({table.where})")
    if table.time and period.since:
        query += _sql(f" AND {table.time} >= ") + sql.Literal(period.since)
    if table.time and period.until:
        query += _sql(f" AND {table.time} < ") + sql.Literal(period.until)
    return query


def _sql(text: str) -> sql.SQL:
    """Our own constants, of `exports.py`."""
    return sql.SQL(text)


def _csv_expression(column: ExportColumn) -> str:
    match column.type:
        case ExportType.TEXT:
            # Excel and others run what begins so: =cmd|'/c calc'!A0. A regular expression costs thrice as much.
            return (
                f"CASE WHEN left(({column.sql})::text, 1) IN ('=', '+', '-', '@', E'\\t', E'\\r') "
                f"THEN '''' || ({column.sql}) ELSE ({column.sql})::text END"
            )
        case ExportType.BOOLEAN:
            return f"CASE WHEN {column.sql} THEN 'true' WHEN NOT ({column.sql}) THEN 'false' END"
        case ExportType.TIME:
            return f"replace(({column.sql})::text, '+00', 'Z')"
        case _:
            return f"({column.sql})"


def _typed_expression(column: ExportColumn) -> str:
    match column.type:
        case ExportType.JSON | ExportType.TEXT:
            return f"({column.sql})::text"
        case ExportType.INTEGER | ExportType.MONEY:
            return f"({column.sql})::bigint"
        case ExportType.NUMBER:
            return f"({column.sql})::numeric(24, 6)"
        case _:
            return f"({column.sql})"
