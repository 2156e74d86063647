"""The clock asks for sweeps and for fills that were left; once each."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from vuelve.platform import jobs
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.segments import services
from vuelve.segments.models import Segment
from vuelve.segments.ticks import SegmentsTick
from vuelve.shops.models import Shop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN_MEXICO = {"type": "trait", "name": "country", "op": "is", "value": "MX"}


def waiting(shop: Shop, task: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND (args->>'shop')::bigint = %s AND status = 'todo'",
            [task, shop.pk],
        )
        return int(cursor.fetchone()[0])


def test_what_is_due_is_asked_for_once(log: None, shop: Shop) -> None:
    made = services.create(shop=ShopId(shop.pk), name="Uno", tree=IN_MEXICO, by="ana", now=NOW)
    services.fill(shop=ShopId(shop.pk), segment_id=made.pk, now=NOW)
    clock = VirtualClock(NOW + timedelta(minutes=5))
    SegmentsTick().tick(clock)
    assert waiting(shop, "segments.sweep") == 0
    clock.advance(timedelta(minutes=11))
    assert SegmentsTick().tick(clock) >= 1
    assert SegmentsTick().tick(clock) == 0  # it waits already
    assert waiting(shop, "segments.sweep") == 1
    jobs.run_pending()


def test_a_fill_that_failed_for_good_is_asked_for_again(log: None, shop: Shop) -> None:
    made = services.create(shop=ShopId(shop.pk), name="Uno", tree=IN_MEXICO, by="ana", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'segments.fill'")
    assert waiting(shop, "segments.fill") == 0
    SegmentsTick().tick(VirtualClock(NOW + timedelta(minutes=16)))
    assert waiting(shop, "segments.fill") == 1
    jobs.run_pending()
    with for_shop(ShopId(shop.pk)):
        assert Segment.objects.get(pk=made.pk).is_filled
