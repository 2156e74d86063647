"""When the retailer's year takes place in the demo. Pure.

The data's timestamps carry no zone; their quiet hours say UTC. In the shop's zone the last order is of Sunday,
2017-12-31, so the data is exactly the year 2017. It is moved by whole weeks, so that Sundays stay Sundays: the last
day lands on the latest Sunday that is over, which is yesterday on a Monday and up to six days earlier otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Mexico_City")
LAST_DAY = date(2017, 12, 31)
LIVE_DAYS = 28
FIRST_INSTANT = datetime(2017, 1, 1)  # of the data; naive, UTC, as are its timestamps
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`shift` is added to the data's instants; from `live_from` on, events are replayed as if they were live."""

    shift: timedelta
    live_from: datetime
    last_day: date

    def shifted(self, data_instant: datetime) -> datetime:
        """An instant of the data (naive, UTC) as the demo has it."""
        return data_instant.replace(tzinfo=UTC) + self.shift

    def in_data(self, instant: datetime) -> datetime:
        """The other way round: naive, UTC, in 2017."""
        return (instant - self.shift).astimezone(UTC).replace(tzinfo=None)

    def weeks_of_history(self) -> Iterator[tuple[datetime, datetime]]:
        """Stretches of the data's time, from its beginning to where the live weeks begin."""
        since, end = FIRST_INSTANT, self.in_data(self.live_from)
        while since < end:
            until = min(since + WEEK, end)
            yield since, until
            since = until

    @property
    def live_weeks(self) -> tuple[datetime, datetime]:
        """The stretch of the data's time that is replayed live; past its end there is nothing."""
        since = self.in_data(self.live_from)
        return since, since + timedelta(days=LIVE_DAYS + 1)


def schedule(now: datetime) -> Schedule:
    """The schedule of a demo made at `now`."""
    yesterday = now.astimezone(ZONE).date() - timedelta(days=1)
    shift = timedelta(weeks=(yesterday - LAST_DAY).days // 7)
    last_day = LAST_DAY + shift
    first_live_day = last_day - timedelta(days=LIVE_DAYS - 1)
    live_from = datetime.combine(first_live_day, time(), ZONE).astimezone(UTC)
    return Schedule(shift=shift, live_from=live_from, last_day=last_day)
