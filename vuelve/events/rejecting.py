"""Refused events, kept for a while so that a developer sees which and why. Never on the way of a good one.

Bounded in every direction, since whoever holds a public write key can send rubbish: 4 KB of each, some a second
(what is past that is only counted), the newest 10,000 of a shop, 30 days.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from prometheus_client import Counter

from vuelve.events.contracts import Rejected
from vuelve.events.throttling import Buckets
from vuelve.platform import limits
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.db import Statements, for_shop, for_shops
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import all_shop_ids

SQL = Statements(__file__)

UNKEPT = Counter("vuelve_rejects_not_kept_total", "Refused events that were only counted: too many at once.")

TRIM_EVERY = 100  # rows, of all shops: looking where the newest 10,000 end takes milliseconds
TRIM_ROWS = 5_000

_KEY = re.compile(rb"v[sw]_[A-Za-z0-9_-]{20,}")
_encoder = msgspec.json.Encoder()
_buckets = Buckets(per_second=limits.REJECTS_PER_SECOND, burst=limits.REJECTS_BURST)


def keep_rejected(*, shop: ShopId, source: str, rejects: Sequence[Rejected], now: datetime) -> int:
    """Keep events of a known shop that were refused; returns how many: past the bounds they are only counted.

    A transaction of its own, or part of the caller's. Call it after the good events are committed.
    """
    wanted = rejects[: limits.REJECTS_PER_CALL_MAX]
    room = _buckets.take_up_to((shop, source), len(wanted), at_seconds=monotonic_seconds())
    UNKEPT.inc(len(rejects) - room)
    if not room:
        return 0
    rows = _encoder.encode(wanted[:room]).decode()
    with for_shop(shop) as cursor:
        cursor.execute(SQL["insert_rejected"], {"shop": shop, "now": now, "source": source, "rejects": rows})
        if any(row[0] % TRIM_EVERY == 0 for row in cursor.fetchall()):
            keep = limits.REJECTS_PER_SHOP_MAX
            cursor.execute(SQL["trim_rejected"], {"shop": shop, "keep": keep, "rows": TRIM_ROWS})
    return room


def excerpt(raw: bytes, *, secret: str = "") -> str:
    """The beginning of what was sent as a text that PostgreSQL can hold; bytes that are no UTF-8 as \\xNN.

    No key that the text may hold belongs into a table: neither `secret`, with which it was sent, nor what looks like one
    of ours, since the body may name another than the header.
    """
    if secret:
        raw = raw.replace(secret.encode(), b"...")
    raw = _KEY.sub(b"...", raw[: 2 * limits.REJECT_EXCERPT_BYTES_MAX])
    text = raw[: limits.REJECT_EXCERPT_BYTES_MAX].decode(errors="backslashreplace").replace("\x00", "\\x00")
    return text.encode()[: limits.REJECT_EXCERPT_BYTES_MAX].decode(errors="ignore")


def forget_rejected(*, now: datetime, rows: int = 20_000) -> int:
    """Drop refused events older than REJECT_DAYS, a bounded number a call; returns how many."""
    before = now - timedelta(days=limits.REJECT_DAYS)
    with for_shops(all_shop_ids()) as cursor:
        return cursor.execute(SQL["forget_rejected"], {"before": before, "rows": rows}).rowcount
