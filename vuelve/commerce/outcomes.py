"""What became of an order's or a shipment's event, for developers: why an order does not appear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vuelve.customers.queries import canonical_id
from vuelve.platform.db import Cursor, Statements
from vuelve.platform.extension import EventRef, EventVocabulary, Outcome, Text, WithoutEffect
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui import formats

SQL = Statements(__file__)


@dataclass(frozen=True, slots=True)
class _Reason:
    text: Text
    hint: Text


# The reasons of commerce_rejected.
REASONS: dict[str, _Reason] = {
    "unreadable": _Reason(
        gettext_lazy("Its texts cannot be read."),
        gettext_lazy("Send UTF-8 without NUL and without halves of characters."),
    ),
    "order_id_missing": _Reason(gettext_lazy("It names no order."), gettext_lazy("Send `order_id`.")),
    "order_id_too_long": _Reason(
        gettext_lazy("The order's id is too long."), gettext_lazy("Send at most 100 characters.")
    ),
    "order_conflict": _Reason(
        gettext_lazy("Another event has this order's id, with another total."),
        gettext_lazy("Send `Order Updated` when an order changes, and each id for one order only."),
    ),
    "currency_unknown": _Reason(
        gettext_lazy("The currency does not exist."), gettext_lazy("Send the ISO code, e.g. MXN, BRL or EUR.")
    ),
    "amount_negative": _Reason(
        gettext_lazy("An amount is below zero."), gettext_lazy("Send what comes back as `Order Refunded`.")
    ),
    "amount_not_a_number": _Reason(
        gettext_lazy("An amount is no number."),
        gettext_lazy("Send 499.00, without currency sign and thousands."),
    ),
    "amount_too_large": _Reason(
        gettext_lazy("An amount is too large to be right."), gettext_lazy("Send pesos, not cents.")
    ),
    "products_not_a_list": _Reason(
        gettext_lazy("`products` is no list."), gettext_lazy("Send a list of objects.")
    ),
    "product_not_an_object": _Reason(
        gettext_lazy("A product is no object."),
        gettext_lazy("Send each product with product_id, quantity and price."),
    ),
    "product_id_missing": _Reason(
        gettext_lazy("A product has no id."), gettext_lazy("Send product_id, sku or name with each product.")
    ),
    "product_id_too_long": _Reason(
        gettext_lazy("A product's id is too long."), gettext_lazy("Send at most 255 characters.")
    ),
    "too_many_lines": _Reason(
        gettext_lazy("The order has too many lines."),
        gettext_lazy("Send at most 500; add equal products up."),
    ),
    "shipment_id_too_long": _Reason(
        gettext_lazy("The shipment's id is too long."), gettext_lazy("Send at most 100 characters.")
    ),
    "refund_id_too_long": _Reason(
        gettext_lazy("The refund's id is too long."), gettext_lazy("Send at most 100 characters.")
    ),
    "payment_id_too_long": _Reason(
        gettext_lazy("The payment's id is too long."), gettext_lazy("Send at most 100 characters.")
    ),
    "payments_not_a_list": _Reason(
        gettext_lazy("`payments` is no list."), gettext_lazy("Send a list of objects.")
    ),
    "payment_state_unknown": _Reason(
        gettext_lazy("The state of the payment is not known."),
        gettext_lazy("Send pending, authorized, paid, failed, refunded or voided."),
    ),
    "refund_exceeds_order": _Reason(
        gettext_lazy("It gives back more than the order was worth; what exceeds it was left out."),
        gettext_lazy("Send each refund once, with its own `refund_id`."),
    ),
    "refund_currency": _Reason(
        gettext_lazy("The refund is in another currency than the order."),
        gettext_lazy("Send what comes back in the order's currency."),
    ),
    "cart_id_too_long": _Reason(
        gettext_lazy("The cart's id is too long."), gettext_lazy("Send at most 100 characters.")
    ),
    "categories_not_a_list": _Reason(
        gettext_lazy("`categories` is no list."), gettext_lazy("Send a list of names.")
    ),
    "images_not_a_list": _Reason(
        gettext_lazy("`images` is no list."), gettext_lazy("Send a list of addresses.")
    ),
    "variants_not_a_list": _Reason(
        gettext_lazy("`variants` is no list."), gettext_lazy("Send a list of objects.")
    ),
    "status_unknown": _Reason(
        gettext_lazy("The shipment's status is not known."),
        gettext_lazy("Send packed, in_transit, out_for_delivery, delivered or one of AfterShip's."),
    ),
}

_ORDER = EventVocabulary(required=("order_id",), useful=("currency", "total|revenue", "products"))
_CART = EventVocabulary(
    required=(), useful=("cart_id|checkout_id", "products", "currency", "url|checkout_url")
)
VOCABULARY: dict[str, EventVocabulary] = {
    "Order Completed": _ORDER,
    "Order Updated": _ORDER,
    "Order Refunded": EventVocabulary(required=("order_id",)),
    "Order Cancelled": EventVocabulary(required=("order_id",)),
    "Payment Updated": EventVocabulary(required=("order_id", "state"), useful=("payment_id", "method")),
    "Shipment Updated": EventVocabulary(required=("order_id", "status"), useful=("carrier", "tracking_url")),
    "Product Updated": EventVocabulary(
        required=("product_id",), useful=("name", "price", "currency", "url", "image_url|images")
    ),
    "Product Deleted": EventVocabulary(required=("product_id",)),
    "Product Viewed": EventVocabulary(required=("product_id|sku",), useful=("name",)),
    "Product Added": EventVocabulary(required=("product_id|sku",), useful=("price", "currency")),
    "Product Removed": EventVocabulary(required=("product_id|sku",)),
    "Cart Viewed": _CART,
    "Cart Updated": _CART,
    "Checkout Started": _CART,
    "Checkout Updated": _CART,
}


def reason_text(code: str) -> Text:
    known = REASONS.get(code)
    return known.text if known else code


class CommerceOutcomes:
    """The orders and rejections that events left. `key` is the name of the consumer."""

    key: ClassVar[str] = "commerce"
    label: Text = gettext_lazy("Orders and shipments")

    def of_event(
        self, cursor: Cursor, request: HttpRequest, shop: ShopId, event: EventRef
    ) -> Sequence[Outcome]:
        if event.customer_id is None:
            return ()
        # Rows follow a customer who is merged into another.
        whose = [event.customer_id, canonical_id(cursor, shop, event.customer_id)]
        parameters = {"shop": shop, "customers": whose, "seq": event.seq}
        outcomes = []
        for code, _order_id in cursor.execute(SQL["rejected_event"], parameters).fetchall():
            known = REASONS.get(code)
            outcomes.append(Outcome(reason_text(code), tone="bad", hint=known.hint if known else ""))
        for order_id, total_minor, currency in cursor.execute(SQL["order_of_event"], parameters).fetchall():
            text = _("Order %(order)s, %(total)s") % {
                "order": order_id,
                "total": formats.money(total_minor, currency),
            }
            outcomes.append(Outcome(text, tone="good"))
        return outcomes

    def without_effect(
        self, cursor: Cursor, shop: ShopId, since: datetime, rows: int
    ) -> Sequence[WithoutEffect]:
        found = cursor.execute(
            SQL["recently_rejected"], {"shop": shop, "since": since, "rows": rows}
        ).fetchall()
        return [
            WithoutEffect(
                at=at,
                event_seq=seq,
                event_name=name,
                customer_id=CustomerId(node),
                code=code,
                text=reason_text(code),
                hint=REASONS[code].hint if code in REASONS else "",
                about=order_id or "",
            )
            for at, seq, name, node, code, order_id in found
        ]
