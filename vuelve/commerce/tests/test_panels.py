"""Orders on the overview: what is counted, on which day, and what is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from vuelve.commerce.panels import OrdersPanel
from vuelve.commerce.tests.support import ANA, BEA, NOW, Store
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import formats
from vuelve.shops.tests.people import page_request
from vuelve.testing import make_shop, track


def panel(store: Store, days: int = 7, now: datetime = NOW) -> Any:
    with translation.override("en"), formats.country(store.shop.country):
        return OrdersPanel().context(page_request(store.shop, now=now, days=days), store.id, None)


def imported(store: Store, order_id: str, *, days_ago: int) -> None:
    """An order of long ago that arrives now: the log has no month for events that arrived then."""
    properties = {"order_id": order_id, "currency": "MXN", "total": 100}
    at = NOW - timedelta(days=days_ago)
    track(
        store.shop,
        "Order Completed",
        customer=ANA,
        properties=properties,
        at=at,
        received_at=NOW,
        historical=True,
    )


def figures(context: Any) -> list[str]:
    return [tile.value for tile in context["tiles"]]


def test_orders_and_revenue_of_the_period(store: Store) -> None:
    store.order("A1", total=100, at=NOW - timedelta(days=1))
    store.order("A2", total=250.5, at=NOW - timedelta(hours=1), customer=BEA)
    store.order("OLD", total=999, at=NOW - timedelta(days=8))
    store.order("FUTURE", total=999, at=NOW + timedelta(minutes=5))
    store.consume()
    context = panel(store)
    assert figures(context) == ["2", "MX$350.50", "50%"]
    assert context["tiles"][0].change.before == "1"
    assert [row[1] for row in context["charts"][0].rows] == [0, 0, 0, 0, 0, 1, 1]


def test_a_day_is_that_of_the_shop(store: Store) -> None:
    store.order("A1", at=datetime(2026, 3, 4, 5, 30, tzinfo=UTC))  # 23:30 of the 3rd in Mexico City
    store.consume()
    rows = {day.isoformat(): orders for day, orders in panel(store)["charts"][0].rows}
    assert (rows["2026-03-03"], rows["2026-03-04"]) == (1, 0)


def test_the_bars_add_up_to_the_tile_also_in_weeks(store: Store) -> None:
    for days_ago in (0, 1, 30, 364):
        imported(store, f"A{days_ago}", days_ago=days_ago)
    store.consume()
    for days in (7, 28, 90, 365):
        context = panel(store, days, now=NOW + timedelta(hours=1))
        assert sum(row[1] for row in context["charts"][0].rows) == int(figures(context)[0])


def test_imported_history_counts(store: Store) -> None:
    imported(store, "A1", days_ago=1)
    store.consume()
    assert figures(panel(store))[0] == "1"


def test_another_currency_is_not_added_up(store: Store) -> None:
    store.order("A1", total=100)
    store.order("A2", total=100, currency="USD")
    store.consume()
    context = panel(store, now=NOW + timedelta(hours=1))
    assert figures(context) == ["2", "MX$100.00", "50%"]
    assert context["tiles"][1].note == "without 1 order in another currency"


def test_another_shop_is_not_counted(store: Store) -> None:
    other = Store(make_shop())
    other.order("A1", at=NOW - timedelta(days=1))
    other.consume()
    context = panel(store)
    assert figures(context) == ["0", "MX$0.00", "–"]
    assert not context["has_data"]


def test_a_shop_that_once_sold_has_data(store: Store) -> None:
    imported(store, "A1", days_ago=300)
    store.consume()
    context = panel(store)
    assert context["has_data"]
    assert str(context["charts"][0].title) == "No orders in these 7 days"


@pytest.mark.parametrize(
    ("now", "before", "title"),
    [
        (1, 0, "1 order, the first in this time"),
        (3, 0, "3 orders, none in the period before"),
        (3, 2, "Orders rose by 50%"),
        (1, 2, "Orders fell by 50%"),
        (2, 2, "As many orders as in the 7 days before"),
        (11, 1, "Orders rose from 1 to 11"),
    ],
)
def test_the_title_is_the_finding(store: Store, now: int, before: int, title: str) -> None:
    for number in range(now):
        store.order(f"N{number}", customer=ANA, at=NOW - timedelta(days=1))
    for number in range(before):
        store.order(f"B{number}", customer=ANA, at=NOW - timedelta(days=8))
    store.consume()
    assert str(panel(store)["charts"][0].title) == title


def test_the_panel_needs_no_scope_of_its_caller(store: Store) -> None:
    """It opens its own: called without one it must not see nothing and call that a fact."""
    store.order("A1", at=NOW - timedelta(days=1))
    store.consume()
    assert OrdersPanel().context(page_request(store.shop, now=NOW), ShopId(store.shop.pk), None)["has_data"]  # type: ignore[index]
