"""Reads of orders, carts and coupons for pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vuelve.commerce.contracts import CART_ABANDONED_MINUTES_DEFAULT
from vuelve.platform import limits
from vuelve.platform.db import Cursor, Statements, fetch_dicts
from vuelve.platform.errors import not_found
from vuelve.platform.ids import CustomerId, ShopId

SQL = Statements(__file__)

ITEMS_NAMED = 3  # of an order in a list

# What an order's page looks for in the log.
ORDER_EVENTS = (
    "Order Completed",
    "Order Updated",
    "Order Refunded",
    "Order Cancelled",
    "Payment Updated",
    "Shipment Updated",
    "Order Milestone Reached",
    "Order Delivered",
    "Shipment Problem Reported",
    "Shipment Ready For Pickup",
    "Coupon Redeemed",
    "Coupon Released",
)


@dataclass(slots=True)
class Totals:
    """What a customer has bought, without cancelled orders and less refunds. Currencies are never added up."""

    orders: int = 0
    spent: dict[str, int] = field(default_factory=dict)  # by currency, the one of most orders first
    last_at: datetime | None = None


def totals_of(cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]) -> dict[CustomerId, Totals]:
    """By customer; who never ordered is left out."""
    found: dict[CustomerId, Totals] = {}
    cursor.execute(SQL["customer_totals"], {"shop": shop, "ids": list(customers)})
    for customer, currency, orders, spent_minor, last_at in cursor.fetchall():
        totals = found.setdefault(CustomerId(customer), Totals())
        totals.orders += orders
        totals.spent[currency] = spent_minor
        totals.last_at = max(filter(None, (totals.last_at, last_at)))
    return found


def orders_of(cursor: Cursor, shop: ShopId, ids: Sequence[CustomerId], *, rows: int) -> list[dict[str, Any]]:
    cursor.execute(
        SQL["customer_orders"], {"shop": shop, "ids": list(ids), "rows": rows, "items": ITEMS_NAMED}
    )
    return fetch_dicts(cursor)


def coupons_of(cursor: Cursor, shop: ShopId, ids: Sequence[CustomerId], *, rows: int) -> list[dict[str, Any]]:
    cursor.execute(SQL["customer_coupons"], {"shop": shop, "ids": list(ids), "rows": rows})
    return fetch_dicts(cursor)


def list_orders(
    cursor: Cursor,
    shop: ShopId,
    *,
    status: str = "",
    after: tuple[datetime, str] | None = None,
    rows: int = limits.PAGE_ROWS + 1,
) -> list[dict[str, Any]]:
    cursor.execute(
        SQL["page_orders"],
        {
            "shop": shop,
            "status": status or None,
            "after_at": after[0] if after else None,
            "after_id": after[1] if after else None,
            "rows": rows,
        },
    )
    return fetch_dicts(cursor)


def search_orders(cursor: Cursor, shop: ShopId, prefix: str, *, hits: int) -> list[dict[str, Any]]:
    """Orders whose id or number (`#1001`, also without #) begins so."""
    cursor.execute(SQL["search_orders"], {"shop": shop, "prefix": prefix, "hits": hits})
    return fetch_dicts(cursor)


def parcels_of(cursor: Cursor, shop: ShopId, orders: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """milestone of the least advanced parcel, number of parcels and a problem, by order id."""
    cursor.execute(
        SQL["page_parcels"],
        {
            "shop": shop,
            "customers": [order["customer_id"] for order in orders],
            "orders": [order["order_id"] for order in orders],
        },
    )
    return {row["order_id"]: row for row in fetch_dicts(cursor)}


def order(cursor: Cursor, shop: ShopId, order_id: str) -> dict[str, Any]:
    """Raises VuelveError `not_found`."""
    cursor.execute(SQL["page_order"], {"shop": shop, "order": order_id})
    found = fetch_dicts(cursor)
    if not found:
        raise not_found("order")
    return found[0]


def parts_of(cursor: Cursor, shop: ShopId, order: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """items, payments, refunds, shipments, checkpoints and rejected events of one order."""
    whose = {"shop": shop, "customer": order["customer_id"], "order": order["order_id"]}
    cursor.execute(SQL["page_items"], whose)
    found = {"items": fetch_dicts(cursor)}
    for name, table, by in (
        ("payments", "commerce_payment", "said_at, payment_id"),
        ("refunds", "commerce_refund", "refunded_at, refund_id"),
        ("shipments", "commerce_shipment", "shipment_id"),
        ("checkpoints", "commerce_shipment_checkpoint", "said_at DESC, message_id DESC"),
    ):
        cursor.execute(
            f"SELECT * FROM {table} WHERE shop_id = %(shop)s AND customer_id = %(customer)s AND order_id = %(order)s "
            f"ORDER BY {by} LIMIT {limits.PAGE_ROWS_MAX}",
            whose,
        )
        found[name] = fetch_dicts(cursor)
    return found


def events_of(
    cursor: Cursor, shop: ShopId, ids: Sequence[CustomerId], order_id: str, *, rows: int = limits.PAGE_ROWS
) -> list[dict[str, Any]]:
    """The newest events about an order, in the shape of the customers' timeline."""
    parameters = {
        "shop": shop,
        "ids": list(ids),
        "order": order_id,
        "names": list(ORDER_EVENTS),
        "rows": rows,
    }
    cursor.execute(SQL["page_order_events"], parameters)
    return fetch_dicts(cursor)


def rejects_of(
    cursor: Cursor, shop: ShopId, ids: Sequence[CustomerId], order_id: str
) -> list[dict[str, Any]]:
    """Events about an order that were refused, or taken in part."""
    cursor.execute(
        "SELECT event_name, reason, rejected_at FROM commerce_rejected WHERE shop_id = %s AND customer_id = ANY (%s) "
        "AND order_id = %s ORDER BY rejected_at DESC LIMIT 50",
        [shop, list(ids), order_id],
    )
    return fetch_dicts(cursor)


def list_carts(
    cursor: Cursor,
    shop: ShopId,
    *,
    state: str = "",
    after: tuple[datetime, int, str] | None = None,
    rows: int = limits.PAGE_ROWS + 1,
) -> list[dict[str, Any]]:
    cursor.execute(
        SQL["page_carts"],
        {
            "shop": shop,
            "state": state or None,
            "after_at": after[0] if after else None,
            "after_node": after[1] if after else None,
            "after_cart": after[2] if after else None,
            "rows": rows,
        },
    )
    return fetch_dicts(cursor)


def cart_abandoned_minutes(cursor: Cursor, shop: ShopId) -> int:
    row = cursor.execute(
        "SELECT cart_abandoned_minutes FROM commerce_setting WHERE shop_id = %s", [shop]
    ).fetchone()
    return int(row[0]) if row else CART_ABANDONED_MINUTES_DEFAULT


def categories_of(cursor: Cursor, shop: ShopId) -> list[str]:
    """Those of the catalogue, to choose from."""
    rows = cursor.execute(SQL["categories"], {"shop": shop, "rows": limits.PAGE_ROWS_MAX}).fetchall()
    return [row[0] for row in rows]


def brands_of(cursor: Cursor, shop: ShopId) -> list[str]:
    """Those of the newest products of the catalogue, to choose from."""
    rows = cursor.execute(SQL["brands"], {"shop": shop, "rows": limits.CSV_ROWS_MAX}).fetchall()
    return [row[0] for row in rows]


def payment_methods_of(cursor: Cursor, shop: ShopId) -> list[str]:
    """Those of the newest orders."""
    rows = cursor.execute(SQL["payment_methods"], {"shop": shop, "rows": limits.CSV_ROWS_MAX}).fetchall()
    return [row[0] for row in rows]
