"""Factories for tests: they call services, so a test stands on what the product does."""

import itertools
import json
import os
from datetime import datetime
from typing import Any

from vuelve.events import consuming
from vuelve.events import services as events
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops import services as shops
from vuelve.shops.models import Shop

_numbers = itertools.count(1)


def make_shop(**facts: str) -> Shop:
    """A shop in Mexico City that pays in MXN, unless said otherwise."""
    return shops.create_shop(slug=f"shop-{os.getpid()}-{next(_numbers)}", name="Tienda de Prueba", **facts)  # type: ignore[arg-type]


def track(
    shop: Shop,
    name: str,
    *,
    user_id: str | None = None,
    anonymous_id: str | None = None,
    customer: int | None = None,
    properties: dict[str, Any] | None = None,
    at: datetime,
    message_id: str | None = None,
    received_at: datetime | None = None,
    email: str | None = None,
    historical: bool = False,
    kind: int = 1,
) -> str:
    """Append one event as if from outside; returns its message id."""
    key = message_id or f"test-{next(_numbers)}"
    with for_shop(ShopId(shop.pk)) as cursor:
        events.open_staging(cursor)
        cursor.execute(
            "INSERT INTO pg_temp.event_staged (shop_id, kind, name, occurred_at, message_id, customer_id, user_id, "
            "anonymous_id, email, properties, historical) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                shop.pk,
                kind,
                name,
                at,
                key,
                customer,
                user_id,
                anonymous_id,
                email,
                json.dumps(properties or {}),
                historical,
            ],
        )
        events.record_staged(cursor, now=received_at or at, source="test", from_outside=True)
    return key


def identify(
    shop: Shop, user_id: str, *, at: datetime, traits: dict[str, Any] | None = None, **more: Any
) -> str:
    """Append one identify event; its e-mail is lifted from the traits as the API does."""
    email = str((traits or {}).get("email", "")).strip().lower() or None
    return track(shop, "identify", user_id=user_id, properties=traits, at=at, email=email, kind=2, **more)


def drain(now: datetime) -> int:
    """Run all consumers until nothing is left."""
    return consuming.drain(clock=VirtualClock(now))
