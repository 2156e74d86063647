"""Erasures that were asked for and are not finished are begun again: a job that has failed too often is not tried any more."""

from datetime import timedelta
from typing import ClassVar

import structlog
from prometheus_client import Gauge

from vuelve.customers.services.erasing import JOB
from vuelve.platform import jobs
from vuelve.platform.clock import Clock
from vuelve.platform.db import for_shops
from vuelve.shops.queries import all_shop_ids

log = structlog.get_logger(__name__)

OPEN = Gauge(
    "vuelve_erasures_open",
    "Erasures that were asked for over ten minutes ago and are not finished.",
    multiprocess_mode="max",
)
PATIENCE = timedelta(minutes=10)
ROWS_MAX = 100


class ErasuresTick:
    name: ClassVar[str] = "erasures"
    interval_seconds: ClassVar[float] = 600.0

    def tick(self, clock: Clock) -> int:
        with for_shops(all_shop_ids()) as cursor:
            late = cursor.execute(
                "SELECT shop_id, id FROM customers_erasure WHERE finished_at IS NULL AND requested_at < %s "
                "ORDER BY requested_at LIMIT %s",
                [clock.now() - PATIENCE, ROWS_MAX],
            ).fetchall()
            for shop, erasure in late:
                jobs.defer(JOB, unique=f"{JOB}:{erasure}", shop=shop, erasure=erasure)
        OPEN.set(len(late))
        if late:
            log.warning("erasures are not finished; begun again", erasures=len(late))
        return 0
