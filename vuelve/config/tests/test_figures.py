"""Numbers by day: kept or counted, they are the same; what changes later is counted anew, and today is always fresh."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vuelve.channels.panels import MESSAGES
from vuelve.commerce.panels import ORDERS
from vuelve.customers.panels import NEW_CUSTOMERS
from vuelve.platform.db import for_shop
from vuelve.platform.extension import DailyFigures, registry
from vuelve.platform.ids import ShopId
from vuelve.platform.ui.periods import CHOICES_DAYS, Period
from vuelve.shops import figures
from vuelve.shops.models import Figure, Shop
from vuelve.testing import make_shop

NOW = datetime(2026, 3, 10, 3, 30, tzinfo=UTC)  # still the day before in Mexico City
ZONE = ZoneInfo("America/Mexico_City")


@pytest.fixture
def shop(log: None) -> Shop:
    """With an order every seven hours for two years."""
    shop = make_shop()
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO commerce_order (shop_id, customer_id, order_id, ordered_at, currency, subtotal_minor, total_minor, event_seq) "
            "SELECT %s, n, 'A' || n, %s - n * interval '7 hours', CASE WHEN n %% 9 = 0 THEN 'USD' ELSE 'MXN' END, n, n, n "
            "FROM generate_series(0, 2600) AS n",
            [shop.pk, NOW - timedelta(minutes=1)],
        )
        cursor.execute(
            "INSERT INTO customers_customer (shop_id, id, created_at, first_seen_at, last_seen_at) "
            "SELECT %s, n, at, at, at FROM generate_series(0, 2600) AS n, LATERAL (SELECT %s - n * interval '7 hours' AS at) AS x",
            [shop.pk, NOW - timedelta(minutes=1)],
        )
    return shop


def numbers(
    shop: Shop, source: DailyFigures, days: int, *, is_before: bool = False
) -> dict[date, tuple[int, ...]]:
    period = Period(days, NOW, ZONE)
    wanted = period.before if is_before else period
    return figures.by_bucket(ShopId(shop.pk), source, wanted, currency="MXN")


@pytest.mark.parametrize("source", [ORDERS, NEW_CUSTOMERS, MESSAGES], ids=lambda source: source.name)
def test_kept_or_counted_they_are_the_same(shop: Shop, source: DailyFigures) -> None:
    def all_of_them() -> list[object]:
        return [
            numbers(shop, source, days, is_before=before) for days in CHOICES_DAYS for before in (False, True)
        ]

    counted = all_of_them()
    assert figures.keep(ShopId(shop.pk), now=NOW) == len(registry.daily_figures) * figures.DAYS_KEPT
    assert all_of_them() == counted
    Figure.objects.filter(shop=shop, day__day=5).delete()  # some are missing
    assert all_of_them() == counted


def test_they_count_what_they_say(shop: Shop) -> None:
    figures.keep(ShopId(shop.pk), now=NOW)
    found = numbers(shop, ORDERS, 7)
    with for_shop(ShopId(shop.pk)) as cursor:
        rows = cursor.execute(
            "SELECT (ordered_at AT TIME ZONE %s)::date, count(*) FROM commerce_order WHERE shop_id = %s AND ordered_at >= %s "
            "GROUP BY 1",
            [ZONE.key, shop.pk, Period(7, NOW, ZONE).start],
        ).fetchall()
    assert {day: each[0] for day, each in found.items()} == dict(rows)


def test_what_changed_is_counted_anew_within_the_hour(shop: Shop) -> None:
    figures.keep(ShopId(shop.pk), now=NOW)
    before = numbers(shop, ORDERS, 28)
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "UPDATE commerce_order SET status = 'cancelled' WHERE shop_id = %s AND ordered_at >= %s",
            [shop.pk, NOW - timedelta(days=5)],
        )
    assert sum(each[0] for each in numbers(shop, ORDERS, 28).values()) < sum(
        each[0] for each in before.values()
    )
    assert figures.keep(ShopId(shop.pk), now=NOW + timedelta(minutes=10)) == 0
    later = NOW + timedelta(hours=1)
    assert figures.keep(ShopId(shop.pk), now=later) == len(registry.daily_figures) * figures.RECENT_DAYS
    fresh = numbers(shop, ORDERS, 28)
    Figure.objects.filter(shop=shop).delete()
    assert numbers(shop, ORDERS, 28) == fresh


def test_a_shop_sees_its_own(shop: Shop) -> None:
    figures.keep(ShopId(shop.pk), now=NOW)
    assert numbers(make_shop(), ORDERS, 365) == {}


def test_another_currency_or_zone_is_counted_again(shop: Shop) -> None:
    figures.keep(ShopId(shop.pk), now=NOW)
    Figure.objects.filter(shop=shop).update(numbers=[7, 7, 7])
    elsewhere = Period(28, NOW, ZoneInfo("Europe/Madrid"))
    found = figures.by_bucket(ShopId(shop.pk), ORDERS, elsewhere, currency="MXN")
    assert (7, 7, 7) not in found.values()
