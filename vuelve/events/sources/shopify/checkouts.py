"""Checkouts: begun, and as they stand. What was left behind is told by commerce, not here."""

from decimal import Decimal
from typing import Any

from vuelve.events.sources.shopify.customers import person_events
from vuelve.events.sources.shopify.history import is_history
from vuelve.events.sources.shopify.orders import identity, line_properties
from vuelve.events.sources.shopify.reading import (
    Payload,
    digest,
    items,
    plain,
    shop_amount,
    stamp,
    text,
    time_of,
    without_blanks,
    wrong,
)
from vuelve.platform import limits
from vuelve.platform.stores import Mapped, Reception, StoreEvent


def checkout(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """`checkouts/create`, `checkouts/update`."""
    token = text(payload.get("token"))
    if not token or len(token) > limits.ORDER_ID_CHARS_MAX:
        raise wrong("token", "is missing or too long")
    created = time_of(payload, "created_at", "updated_at")
    updated = time_of(payload, "updated_at", "created_at")
    # Who checks out is often unknown at first; the cart's id ties what comes later to it.
    who = {**identity(payload), "anonymous_id": f"shopify:cart:{text(payload.get('cart_token')) or token}"}
    properties = _properties(payload, token)
    events = [
        StoreEvent(
            name="Checkout Started",
            at=created,
            message_id=f"checkout/{token}",
            properties=properties,
            historical=is_history(created, reception),
            **who,
        ),
        StoreEvent(
            name="Checkout Updated",
            at=updated,
            message_id=f"checkout/{token}@{stamp(updated)}/{digest(properties)}",
            properties=properties,
            historical=is_history(updated, reception),
            **who,
        ),
        *person_events(payload, updated, reception),
    ]
    if any(named := (who["user_id"], who["email"], who["phone"])):
        # Only an identify call ties an anonymous id to a person.
        events.append(
            StoreEvent(
                name="identify",
                is_identify=True,
                at=updated,
                message_id=f"checkout/{token}/person/{digest(named)}",
                properties=without_blanks({"email": who["email"], "phone": who["phone"]}),
                historical=is_history(updated, reception),
                **who,
            )
        )
    return Mapped(events=events)


def _properties(payload: Payload, token: str) -> dict[str, Any]:
    lines = list(items(payload, "line_items"))
    if len(lines) > limits.ORDER_LINES_MAX:
        raise wrong("line_items", f"has more than {limits.ORDER_LINES_MAX} lines")
    url = payload.get("abandoned_checkout_url")
    return without_blanks(
        {
            "checkout_id": token,
            "cart_id": text(payload.get("cart_token")),
            "currency": text(payload.get("currency")).upper(),
            "value": plain(shop_amount(payload, "total_price") or Decimal(0)),
            "email": identity(payload)["email"],
            "checkout_url": url
            if isinstance(url, str) and url.startswith("https://") and len(url) <= 2_000
            else "",
            "is_completed": True if payload.get("completed_at") else None,
            "products": [line_properties(line) for line in lines],
        }
    )
