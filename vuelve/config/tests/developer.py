"""What tests of the pages for developers have in common."""

from typing import Any

from django.test import Client

from vuelve.events import rejecting
from vuelve.events.contracts import Rejected
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import AuditEntry, Shop
from vuelve.testing import drain, track

PAGES = (
    "live/",
    "live/new?since=0-0",
    "refused/",
    "refused/set-aside",
    "refused/without-effect",
    "schema/",
    "connect/",
    "connect/?sdk=python",
)


def page(browser: Client, shop: Shop, path: str, status: int = 200, **headers: str) -> str:
    response = browser.get(f"/s/{shop.slug}/data/{path}", headers=headers)
    assert response.status_code == status, path
    content = response.getvalue() if response.streaming else response.content
    return bytes(content).decode()


def send(shop: Shop, name: str = "Product Viewed", **more: Any) -> str:
    arguments: dict[str, Any] = {"user_id": "u-1", "at": real.now()} | more
    return track(shop, name, **arguments)


def settle() -> None:
    drain(real.now())


def only_event(shop: Shop) -> str:
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute(
            "SELECT xid, seq FROM events_event WHERE origin = 0 ORDER BY xid, seq LIMIT 1"
        ).fetchone()
    assert row is not None
    return f"live/{row[0]}-{row[1]}"


def audit_lines(shop: Shop) -> int:
    with for_shop(ShopId(shop.pk)):
        return AuditEntry.objects.filter(shop=shop).count()


def refuse(shop: Shop, *, code: str = "invalid_json", excerpt: str = "{", **more: Any) -> None:
    kept = rejecting.keep_rejected(
        shop=ShopId(shop.pk),
        source="api",
        rejects=[
            Rejected(
                code=code, message="It is no JSON.", bytes=len(excerpt.encode()), excerpt=excerpt, **more
            )
        ],
        now=real.now(),
    )
    assert kept == 1
