"""Fixtures. Imports stay inside: pytest loads this file before Django is set up."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator:  # type: ignore[type-arg]
    """A stand-in for Shopify on loopback, and every call goes to it."""
    from vuelve.events.sources.shopify.tests.fake import FakeShopify, running

    with running(FakeShopify()) as one:
        monkeypatch.setenv("VUELVE_SHOPIFY_STAND_IN", one.url)
        yield one


@pytest.fixture
def store(shop):  # type: ignore[no-untyped-def]
    """A store of its own for the test, connected on the eve of `scene.NOW`."""
    from vuelve.events.sources import connecting
    from vuelve.events.sources.shopify.tests.fake import TOKEN
    from vuelve.events.sources.shopify.tests.payloads import SECRET
    from vuelve.platform.ids import ShopId

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
    from vuelve.platform import limits

    monkeypatch.setattr(limits, "STORE_BATCH_OBJECTS", 3)
