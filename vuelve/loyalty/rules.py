"""Until when points can be spent. Pure. How many an order earns: `sql/stand_orders.sql`."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vuelve.loyalty.contracts import ExpiryKind, Terms


def expires_at(terms: Terms, earned_at: datetime) -> datetime | None:
    """The first instant at which points earned then are gone; None: as long as nothing else says so.

    Inactivity is no date of its own: it moves with each earning and spending.
    """
    day = earned_at.astimezone(terms.zone).date()
    if terms.expiry == ExpiryKind.AGE:
        return _day_after(_month_end(day, terms.expiry_months), terms.zone)
    if terms.expiry == ExpiryKind.FIXED_DAY:
        last = _on(day.year, terms.expiry_month, terms.expiry_day)
        if last < day:
            last = _on(day.year + 1, terms.expiry_month, terms.expiry_day)
        return _day_after(last, terms.zone)
    return None


def inactive_before(terms: Terms, now: datetime) -> datetime | None:
    """Whoever has neither earned nor spent since then has lost the points; None if that never happens."""
    if terms.expiry != ExpiryKind.INACTIVITY:
        return None
    here = now.astimezone(terms.zone)
    return datetime.combine(
        _months_back(here.date(), terms.expiry_months), here.time(), terms.zone
    ).astimezone(UTC)


def _on(year: int, month: int, day: int) -> date:
    """29 February is the 28th in other years."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _month_end(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return _on(year, month + 1, 31)


def _months_back(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return _on(year, month + 1, day.day)


def _day_after(last: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
