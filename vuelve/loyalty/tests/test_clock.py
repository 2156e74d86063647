"""What happens by itself: expiry by inactivity, on a day of the year, and the warnings before."""

from datetime import UTC, datetime, timedelta

from vuelve.commerce.tests.support import ANA, BEA
from vuelve.loyalty import ticks
from vuelve.loyalty.tests.support import NOW, Club


def test_whoever_stays_away_loses_the_points_and_whoever_comes_keeps_them(club: Club) -> None:
    club.change(expiry="inactivity", expiry_months=6)
    club.award(10, "a", customer=ANA)
    club.award(10, "b", customer=BEA)
    club.redeem(1, "coffee", customer=BEA, now=NOW + timedelta(days=100))
    assert ticks.expire_inactive(now=NOW + timedelta(days=180), shops=[club.id]) == 0
    assert ticks.expire_inactive(now=NOW + timedelta(days=185), shops=[club.id]) == 1
    assert (club.points(ANA), club.points(BEA)) == (0, 9)
    assert ticks.expire_inactive(now=NOW + timedelta(days=185), shops=[club.id]) == 0
    club.check()


def test_switching_inactivity_on_expires_nothing_at_once(club: Club) -> None:
    club.award(10, "a")
    later = NOW + timedelta(days=400)
    club.change(expiry="inactivity", expiry_months=6, now=later)
    assert ticks.expire_inactive(now=later + timedelta(days=1), shops=[club.id]) == 0
    assert club.points() == 10
    assert ticks.expire_inactive(now=later + timedelta(days=190), shops=[club.id]) == 1


def test_switching_a_date_on_expires_nothing_at_once_and_off_keeps_all(club: Club) -> None:
    club.award(10, "a")
    later = NOW + timedelta(days=400)
    club.change(expiry="age", expiry_months=1, now=later)
    assert club.settle(later + timedelta(days=20)) == 0
    club.change(expiry="never", now=later + timedelta(days=20))
    assert club.settle(later + timedelta(days=100)) == 0
    assert (club.points(), club.balance().expires_at) == (10, None)


def test_it_is_told_once_thirty_and_seven_days_before(club: Club) -> None:
    club.change(expiry="fixed_day", expiry_month=6, expiry_day=30)
    club.award(10, "a")
    club.award(5, "b")
    club.award(7, "c", customer=BEA)
    club.redeem(7, "all", customer=BEA)
    gone = datetime(2026, 7, 1, 6, tzinfo=UTC)

    def warned(days_before: float) -> int:
        return ticks.warn(now=gone - timedelta(days=days_before), shops=[club.id])

    assert [warned(days) for days in (40, 30.1, 29.9, 29.8, 20, 7.1, 6.9, 6.8, 1)] == [
        0,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        0,
    ]
    told = [properties for name, properties in club.told() if name == "Points Expiring"]
    assert [(each["points"], each["days"]) for each in told] == [(15, 30), (15, 7)]
    assert club.settle(gone) == 3
    assert club.points() == 0
    assert [name for name, _properties in club.told(BEA)] == ["Points Earned", "Points Redeemed"]
    club.check()


def test_two_workers_at_once_expire_it_once(club: Club) -> None:
    from vuelve.loyalty.tests.test_races import at_once

    club.change(expiry="age", expiry_months=1)
    for number in range(40):
        club.award(3, f"a{number}", customer=(ANA, BEA)[number % 2])
    gone = NOW + timedelta(days=90)
    assert sum(at_once([lambda: club.settle(gone)] * 3)) == 40
    assert (club.points(ANA), club.points(BEA)) == (0, 0)
    assert len([line for line in club.lines() if line["kind"] == 4]) == 20
    club.check()
