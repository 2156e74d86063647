"""The catalogue."""

import re
from decimal import Decimal
from typing import Any

from vuelve.events.sources.shopify.history import is_history
from vuelve.events.sources.shopify.reading import (
    Payload,
    child,
    digest,
    id_of,
    items,
    number_of,
    plain,
    shop_amount,
    stamp,
    text,
    time_of,
    time_or_none,
    without_blanks,
)
from vuelve.platform.stores import Mapped, Reception, StoreEvent, StoreKind, StoreSeen

_HANDLE = re.compile(r"[\w-]{1,255}")
IMAGES_MAX = 10
VARIANTS_MAX = 250  # of the 2,048 that Shopify allows: past that the event would outgrow what pages can show


def product(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """`products/create`, `products/update`."""
    number = id_of(payload)
    updated = time_of(payload, "updated_at", "created_at")
    properties = _properties(payload, number, reception.domain)
    event = StoreEvent(
        name="Product Updated",
        at=updated,
        message_id=f"product/{number}@{stamp(updated)}/{digest(properties)}",
        properties=properties,
        historical=is_history(updated, reception),
    )
    seen = StoreSeen(
        kind=StoreKind.PRODUCTS,
        object_id=number,
        at=updated,
        created_at=time_or_none(payload.get("created_at")),
    )
    return Mapped(events=[event], seen=[seen])


def product_deleted(topic: str, payload: Payload, reception: Reception) -> Mapped:
    number = id_of(payload)
    at = reception.triggered_at or reception.received_at
    event = StoreEvent(
        name="Product Deleted",
        at=at,
        message_id=f"product/{number}/deleted",
        properties={"product_id": number},
    )
    return Mapped(
        events=[event], seen=[StoreSeen(kind=StoreKind.PRODUCTS, object_id=number, at=at, is_gone=True)]
    )


def _properties(payload: Payload, number: str, domain: str) -> dict[str, Any]:
    variants = [_variant(one) for one in items(payload, "variants")]
    first = variants[0] if variants else {}
    images = [url for one in items(payload, "images") if (url := _https(one.get("src")))][:IMAGES_MAX]
    category = text(child(payload, "category").get("name")) or text(payload.get("product_type"))
    handle = text(payload.get("handle"))
    stocks = [one["stock"] for one in variants if "stock" in one]
    return without_blanks(
        {
            "product_id": number,
            "sku": first.get("sku"),
            "name": text(payload.get("title")),
            "category": category,
            "categories": [text(payload.get("product_type"))] if text(payload.get("product_type")) else [],
            "brand": text(payload.get("vendor")),
            "url": f"https://{domain}/products/{handle}" if domain and _HANDLE.fullmatch(handle) else "",
            "image_url": _https(child(payload, "image").get("src")) or (images[0] if images else ""),
            "images": images,
            "price": first.get("price"),
            "stock": sum(stocks) if stocks else None,
            "is_active": text(payload.get("status")).lower() in ("active", ""),
            "tags": text(payload.get("tags")),
            "variants": variants[:VARIANTS_MAX],
        }
    )


def _variant(variant: Payload) -> dict[str, Any]:
    stock = variant.get("inventory_quantity")
    price = shop_amount(variant, "price")
    return without_blanks(
        {
            "variant_id": number_of(variant.get("id")),
            "sku": text(variant.get("sku")),
            "name": text(variant.get("title")),
            "price": plain(price if price is not None else Decimal(0)),
            # Shopify lets stock run below nothing (sold in advance).
            "stock": max(stock, 0) if isinstance(stock, int) else None,
        }
    )


def _https(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith("https://") and len(value) <= 2_000 else ""
