"""What a customer's page shows of segments."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest

from vuelve.platform.db import raw_cursor
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments.queries import segments_of, segments_of_customer


class CustomerSegmentsPanel:
    key: ClassVar[str] = "segments"
    order: ClassVar[int] = 40
    template: ClassVar[str] = "segments/customer.html"

    def context(
        self, request: HttpRequest, shop: ShopId, customer: CustomerId | None
    ) -> Mapping[str, Any] | None:
        if customer is None or not segments_of(shop).exists():
            return None
        return {"memberships": segments_of_customer(raw_cursor(), shop, customer)}
