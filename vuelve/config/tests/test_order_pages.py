"""The pages of orders and carts: what a merchant sees, who may change what, and in a real browser."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from vuelve.commerce.queries import cart_abandoned_minutes
from vuelve.commerce.tests.support import ANA, BEA, NOW, Store
from vuelve.commerce.ticks import abandon_carts
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.tests.browser import looks_right, sign_in
from vuelve.shops import services
from vuelve.shops.models import Role, Shop
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import make_shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

LINES = [
    {"product_id": "C1", "line_id": "1", "name": "Cámara instantánea", "sku": "CAM-1", "price": "1499.00", "quantity": 2},
    {"product_id": "F1", "line_id": "2", "name": "Película color", "variant": "10 fotos", "price": 199},
]  # fmt: skip


@pytest.fixture
def store(shop: Shop) -> Store:
    """Orders of all kinds, a cart left behind, and one in use."""
    store = Store(shop)
    with for_shop(store.id) as cursor:
        cursor.execute(
            "INSERT INTO customers_customer (shop_id, id, name, search_key, created_at, first_seen_at, last_seen_at) "
            "VALUES (%(shop)s, %(ana)s, 'Ana Peña', 'ana pena', %(now)s, %(now)s, %(now)s)",
            {"shop": store.id, "ana": ANA, "now": NOW},
        )
    store.order(
        "7001/x", order_number="#1001", total=3297, shipping=100, products=LINES, at=NOW, payment_method="card",
        payments=[{"payment_id": "p1", "state": "paid", "method": "card", "provider": "Conekta", "amount": 3297, "instalments": 6}],
    )  # fmt: skip
    store.refund("7001/x", refund_id="r1", products=[{"line_id": "1", "quantity": 1}], at=NOW)
    store.refund("7001/x", refund_id="r2", total=99999, at=NOW + timedelta(minutes=1))
    store.ship("InTransit", order_id="7001/x", carrier="Estafeta", tracking_number="EST123",
               tracking_url="https://tracking.example.com/EST123", at=NOW, eta_date="2030-01-09")  # fmt: skip
    store.ship("AttemptFail", order_id="7001/x", message="Nobody was at home", at=NOW + timedelta(minutes=5))
    store.ship("delivered", order_id="7001/x", shipment_id="P2", at=NOW + timedelta(minutes=6))
    store.order("7002", order_number="#1002", customer=BEA, currency="USD", total=50, at=NOW)
    store.order("7003", total=10, at=NOW)
    store.cancel("7003", reason="Out of stock", at=NOW)
    store.cart(
        "Product Added", "K1", product_id="C1", name="Cámara", price=1499, at=NOW + timedelta(minutes=9)
    )
    store.cart("Product Added", "K2", product_id="C1", customer=BEA, at=NOW + timedelta(hours=3))
    store.consume()
    abandon_carts(now=NOW + timedelta(hours=2), as_of=NOW + timedelta(hours=2))
    return store


def signed_in(store: Store, role: Role = Role.OWNER) -> Client:
    return browser_of(make_member(store.shop, role=role, locale="en"))


def url(store: Store, name: str, **kwargs: str) -> str:
    return reverse(name, kwargs={"shop_slug": store.shop.slug, **kwargs})


def test_the_list_its_search_and_its_filter(store: Store) -> None:
    client = signed_in(store)
    every = client.get(url(store, "orders")).content.decode()
    assert all(
        text in every for text in ("#1001", "#1002", "7003", "Ana Peña", "Delivery failed", "Cancelled")
    )
    for query in ("1001", "#1001", "7001"):
        found = client.get(url(store, "orders"), {"q": query}).content.decode()
        assert "#1001" in found
        assert "#1002" not in found
    only = client.get(url(store, "orders"), {"status": "cancelled"}).content.decode()
    assert "7003" in only
    assert "#1001" not in only
    assert "No order matches" in client.get(url(store, "orders"), {"q": "nothing\x00"}).content.decode()


def test_an_order_with_all_that_happened_to_it(store: Store) -> None:
    text = signed_in(store).get(url(store, "order", order_id="7001/x")).content.decode()
    for expected in (
        "#1001", "Cámara instantánea", "10 fotos", "Conekta", "6 instalments", "r1", "More than the order", "EST123",
        "Nobody was at home", "1 failed attempt", "Parcel P2", "Got money back",
        "It gives back more than the order was worth",
    ):  # fmt: skip
        assert expected in text, expected
    assert signed_in(store).get(url(store, "order", order_id="nope")).status_code == 404


@pytest.mark.parametrize("order_id", ["a/b", "\r\nSet-Cookie: a=b", "a?b#c", "%00", "\u202e👩‍👧"])
def test_an_order_s_id_may_be_anything(store: Store, order_id: str) -> None:
    store.order(order_id, total=10)
    store.order(f"{order_id}-", total=10)
    store.consume()
    client = browser_of(make_member(store.shop))
    assert client.get(f"/s/{store.shop.slug}/orders/").status_code == 200
    address = reverse("order", kwargs={"shop_slug": store.shop.slug, "order_id": f"{order_id}-"})
    assert client.get(address).status_code == 200


def test_an_order_of_another_shop_is_not_found(store: Store) -> None:
    other = Store(make_shop())
    assert signed_in(other).get(url(other, "order", order_id="7002")).status_code == 404
    assert signed_in(other).get(url(store, "order", order_id="7002")).status_code == 404


def test_carts_and_when_they_count_as_abandoned(store: Store) -> None:
    client = signed_in(store)
    text = client.get(url(store, "carts")).content.decode()
    assert text.index("Ana Peña") < text.index("MX$1,499.00")
    assert client.post(url(store, "carts"), {"minutes": "90"}).status_code == 302
    for wrong in ("5", "a", "", "99999999999999999999", "-60"):
        assert client.post(url(store, "carts"), {"minutes": wrong}).status_code == 400
    assert signed_in(store, Role.VIEWER).post(url(store, "carts"), {"minutes": "30"}).status_code == 403
    with for_shop(store.id) as cursor:
        assert cart_abandoned_minutes(cursor, store.id) == 90


@pytest.mark.browser
def test_how_they_look(live_server: str, page: "Page", store: Store) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    member = make_member(store.shop)
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=real.now()))
    for name, address in (
        ("orders", "orders/"),
        ("order", "orders/7001/x"),
        ("carts", "carts/"),
        ("customer", f"customers/{ANA}"),
        ("orders-none", "orders/?q=nothing"),
    ):
        page.goto(f"{live_server}/s/{store.shop.slug}/{address}")
        looks_right(page, name)
