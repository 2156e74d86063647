"""A shop in which journeys run on a virtual clock, with the parts that are plugged in everywhere."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from vuelve.channels.services import OutboxSink, publish_template
from vuelve.events import consuming
from vuelve.journeys import engine, services
from vuelve.journeys.models import Version
from vuelve.platform import limits
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import fetch_dicts, for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.testing import track

_numbers = itertools.count(1)
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"

END: dict[str, Any] = {"type": "exit"}


def wait(next_step: str, **config: int) -> dict[str, Any]:
    return {"type": "wait", "config": config, "next": {"done": next_step}}


def send(template: str, next_step: str = "end") -> dict[str, Any]:
    return {"type": "send", "config": {"template": template}, "next": {"sent": next_step}}


def trigger(property_name: str, value: str) -> dict[str, Any]:
    return {"type": "trigger", "property": property_name, "op": "is", "value": value, "value_type": "text"}


class Scene:
    """One shop; `track` appends an event now, `settle` lets consumers and engine do all that is due."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.id = ShopId(shop.pk)
        self.clock = VirtualClock(START)
        self.sink = OutboxSink()

    def template(self, key: str, text: str = "Hola") -> None:
        publish_template(
            shop=self.id,
            key=key,
            name=key,
            channel="email",
            purpose="transactional",
            contents={"es": {"subject": text, "mjml": MJML.format(text), "text": text}},
        )

    def publish(
        self,
        steps: dict[str, Any],
        *,
        first: str,
        event: str = "Order Completed",
        key: str = "journey",
        reentry: dict[str, str] | None = None,
        conditions: dict[str, Any] | None = None,
        **more: Any,
    ) -> Version:
        graph = {
            "entry": {"event": event, "conditions": conditions, "reentry": reentry or {"kind": "once"}},
            "first": first,
            "steps": steps,
        } | more
        return services.publish(shop=self.id, key=key, name=key, graph=graph, actor="test")

    def track(self, name: str, user: str = "ana", *, at: datetime | None = None, **more: Any) -> str:
        """An event of this shop; an order has an id of its own, unless said otherwise, or commerce would refuse it."""
        if name.startswith("Order "):
            more["properties"] = {"order_id": f"order-{next(_numbers)}"} | (more.get("properties") or {})
        return track(
            self.shop, name, user_id=user, at=at or self.clock.now(), received_at=self.clock.now(), **more
        )

    def tick(self, limit: int = limits.RUN_BATCH_ROWS) -> int:
        """One tick of this shop."""
        return engine.tick(now=self.clock.now(), sink=self.sink, shops=[self.id], limit=limit)

    def settle(self) -> None:
        """Consume and move until nothing is due at this instant."""
        consuming.drain(clock=self.clock)
        while self.tick():
            consuming.drain(clock=self.clock)

    def after(self, **delta: float) -> None:
        """Let time pass, then settle."""
        self.clock.advance(timedelta(**delta))
        self.settle()

    # --- what is in the tables -----------------------------------------------------------------------

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with for_shop(self.id) as cursor:
            found = fetch_dicts(cursor.execute(statement))
        for row in found:
            if "data" in row:  # Django has jsonb come as text
                row["data"] = json.loads(row["data"])
        return found

    def runs(self) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT r.*, c.user_id FROM journeys_run r LEFT JOIN customers_customer c "
            "ON c.shop_id = r.shop_id AND c.id = r.customer_id ORDER BY r.id"
        )

    def run(self) -> dict[str, Any]:
        (row,) = self.runs()
        return row

    def moves(self) -> list[tuple[str, str]]:
        """(step left, outcome) in the order of time."""
        rows = self.rows("SELECT step_key, outcome FROM journeys_transition ORDER BY at, ctid")
        return [(row["step_key"], row["outcome"]) for row in rows]

    def tally(self) -> dict[tuple[str, str], int]:
        rows = self.rows(
            "SELECT step_key, outcome, sum(moves)::int AS moves FROM journeys_tally GROUP BY step_key, outcome"
        )
        return {(row["step_key"], row["outcome"]): row["moves"] for row in rows}

    def messages(self) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT m.*, t.key AS template FROM channels_message m "
            "JOIN channels_templateversion v ON v.id = m.template_version_id "
            "JOIN channels_template t ON t.id = v.template_id ORDER BY m.id"
        )

    def audit(self) -> list[tuple[str, str]]:
        rows = self.rows("SELECT action, actor FROM shops_auditentry ORDER BY id")
        return [(row["action"], row["actor"]) for row in rows]
