"""Who is in which segment: customers are judged on PostgreSQL, and what changes is written with its events.

One way in for all writers: fill `pg_temp.subject` with customers, then `judge`. The batch that touched a customer does it,
and the sweep, for those of whom the lake says something else than the members' table.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from prometheus_client import Counter

from vuelve.events.services import open_staging, record_staged
from vuelve.platform import limits
from vuelve.platform.db import Cursor, Statements
from vuelve.platform.extension import EventBatch, registry
from vuelve.platform.ids import ShopId
from vuelve.segments.bound import values
from vuelve.segments.compile import flags_of_subjects
from vuelve.segments.contracts import SegmentRef
from vuelve.segments.postgres import to_sql
from vuelve.segments.services.conditions import open_subjects
from vuelve.segments.tree import canonical, parsed, segments_used

SQL = Statements(str(Path(__file__).parent))

SOURCE = "segments"
CHANGES = Counter("vuelve_segment_changes_total", "Customers who entered or left a segment.", ["change"])

COMPILED_KEPT_MAX = 200  # statements of whole shops, up to some MB each


def fill_touched(batch: EventBatch, *, shops: Sequence[ShopId], unread: Sequence[str]) -> list[ShopId]:
    """Note in `pg_temp.segment_touched` whom the batch touched, events named in `unread` apart; returns their shops."""
    cursor = batch.cursor
    cursor.execute(SQL["open_verdicts"])
    cursor.execute("SELECT vuelve_clear('pg_temp.segment_touched')")
    cursor.execute(SQL["fill_touched"], {**batch.span, "shops": list(shops), "unread": list(unread)})
    rows = cursor.execute("SELECT DISTINCT shop_id FROM pg_temp.segment_touched ORDER BY shop_id").fetchall()
    return [ShopId(row[0]) for row in rows]


def judge_touched(cursor: Cursor, *, shop: ShopId, segments: Sequence[SegmentRef], now: datetime) -> int:
    """Re-evaluate the customers of a shop in `pg_temp.segment_touched`; returns how many entered or left something."""
    open_subjects(cursor)
    cursor.execute(
        "INSERT INTO pg_temp.subject (subject_id, customer_id) "
        "SELECT customer_id, customer_id FROM pg_temp.segment_touched WHERE shop_id = %s",
        [shop],
    )
    return judge(cursor, shop=shop, segments=segments, now=now)


def judge(
    cursor: Cursor, *, shop: ShopId, segments: Sequence[SegmentRef], now: datetime, is_told: bool = True
) -> int:
    """Bring the members among the customers of `pg_temp.subject` up to date as of `now`; returns how many changes.

    Each change is an event, unless not `is_told`. Segments that look at others come after them.
    """
    hold(cursor, shop, is_alone=False)
    cursor.execute(SQL["open_verdicts"])
    cursor.execute(SQL["drop_merged"], {"shop": shop})
    cursor.execute("SELECT vuelve_clear('pg_temp.segment_change')")
    cursor.execute(SQL["before_match"])
    changes = 0
    for level in levels(segments):
        cursor.execute("SELECT vuelve_clear('pg_temp.segment_verdict')")
        for some in _groups(level):
            statement, names = _statement(tuple(canonical(each.tree) for each in some))
            bound = values(names, shop=shop, now=now) | {"segments": [each.id for each in some]}
            cursor.execute(statement, bound, prepare=False)
        ids = [each.id for each in level]
        changes += cursor.execute(SQL["apply_verdicts"], {"shop": shop, "segments": ids, "now": now}).rowcount
    cursor.execute("SET LOCAL cpu_tuple_cost TO DEFAULT")
    if changes and is_told:
        tell(cursor, shop=shop, now=now)
    return changes


def tell(cursor: Cursor, *, shop: ShopId, now: datetime) -> None:
    """Record what stands in `pg_temp.segment_change` as events."""
    open_staging(cursor)
    cursor.execute(SQL["stage_changes"], {"shop": shop, "now": now})
    record_staged(cursor, now=now, source=SOURCE)
    for has_entered, count in cursor.execute(
        "SELECT has_entered, count(*) FROM pg_temp.segment_change GROUP BY has_entered"
    ).fetchall():
        CHANGES.labels("entered" if has_entered else "left").inc(count)


def hold(cursor: Cursor, shop: ShopId, *, is_alone: bool) -> None:
    """Until the transaction ends: batches judge side by side, each its own customers; who writes members in bulk is alone."""
    lock = "pg_advisory_xact_lock" if is_alone else "pg_advisory_xact_lock_shared"
    cursor.execute(f"SELECT {lock}(hashtext('segments'), hashint8(%s))", [shop])


def levels(segments: Sequence[SegmentRef]) -> Iterator[list[SegmentRef]]:
    """The segments in an order in which each comes after those that its tree looks at, as groups without such a tie."""
    waiting = {each.id: each for each in segments}
    while waiting:
        ready = [each for each in waiting.values() if not segments_used(each.tree) & waiting.keys()]
        if not ready:
            # The database allows no circle among versions in force; of two that change at once a reader may see one.
            ready = list(waiting.values())
        for each in ready:
            del waiting[each.id]
        yield ready


def _groups(segments: Sequence[SegmentRef]) -> Iterator[Sequence[SegmentRef]]:
    """PostgreSQL joins at most so many passes well, and a statement has to be planned each time."""
    for first in range(0, len(segments), limits.SEGMENTS_AT_ONCE):
        yield segments[first : first + limits.SEGMENTS_AT_ONCE]


@lru_cache(maxsize=COMPILED_KEPT_MAX)
def _statement(trees: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    flags, names = to_sql(flags_of_subjects([parsed(tree) for tree in trees], registry.conditions))
    columns = ", ".join(f"f.flag_{index}" for index in range(len(trees)))
    return (
        "INSERT INTO pg_temp.segment_verdict (segment_id, customer_id)\n"
        f"SELECT v.segment_id, f.customer_id FROM (\n{flags}\n) f\n"
        f"CROSS JOIN LATERAL unnest(%(segments)s::bigint[], ARRAY[{columns}]) AS v(segment_id, is_member)\n"
        "WHERE v.is_member"
    ), names
