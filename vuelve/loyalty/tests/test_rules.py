"""How many points, and until when."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vuelve.loyalty.contracts import ExpiryKind, Terms
from vuelve.loyalty.rules import active_at, expires_at, inactive_before, points_for
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
    ("minor", "points"), [(10_500, 10), (999, 0), (1_000, 1), (0, 0), (-500, 0), (8_500, 8)]
)
def test_points_are_floored_once(minor: int, points: int) -> None:
    assert points_for(minor, rate_points=1, rate_minor=1_000) == points


@given(st.integers(0, 10**12), st.integers(1, 100), st.integers(1, 10**6), st.integers(1, 500))
def test_it_is_the_floor_of_the_exact_share(minor: int, points: int, per: int, percent: int) -> None:
    exact = Fraction(minor * points * percent, per * 100)
    found = points_for(minor, rate_points=points, rate_minor=per, multiplier_percent=percent)
    assert found <= exact < found + 1


def test_at_once_or_after_some_days() -> None:
    assert active_at(TERMS, utc(2026, 3, 1)) is None
    assert active_at(replace(TERMS, approval_days=14), utc(2026, 3, 1)) == utc(2026, 3, 15)


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
