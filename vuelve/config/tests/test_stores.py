"""Data > Stores: who may do what, in which language, and in a real browser."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from vuelve.events.sources import backfills, connecting, queries, reconciling
from vuelve.events.sources.contracts import Store
from vuelve.events.sources.shopify.tests.fake import TOKEN, FakeShopify, many_orders, running
from vuelve.events.sources.shopify.tests.payloads import SECRET, payload, topic
from vuelve.events.sources.shopify.tests.test_contract import signed_headers
from vuelve.events.sources.shopify.tests.test_webhooks import post
from vuelve.events.sources.tests.store_contract import webhooks_of
from vuelve.platform import vault
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.platform.stores import StoreKind
from vuelve.platform.tests.browser import serious_faults, sign_in
from vuelve.shops import services
from vuelve.shops.models import AuditEntry, Role, Shop
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import drain

if TYPE_CHECKING:
    from playwright.sync_api import Page

DEEDS = ("check", "secret", "disconnect", "backfills", "counts", "retry", "keep")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeShopify]:
    with running(FakeShopify()) as one:
        monkeypatch.setenv("VUELVE_SHOPIFY_STAND_IN", one.url)
        yield one


@pytest.fixture
def told(shop: Shop, fake: FakeShopify) -> Store:
    """A store with history, differences, and a webhook that failed."""
    store = connecting.connect(
        shop=ShopId(shop.pk),
        source="shopify",
        domain=f"{shop.slug}.myshopify.com",
        token=TOKEN,
        secret=SECRET,
        actor="ana@example.com",
        now=real.now() - timedelta(days=2),
    )
    fake.orders, fake.products = many_orders(6), [payload("products__create")]
    fake.scopes = ("read_orders", "read_customers", "read_products")
    connecting.check(shop=int(store.shop_id), store_id=store.id)
    whole, fake.orders = fake.orders, fake.orders[:4]
    [number] = backfills.begin(
        shop=store.shop_id,
        store_id=store.id,
        kinds=[StoreKind.ORDERS],
        actor="ana@example.com",
        now=real.now(),
    )
    backfills.bring(shop=store.shop_id, backfill_id=number, clock=real, pause=lambda _: None)
    fake.orders = whole
    assert post(store, "orders__create", currency="PESOS") == 200
    assert post(store, "customers__create") == 200
    drain(real.now())
    reconciling.reconcile(shop=store.shop_id, store_id=store.id, now=real.now())
    return store


def address(store: Store, shop: Shop, *parts: str) -> str:
    return "/".join((f"/s/{shop.slug}/data/stores/{store.id}", *parts))


def test_the_pages_in_every_language_show_no_secret(told: Store, shop: Shop) -> None:
    for locale in ("es", "pt-br", "en"):
        client = browser_of(make_member(shop, locale=locale))
        for page in ("data/stores/", "data/stores/connect/shopify", f"data/stores/{told.id}"):
            response = client.get(f"/s/{shop.slug}/{page}")
            assert response.status_code == 200, page
            text = response.content.decode()
            assert f'<html lang="{locale}"' in text
            assert TOKEN not in text
            assert SECRET not in text


def test_who_may_look_and_who_may_act(told: Store, shop: Shop) -> None:
    for role in Role:
        client = browser_of(make_member(shop, role=role))
        may_manage = role in {Role.OWNER, Role.ADMIN}
        page = client.get(address(told, shop))
        assert page.status_code == 200
        # The address is half a secret: whoever has it still needs the other half, and need not have either.
        assert ("/hooks/shopify/" in page.content.decode()) is may_manage
        if may_manage:
            continue
        for deed in DEEDS:
            answer = client.post(address(told, shop, deed), {"kind": "orders", "secret": "x"})
            assert answer.status_code == 403, (role, deed)
        form = {"domain": "otra.myshopify.com", "token": "shpat_x", "secret": "y"}
        assert client.post(f"/s/{shop.slug}/data/stores/connect/shopify", form).status_code == 403
    with for_shop(ShopId(shop.pk)) as cursor:
        assert [store.domain for store in queries.stores(cursor, ShopId(shop.pk))] == [told.domain]
        assert len(queries.backfills(cursor, ShopId(shop.pk), told.id)) == 1


def test_another_shop_s_store_is_not_found(told: Store, shop: Shop) -> None:
    from vuelve.shops.tests.people import another_shop

    other = another_shop()
    client = browser_of(make_member(other))
    assert client.get(address(told, other)).status_code == 404
    for deed in ("disconnect", "counts", "retry", "check", "keep"):
        assert client.post(address(told, other, deed)).status_code == 404, deed
    with for_shop(ShopId(shop.pk)) as cursor:
        assert queries.store(cursor, ShopId(shop.pk), told.id).state == "connected"


def test_connecting_by_the_form(shop: Shop, fake: FakeShopify) -> None:
    client = browser_of(make_member(shop))
    page = f"/s/{shop.slug}/data/stores/connect/shopify"
    refused = client.post(page, {"domain": "evil.example", "token": TOKEN, "secret": SECRET})
    assert (refused.status_code, "myshopify.com" in refused.content.decode()) == (400, True)
    assert client.post(page, {"domain": "", "token": "", "secret": ""}).status_code == 400
    taken = client.post(page, {"domain": f"{shop.slug}.myshopify.com", "token": TOKEN, "secret": SECRET})
    assert taken.status_code == 302
    assert fake.asked == []  # the page waited for nobody
    with for_shop(ShopId(shop.pk)):
        assert AuditEntry.objects.filter(shop=shop, action="Store Connected").count() == 1


def test_deeds_of_an_owner(told: Store, shop: Shop) -> None:
    client = browser_of(make_member(shop))
    deeds = {
        "secret": {"secret": "another-secret"},
        "backfills": {"kind": ["orders"], "part": "2026-03"},
        "counts": {},
        "retry": {},
        "check": {},
        "disconnect": {},
    }
    for deed, data in deeds.items():
        assert client.post(address(told, shop, deed), data).status_code == 302, deed
    with for_shop(ShopId(shop.pk)) as cursor:
        actions = set(AuditEntry.objects.filter(shop=shop).values_list("action", flat=True))
        assert queries.store(cursor, ShopId(shop.pk), told.id).state == "disconnected"
    assert {
        "Store Secret Changed",
        "Backfill Requested",
        "Webhooks Retried",
        "Store Checked",
        "Store Disconnected",
    } <= actions
    assert client.post(address(told, shop, "check")).status_code == 400  # no token is left
    assert client.get(address(told, shop)).status_code == 200


def test_webhooks_on_the_real_server(live_server: str, shop: Shop) -> None:
    """In the role of the web process: a webhook, its repeat, one that was written again, a privacy request."""
    store = connecting.connect(
        shop=ShopId(shop.pk), source="shopify", domain=f"{shop.slug}.myshopify.com", token=TOKEN, secret=SECRET,
        actor="ana@example.com", now=real.now(),
    )  # fmt: skip
    url = f"{live_server}/hooks/shopify/{vault.unseal(store.sealed_address)}"

    def send(name: str, *, spoil: bytes = b"") -> int:
        body = json.dumps(payload(name)).encode()
        headers = signed_headers(topic(name), body, key=name, domain=store.domain, secret=SECRET)
        request = urllib.request.Request(url, body + spoil, headers | {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert [send("orders__updated"), send("orders__updated"), send("refunds__create")] == [200, 200, 200]
    assert send("orders__create", spoil=b" ") == 401
    assert send("customers__redact") == 200
    assert send("app__uninstalled") == 200
    states = [state for _, state, _, _ in webhooks_of(shop)]
    assert states == ["taken"] * 4
    with for_shop(ShopId(shop.pk)) as cursor:
        assert cursor.execute("SELECT count(*) FROM customers_erasure").fetchone() == (1,)


# --- in a browser ---------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("look", [("light", 1440), ("dark", 390)])
def test_the_pages_are_accessible(
    live_server: str, page: "Page", told: Store, shop: Shop, look: tuple[str, int]
) -> None:
    scheme, width = look
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server, services.issue_sign_in_link(member=make_member(shop), now=real.now()))
    for path in ("data/stores/", "data/stores/connect/shopify", f"data/stores/{told.id}"):
        page.goto(f"{live_server}/s/{shop.slug}/{path}")
        assert serious_faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.browser
def test_disconnecting_asks_first(live_server: str, page: "Page", told: Store, shop: Shop) -> None:
    sign_in(page, live_server, services.issue_sign_in_link(member=make_member(shop), now=real.now()))
    page.goto(f"{live_server}{address(told, shop)}")
    page.get_by_role("button", name="Desconectar la tienda").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Desconectar").click()
    page.get_by_text("Desconectada", exact=True).wait_for()
