"""Filters: python-liquid's, as far as they are safe, each within bounds; and ours for money and dates.

Money is an integer in minor units: `{{ coupon.amount_minor | money: coupon.currency }}`. Event properties carry
major units, as the store sent them: `{{ event.total | money_major: event.currency }}`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from liquid.exceptions import FilterArgumentError, LiquidError
from liquid.filter import with_context
from liquid.undefined import is_undefined

from vuelve.channels.templating import amounts
from vuelve.platform import limits
from vuelve.platform.money import to_minor

if TYPE_CHECKING:
    from vuelve.channels.templating.environment import Context, Formatting

Filter = Callable[..., Any]

TEXT_CHARS_MAX = limits.RENDER_OUTPUT_BYTES_MAX
LIST_ITEMS_MAX = 2_000
INTEGER_BITS_MAX = 256  # more than any amount; without a bound `times` in a loop doubles the digits each time
HTML_CHARS_MAX = 20_000  # the standard library's parser is slow on hostile input

# Left out: `safe` (customers' data must stay escaped), `escapejs` (no scripts in messages), the decoders (nothing
# in a template is base64), `date` (replaced: it reads the wall clock, and its formats can be made to fill memory).
_LEFT_OUT = {"safe", "escapejs", "base64_decode", "base64_url_safe_decode", "date"}


class SizeLimitError(LiquidError):
    """A value grew past what a template may hold."""


def size_of(value: object) -> int:
    """Characters of a text, items of a list, else 1."""
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    return 1


def as_integer(value: object) -> int:
    """As python-liquid reads the ends of a range: what is no integer is 0."""
    try:
        return int(value) if isinstance(value, int | float | str) and len(str(value)) < 100 else 0
    except (ValueError, OverflowError):
        return 0


def _check(name: str, value: object) -> int:
    """What a value costs to look at, in work units; raises SizeLimitError if it is too large."""
    if isinstance(value, str):
        if len(value) > TEXT_CHARS_MAX:
            raise SizeLimitError(f"{name}: a text has more than {TEXT_CHARS_MAX} characters", token=None)
        return len(value) >> 8
    if isinstance(value, list | tuple | range):
        if len(value) > LIST_ITEMS_MAX:
            raise SizeLimitError(f"{name}: a list has more than {LIST_ITEMS_MAX} items", token=None)
        return len(value) >> 4
    if isinstance(value, int) and value.bit_length() > INTEGER_BITS_MAX:
        raise SizeLimitError(f"{name}: a number is too large", token=None)
    return 0


def _replaced_size(value: object, old: object = "", new: object = "", *_: object) -> int:
    text, old, new = str(value), str(old), str(new)
    times = text.count(old) if old else len(text) + 1
    return len(text) + times * max(len(new) - len(old), 0)


def _joined_size(value: object, separator: object = " ", *_: object) -> int:
    if not isinstance(value, list | tuple | range):
        return size_of(value)
    return sum(len(str(item)) for item in value) + len(value) * len(str(separator))


# Filters whose result can be much larger than what they are given.
_RESULT_SIZE: dict[str, Callable[..., int]] = {"replace": _replaced_size, "join": _joined_size}


def _bounded(name: str, function: Filter) -> Filter:
    wants_environment = getattr(function, "with_environment", False)
    wants_context = getattr(function, "with_context", False)
    result_size = _RESULT_SIZE.get(name)

    def bounded(value: Any, *args: Any, context: "Context", **options: Any) -> Any:
        units = _check(name, value)
        for arg in args:
            units += _check(name, arg)
        context.spend(1 + units)
        if name == "strip_html" and isinstance(value, str) and len(value) > HTML_CHARS_MAX:
            raise SizeLimitError(f"strip_html: a text has more than {HTML_CHARS_MAX} characters", token=None)
        if result_size is not None and result_size(value, *args) > TEXT_CHARS_MAX:
            raise SizeLimitError(f"{name}: the result is too large", token=None)
        if wants_environment:
            options["environment"] = context.env
        if wants_context:
            options["context"] = context
        result = function(value, *args, **options)
        _check(name, result)
        return result

    bounded.with_context = True  # type: ignore[attr-defined]
    return bounded


def allowed(builtin: Mapping[str, Filter]) -> dict[str, Filter]:
    """The filters of templates by name."""
    kept = {name: function for name, function in builtin.items() if name not in _LEFT_OUT}
    ours: dict[str, Filter] = {
        "money": money,
        "money_major": money_major,
        "date": localized_date,
        "number": number,
    }
    return {name: _bounded(name, function) for name, function in (kept | ours).items()}


# --- money and numbers -------------------------------------------------------------------------------------


@with_context
def money(value: object, currency: object = None, *, context: "Context") -> str:
    """An amount in minor units, as the reader writes it: `{{ 123450 | money: "MXN" }}` is $1,234.50."""
    if _is_missing(value):
        return ""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise FilterArgumentError(
            f"money: {value!r} is not an integer in minor units; see money_major", token=None
        )
    try:
        amount = int(value)
    except ValueError as error:
        raise FilterArgumentError(
            f"money: {value!r} is not an integer in minor units; see money_major", token=None
        ) from error
    return _format_money("money", amount, currency, context.formatting)


@with_context
def money_major(value: object, currency: object = None, *, context: "Context") -> str:
    """An amount in major units, as stores send it: `{{ "1234.5" | money_major: "MXN" }}` is $1,234.50."""
    if _is_missing(value):
        return ""
    code = _currency("money_major", currency, context.formatting)
    try:
        amount = to_minor(str(value), code)
    except ValueError as error:
        raise FilterArgumentError(f"money_major: {value!r} is not an amount", token=None) from error
    return _format_money("money_major", amount, code, context.formatting)


@with_context
def number(value: object, *, context: "Context") -> str:
    """A number with the reader's separators: `{{ 1234.5 | number }}` is 1,234.5 in Mexico, 1.234,5 in Brazil."""
    if _is_missing(value):
        return ""
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise FilterArgumentError(f"number: {value!r} is not a number", token=None) from error
    if not amount.is_finite() or amount.adjusted() > 30:
        raise FilterArgumentError(f"number: {value!r} cannot be written out", token=None)
    return format_decimal(amount, locale=babel_locale(context.formatting.locale))


def _currency(name: str, currency: object, formatting: "Formatting") -> str:
    code = str(formatting.currency if _is_missing(currency) else currency).upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise FilterArgumentError(f"{name}: {currency!r} is not a currency", token=None)
    return code


def _format_money(name: str, amount_minor: int, currency: object, formatting: "Formatting") -> str:
    if abs(amount_minor) > limits.AMOUNT_MINOR_MAX:
        raise FilterArgumentError(f"{name}: the amount is too large", token=None)
    code = _currency(name, currency, formatting)
    return amounts.writer(babel_locale(formatting.locale), code)(amount_minor)


# --- dates ---------------------------------------------------------------------------------------------------

_STYLES = {"short", "medium", "long", "full"}

# strftime's directives, which Liquid uses, in CLDR's letters.
_DIRECTIVES = {
    "a": "EEE", "A": "EEEE", "b": "MMM", "B": "MMMM", "h": "MMM",
    "d": "dd", "-d": "d", "e": "d", "m": "MM", "-m": "M", "y": "yy", "Y": "yyyy", "j": "D",
    "H": "HH", "-H": "H", "I": "hh", "-I": "h", "k": "H", "l": "h", "M": "mm", "-M": "m", "S": "ss", "-S": "s",
    "p": "a", "P": "a", "Z": "zzz", "z": "ZZZ", "F": "yyyy-MM-dd", "T": "HH:mm:ss", "R": "HH:mm", "D": "MM/dd/yy",
}  # fmt: skip


@with_context
def localized_date(value: object, style: object = "medium", *, context: "Context") -> str:
    """A day or an instant, in the reader's language and time zone.

    `style` is short, medium, long or full, or strftime's: `{{ coupon.expires_on | date: "%-d de %B" }}`. A text
    that is no ISO 8601 date is left as it is, as everywhere in Liquid. There is no "now": a message is rendered
    again when it is looked at, and must say the same.
    """
    if _is_missing(value):
        return ""
    moment = _moment(value, context.formatting.time_zone)
    if moment is None:
        return str(value)
    return _format_moment(moment, "medium" if _is_missing(style) else str(style), context.formatting.locale)


def _moment(value: object, time_zone: str) -> date | datetime | None:
    text = str(value)
    if len(text) > 40:
        return None
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return instant.astimezone(ZoneInfo(time_zone))


@lru_cache(maxsize=5_000)  # the messages of a batch mostly name the same few days
def _format_moment(moment: date | datetime, style: str, locale_name: str) -> str:
    locale = babel_locale(locale_name)
    if style in _STYLES:
        if isinstance(moment, datetime):
            return f"{format_date(moment, style, locale)}, {format_time(moment, 'short', locale=locale)}"
        return format_date(moment, style, locale)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return format_datetime(moment, _cldr_pattern(style), locale=locale)


@lru_cache(maxsize=500)
def _cldr_pattern(style: str) -> str:
    """strftime's format as a CLDR pattern."""
    if len(style) > 100:
        raise FilterArgumentError("date: the format is too long", token=None)
    parts: list[str] = []
    text = ""  # letters are directives in CLDR, so what is meant literally is quoted
    position = 0
    while position < len(style):
        letter, position = style[position], position + 1
        if letter != "%":
            text += letter
            continue
        directive = style[position : position + (2 if style[position : position + 1] == "-" else 1)]
        position += len(directive)
        if directive == "%":
            text += "%"
            continue
        if directive not in _DIRECTIVES:
            raise FilterArgumentError(f"date: %{directive} is not known", token=None)
        parts += [_quoted(text), _DIRECTIVES[directive]]
        text = ""
    return "".join([*parts, _quoted(text)])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'" if text else ""


def _is_missing(value: object) -> bool:
    return value is None or value == "" or is_undefined(value)


@lru_cache(maxsize=200)
def babel_locale(name: str) -> Locale:
    """CLDR's data for `es-MX`, `pt-BR`, ...; for what it does not know, that of the language, else English."""
    for candidate in (name, name.split("-")[0]):
        try:
            return Locale.parse(candidate.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
