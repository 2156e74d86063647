"""Shopify's webhooks over HTTP: what is kept, what is refused, what happens then."""

import json
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.test import Client

from vuelve.events.sources import connecting, deliveries, queries
from vuelve.events.sources.contracts import Store, StoreState, WebhookState
from vuelve.events.sources.shopify.tests.payloads import SECRET, payload, topic
from vuelve.events.sources.shopify.tests.test_contract import signed_headers
from vuelve.events.sources.tests.store_contract import log_of, webhooks_of
from vuelve.platform import jobs, limits, vault
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.shops.models import AuditEntry, Shop
from vuelve.testing import drain, make_shop

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)


def connect(shop: Shop, domain: str = "") -> Store:
    return connecting.connect(
        shop=ShopId(shop.pk),
        source="shopify",
        domain=domain or f"{shop.slug}.myshopify.com",
        token="shpat_token",
        secret=SECRET,
        actor="ana@example.com",
        now=datetime(2026, 2, 1, tzinfo=UTC),
    )


def post(
    store: Store, name: str, /, *, key: str = "", domain: str = "", body: bytes | None = None, **changes: Any
) -> int:
    raw = json.dumps(payload(name, **changes), ensure_ascii=False).encode() if body is None else body
    headers = signed_headers(topic(name), raw, key=key or name, domain=domain or store.domain, secret=SECRET)
    response = Client(HTTP_HOST="localhost").post(
        f"/hooks/shopify/{vault.unseal(store.sealed_address)}",
        raw,
        content_type="application/json",
        headers=headers,
    )
    return int(response.status_code)


def state_of(store: Store) -> StoreState:
    with for_shop(store.shop_id) as cursor:
        return queries.store(cursor, store.shop_id, store.id).state


def test_secrets_are_sealed_and_no_answer_tells_them(shop: Shop) -> None:
    store = connect(shop)
    with for_shop(ShopId(shop.pk)) as cursor:
        row = str(cursor.execute("SELECT s::text FROM events_store s").fetchall())
    assert "shpat_token" not in row
    assert SECRET not in row
    assert "shpat_token" not in repr(store)
    assert "shpat_token" not in repr(store.access)
    assert vault.unseal(store.sealed_address) not in row


def test_one_store_feeds_one_shop(shop: Shop) -> None:
    connect(shop, "una-sola.myshopify.com")
    other = make_shop()
    with pytest.raises(VuelveError) as refused:
        connect(other, "https://Una-Sola.myshopify.com/admin")
    assert refused.value.code == "store_taken"
    assert connect(shop, "una-sola.myshopify.com").state is StoreState.CHECKING
    with for_shop(ShopId(shop.pk)) as cursor:
        assert len(queries.stores(cursor, ShopId(shop.pk))) == 1


def test_a_webhook_of_another_store_of_the_same_app_is_refused(shop: Shop) -> None:
    store = connect(shop)
    assert post(store, "orders__create", domain="otra-tienda.myshopify.com") == 401
    assert (log_of(shop), webhooks_of(shop)) == ([], [])


def test_a_webhook_without_its_shop_s_address_reaches_no_other_shop(shop: Shop) -> None:
    store, other = connect(shop), make_shop()
    mixed = f"{other.pk}-{vault.unseal(store.sealed_address).partition('-')[2]}"
    raw = json.dumps(payload("orders__create")).encode()
    headers = signed_headers("orders/create", raw, key="k", domain=store.domain, secret=SECRET)
    response = Client(HTTP_HOST="localhost").post(
        f"/hooks/shopify/{mixed}", raw, content_type="application/json", headers=headers
    )
    assert response.status_code == 401
    assert log_of(other) == []


def test_a_changed_secret_and_the_one_before(shop: Shop) -> None:
    store = connect(shop)
    connecting.change_secret(
        shop=store.shop_id, store_id=store.id, secret="nuevo", actor="ana@example.com", now=real.now()
    )
    assert post(store, "orders__create") == 200  # signed with the one before
    body = json.dumps(payload("orders__paid")).encode()
    headers = signed_headers("orders/paid", body, key="new", domain=store.domain, secret="nuevo")
    url = f"/hooks/shopify/{vault.unseal(store.sealed_address)}"
    client = Client(HTTP_HOST="localhost")
    assert client.post(url, body, content_type="application/json", headers=headers).status_code == 200
    with for_shop(store.shop_id) as cursor:
        cursor.execute("UPDATE events_store SET secret_before_until = %s", [real.now()])
    assert post(store, "orders__fulfilled") == 401
    assert len(webhooks_of(shop)) == 2


def test_other_methods_sources_and_sizes(shop: Shop) -> None:
    store = connect(shop)
    address = vault.unseal(store.sealed_address)
    client = Client(HTTP_HOST="localhost")
    assert client.get(f"/hooks/shopify/{address}").status_code == 405
    assert client.post(f"/hooks/nobody/{address}", b"{}", content_type="application/json").status_code == 404
    assert post(store, "orders__create", body=b" " * (limits.STORE_WEBHOOK_BYTES_MAX + 1)) == 413
    assert webhooks_of(shop) == []


def test_one_event_of_several_topics_is_not_one_webhook(shop: Shop) -> None:
    """X-Shopify-Event-Id is shared by the topics that one happening sends; each says something of its own."""
    store = connect(shop)
    assert post(store, "orders__create", key="a") == 200
    assert post(store, "customers__create", key="b") == 200
    assert [state for _, state, _, _ in webhooks_of(shop)] == ["taken", "taken"]


def test_what_failed_is_kept_shown_and_can_be_retried(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    store = connect(shop)
    with monkeypatch.context() as broken:
        broken.setitem(registry.sources, "shopify", _Stumbling(registry.sources["shopify"]))
        assert post(store, "orders__create") == 200
    assert log_of(shop) == []
    with for_shop(store.shop_id) as cursor:
        [failed] = queries.failed_webhooks(cursor, store.shop_id, store.id)
    assert (failed.topic, failed.reason) == (
        "orders/create",
        "unforeseen|KeyError: 'a shape nobody thought of'",
    )
    assert (
        deliveries.retry(shop=store.shop_id, store_id=store.id, key=failed.key, now=NOW) is WebhookState.TAKEN
    )
    assert any(row[1] == "Order Completed" for row in log_of(shop))
    with pytest.raises(VuelveError):
        deliveries.retry(shop=store.shop_id, store_id=store.id, key=failed.key, now=NOW)


class _Stumbling:
    """Shopify's source on the day of a payload nobody thought of."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def map(self, *_: Any) -> Any:
        raise KeyError("a shape nobody thought of")


def test_test_orders_are_counted_not_kept_as_orders(shop: Shop) -> None:
    store = connect(shop)
    assert post(store, "orders__create.test") == 200
    assert log_of(shop) == []
    assert [(state, reason) for _, state, reason, _ in webhooks_of(shop)] == [("skipped", "test_order")]


def test_an_uninstalled_app_gets_nothing_more_but_privacy_requests(shop: Shop) -> None:
    store = connect(shop)
    assert post(store, "app__uninstalled") == 200
    assert state_of(store) is StoreState.UNINSTALLED
    with for_shop(ShopId(shop.pk)) as cursor:
        assert queries.store(cursor, ShopId(shop.pk), store.id).sealed_token == ""
        assert AuditEntry.objects.filter(shop=shop, action="Store Uninstalled").count() == 1
    assert post(store, "orders__create") == 200
    assert log_of(shop) == []
    assert [topic for topic, _, _, _ in webhooks_of(shop)] == ["app/uninstalled"]


def test_a_repeated_uninstall_does_not_end_a_later_connection(shop: Shop) -> None:
    store = connect(shop)
    assert post(store, "app__uninstalled") == 200
    connect(shop)
    assert post(store, "app__uninstalled") == 200
    assert state_of(store) is StoreState.CHECKING


def test_a_copy_and_an_erasure_are_asked_for_in_the_customer_s_name(shop: Shop) -> None:
    store = connect(shop)
    assert post(store, "orders__create") == 200
    drain(datetime(2026, 12, 1, tzinfo=UTC))
    for _ in range(2):
        assert post(store, "customers__data_request", key="d") == 200
        assert post(store, "customers__redact", key="r") == 200
    with for_shop(ShopId(shop.pk)) as cursor:
        asked = cursor.execute("SELECT requested_by FROM customers_disclosure").fetchall()
        erasures = cursor.execute("SELECT requested_by, state FROM customers_erasure").fetchall()
    assert asked == [(f"shopify:{store.domain}",)]
    assert erasures == [(f"shopify:{store.domain}", "requested")]
    jobs.run_pending()
    with for_shop(ShopId(shop.pk)) as cursor:
        assert cursor.execute("SELECT state FROM customers_erasure").fetchall() == [("finished",)]
        assert cursor.execute(
            "SELECT count(*) FROM events_webhook WHERE 'lucia@example.com' = ANY (people)"
        ).fetchone() == (0,)
        assert cursor.execute("SELECT count(*) FROM commerce_order").fetchone() == (1,)


def test_a_shop_is_not_erased_at_once(shop: Shop) -> None:
    """Shopify asks for it two days after an app is removed, also when that was a mistake."""
    store = connect(shop)
    assert post(store, "orders__create") == 200
    assert post(store, "app__uninstalled") == 200
    assert post(store, "shop__redact") == 200
    with for_shop(ShopId(shop.pk)) as cursor:
        assert queries.store(cursor, ShopId(shop.pk), store.id).erase_due_at is not None
    assert log_of(shop)
    connect(shop)
    with for_shop(ShopId(shop.pk)) as cursor:
        assert queries.store(cursor, ShopId(shop.pk), store.id).erase_due_at is None


@pytest.mark.parametrize("first", ["orders__create", "refunds__create"])
def test_a_refund_alone_is_its_order_s_customer_s(shop: Shop, first: str) -> None:
    store = connect(shop)
    second = {"orders__create": "refunds__create", "refunds__create": "orders__create"}[first]
    assert post(store, first) == 200
    drain(datetime(2026, 12, 1, tzinfo=UTC))
    assert post(store, second) == 200
    drain(datetime(2026, 12, 1, tzinfo=UTC))
    with for_shop(ShopId(shop.pk)) as cursor:
        whose = cursor.execute(
            "SELECT DISTINCT coalesce(a.canonical_id, e.customer_id) FROM events_event e LEFT JOIN customers_alias a "
            "ON a.shop_id = e.shop_id AND a.customer_id = e.customer_id WHERE e.name LIKE 'Order %'"
        ).fetchall()
        people = cursor.execute(
            "SELECT count(*) FROM customers_customer c WHERE NOT EXISTS (SELECT FROM customers_alias a "
            "WHERE a.shop_id = c.shop_id AND a.customer_id = c.id AND a.canonical_id <> c.id)"
        ).fetchone()
        awaited = cursor.execute("SELECT count(*) FROM events_store_object WHERE is_awaited").fetchone()
    assert (len(whose), people, awaited) == (1, (1,), (0,))


def test_webhooks_are_forgotten_after_thirty_days(shop: Shop) -> None:
    store = connect(shop)
    post(store, "orders__create")
    with for_shop(store.shop_id) as cursor:
        cursor.execute("UPDATE events_webhook SET received_at = %s", [datetime(2026, 3, 1, tzinfo=UTC)])
    deliveries.forget_old(now=datetime(2026, 3, 30, tzinfo=UTC))
    assert len(webhooks_of(shop)) == 1
    deliveries.forget_old(now=datetime(2026, 4, 1, tzinfo=UTC))
    assert webhooks_of(shop) == []


def test_a_webhook_is_a_handful_of_statements_however_large(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer must be there within 200 ms: nothing may grow with the lines of an order but the JSON itself."""
    store = connect(shop)
    executed = []
    execute = psycopg.Cursor.execute

    def counted(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        executed.append(query)
        return execute(self, query, *arguments, **named)

    post(store, "orders__updated", key="first")  # makes the connection's temporary table
    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    line, counts = payload("orders__create")["line_items"][0], []
    for key, lines in (("one", [line]), ("many", [line | {"id": 1 + n} for n in range(400)])):
        executed.clear()
        assert post(store, "orders__updated", key=key, line_items=lines) == 200
        counts.append(len(executed))
    assert counts[0] == counts[1] <= 25


def test_the_story_ends_in_the_tables(shop: Shop) -> None:
    store = connect(shop)
    for name in (
        "orders__create",
        "orders__paid",
        "orders__fulfilled",
        "fulfillments__update",
        "customers__create",
    ):
        assert post(store, name) == 200
    drain(datetime(2026, 12, 1, tzinfo=UTC))
    with for_shop(ShopId(shop.pk)) as cursor:
        orders = cursor.execute("SELECT order_id, total_minor, currency FROM commerce_order").fetchall()
        people = cursor.execute(
            "SELECT user_id, email, first_name, country FROM customers_customer WHERE user_id IS NOT NULL"
        ).fetchall()
    assert orders == [("5550001110001", 135180, "MXN")]
    assert people == [("shopify:7200300400501", "lucia@example.com", "Lucía", "MX")]
