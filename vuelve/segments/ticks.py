"""Time passes: everyone is looked at again, and sizes are noted."""

from datetime import timedelta
from typing import ClassVar

from django.db.models import F, Min

from vuelve.platform import limits
from vuelve.platform.clock import Clock
from vuelve.platform.db import for_shops
from vuelve.platform.ids import ShopId
from vuelve.segments.contracts import Kind
from vuelve.segments.models import Segment
from vuelve.segments.services.refreshing import ask_to_fill, ask_to_sweep
from vuelve.shops.queries import all_shop_ids


class SegmentsTick:
    """Has jobs do what is due, since a sweep takes seconds: a job that waits already is not asked for twice."""

    name: ClassVar[str] = "segments"
    interval_seconds: ClassVar[float] = 30.0

    def tick(self, clock: Clock) -> int:
        before = clock.now() - timedelta(seconds=limits.SEGMENT_SWEEP_SECONDS)
        with for_shops(all_shop_ids()):
            live = Segment.objects.filter(archived_at=None, kind=Kind.LIVE)
            due = (
                live.filter(filled_version__gte=1)
                .values("shop_id")
                .annotate(oldest=Min("swept_at"))
                .filter(oldest__lte=before)
                .values_list("shop_id", flat=True)
            )
            asked = sum(ask_to_sweep(shop=ShopId(shop)) for shop in list(due))
            # A fill whose job failed for good is tried again: what was wrong may have been mended.
            waiting = (
                live.filter(changed_at__lte=before)
                .exclude(filled_version=F("version"))
                .values_list("shop_id", "pk")[:100]
            )
            asked += sum(
                ask_to_fill(shop=ShopId(shop), segment_id=segment) for shop, segment in list(waiting)
            )
        return asked
