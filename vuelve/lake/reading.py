"""Questions to the lake: DuckDB in this process, with views that have the names and columns of the tables themselves.

What it reads is as old as the last flush. The files are planned by pyiceberg; nothing is downloaded, not even an extension.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pyarrow as pa
from pyarrow import dataset, fs
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table

from vuelve.events.consuming import Position
from vuelve.lake import catalogue
from vuelve.lake.catalogue import EVENT_COLUMNS, EVENTS, REST, customer_tables
from vuelve.lake.flushing import known_columns, position_of
from vuelve.lake.shredding import IN_LIST, LISTS, Key
from vuelve.platform import env, limits
from vuelve.platform.extension import LakeTable, LakeType
from vuelve.platform.ids import ShopId

DUCK = {
    LakeType.WHOLE: "BIGINT",
    LakeType.SMALL: "INTEGER",
    LakeType.TEXT: "VARCHAR",
    LakeType.BOOLEAN: "BOOLEAN",
    LakeType.TIME: "TIMESTAMPTZ",
    LakeType.DAY: "DATE",
    LakeType.NUMBER: "DECIMAL(24, 6)",
}
# A property that conditions read: (event name, property).
Asked = tuple[str, str]


class LakeEmptyError(Exception):
    """Nothing was flushed yet."""


@dataclass(frozen=True, slots=True)
class Lake:
    """A connection whose views are those of one shop. `position`: up to where in the log it has all."""

    db: duckdb.DuckDBPyConnection
    position: Position


@dataclass(slots=True)
class _Kept:
    """What a thread keeps warm: the connection, and of which snapshots its views are."""

    db: duckdb.DuckDBPyConnection
    views: dict[str, object] = field(default_factory=dict)
    position: Position = (0, 0)


_local = threading.local()


@contextmanager
def lake_of(
    shop: ShopId, *, since: datetime | None = None, asked: Iterable[Asked] | None = ()
) -> Iterator[Lake]:
    """The shop's part of the lake. Files of events that arrived before `since` are left out; `asked` are the properties that
    `events_property` is to have, all of them if it is None. Raises LakeEmptyError, and what a lost store raises.
    """
    versions = catalogue.versions()
    if EVENTS not in versions:
        raise LakeEmptyError
    kept = _warm()
    _view_events(kept, versions[EVENTS], shop, since, None if asked is None else frozenset(asked))
    for table in customer_tables():
        _view_rows(kept, table, versions.get(table.name), shop)
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


def _view_events(
    kept: _Kept, version: str, shop: ShopId, since: datetime | None, asked: frozenset[Asked] | None
) -> None:
    # To the day, so that a window that moves by the second does not plan anew.
    day = since.replace(hour=0, minute=0, second=0, microsecond=0) if since else None
    state = (version, shop, day, asked)
    if kept.views.get(EVENTS) == state:
        return
    events = catalogue.find(EVENTS)
    if events is None:
        raise LakeEmptyError
    wanted = f"shop_id = {int(shop)}" + (f" and received_at >= '{day.isoformat()}'" if day else "")
    files = [task.file.file_path for task in events.scan(row_filter=wanted).plan_files()]
    names = set(events.schema().column_names)
    known = {key: column for key, column in known_columns().items() if column in names}
    columns = {**EVENT_COLUMNS, REST: LakeType.TEXT}
    if files:
        kept.db.execute(
            f"CREATE OR REPLACE TEMP VIEW events_whole AS SELECT * FROM {_read(kept, events, EVENTS, files)} WHERE shop_id = {int(shop)}"
        )
    else:
        empty = ", ".join(f"NULL::{DUCK[kind]} AS {name}" for name, kind in columns.items())
        more = "".join(f", NULL::{_duck(key)} AS {column}" for key, column in known.items())
        kept.db.execute(f"CREATE OR REPLACE TEMP VIEW events_whole AS SELECT {empty}{more} WHERE false")
    kept.db.execute("CREATE OR REPLACE TEMP VIEW events AS SELECT * FROM events_whole")
    kept.db.execute(
        "CREATE OR REPLACE TEMP VIEW events_event AS SELECT * FROM events_whole WHERE customer_id IS NOT NULL"
    )
    kept.db.execute(
        f"CREATE OR REPLACE TEMP VIEW events_property AS {_properties(known, _pairs(known, asked))}"
    )
    kept.position = position_of(events)
    kept.views[EVENTS] = state


def _pairs(known: dict[Key, str], asked: frozenset[Asked] | None) -> list[tuple[str | None, str]]:
    """(event name, property), of all names if it is None."""
    if asked is None:
        lists = LISTS.values()
        names = {name.partition(IN_LIST)[0] if kind in lists else name for name, kind in known}
        return [(None, name) for name in sorted(names)]
    return sorted(asked)


def _properties(known: dict[Key, str], asked: Iterable[tuple[str | None, str]]) -> str:
    """As PostgreSQL's typed copies: a text of every value, and the number, boolean or instant that it is."""
    parts = []
    for event, name in asked:
        mine = {kind: column for (each, kind), column in known.items() if each == name}
        # What found no column, or did not fit, is in `rest`; of a list of objects only that it is there can be asked.
        left = (
            f"CASE WHEN rest IS NOT NULL THEN json_extract_string(rest, {_quoted('$.' + _in_path(name))}) END"
        )
        lists = [column for (each, kind), column in known.items() if _is_list_of(each, kind, name)]
        texts = [*(_text(kind, column) for kind, column in mine.items()), left]
        texts += [f"CASE WHEN {column} IS NOT NULL THEN '[]' END" for column in lists]
        number = [
            f"CASE WHEN abs({column}) < 1e15 THEN {column}::DECIMAL(24, 6) END"
            for kind, column in mine.items()
            if kind in ("whole", "decimal")
        ]
        said = [*([mine["text"]] if "text" in mine else []), left]
        boolean = [column for kind, column in mine.items() if kind == "boolean"]
        boolean += [f"CASE WHEN {each} IN ('true', 'false') THEN ({each})::BOOLEAN END" for each in said]
        whose = f"name = {_quoted(event)} AND " if event is not None else ""
        text = f"coalesce({', '.join(texts)})"
        parts.append(
            f"SELECT shop_id, customer_id, seq, {_quoted(name)} AS name, left({text}, {limits.TRAIT_TEXT_CHARS_MAX}) AS text_value, "
            f"coalesce({', '.join([*number, *map(_number_of, said)])}) AS number_value, "
            f"coalesce({', '.join(boolean)}) AS boolean_value, coalesce({', '.join(map(_time_of, said))}) AS time_value "
            f"FROM events_event WHERE {whose}{text} IS NOT NULL"
        )
    if not parts:
        return (
            "SELECT NULL::BIGINT AS shop_id, NULL::BIGINT AS customer_id, NULL::BIGINT AS seq, NULL::VARCHAR AS name, "
            "NULL::VARCHAR AS text_value, NULL::DECIMAL(24, 6) AS number_value, NULL::BOOLEAN AS boolean_value, "
            "NULL::TIMESTAMPTZ AS time_value WHERE false"
        )
    return " UNION ALL ".join(parts)


def _is_list_of(key: str, kind: str, name: str) -> bool:
    return kind in LISTS.values() and key.startswith(name + IN_LIST)


def _in_path(name: str) -> str:
    """A key in a path of DuckDB's: quoted, whatever is in it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(kind: str, column: str) -> str:
    if kind in ("text", "json"):
        return column
    if kind == "decimal":
        return f"rtrim(rtrim({column}::VARCHAR, '0'), '.')"
    return f"{column}::VARCHAR"


def _number_of(column: str) -> str:
    return f"CASE WHEN regexp_full_match({column}, '-?[0-9]{{1,15}}(\\.[0-9]{{1,12}})?') THEN {column}::DECIMAL(27, 12)::DECIMAL(24, 6) END"


def _time_of(column: str) -> str:
    """What PostgreSQL takes for an instant and begins with a date."""
    return f"CASE WHEN regexp_matches({column}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AND length({column}) <= 40 THEN try_cast({column} AS TIMESTAMPTZ) END"


def _view_rows(kept: _Kept, table: LakeTable, version: str | None, shop: ShopId) -> None:
    state = (version, shop)
    if kept.views.get(table.name) == state:
        return
    found = catalogue.find(table.name) if version else None
    columns = {"shop_id": LakeType.WHOLE, table.customer: LakeType.WHOLE, **table.columns}
    files = (
        []
        if found is None
        else [task.file for task in found.scan(row_filter=f"shop_id = {int(shop)}").plan_files()]
    )
    if not files or found is None:
        empty = ", ".join(f'NULL::{DUCK[kind]} AS "{name}"' for name, kind in columns.items())
        query = f"SELECT {empty} WHERE false"
    else:
        field = found.schema().find_field("version").field_id
        writings = {
            bound.get(field) for file in files for bound in (file.lower_bounds or {}, file.upper_bounds or {})
        }
        listed = ", ".join(
            f't.customer_id AS "{name}"' if name == table.customer else f't."{name}"' for name in columns
        )
        read = _read(kept, found, table.name, [file.file_path for file in files])
        query = f"SELECT {listed} FROM {read} t"
        # Written in one go each customer has one version, and nobody need be asked which is the newest.
        if len(writings) > 1:
            query += (
                f" ANTI JOIN (SELECT customer_id, max(version) AS version FROM {read} WHERE shop_id = {int(shop)} "
                "GROUP BY customer_id HAVING min(version) < max(version)) s "
                "ON s.customer_id = t.customer_id AND s.version > t.version"
            )
        query += f" WHERE t.shop_id = {int(shop)} AND t.is_row"
    kept.db.execute(f"CREATE OR REPLACE TEMP VIEW {table.source} AS {query}")
    if table.name != table.source:
        kept.db.execute(f"CREATE OR REPLACE TEMP VIEW {table.name} AS SELECT * FROM {table.source}")
    kept.views[table.name] = state


def _read(kept: _Kept, table: Table, name: str, files: list[str]) -> str:
    """What a query reads the files by. Those of an object store go through Arrow: DuckDB's own way there is an extension that
    would have to be downloaded.
    """
    local = [file.removeprefix("file://") for file in files]
    if not any("://" in file for file in local):
        return f"read_parquet([{', '.join(map(_quoted, local))}], union_by_name = true)"
    store = _store_of(table)
    paths = [file.partition("://")[2] for file in files]
    schema = pa.schema([(each.name, _small(each.type)) for each in schema_to_pyarrow(table.schema())])
    kept.db.register(f"files_of_{name}", dataset.dataset(paths, schema, format="parquet", filesystem=store))
    return f"files_of_{name}"


def _store_of(table: Table) -> fs.FileSystem:
    return fs.FileSystem.from_uri(table.location())[0]


def _small(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_list(kind):
        return pa.list_(pa.field("element", _small(kind.value_type)))
    return pa.string() if kind == pa.large_string() else kind


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _duck(key: Key) -> str:
    kinds = {
        "text": "VARCHAR",
        "whole": "BIGINT",
        "decimal": "DECIMAL(27, 12)",
        "boolean": "BOOLEAN",
        "json": "VARCHAR",
    }
    kinds |= {listed: f"{kinds[kind]}[]" for kind, listed in LISTS.items()}
    return kinds[key[1]]
