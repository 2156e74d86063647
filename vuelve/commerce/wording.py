"""What pages call the states of orders, parcels, payments, refunds and carts, with the tone of their badge."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from vuelve.commerce.timeline import MILESTONES, SHIPMENT_STATUSES
from vuelve.platform.extension import Text
from vuelve.platform.ui.components import Tone

Label = tuple[Text, Tone]

STATUSES: Mapping[str, Label] = {
    "open": (_("Open"), "info"),
    "paid": (_("Paid"), "good"),
    "partially_refunded": (_("Refunded in part"), "warn"),
    "refunded": (_("Refunded"), "warn"),
    "cancelled": (_("Cancelled"), "bad"),
}
REFUND_OUTCOMES: Mapping[str, Label] = {
    "waiting": (_("Waiting"), "info"),
    "applied": (_("Done"), "good"),
    "capped": (_("More than the order"), "warn"),
    "other_currency": (_("Another currency"), "bad"),
}
PAYMENT_TONES: Mapping[str, Tone] = {
    "paid": "good",
    "partially_paid": "info",
    "authorized": "info",
    "pending": "info",
    "failed": "bad",
    "refunded": "warn",
    "voided": "",
}
CART_STATES: Mapping[str, Label] = {
    "open": (_("In use"), "info"),
    "abandoned": (_("Abandoned"), "warn"),
    "recovered": (_("Recovered"), "good"),
    "ordered": (_("Ordered"), "good"),
    "closed": (_("Closed"), ""),
}
_MILESTONES = list(MILESTONES)
_PROBLEMS = {"attempt_failed", "exception", "expired"}


def delivery(parcels: Mapping[str, Any] | None) -> Label | None:
    """The least advanced parcel speaks for the order, a problem before all; None without parcels."""
    if not parcels or parcels["milestone"] is None:
        return None
    if parcels["problem"]:
        return SHIPMENT_STATUSES[parcels["problem"]], "warn"
    name = _MILESTONES[parcels["milestone"] - 1]
    return MILESTONES[name], "good" if name == "delivered" else "info"


def parcel_status(status: str | None, milestone: int) -> Label:
    """A parcel's own words; where none were kept, its stage."""
    if status not in SHIPMENT_STATUSES:
        status = _MILESTONES[milestone - 1]
        return MILESTONES[status], "good" if status == "delivered" else "info"
    tone: Tone = "warn" if status in _PROBLEMS else "good" if status == "delivered" else "info"
    return SHIPMENT_STATUSES[status], tone
