"""Before an import: what the file looks like, what its columns probably mean, and everything that was left open settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from vuelve.events.sources.csv import detecting
from vuelve.events.sources.csv.contracts import Dialect, Fingerprint, Row
from vuelve.events.sources.csv.fields import Type, field_of
from vuelve.events.sources.csv.mapping import FileMap, Shop
from vuelve.events.sources.csv.presets import apply_preset
from vuelve.events.sources.csv.reading import Reader
from vuelve.platform import limits
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import facts

# Countries that write the month first.
_MONTH_FIRST = frozenset({"US", "PH"})


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a file, and how it is written."""

    dialect: Dialect
    header: Sequence[str]
    rows: Sequence[Row]

    def values(self, column: str) -> list[str]:
        if column not in self.header:
            return []
        index = list(self.header).index(column)
        return [text for row in self.rows if index < len(row.cells) and (text := row.cells[index].strip())]


def shop_facts(shop: ShopId) -> Shop:
    found = facts(shop)
    return Shop(shop, found.currency, found.time_zone, found.country)


def look(path: Path, found: Fingerprint, *, encoding: str = "", delimiter: str = "") -> Sample:
    """Raises VuelveError for a file that cannot be read at all."""
    dialect = detecting.detect(path, found, encoding=encoding, delimiter=delimiter)
    head = detecting.read_head(path, dialect)
    with path.open("rb") as stream:
        rows = islice(Reader(stream, dialect, offset=head.offset, line=head.line), limits.CSV_SAMPLE_ROWS)
        return Sample(dialect, head.names, list(rows))


def settle(map: FileMap, sample: Sample, shop: Shop) -> tuple[FileMap, Mapping[str, str]]:
    """The map with nothing left open, and what of it was guessed (for people: a guess can be wrong)."""
    map = apply_preset(map, sample.header)
    guesses: dict[str, str] = {}
    decimal, dates = map.decimal, map.dates
    if not decimal:
        decimal = detecting.decimal_mark(_values_of(map, sample, {Type.AMOUNT, Type.NUMBER}))
    if not dates:
        is_month_first = shop.country in _MONTH_FIRST
        values = _values_of(map, sample, {Type.TIME})
        dates, is_guess = detecting.date_format(values, is_month_first=is_month_first)
        if is_guess:
            guesses["dates"] = dates
    if sample.dialect.is_encoding_guessed:
        guesses["encoding"] = sample.dialect.encoding
    settled = replace(
        map,
        encoding=sample.dialect.encoding,
        delimiter=sample.dialect.delimiter,
        start=sample.dialect.start,
        decimal=decimal,
        dates=dates,
        time_zone=map.time_zone or shop.time_zone,
        currency=map.currency or shop.currency,
    )
    return settled, guesses


def _values_of(map: FileMap, sample: Sample, types: set[Type]) -> list[str]:
    values: list[str] = []
    for name, column in map.columns.items():
        spec = field_of(map.kind, name)
        if spec is not None and spec.type in types:
            values += sample.values(column)
    for column, kind in map.traits.values():
        if Type(kind) in types:
            values += sample.values(column)
    return values
