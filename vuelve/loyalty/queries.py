"""Reads of the ledger."""

from datetime import datetime
from typing import Any

from vuelve.customers.queries import ids_of
from vuelve.loyalty.contracts import POINTS, Balance, Terms
from vuelve.platform.db import Cursor, Statements, fetch_dicts
from vuelve.platform.ids import CustomerId, ShopId

SQL = Statements(__file__)

NEWEST = 2**62


def balance(cursor: Cursor, shop: ShopId, customer: CustomerId) -> Balance:
    """What the customer has; nothing for somebody who never earned."""
    row = cursor.execute(
        SQL["balance"], {"shop": shop, "customer": customer, "unit": POINTS}, prepare=True
    ).fetchone()
    return Balance(*row) if row else Balance()


def balances(cursor: Cursor, shop: ShopId, customers: list[CustomerId]) -> dict[CustomerId, Balance]:
    """By customer; those without account are left out."""
    rows = cursor.execute(SQL["balances"], {"shop": shop, "customers": customers, "unit": POINTS}).fetchall()
    return {CustomerId(customer): Balance(*rest) for customer, *rest in rows}


def statement(
    cursor: Cursor, shop: ShopId, customer: CustomerId, *, before: int = NEWEST, rows: int
) -> list[dict[str, Any]]:
    """Transfers, newest first; `before` is the `seq` of the last line of the page before."""
    ids = ids_of(cursor, shop, customer)
    cursor.execute(SQL["statement"], {"shop": shop, "customers": ids, "before": before, "rows": rows})
    return fetch_dicts(cursor)


def totals(cursor: Cursor, shop: ShopId) -> dict[str, int]:
    """`outstanding` is what customers could spend at once, `owed` what they owe."""
    cursor.execute(SQL["totals"], {"shop": shop, "unit": POINTS})
    return fetch_dicts(cursor)[0]


def troubles(cursor: Cursor, shop: ShopId, terms: Terms, since: datetime) -> dict[str, int]:
    """Since then: orders in another currency, and points that could not be taken back."""
    start = max(since, terms.started_at)
    cursor.execute(SQL["troubles"], {"shop": shop, "since": start, "currency": terms.currency})
    return fetch_dicts(cursor)[0]
