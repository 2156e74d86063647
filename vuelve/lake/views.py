"""The SQL of the views that have the names and columns of PostgreSQL's tables, for one shop. Text in, text out, but for what is planned.

Each engine brings its own words (`Words`) for the little in which they differ. pyiceberg plans which files are read: no engine
needs an Iceberg library of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from vuelve.events.consuming import Position
from vuelve.lake import catalogue
from vuelve.lake.catalogue import EVENT_COLUMNS, EVENTS, REST, customer_tables
from vuelve.lake.flushing import known_columns, position_of
from vuelve.lake.shredding import IN_LIST, LISTS, Key
from vuelve.platform import limits
from vuelve.platform.extension import LakeTable, LakeType
from vuelve.platform.ids import ShopId

# A property that conditions read: (event name, property).
Asked = tuple[str, str]
NUMBER = r"-?[0-9]{1,15}([.][0-9]{1,12})?"  # of a text that is a number, all of it
BIG = 10**15  # what is as large is no number to conditions


class LakeEmptyError(Exception):
    """Nothing was flushed yet."""


@dataclass(frozen=True, slots=True)
class Words:
    """How an engine spells what it does not spell as the others do."""

    types: Mapping[LakeType, str]
    listed: Callable[[str], str]  # the type of a list, by that of its elements
    name: Callable[[str], str]  # a name, whatever is in it
    text: Callable[[str], str]  # a literal
    in_rest: Callable[[str], str]  # a property that is in `rest`, as a text; `rest` is not null there
    is_number: Callable[[str], str]  # whether all of a text is what NUMBER says
    time: Callable[[str], str]  # the instant that a text is, null if it is none

    def null(self, kind: LakeType) -> str:
        return f"CAST(NULL AS {self.types[kind]})"


@dataclass(frozen=True, slots=True)
class EventFiles:
    """The files of a shop's events, and the columns that its properties are in. `position`: up to where in the log they have all."""

    table: Table
    paths: list[str]
    known: dict[Key, str]
    position: Position


@dataclass(frozen=True, slots=True)
class RowFiles:
    """The files of a shop's rows. Written in one go each customer has one version, and nobody need be asked which is the newest."""

    table: Table | None
    paths: list[str]
    is_written_once: bool


class Views:
    """The views that a connection has, of one shop; made anew only where the lake has a newer snapshot. `position`: up to where in
    the log they have all.
    """

    words: ClassVar[Words]

    def __init__(self) -> None:
        self.position: Position = (0, 0)
        self._made: dict[str, object] = {}  # of which snapshots they are

    def define(self, name: str, query: str) -> None:
        raise NotImplementedError

    def read(self, table: Table, name: str, files: list[str]) -> str:
        """What a query reads the files by."""
        raise NotImplementedError

    def show(
        self, versions: Mapping[str, str], shop: ShopId, since: datetime | None, asked: Iterable[Asked] | None
    ) -> None:
        """`versions` are those of `lake_versions`. Raises what a lost store raises."""
        self._show_events(versions[EVENTS], shop, since, None if asked is None else frozenset(asked))
        for table in customer_tables():
            self._show_rows(table, versions.get(table.name), shop)

    def _show_events(
        self, version: str, shop: ShopId, since: datetime | None, asked: frozenset[Asked] | None
    ) -> None:
        # To the day, so that a window that moves by the second does not plan anew.
        day = since.replace(hour=0, minute=0, second=0, microsecond=0) if since else None
        state = (version, shop, day, asked)
        if self._made.get(EVENTS) == state:
            return
        files = plan_events(shop, day)
        read = self.read(files.table, EVENTS, files.paths) if files.paths else None
        self.define("events_whole", events_view(self.words, read, files.known, shop))
        self.define("events", "SELECT * FROM events_whole")
        self.define("events_event", "SELECT * FROM events_whole WHERE customer_id IS NOT NULL")
        self.define("events_property", properties_view(self.words, files.known, asked))
        self.position = files.position
        self._made[EVENTS] = state

    def _show_rows(self, table: LakeTable, version: str | None, shop: ShopId) -> None:
        state = (version, shop)
        if self._made.get(table.name) == state:
            return
        files = plan_rows(shop, table, version)
        query = rows_view(
            self.words, table, files, lambda found: self.read(found, table.name, files.paths), shop
        )
        self.define(table.source, query)
        if table.name != table.source:
            self.define(table.name, f"SELECT * FROM {table.source}")
        self._made[table.name] = state


def lake_versions() -> dict[str, str]:
    """Where the newest state of each table is described. Raises LakeEmptyError."""
    versions = catalogue.versions()
    if EVENTS not in versions:
        raise LakeEmptyError
    return versions


def plan_events(shop: ShopId, day: datetime | None) -> EventFiles:
    """Files of events that arrived before `day` are left out. Raises LakeEmptyError, and what a lost store raises."""
    events = catalogue.find(EVENTS)
    if events is None:
        raise LakeEmptyError
    wanted = f"shop_id = {int(shop)}" + (f" and received_at >= '{day.isoformat()}'" if day else "")
    paths = [task.file.file_path for task in events.scan(row_filter=wanted).plan_files()]
    names = set(events.schema().column_names)
    known = {key: column for key, column in known_columns().items() if column in names}
    return EventFiles(events, paths, known, position_of(events))


def plan_rows(shop: ShopId, table: LakeTable, version: str | None) -> RowFiles:
    found = catalogue.find(table.name) if version else None
    if found is None:
        return RowFiles(None, [], is_written_once=True)
    files: list[DataFile] = [
        task.file for task in found.scan(row_filter=f"shop_id = {int(shop)}").plan_files()
    ]
    field = found.schema().find_field("version").field_id
    writings = {
        bound.get(field) for file in files for bound in (file.lower_bounds or {}, file.upper_bounds or {})
    }
    return RowFiles(found, [file.file_path for file in files], is_written_once=len(writings) < 2)


def events_view(words: Words, read: str | None, known: Mapping[Key, str], shop: ShopId) -> str:
    """All columns of the lake; `read` is what a query reads the files by, None if there are none."""
    if read:
        return f"SELECT * FROM {read} WHERE shop_id = {int(shop)}"
    columns = {**EVENT_COLUMNS, REST: LakeType.TEXT}
    empty = [f"{words.null(kind)} AS {name}" for name, kind in columns.items()]
    empty += [f"CAST(NULL AS {_type_of(words, key)}) AS {column}" for key, column in known.items()]
    return f"SELECT {', '.join(empty)} WHERE false"


def properties_view(words: Words, known: Mapping[Key, str], asked: frozenset[Asked] | None) -> str:
    """As PostgreSQL's typed copies: a text of every value, and the number, boolean or instant that it is. Over `events_event`."""
    parts = [_property(words, known, event, name) for event, name in _pairs(known, asked)]
    if parts:
        return " UNION ALL ".join(parts)
    columns = {
        "shop_id": LakeType.WHOLE,
        "customer_id": LakeType.WHOLE,
        "seq": LakeType.WHOLE,
        "name": LakeType.TEXT,
        "text_value": LakeType.TEXT,
        "number_value": LakeType.NUMBER,
        "boolean_value": LakeType.BOOLEAN,
        "time_value": LakeType.TIME,
    }
    return (
        f"SELECT {', '.join(f'{words.null(kind)} AS {name}' for name, kind in columns.items())} WHERE false"
    )


def rows_view(
    words: Words, table: LakeTable, files: RowFiles, read: Callable[[Table], str], shop: ShopId
) -> str:
    """The newest writing of each customer."""
    columns = {"shop_id": LakeType.WHOLE, table.customer: LakeType.WHOLE, **table.columns}
    if not files.paths or files.table is None:
        empty = ", ".join(f"{words.null(kind)} AS {words.name(name)}" for name, kind in columns.items())
        return f"SELECT {empty} WHERE false"
    listed = ", ".join(
        f"t.customer_id AS {words.name(name)}" if name == table.customer else f"t.{words.name(name)}"
        for name in columns
    )
    rows = read(files.table)
    query = f"SELECT {listed} FROM {rows} t"
    if not files.is_written_once:
        query += (
            f" ANTI JOIN (SELECT customer_id, max(version) AS version FROM {rows} WHERE shop_id = {int(shop)} "
            "GROUP BY customer_id HAVING min(version) < max(version)) s "
            "ON s.customer_id = t.customer_id AND s.version > t.version"
        )
    return f"{query} WHERE t.shop_id = {int(shop)} AND t.is_row"


def _pairs(known: Mapping[Key, str], asked: frozenset[Asked] | None) -> Iterable[tuple[str | None, str]]:
    """(event name, property), of all names if it is None."""
    if asked is None:
        lists = LISTS.values()
        names = {name.partition(IN_LIST)[0] if kind in lists else name for name, kind in known}
        return [(None, name) for name in sorted(names)]
    return sorted(asked)


def _property(words: Words, known: Mapping[Key, str], event: str | None, name: str) -> str:
    mine = {kind: column for (each, kind), column in known.items() if each == name}
    # What found no column, or did not fit, is in `rest`; of a list of objects only that it is there can be asked.
    left = f"CASE WHEN rest IS NOT NULL THEN {words.in_rest(name)} END"
    lists = [column for (each, kind), column in known.items() if _is_list_of(each, kind, name)]
    texts = [*(_text(words, kind, column) for kind, column in mine.items()), left]
    texts += [f"CASE WHEN {column} IS NOT NULL THEN '[]' END" for column in lists]
    number = words.types[LakeType.NUMBER]
    numbers = [
        f"CASE WHEN {column} > -{BIG} AND {column} < {BIG} THEN CAST({column} AS {number}) END"
        for kind, column in mine.items()
        if kind in ("whole", "decimal")
    ]
    said = [*([mine["text"]] if "text" in mine else []), left]
    numbers += [
        f"CASE WHEN {words.is_number(each)} THEN CAST(CAST({each} AS DECIMAL(27, 12)) AS {number}) END"
        for each in said
    ]
    booleans = [column for kind, column in mine.items() if kind == "boolean"]
    booleans += [f"CASE WHEN {each} IN ('true', 'false') THEN CAST({each} AS BOOLEAN) END" for each in said]
    whose = f"name = {words.text(event)} AND " if event is not None else ""
    text = f"coalesce({', '.join(texts)})"
    return (
        f"SELECT shop_id, customer_id, seq, {words.text(name)} AS name, left({text}, {limits.TRAIT_TEXT_CHARS_MAX}) AS text_value, "
        f"coalesce({', '.join(numbers)}) AS number_value, coalesce({', '.join(booleans)}) AS boolean_value, "
        f"coalesce({', '.join(map(words.time, said))}) AS time_value FROM events_event WHERE {whose}{text} IS NOT NULL"
    )


def _is_list_of(key: str, kind: str, name: str) -> bool:
    return kind in LISTS.values() and key.startswith(name + IN_LIST)


def _text(words: Words, kind: str, column: str) -> str:
    if kind in ("text", "json"):
        return column
    text = f"CAST({column} AS {words.types[LakeType.TEXT]})"
    if kind == "decimal":
        return f"TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {text}))"
    return text


def _type_of(words: Words, key: Key) -> str:
    kinds = {
        "text": words.types[LakeType.TEXT],
        "whole": words.types[LakeType.WHOLE],
        "decimal": "DECIMAL(27, 12)",
        "boolean": words.types[LakeType.BOOLEAN],
        "json": words.types[LakeType.TEXT],
    }
    kinds |= {listed: words.listed(kinds[kind]) for kind, listed in LISTS.items()}
    return kinds[key[1]]
