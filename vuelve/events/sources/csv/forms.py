"""The page on which columns get their meaning: from a map to selects, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from vuelve.events.sources.csv import detecting, values
from vuelve.events.sources.csv.contracts import Kind
from vuelve.events.sources.csv.fields import FIELDS, TRAIT_TYPES
from vuelve.events.sources.csv.kinds.people import CHANNELS, PURPOSES
from vuelve.events.sources.csv.mapping import FileMap, from_dict
from vuelve.events.sources.csv.preparing import Sample
from vuelve.events.sources.csv.presets import presets_of
from vuelve.platform.extension import Text

SAMPLES_SHOWN = 3
_COLUMN, _VALUE = "c:", "v:"  # a select's value: a column of the file, or one value for all rows
_FIXED: Mapping[str, Sequence[str]] = {"channel": CHANNELS, "purpose": PURPOSES, "granted": ("yes", "no")}
_TEXT_CHARS_MAX = 500
_USUAL: Mapping[Kind, frozenset[str]] = {
    Kind.ORDERS: frozenset({"email", "total"}),
    Kind.CUSTOMERS: frozenset({"email", "phone", "user_id"}),
    Kind.PRODUCTS: frozenset({"name", "price"}),
    Kind.CONSENTS: frozenset(spec.name for spec in FIELDS[Kind.CONSENTS]),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One field: what it is, the column that says it, and what stands there."""

    name: str
    label: Text
    help: Text
    is_required: bool
    value: str
    fixed: Sequence[tuple[str, str]]
    samples: Sequence[str]
    is_first: bool  # shown at once: needed, in the file, or what most files of the kind have


@dataclass(frozen=True, slots=True)
class OtherColumn:
    """A column without a meaning, which may be kept as a trait."""

    number: int
    name: str
    samples: Sequence[str]
    type: str


def rows_of(map: FileMap, sample: Sample) -> list[Row]:
    rows = []
    for spec in FIELDS[map.kind]:
        column, constant = map.columns.get(spec.name, ""), map.constants.get(spec.name, "")
        value = _COLUMN + column if column else _VALUE + constant if constant else ""
        fixed = list(_FIXED.get(spec.name, ()))
        if constant and constant not in fixed:
            fixed.append(constant)
        rows.append(
            Row(
                spec.name,
                spec.label,
                spec.help,
                spec.is_required,
                value,
                [(_VALUE + word, word) for word in fixed],
                samples_of(sample, column),
                spec.is_required or bool(value) or spec.name in _USUAL[map.kind],
            )
        )
    return rows


def other_columns(map: FileMap, sample: Sample) -> list[OtherColumn]:
    used = set(map.columns.values())
    traits = dict(map.traits.values())
    return [
        OtherColumn(number, name, samples_of(sample, name), traits.get(name, ""))
        for number, name in enumerate(sample.header)
        if name not in used
    ]


def samples_of(sample: Sample, column: str) -> list[str]:
    seen: dict[str, None] = {}
    for text in sample.values(column) if column else ():
        seen.setdefault(text if len(text) <= 60 else text[:60] + "…")
        if len(seen) == SAMPLES_SHOWN:
            break
    return list(seen)


def choices(sample: Sample) -> list[tuple[str, str]]:
    return [(_COLUMN + name, name) for name in sample.header]


def read_posted(posted: QueryDict, before: FileMap, sample: Sample) -> FileMap:
    """The map that the form states. Raises VuelveError `bad_map`."""
    kind = kind_of(posted.get("kind", "")) or before.kind
    columns, constants = {}, {}
    for spec in FIELDS.get(kind, ()):
        value = posted.get(f"field.{spec.name}", "")[:_TEXT_CHARS_MAX]
        if value.startswith(_COLUMN):
            columns[spec.name] = value.removeprefix(_COLUMN)
        elif value.startswith(_VALUE):
            constants[spec.name] = value.removeprefix(_VALUE)
    traits = {}
    for number, name in enumerate(sample.header):
        if (trait := posted.get(f"trait.{number}", "")) in TRAIT_TYPES and name not in columns.values():
            traits[name[:100].strip()] = (name, trait)
    given = {
        "kind": kind,
        "columns": columns,
        "constants": constants,
        "traits": traits if kind == Kind.CUSTOMERS else {},
        "skip": before.skip if posted.get("skip") or not before.skip else {},
        "proof": {
            "i_have_proof": posted.get("proof.i_have_proof") == "on",
            **{
                name: posted.get(f"proof.{name}", "")[:_TEXT_CHARS_MAX]
                for name in ("source", "wording", "time")
            },
        },
        **{
            name: posted.get(name, "")[:60]
            for name in ("encoding", "delimiter", "decimal", "dates", "time_zone", "currency")
        },
    }
    return replace(from_dict(given), preset=before.preset if kind == before.kind else "")


def kind_of(text: str) -> Kind | None:
    return next((kind for kind in Kind if kind == text), None)


def kind_choices() -> list[tuple[str, str]]:
    return [
        (Kind.ORDERS, _("Orders")),
        (Kind.CUSTOMERS, _("Customers")),
        (Kind.PRODUCTS, _("Products")),
        (Kind.CONSENTS, _("Consents")),
    ]


def format_choices() -> dict[str, list[tuple[str, str]]]:
    encodings = {
        "utf-8": "UTF-8",
        "cp1252": "Windows-1252 (Latin-1)",
        "utf-16-le": "UTF-16",
        "utf-16-be": "UTF-16 BE",
    }
    delimiters = {",": _("Comma"), ";": _("Semicolon"), "\t": _("Tab"), "|": _("Vertical bar")}
    dates = {
        "iso": "2026-02-28",
        "dmy": _("28/02/2026: day first"),
        "mdy": _("02/28/2026: month first"),
        "excel": _("46081: a spreadsheet's number"),
        "unix": _("1772236800: Unix time"),
    }
    return {
        "encoding": [(name, encodings[name]) for name in detecting.ENCODINGS],
        "delimiter": [(name, delimiters[name]) for name in detecting.DELIMITERS],
        "decimal": [(".", "1,234.56"), (",", "1.234,56")],
        "dates": [(name, dates[name]) for name in values.DATE_FORMATS],
    }


def preset_label(map: FileMap) -> str:
    return next((preset.label for preset in presets_of(map.kind) if preset.name == map.preset), "")
