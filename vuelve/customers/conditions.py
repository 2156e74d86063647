"""Conditions on who a customer is: columns of the profile, and traits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
from django.utils.translation import gettext, gettext_lazy

from vuelve.customers.rules.texts import country_code, locale_tag, normal_email, text_key
from vuelve.platform import limits
from vuelve.platform.conditions import (
    PART_OPS,
    TIME_TYPE,
    Comparison,
    Fields,
    ReadKind,
    read_comparison,
    shown_values,
)
from vuelve.platform.db import Cursor
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import (
    Aggregate,
    Grain,
    Input,
    InputKind,
    Promotion,
    Source,
    Text,
    ValueType,
)
from vuelve.platform.ids import CustomerId, ShopId
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


CONSENT = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "channel": "string",
        "purpose": "string",
        "is_granted": "boolean",
    },
    name="customers_consent",
)

BUCKETS = 10_000
# A Lehmer step modulo primes: products stay below 2^63, and every engine and Python give the same number.
_BUCKET_PRIME, _BUCKET_FACTOR, _BUCKET_SALT = 999_983, 48_271, 7_919
SALT_MAX = 1_000_000


def bucket_of(customer: int, salt: int = 0) -> int:
    """The bucket, 0 to 9,999, of a customer: stable, and for another salt another one."""
    return (customer % _BUCKET_PRIME * _BUCKET_FACTOR + salt * _BUCKET_SALT) % _BUCKET_PRIME % BUCKETS


@dataclass(frozen=True, slots=True)
class _Consent:
    channel: str
    purpose: str


class ConsentCondition(ReadKind[_Consent]):
    """{"type": "consent", "channel": "email", "purpose": "marketing"}: has agreed, and not withdrawn it."""

    key: ClassVar[str] = "consent"
    label: Text = gettext_lazy("Has agreed to messages")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("channel", InputKind.TEXT, gettext_lazy("Channel"), suggests="channels", default={"": "email"}),
        Input(
            "purpose",
            InputKind.CHOICE,
            gettext_lazy("Purpose"),
            choices=(
                ("marketing", gettext_lazy("Marketing")),
                ("loyalty", gettext_lazy("Loyalty")),
                ("survey", gettext_lazy("Surveys")),
            ),
        ),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> _Consent:
        fields = Fields(leaf, path)
        channel = fields.text("channel", chars_max=20)
        purpose = fields.choice("purpose", ("marketing", "loyalty", "survey"))
        fields.end()
        return _Consent(channel, purpose)

    def aggregate(self, found: _Consent) -> Aggregate:
        return Aggregate(
            source=Source(rows=CONSENT, grain=Grain.PROFILE),
            test=lambda rows: rows > 0,
            where=lambda rows: (
                (rows.channel == found.channel) & (rows.purpose == found.purpose) & rows.is_granted
            ),
        )

    def words(self, found: _Consent) -> str:
        return gettext("has agreed to %(purpose)s by %(channel)s") % {
            "purpose": dict(self.inputs[1].choices)[found.purpose],
            "channel": found.channel,
        }


@dataclass(frozen=True, slots=True)
class _Bucket:
    first: int
    last: int
    salt: int


class BucketCondition(ReadKind[_Bucket]):
    """{"type": "bucket", "first": 0, "last": 499, "salt": 1}: a random part of all customers, always the same one for a salt."""

    key: ClassVar[str] = "bucket"
    label: Text = gettext_lazy("A random part")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("first", InputKind.WHOLE, gettext_lazy("From bucket (0 to 9999)"), default={"": "0"}),
        Input("last", InputKind.WHOLE, gettext_lazy("To bucket (0 to 9999)"), default={"": "999"}),
        Input("salt", InputKind.WHOLE, gettext_lazy("Which draw"), is_optional=True),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> _Bucket:
        fields = Fields(leaf, path)
        first = fields.whole("first", least=0, most=BUCKETS - 1)
        last = fields.whole("last", least=first, most=BUCKETS - 1)
        salt = fields.whole("salt", least=0, most=SALT_MAX) if fields.has("salt") else 0
        fields.end("salt")
        return _Bucket(first, last, salt)

    def aggregate(self, found: _Bucket) -> Aggregate:
        def inside(rows: "ir.Table") -> "ir.BooleanValue":
            step = (
                rows.customer_id % _BUCKET_PRIME * _BUCKET_FACTOR + found.salt * _BUCKET_SALT
            ) % _BUCKET_PRIME
            return (step % BUCKETS).between(found.first, found.last)

        return Aggregate(
            source=Source(rows=CUSTOMER.rename(customer_id="id"), grain=Grain.PROFILE),
            test=lambda rows: rows > 0,
            where=inside,
        )

    def words(self, found: _Bucket) -> str:
        part = (found.last - found.first + 1) * 100 / BUCKETS
        return gettext("is in a random %(percent)s %% of all customers") % {"percent": f"{part:g}"}


class TraitCondition:
    """{"type": "trait", "name": "country", "op": "is", "value": "MX"}"""

    key: ClassVar[str] = "trait"
    label: Text = gettext_lazy("Who they are")

    inputs: ClassVar[tuple[Input, ...]] = (
        Input("name", InputKind.TEXT, gettext_lazy("Trait"), suggests="traits"),
        Input("", InputKind.COMPARISON, gettext_lazy("Value"), suggests="values"),
    )

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

    def found(
        self,
        cursor: Cursor,
        shop: ShopId,
        customer: CustomerId,
        leaf: Mapping[str, Any],
        figure: Decimal | int,
    ) -> str:
        """The customer's own value: how many rows match says nothing to anybody."""
        name = leaf["name"]
        if name in PROFILE_COLUMNS:
            row = cursor.execute(
                f"SELECT {name} FROM customers_customer WHERE shop_id = %s AND id = %s", [shop, customer]
            ).fetchone()
        else:
            row = cursor.execute(
                "SELECT text_value FROM customers_trait WHERE shop_id = %s AND customer_id = %s AND name = %s",
                [shop, customer, name],
            ).fetchone()
        if row is None or row[0] is None:
            return "–"
        return shown_values((row[0],))


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
