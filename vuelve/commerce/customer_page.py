"""What the pages of customers show of orders: two columns of the list, orders and coupons of one customer."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from vuelve.commerce.queries import coupons_of, orders_of, totals_of
from vuelve.commerce.timeline import MILESTONES
from vuelve.customers.queries import ids_of
from vuelve.platform.clock import real
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.extension import Text
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import Tone
from vuelve.shops.queries import facts

ROWS = 10
_MILESTONE_NAMES = list(MILESTONES)


class OrdersColumn:
    key: ClassVar[str] = "orders"
    label: Text = _("Orders")
    is_number: ClassVar[bool] = True

    def values(
        self, cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]
    ) -> Mapping[CustomerId, str]:
        totals = totals_of(cursor, shop, customers, currency="")
        return {customer: formats.number(orders) for customer, (orders, _spent) in totals.items()}


class SpentColumn:
    key: ClassVar[str] = "spent"
    label: Text = _("Spent")
    is_number: ClassVar[bool] = True

    def values(
        self, cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]
    ) -> Mapping[CustomerId, str]:
        currency = facts(shop).currency
        totals = totals_of(cursor, shop, customers, currency=currency)
        return {customer: formats.money(spent, currency) for customer, (_orders, spent) in totals.items()}


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
        currency = facts(shop).currency
        orders, spent = totals_of(cursor, shop, ids, currency=currency).get(customer, (0, 0))
        now = real.now()
        return {
            "orders": [
                order | {"milestone": _milestone(order["milestone"])}
                for order in orders_of(cursor, shop, ids, rows=ROWS)
            ],
            "coupons": [
                coupon | {"state": _coupon_state(coupon, now)}
                for coupon in coupons_of(cursor, shop, ids, rows=ROWS)
            ],
            "count": orders,
            "spent_minor": spent,
            "average_minor": spent // orders if orders else None,
            "currency": currency,
            "rows_max": ROWS,
        }


def _milestone(number: int | None) -> tuple[Text, Tone] | None:
    """The least advanced parcel speaks for the order; None without any."""
    if number is None:
        return None
    name = _MILESTONE_NAMES[number - 1]
    return MILESTONES[name], "good" if name == "delivered" else "info"


def _coupon_state(coupon: Mapping[str, Any], now: Any) -> tuple[Text, Tone]:
    if coupon["redeemed_at"]:
        return _("Redeemed"), "good"
    if coupon["expires_at"] <= now:
        return _("Expired"), ""
    return _("Valid"), "info"
