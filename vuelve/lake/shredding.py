"""Event properties as typed columns, without loss. Pure.

Each top-level key has a column per type of its values (`size` as a text and `size` as a number are two), so that no value
ever conflicts with its column. A list of flat objects (the products of an order) has a column of lists per key and type of
theirs, all as long as the list: as JSON it was a third of an event's bytes. What cannot be kept so (a null, a number of forty
digits, keys past the bound) stays as JSON in `rest`. `together` makes the object again.
"""

import json
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import pyarrow as pa

PROPERTIES_MAX = 200  # columns; the keys that come later are kept in `rest`
WANTED_MAX = 1_000  # columns in all, for properties that conditions read
COLUMN_CHARS_MAX = 60
WHOLE_MAX = 2**63
# What PostgreSQL's typed copies hold of a number: fifteen digits, twelve decimals.
DECIMAL_DIGITS, DECIMAL_SCALE = 27, 12
# Of a list of objects: longer or wider ones stay JSON.
LIST_ITEMS_MAX, LIST_KEYS_MAX = 200, 20
IN_LIST = "[]."
SHORT_CHARS_MAX = 13  # with a point

ARROW = {
    "text": pa.string(),
    "whole": pa.int64(),
    "decimal": pa.decimal128(DECIMAL_DIGITS, DECIMAL_SCALE),
    "boolean": pa.bool_(),
    "json": pa.string(),
}
# By the type of a key of objects in a list: the type of its column of lists.
LISTS = {"text": "texts", "whole": "wholes", "decimal": "decimals", "boolean": "booleans"}
_ITEMS = {listed: kind for kind, listed in LISTS.items()}
ARROW |= {listed: pa.list_(pa.field("element", ARROW[kind])) for kind, listed in LISTS.items()}

Key = tuple[str, str]  # (property, value type)


def _decimal(text: str) -> Decimal:
    """Of more than 18 digits an exponent is none of Decimal's: what the log takes is then as good as zero."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(float(text))


_decoder = msgspec.json.Decoder(float_hook=_decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(slots=True)
class Columns:
    """The columns that are known, by property and type; `learned` are those that this batch has added. Properties that are
    `wanted` get theirs however many there are of others.
    """

    known: dict[Key, str]
    wanted: Set[str] = frozenset()
    learned: list[Key] = field(default_factory=list)

    def of(self, key: Key) -> str | None:
        """The column, learned if there is room for it; None if there is none."""
        name = self.known.get(key)
        if name is None and self._has_room(key[0]) and _is_nameable(key[0]):
            name = column_name(*key, taken=set(self.known.values()))
            self.known[key] = name
            self.learned.append(key)
        return name

    def _has_room(self, property: str) -> bool:
        return len(self.known) < (WANTED_MAX if property in self.wanted else PROPERTIES_MAX)


@dataclass(slots=True)
class Shredded:
    """Columns of a batch, each as long as the batch; `rest` is null where nothing is left. `counts`: values per column."""

    columns: dict[str, pa.Array]
    rest: pa.Array
    counts: dict[Key, int]


def _is_nameable(name: str) -> bool:
    """Whether the catalogue can hold the name of a property."""
    return bool(name) and "\x00" not in name


def column_name(name: str, value_type: str, *, taken: set[str]) -> str:
    """`p_order_id` for the text `order_id`; `p_size_whole` for another type; numbered where two are alike."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:COLUMN_CHARS_MAX] or "x"
    base = f"p_{plain}" if value_type in ("text", "texts") else f"p_{plain}_{value_type}"
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}_{number}", number + 1
    return candidate


def shred(texts: Sequence[str], columns: Columns) -> Shredded:
    """`texts` are JSON objects. Anything that is no object is kept whole in `rest`."""
    batch = _Batch(columns, len(texts))
    rests: list[str | None] = [None] * len(texts)
    for row, text in enumerate(texts):
        try:
            found = _decoder.decode(text)
        except msgspec.DecodeError:
            found = None
        if type(found) is not dict:
            rests[row] = text
            continue
        rest = batch.place_all(row, found)
        if rest:
            rests[row] = _encoder.encode(rest).decode()
    arrays = {key: pa.array(column, ARROW[key[1]]) for key, column in batch.values.items()}
    return Shredded(
        {columns.known[key]: array for key, array in arrays.items()},
        pa.array(rests, pa.string()),
        {key: len(array) - array.null_count for key, array in arrays.items()},
    )


_SCALARS = {str: "text", bool: "boolean", int: "whole", Decimal: "decimal"}


@dataclass(slots=True)
class _Batch:
    """Columns that are being filled. Kept by Python type as well: a value costs two look-ups and no tuple."""

    columns: Columns
    length: int
    values: dict[Key, list[Any]] = field(default_factory=dict)
    scalars: dict[type, dict[str, list[Any]]] = field(default_factory=lambda: {kind: {} for kind in _SCALARS})
    keys: dict[tuple[str, str, type], Key] = field(default_factory=dict)  # of objects in lists

    def place_all(self, row: int, found: dict[str, Any]) -> dict[str, Any] | None:
        """Put properties into their columns; returns those that have none."""
        rest: dict[str, Any] | None = None
        scalars = self.scalars
        for name, value in found.items():
            kind = type(value)
            if kind in scalars:
                column = scalars[kind].get(name)
                if column is None:
                    column = self._open((name, _SCALARS[kind]))
                    if column is not None:
                        scalars[kind][name] = column
                if column is not None and (kind is str or kind is bool or _fits(kind, value)):
                    column[row] = value
                    continue
            elif self._place_nested(row, name, value):
                continue
            if rest is None:
                rest = {}
            rest[name] = value
        return rest

    def _place_nested(self, row: int, name: str, value: Any) -> bool:
        if value is None:
            return False
        if type(value) is list and value and IN_LIST not in name:
            lists = self._lists(name, value)
            if lists:
                for opened, items in lists:
                    opened[row] = items
                return True
        column = self._open((name, "json"))
        if column is None:
            return False
        column[row] = _encoder.encode(value).decode()
        return True

    def _lists(self, name: str, items: list[Any]) -> list[tuple[list[Any], list[Any]]] | None:
        """Columns, and the list for each; None unless all items are flat objects, one has a key, and all columns are there."""
        lists = _transposed(items)
        if not lists or not name:
            return None
        found = []
        for (inner, kind), values in lists.items():
            key = self.keys.get((name, inner, kind))
            if key is None:
                key = (f"{name}{IN_LIST}{inner}", LISTS[_SCALARS[kind]])
                self.keys[(name, inner, kind)] = key
            column = self._open(key)
            if column is None:
                return None
            found.append((column, values))
        return found

    def _open(self, key: Key) -> list[Any] | None:
        column = self.values.get(key)
        if column is None and self.columns.of(key) is not None:
            column = self.values[key] = [None] * self.length
        return column


def _transposed(items: list[Any]) -> dict[tuple[str, type], list[Any]] | None:
    """By key and type of what flat objects hold, each as long as the list."""
    length = len(items)
    if length > LIST_ITEMS_MAX:
        return None
    lists: dict[tuple[str, type], list[Any]] = {}
    for place, item in enumerate(items):
        if type(item) is not dict:
            return None
        for inner, value in item.items():
            kind = type(value)
            if kind not in _SCALARS or not inner or not (kind is str or kind is bool or _fits(kind, value)):
                return None
            column = lists.get((inner, kind))
            if column is None:
                column = lists[inner, kind] = [None] * length
            column[place] = value
    return lists if len(lists) <= LIST_KEYS_MAX else None


def _fits(kind: type, value: Any) -> bool:
    if kind is int:
        return bool(-WHOLE_MAX <= value < WHOLE_MAX)
    text = str(value)
    if len(text) <= SHORT_CHARS_MAX and "E" not in text:
        return True  # nearly always, and a third of the time that counting digits takes
    _sign, digits, exponent = value.as_tuple()
    return bool(exponent >= -DECIMAL_SCALE and len(digits) + exponent <= DECIMAL_DIGITS - DECIMAL_SCALE)


def together(row: Mapping[str, Any], known: Mapping[Key, str]) -> Any:
    """The value that the columns of a row were made of."""
    rest = row.get("rest")
    whole = decoded(rest) if rest is not None else {}
    if type(whole) is not dict:
        return whole
    for (name, value_type), column in known.items():
        value = row.get(column)
        if value is not None and value_type in _ITEMS:
            name, _in, inner = name.partition(IN_LIST)
            items = whole.setdefault(name, [{} for _item in value])
            for item, each in zip(items, value, strict=True):
                if each is not None:
                    item[inner] = each
        elif value is not None:
            whole[name] = _decoder.decode(value) if value_type == "json" else value
    return whole


def same(one: Any, other: Any) -> bool:
    """Whether two decoded JSON values are equal; true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def decoded(text: str) -> Any:
    """JSON with its numbers as whole numbers and decimals, as `shred` reads it."""
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError:
        return json.loads(text, parse_float=_decimal)
