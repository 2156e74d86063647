"""What else is asked of a store: who it is, its subscriptions, how many of what there are; and what is due by the clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vuelve.events.sources import connecting, queries, reconciling
from vuelve.events.sources.contracts import Store
from vuelve.events.sources.shopify import admin
from vuelve.events.sources.shopify.tests.fake import CLIENT_ID, TOKEN, FakeShopify, many_orders
from vuelve.events.sources.shopify.tests.payloads import SECRET, payload
from vuelve.events.sources.shopify.tests.scene import NOW, begin, bring
from vuelve.events.sources.shopify.tests.test_webhooks import post
from vuelve.events.sources.tests.store_contract import log_of
from vuelve.platform import jobs
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.stores import StoreAccess
from vuelve.shops.models import Shop
from vuelve.testing import drain

# --- what else is asked ------------------------------------------------------------------------------------------------------------


def test_checking_a_store_subscribes_it_once(store: Store, fake: FakeShopify, public_https: None) -> None:
    for _ in range(2):
        connecting.check(shop=int(store.shop_id), store_id=store.id)
    with for_shop(store.shop_id) as cursor:
        checked = queries.store(cursor, store.shop_id, store.id)
    assert (checked.state, checked.name, checked.currency) == ("connected", "Tienda Ejemplo", "MXN")
    assert len(fake.subscriptions) == len(checked.topics) == 24
    assert {"orders/create", "app/uninstalled", "customers_marketing_consent/update"} <= set(checked.topics)
    [address] = {uri for _, uri in fake.subscriptions.values()}
    assert address == connecting.webhook_address(store)
    connecting.disconnect(shop=store.shop_id, store_id=store.id, actor="ana@example.com")
    connecting.leave(shop=int(store.shop_id), store_id=store.id)
    with for_shop(store.shop_id) as cursor:
        gone = queries.store(cursor, store.shop_id, store.id)
    assert (gone.state, gone.sealed_token, fake.subscriptions) == ("disconnected", "", {})


@pytest.fixture
def public_https(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "PUBLIC_URL", "https://vuelve.example")


def test_missing_permissions_and_a_wrong_token_are_said(store: Store, fake: FakeShopify) -> None:
    fake.scopes = ("write_orders", "read_customers")
    connecting.check(shop=int(store.shop_id), store_id=store.id)
    with for_shop(store.shop_id) as cursor:
        assert queries.store(cursor, store.shop_id, store.id).missing_scopes == (
            "read_all_orders",
            "read_products",
            "read_fulfillments",
        )
    fake.troubles = ["401"]
    connecting.check(shop=int(store.shop_id), store_id=store.id)
    with for_shop(store.shop_id) as cursor:
        refused = queries.store(cursor, store.shop_id, store.id)
    assert refused.state == "refused"
    assert "access token" in refused.problem


def test_an_app_s_id_and_secret_are_lent_a_token(fake: FakeShopify) -> None:
    """Apps of the Dev Dashboard have no token for good."""
    app = StoreAccess(domain="prestada.myshopify.com", api_version="2026-07", token=CLIENT_ID, secret=SECRET)
    assert admin.facts(app).name == "Tienda Ejemplo"
    assert admin.facts(app).name == "Tienda Ejemplo"
    assert fake.lent == 1
    fake.lent += 1  # Shopify ended it before its time
    assert admin.facts(app).name == "Tienda Ejemplo"
    assert fake.lent == 3
    with pytest.raises(VuelveError) as refused:
        admin.facts(replace(app, secret="another"))
    assert refused.value.code == "store_refused"


# --- their counts against ours --------------------------------------------------------------------------------------------------


def test_their_counts_against_ours(store: Store, shop: Shop, fake: FakeShopify) -> None:
    fake.orders = many_orders(5)
    fake.orders[4]["created_at"] = "2024-01-05T10:00:00-06:00"
    fake.customers, fake.products = [payload("customers__update")], [payload("products__create")]
    early, fake.orders = fake.orders, fake.orders[:3]
    bring(store, begin(store))
    fake.orders = early
    drain(datetime(2026, 12, 1, tzinfo=UTC))
    reconciling.reconcile(shop=store.shop_id, store_id=store.id, now=NOW)
    counts = counted(store)
    assert counts["orders", "all"] == (5, 3, 3)
    assert counts["orders", "2026-03"] == (4, 3, 3)
    assert counts["orders", "before"] == (1, 0, 0)
    assert counts["orders", "status:paid"] == (4, 2, 2)
    assert counts["orders", "status:partially_refunded"] == (1, 1, 1)
    assert counts["customers", "all"][0] == 1
    assert counts["products", "all"] == (1, 0, 0)
    # "Fetch what is missing" is a backfill of the window.
    bring(store, begin(store, until=datetime(2025, 4, 1, tzinfo=UTC)))
    drain(datetime(2026, 12, 1, tzinfo=UTC))
    reconciling.reconcile(shop=store.shop_id, store_id=store.id, now=NOW)
    assert counted(store)["orders", "before"] == (1, 1, 1)


def counted(store: Store) -> dict[tuple[str, str], tuple[int | None, int, int]]:
    with for_shop(store.shop_id) as cursor:
        found = queries.counts(cursor, store.shop_id, store.id)
    return {(one.kind.value, one.part): (one.theirs, one.told, one.held) for one in found}


def test_from_the_request_to_the_counts_by_jobs_alone(store: Store, shop: Shop, fake: FakeShopify) -> None:
    fake.orders, fake.polls = many_orders(3), 0
    begin(store)
    jobs.run_pending()
    assert counted(store)["orders", "all"][:2] == (3, 3)


def test_what_is_due_by_the_clock(store: Store, shop: Shop, fake: FakeShopify) -> None:
    tick = reconciling.StoresTick()
    connecting.check(shop=int(store.shop_id), store_id=store.id)
    tick.tick(VirtualClock(store.connected_at + timedelta(hours=23)))
    assert counted(store) == {}
    tick.tick(VirtualClock(store.connected_at + timedelta(hours=25)))
    jobs.run_pending()
    assert ("orders", "all") in counted(store)


def test_an_erasure_comes_when_it_is_due_and_not_where_a_store_is_left(
    store: Store, shop: Shop, fake: FakeShopify
) -> None:
    assert post(store, "orders__create") == 200
    assert post(store, "shop__redact") == 200
    tick, later = reconciling.StoresTick(), VirtualClock(datetime(2027, 1, 20, tzinfo=UTC))
    tick.tick(later)
    jobs.run_pending()
    assert log_of(shop)  # the store is still connected
    assert post(store, "app__uninstalled") == 200
    other = connecting.connect(
        shop=store.shop_id, source="shopify", domain=f"{shop.slug}-2.myshopify.com", token=TOKEN, secret=SECRET,
        actor="ana@example.com", now=NOW,
    )  # fmt: skip
    tick.tick(later)
    jobs.run_pending()
    assert log_of(shop)
    connecting.disconnect(shop=other.shop_id, store_id=other.id, actor="ana@example.com")
    tick.tick(later)
    jobs.run_pending()
    assert log_of(shop) == []
