"""What stores and carriers call the states of parcels and payments. Compared by their letters only, in lower case."""

from collections.abc import Mapping

from vuelve.commerce.contracts import Milestone

# Word -> (our status, milestone). AfterShip's nine are the last nine. CONFIRMED stands for a status that is no
# milestone: the parcel's facts are taken, its stage stays.
SHIPMENT_STATUSES: Mapping[str, tuple[str, Milestone]] = {
    "packed": ("packed", Milestone.PACKED),
    "pending": ("pending", Milestone.PACKED),
    "inforeceived": ("info_received", Milestone.PACKED),
    "intransit": ("in_transit", Milestone.IN_TRANSIT),
    "outfordelivery": ("out_for_delivery", Milestone.OUT_FOR_DELIVERY),
    "attemptfail": ("attempt_failed", Milestone.CONFIRMED),
    "delivered": ("delivered", Milestone.DELIVERED),
    "availableforpickup": ("pickup_ready", Milestone.CONFIRMED),
    "exception": ("exception", Milestone.CONFIRMED),
    "expired": ("expired", Milestone.CONFIRMED),
}

# The first six are our own names.
PAYMENT_STATES: Mapping[str, str] = {
    "pending": "pending",
    "authorized": "authorized",
    "paid": "paid",
    "failed": "failed",
    "refunded": "refunded",
    "voided": "voided",
    "authorised": "authorized",
    "captured": "paid",
    "succeeded": "paid",
    "success": "paid",
    "declined": "failed",
    "error": "failed",
    "failure": "failed",
    "cancelled": "voided",
    "canceled": "voided",
    "expired": "voided",
}
