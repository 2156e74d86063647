"""How the lake's Parquet files are encoded. pyiceberg writes a dictionary for every column, which is half as large again for
columns of events whose values hardly repeat: 0.73 of the gzip JSON lines, against 0.45 with these encodings.

All of them are in Parquet's format since 2013 (version 2 of its pages is not needed) and read by DuckDB, Spark and Trino.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.fileformat import FileFormatFactory
from pyiceberg.io.pyarrow import ParquetFormatModel, ParquetFormatWriter
from pyiceberg.manifest import FileFormat

# A column of text with more distinct values than one in so many rows is written as differences from the row before.
REPEATS_MIN = 3
ROWS_MIN = 1_000  # below, a file is small whatever it is


def encodings(table: pa.Table) -> dict[str, Any]:
    """What the Parquet writer is to be told beside compression. Instants and numbers of the log rise from row to row."""
    chosen: dict[str, str] = {}
    if table.num_rows >= ROWS_MIN:
        for field in table.schema:
            if pa.types.is_timestamp(field.type) or field.name == "seq":
                chosen[field.name] = "DELTA_BINARY_PACKED"
            elif _is_text(field.type) and _is_varied(table[field.name]):
                chosen[field.name] = "DELTA_BYTE_ARRAY"
    if not chosen:
        return {}
    rest = [_leaf(field) for field in table.schema if field.name not in chosen]
    return {"use_dictionary": rest, "column_encoding": chosen}


def _leaf(field: pa.Field) -> str:
    """As Parquet names the column: that of a list is its element's."""
    return (
        f"{field.name}.list.element"
        if pa.types.is_list(field.type) or pa.types.is_large_list(field.type)
        else field.name
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_varied(column: pa.ChunkedArray) -> bool:
    values = len(column) - column.null_count
    return values > 0 and bool(pc.count_distinct(column).as_py() * REPEATS_MIN > values)


class _Writer(ParquetFormatWriter):
    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._parquet_writer_kwargs |= encodings(table)
        super().write(table)


class _Model(ParquetFormatModel):
    def create_writer(self, output_file: Any, file_schema: Any, properties: Any) -> ParquetFormatWriter:
        return _Writer(output_file, file_schema, properties)


def use() -> None:
    """From now on this process writes so. `register` refuses a format that is there, so its registry is written to."""
    FileFormatFactory._registry[FileFormat.PARQUET] = _Model()
