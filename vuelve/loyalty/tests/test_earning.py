"""What orders earn, and what becomes of it with refunds, cancellations, merges."""

from datetime import UTC, datetime, timedelta

import pytest

from vuelve.commerce.tests.support import ANA, BEA
from vuelve.loyalty.jobs import award_history
from vuelve.loyalty.problems import PointProblems
from vuelve.loyalty.tests.support import NOW, OPENED, Club, later
from vuelve.platform.db import for_shop
from vuelve.shops.tests.people import page_request


@pytest.mark.parametrize(
    ("total", "points"),
    [(105, 10), (9.99, 0), (10, 1), (19.99, 1), (100, 10), (0, 0), (1_234_567.89, 123_456)],
)
def test_one_point_for_each_full_ten(club: Club, total: float, points: int) -> None:
    club.order(total=total)
    club.consume()
    assert club.points() == points
    club.check()


def test_shipping_and_tax_count_only_if_the_shop_says_so(club: Club) -> None:
    club.order("A", total=130, subtotal=100, shipping=20, tax=10)
    club.consume()
    assert club.points() == 10
    club.change(includes_shipping=True)
    club.order("B", total=130, subtotal=100, shipping=20, tax=10)
    club.consume()
    assert club.points() == 22
    club.change(includes_tax=True)
    club.order("C", total=130, subtotal=100, shipping=20, tax=10)
    club.consume()
    assert club.points() == 35


def test_the_amount_and_the_rate_are_kept_with_the_points(club: Club) -> None:
    club.order(total=105)
    club.consume()
    lot = club.rows(
        "SELECT order_id, eligible_minor, currency, rate_points, rate_minor, points FROM loyalty_lot WHERE shop_id = %s"
    )
    assert [tuple(row.values()) for row in lot] == [("A1", 10_500, "MXN", 1, 1_000, 10)]


def test_another_currency_earns_nothing(club: Club) -> None:
    club.order(total=105, currency="USD")
    club.consume()
    assert (club.points(), club.lines()) == (0, [])


def test_a_refund_takes_back_by_the_rate_that_held_then(club: Club) -> None:
    club.order(total=105)
    club.consume()
    club.change(rate_points=5)
    club.refund(total=20)
    club.consume()
    assert club.points() == 8
    club.refund(total=85)
    club.consume()
    assert club.points() == 0
    assert [line["points"] for line in club.lines()] == [-8, -2, 10]
    assert [name for name, _properties in club.told()] == [
        "Points Earned",
        "Points Withdrawn",
        "Points Withdrawn",
    ]
    club.check()


def test_shipping_that_is_refunded_takes_no_points(club: Club) -> None:
    products = [{"product_id": "p", "price": 105, "quantity": 1}]
    club.order(total=125, subtotal=105, shipping=20, products=products)
    club.refund(total=20, products=[{"product_id": "p", "quantity": 0, "amount": 0}])
    club.consume()
    assert club.points() == 10


def test_whatever_comes_first_and_however_often(club: Club) -> None:
    club.refund(total=20, refund_id="R")
    club.consume()
    assert club.points() == 0
    for _time in range(3):
        club.order(total=105)
        club.refund(total=20, refund_id="R")
        club.consume()
        assert club.points() == 8
    club.check()


def test_a_webhook_replayed_a_hundred_times_awards_once(club: Club) -> None:
    for _time in range(100):
        club.order(total=105)
    club.consume()
    for _time in range(5):
        club.order(total=105)
        club.consume()
    assert club.points() == 10
    assert len(club.lines()) == 1
    assert len(club.told()) == 1


def test_a_cancelled_order_takes_its_points_and_gives_back_what_was_spent_on_it(club: Club) -> None:
    club.order("A", total=500)
    club.consume()
    club.redeem(30, "discount", order_id="B")
    club.order("B", total=200)
    club.consume()
    assert club.points() == 40
    club.cancel("B")
    club.cancel("B")
    club.consume()
    club.cancel("B")
    club.consume()
    assert club.points() == 50
    assert [line["kind"] for line in club.lines()] == [7, 3, 1, 2, 1]
    club.check()


def test_an_order_paid_with_points_alone_gives_them_back(club: Club) -> None:
    club.award(50, "gift")
    club.redeem(50, "all of it", order_id="F")
    club.order("F", total=0)
    club.consume()
    club.cancel("F")
    club.consume()
    assert club.points() == 50


def test_an_order_cancelled_before_it_earned_earns_nothing(club: Club) -> None:
    club.order(total=500)
    club.cancel()
    club.consume()
    assert (club.points(), club.lines()) == (0, [])


def test_spent_points_stop_at_zero_and_the_shortfall_is_reported(club: Club) -> None:
    club.order(total=100)
    club.consume()
    club.redeem(7, "coffee")
    club.cancel()
    club.consume()
    assert club.points() == 0
    line = club.lines()[0]
    assert (line["points"], line["shortfall"]) == (-3, 7)
    assert club.told()[-1][1]["shortfall"] == 7
    request, at = page_request(club.shop, now=NOW), line["at"]
    [problem] = PointProblems().problems(request, club.id, now=at + timedelta(days=1))
    assert " 7 " in f" {problem.text} "
    assert PointProblems().problems(request, club.id, now=at + timedelta(days=8)) == []
    club.order("B", total=100)
    club.consume()
    assert club.points() == 10
    club.check()


def test_a_debt_where_the_shop_allows_it_is_paid_by_what_is_earned_next(club: Club) -> None:
    club.change(allows_debt=True)
    club.order(total=100)
    club.consume()
    club.redeem(7, "coffee")
    club.cancel()
    club.consume()
    assert club.points() == -7
    club.check()
    club.order("B", total=40)
    club.order("C", total=50)
    club.consume()
    assert club.points() == 2
    club.check()
    club.redeem(2, "tea")
    club.check()


def test_an_order_that_grows_earns_no_more_and_one_that_shrinks_less(club: Club) -> None:
    club.order(total=105)
    club.consume()
    club.update(total=300, at=later(hours=1))
    club.consume()
    assert club.points() == 10
    club.update(total=55, at=later(hours=2))
    club.consume()
    assert club.points() == 5
    club.check()


def test_pending_points_are_shown_and_cannot_be_spent(club: Club) -> None:
    club.change(approval_days=14)
    club.order("A", total=105)
    club.order("B", total=205)
    club.consume()
    assert (club.points(), club.balance().pending) == (0, 30)
    with pytest.raises(Exception, match="fewer points"):
        club.redeem(1, "coffee")
    club.refund("A", total=20)
    club.cancel("B")
    club.consume()
    assert (club.points(), club.balance().pending) == (0, 8)
    assert club.settle(NOW + timedelta(days=14) - timedelta(seconds=1)) == 0
    assert club.settle(NOW + timedelta(days=14)) == 1
    assert (club.points(), club.balance().pending) == (8, 0)
    assert club.told()[-1][0] == "Points Released"
    club.refund("A", total=85)
    club.consume()
    assert club.points() == 0
    club.check()


def test_history_earns_only_if_chosen(club: Club) -> None:
    club.order("old", total=100, at=NOW - timedelta(days=400), historical=True)
    club.order("late", total=100, at=OPENED - timedelta(days=3))
    club.consume()
    assert club.points() == 0
    club.change(counts_history=True)
    club.order("old 2", total=100, at=NOW - timedelta(days=400), historical=True)
    club.consume()
    assert club.points() == 10
    award_history(shop=club.id)
    assert club.points() == 30
    award_history(shop=club.id)
    assert club.points() == 30
    club.check()


def test_a_paused_programme_awards_nothing(club: Club) -> None:
    club.change(is_live=False)
    club.order(total=100)
    club.consume()
    assert club.points() == 0


def test_points_go_with_their_customer_and_come_back(club: Club) -> None:
    club.order("A", total=100, customer=ANA)
    club.order("B", total=50, customer=BEA)
    club.consume()
    club.award(3, "gift", customer=ANA)
    club.merge(ANA, BEA)
    club.consume()
    assert (club.points(ANA), club.points(BEA)) == (0, 18)
    club.check()
    club.redeem(14, "coffee", customer=ANA)  # an old id counts for the one it was merged into
    assert club.points(BEA) == 4
    club.unmerge(ANA, BEA)
    club.consume()
    club.check()
    assert club.points(ANA) + club.points(BEA) == 4
    club.refund("A", total=100, customer=ANA)
    club.consume()
    club.check()
    assert club.points(ANA) >= 0


def test_a_debt_goes_with_its_customer(club: Club) -> None:
    club.change(allows_debt=True)
    club.order("A", total=100, customer=ANA)
    club.order("B", total=100, customer=BEA)
    club.consume()
    club.redeem(10, "coffee", customer=ANA)
    club.cancel("A", customer=ANA)
    club.consume()
    assert club.points(ANA) == -10
    club.merge(ANA, BEA)
    club.consume()
    assert (club.points(ANA), club.points(BEA)) == (0, 0)
    club.check()


def test_an_order_that_was_somebody_elses_takes_its_points_along(club: Club) -> None:
    club.order("A", total=100, customer=ANA, at=NOW)
    club.consume()
    assert club.points(ANA) == 10
    club.order("A", total=100, customer=BEA, at=NOW - timedelta(hours=1))
    club.consume()
    assert (club.points(ANA), club.points(BEA)) == (0, 10)
    club.check()


def test_the_consumer_asks_for_nothing_without_a_programme(years: None, shop) -> None:  # type: ignore[no-untyped-def]
    from vuelve.loyalty.consumers import LoyaltyConsumer
    from vuelve.platform.ids import ShopId

    with for_shop(ShopId(shop.pk)):
        assert LoyaltyConsumer().names() == frozenset()


def test_an_age_counts_from_the_order(club: Club) -> None:
    club.change(expiry="age", expiry_months=2, now=NOW)
    club.order(total=100, at=datetime(2026, 3, 4, tzinfo=UTC))
    club.consume()
    # Mexico City, end of May.
    assert club.balance().expires_at == datetime(2026, 6, 1, 6, tzinfo=UTC)
    assert club.settle(datetime(2026, 6, 1, 5, 59, tzinfo=UTC)) == 0
    assert club.settle(datetime(2026, 6, 1, 6, tzinfo=UTC)) == 1
    assert (club.points(), club.told()[-1][0]) == (0, "Points Expired")
    club.check()
