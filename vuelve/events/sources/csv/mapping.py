"""Which column means what: the file `map.toml`, the same as JSON, and compiled against a file's header.

kind = "orders"                  # orders, customers, products, consents
preset = "shopify"               # optional: columns that are not named here as this export names them
encoding = "windows-1252"        # optional, as are the others: worked out from the file
delimiter = ";"
decimal = ","
dates = "dmy"                    # iso, dmy, mdy, excel, unix
time_zone = "America/Bogota"     # of times without a zone; the shop's if missing
currency = "COP"                 # of rows without one; the shop's if missing
[columns]                        # field = "column"
[constants]                      # field = "value", for all rows that have none
[traits]                         # customers: trait = "column", or {column = "...", type = "number"}
[skip]                           # column = ["values of rows that are passed over"]
[proof]                          # consents whose rows carry no proof; see `kinds/consents.py`
"""

import json
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vuelve.events.sources.csv import values
from vuelve.events.sources.csv.contracts import Kind
from vuelve.events.sources.csv.fields import FIELDS, TRAIT_TYPES, Type, field_of
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

Parse = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person vouches for: that consents without a proof in their row were given, where, when, to which words."""

    i_have_proof: bool = False
    source: str = ""
    wording: str = ""
    time: str = ""

    @property
    def is_whole(self) -> bool:
        return self.i_have_proof and bool(self.source.strip() and self.wording.strip() and self.time.strip())


@dataclass(frozen=True, slots=True)
class FileMap:
    """Which column means what. Empty texts: to be worked out, or the shop's."""

    kind: Kind
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    traits: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # name: (column, type)
    skip: Mapping[str, Sequence[str]] = field(default_factory=dict)
    proof: Proof = Proof()
    preset: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    dates: str = ""
    time_zone: str = ""
    currency: str = ""
    start: int = 0  # the byte at which the header begins; found, never stated

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)


_TEXTS = ("preset", "encoding", "delimiter", "decimal", "dates", "time_zone", "currency")
_NAMED_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|"}
_TABLES = ("columns", "constants", "traits", "skip", "proof")


def from_json(text: str) -> FileMap:
    return from_dict(json.loads(text))


def from_toml(text: str) -> FileMap:
    """Raises VuelveError `bad_map`, with the place."""
    try:
        return from_dict(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _bad("", f"The map is no TOML: {error}.") from error


def from_dict(given: Mapping[str, Any]) -> FileMap:
    try:
        kind = Kind(given.get("kind", ""))
    except ValueError:
        raise _bad("kind", "The map must say what the rows are.", ", ".join(Kind)) from None
    for name in given:
        if name not in ("kind", "start", *_TEXTS, *_TABLES):
            raise _bad(name, f"`{name}` is nothing that a map can say.", ", ".join((*_TEXTS, *_TABLES)))
    for name in _TABLES:
        if not isinstance(given.get(name, {}), Mapping):
            raise _bad(name, f"[{name}] must be a table.")
    texts = {name: _text(name, given.get(name, "")) for name in _TEXTS}
    texts["delimiter"] = _NAMED_DELIMITERS.get(texts["delimiter"], texts["delimiter"])
    texts["currency"] = texts["currency"].upper()
    found = FileMap(
        kind=kind,
        columns={name: _text(name, value) for name, value in given.get("columns", {}).items()},
        constants={name: _text(name, value) for name, value in given.get("constants", {}).items()},
        traits={name: _trait(name, value) for name, value in given.get("traits", {}).items()},
        skip={name: _skipped(name, value) for name, value in given.get("skip", {}).items()},
        proof=_proof(given.get("proof", {})),
        start=int(given.get("start", 0)),
        **texts,
    )
    _check(found)
    return found


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise _bad(name, f"`{name}` must be a text.")
    return str(value)


def _trait(name: str, value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return value, "text"
    if isinstance(value, Mapping):
        column, kind = value.get("column", ""), value.get("type", "text")
    elif isinstance(value, Sequence) and len(value) == 2:
        column, kind = value
    else:
        column, kind = "", ""
    if not column or kind not in TRAIT_TYPES:
        raise _bad(f"traits.{name}", f"Trait `{name}` needs a column and a type.", ", ".join(TRAIT_TYPES))
    return str(column), str(kind)


def _skipped(name: str, value: Any) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise _bad(f"skip.{name}", "Name the values to skip as a list.")
    return [_text(name, each) for each in value]


def _proof(given: Mapping[str, Any]) -> Proof:
    allowed = {"i_have_proof", "source", "wording", "time"}
    if unknown := set(given) - allowed:
        raise _bad(f"proof.{min(unknown)}", "[proof] does not know this.", ", ".join(sorted(allowed)))
    return Proof(
        i_have_proof=given.get("i_have_proof") is True,
        **{name: str(given.get(name, "")) for name in ("source", "wording", "time")},
    )


def _check(found: FileMap) -> None:
    if found.decimal not in ("", ".", ","):
        raise _bad("decimal", f"`{found.decimal}` is no decimal mark.", "`.` or `,`")
    if found.dates not in ("", *values.DATE_FORMATS):
        raise _bad("dates", f"`{found.dates}` is no way to write dates.", ", ".join(values.DATE_FORMATS))
    if len(found.delimiter) > 1 or found.delimiter in ('"', "\n", "\r"):
        raise _bad("delimiter", "A delimiter is one character.", "comma, semicolon, tab, pipe")
    if found.time_zone:
        zone_of(found.time_zone)
    if found.currency:
        try:
            values.currency(found.currency)
        except values.BadCellError as bad:
            raise _bad("currency", bad.reason) from bad
    _check_names(found)


def _check_names(found: FileMap) -> None:
    for name in (*found.columns, *found.constants):
        if field_of(found.kind, name) is None:
            names = ", ".join(each.name for each in FIELDS[found.kind])
            raise _bad(name, f"{found.kind} have no field `{name}`.", names)
    if found.traits and found.kind != Kind.CUSTOMERS:
        raise _bad("traits", "Only customers have traits.")
    for name in found.traits:
        if not name or len(name) > limits.TRAIT_NAME_CHARS_MAX:
            raise _bad(f"traits.{name[:40]}", "The name of a trait is too long.")


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _bad("time_zone", f"`{name[:60]}` is no time zone.", "e.g. America/Bogota") from error


def _bad(place: str, message: str, hint: str | None = None) -> VuelveError:
    return VuelveError("bad_map", message, field=place or None, hint=hint)


def normal(name: str) -> str:
    """Lower case, no accents, words apart by one space: how column names are compared."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(
        char if char.isalnum() or char == "#" else " " for char in plain if not unicodedata.combining(char)
    )
    return " ".join(kept.split())


# --- compiled -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shop:
    """What the import needs to know of the shop."""

    id: int
    currency: str
    time_zone: str
    country: str


@dataclass(frozen=True, slots=True)
class Cell:
    """Reads one field of a row."""

    index: int
    field: str
    parse: Parse | None  # None: the text as it is


@dataclass(frozen=True, slots=True)
class Plan:
    """A map, settled: everything that was to be worked out is, and columns are positions."""

    map: FileMap
    header: Sequence[str]
    cells: Sequence[Cell]
    lines: Sequence[Cell]
    traits: Sequence[tuple[int, str, Parse | None]]
    constants: Mapping[str, Any]
    skip: Sequence[tuple[int, frozenset[str]]]
    shop: Shop
    as_of: datetime  # of rows that say nothing of the time: when the import began
    read_time: Parse

    def index_of(self, name: str) -> int:
        """The column of a field; -1 if it has none."""
        return next((cell.index for cell in (*self.cells, *self.lines) if cell.field == name), -1)


def compile_plan(found: FileMap, header: Sequence[str], shop: Shop, *, as_of: datetime) -> Plan:
    """Raises VuelveError `column_missing`, `field_missing`, `identity_missing`, `proof_missing`."""
    position = {name: index for index, name in reversed(list(enumerate(header)))}
    settled = replace(
        found,
        decimal=found.decimal or ".",
        dates=found.dates or "iso",
        time_zone=found.time_zone or shop.time_zone,
        currency=found.currency or shop.currency,
    )
    read_time = values.time_reader(settled.dates, zone_of(settled.time_zone), now=as_of)
    parsers = _parsers(settled, read_time)
    cells: list[Cell] = []
    lines: list[Cell] = []
    for name, column in settled.columns.items():
        spec = field_of(settled.kind, name)
        if spec is None or not column:
            continue
        cell = Cell(_index(position, column, name), name, parsers[spec.type])
        (lines if spec.is_line else cells).append(cell)
    traits = [
        (_index(position, column, f"traits.{name}"), name, parsers[_TRAIT_PARSERS[kind]])
        for name, (column, kind) in settled.traits.items()
    ]
    skip = [
        (_index(position, column, f"skip.{column}"), frozenset(word.casefold() for word in words))
        for column, words in settled.skip.items()
    ]
    constants = _constants(settled, parsers)
    _check_whole(settled, {cell.field for cell in cells}, constants)
    return Plan(settled, header, cells, lines, traits, constants, skip, shop, as_of, read_time)


def _index(position: Mapping[str, int], column: str, name: str) -> int:
    if column not in position:
        raise VuelveError(
            "column_missing",
            f"The file has no column `{column[:60]}`.",
            field=name,
            hint="It has: " + ", ".join(list(position)[::-1][:40]),
        )
    return position[column]


def _parsers(found: FileMap, read_time: Parse) -> dict[Type, Parse | None]:
    decimal = found.decimal
    return {
        Type.TEXT: None,
        Type.ID: values.identity,
        Type.ORDER_ID: values.order_id,
        Type.EMAIL: values.email,
        Type.PHONE: values.phone,
        Type.AMOUNT: partial(values.amount, decimal=decimal),
        Type.NUMBER: partial(values.number, decimal=decimal),
        Type.QUANTITY: partial(values.quantity, decimal=decimal),
        Type.CURRENCY: values.currency,
        Type.TIME: read_time,
        Type.BOOLEAN: values.boolean,
        Type.DECISION: values.decision,
        Type.URL: values.url,
        Type.LIST: values.words,
    }


_TRAIT_PARSERS = {"text": Type.TEXT, "number": Type.NUMBER, "boolean": Type.BOOLEAN, "time": Type.TIME}


def _constants(found: FileMap, parsers: Mapping[Type, Parse | None]) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for name, text in found.constants.items():
        spec = field_of(found.kind, name)
        if spec is None or not text:
            continue
        parse = parsers[spec.type]
        try:
            parsed[name] = parse(text) if parse else text
        except values.BadCellError as bad:
            raise _bad(f"constants.{name}", bad.reason) from bad
    return parsed


def _check_whole(found: FileMap, mapped: set[str], constants: Mapping[str, Any]) -> None:
    known = mapped | set(constants)
    for spec in FIELDS[found.kind]:
        if spec.is_required and spec.name not in known:
            raise VuelveError(
                "field_missing",
                f"No column says `{spec.name}`.",
                field=spec.name,
                hint="Name its column, or one value for all rows.",
            )
    if found.kind != Kind.PRODUCTS and not known & {"user_id", "email", "phone"}:
        raise VuelveError(
            "identity_missing",
            "No column says whose a row is.",
            field="email",
            hint="Name the column of the e-mail, of the phone, or of the customer's id in the store.",
        )
    _check_proof(found, known, constants)


def _check_proof(found: FileMap, known: set[str], constants: Mapping[str, Any]) -> None:
    """Without proof a consent is worth nothing before the law; nobody should learn that after a million rows."""
    if found.kind == Kind.CONSENTS and constants.get("granted") is not False:
        needed = {"source", "wording"}
    elif found.kind == Kind.CUSTOMERS and known & {"consent_email", "consent_sms", "consent_whatsapp"}:
        needed = {"consent_source", "consent_wording", "consent_time"}
    else:
        return
    if needed <= known or found.proof.is_whole:
        return
    raise VuelveError(
        "proof_missing",
        "A consent needs its proof: where it was given, when, and the words agreed to.",
        field="proof",
        hint="Name the columns that say so, or state in [proof] what you can prove for all rows.",
    )
