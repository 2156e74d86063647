"""From the text of a cell to a value. Pure. Each raises `BadCellError` with a code and a reason for the reject file."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies

from vuelve.platform import limits

DATE_FORMATS = ("iso", "dmy", "mdy", "excel", "unix")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_EXCEL_EPOCH = datetime(1899, 12, 30)


class BadCellError(Exception):
    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


# --- numbers ------------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"-?\d{1,15}(?:\.\d{1,8})?").fullmatch
_MARKS = re.compile(r"[\s\u00a0\u202f']|[A-Z]{0,3}\$|R\$|S/\.?|€|£|\b[A-Z]{3}\b")
_NUMBERS = {
    ".": re.compile(r"-?(?:\d{1,15}|\d{1,3}(?:,\d{3})+)(?:\.\d{1,8})?").fullmatch,
    ",": re.compile(r"-?(?:\d{1,15}|\d{1,3}(?:\.\d{3})+)(?:,\d{1,8})?").fullmatch,
}


def number(text: str, decimal: str) -> str:
    """A number as JSON and PostgreSQL write it. `1.234,56` with a decimal comma is `1234.56`."""
    if decimal == "." and _PLAIN(text):
        return text
    bare = _MARKS.sub("", text)
    if not _NUMBERS[decimal](bare):
        other = "," if decimal == "." else "."
        if _NUMBERS[other](bare):
            raise BadCellError(
                "other_decimal_mark",
                f"`{_shown(text)}` does not fit the decimal mark `{decimal}` of this file.",
            )
        raise BadCellError("not_a_number", f"`{_shown(text)}` is no number.")
    return bare.replace(",", "") if decimal == "." else bare.replace(".", "").replace(",", ".")


def amount(text: str, decimal: str) -> str:
    """Not negative, and not past what can be meant."""
    value = number(text, decimal)
    if value[0] == "-" and float(value) != 0:
        raise BadCellError("negative", f"`{_shown(text)}` is less than nothing.")
    if len(value) > 9 and abs(float(value)) * 100 > limits.AMOUNT_MINOR_MAX:
        raise BadCellError("out_of_range", f"`{_shown(text)}` is larger than any amount that can be meant.")
    return value


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def currency(text: str) -> str:
    code = text.upper()
    if code not in _currencies():
        raise BadCellError("currency_unknown", f"`{_shown(text)}` is no currency of ISO 4217.")
    return code


# --- times --------------------------------------------------------------------------------------------------

_ISO = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
).fullmatch
_SLASHED = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2}|\d{4})"
    r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([aApP])\.?\s?[mM]\.?)?)?"
).fullmatch


def time_reader(style: str, zone: ZoneInfo, *, now: datetime) -> Callable[[str], datetime]:
    """A function from a cell to an instant. Times without a zone are in `zone`; none lies in the future."""
    latest = now + timedelta(seconds=limits.EVENT_FUTURE_SECONDS_MAX)
    read = {"iso": _iso, "dmy": _day_first, "mdy": _month_first, "excel": _excel, "unix": _unix}[style]

    def time(text: str) -> datetime:
        try:
            moment = read(text)
        except (ValueError, OverflowError):
            moment = None
        if moment is None and style not in ("iso", "unix"):
            moment = _quietly_iso(text)  # unmistakable, whatever the other cells look like
        if moment is None:
            raise BadCellError("not_a_time", f"`{_shown(text)}` is no date as this file writes them.")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        if 1970 <= moment.year <= latest.year + 1:  # others overflow when they are moved to another zone
            moment = moment.astimezone(UTC)
        if not EARLIEST <= moment <= latest:
            raise BadCellError("time_out_of_range", f"`{_shown(text)}` lies before 1970 or in the future.")
        return moment

    return time


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    match = _ISO(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    moment = datetime(year, month, day, hour, minute, second)
    if offset := match[7]:
        offset = "+00:00" if offset in ("Z", "UTC") else offset
        return datetime.fromisoformat(moment.isoformat() + offset)
    return moment


def _quietly_iso(text: str) -> datetime | None:
    try:
        return _iso(text)
    except (ValueError, OverflowError):
        return None


def _day_first(text: str) -> datetime | None:
    return _slashed(text, is_month_first=False)


def _month_first(text: str) -> datetime | None:
    return _slashed(text, is_month_first=True)


def _slashed(text: str, *, is_month_first: bool) -> datetime | None:
    match = _SLASHED(text)
    if match is None:
        return None
    first, second, year, hour, minute, seconds = (int(part or 0) for part in match.groups()[:6])
    if len(match[3]) == 2:
        year += 2000
    month, day = (first, second) if is_month_first else (second, first)
    if match[7]:
        hour = hour % 12 + (12 if match[7] in "pP" else 0)
    return datetime(year, month, day, hour, minute, seconds)


def _excel(text: str) -> datetime | None:
    """Days since the end of 1899, as Excel and Google Sheets count them."""
    try:
        days = float(text.replace(",", "."))
    except ValueError:
        return None
    if not 20_000 <= days <= 80_000:
        return None
    return _EXCEL_EPOCH + timedelta(seconds=round(days * 86_400))


def _unix(text: str) -> datetime | None:
    if not text.isdecimal() or len(text) not in (9, 10, 12, 13):
        return None
    return datetime.fromtimestamp(int(text) / (1000 if len(text) > 10 else 1), UTC)


# --- words --------------------------------------------------------------------------------------------------

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s.,;<>\"]+").fullmatch
_YES = frozenset(
    [
        "1",
        "true",
        "t",
        "yes",
        "y",
        "si",
        "sí",
        "s",
        "sim",
        "x",
        "verdadero",
        "verdadeiro",
        "ok",
        "subscribed",
        "suscrito",
        "inscrito",
        "opted_in",
        "opt-in",
        "granted",
        "consented",
    ]
)
_NO = frozenset(
    [
        "0",
        "false",
        "f",
        "no",
        "n",
        "não",
        "nao",
        "falso",
        "unsubscribed",
        "desuscrito",
        "descadastrado",
        "opted_out",
        "opt-out",
        "revoked",
        "cleaned",
        "suppressed",
    ]
)
_NEVER = frozenset(
    ["", "never_subscribed", "never subscribed", "nunca suscrito", "not_subscribed", "pending", "unknown"]
)


def email(text: str) -> str:
    address = text.lower()
    if len(address) > 254 or not _EMAIL(address):
        raise BadCellError("bad_email", f"`{_shown(text)}` is no e-mail address.")
    return address


def phone(text: str) -> str:
    """As written but for marks: whose country a number without prefix is of, identity decides."""
    number = text.lstrip("'").strip()
    if "e+" in number.lower():
        raise BadCellError(
            "bad_phone", f"`{_shown(text)}` was spoilt by a spreadsheet; export the column as text."
        )
    digits = sum(map(str.isdigit, number))
    if not 7 <= digits <= 17 or len(number) > 40 or re.search(r"[A-Za-z]{4}", number):
        raise BadCellError("bad_phone", f"`{_shown(text)}` is no telephone number.")
    return number


def boolean(text: str) -> bool:
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadCellError("not_yes_or_no", f"`{_shown(text)}` is neither yes nor no.")


def decision(text: str) -> bool | None:
    """What a column on consent says: granted, revoked, or nothing."""
    return None if text.casefold() in _NEVER else boolean(text)


def url(text: str) -> str:
    if not text.startswith(("http://", "https://")) or len(text) > 2000:
        raise BadCellError("bad_url", f"`{_shown(text)}` is no address of the web.")
    return text


def identity(text: str) -> str:
    if len(text) > limits.IDENTITY_CHARS_MAX:
        raise BadCellError(
            "too_long", f"The id has {len(text)} characters; at most {limits.IDENTITY_CHARS_MAX}."
        )
    return text


def order_id(text: str) -> str:
    if len(text) > limits.ORDER_ID_CHARS_MAX:
        raise BadCellError(
            "too_long", f"The id has {len(text)} characters; at most {limits.ORDER_ID_CHARS_MAX}."
        )
    return text


def quantity(text: str, decimal: str) -> str:
    value = number(text, decimal)
    if value[0] == "-":
        raise BadCellError("negative", f"A quantity of `{_shown(text)}` is less than nothing.")
    if float(value) > 1_000_000:
        raise BadCellError("out_of_range", f"A quantity of `{_shown(text)}` cannot be meant.")
    return value


def words(text: str) -> list[str]:
    """`Shoes > Boots, Sale` names three."""
    return [word for part in re.split(r"[,;|>]", text) if (word := part.strip())][:50]
