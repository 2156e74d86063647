"""What a customer's page shows of journeys: where they are, and where they have been."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest

from vuelve.customers.queries import ids_of
from vuelve.journeys.contracts import RunStatus
from vuelve.journeys.queries import runs_of
from vuelve.journeys.wording import RUN_STATUSES
from vuelve.platform.db import raw_cursor
from vuelve.platform.ids import CustomerId, ShopId

ROWS = 8


class CustomerRunsPanel:
    key: ClassVar[str] = "journeys"
    order: ClassVar[int] = 20
    template: ClassVar[str] = "journeys/customer_runs.html"

    def context(
        self, request: HttpRequest, shop: ShopId, customer: CustomerId | None
    ) -> Mapping[str, Any] | None:
        if customer is None:
            return None
        cursor = raw_cursor()
        runs = runs_of(cursor, shop, ids_of(cursor, shop, customer), rows=ROWS)
        if not runs:
            return None
        return {
            "customer_id": customer,
            "runs": [run | {"state": RUN_STATUSES[RunStatus(run["status"])]} for run in runs],
        }
