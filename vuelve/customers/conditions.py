"""Conditions on who a customer is: columns of the profile, and traits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
from django.utils.translation import gettext_lazy

from vuelve.customers.rules.texts import country_code, locale_tag, normal_email, text_key
from vuelve.platform import limits
from vuelve.platform.conditions import PART_OPS, TIME_TYPE, Comparison, Fields, read_comparison
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Aggregate, Grain, Promotion, Source, Text, ValueType
from vuelve.platform.phones import phone_e164

if TYPE_CHECKING:
    import ibis.expr.types as ir

# As in migrations/0001_customers.sql; columns that no condition can use are left out.
CUSTOMER = ibis.table(
    {
        "shop_id": "int64",
        "id": "int64",
        "user_id": "string",
        "email": "string",
        "phone": "string",
        "locale": "string",
        "country": "string",
        "time_zone": "string",
        "created_at": TIME_TYPE,
        "first_seen_at": TIME_TYPE,
        "last_seen_at": TIME_TYPE,
    },
    name="customers_customer",
)
TRAIT = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "name": "string",
        "text_value": "string",
        "text_key": "string",
        "number_value": "decimal(24, 6)",
        "boolean_value": "boolean",
        "time_value": TIME_TYPE,
    },
    name="customers_trait",
)
ALIAS = ibis.table(
    {"shop_id": "int64", "customer_id": "int64", "canonical_id": "int64"},
    name="customers_alias",
)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that goes by a trait's name. How it spells a whole text, or None if it cannot; and a part of one."""

    value_type: ValueType = ValueType.TEXT
    whole: Callable[[str], str | None] = str.strip
    part: Callable[[str], str] = str.strip


def _lower(text: str) -> str:
    return text.strip().lower()


def _upper(text: str) -> str:
    return text.strip().upper()


def _phone(text: str) -> str | None:
    return phone_e164(
        text, "ZZ"
    )  # no country: a number without its prefix cannot be told from another country's


# Everything else that is known of a customer is a trait, and compared without regard to case and accents.
PROFILE_COLUMNS: Mapping[str, _Column] = {
    "user_id": _Column(),
    "email": _Column(whole=normal_email, part=_lower),
    "phone": _Column(whole=_phone),
    "locale": _Column(whole=locale_tag),
    "country": _Column(whole=country_code, part=_upper),
    "time_zone": _Column(),
    "created_at": _Column(ValueType.TIME),
    "first_seen_at": _Column(ValueType.TIME),
    "last_seen_at": _Column(ValueType.TIME),
}

_TRAIT_COLUMNS = {
    ValueType.TEXT: "text_key",
    ValueType.NUMBER: "number_value",
    ValueType.MONEY: "number_value",
    ValueType.BOOLEAN: "boolean_value",
    ValueType.TIME: "time_value",
}


class TraitCondition:
    """{"type": "trait", "name": "country", "op": "is", "value": "MX"}"""

    key: ClassVar[str] = "trait"
    label: Text = gettext_lazy("Who they are")

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        profile = Source(rows=CUSTOMER.rename(customer_id="id"), grain=Grain.PROFILE)
        traits = Source(rows=TRAIT, grain=Grain.PROFILE, name="name")
        return [_aggregate(*_read(leaf), profile, traits) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        return []

    def describe(self, leaf: Mapping[str, Any]) -> str:
        name, _ = _read(leaf)
        shown = read_comparison(Fields(leaf, ""), fixed_type=_fixed_type(name))
        return shown.describe(name)


def _read(leaf: Mapping[str, Any], path: str = "") -> tuple[str, Comparison]:
    """The trait's name, and the comparison with its texts written as the column holds them."""
    fields = Fields(leaf, path)
    name = fields.text("name", chars_max=limits.TRAIT_NAME_CHARS_MAX)
    comparison = read_comparison(fields, fixed_type=_fixed_type(name))
    fields.end("value", "value_type")
    if comparison.value_type is not ValueType.TEXT:
        return name, comparison
    return name, replace(
        comparison, values=tuple(_spelled(name, str(v), comparison, fields) for v in comparison.values)
    )


def _spelled(name: str, text: str, comparison: Comparison, fields: Fields) -> str:
    """The text as the column holds it."""
    is_part = comparison.op in PART_OPS
    column = PROFILE_COLUMNS.get(name)
    if column is None:
        spelled: str | None = text_key(text)
    else:
        spelled = column.part(text) if is_part else column.whole(text)
    if spelled is None or (is_part and not spelled):
        raise VuelveError(
            "invalid_value",
            f"No `{name}` can be compared with that text.",
            field=fields.at("value"),
            hint="Write it in full, e.g. MX, es-MX, ana@example.com, +525512345678.",
        )
    return spelled


def _fixed_type(name: str) -> ValueType | None:
    return PROFILE_COLUMNS[name].value_type if name in PROFILE_COLUMNS else None


def _aggregate(name: str, comparison: Comparison, profile: Source, traits: Source) -> Aggregate:
    is_column = name in PROFILE_COLUMNS

    def where(rows: "ir.Table") -> "ir.BooleanValue":
        if is_column:
            return comparison.holds(rows[name])
        if comparison.value_type is None:
            return ibis.or_(*(rows[column].notnull() for column in sorted(set(_TRAIT_COLUMNS.values()))))
        return comparison.holds(rows[_TRAIT_COLUMNS[comparison.value_type]])

    return Aggregate(
        source=profile if is_column else traits,
        # A customer without the trait has no row: `is_not` is true of them.
        test=(lambda rows: rows == 0) if comparison.is_negated else (lambda rows: rows > 0),
        names=None if is_column else frozenset([name]),
        where=where,
    )
