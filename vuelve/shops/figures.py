"""A shop's numbers by day, kept once a day is over: a page that looks over a year reads days, not a million orders.

Orders are refunded and profiles merged later, so days are counted anew: those of the last weeks once an hour, all once a day
(`FiguresTick`). What is not kept is counted when it is asked for, so a page is right without the tick, only slower. The day
that is not over is always counted: its number is as fresh as everything else.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from vuelve.platform import jobs
from vuelve.platform.clock import Clock, real
from vuelve.platform.db import Cursor, Statements, for_shop
from vuelve.platform.extension import DailyFigures, registry
from vuelve.platform.ids import ShopId
from vuelve.platform.ui.periods import Period
from vuelve.shops.queries import all_shop_ids, facts

SQL = Statements(__file__)

Numbers = tuple[int, ...]

DAYS_KEPT = 2 * 366 + 7  # a year, and the one before it
RECENT_DAYS = 35
RECENT_AGE = timedelta(minutes=50)
WHOLE_AGE = timedelta(hours=23)


def by_bucket(shop: ShopId, figures: DailyFigures, period: Period, *, currency: str) -> dict[date, Numbers]:
    """The numbers of the period's days or weeks, by their first day; those without any are left out."""
    found: dict[date, list[int]] = defaultdict(lambda: [0] * figures.width)
    for day, numbers in by_day(shop, figures, period, currency=currency).items():
        first = day if period.unit == "day" else day - timedelta(days=day.weekday())
        for place, number in enumerate(numbers):
            found[first][place] += number
    return {day: tuple(numbers) for day, numbers in found.items() if any(numbers)}


def by_day(shop: ShopId, figures: DailyFigures, period: Period, *, currency: str) -> dict[date, Numbers]:
    """Of each day that has any."""
    where = {"shop": shop, "name": figures.name, "zone": period.zone.key, "currency": currency}
    with for_shop(shop) as cursor:
        kept = _kept(cursor, where, period.first_day, period.last_day)
        whole = [period.first_day + timedelta(days=n) for n in range(period.days - 1)]
        missing = [day for day in whole if day not in kept]
        counted: dict[date, Numbers] = {}
        if missing:
            # At most two stretches are missing in earnest: what lies between is counted for nothing.
            end = _midnight(missing[-1] + timedelta(days=1), period.zone)
            counted |= _count(cursor, figures, where, _midnight(missing[0], period.zone), end)
        counted |= _count(cursor, figures, where, _midnight(period.last_day, period.zone), period.end)
    return counted | {day: numbers for day, numbers in kept.items() if day != period.last_day}


def _kept(cursor: Cursor, where: Mapping[str, Any], first: date, last: date) -> dict[date, Numbers]:
    rows = cursor.execute(SQL["kept_figures"], {**where, "first": first, "last": last}).fetchall()
    return {row[0]: tuple(row[1]) for row in rows}


def _count(
    cursor: Cursor, figures: DailyFigures, where: Mapping[str, Any], start: datetime, end: datetime
) -> dict[date, Numbers]:
    if start >= end:
        return {}
    rows = cursor.execute(figures.statement, {**where, "start": start, "end": end}).fetchall()
    return {row[0]: tuple(int(number) for number in row[1:]) for row in rows}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


# --- keeping -------------------------------------------------------------------------------------------------------


class FiguresTick:
    """Once an hour a job for each shop: counting a year of a large one takes seconds, and the worker's loop has none."""

    name: ClassVar[str] = "figures"
    interval_seconds: ClassVar[float] = 3_600.0

    def tick(self, clock: Clock) -> int:
        for shop in all_shop_ids():
            jobs.defer(KEEP, unique=f"figures {shop}", shop=shop)
        return 0


KEEP = "shops.keep_figures"


@jobs.job(KEEP)
def keep_figures(*, shop: int) -> None:
    """Idempotent: the same numbers again."""
    keep(ShopId(shop), now=real.now())


def keep(shop: ShopId, *, now: datetime) -> int:
    """Count what is due of all sources; how many days were written."""
    of = facts(shop)
    today = now.astimezone(of.zone).date()
    written = 0
    for figures in registry.daily_figures:
        where = {"shop": shop, "name": figures.name, "zone": of.zone.key, "currency": of.currency}
        with for_shop(shop) as cursor:
            row = cursor.execute(
                SQL["figures_age"], {**where, "recent": today - timedelta(days=RECENT_DAYS), "today": today}
            ).fetchone()
            assert row is not None
            recent_at, whole_at = row
            if whole_at is None or now - whole_at >= WHOLE_AGE:
                days = DAYS_KEPT
            elif recent_at is None or now - recent_at >= RECENT_AGE:
                days = RECENT_DAYS
            else:
                continue
            written += _keep(cursor, figures, where, today - timedelta(days=days), today, of.zone, now)
    return written


def _keep(
    cursor: Cursor,
    figures: DailyFigures,
    where: Mapping[str, Any],
    first: date,
    today: date,
    zone: ZoneInfo,
    now: datetime,
) -> int:
    counted = _count(cursor, figures, where, _midnight(first, zone), _midnight(today, zone))
    days = [first + timedelta(days=n) for n in range((today - first).days)]
    none = (0,) * figures.width
    cursor.execute(
        SQL["keep_figures"],
        {
            **where,
            "now": now,
            "days": days,
            # One text a day: PostgreSQL has no arrays of arrays of different meaning.
            "numbers": ["{" + ",".join(map(str, counted.get(day, none))) + "}" for day in days],
        },
    )
    return len(days)
