"""Orders on the overview."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vuelve.commerce import today
from vuelve.platform.charts import Series, bars_over_time
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.extension import DailyFigures
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.money import Money, to_decimal
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import Tile, change, trend
from vuelve.platform.ui.periods import Period
from vuelve.shops import figures
from vuelve.shops.http import ShopRequest

SQL = Statements(__file__)
ORDERS = DailyFigures("orders", SQL["overview_orders"], width=3)
REPEATS = DailyFigures("repeat orders", SQL["repeat_orders"], width=2)
Days = dict[date, tuple[int, int, int]]  # orders, revenue in minor units, orders in other currencies


class OrdersPanel:
    key: ClassVar[str] = "orders"
    order: ClassVar[int] = 10
    template: ClassVar[str] = "shops/panel_charts.html"

    def context(
        self, request: HttpRequest, shop: ShopId, customer: CustomerId | None
    ) -> Mapping[str, Any] | None:
        page = cast(ShopRequest, request)
        period, currency = page.period, page.shop.currency
        days = _read(shop, period, currency)
        orders, revenue, others = _totals(days)
        orders_before, revenue_before, _others = _totals(_read(shop, period.before, currency))
        by_bucket = period.fill({day: row[0] for day, row in days.items()})
        # Drawn as a sparkline only: the rounding of floats does not reach a figure.
        revenue_by_bucket = period.fill(
            {day: float(to_decimal(Money(row[1], currency))) for day, row in days.items()}
        )
        return {
            "today": today.tiles(page, now=period.end),
            "has_data": bool(orders or orders_before) or _any_orders(shop),
            "tiles": [
                Tile(
                    label=_("Orders"),
                    value=formats.number(orders),
                    definition=_(
                        "Orders placed in the period, by the time the customer placed them. Cancelled ones do not count."
                    ),
                    change=change(orders, orders_before, formats.number(orders_before)),
                    spark=period.whole(by_bucket),
                ),
                Tile(
                    label=_("Revenue"),
                    value=formats.money(revenue, currency),
                    definition=_(
                        "The totals of these orders, with shipping and tax, after discounts and refunds. "
                        "Only orders in %(currency)s."
                    )
                    % {"currency": currency},
                    change=change(revenue, revenue_before, formats.money(revenue_before, currency)),
                    spark=period.whole(revenue_by_bucket),
                    note=_other_currencies(others),
                ),
                _repeat_tile(page, period),
            ],
            "charts": [
                bars_over_time(
                    key="orders",
                    title=_finding(orders, orders_before, period.days),
                    units=_("orders per day") if period.unit == "day" else _("orders per week"),
                    period=period,
                    series=[Series(_("Orders"), by_bucket)],
                )
            ],
        }


def _repeat_tile(page: ShopRequest, period: Period) -> Tile:
    """The share of orders that are somebody's second or later one: what all of this is for."""
    now, before = (_share(page, each) for each in (period, period.before))
    return Tile(
        label=_("Repeat share"),
        value=formats.percent(now) if now is not None else "–",
        definition=_(
            "The part of the period's orders whose customer had ordered before, at any time. Cancelled orders do not count."
        ),
        change=change(now, before, formats.percent(before)) if now is not None and before else None,
        note="" if now is not None else _("no orders in the period"),
    )


def _share(page: ShopRequest, period: Period) -> float | None:
    found = figures.by_bucket(page.shop_id, REPEATS, period, currency=page.shop.currency).values()
    orders = sum(numbers[0] for numbers in found)
    return sum(numbers[1] for numbers in found) / orders if orders else None


def _read(shop: ShopId, period: Period, currency: str) -> Days:
    found = figures.by_bucket(shop, ORDERS, period, currency=currency)
    return {day: (numbers[0], numbers[1], numbers[2]) for day, numbers in found.items()}


def _any_orders(shop: ShopId) -> bool:
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT EXISTS (SELECT FROM commerce_order WHERE shop_id = %s)", [shop]
        ).fetchone()
        return bool(row and row[0])


def _totals(days: Days) -> tuple[int, int, int]:
    rows = days.values()
    return sum(row[0] for row in rows), sum(row[1] for row in rows), sum(row[2] for row in rows)


def _finding(orders: int, before: int, days: int) -> str:
    facts = {
        "orders": formats.number(orders),
        "before": formats.number(before),
        "days": days,
        "percent": formats.percent(abs(orders - before) / before) if before else "",
    }
    sentences = {
        "none": _("No orders in these %(days)d days"),
        "new": ngettext(
            "%(orders)s order, the first in this time", "%(orders)s orders, none in the period before", orders
        ),
        "leap": _("Orders rose from %(before)s to %(orders)s"),
        "steady": _("As many orders as in the %(days)d days before"),
        "up": _("Orders rose by %(percent)s"),
        "down": _("Orders fell by %(percent)s"),
    }
    return sentences[trend(orders, before)] % facts


def _other_currencies(orders: int) -> str:
    if not orders:
        return ""
    return ngettext(
        "without %(orders)s order in another currency",
        "without %(orders)s orders in other currencies",
        orders,
    ) % {"orders": formats.number(orders)}
