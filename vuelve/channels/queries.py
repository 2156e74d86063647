"""Reads of messages for pages."""

from collections.abc import Sequence
from typing import Any

from vuelve.channels.models import Template
from vuelve.platform import limits
from vuelve.platform.db import Cursor, Statements, fetch_dicts
from vuelve.platform.errors import not_found
from vuelve.platform.ids import CustomerId, MessageId, ShopId

SQL = Statements(__file__)


def list_messages(
    cursor: Cursor,
    shop: ShopId,
    *,
    status: str = "",
    reason: str = "",
    journey: int | None = None,
    step: str = "",
    customers: Sequence[CustomerId] | None = None,
    after: int | None = None,
    rows: int = limits.PAGE_ROWS + 1,
) -> list[dict[str, Any]]:
    cursor.execute(
        SQL["page_messages"],
        {
            "shop": shop,
            "after": after,
            "status": status or None,
            "reason": reason or None,
            "journey": journey,
            "step": step or None,
            "customers": list(customers) if customers is not None else None,
            "rows": rows,
        },
    )
    return fetch_dicts(cursor)


def message(cursor: Cursor, shop: ShopId, message: MessageId) -> dict[str, Any]:
    """Raises VuelveError `not_found`."""
    cursor.execute(SQL["page_message"], {"shop": shop, "message": message})
    found = fetch_dicts(cursor)
    if not found:
        raise not_found("message")
    return found[0]


def template_names(shop: ShopId) -> dict[str, str]:
    """What each template is called, by its key."""
    return dict(Template.objects.filter(shop_id=shop).values_list("key", "name"))
