"""Pure rules of coupons; no database, no clock."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import is_currency

from vuelve.commerce.contracts import COUPON_VALID_DAYS_DEFAULT, COUPON_VALID_DAYS_MAX, CouponTerms
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CODE_ALPHABET

CODE_CHARS = 10  # 30^10 = 590 million million codes


def coupon_code(*, signing_key: str, key: str, attempt: int = 0) -> str:
    """The code that belongs to an idempotency key: the same each time, and not to be guessed without the shop's key.

    `attempt` > 0 gives the next candidate when another coupon of the shop has the code already.
    """
    digest = hmac.new(signing_key.encode(), f"coupon:{attempt}:{key}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(CODE_CHARS):
        number, remainder = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[remainder])
    return "".join(letters)


def normalise_code(text: str) -> str:
    """As a code is compared, however it was typed."""
    return text.strip().upper()


def coupon_expires_at(*, issued_at: datetime, valid_days: int, zone: ZoneInfo) -> datetime:
    """The end of the Nth local day after the day of issue: an offer of N days lasts at least N times 24 hours.

    The day of issue is not counted (as in law: a period begins with the first day after the event), so that an
    offer of one day made at 23:50 does not end ten minutes later.
    """
    last_day = issued_at.astimezone(zone).date() + timedelta(days=valid_days)
    midnight = datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=zone)
    return midnight.astimezone(UTC)


def check_coupon_terms(config: Mapping[str, Any], path: str) -> CouponTerms:
    """The terms in a configuration; raises VuelveError naming the field that is wrong."""
    percent, amount, currency = (config.get(name) for name in ("percent", "amount_minor", "currency"))
    if (percent is None) == (amount is None):
        raise VuelveError(
            "coupon_value",
            "A coupon is worth either a percentage or an amount.",
            field=f"{path}.percent",
            hint="Give `percent`, or `amount_minor` with `currency`.",
        )
    if percent is not None and not _is_integer(percent, 1, 100):
        raise VuelveError(
            "coupon_percent", "`percent` must be a whole number from 1 to 100.", field=f"{path}.percent"
        )
    if amount is not None and not _is_integer(amount, 1, limits.AMOUNT_MINOR_MAX):
        raise VuelveError(
            "coupon_amount",
            "`amount_minor` must be a positive whole number.",
            field=f"{path}.amount_minor",
            hint="In the currency's smallest unit: 1050 for 10.50.",
        )
    if (amount is None) != (currency is None):
        raise VuelveError(
            "coupon_currency",
            "`currency` belongs to `amount_minor`, and only to it.",
            field=f"{path}.currency",
        )
    if currency is not None and not (isinstance(currency, str) and is_currency(currency)):
        raise VuelveError(
            "coupon_currency",
            "`currency` is not a currency code.",
            field=f"{path}.currency",
            hint="An ISO 4217 code, such as MXN.",
        )
    days = config.get("valid_days", COUPON_VALID_DAYS_DEFAULT)
    if not _is_integer(days, 1, COUPON_VALID_DAYS_MAX):
        raise VuelveError(
            "coupon_valid_days",
            f"`valid_days` must be a whole number from 1 to {COUPON_VALID_DAYS_MAX}.",
            field=f"{path}.valid_days",
        )
    return CouponTerms(percent=percent, amount_minor=amount, currency=currency, valid_days=days)


_OUTPUT = re.compile(r"[a-z][a-z0-9_]{0,39}")


def is_output_name(value: object) -> bool:
    """Whether templates can use it as a variable."""
    return isinstance(value, str) and _OUTPUT.fullmatch(value) is not None


def _is_integer(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
