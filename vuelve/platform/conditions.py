"""How a leaf of a condition tree is read: its fields, operators and values, each refused with the field's path.

Shared by the `conditions.py` of all packages. The comparisons are the subset that PostgreSQL, DuckDB and Spark were
found to agree on: no patterns, no floats; text is compared by its code points, as the column holds it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import ibis
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, gettext_lazy, ngettext

from vuelve.platform import limits
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Aggregate, Promotion, ValueType

if TYPE_CHECKING:
    import ibis.expr.types as ir

Value = str | bool | Decimal | datetime

# What a typed column of numbers can hold: numeric(24, 6).
NUMBER_TYPE = "decimal(24, 6)"
NUMBER_MAX = Decimal(10) ** 18
NUMBER_DECIMALS_MAX = 6
TIME_TYPE = "timestamp('UTC')"
VALUES_SHOWN_MAX = 5


class Op(StrEnum):
    IS = "is"
    IS_NOT = "is_not"  # true also where there is no value at all: it is NOT `is`
    IN = "in"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IS_SET = "is_set"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


ORDER_OPS = (Op.GT, Op.GTE, Op.LT, Op.LTE)
PART_OPS = (Op.CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH)
THRESHOLD_OPS = (Op.IS, Op.IS_NOT, *ORDER_OPS)
_OPS: Mapping[ValueType, tuple[Op, ...]] = {
    ValueType.TEXT: (Op.IS, Op.IS_NOT, Op.IN, *PART_OPS, Op.IS_SET),
    ValueType.NUMBER: (Op.IS, Op.IS_NOT, Op.IN, *ORDER_OPS, Op.IS_SET),
    ValueType.MONEY: (Op.IS, Op.IS_NOT, Op.IN, *ORDER_OPS, Op.IS_SET),
    ValueType.BOOLEAN: (Op.IS, Op.IS_NOT, Op.IS_SET),
    ValueType.TIME: (*ORDER_OPS, Op.IS_SET),
}


THRESHOLD_PHRASES = {
    Op.IS: gettext_lazy("exactly %(value)s"),
    Op.IS_NOT: gettext_lazy("other than %(value)s"),
    Op.GT: gettext_lazy("more than %(value)s"),
    Op.GTE: gettext_lazy("at least %(value)s"),
    Op.LT: gettext_lazy("less than %(value)s"),
    Op.LTE: gettext_lazy("at most %(value)s"),
}
COMPARISON_PHRASES = {
    Op.IS: gettext_lazy("%(what)s is %(value)s"),
    Op.IS_NOT: gettext_lazy("%(what)s is not %(value)s"),
    Op.IN: gettext_lazy("%(what)s is one of %(value)s"),
    Op.CONTAINS: gettext_lazy("%(what)s contains %(value)s"),
    Op.STARTS_WITH: gettext_lazy("%(what)s starts with %(value)s"),
    Op.ENDS_WITH: gettext_lazy("%(what)s ends with %(value)s"),
    Op.IS_SET: gettext_lazy("%(what)s is set"),
    Op.GT: gettext_lazy("%(what)s is more than %(value)s"),
    Op.GTE: gettext_lazy("%(what)s is at least %(value)s"),
    Op.LT: gettext_lazy("%(what)s is less than %(value)s"),
    Op.LTE: gettext_lazy("%(what)s is at most %(value)s"),
}


class Fields:
    """The fields of one JSON object; each is asked for once, and `end` refuses what nobody asked for."""

    def __init__(self, found: object, path: str) -> None:
        if not isinstance(found, Mapping):
            raise VuelveError("invalid_type", "Expected an object.", field=path, hint="Write {...}.")
        self._found: Mapping[str, Any] = found
        self._asked: set[str] = set()
        self.path = path

    def at(self, name: str) -> str:
        return f"{self.path}.{name}"

    def has(self, name: str) -> bool:
        return name in self._found

    def get(self, name: str) -> Any:
        self._asked.add(name)
        if name not in self._found:
            raise VuelveError(
                "missing_field", f"`{name}` is missing.", field=self.at(name), hint=f"Add `{name}`."
            )
        return self._found[name]

    def text(self, name: str, *, chars_max: int) -> str:
        return read_text(self.get(name), self.at(name), chars_max=chars_max, may_be_empty=False)

    def choice(self, name: str, choices: tuple[Any, ...]) -> Any:
        """The member of `choices`, an enum's, that the field names."""
        found = self.get(name)
        for choice in choices:
            if isinstance(found, str) and choice == found:
                return choice
        raise VuelveError(
            "invalid_choice",
            f"`{name}` is none of those allowed here.",
            field=self.at(name),
            hint="Use one of: " + ", ".join(choices) + ".",
        )

    def whole(self, name: str, *, least: int, most: int) -> int:
        found = self.get(name)
        if not isinstance(found, int) or isinstance(found, bool):
            raise VuelveError(
                "invalid_type",
                f"`{name}` is no whole number.",
                field=self.at(name),
                hint="Write it without quotes.",
            )
        if not least <= found <= most:
            raise VuelveError(
                "out_of_range",
                f"`{name}` is out of range.",
                field=self.at(name),
                hint=f"From {least} to {most}.",
            )
        return found

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false; `default` if it is not there."""
        if not self.has(name):
            return default
        found = self.get(name)
        if not isinstance(found, bool):
            raise VuelveError(
                "invalid_type",
                f"`{name}` is neither true nor false.",
                field=self.at(name),
                hint="Write it without quotes.",
            )
        return found

    def days(self) -> int | None:
        """`within_days`, if it is there."""
        if not self.has("within_days"):
            return None
        return self.whole("within_days", least=1, most=limits.CONDITION_WINDOW_DAYS_MAX)

    def end(self, *others: str) -> None:
        """Refuse fields that were not asked for; `type` and `others` may be there."""
        for name in self._found:
            if name not in self._asked and name != "type" and name not in others:
                raise VuelveError(
                    "unknown_field",
                    "There is no such field here.",
                    field=self.at(str(name)[: limits.TRAIT_NAME_CHARS_MAX]),
                    hint="Known here: " + ", ".join(sorted(self._asked | set(others))) + ".",
                )


@dataclass(frozen=True, slots=True)
class Threshold:
    """A whole number, a count or an amount, and how a figure compares with it."""

    op: Op
    value: int

    def test(self, figure: "ir.NumericValue") -> "ir.BooleanValue":
        return _compare(figure, self.op, self.value)

    def describe(self, shown: str) -> str:
        """E.g. `at least 2`; `shown` is the value with its unit."""
        return str(THRESHOLD_PHRASES[self.op]) % {"value": shown}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A value, and how a column compares with it. `value_type` None: `is_set` on a column of any type."""

    op: Op
    values: tuple[Value, ...]
    value_type: ValueType | None

    @property
    def is_negated(self) -> bool:
        return self.op is Op.IS_NOT

    def holds(self, column: "ir.Value") -> "ir.BooleanValue":
        """Whether a row's column matches, `is_not` read as `is` (see `is_negated`); null where the column is null."""
        return _holds(column, self)

    def holds_of(self, column: "ir.Value") -> "ir.BooleanValue":
        """Whether a row's column matches; never null."""
        matched = ibis.coalesce(self.holds(column), ibis.literal(False))
        return ~matched if self.is_negated else matched

    def describe(self, what: str) -> str:
        """E.g. `country is MX`."""
        return str(COMPARISON_PHRASES[self.op]) % {"what": what, "value": shown_values(self.values)}


def read_text(found: object, path: str, *, chars_max: int, may_be_empty: bool) -> str:
    if not isinstance(found, str):
        raise VuelveError("invalid_type", "Expected a text.", field=path, hint='Write it in quotes: "...".')
    if not found and not may_be_empty:
        raise VuelveError("empty_value", "The text is empty.", field=path, hint="Write a text.")
    if len(found) > chars_max:
        raise VuelveError(
            "too_long", f"The text has {len(found)} characters.", field=path, hint=f"At most {chars_max}."
        )
    if "\x00" in found or any("\ud800" <= char <= "\udfff" for char in found):
        raise VuelveError(
            "invalid_text",
            "The text holds a NUL character or half of a surrogate pair.",
            field=path,
            hint="Remove it: no stored text can hold one.",
        )
    return found


def read_number(found: object, path: str) -> Decimal:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise VuelveError("invalid_type", "Expected a number.", field=path, hint="Write it without quotes.")
    # str(): 0.1 is meant, not the 55 digits of the nearest float.
    number = (
        found if isinstance(found, Decimal) else Decimal(str(found) if isinstance(found, float) else found)
    )
    if not number.is_finite() or abs(number) >= NUMBER_MAX:
        raise VuelveError(
            "out_of_range", "The number is too large, or none.", field=path, hint=f"Below {NUMBER_MAX:.0e}."
        )
    if number != round(number, NUMBER_DECIMALS_MAX):
        raise VuelveError(
            "too_precise",
            "The number has too many decimals.",
            field=path,
            hint=f"At most {NUMBER_DECIMALS_MAX}.",
        )
    return number


def read_time(found: object, path: str) -> datetime:
    wrong = VuelveError(
        "invalid_time",
        "Expected an instant with its offset from UTC.",
        field=path,
        hint='Write ISO 8601, e.g. "2026-03-01T00:00:00Z".',
    )
    if not isinstance(found, str):
        raise wrong
    try:
        instant = datetime.fromisoformat(found)
        if instant.tzinfo is None:
            raise wrong
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None


def read_threshold(fields: Fields, name: str, *, most: int, default: Threshold | None = None) -> Threshold:
    """An object {"op": ..., "value": ...} of a whole number from 0 to `most`."""
    if default is not None and not fields.has(name):
        return default
    inner = Fields(fields.get(name), fields.at(name))
    op: Op = inner.choice("op", THRESHOLD_OPS)
    threshold = Threshold(op=op, value=inner.whole("value", least=0, most=most))
    inner.end()
    return threshold


def read_comparison(fields: Fields, *, fixed_type: ValueType | None = None) -> Comparison:
    """`op`, `value` and `value_type` of a leaf. Without `value_type` the value's JSON type decides; times need it."""
    op: Op = fields.choice("op", tuple(Op))
    value_type = _value_type(fields, op, fixed_type)
    if value_type is not None and op not in _OPS[value_type]:
        raise VuelveError(
            "operator_mismatch",
            f"`{op}` does not go with a value of type {value_type}.",
            field=fields.at("op"),
            hint="Use one of: " + ", ".join(_OPS[value_type]) + ".",
        )
    if op is Op.IS_SET:
        return Comparison(op=op, values=(), value_type=value_type)
    found, path = fields.get("value"), fields.at("value")
    assert value_type is not None
    if op is not Op.IN:
        return Comparison(op=op, values=(_read_value(found, path, value_type, op),), value_type=value_type)
    values = read_list(found, path)
    read = [_read_value(value, f"{path}[{index}]", value_type, op) for index, value in enumerate(values)]
    return Comparison(op=op, values=tuple(read), value_type=value_type)


def read_list(found: object, path: str) -> list[Any]:
    if not isinstance(found, list):
        raise VuelveError("invalid_type", "Expected a list.", field=path, hint="Write [...].")
    if not found:
        raise VuelveError(
            "empty_value", "The list is empty: nothing is in it.", field=path, hint="Add a value."
        )
    if len(found) > limits.CONDITION_VALUES_MAX:
        raise VuelveError(
            "too_many_values",
            f"The list has {len(found)} values.",
            field=path,
            hint=f"At most {limits.CONDITION_VALUES_MAX}.",
        )
    return found


def literal(value: Value) -> "ir.Scalar":
    """A value as all engines must see it: numbers as decimals, instants in UTC."""
    if isinstance(value, bool):
        return ibis.literal(value)
    if isinstance(value, Decimal):
        return ibis.literal(value, type=NUMBER_TYPE)
    if isinstance(value, datetime):
        return ibis.literal(value, type=TIME_TYPE)
    return ibis.literal(value, type="string")


def shown_values(values: tuple[Value, ...]) -> str:
    """Values for people; of a long list the first few."""
    shown = ", ".join(_shown(value) for value in values[:VALUES_SHOWN_MAX])
    if (more := len(values) - VALUES_SHOWN_MAX) > 0:
        shown += " " + ngettext("and %(count)s more", "and %(count)s more", more) % {"count": more}
    return shown


def within(text: str, days: int | None) -> str:
    """The text of a leaf with its window."""
    if days is None:
        return text
    window = ngettext("in the last day", "in the last %(days)s days", days) % {"days": days}
    return gettext("%(condition)s %(window)s") % {"condition": text, "window": window}


def _value_type(fields: Fields, op: Op, fixed_type: ValueType | None) -> ValueType | None:
    if fields.has("value_type"):
        chosen: ValueType = fields.choice("value_type", (fixed_type,) if fixed_type else tuple(ValueType))
        return chosen
    if fixed_type is not None or op is Op.IS_SET:
        return fixed_type
    found = fields.get("value")
    if isinstance(found, list) and found:
        found = found[0]
    if isinstance(found, bool):
        return ValueType.BOOLEAN
    return ValueType.NUMBER if isinstance(found, int | float) else ValueType.TEXT


def _read_value(found: object, path: str, value_type: ValueType, op: Op) -> Value:
    if value_type is ValueType.TEXT:
        may_be_empty = op not in PART_OPS  # every text contains the empty one: that is `is_set`
        return read_text(found, path, chars_max=limits.TRAIT_TEXT_CHARS_MAX, may_be_empty=may_be_empty)
    if value_type is ValueType.BOOLEAN:
        if not isinstance(found, bool):
            raise VuelveError(
                "invalid_type", "Expected true or false.", field=path, hint="Write it without quotes."
            )
        return found
    if value_type is ValueType.TIME:
        return read_time(found, path)
    return read_number(found, path)


def _holds(column: "ir.Value", comparison: Comparison) -> "ir.BooleanValue":
    op, values = comparison.op, comparison.values
    if op is Op.IS_SET:
        return column.notnull()
    if op is Op.IN:
        return column.isin([literal(value) for value in values])
    value = literal(values[0])
    if op is Op.CONTAINS:
        return column.contains(value)
    if op is Op.STARTS_WITH:
        return column.startswith(value)
    if op is Op.ENDS_WITH:
        return column.endswith(value)
    return _compare(column, Op.IS if op is Op.IS_NOT else op, value)


def _compare(left: "ir.Value", op: Op, right: "ir.Value | int") -> "ir.BooleanValue":
    if op is Op.GT:
        return left > right
    if op is Op.GTE:
        return left >= right
    if op is Op.LT:
        return left < right
    if op is Op.LTE:
        return left <= right
    return left != right if op is Op.IS_NOT else left == right


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, Decimal):
        return str(number_format(value.normalize() if value % 1 else value.to_integral_value()))
    if isinstance(value, datetime):
        return str(date_format(value, "DATETIME_FORMAT"))
    return value


Read = TypeVar("Read")


class ReadKind(Generic[Read]):
    """A kind of leaf that reads its JSON once into a dataclass, from which the rest follows; it reads no event's property."""

    def read(self, leaf: Mapping[str, Any], path: str = "") -> Read:
        """Raises VuelveError with the field that is wrong."""
        raise NotImplementedError

    def aggregate(self, found: Read) -> Aggregate:
        raise NotImplementedError

    def words(self, found: Read) -> str:
        """One line for people, in the active language."""
        raise NotImplementedError

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        self.read(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        return [self.aggregate(self.read(leaf)) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        return []

    def describe(self, leaf: Mapping[str, Any]) -> str:
        return self.words(self.read(leaf))
