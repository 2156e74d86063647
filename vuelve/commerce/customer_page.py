"""What the pages of customers show of orders: two columns of the list, orders and coupons of one customer."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from vuelve.commerce.queries import Totals, coupons_of, orders_of, totals_of
from vuelve.commerce.wording import STATUSES, delivery
from vuelve.customers.queries import ids_of
from vuelve.platform.clock import real
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.extension import Text
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import Tile, Tone

ROWS = 10


class OrdersColumn:
    key: ClassVar[str] = "orders"
    label: Text = _("Orders")
    is_number: ClassVar[bool] = True

    def values(
        self, cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]
    ) -> Mapping[CustomerId, str]:
        found = totals_of(cursor, shop, customers)
        return {customer: formats.number(totals.orders) for customer, totals in found.items()}


class SpentColumn:
    key: ClassVar[str] = "spent"
    label: Text = _("Spent")
    is_number: ClassVar[bool] = True

    def values(
        self, cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]
    ) -> Mapping[CustomerId, str]:
        found = totals_of(cursor, shop, customers)
        return {customer: amounts(totals) for customer, totals in found.items()}


def amounts(totals: Totals) -> str:
    """`$1,200.00 · US$50.00`: each currency by itself."""
    return " · ".join(formats.money(minor, currency) for currency, minor in totals.spent.items())


class CustomerOrdersPanel:
    key: ClassVar[str] = "orders"
    order: ClassVar[int] = 10
    template: ClassVar[str] = "commerce/customer_orders.html"

    def context(
        self, request: HttpRequest, shop: ShopId, customer: CustomerId | None
    ) -> Mapping[str, Any] | None:
        if customer is None:
            return None
        cursor = raw_cursor()
        ids = ids_of(cursor, shop, customer)
        totals = totals_of(cursor, shop, ids).get(customer, Totals())
        now = real.now()
        orders = orders_of(cursor, shop, ids, rows=ROWS)
        return {
            "tiles": _tiles(totals),
            "orders": [
                order
                | {
                    "state": STATUSES[order["status"]],
                    "delivery": delivery(order),
                    "more": order["lines"] - len(order["items"] or ()),
                }
                for order in orders
            ],
            "coupons": [
                coupon | {"state": _coupon_state(coupon, now)}
                for coupon in coupons_of(cursor, shop, ids, rows=ROWS)
            ],
            "count": totals.orders,
            "spent": amounts(totals),
            "average": _average(totals),
            "rows_max": ROWS,
        }


def _tiles(totals: Totals) -> list[Tile]:
    """For the head of the page."""
    last = formats.day(totals.last_at) if totals.last_at else "–"
    return [
        Tile(
            _("Orders"),
            formats.number(totals.orders),
            _("All orders of this customer that were not cancelled."),
        ),
        Tile(
            _("Spent"),
            amounts(totals) or "–",
            _("The totals of these orders, less refunds; each currency by itself."),
        ),
        Tile(_("Last order"), last, _("When this customer ordered last.")),
    ]


def _average(totals: Totals) -> str:
    """Of orders in one currency; there is none of several."""
    if totals.orders < 2 or len(totals.spent) != 1:
        return ""
    [(currency, spent)] = totals.spent.items()
    return formats.money(spent // totals.orders, currency)


def _coupon_state(coupon: Mapping[str, Any], now: Any) -> tuple[Text, Tone]:
    if coupon["redeemed_at"]:
        return _("Redeemed"), "good"
    if coupon["expires_at"] <= now:
        return _("Expired"), ""
    return _("Valid"), "info"
