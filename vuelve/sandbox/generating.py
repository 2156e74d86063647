"""What a sandbox is filled with: three months of a small camera shop. Follows from the seed and the moment alone.

Names are common ones drawn at random; addresses are at a domain that is reserved for examples; there are no phones, since
none surely belongs to nobody. Two days of it are recent enough for journeys to begin and messages to be written.
"""

import json
import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vuelve.demo.names import FIRST_NAMES, LAST_NAMES
from vuelve.events.contracts import Kind
from vuelve.journeys.builtin import CAMERA

CUSTOMERS = 300
DAYS = 90
LIVE_DAYS = 2
EMAIL_DOMAIN = "example.com"

# (id, name, category, price in a currency like the dollar)
CATALOGUE: Sequence[tuple[str, str, str, int]] = (
    ("CAM-1", "Aurora X10", CAMERA, 480),
    ("CAM-2", "Aurora Mini", CAMERA, 260),
    ("LEN-1", "Lumen 50 mm", "LENS", 190),
    ("LEN-2", "Lumen 24–70 mm", "LENS", 410),
    ("TRI-1", "Roble", "TRIPOD", 75),
    ("BAG-1", "Andina", "BAG", 58),
    ("MEM-1", "Memo 128 GB", "MEMORY", 24),
    ("STR-1", "Cinta", "STRAP", 18),
)
# Of a currency whose units are worth less than the dollar's: what a price is multiplied by.
UNITS = {"MXN": 18, "ARS": 900, "BRL": 5, "CLP": 900, "COP": 4000}
LANGUAGES = {"es": "es", "pt": "pt", "en": "en"}


@dataclass(frozen=True, slots=True)
class Made:
    """One event, as the store would have sent it."""

    occurred_at: datetime
    kind: Kind
    name: str
    message_id: str
    user_id: str
    email: str | None
    properties: str  # JSON


@dataclass(frozen=True, slots=True)
class Plan:
    seed: str
    base_at: datetime  # when the button was pressed: everything happened before
    currency: str
    country: str
    locale: str


def events(plan: Plan, *, customers: int = CUSTOMERS) -> list[Made]:
    """All of them, the oldest first; the same for the same plan."""
    found = [event for number in range(customers) for event in _customer(plan, number)]
    return sorted(found, key=lambda event: (event.occurred_at, event.message_id))


def _customer(plan: Plan, number: int) -> Iterator[Made]:
    draw = random.Random(f"{plan.seed} {number}")  # noqa: S311 - nothing secret
    language = LANGUAGES.get(plan.locale[:2], "es")
    first, last = draw.choice(FIRST_NAMES[language]), draw.choice(LAST_NAMES[language])
    user_id = f"prueba-{number + 1}"
    email = f"{_plain(first)}.{_plain(last)}.{number + 1}@{EMAIL_DOMAIN}"
    ids = _Numbers(f"sandbox-{plan.base_at:%Y%m%d%H%M%S}-{number}")

    def made(at: datetime, name: str, properties: dict[str, Any], kind: Kind = Kind.TRACK) -> Made:
        text = json.dumps(properties, ensure_ascii=False)
        return Made(at, kind, name, ids.next(), user_id, email if kind is Kind.IDENTIFY else None, text)

    # The more orders, the fewer customers: as in a shop. Some only looked around.
    orders = draw.choices((0, 1, 2, 3, 5), weights=(15, 45, 22, 12, 6))[0]
    joined = plan.base_at - timedelta(days=DAYS * draw.random() ** 1.3, minutes=5)
    traits = {
        "firstName": first,
        "lastName": last,
        "email": email,
        "locale": plan.locale,
        "address": {"country": plan.country},
    }
    yield made(joined, "identify", traits, Kind.IDENTIFY)
    if draw.random() < 0.75:
        consent = {"channel": "email", "purpose": "marketing", "source": "checkout"}
        yield made(joined + timedelta(seconds=30), "Consent Granted", consent)
    at = joined + timedelta(minutes=4)
    for order in range(max(orders, 1)):
        product = draw.choice(CATALOGUE)
        yield made(at - timedelta(minutes=3), "Product Viewed", _product(plan, product))
        yield made(
            at - timedelta(minutes=2),
            "Product Added",
            {"cart_id": f"c-{number}-{order}", **_product(plan, product)},
        )
        if order >= orders:
            return
        yield from _order(plan, draw, made, at, f"{number + 1}{order}", product)
        at += timedelta(days=draw.uniform(4, 40))
        if at >= plan.base_at:
            return


def _order(
    plan: Plan, draw: random.Random, made: Any, at: datetime, number: str, first: tuple[str, str, str, int]
) -> Iterator[Made]:
    chosen = [first, *draw.sample(CATALOGUE, draw.choice((0, 0, 1, 2)))]
    lines = [_product(plan, product) | {"quantity": 1} for product in chosen]
    total = sum(line["price"] for line in lines)
    order_id = f"S-{number}"
    body = {"order_id": order_id, "order_number": f"#{number}", "currency": plan.currency, "total": total}
    yield made(at, "Order Completed", body | {"subtotal": total, "products": lines})
    late = timedelta(days=draw.uniform(2, 6))
    for share, status in ((0.05, "in_transit"), (0.7, "out_for_delivery"), (1.0, "delivered")):
        moment = at + late * share
        if moment < plan.base_at:
            shipment = {
                "order_id": order_id,
                "shipment_id": f"{order_id}-1",
                "status": status,
                "carrier": "Paquetería Norte",
            }
            yield made(moment, "Shipment Updated", shipment)
    back = at + timedelta(days=9)
    if draw.random() < 0.05 and back < plan.base_at:
        refund = {
            "order_id": order_id,
            "refund_id": f"{order_id}-r",
            "currency": plan.currency,
            "amount": lines[0]["price"],
        }
        yield made(back, "Order Refunded", refund)


def _product(plan: Plan, product: tuple[str, str, str, int]) -> dict[str, Any]:
    identifier, name, category, dollars = product
    price = dollars * UNITS.get(plan.currency, 1)
    return {
        "product_id": identifier,
        "sku": identifier,
        "name": name,
        "category": category,
        "price": price,
        "currency": plan.currency,
    }


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(char for char in decomposed if char.isascii() and char.isalnum())


class _Numbers:
    def __init__(self, prefix: str) -> None:
        self._prefix, self._last = prefix, 0

    def next(self) -> str:
        self._last += 1
        return f"{self._prefix}-{self._last}"
