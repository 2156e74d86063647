"""How orders, parcels and coupons look on a customer's timeline. `text` must not raise, whatever the properties are."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    amount = next((properties[key] for key in ("total", "revenue", "subtotal") if properties.get(key)), None)
    currency = str(properties.get("currency", ""))
    try:
        return formats.money(to_minor(amount, currency), currency) if amount is not None and currency else ""
    except (ValueError, ArithmeticError, TypeError):
        return ""


def _milestone(properties: Mapping[str, Any]) -> str:
    name = str(properties.get("milestone") or properties.get("status") or "")
    parts = (_number(properties), str(MILESTONES.get(name, name)), str(properties.get("carrier") or ""))
    return " · ".join(part for part in parts if part)


def _coupon(properties: Mapping[str, Any]) -> str:
    percent = properties.get("percent")
    discount = _("%(percent)s %% off") % {"percent": percent} if percent else ""
    return " · ".join(
        part for part in (str(properties.get("code", "")), discount, _number(properties)) if part
    )


FACES = {
    "Order Completed": EventFace(gettext_lazy("Placed an order"), "shopping-bag", "accent", order_text),
    "Order Milestone Reached": EventFace(gettext_lazy("Delivery moved on"), "truck", "info", _milestone),
    "Shipment Updated": EventFace(gettext_lazy("News of the parcel"), "map-pin", text=_milestone),
    "Coupon Issued": EventFace(gettext_lazy("Got a coupon"), "ticket", "info", _coupon),
    "Coupon Redeemed": EventFace(gettext_lazy("Used a coupon"), "ticket", "good", _coupon),
}
