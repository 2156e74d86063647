"""Reading a payload: ids, times, shop money. Pure. What cannot be right raises VuelveError `payload`."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

NAME = "shopify"
Payload = Mapping[str, Any]

_GID = re.compile(r"gid://shopify/\w+/(\d+)(?:\?.*)?")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder(order="sorted").encode


def wrong(field: str, problem: str) -> VuelveError:
    return VuelveError(
        "payload",
        f"`{field}` {problem}.",
        field=field,
        hint="Retry it after an update of Vuelve; the payload is kept.",
    )


def number_of(value: Any) -> str:
    """`123`, `"123"` and `gid://shopify/Order/123` are all `123`; '' for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str):
        if value.isascii() and value.isdigit():
            return value.lstrip("0")
        if found := _GID.fullmatch(value):
            return found[1]
    return ""


def id_of(payload: Payload, field: str = "id") -> str:
    if not (found := number_of(payload.get(field))):
        raise wrong(field, "is missing or no id")
    return found


def user_id(customer: Any) -> str | None:
    """Shopify's ids are unique over all its stores; the prefix keeps them apart from those of other kinds of store."""
    found = number_of(customer.get("id") if isinstance(customer, dict) else customer)
    return f"{NAME}:{found}" if found else None


def time_or_none(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment >= _EPOCH else None


def time_of(payload: Payload, *fields: str) -> datetime:
    """The first of the fields that holds a time."""
    for field in fields:
        if moment := time_or_none(payload.get(field)):
            return moment
    raise wrong(fields[0], "is missing or no time")


def stamp(moment: datetime) -> str:
    """An instant in a message id: REST writes it in the store's zone, GraphQL in UTC."""
    return moment.strftime("%Y%m%dT%H%M%SZ")


def digest(value: Any) -> str:
    """Tells two states of one second apart."""
    return hashlib.sha256(_encode(value)).hexdigest()[:12]


def text(value: Any) -> str:
    """PostgreSQL keeps no NUL in text."""
    return value.replace("\x00", "").strip()[: limits.TRAIT_TEXT_CHARS_MAX] if isinstance(value, str) else ""


def email_of(*values: Any) -> str | None:
    for value in values:
        address = text(value).lower()
        if len(address) <= 254 and _EMAIL.fullmatch(address):
            return address
    return None


def phone_of(*values: Any) -> str | None:
    """Only numbers in international form say whose they are: without it they would need a country to guess from."""
    for value in values:
        digits = re.sub(r"[\s().-]", "", text(value))
        if _E164.fullmatch(digits):
            return digits
    return None


def items(payload: Payload, field: str) -> Iterator[Payload]:
    """The objects of a list; a list that is missing or null is empty."""
    found = payload.get(field)
    if found is None:
        return
    if not isinstance(found, list):
        raise wrong(field, "is no list")
    for item in found:
        if not isinstance(item, dict):
            raise wrong(field, "holds what is no object")
        yield item


def child(payload: Payload, field: str) -> Payload:
    found = payload.get(field)
    return found if isinstance(found, dict) else {}


def without_blanks(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A value that nobody stated is left out, so that the same thing looks the same however it was read."""
    return {name: value for name, value in properties.items() if value not in (None, "", [], {})}


# --- money ------------------------------------------------------------------------------------------------------


def amount(value: Any, field: str) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise wrong(field, "is no amount") from None
    if not found.is_finite() or abs(found) > limits.AMOUNT_MINOR_MAX:
        raise wrong(field, "is no amount")
    return found


def shop_amount(payload: Payload, field: str) -> Decimal | None:
    """An amount in the shop's currency: `<field>_set.shop_money`, else `<field>`, which REST states in it, too.

    Always shop money, never what the customer was shown: a customer who buys in dollars once and in pesos twice has
    one lifetime value, and it must add up with the store's own reports.
    """
    money = child(child(payload, f"{field}_set"), "shop_money")
    value = money.get("amount", payload.get(field))
    return None if value in (None, "") else amount(value, field)


def plain(value: Decimal) -> str:
    """One spelling of an amount: `10`, `10.0` and `10.00` are equal, and so must be the events that say them."""
    digits = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if digits in ("-0", "") else digits
