"""Refused events are kept, and cannot fill the disk."""

from datetime import UTC, datetime, timedelta
from typing import Any

from vuelve.events.contracts import Rejected
from vuelve.events.rejecting import excerpt, forget_rejected, keep_rejected
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.testing import make_shop

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
BAD = Rejected(code="identity_missing", message="Nobody's.", bytes=2, excerpt="{}", field="userId", index=3)


def kept(shop: Shop, columns: str = "*") -> list[tuple[Any, ...]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(f"SELECT {columns} FROM events_rejected ORDER BY id").fetchall()


def keep(shop: Shop, *rejects: Rejected, source: str = "api", now: datetime = NOW) -> int:
    return keep_rejected(shop=ShopId(shop.pk), source=source, rejects=rejects, now=now)


def test_a_reject_is_kept_whole(shop: Shop) -> None:
    assert keep(shop, BAD) == 1
    columns = (
        "code, message, field, hint, batch_index, event_type, event_name, bytes, excerpt, source, received_at"
    )
    assert kept(shop, columns) == [
        ("identity_missing", "Nobody's.", "userId", None, 3, None, None, 2, "{}", "api", NOW)
    ]
    assert kept(make_shop()) == []


def test_too_many_at_once_are_only_counted(shop: Shop) -> None:
    count = limits.REJECTS_PER_CALL_MAX
    most = limits.REJECTS_BURST + limits.REJECTS_PER_SECOND * 60  # a slow machine gets some more
    kept_rows = sum(keep(shop, *[BAD] * 3 * count) for _ in range(30))
    assert limits.REJECTS_BURST <= kept_rows <= most
    assert len(kept(shop)) == kept_rows
    assert keep(shop, BAD, source="shopify") == 1  # what another source refuses is seen all the same


def test_only_the_newest_of_a_shop_stay(shop: Shop) -> None:
    other = make_shop()
    keep(other, BAD)
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO events_rejected (shop_id, received_at, source, code, message, bytes, excerpt) "
            "SELECT %s, %s, 'api', 'old', '', 0, '' FROM generate_series(1, %s)",
            [shop.pk, NOW, limits.REJECTS_PER_SHOP_MAX],
        )
    for _ in range(2):  # among 200 ids in a row some are round
        keep(shop, *[BAD] * 100)
    codes = kept(shop, "code")
    assert limits.REJECTS_PER_SHOP_MAX <= len(codes) <= limits.REJECTS_PER_SHOP_MAX + 100
    assert codes.count(("identity_missing",)) == 200
    assert len(kept(other)) == 1


def test_old_ones_go_in_bounded_steps(shop: Shop) -> None:
    old = NOW - timedelta(days=limits.REJECT_DAYS, seconds=1)
    keep(shop, BAD, BAD, BAD, now=old)
    keep(shop, BAD)
    assert forget_rejected(now=NOW, rows=2) == 2
    while forget_rejected(now=NOW):
        pass
    assert kept(shop, "received_at") == [(NOW,)]


def test_an_excerpt_is_text_whatever_the_bytes() -> None:
    assert excerpt(b'{"a": "\xff\x00"}') == '{"a": "\\xff\\x00"}'
    assert excerpt("ñ".encode() * 5_000) == "ñ" * (limits.REJECT_EXCERPT_BYTES_MAX // 2)
    assert len(excerpt(b"\xff" * 5_000).encode()) == limits.REJECT_EXCERPT_BYTES_MAX
    assert excerpt(b'{"writeKey": "vs_secret"}', secret="vs_secret") == '{"writeKey": "..."}'
