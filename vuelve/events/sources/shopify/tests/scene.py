"""A connected store with a stand-in behind it: begin a backfill, bring it in, look at what came."""

from datetime import UTC, datetime
from typing import Any

from vuelve.events.sources import backfills, queries
from vuelve.events.sources.contracts import Backfill, Store
from vuelve.events.sources.shopify.tests.fake import TOKEN, FakeShopify
from vuelve.events.sources.tests.store_contract import log_of
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.stores import StoreAccess, StoreKind
from vuelve.shops.models import Shop

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
CLOCK = VirtualClock(NOW)


def access(fake: FakeShopify) -> StoreAccess:
    return StoreAccess(domain="tienda.myshopify.com", api_version="2026-07", token=TOKEN)


def begin(store: Store, kind: StoreKind = StoreKind.ORDERS, **window: Any) -> int:
    [number] = backfills.begin(
        shop=store.shop_id, store_id=store.id, kinds=[kind], actor="ana@example.com", now=NOW, **window
    )
    return number


def bring(store: Store, number: int) -> tuple[Backfill, list[float]]:
    pauses: list[float] = []
    backfills.bring(shop=store.shop_id, backfill_id=number, clock=CLOCK, pause=pauses.append)
    return state(store, number), pauses


def state(store: Store, number: int) -> Backfill:
    with for_shop(store.shop_id) as cursor:
        return queries.backfill(cursor, store.shop_id, number)


def orders_in(shop: Shop) -> set[str]:
    return {row[0] for row in log_of(shop) if row[1] == "Order Completed"}
