"""The worker's tick of carts: `Cart Abandoned`, at most once for each cart and the last thing that happened in it.

A cart is abandoned when its shop's minutes (60 unless it says otherwise) have passed since anything happened in it, no
order of its customer came after, and something is in it. Never for history. Time is not the clock's but that of what
commerce has read: an order that waits to be read is never overlooked.

`Cart Abandoned` {abandonment_id, cart_id, checkout_id, url, currency, value_minor, quantity, last_activity_at, products[]:
product_id, sku, variant, name, category, brand, image_url, url, price (in major units), quantity}; the first 50.
"""

import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, ClassVar

from vuelve.commerce.contracts import CART_EVENTS
from vuelve.commerce.rules.carts import Cart, CartEvent, fold, is_about_cart
from vuelve.commerce.services import SOURCE, SQL
from vuelve.events import services as events
from vuelve.platform.clock import Clock
from vuelve.platform.db import Cursor, copy_rows, fetch_dicts, for_shops
from vuelve.shops.queries import all_shop_ids

CARTS_PER_TICK = 200
EVENTS_MAX = 500  # of one cart and id; past that the oldest do not matter any more
# Nobody is reminded of a cart of the day before yesterday: after an outage, or of a phone that was offline.
REMINDER_HOURS_MAX = 48

_Key = tuple[int, str, int]  # shop, cart, node


class CartsTick:
    name: ClassVar[str] = "carts"
    interval_seconds: ClassVar[float] = 5.0

    def tick(self, clock: Clock) -> int:
        now = clock.now()
        return abandon_carts(now=now, as_of=read_up_to(now=now))


def read_up_to(*, now: datetime) -> datetime:
    """The moment up to which commerce has read all that came in."""
    with for_shops(all_shop_ids()) as cursor:
        row = cursor.execute(SQL["read_up_to"]).fetchone()
    return min(now, row[0]) if row and row[0] else now


def abandon_carts(*, now: datetime, as_of: datetime, rows: int = CARTS_PER_TICK) -> int:
    """Looks at a bounded number of carts that are due `as_of` then, in one transaction; returns how many."""
    with for_shops(all_shop_ids()) as cursor:
        cursor.execute(SQL["due_carts"], {"as_of": as_of, "rows": rows})
        due = fetch_dicts(cursor)
        if due:
            _settle(cursor, due, now=now)
    return len(due)


def _settle(cursor: Cursor, due: list[dict[str, Any]], *, now: datetime) -> None:
    oldest = now - timedelta(hours=REMINDER_HOURS_MAX)
    closed = set(cursor.execute(SQL["close_due_carts"], {**_keys(due), "oldest": oldest}).fetchall())
    left = [row for row in due if _place(row) not in closed]
    if not left:
        return
    happened: defaultdict[_Key, list[CartEvent]] = defaultdict(list)
    cursor.execute(
        SQL["cart_events"], {**_keys(left), "cart_names": list(CART_EVENTS), "events_max": EVENTS_MAX}
    )
    for row in fetch_dicts(cursor):
        if is_about_cart(row["properties"], row["cart_id"]):
            happened[row["shop_id"], row["cart_id"], row["node_id"]].append(
                CartEvent(row["name"], row["occurred_at"], row["message_id"], row["properties"])
            )
    cursor.execute(SQL["open_abandoned"])
    copy_rows(
        cursor,
        "commerce_abandoned (shop_id, customer_id, cart_id, node_id, is_empty, currency, value_minor, quantity, products, "
        "message_id, properties)",
        (_row(row, fold(happened[_key(row)], currency=row["currency"])) for row in left),
    )
    events.open_staging(cursor)
    cursor.execute(SQL["abandon_carts"], {"now": now})
    events.record_staged(cursor, now=now, source=SOURCE)


def _row(row: dict[str, Any], cart: Cart) -> tuple[Any, ...]:
    last = row["last_at"].isoformat()
    activity = json.dumps([row["node_id"], row["cart_id"], last])
    properties = {
        "abandonment_id": activity,
        "cart_id": row["cart_id"] or None,
        "checkout_id": cart.checkout_id or None,
        "url": cart.url or None,
        "currency": cart.currency,
        "value_minor": cart.value_minor,
        "quantity": cart.quantity,
        "last_activity_at": last,
        "products": cart.products,
    }
    told = {name: value for name, value in properties.items() if value is not None}
    products = json.dumps(cart.products, ensure_ascii=False)
    return (
        *_place(row),
        not cart.quantity,
        cart.currency,
        cart.value_minor,
        cart.quantity,
        products,
        f"cart-abandoned:{activity}",
        json.dumps(told, ensure_ascii=False),
    )


def _keys(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {
        "shops": [row["shop_id"] for row in rows],
        "customers": [row["customer_id"] for row in rows],
        "carts": [row["cart_id"] for row in rows],
        "nodes": [row["node_id"] for row in rows],
    }


def _place(row: dict[str, Any]) -> tuple[int, int, str, int]:
    return row["shop_id"], row["customer_id"], row["cart_id"], row["node_id"]


def _key(row: dict[str, Any]) -> _Key:
    return row["shop_id"], row["cart_id"], row["node_id"]
