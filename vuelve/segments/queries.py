"""Reads of segments: those in force, members, history of size, overlap."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, QuerySet

from vuelve.platform.db import Cursor, Statements, fetch_dicts
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments.contracts import Kind, SegmentRef
from vuelve.segments.models import Segment, SegmentVersion
from vuelve.segments.tree import Tree

SQL = Statements(__file__)


def live_segments() -> Mapping[ShopId, list[SegmentRef]]:
    """All segments by condition that the scope sees, by shop, in the version in force; filled or not."""
    return _live(SegmentVersion.objects.all())


def filled_segments(shop: ShopId) -> list[SegmentRef]:
    """Those of a shop whose members are of the version in force. A fill judges by itself whom events touch meanwhile."""
    filled = SegmentVersion.objects.filter(shop_id=shop, number=F("segment__filled_version"))
    return _live(filled).get(shop, [])


def _live(versions: QuerySet[SegmentVersion]) -> dict[ShopId, list[SegmentRef]]:
    rows = (
        versions.filter(number=F("segment__version"), segment__archived_at=None, segment__kind=Kind.LIVE)
        .order_by("segment_id")
        .values_list("shop_id", "segment_id", "number", "tree")
    )
    found: dict[ShopId, list[SegmentRef]] = defaultdict(list)
    for shop, segment, number, tree in rows:
        found[ShopId(shop)].append(SegmentRef(segment, number, tree))
    return dict(found)


def segments_of(shop: ShopId) -> QuerySet[Segment]:
    """Those in use, newest change first."""
    return Segment.objects.filter(shop_id=shop, archived_at=None).order_by("-changed_at", "-id")


def version_of(segment: Segment, number: int | None = None) -> SegmentVersion | None:
    """A version of a segment by condition, the one in force by default; None of a list."""
    return segment.versions.filter(number=number or segment.version).first()


def count_members(cursor: Cursor, shop: ShopId, segment_id: int) -> int:
    row = cursor.execute(
        "SELECT count(*) FROM segments_member WHERE shop_id = %s AND segment_id = %s", [shop, segment_id]
    ).fetchone()
    assert row is not None
    return int(row[0])


def page_of_members(
    cursor: Cursor, shop: ShopId, segment_id: int, *, after: int | None, rows: int
) -> list[tuple[CustomerId, datetime]]:
    """Members by id with when they entered, at most `rows`, those past the id `after`."""
    found = cursor.execute(
        SQL["page_members"], {"shop": shop, "segment": segment_id, "after": after or 0, "rows": rows}
    )
    return [(CustomerId(row[0]), row[1]) for row in found.fetchall()]


def sizes(cursor: Cursor, shop: ShopId, segment_id: int, *, since: date) -> list[tuple[date, int]]:
    rows = cursor.execute(
        "SELECT day, size FROM segments_size WHERE shop_id = %s AND segment_id = %s AND day >= %s ORDER BY day",
        [shop, segment_id, since],
    )
    return [(row[0], row[1]) for row in rows.fetchall()]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Customers of two segments: in the first alone, in both, in the second alone."""

    first: int
    both: int
    second: int


def overlap(cursor: Cursor, shop: ShopId, first: int, second: int) -> Overlap:
    row = cursor.execute(SQL["overlap"], {"shop": shop, "first": first, "second": second}).fetchone()
    assert row is not None
    return Overlap(*row)


def segments_of_customer(cursor: Cursor, shop: ShopId, customer: CustomerId) -> Sequence[dict[str, Any]]:
    """`id`, `name` and `entered_at` of the segments that a customer is in."""
    cursor.execute(SQL["of_customer"], {"shop": shop, "customer": customer})
    return fetch_dicts(cursor)


def trees_of(shop: ShopId) -> dict[int, Tree]:
    """The definitions in force, by segment."""
    rows = SegmentVersion.objects.filter(
        shop_id=shop, number=F("segment__version"), segment__archived_at=None
    ).values_list("segment_id", "tree")
    return dict(rows)


def trends(cursor: Cursor, shop: ShopId, *, since: date) -> dict[int, list[int]]:
    """By segment its size at the end of each day on which it was measured."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = cursor.execute(
        "SELECT segment_id, size FROM segments_size WHERE shop_id = %s AND day >= %s ORDER BY segment_id, day",
        [shop, since],
    )
    for segment, size in rows.fetchall():
        found[segment].append(size)
    return dict(found)


def used_by(segment: Segment) -> list[tuple[int, str]]:
    """The segments whose condition looks at this one."""
    return list(
        segment.used_by.filter(segment__archived_at=None)
        .order_by("segment__name")
        .values_list("segment_id", "segment__name")
    )


def used_elsewhere(cursor: Cursor, shop: ShopId, segment: int) -> list[tuple[str, str]]:
    """(name, address) of what other packages have that looks at it."""
    return [found for each in registry.segment_users for found in each.users(cursor, shop, segment)]


def known_customer(cursor: Cursor, shop: ShopId, customer: int) -> CustomerId | None:
    """The number, if it is a customer's."""
    row = cursor.execute(
        "SELECT id FROM customers_customer WHERE shop_id = %s AND id = %s", [shop, customer]
    ).fetchone()
    return CustomerId(row[0]) if row else None


def contacts(
    cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]
) -> dict[CustomerId, tuple[str, str, str]]:
    """User id, e-mail and phone; '' for what is not known."""
    rows = cursor.execute(SQL["contacts"], {"shop": shop, "ids": list(customers)}).fetchall()
    return {CustomerId(row[0]): (row[1], row[2], row[3]) for row in rows}
