"""How orders, parcels and coupons look on a customer's timeline. `text` must not raise, whatever the properties are."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vuelve.commerce.rules.words import SHIPMENT_STATUSES as WORDS
from vuelve.platform.extension import EventFace, Text
from vuelve.platform.money import to_minor
from vuelve.platform.ui import formats

MILESTONES: dict[str, Text] = {
    "confirmed": gettext_lazy("Confirmed"),
    "packed": gettext_lazy("Packed"),
    "in_transit": gettext_lazy("In transit"),
    "out_for_delivery": gettext_lazy("Out for delivery"),
    "delivered": gettext_lazy("Delivered"),
}

SHIPMENT_STATUSES: dict[str, Text] = {
    "packed": gettext_lazy("Packed"),
    "pending": gettext_lazy("Being prepared"),
    "info_received": gettext_lazy("Announced to the carrier"),
    "in_transit": gettext_lazy("In transit"),
    "out_for_delivery": gettext_lazy("Out for delivery"),
    "attempt_failed": gettext_lazy("Delivery failed"),
    "delivered": gettext_lazy("Delivered"),
    "pickup_ready": gettext_lazy("Ready for pickup"),
    "exception": gettext_lazy("Held up"),
    "expired": gettext_lazy("No news any more"),
}
PAYMENT_STATES: dict[str, Text] = {
    "pending": gettext_lazy("Payment pending"),
    "authorized": gettext_lazy("Payment authorised"),
    "paid": gettext_lazy("Paid"),
    "partially_paid": gettext_lazy("Paid in part"),
    "failed": gettext_lazy("Payment failed"),
    "refunded": gettext_lazy("Paid back"),
    "voided": gettext_lazy("Payment voided"),
}


def order_text(properties: Mapping[str, Any]) -> str:
    """`#1001 · $499.00 · 3 products`"""
    products = properties.get("products")
    parts = [_number(properties), _amount(properties)]
    if isinstance(products, list):
        names = [str(one["name"]) for one in products if isinstance(one, dict) and one.get("name")]
        parts.append(", ".join(names[:3]) + ("…" if len(names) > 3 else ""))
    return " · ".join(part for part in parts if part)


def _number(properties: Mapping[str, Any]) -> str:
    return f"#{properties['order_id']}" if properties.get("order_id") else ""


def _amount(properties: Mapping[str, Any]) -> str:
    amount = next(
        (properties[key] for key in ("total", "revenue", "subtotal", "amount") if properties.get(key)), None
    )
    currency = str(properties.get("currency", ""))
    try:
        return formats.money(to_minor(amount, currency), currency) if amount is not None and currency else ""
    except (ValueError, ArithmeticError, TypeError):
        return ""


def _milestone(properties: Mapping[str, Any]) -> str:
    name = str(properties.get("milestone") or properties.get("status") or "")
    # As carriers write it: `AttemptFail`, `out_for_delivery`.
    status = WORDS.get("".join(filter(str.isalpha, name)).lower())
    known = MILESTONES.get(name) or (SHIPMENT_STATUSES[status[0]] if status else name)
    parts = (_number(properties), str(known), str(properties.get("carrier") or ""))
    return " · ".join(part for part in parts if part)


def _coupon(properties: Mapping[str, Any]) -> str:
    percent = properties.get("percent")
    discount = _("%(percent)s %% off") % {"percent": percent} if percent else ""
    return " · ".join(
        part for part in (str(properties.get("code", "")), discount, _number(properties)) if part
    )


def _money_back(properties: Mapping[str, Any]) -> str:
    """`#1001 · $499.00 · size`: what happened to the order, how much, why."""
    parts = (_number(properties), _amount(properties), str(properties.get("reason") or ""))
    return " · ".join(part for part in parts if part)


def _payment(properties: Mapping[str, Any]) -> str:
    state = str(properties.get("state") or "")
    parts = (
        _number(properties),
        str(PAYMENT_STATES.get(state, state)),
        str(properties.get("method") or ""),
        _amount(properties),
    )
    return " · ".join(part for part in parts if part)


def _problem(properties: Mapping[str, Any]) -> str:
    name = str(properties.get("problem") or "")
    parts = (
        _number(properties),
        str(SHIPMENT_STATUSES.get(name, name)),
        str(properties.get("message") or ""),
    )
    return " · ".join(part for part in parts if part)


def _cart(properties: Mapping[str, Any]) -> str:
    names = [str(one.get("name") or one.get("product_id")) for one in _products(properties)]
    amount = ""
    if isinstance(properties.get("value_minor"), int) and properties.get("currency"):
        amount = formats.money(properties["value_minor"], str(properties["currency"]))
    parts = (", ".join(names[:3]) + ("…" if len(names) > 3 else ""), amount)
    return " · ".join(part for part in parts if part)


def _products(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    products = properties.get("products")
    return [one for one in products if isinstance(one, Mapping)] if isinstance(products, list) else []


FACES = {
    "Cart Abandoned": EventFace(gettext_lazy("Left a cart behind"), "shopping-cart", "warn", _cart),
    "Order Completed": EventFace(gettext_lazy("Placed an order"), "shopping-bag", "accent", order_text),
    "Order Milestone Reached": EventFace(gettext_lazy("Delivery moved on"), "truck", "info", _milestone),
    "Order Updated": EventFace(gettext_lazy("The order was changed"), "pencil-square", text=order_text),
    "Order Refunded": EventFace(gettext_lazy("Got money back"), "receipt-refund", "warn", _money_back),
    "Order Cancelled": EventFace(gettext_lazy("The order was cancelled"), "x-circle", "bad", _money_back),
    "Payment Updated": EventFace(gettext_lazy("News of the payment"), "credit-card", text=_payment),
    "Order Delivered": EventFace(gettext_lazy("Everything has arrived"), "check-circle", "good", _number),
    "Shipment Problem Reported": EventFace(
        gettext_lazy("Trouble with the parcel"), "exclamation-triangle", "warn", _problem
    ),
    "Shipment Ready For Pickup": EventFace(
        gettext_lazy("The parcel can be picked up"), "building-storefront", "info", _problem
    ),
    "Coupon Released": EventFace(gettext_lazy("Got the coupon back"), "ticket", "info", _coupon),
    "Shipment Updated": EventFace(gettext_lazy("News of the parcel"), "map-pin", text=_milestone),
    "Coupon Issued": EventFace(gettext_lazy("Got a coupon"), "ticket", "info", _coupon),
    "Coupon Redeemed": EventFace(gettext_lazy("Used a coupon"), "ticket", "good", _coupon),
}
