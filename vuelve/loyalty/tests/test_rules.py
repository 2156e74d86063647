"""Until when points can be spent."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from vuelve.loyalty.contracts import ExpiryKind, Terms
from vuelve.loyalty.rules import expires_at, inactive_before
from vuelve.platform.ids import ShopId

TERMS = Terms(
    shop=ShopId(1),
    zone=ZoneInfo("America/Mexico_City"),  # UTC-6
    currency="MXN",
    rate_points=1,
    rate_minor=1_000,
    includes_shipping=False,
    includes_tax=False,
    approval_days=0,
    expiry=ExpiryKind.NEVER,
    expiry_months=12,
    expiry_month=12,
    expiry_day=31,
    allows_debt=False,
    counts_history=False,
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("months", "earned", "gone"),
    [
        (1, utc(2026, 1, 15), utc(2026, 3, 1, 6)),
        (12, utc(2026, 1, 31), utc(2027, 2, 1, 6)),
        (1, utc(2026, 2, 1, 5, 59), utc(2026, 3, 1, 6)),  # still January there
        (1, utc(2026, 2, 1, 6), utc(2026, 4, 1, 6)),
        (11, utc(2026, 1, 10), utc(2027, 1, 1, 6)),
    ],
)
def test_an_age_ends_with_its_month(months: int, earned: datetime, gone: datetime) -> None:
    terms = replace(TERMS, expiry=ExpiryKind.AGE, expiry_months=months)
    assert expires_at(terms, earned) == gone


@pytest.mark.parametrize(
    ("month", "day", "earned", "gone"),
    [
        (12, 31, utc(2026, 3, 1), utc(2027, 1, 1, 6)),
        (2, 29, utc(2026, 1, 1), utc(2026, 3, 1, 6)),
        (2, 29, utc(2027, 3, 1, 12), utc(2028, 3, 1, 6)),
        (3, 1, utc(2026, 3, 1, 12), utc(2026, 3, 2, 6)),
        (3, 1, utc(2026, 3, 2, 12), utc(2027, 3, 2, 6)),
    ],
)
def test_a_fixed_day_is_the_last_one(month: int, day: int, earned: datetime, gone: datetime) -> None:
    terms = replace(TERMS, expiry=ExpiryKind.FIXED_DAY, expiry_month=month, expiry_day=day)
    assert expires_at(terms, earned) == gone


def test_never_and_inactivity_have_no_date() -> None:
    assert expires_at(TERMS, utc(2026, 3, 1)) is None
    assert inactive_before(TERMS, utc(2026, 3, 1)) is None
    away = replace(TERMS, expiry=ExpiryKind.INACTIVITY, expiry_months=6)
    assert expires_at(away, utc(2026, 3, 1)) is None
    assert inactive_before(away, utc(2026, 8, 31, 12)) == utc(2026, 2, 28, 12)
