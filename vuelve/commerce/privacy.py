"""What commerce keeps of a person: orders and what belongs to them, coupons, what was rejected.

Orders stay for the shop's books: amounts, items and dates, under an id without a customer. Coupons go.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from vuelve.commerce.services import SQL
from vuelve.platform.db import Cursor, stream_dicts
from vuelve.platform.extension import BareEvent, Person, PersonalRows
from vuelve.platform.ids import CustomerId, ShopId

# What stays of orders' events: which order, when, how much, of what. No coupon, note, link or address.
_ORDER = (
    "order_id", "order_number", "refund_id", "currency", "total", "revenue", "subtotal", "discount", "shipping", "tax",
    "amount", "payment_method", "source_name", "payment_id", "method", "provider", "state", "instalments", "shipment_id",
    "status", "eta_date",
)  # fmt: skip
_LINE = (
    "line_id", "product_id", "sku", "name", "variant", "category", "brand", "price", "quantity", "amount",
)  # fmt: skip
_LISTS: Mapping[str, tuple[str, ...]] = {
    "products": _LINE,
    "payments": ("payment_id", "method", "provider", "state", "amount", "currency", "instalments"),
}


def bare_order(properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The properties of an order's event without the person; None if it names no order."""
    if not _is_plain(properties.get("order_id")):
        return None
    kept = _plain(properties, _ORDER)
    for name, keys in _LISTS.items():
        rows = properties.get(name)
        if isinstance(rows, list):
            kept[name] = [_plain(row, keys) for row in rows if isinstance(row, Mapping)]
    return kept


def _plain(properties: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: properties[key] for key in keys if _is_plain(properties.get(key))}


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and value != ""


BARE_EVENTS: dict[str, BareEvent] = dict.fromkeys(
    (
        "Order Completed",
        "Order Updated",
        "Order Refunded",
        "Order Cancelled",
        "Payment Updated",
        "Shipment Updated",
    ),
    bare_order,
)


class OrdersLeft:
    """Orders that erasures have left behind."""

    def find(
        self, cursor: Cursor, events: Sequence[tuple[ShopId, int, Mapping[str, Any]]]
    ) -> Mapping[int, CustomerId]:
        rows = cursor.execute(
            SQL["orders_left"],
            {
                "shops": [shop for shop, _seq, _properties in events],
                "seqs": [seq for _shop, seq, _properties in events],
                "orders": [str(properties["order_id"]) for _shop, _seq, properties in events],
            },
        ).fetchall()
        return {seq: CustomerId(remains) for seq, remains in rows}


ROWS: dict[str, PersonalRows] = {
    "commerce_order": PersonalRows(_("Orders"), stays=True),
    "commerce_shipment": PersonalRows(_("Shipments"), stays=True),
    "commerce_coupon": PersonalRows(_("Coupons")),
}


class CommercePrivacy:
    name: ClassVar[str] = "commerce"
    tables: ClassVar[tuple[str, ...]] = (
        "commerce_order",
        "commerce_order_key",
        "commerce_order_update",
        "commerce_item",
        "commerce_refund",
        "commerce_payment",
        "commerce_shipment",
        "commerce_shipment_checkpoint",
        "commerce_coupon",
        "commerce_coupon_refusal",
        "commerce_rejected",
        "commerce_cart",
    )

    def export(self, cursor: Cursor, person: Person) -> Mapping[str, Iterable[Mapping[str, Any]]]:
        whose = {"shop": person.shop, "ids": list(person.ids)}
        return {
            section: stream_dicts(cursor, SQL["export_rows"].format(table=table, order=order), whose)
            for section, table, order in (
                ("orders", "commerce_order", "ordered_at, order_id"),
                ("items", "commerce_item", "ordered_at, order_id, line"),
                ("order_updates", "commerce_order_update", "said_at, order_id"),
                ("refunds", "commerce_refund", "refunded_at, order_id, refund_id"),
                ("payments", "commerce_payment", "said_at, order_id, payment_id"),
                ("shipments", "commerce_shipment", "updated_at, order_id, shipment_id"),
                ("checkpoints", "commerce_shipment_checkpoint", "said_at, order_id, shipment_id"),
                ("coupons", "commerce_coupon", "issued_at, code"),
                ("coupon_refusals", "commerce_coupon_refusal", "refused_at, code"),
                ("rejected", "commerce_rejected", "rejected_at, event_seq"),
                ("carts", "commerce_cart", "last_at, cart_id"),
            )
        }

    def erase(
        self, cursor: Cursor, person: Person, *, remains: CustomerId, now: datetime
    ) -> Mapping[str, int]:
        whose = {"shop": person.shop, "ids": list(person.ids), "remains": remains}
        counts = {}
        for table, change in _KEPT.items():
            # Updated in place, unlike a merge: whatever columns a table has, its rows come along.
            cursor.execute(
                f"UPDATE {table} SET customer_id = %(remains)s, node_id = %(remains)s{change} "
                "WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)",
                whose,
            )
            counts[table] = cursor.rowcount
        for table in _GONE:
            cursor.execute(
                f"DELETE FROM {table} WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)", whose
            )
            counts[table] = cursor.rowcount
        return counts


# A message id may be made of an address. Its hash still tells a repeat of one message from another message.
_KEPT: Mapping[str, str] = {
    "commerce_order": ", coupon_code = NULL, cart_id = NULL, cancel_reason = NULL, content_by = md5(content_by)",
    "commerce_order_key": ", cancel_reason = NULL, claimed_by = md5(claimed_by), cancelled_by = md5(cancelled_by)",
    "commerce_item": "",
    "commerce_refund": ", message_id = md5(message_id), refund_id = CASE WHEN refund_id LIKE 'event:%%' "
    "THEN 'event:' || md5(refund_id) ELSE refund_id END",
    "commerce_payment": ", message_id = md5(message_id)",
    "commerce_shipment": ", tracking_url = NULL, tracking_number = NULL, message = NULL",
    "commerce_shipment_checkpoint": ", message_id = md5(message_id), tracking_url = NULL, tracking_number = NULL, "
    "message = NULL",
}
# An update is the whole event as it was sent; what it said of the order stands in the order.
_GONE = (
    "commerce_order_update",
    "commerce_coupon",
    "commerce_coupon_refusal",
    "commerce_rejected",
    "commerce_cart",
)
