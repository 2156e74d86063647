"""The object `order` in templates: the order of the event that the message answers, if it is the recipient's own.

`order`: order_id, ordered_at, currency, total, subtotal, discount, shipping, tax (as the reader's language writes
money), total_minor, coupon_code, items (the first 50), has_more_items, shipments, and of the shipment that
the event is about, or else of the one heard of last: shipment_id, milestone, carrier, tracking_url, eta_date.
`order.items[]`: product_id, name, category (at the time of the order), brand, image_url, url, quantity, price, amount.
`order.shipments[]`: shipment_id, milestone, carrier, tracking_url, eta_date.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from vuelve.commerce.contracts import Milestone
from vuelve.commerce.services import SQL
from vuelve.platform.db import Cursor, fetch_dicts
from vuelve.platform.extension import MessageSubject
from vuelve.platform.ids import MessageId, ShopId
from vuelve.platform.money import Money

# A message with more lines than this is no message; the object is kept with each message.
ITEMS_MAX = 50


class OrderObject:
    name: ClassVar[str] = "order"

    def load(self, cursor: Cursor, shop: ShopId, subjects: Sequence[MessageSubject]) -> dict[MessageId, Any]:
        locales = {subject.message_id: subject.locale for subject in subjects}
        answered = [s for s in subjects if s.event_xid is not None and s.event_seq is not None]
        if not answered:
            return {}
        cursor.execute(
            SQL["orders_of_messages"],
            {
                "shop": shop,
                "messages": [subject.message_id for subject in answered],
                "customers": [subject.customer_id for subject in answered],
                "xids": [subject.event_xid for subject in answered],
                "seqs": [subject.event_seq for subject in answered],
            },
        )
        orders = fetch_dicts(cursor)
        if not orders:
            return {}
        owners = {order["order_id"]: order["customer_id"] for order in orders}
        which = {"shop": shop, "customers": list(owners.values()), "orders": list(owners)}
        cursor.execute(SQL["items_of_orders"], which | {"lines_max": ITEMS_MAX + 1})
        items = _by_order(fetch_dicts(cursor))
        cursor.execute(SQL["shipments_of_orders"], which)
        shipments = _by_order(fetch_dicts(cursor))
        return {
            MessageId(order["message_id"]): _order(
                order,
                items[order["order_id"]],
                shipments[order["order_id"]],
                locales[MessageId(order["message_id"])],
            )
            for order in orders
        }


def _by_order(rows: Sequence[dict[str, Any]]) -> defaultdict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["order_id"]].append(row)
    return found


def _order(
    row: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    locale: str,
) -> dict[str, Any]:
    currency = row["currency"]
    shipments = [_shipment(each) for each in rows]
    about: Mapping[str, Any] = next(
        (each for each in shipments if each["shipment_id"] == row["shipment_id"]),
        shipments[0] if shipments else _NO_SHIPMENT,
    )
    return {
        "order_id": row["order_id"],
        "ordered_at": row["ordered_at"].isoformat(),
        "currency": currency,
        **{
            name: _format(row[f"{name}_minor"], currency, locale)
            for name in ("total", "subtotal", "discount", "shipping", "tax")
        },
        "total_minor": row["total_minor"],
        "coupon_code": row["coupon_code"],
        "items": [_item(item, currency, locale) for item in items[:ITEMS_MAX]],
        "has_more_items": len(items) > ITEMS_MAX,
        "shipments": shipments,
        **about,
    }


def _item(row: Mapping[str, Any], currency: str, locale: str) -> dict[str, Any]:
    return {
        "product_id": row["product_id"],
        "name": row["name"] or row["product_id"],
        "category": row["category"],
        "brand": row["brand"],
        "image_url": row["image_url"],
        "url": row["url"],
        "quantity": row["quantity"],
        "price": _format(row["price_minor"], currency, locale),
        "amount": _format(row["amount_minor"], currency, locale),
    }


def _shipment(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "shipment_id": row["shipment_id"],
        "milestone": Milestone(row["milestone"]).key,
        "carrier": row["carrier"],
        "tracking_url": row["tracking_url"],
        "eta_date": row["eta_date"].isoformat() if row["eta_date"] else None,
    }


_NO_SHIPMENT: Mapping[str, Any] = dict.fromkeys(
    ("shipment_id", "milestone", "carrier", "tracking_url", "eta_date")
)


@lru_cache(maxsize=20_000)
def _format(amount_minor: int, currency: str, locale: str) -> str:
    """Prices repeat, and formatting one takes longer than fetching it."""
    return Money(amount_minor, currency).format(locale)
