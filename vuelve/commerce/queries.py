"""Reads of orders and coupons for pages."""

from collections.abc import Sequence
from typing import Any

from vuelve.platform.db import Cursor, Statements, fetch_dicts
from vuelve.platform.ids import CustomerId, ShopId

SQL = Statements(__file__)


def totals_of(
    cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId], *, currency: str
) -> dict[CustomerId, tuple[int, int]]:
    """(orders, spent in minor units of `currency`) by customer; who never ordered is left out."""
    cursor.execute(SQL["customer_totals"], {"shop": shop, "ids": list(customers), "currency": currency})
    return {CustomerId(row[0]): (row[1], row[2]) for row in cursor.fetchall()}


def orders_of(cursor: Cursor, shop: ShopId, ids: Sequence[CustomerId], *, rows: int) -> list[dict[str, Any]]:
    cursor.execute(SQL["customer_orders"], {"shop": shop, "ids": list(ids), "rows": rows})
    return fetch_dicts(cursor)


def coupons_of(cursor: Cursor, shop: ShopId, ids: Sequence[CustomerId], *, rows: int) -> list[dict[str, Any]]:
    cursor.execute(SQL["customer_coupons"], {"shop": shop, "ids": list(ids), "rows": rows})
    return fetch_dicts(cursor)
