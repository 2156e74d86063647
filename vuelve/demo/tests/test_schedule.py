from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from vuelve.demo.schedule import FIRST_INSTANT, ZONE, schedule

LAST_ORDER = datetime(2018, 1, 1, 4, 1, 20)  # as the data has it
MONDAY = datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.mark.parametrize("days", range(14))
def test_ends_on_the_latest_sunday_that_is_over(days: int) -> None:
    now = MONDAY + timedelta(days=days)
    today = now.astimezone(ZONE).date()
    made = schedule(now)
    last_order_on = made.shifted(LAST_ORDER).astimezone(ZONE).date()
    assert last_order_on == made.last_day
    assert last_order_on.weekday() == date(2017, 12, 31).weekday()
    assert timedelta(days=1) <= today - last_order_on <= timedelta(days=7)
    assert made.shift % timedelta(weeks=1) == timedelta(0)


def test_ends_yesterday_on_a_monday() -> None:
    assert schedule(MONDAY).last_day == date(2026, 3, 1)


def test_a_day_begins_in_the_shop_s_zone() -> None:
    # 03:00 UTC on Monday is still Sunday in Mexico City: that Sunday is not over.
    assert schedule(datetime(2026, 3, 2, 3, tzinfo=UTC)).last_day == date(2026, 2, 22)


def test_four_whole_weeks_are_live_and_the_rest_is_history() -> None:
    made = schedule(MONDAY)
    assert made.live_from.astimezone(ZONE).isoformat() == "2026-02-02T00:00:00-06:00"
    weeks = list(made.weeks_of_history())
    assert weeks[0][0] == FIRST_INSTANT
    assert all(before[1] == after[0] for before, after in pairwise(weeks))
    since, until = made.live_weeks
    assert weeks[-1][1] == since == made.in_data(made.live_from)
    assert since < LAST_ORDER < until


def test_shifting_can_be_undone() -> None:
    made = schedule(MONDAY)
    assert made.in_data(made.shifted(LAST_ORDER)) == LAST_ORDER
