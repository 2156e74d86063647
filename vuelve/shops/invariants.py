"""Truths that must always hold, checked on a schedule: a breach is a bug, and somebody must look at it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import structlog
from prometheus_client import Gauge

from vuelve.platform.clock import Clock
from vuelve.platform.db import for_shop
from vuelve.platform.extension import Breach, registry
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import all_shop_ids

log = structlog.get_logger(__name__)

BREACHES = Gauge(
    "vuelve_invariant_breaches",
    "Rows that contradict what must always hold, at the last check, up to 100 a shop.",
    ["invariant"],
    multiprocess_mode="mostrecent",
)
BREACHES_MAX = 100


class InvariantsTick:
    """All shops, once an hour, a transaction each: none of them keeps the log's readers waiting for long."""

    name: ClassVar[str] = "invariants"
    interval_seconds: ClassVar[float] = 3_600.0

    def tick(self, clock: Clock) -> int:
        counts = dict.fromkeys((each.name for each in registry.invariants), 0)
        for shop in all_shop_ids():
            for name, breaches in check_all(shop).items():
                counts[name] += len(breaches)
                for breach in breaches:
                    log.error(
                        "invariant broken", invariant=name, shop=shop, about=breach.about, what=breach.what
                    )
        for name, count in counts.items():
            BREACHES.labels(name).set(count)
        return 0


def check_all(shop: ShopId, *, rows: int = BREACHES_MAX) -> Mapping[str, Sequence[Breach]]:
    """By invariant, what contradicts it."""
    with for_shop(shop) as cursor:
        return {each.name: each.check(cursor, shop, rows=rows) for each in registry.invariants}
