"""Numbers, money, dates as the reader writes them.

The reader's locale is their language with the country of the shop: a Mexican shop's Spanish writes 1,234.50,
an Argentine one's 1.234,50. Days begin in the zone that Django has activated, which for a shop is the shop's.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from django.utils import timezone
from django.utils.translation import get_language

from vuelve.platform.money import Money

_country: ContextVar[str] = ContextVar("country", default="")
_CODE_BEFORE_DIGIT = re.compile(r"[A-Z]{3}(?=\d)")
_FALLBACK = {"es": "es_419", "pt": "pt_BR", "en": "en_US"}


def activate_country(country: str) -> None:
    """The country (ISO 3166-1) whose habits the reader's language is written with; '' for none."""
    _country.set(country)


@contextmanager
def country(code: str) -> Iterator[None]:
    """For a block, e.g. of a job that writes for a shop."""
    token = _country.set(code)
    try:
        yield
    finally:
        _country.reset(token)


def locale() -> str:
    """Babel's name of the reader's locale, e.g. `es_MX`."""
    return _locale(get_language() or "es", _country.get())


@cache
def _locale(language: str, country: str) -> str:
    language = language[:2].lower()
    try:
        return str(Locale.parse(f"{language}_{country}"))
    except (UnknownLocaleError, ValueError):
        return _FALLBACK.get(language, language)


def number(value: int | float) -> str:
    return format_decimal(value, locale=locale())


def compact(value: int | float) -> str:
    """A number short enough for a narrow place: `156 k`."""
    return format_compact_decimal(value, locale=locale(), fraction_digits=1)


def percent(ratio: float, digits: int = 0) -> str:
    """0.125 as `13 %`."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    # The pattern's place of the sign is the locale's (`13 %` in Spanish, `13%` in English).
    suffix = "\N{NO-BREAK SPACE}%" if "\N{NO-BREAK SPACE}" in format_percent(0.1, locale=locale()) else "%"
    return format_decimal(ratio * 100, format=pattern, locale=locale()) + suffix


def money(amount_minor: int, currency: str) -> str:
    """`$1,240.50`; a currency that has no sign here is written as its code: `BRL 1,240.50`."""
    written = Money(amount_minor, currency).format(locale())
    return _CODE_BEFORE_DIGIT.sub(
        "\\g<0>\N{NO-BREAK SPACE}", written
    )  # CLDR wants the space, Babel leaves it out


def day(value: date | datetime) -> str:
    """`3 mar 2026`"""
    return format_date(_local_date(value), format="medium", locale=locale())


def day_short(value: date | datetime) -> str:
    """`3 mar`: where the year is plain."""
    return format_skeleton("MMMd", _local_date(value), locale=locale())


def day_long(value: date | datetime) -> str:
    """`martes, 3 de marzo de 2026`"""
    return format_date(_local_date(value), format="full", locale=locale())


def clock_time(value: datetime) -> str:
    """`14:05`"""
    return format_time(timezone.localtime(value), format="short", locale=locale())


def moment(value: datetime) -> str:
    """`3 mar 2026, 14:05`"""
    local = timezone.localtime(value)
    return f"{day(local.date())}, {format_time(local, format='short', locale=locale())}"


def instant(value: datetime, *, with_year: bool = False) -> str:
    """`3 mar, 14:05:09`: for those who compare times to the second."""
    local = timezone.localtime(value)
    written = day(local.date()) if with_year else day_short(local.date())
    return f"{written}, {format_time(local, format='medium', locale=locale())}"


def duration(value: timedelta) -> str:
    """`3 horas`, in the largest unit that fits."""
    return format_timedelta(value, threshold=1.5, locale=locale())


def _local_date(value: date | datetime) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value
