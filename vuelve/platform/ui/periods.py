"""The period of a page: the last N days in the shop's zone, kept in the address as `?days=28`.

It ends now; the period before it has the same length and ends at the same time of day, so that an unfinished
day is compared with the same part of an earlier one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

CHOICES_DAYS = (7, 28, 90, 365)
DEFAULT_DAYS = 28
DAYS_PER_BAR_MAX = 90  # more bars than this are thinner than a finger or a cursor: weeks then


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar of a chart: from its first day until the day before the next one's."""

    first_day: date
    is_partial: bool  # cut by the beginning of the period, or not over yet


@dataclass(frozen=True, slots=True)
class Period:
    days: int
    end: datetime
    zone: ZoneInfo

    @property
    def last_day(self) -> date:
        return self.end.astimezone(self.zone).date()

    @property
    def first_day(self) -> date:
        return self.last_day - timedelta(days=self.days - 1)

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first_day, time(), self.zone)

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one's first day, at this time of day, began."""
        local = self.end.astimezone(self.zone)
        return Period(self.days, local - timedelta(days=self.days), self.zone)

    @property
    def unit(self) -> Literal["day", "week"]:
        return "day" if self.days <= DAYS_PER_BAR_MAX else "week"

    def buckets(self) -> Sequence[Bucket]:
        """The bars from first to last: days, or weeks that begin on Monday."""
        if self.unit == "day":
            days = [self.first_day + timedelta(days=n) for n in range(self.days)]
            return [Bucket(day, is_partial=day == self.last_day) for day in days]
        monday = self.first_day - timedelta(days=self.first_day.weekday())
        weeks = [monday + timedelta(days=n) for n in range(0, (self.last_day - monday).days + 1, 7)]
        return [
            Bucket(week, is_partial=week < self.first_day or week + timedelta(days=6) >= self.last_day)
            for week in weeks
        ]

    def fill(self, values: Mapping[date, float]) -> list[float]:
        """Values of the buckets by their first day, 0 where there is none."""
        return [values.get(bucket.first_day, 0) for bucket in self.buckets()]

    def whole(self, values: Sequence[float]) -> list[float]:
        """Of values per bucket those of complete ones: a sparkline that ends with a part of a day seems to crash."""
        pairs = zip(self.buckets(), values, strict=True)
        return [value for bucket, value in pairs if not bucket.is_partial]


def period_of(query: Mapping[str, str], *, now: datetime, zone: ZoneInfo) -> Period:
    """The period that an address asks for; the default one if it asks for another length than we offer."""
    text = query.get("days", "")
    days = int(text) if text.isdecimal() and len(text) < 5 else DEFAULT_DAYS
    return Period(days if days in CHOICES_DAYS else DEFAULT_DAYS, now, zone)
