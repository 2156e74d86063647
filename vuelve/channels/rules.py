"""Pure rules of sending: which language, when not, how long to wait before another try, what is an address."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

# Local wall time. Promotions wait from the first to the second.
QUIET_FROM = time(21, 0)
QUIET_UNTIL = time(8, 0)

# Waits between tries of one message: 30 s, 1, 2, 4 min. A provider may ask for longer.
RETRY_SECONDS_FIRST = 30.0
RETRY_SECONDS_MAX = 3600.0

# RFC 5321: 64 octets before the @, 254 in all.
ADDRESS_CHARS_MAX = 254
_ADDRESS = re.compile(r"[^\s@<>,;:\\\"()\[\]\x00-\x1f\x7f]{1,64}@[^\s@<>,;:\\\"()\[\]\x00-\x1f\x7f]{1,253}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


# --- language ------------------------------------------------------------------------------------------------


def choose_locale(
    contents: Sequence[str],
    *,
    customer_locale: str | None,
    customer_country: str | None,
    shop_locale: str,
    shop_country: str,
) -> str:
    """The reader's locale for a template with these contents, with a region where one is known, e.g. es-MX.

    The customer's language if the template has it, else the shop's, else the first of the contents in
    alphabetical order. The region decides how amounts and days are written: `$1,234.50` in es-MX, `1.234,50 MXN` in es.
    """
    if customer_locale and same_language(customer_locale, contents):
        return _with_region(_tidy(customer_locale), customer_country, shop_country)
    if same_language(shop_locale, contents):
        return _with_region(_tidy(shop_locale), customer_country, shop_country)
    return sorted(contents)[0]


def choose_content(contents: Sequence[str], locale: str) -> str:
    """Which of a template's contents a reader of `locale` is given: the same locale, its language, else the first."""
    wanted = _tidy(locale)
    by_tidy = {_tidy(name): name for name in sorted(contents)}
    if wanted in by_tidy:
        return by_tidy[wanted]
    spoken = language(locale)
    if spoken in by_tidy:
        return by_tidy[spoken]
    found = [name for name in by_tidy.values() if language(name) == spoken]
    return found[0] if found else sorted(contents)[0]


def language(locale: str) -> str:
    return _tidy(locale).split("-")[0]


def same_language(locale: str, contents: Iterable[str]) -> bool:
    return any(language(name) == language(locale) for name in contents)


@lru_cache(maxsize=500)
def _tidy(locale: str) -> str:
    """`pt_br` as `pt-BR`; scripts and variants are left out."""
    parts = [part for part in re.split(r"[-_]", locale.strip()) if part]
    region = next((part.upper() for part in parts[1:] if len(part) == 2 and part.isalpha()), "")
    spoken = parts[0].lower() if parts else ""
    return f"{spoken}-{region}" if region else spoken


@lru_cache(maxsize=500)
def _with_region(locale: str, *countries: str | None) -> str:
    if "-" in locale:
        return locale
    for country in countries:
        if country and _exists(f"{locale}_{country.upper()}"):
            return f"{locale}-{country.upper()}"
    return locale


def _exists(name: str) -> bool:
    try:
        Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return False
    return True


# --- time ------------------------------------------------------------------------------------------------------


def quiet_until(now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that `now` falls into end, in UTC; None if it is not quiet there."""
    local = now.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return None
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(day, QUIET_UNTIL, tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=1_000)
def zone_or_none(name: str | None) -> ZoneInfo | None:
    """A time zone by its IANA name; None if there is none: what devices say cannot be trusted."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def instant_or_none(text: str | None) -> datetime | None:
    """An ISO 8601 instant with its offset, or None."""
    try:
        instant = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def retry_after(attempts: int, asked_seconds: float) -> timedelta:
    """How long to wait after the `attempts`-th try failed."""
    backoff = RETRY_SECONDS_FIRST * 2.0 ** min(attempts - 1, 20)
    return timedelta(seconds=min(max(backoff, asked_seconds), RETRY_SECONDS_MAX))


# --- text -------------------------------------------------------------------------------------------------------


def is_address(text: str) -> bool:
    """Whether a text can be an e-mail's recipient and cannot be anything else, such as a second header."""
    return len(text) <= ADDRESS_CHARS_MAX and _ADDRESS.fullmatch(text) is not None


def one_line(text: str) -> str:
    """A text for a header or a list: no line breaks, no control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def reason(code: str, detail: str = "") -> str:
    """What is kept as a message's reason: a code, by which reasons are counted, and what it was about."""
    detail = one_line(detail)[:200]
    return f"{code}: {detail}" if detail else code


def reason_code(text: str) -> str:
    return text.split(":", 1)[0]
