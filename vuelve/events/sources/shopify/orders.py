"""Orders: one payload of any order topic is the order's whole state.

Each gives `Order Completed` with an id of the order alone (so an order that was never seen is complete whatever comes
first), and `Order Updated` with the state as of `updated_at`. Its refunds, fulfilments and cancellation are events of
their own, under the ids that their own topics use.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from vuelve.events.sources.shopify.customers import person_events
from vuelve.events.sources.shopify.history import is_history, is_history_of
from vuelve.events.sources.shopify.reading import (
    Payload,
    amount,
    child,
    digest,
    email_of,
    id_of,
    items,
    number_of,
    phone_of,
    plain,
    shop_amount,
    stamp,
    text,
    time_of,
    time_or_none,
    user_id,
    without_blanks,
    wrong,
)
from vuelve.events.sources.shopify.refunds import anonymous_id, refund_event
from vuelve.events.sources.shopify.shipments import fulfillment_event
from vuelve.platform import limits
from vuelve.platform.stores import Mapped, Reception, StoreEvent, StoreKind, StoreSeen

# `updated_at` has whole seconds, and an order is often created and paid within one: the further state counts as the
# later, by microseconds.
_FINANCIAL_RANK = {
    "": 0,
    "expired": 1,
    "pending": 1,
    "unpaid": 1,
    "authorized": 2,
    "partially_paid": 3,
    "paid": 4,
    "partially_refunded": 5,
    "refunded": 6,
    "voided": 6,
}
_FULFILLMENT_RANK = {"": 0, "partial": 1, "fulfilled": 2, "restocked": 3}

_PAYMENT_STATES = {
    "authorized": "authorized",
    "expired": "failed",
    "paid": "paid",
    "partially_paid": "pending",
    "partially_refunded": "paid",
    "pending": "pending",
    "refunded": "refunded",
    "unpaid": "pending",
    "voided": "voided",
}
# Gateways whose name says how was paid; others are named as Shopify names them.
_METHODS = {
    "bank_deposit": "bank_transfer",
    "bank deposit": "bank_transfer",
    "cash": "cash",
    "cash on delivery (cod)": "cash_on_delivery",
    "gift_card": "gift_card",
    "paypal": "wallet",
    "shop_cash": "wallet",
    "shopify_installments": "instalments",
    "shopify_payments": "card",
}


def order(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """All order topics but the deletion."""
    number = id_of(payload)
    if payload.get("test") is True:
        return Mapped(skipped="test_order")
    created = time_of(payload, "created_at", "processed_at")
    placed = time_of(payload, "processed_at", "created_at")
    updated = max(time_of(payload, "updated_at", "created_at"), created)
    who = identity(payload)
    properties = order_properties(payload)
    if not any(who.values()):
        who["anonymous_id"] = anonymous_id(number)  # bought at a till, by nobody known
    events = [
        StoreEvent(
            name="Order Completed",
            at=placed,
            message_id=f"order/{number}",
            properties=properties,
            historical=is_history_of(created, placed, reception),
            **who,
        )
    ]
    if topic != "orders/create":
        # The creation's state is in `Order Completed`; if another payload was there first, it is a later state.
        events.append(
            StoreEvent(
                name="Order Updated",
                at=updated + timedelta(microseconds=_rank(payload)),
                message_id=f"order/{number}@{stamp(updated)}/{digest(_state(properties))}",
                properties=properties,
                historical=is_history_of(created, updated, reception),
                **who,
            )
        )
    events += _parts(payload, number, created, who, reception)
    events += person_events(payload, updated, reception)
    seen = StoreSeen(
        kind=StoreKind.ORDERS,
        object_id=number,
        at=updated + timedelta(microseconds=_rank(payload)),
        created_at=created,
        status=text(payload.get("financial_status")).lower(),
        user_id=who.get("user_id"),
        email=who.get("email"),
        phone=who.get("phone"),
    )
    return Mapped(events=events, seen=[seen])


def _state(properties: dict[str, Any]) -> dict[str, Any]:
    """What tells one state from another, wherever it is read: the tokens are in webhooks only."""
    return {name: value for name, value in properties.items() if name not in ("cart_id", "checkout_id")}


def order_deleted(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """A deleted order is one that the merchant wishes away; its history here stays, it is not counted any more."""
    at = reception.triggered_at or reception.received_at
    seen = StoreSeen(kind=StoreKind.ORDERS, object_id=id_of(payload), at=at, is_gone=True)
    return Mapped(seen=[seen], skipped="order_deleted")


def identity(payload: Payload) -> dict[str, Any]:
    """Whose an order is: the customer, a guest by e-mail or phone. Never by an address: that may be of who gets a gift."""
    customer = child(payload, "customer")
    return {
        "user_id": user_id(customer),
        "email": email_of(payload.get("email"), payload.get("contact_email"), customer.get("email")),
        "phone": phone_of(payload.get("phone"), customer.get("phone")),
    }


def _rank(payload: Payload) -> int:
    financial = text(payload.get("financial_status")).lower()
    fulfillment = text(payload.get("fulfillment_status")).lower()
    return (
        (1_000 if payload.get("cancelled_at") else 0)
        + 10 * _FINANCIAL_RANK.get(financial, 0)
        + _FULFILLMENT_RANK.get(fulfillment, 0)
    )


def _parts(
    payload: Payload, number: str, created: datetime, who: dict[str, Any], reception: Reception
) -> Iterator[StoreEvent]:
    for refund in items(payload, "refunds"):
        yield refund_event(refund, number, who, reception)
    for fulfillment in items(payload, "fulfillments"):
        yield fulfillment_event(fulfillment, number, who, reception)
    if cancelled := time_or_none(payload.get("cancelled_at")):
        yield StoreEvent(
            name="Order Cancelled",
            at=cancelled,
            message_id=f"order/{number}/cancelled",
            properties=without_blanks({"order_id": number, "reason": text(payload.get("cancel_reason"))}),
            historical=is_history(cancelled, reception),
            **who,
        )


def order_properties(payload: Payload) -> dict[str, Any]:
    number = id_of(payload)
    currency = text(payload.get("currency")).upper()
    if len(currency) != 3:
        raise wrong("currency", "is missing or no currency code")
    if (total := shop_amount(payload, "total_price")) is None:
        raise wrong("total_price", "is missing")
    tax = shop_amount(payload, "total_tax") or Decimal(0)
    shipping, shipping_tax = _shipping(payload)
    subtotal = shop_amount(payload, "subtotal_price")
    if payload.get("taxes_included") is True:
        # Prices with tax in them: our subtotal and shipping are without, so that the parts add up to the total.
        shipping -= shipping_tax
        subtotal = None if subtotal is None else subtotal - (tax - shipping_tax)
    tip = shop_amount(payload, "total_tip_received") or Decimal(0)
    return without_blanks(
        {
            "order_id": number,
            "order_number": text(payload.get("name")),
            "currency": currency,
            "total": plain(total),
            "subtotal": None if subtotal is None else plain(subtotal),
            "shipping": plain(shipping),
            "tax": plain(tax),
            "discount": plain(shop_amount(payload, "total_discounts") or Decimal(0)),
            "tip": plain(tip) if tip else None,
            "coupon": _coupon(payload),
            "taxes_included": payload.get("taxes_included") is True,
            "payment_method": _method(payload),
            "payments": _payments(payload, number, total, currency),
            "financial_status": text(payload.get("financial_status")).lower(),
            "fulfillment_status": text(payload.get("fulfillment_status")).lower(),
            "presentment_currency": text(payload.get("presentment_currency")).upper(),
            "source_name": text(payload.get("source_name")),
            "checkout_id": text(payload.get("checkout_token")),
            "cart_id": text(payload.get("cart_token")),
            "tags": text(payload.get("tags")),
            "products": [line_properties(line) for line in _lines(payload)],
        }
    )


def _lines(payload: Payload) -> list[Payload]:
    lines = list(items(payload, "line_items"))
    if len(lines) > limits.ORDER_LINES_MAX:
        raise wrong("line_items", f"has more than {limits.ORDER_LINES_MAX} lines")
    return lines


def line_properties(line: Payload) -> dict[str, Any]:
    """`price` is what the customer saw; `amount` is the line after its share of all discounts."""
    quantity = line.get("quantity", 1)
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 0:
        raise wrong("quantity", "is no number of pieces")
    price = shop_amount(line, "price") or Decimal(0)
    discount = sum(
        (shop_amount(one, "amount") or Decimal(0) for one in items(line, "discount_allocations")), Decimal(0)
    )
    return without_blanks(
        {
            "line_id": number_of(line.get("id")),
            "product_id": number_of(line.get("product_id")),
            "variant_id": number_of(line.get("variant_id")),
            "sku": text(line.get("sku")),
            "name": text(line.get("title")) or text(line.get("name")),
            "variant": text(line.get("variant_title")),
            "brand": text(line.get("vendor")),
            "quantity": quantity,
            "price": plain(price),
            "amount": plain(price * quantity - discount),
            "is_gift_card": True if line.get("gift_card") is True else None,
        }
    )


def _shipping(payload: Payload) -> tuple[Decimal, Decimal]:
    """What shipping costs after discounts, and the tax in or on it."""
    price = tax = Decimal(0)
    for line in items(payload, "shipping_lines"):
        if line.get("is_removed") is True:
            continue
        found = shop_amount(line, "discounted_price")
        price += (shop_amount(line, "price") or Decimal(0)) if found is None else found
        tax += sum((shop_amount(one, "price") or Decimal(0) for one in items(line, "tax_lines")), Decimal(0))
    return price, tax


def _coupon(payload: Payload) -> str:
    return ",".join(code for one in items(payload, "discount_codes") if (code := text(one.get("code"))))


def _gateways(payload: Payload) -> list[str]:
    found = payload.get("payment_gateway_names")
    return [name for one in found if (name := text(one))] if isinstance(found, list) else []


def _method(payload: Payload) -> str:
    """How was paid; of several ways the first that is no gift card."""
    names = [_METHODS.get(name.lower(), name) for name in _gateways(payload)]
    return next((name for name in names if name != "gift_card"), names[0] if names else "")


def _payments(payload: Payload, number: str, total: Decimal, currency: str) -> list[dict[str, Any]]:
    """One payment an order: its webhook says what is paid in all and by which gateways, not how much by each."""
    status = text(payload.get("financial_status")).lower()
    if status not in _PAYMENT_STATES:
        return []
    outstanding = payload.get("total_outstanding")
    paid = total
    if status == "partially_paid" and outstanding not in (None, ""):
        paid = total - amount(outstanding, "total_outstanding")
    return [
        without_blanks(
            {
                "payment_id": number,
                "method": _method(payload),
                "provider": ", ".join(_gateways(payload)),
                "state": _PAYMENT_STATES[status],
                "amount": plain(paid),
                "currency": currency,
            }
        )
    ]
