"""From PostgreSQL to Arrow: COPY as CSV, parsed by pyarrow. No Python object a value."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.csv

from vuelve.platform.db import Cursor


def copy_arrow(cursor: Cursor, query: str, parameters: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """The rows of a query, whose columns are those of the schema in order. An empty text is no null."""
    with cursor.copy(_statement(query), parameters) as copy:
        data = b"".join(bytes(part) for part in copy)
    return _parsed(data, schema)


def copy_batches(
    cursor: Cursor, query: str, parameters: Mapping[str, Any], schema: pa.Schema, *, bytes_max: int
) -> Iterator[pa.Table]:
    """The same in parts of about `bytes_max` bytes of CSV, for tables that do not belong in memory whole."""
    with cursor.copy(_statement(query), parameters) as copy:
        parts: list[bytes] = []
        size = 0
        for part in copy:  # each is one row
            parts.append(bytes(part))
            size += len(part)
            if size >= bytes_max:
                yield _parsed(b"".join(parts), schema)
                parts, size = [], 0
        if parts:
            yield _parsed(b"".join(parts), schema)


def _statement(query: str) -> str:
    return f"COPY ({query}) TO STDOUT (FORMAT csv)"


def _parsed(data: bytes, schema: pa.Schema) -> pa.Table:
    if not data:
        return schema.empty_table()
    return pyarrow.csv.read_csv(
        io.BytesIO(data),
        read_options=pyarrow.csv.ReadOptions(
            column_names=schema.names, block_size=max(len(data) + 1, 1 << 20)
        ),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={field.name: field.type for field in schema},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
        ),
    )
