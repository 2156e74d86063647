"""New customers on the overview."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vuelve.platform.charts import Series, bars_over_time
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.extension import DailyFigures
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import Tile, change, trend
from vuelve.platform.ui.periods import Period
from vuelve.shops import figures
from vuelve.shops.http import ShopRequest, link

SQL = Statements(__file__)
NEW_CUSTOMERS = DailyFigures("new customers", SQL["overview_customers"], width=1)


class NewCustomersPanel:
    key: ClassVar[str] = "customers"
    order: ClassVar[int] = 20
    template: ClassVar[str] = "shops/panel_charts.html"

    def context(
        self, request: HttpRequest, shop: ShopId, customer: CustomerId | None
    ) -> Mapping[str, Any] | None:
        page = cast(ShopRequest, request)
        period = page.period
        days = _read(page, period)
        new, before = sum(days.values()), sum(_read(page, period.before).values())
        by_bucket = period.fill(days)
        return {
            "has_data": bool(new or before) or _any_customers(shop),
            "tiles": [
                Tile(
                    label=_("New customers"),
                    value=formats.number(new),
                    definition=_(
                        "People whose first event, of any kind, falls in the period. "
                        "Two profiles that turned out to be one person count once."
                    ),
                    change=change(new, before, formats.number(before)),
                    spark=period.whole(by_bucket),
                    href=link(page, "customers"),
                )
            ],
            "charts": [
                bars_over_time(
                    key="customers",
                    title=_finding(new, before, period.days),
                    units=_("new customers per day") if period.unit == "day" else _("new customers per week"),
                    period=period,
                    series=[Series(_("New customers"), by_bucket)],
                )
            ],
        }


def _read(page: ShopRequest, period: Period) -> dict[date, int]:
    found = figures.by_bucket(page.shop_id, NEW_CUSTOMERS, period, currency=page.shop.currency)
    return {day: numbers[0] for day, numbers in found.items()}


def _any_customers(shop: ShopId) -> bool:
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT EXISTS (SELECT FROM customers_customer WHERE shop_id = %s)", [shop]
        ).fetchone()
        return bool(row and row[0])


def _finding(new: int, before: int, days: int) -> str:
    facts = {
        "customers": formats.number(new),
        "before": formats.number(before),
        "days": days,
        "percent": formats.percent(abs(new - before) / before) if before else "",
    }
    sentences = {
        "none": _("No new customers in these %(days)d days"),
        "new": ngettext(
            "%(customers)s new customer, the first in this time",
            "%(customers)s new customers, none in the period before",
            new,
        ),
        "leap": _("New customers rose from %(before)s to %(customers)s"),
        "steady": _("As many new customers as in the %(days)d days before"),
        "up": _("New customers rose by %(percent)s"),
        "down": _("New customers fell by %(percent)s"),
    }
    return sentences[trend(new, before)] % facts
