"""Parcels: fulfilments (the parcel as it is) and fulfilment events (what a carrier said on the way)."""

from datetime import timedelta
from typing import Any

from vuelve.events.sources.shopify.history import is_history
from vuelve.events.sources.shopify.reading import (
    Payload,
    email_of,
    id_of,
    items,
    number_of,
    stamp,
    text,
    time_of,
    without_blanks,
)
from vuelve.events.sources.shopify.refunds import anonymous_id
from vuelve.platform.stores import Mapped, Reception, StoreEvent

# Shopify's word, and ours or AfterShip's. In the order of a parcel's way: of two states of one second the further is later.
STATUSES = {
    "label_purchased": "packed",
    "label_printed": "packed",
    "confirmed": "info_received",
    "ready_for_pickup": "available_for_pickup",
    "delayed": "exception",
    "carrier_picked_up": "in_transit",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "attempted_delivery": "attempt_fail",
    "failure": "exception",
    "not_delivered": "exception",
    "picked_up": "delivered",
    "delivered": "delivered",
}
# The state of a fulfilment of which no carrier has spoken yet.
_FULFILLMENT_STATUSES = {
    "success": "packed",
    "open": "pending",
    "pending": "pending",
    "cancelled": "exception",
    "error": "exception",
    "failure": "exception",
}
_RANK = {name: rank for rank, name in enumerate(STATUSES, start=1)}


def fulfillment(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """`fulfillments/create`, `fulfillments/update`."""
    order = id_of(payload, "order_id")
    who = {"email": email_of(payload.get("email")), "anonymous_id": anonymous_id(order), "order_id": order}
    return Mapped(events=[fulfillment_event(payload, order, who, reception)])


def fulfillment_event(payload: Payload, order: str, who: dict[str, Any], reception: Reception) -> StoreEvent:
    number = id_of(payload)
    at = time_of(payload, "updated_at", "created_at")
    word = text(payload.get("shipment_status")).lower()
    fulfilled = text(payload.get("status")).lower()
    status = STATUSES.get(word, "") if fulfilled not in ("cancelled", "error", "failure") else ""
    status = status or _FULFILLMENT_STATUSES.get(fulfilled, "pending")
    return StoreEvent(
        name="Shipment Updated",
        at=at + timedelta(microseconds=_RANK.get(word, 0)),
        message_id=f"fulfillment/{number}@{stamp(at)}/{word or fulfilled or 'open'}",
        properties=without_blanks(
            {
                "order_id": order,
                "shipment_id": number,
                "status": status,
                "carrier": text(payload.get("tracking_company")),
                "tracking_number": text(payload.get("tracking_number"))
                or _first(payload, "tracking_numbers"),
                "tracking_url": text(payload.get("tracking_url")) or _first(payload, "tracking_urls"),
                "products": [_content(line) for line in items(payload, "line_items")],
            }
        ),
        historical=is_history(at, reception),
        **who,
    )


def _content(line: Payload) -> dict[str, Any]:
    quantity = line.get("quantity")
    return without_blanks(
        {
            "line_id": number_of(line.get("id")),
            "product_id": number_of(line.get("product_id")),
            "quantity": quantity if isinstance(quantity, int) else 1,
        }
    )


def carrier_event(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """`fulfillment_events/create`. A word that is new to us is passed on: it is then no milestone."""
    order, shipment = id_of(payload, "order_id"), id_of(payload, "fulfillment_id")
    at = time_of(payload, "happened_at", "created_at")
    word = text(payload.get("status")).lower()
    event = StoreEvent(
        name="Shipment Updated",
        at=at,
        message_id=f"fulfillment_event/{id_of(payload)}",
        properties=without_blanks(
            {
                "order_id": order,
                "shipment_id": shipment,
                "status": STATUSES.get(word, "pending"),
                "message": text(payload.get("message")),
                "eta_date": text(payload.get("estimated_delivery_at"))[:10],
                "city": text(payload.get("city")),
            }
        ),
        historical=is_history(at, reception),
        anonymous_id=anonymous_id(order),
        order_id=order,
    )
    return Mapped(events=[event])


def _first(payload: Payload, field: str) -> str:
    found = payload.get(field)
    return text(found[0]) if isinstance(found, list) and found else ""


def rest_status(display: str) -> tuple[str, str]:
    """GraphQL's one display status as REST's pair: (status, shipment_status)."""
    word = display.lower()
    if word in ("canceled", "cancelled"):
        return "cancelled", ""
    return "success", word if word in STATUSES else ""
