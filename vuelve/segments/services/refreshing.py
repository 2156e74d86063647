"""Everyone is looked at: once when a version begins (a fill), and again and again since time passes (a sweep).

Both read without holding anybody up. A fill then writes what it read, but judges anew whoever was touched meanwhile. A
sweep writes nothing it read: it only says of whom the members' table may be wrong, and those are judged on PostgreSQL as
of now, so what it read may be a minute old.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog
from prometheus_client import Counter, Histogram

from vuelve.events.services import ensure_months
from vuelve.platform import jobs, limits
from vuelve.platform.clock import monotonic_seconds, real
from vuelve.platform.db import Cursor, copy_rows, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments.contracts import Kind, SegmentRef
from vuelve.segments.models import Segment
from vuelve.segments.queries import filled_segments
from vuelve.segments.services.conditions import open_subjects, prepare_condition
from vuelve.segments.services.engines import engine_for
from vuelve.segments.services.membership import SQL, hold, judge, levels

log = structlog.get_logger(__name__)

FILL, SWEEP = "segments.fill", "segments.sweep"

SECONDS = Histogram(
    "vuelve_segment_refresh_seconds",
    "Time in which everyone of a shop was looked at, in seconds.",
    ["work"],
    buckets=(0.1, 0.5, 1, 5, 15, 60, 300),
)
SUSPECTS = Counter("vuelve_segment_suspects_total", "Customers whom a sweep had judged anew.")


def ask_to_fill(*, shop: ShopId, segment_id: int) -> bool:
    """A job does it, in the transaction of the deed; False if one waits already."""
    return jobs.defer(FILL, unique=f"segment {segment_id}", shop=shop, segment_id=segment_id) is not None


def ask_to_sweep(*, shop: ShopId) -> bool:
    """As `ask_to_fill`."""
    return jobs.defer(SWEEP, unique=f"segments {shop}", shop=shop) is not None


@jobs.job(FILL)
def _fill(*, shop: int, segment_id: int) -> None:
    try:
        fill(shop=ShopId(shop), segment_id=segment_id, now=real.now())
    except VuelveError as error:
        with for_shop(ShopId(shop)):
            Segment.objects.filter(pk=segment_id).update(error=error.message[:300])
        raise


@jobs.job(SWEEP)
def _sweep(*, shop: int) -> None:
    sweep(shop=ShopId(shop), now=real.now())


def fill(*, shop: ShopId, segment_id: int, now: datetime) -> int | None:
    """Make the members those of the version in force; returns how many, None if there is nothing to fill.

    Who enters or leaves by that is told to nobody: the definition has changed, not the customer. Repeatable.
    """
    began = monotonic_seconds()
    ref = _waiting(shop, segment_id)
    if ref is None:
        return None
    prepare_condition(shop=shop, tree=ref.tree, event_name=None, path="tree")
    with engine_for(shop, [ref.tree], now=now, may_take_long=True) as engine:
        position = engine.position(shop)
        members = engine.members(shop, ref, now)
    with for_shop(shop) as cursor:
        hold(cursor, shop, is_alone=True)
        if _waiting(shop, segment_id) != ref:
            return None  # changed again: another job fills that
        _note_touched_since(cursor, shop, position)
        _write(cursor, shop, ref, members, now)
        judge(cursor, shop=shop, segments=[ref], now=now, is_told=False)
        size = _measure(cursor, shop, [ref.id], now)[ref.id]
        Segment.objects.filter(pk=ref.id).update(filled_version=ref.version, swept_at=now, error="")
    SECONDS.labels("fill").observe(monotonic_seconds() - began)
    log.info("segment filled", shop=shop, segment=segment_id, version=ref.version, members=size)
    return size


def sweep(*, shop: ShopId, now: datetime) -> int:
    """Look at everyone for all filled segments of the shop, and judge those who may have come or gone; returns changes."""
    began = monotonic_seconds()
    ensure_months(now=now)  # what it tells is appended to the log
    with for_shop(shop):
        segments = filled_segments(shop)
    changes = 0
    for level in levels(segments):
        with engine_for(shop, [each.tree for each in level], now=now, may_take_long=True) as engine:
            suspects = engine.suspects(shop, level, now)
        SUSPECTS.inc(len(suspects))
        for some in _chunks(suspects):
            jobs.stop_if_told()
            with for_shop(shop) as cursor:
                open_subjects(cursor)
                copy_rows(cursor, "subject (subject_id, customer_id)", ((each, each) for each in some))
                changes += judge(cursor, shop=shop, segments=segments, now=now)
    with for_shop(shop) as cursor:
        measure(cursor, shop, now)
        Segment.objects.filter(pk__in=[each.id for each in segments]).update(swept_at=now)
    SECONDS.labels("sweep").observe(monotonic_seconds() - began)
    log.info("segments swept", shop=shop, segments=len(segments), changes=changes)
    return changes


def measure(cursor: Cursor, shop: ShopId, now: datetime) -> None:
    """Note how large all segments of the shop are."""
    ids = list(Segment.objects.filter(shop_id=shop, archived_at=None).values_list("pk", flat=True))
    _measure(cursor, shop, ids, now)


def _waiting(shop: ShopId, segment_id: int) -> SegmentRef | None:
    with for_shop(shop):
        segment = Segment.objects.filter(
            pk=segment_id, shop_id=shop, kind=Kind.LIVE, archived_at=None
        ).first()
        if segment is None or segment.is_filled:
            return None
        return SegmentRef(segment.pk, segment.version, segment.versions.get(number=segment.version).tree)


def _note_touched_since(cursor: Cursor, shop: ShopId, position: tuple[int, int]) -> None:
    """In `pg_temp.subject`: of whom there is news that the engine may not have read."""
    open_subjects(cursor)
    cursor.execute(SQL["touched_since"], {"shop": shop, "xid": position[0], "seq": position[1]})
    cursor.execute("ANALYZE pg_temp.subject")


def _write(
    cursor: Cursor, shop: ShopId, ref: SegmentRef, members: Sequence[CustomerId], now: datetime
) -> None:
    cursor.execute(SQL["open_found"])
    cursor.execute("SELECT vuelve_clear('pg_temp.segment_found')")
    copy_rows(cursor, "segment_found (customer_id)", ((each,) for each in members))
    cursor.execute("ANALYZE pg_temp.segment_found")
    place = {"shop": shop, "segment": ref.id, "now": now}
    cursor.execute(SQL["remove_others"], place)
    cursor.execute(SQL["add_found"], place)


def _measure(cursor: Cursor, shop: ShopId, ids: Sequence[int], now: datetime) -> dict[int, int]:
    rows = cursor.execute(SQL["measure"], {"shop": shop, "segments": list(ids), "now": now}).fetchall()
    return {row[0]: row[1] for row in rows}


def _chunks(customers: Sequence[CustomerId]) -> Iterator[Sequence[CustomerId]]:
    for first in range(0, len(customers), limits.SEGMENT_JUDGE_ROWS):
        yield customers[first : first + limits.SEGMENT_JUDGE_ROWS]
