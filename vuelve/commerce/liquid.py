"""The objects `order` and `cart` in templates: what the event that the message answers is about, if it is the recipient's.

`order`: order_id, order_number, ordered_at, status, currency, total, subtotal, discount, shipping, tax, refunded, net (total
less refunded; all as the reader's language writes money), total_minor, net_minor, coupon_code, payment_state,
payment_method, cancelled_at, delivered_at, items (the first 50), has_more_items, payments, refunds, shipments, and of the
shipment that the event is about, or else of the one heard of last: shipment_id, milestone, shipment_status, carrier,
tracking_number, tracking_url, eta_date.
`order.items[]`: product_id, name, variant, category (at the time of the order), brand, image_url, url, quantity, price,
amount, refunded_quantity.
`order.payments[]`: payment_id, state, method, provider, instalments, amount. `order.refunds[]`: refund_id, amount, at.
`order.shipments[]`: shipment_id, milestone, status, carrier, tracking_number, tracking_url, eta_date, message, problem,
delivered_at.
`cart`, for `Cart Abandoned`: cart_id, checkout_id, url (to come back), currency, value, value_minor, quantity, products[]:
product_id, sku, name, variant, category, brand, image_url, url, quantity, price.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from vuelve.commerce.contracts import Milestone
from vuelve.commerce.services import SQL
from vuelve.platform.db import Cursor, fetch_dicts
from vuelve.platform.extension import MessageSubject
from vuelve.platform.ids import MessageId, ShopId
from vuelve.platform.money import Money, to_minor

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
        cursor.execute(SQL["payments_of_orders"], which)
        money = _by_order(fetch_dicts(cursor))
        return {
            MessageId(order["message_id"]): _order(
                order,
                items[order["order_id"]],
                shipments[order["order_id"]],
                money[order["order_id"]],
                locales[MessageId(order["message_id"])],
            )
            for order in orders
        }


class CartObject:
    name: ClassVar[str] = "cart"

    def load(self, cursor: Cursor, shop: ShopId, subjects: Sequence[MessageSubject]) -> dict[MessageId, Any]:
        locales = {subject.message_id: subject.locale for subject in subjects}
        answered = [s for s in subjects if s.event_xid is not None and s.event_seq is not None]
        if not answered:
            return {}
        found = cursor.execute(
            SQL["events_of_messages"],
            {
                "shop": shop,
                "messages": [subject.message_id for subject in answered],
                "xids": [subject.event_xid for subject in answered],
                "seqs": [subject.event_seq for subject in answered],
            },
        ).fetchall()
        return {
            MessageId(message): _cart(properties, locales[MessageId(message)])
            for message, properties in found
        }


def _cart(told: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """As `Cart Abandoned` told it (`ticks.py`), with prices as the reader writes them."""
    currency = told["currency"]
    return {
        **{name: told.get(name) for name in ("cart_id", "checkout_id", "url", "currency", "quantity")},
        "value_minor": told.get("value_minor"),
        "value": _money(told.get("value_minor"), currency, locale),
        "products": [
            {
                **{name: product.get(name) for name in _OF_PRODUCT},
                "name": product.get("name") or product.get("product_id") or product.get("sku"),
                "price": _money(_minor(product.get("price"), currency), currency, locale),
            }
            for product in told["products"]
        ],
    }


_OF_PRODUCT = ("product_id", "sku", "variant", "category", "brand", "image_url", "url", "quantity")


def _minor(price: str | None, currency: str) -> int | None:
    return None if price is None else to_minor(price, currency)


def _by_order(rows: Sequence[dict[str, Any]]) -> defaultdict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["order_id"]].append(row)
    return found


def _order(
    row: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    money: Sequence[Mapping[str, Any]],
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
            for name in ("total", "subtotal", "discount", "shipping", "tax", "refunded")
        },
        "total_minor": row["total_minor"],
        "net": _format(row["total_minor"] - row["refunded_minor"], currency, locale),
        "net_minor": row["total_minor"] - row["refunded_minor"],
        **{name: row[name] for name in ("order_number", "status", "payment_state", "payment_method")},
        **{name: _instant(row[name]) for name in ("cancelled_at", "delivered_at")},
        "payments": [_payment(each, currency, locale) for each in money if each["kind"] == "payment"],
        "refunds": [_refund(each, currency, locale) for each in money if each["kind"] == "refund"],
        "coupon_code": row["coupon_code"],
        "items": [_item(item, currency, locale) for item in items[:ITEMS_MAX]],
        "has_more_items": len(items) > ITEMS_MAX,
        "shipments": shipments,
        "shipment_status": about.get("status"),
        **{name: about[name] for name in _NO_SHIPMENT},
    }


def _payment(row: Mapping[str, Any], currency: str, locale: str) -> dict[str, Any]:
    named = {name: row[name] for name in ("state", "method", "provider", "instalments")}
    return {"payment_id": row["id"], **named, "amount": _money(row["amount_minor"], currency, locale)}


def _refund(row: Mapping[str, Any], currency: str, locale: str) -> dict[str, Any]:
    amount = _money(row["amount_minor"], currency, locale)
    return {"refund_id": row["id"], "amount": amount, "at": _instant(row["at"])}


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _money(amount_minor: int | None, currency: str, locale: str) -> str | None:
    return None if amount_minor is None else _format(amount_minor, currency, locale)


def _item(row: Mapping[str, Any], currency: str, locale: str) -> dict[str, Any]:
    return {
        "product_id": row["product_id"],
        "name": row["name"] or row["product_id"],
        "variant": row["variant"],
        "refunded_quantity": row["refunded_quantity"],
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
        "eta_date": row["eta_date"].isoformat() if row["eta_date"] else None,
        "delivered_at": _instant(row["delivered_at"]),
        **{
            name: row[name]
            for name in ("status", "carrier", "tracking_number", "tracking_url", "message", "problem")
        },
    }


_NO_SHIPMENT: Mapping[str, Any] = dict.fromkeys(
    ("shipment_id", "milestone", "carrier", "tracking_number", "tracking_url", "eta_date")
)


@lru_cache(maxsize=20_000)
def _format(amount_minor: int, currency: str, locale: str) -> str:
    """Prices repeat, and formatting one takes longer than fetching it."""
    return Money(amount_minor, currency).format(locale)
