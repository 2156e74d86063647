"""A small shop's first days, told through the program's own doors: what the flow and page tests look at."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vuelve.channels.dispatch import dispatch_once
from vuelve.channels.services import OutboxSink
from vuelve.customers.services import resolve
from vuelve.events.services import ensure_months
from vuelve.journeys import engine
from vuelve.journeys.services import install_builtins
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import fetch_dicts, for_shop
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.models import Shop
from vuelve.testing import drain, identify, make_shop, track

# A Tuesday, 10:00 in Mexico City: no quiet hours.
MORNING = datetime(2026, 3, 3, 16, tzinfo=UTC)
CAMERA = {
    "product_id": "cam-1",
    "name": "Cámara instantánea",
    "category": "cameras",
    "price": "1499.00",
    "quantity": 1,
}


@dataclass
class Story:
    """One shop, its built-in journeys, and a clock that only `pass_time` moves."""

    shop: Shop
    clock: VirtualClock

    @property
    def id(self) -> ShopId:
        return ShopId(self.shop.pk)

    def customer(self, user_id: str, **traits: Any) -> CustomerId:
        """Somebody who has consented to marketing by e-mail, unless `consents` says otherwise."""
        given = {"email": f"{user_id}@example.com", "consents": {"email": {"marketing": True}}} | traits
        identify(self.shop, user_id, at=self.clock.now(), traits=given)
        self.settle()
        with for_shop(self.id):
            found = resolve(shop=self.id, user_id=user_id)
        assert found is not None
        return found

    def order(self, user_id: str, order_id: str, **more: Any) -> None:
        properties = {
            "order_id": order_id,
            "currency": "MXN",
            "total": "1499.00",
            "products": [CAMERA],
        } | more
        track(self.shop, "Order Completed", user_id=user_id, properties=properties, at=self.clock.now())
        self.settle()

    def ship(self, user_id: str, order_id: str, status: str) -> None:
        properties = {
            "order_id": order_id,
            "shipment_id": f"{order_id}-1",
            "status": status,
            "carrier": "Estafeta",
            "tracking_url": f"https://tracking.example.com/{order_id}",
        }
        track(self.shop, "Shipment Updated", user_id=user_id, properties=properties, at=self.clock.now())
        self.settle()

    def pass_time(self, **step: float) -> None:
        self.clock.advance(timedelta(**step))
        self.settle()

    def settle(self) -> None:
        """Until nothing is left to do at this instant: consumers, journeys, messages, and the events of all three."""
        for _ in range(50):
            done = drain(self.clock.now())
            done += engine.tick(now=self.clock.now(), sink=OutboxSink(), shops=[self.id])
            done += dispatch_once(clock=self.clock)
            if not done:
                return
        raise AssertionError("the story does not come to rest")

    def messages(self) -> list[dict[str, Any]]:
        with for_shop(self.id) as cursor:
            cursor.execute(
                "SELECT m.id, m.customer_id, m.status, m.reason, m.subject, m.due_at, m.sent_at, t.key AS template "
                "FROM channels_message m JOIN channels_templateversion v ON v.id = m.template_version_id "
                "JOIN channels_template t ON t.id = v.template_id ORDER BY m.id"
            )
            return fetch_dicts(cursor)

    def told(self) -> list[tuple[str, str]]:
        """(template, status) of every message, in order."""
        return [(message["template"], message["status"]) for message in self.messages()]


def begin(now: datetime = MORNING) -> Story:
    """`drain` reads what all tests have written; the story looks at its own shop only."""
    ensure_months(now=now)
    story = Story(shop=make_shop(), clock=VirtualClock(now))
    install_builtins(shop=story.id, cross_sell_category="cameras")
    return story
