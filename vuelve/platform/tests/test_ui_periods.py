from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vuelve.platform.ui.periods import CHOICES_DAYS, DEFAULT_DAYS, Period, period_of

MEXICO = ZoneInfo("America/Mexico_City")
MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 3, 4, 5, 30, tzinfo=UTC)  # the 3rd, 23:30, in Mexico City


@pytest.mark.parametrize("asked", ["", "0", "-7", "29", "seven", "7.0", "99999999999", "٧", "²", "7;drop"])
def test_an_address_cannot_ask_for_another_length(asked: str) -> None:
    expected = 7 if asked == "٧" else DEFAULT_DAYS  # a seven is a seven in any script
    assert period_of({"days": asked}, now=NOW, zone=MEXICO).days == expected


def test_it_ends_now_and_begins_at_midnight_of_the_shop() -> None:
    period = period_of({"days": "7"}, now=NOW, zone=MEXICO)
    assert (period.first_day, period.last_day) == (date(2026, 2, 25), date(2026, 3, 3))
    assert period.start == datetime(2026, 2, 25, tzinfo=MEXICO)
    assert period.end == NOW


def test_the_period_before_is_as_long_and_ends_at_the_same_time_of_day() -> None:
    period = Period(7, NOW, MEXICO)
    assert period.before.end.astimezone(UTC) == NOW - timedelta(days=7)
    assert period.before.start == datetime(2026, 2, 18, tzinfo=MEXICO)


def test_the_period_before_keeps_the_time_of_day_when_the_clocks_change() -> None:
    period = Period(7, datetime(2026, 3, 31, 10, tzinfo=MADRID), MADRID)  # summer time began on the 29th
    assert period.before.end.astimezone(MADRID).hour == 10
    assert period.before.start.astimezone(MADRID).hour == 0


def test_days_are_bars_and_only_today_is_unfinished() -> None:
    buckets = Period(28, NOW, MEXICO).buckets()
    assert len(buckets) == 28
    assert [bucket.first_day for bucket in buckets if bucket.is_partial] == [date(2026, 3, 3)]


def test_a_year_is_drawn_in_weeks_from_monday() -> None:
    period = Period(365, NOW, MEXICO)  # from Tuesday 2025-03-04 to Tuesday 2026-03-03
    buckets = period.buckets()
    assert {bucket.first_day.weekday() for bucket in buckets} == {0}
    assert (buckets[0].first_day, buckets[-1].first_day) == (date(2025, 3, 3), date(2026, 3, 2))
    assert [bucket.is_partial for bucket in buckets] == [True, *[False] * (len(buckets) - 2), True]


@given(
    st.sampled_from(CHOICES_DAYS),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    st.sampled_from([MEXICO, MADRID, ZoneInfo("Pacific/Auckland")]),
)
def test_every_day_is_in_exactly_one_bar(days: int, now: datetime, zone: ZoneInfo) -> None:
    period = Period(days, now, zone)
    step = 1 if period.unit == "day" else 7
    bars = [bucket.first_day for bucket in period.buckets()]
    for offset in range(days):
        day = period.first_day + timedelta(days=offset)
        assert sum(bar <= day < bar + timedelta(days=step) for bar in bars) == 1
    assert bars[0] > period.first_day - timedelta(days=step)
    assert bars[-1] <= period.last_day


def test_fill_puts_zeros_and_whole_leaves_out_the_unfinished() -> None:
    period = Period(7, NOW, MEXICO)
    values = period.fill({date(2026, 2, 26): 5, date(2026, 3, 3): 1})
    assert values == [0, 5, 0, 0, 0, 0, 1]
    assert period.whole(values) == [0, 5, 0, 0, 0, 0]
