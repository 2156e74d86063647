"""Questions to the lake: DuckDB in this process, with views that have the names and columns of the tables themselves.

What it reads is as old as the last flush. The files are planned by pyiceberg; nothing is downloaded, not even an extension.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
from pyarrow import dataset, fs
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table

from vuelve.events.consuming import Position
from vuelve.lake.views import NUMBER, Asked, Views, Words, lake_versions
from vuelve.platform import env
from vuelve.platform.extension import LakeType
from vuelve.platform.ids import ShopId


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _in_rest(name: str) -> str:
    path = '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"json_extract_string(rest, {_quoted(path)})"


def _time(column: str) -> str:
    """What PostgreSQL takes for an instant and begins with a date."""
    return f"CASE WHEN regexp_matches({column}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AND length({column}) <= 40 THEN try_cast({column} AS TIMESTAMPTZ) END"


DUCK = Words(
    types={
        LakeType.WHOLE: "BIGINT",
        LakeType.SMALL: "INTEGER",
        LakeType.TEXT: "VARCHAR",
        LakeType.BOOLEAN: "BOOLEAN",
        LakeType.TIME: "TIMESTAMPTZ",
        LakeType.DAY: "DATE",
        LakeType.NUMBER: "DECIMAL(24, 6)",
    },
    listed=lambda kind: f"{kind}[]",
    name=lambda name: '"' + name.replace('"', '""') + '"',
    text=_quoted,
    in_rest=_in_rest,
    is_number=lambda column: f"regexp_full_match({column}, '{NUMBER}')",
    time=_time,
)


@dataclass(frozen=True, slots=True)
class Lake:
    """A connection whose views are those of one shop. `position`: up to where in the log it has all."""

    db: duckdb.DuckDBPyConnection
    position: Position


class _Kept(Views):
    """What a thread keeps warm: the connection and its views."""

    words = DUCK

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        super().__init__()
        self.db = db

    def define(self, name: str, query: str) -> None:
        self.db.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")

    def read(self, table: Table, name: str, files: list[str]) -> str:
        """Files of an object store go through Arrow: DuckDB's own way there is an extension that would have to be downloaded."""
        local = [file.removeprefix("file://") for file in files]
        if not any("://" in file for file in local):
            return f"read_parquet([{', '.join(map(_quoted, local))}], union_by_name = true)"
        store = _store_of(table)
        paths = [file.partition("://")[2] for file in files]
        schema = pa.schema([(each.name, _small(each.type)) for each in schema_to_pyarrow(table.schema())])
        rows = dataset.dataset(paths, schema, format="parquet", filesystem=store)
        self.db.register(f"files_of_{name}", rows)
        return f"files_of_{name}"


_local = threading.local()


@contextmanager
def lake_of(
    shop: ShopId, *, since: datetime | None = None, asked: Iterable[Asked] | None = ()
) -> Iterator[Lake]:
    """The shop's part of the lake. Files of events that arrived before `since` are left out; `asked` are the properties that
    `events_property` is to have, all of them if it is None. Raises LakeEmptyError, and what a lost store raises.
    """
    versions = lake_versions()
    kept = _warm()
    kept.show(versions, shop, since, asked)
    yield Lake(kept.db, kept.position)


@contextmanager
def snapshot(shop: ShopId, *, since: datetime | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """For whoever asks freely: `with snapshot(shop) as db: db.sql("SELECT ... FROM events_event")`. Views are of one shop and
    have the names and columns of PostgreSQL's tables; `events` has all columns of the lake. Raises as `lake_of`.
    """
    with lake_of(shop, since=since, asked=None) as lake:
        yield lake.db


def _warm() -> _Kept:
    kept: _Kept | None = getattr(_local, "kept", None)
    if kept is None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": f"{env.get('VUELVE_LAKE_MEMORY_MB')}MB",
            "threads": str(env.get("VUELVE_LAKE_THREADS")),
            "temp_directory": str(env.home() / "lake-scratch"),
        }
        db = duckdb.connect(":memory:", config=config)
        db.execute("SET TimeZone = 'UTC'")
        kept = _local.kept = _Kept(db)
    return kept


def forget_connection() -> None:
    """Let go of what this thread keeps warm."""
    kept: _Kept | None = getattr(_local, "kept", None)
    if kept is not None:
        kept.db.close()
        _local.kept = None


def _store_of(table: Table) -> fs.FileSystem:
    return fs.FileSystem.from_uri(table.location())[0]


def _small(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_list(kind):
        return pa.list_(pa.field("element", _small(kind.value_type)))
    return pa.string() if kind == pa.large_string() else kind
