from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from vuelve.events.sources import connecting
from vuelve.events.sources.contracts import Store
from vuelve.events.sources.shopify.tests.fake import TOKEN, FakeShopify, running
from vuelve.events.sources.shopify.tests.payloads import SECRET
from vuelve.platform import limits
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeShopify]:
    with running(FakeShopify()) as one:
        monkeypatch.setenv("VUELVE_SHOPIFY_STAND_IN", one.url)
        yield one


@pytest.fixture
def store(shop: Shop) -> Store:
    return connecting.connect(
        shop=ShopId(shop.pk),
        source="shopify",
        domain=f"{shop.slug}.myshopify.com",
        token=TOKEN,
        secret=SECRET,
        actor="ana@example.com",
        now=datetime(2026, 3, 19, tzinfo=UTC),
    )


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STORE_BATCH_OBJECTS", 3)
