"""The catalogue: the store's own word, field by field, before what orders say; in any order of arrival."""

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from vuelve.commerce.tests.support import ANA, NOW, Store, later
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.testing import drain, track

FULL: dict[str, Any] = {
    "product_id": "C1",
    "sku": "S1",
    "name": "Cámara",
    "categories": ["Fotografía", "Cámaras"],
    "brand": "Lumen",
    "images": ["https://shop.example/1.jpg", "javascript:alert(1)", "https://shop.example/2.jpg"],
    "url": "https://shop.example/c1",
    "price": "1500.50",
    "currency": "MXN",
    "stock": 7,
    "is_active": True,
    "variants": [{"variant_id": "v1", "sku": "S1-B", "name": "Negra", "price": 1600, "stock": 2}, 7],
}


def say(store: Store, hour: int, **properties: Any) -> None:
    store.track("Product Updated", ANA, {"product_id": "C1", **properties}, at=later(hours=hour))


def test_everything_that_a_catalogue_says(store: Store) -> None:
    say(store, 0, **FULL)
    store.consume()
    product = store.one("commerce_product")
    assert json.loads(product["variants"]) == [
        {"variant_id": "v1", "sku": "S1-B", "name": "Negra", "price_minor": 160000, "stock": 2}
    ]
    assert product == product | {
        "name": "Cámara",
        "category": "Fotografía",
        "categories": ["Fotografía", "Cámaras"],
        "image_url": "https://shop.example/1.jpg",
        "images": ["https://shop.example/1.jpg", "https://shop.example/2.jpg"],
        "price_minor": 150050,
        "currency": "MXN",
        "stock": 7,
        "is_active": True,
        "deleted_at": None,
        "catalogue_at": NOW,
    }


@pytest.mark.parametrize("arrival", list(permutations(range(4))))
def test_the_newest_word_on_each_field_holds(store: Store, arrival: tuple[int, ...]) -> None:
    said: list[dict[str, Any]] = [
        {"name": "Kamera", "brand": "Lumen", "stock": 9},
        {"name": "Cámara", "stock": 5},
        {"stock": 0, "is_active": False},
    ]
    for number in arrival:
        if number == 3:
            line = {"product_id": "C1", "name": "camera (new!)", "url": "https://shop.example/c1", "price": 1}
            store.order("A1", products=[line], at=later(hours=9))
        else:
            say(store, number, **said[number])
        store.consume()
    product = store.one("commerce_product")
    assert (product["name"], product["brand"], product["stock"], product["is_active"], product["url"]) == (
        "Cámara",
        "Lumen",
        0,
        False,
        "https://shop.example/c1",  # the catalogue says nothing of it: the order's word
    )


@pytest.mark.parametrize("backwards", [False, True])
def test_deleted_until_it_is_back(store: Store, backwards: bool) -> None:
    steps: list[Callable[[], None]] = [
        lambda: say(store, 0, name="A"),
        lambda: store.track("Product Deleted", ANA, {"product_id": "C1"}, at=later(hours=1)),
    ]
    for step in reversed(steps) if backwards else steps:
        step()
        store.consume()
    assert store.one("commerce_product")["deleted_at"] == later(hours=1)
    say(store, 2, stock=1)
    store.consume()
    assert store.one("commerce_product")["deleted_at"] is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"product_id": None}, "product_id_missing"),
        ({"product_id": {"a": 1}}, "product_id_missing"),
        ({"product_id": "x" * 256}, "product_id_too_long"),
        ({"currency": "PESOS"}, "currency_unknown"),
        ({"price": "cheap"}, "amount_not_a_number"),
        ({"price": -1}, "amount_negative"),
        ({"price": "1e15"}, "amount_too_large"),
        ({"stock": "many"}, "amount_not_a_number"),
        ({"categories": {"a": 1}}, "categories_not_a_list"),
        ({"images": "https://shop.example/1.jpg"}, "images_not_a_list"),
        ({"variants": 7}, "variants_not_a_list"),
        ({"name": "\x00"}, "unreadable"),
    ],
)
def test_a_malformed_product_changes_nothing_but_is_seen(
    store: Store, change: dict[str, Any], reason: str
) -> None:
    say(store, 0, **FULL)
    store.consume()
    before = store.everything()
    say(store, 1, **{**FULL, "name": "Otra", **change})
    store.consume()
    assert store.everything() == before
    assert store.rows("commerce_rejected", "event_name", "reason") == [("Product Updated", reason)]


def test_a_catalogue_that_is_nobody_s_is_read(shop: Shop) -> None:
    """As a store's import sends it: without any identifier. It makes no customer, and anything else stays unread."""
    track(shop, "Product Updated", properties=FULL, at=NOW)
    track(shop, "Product Updated", properties={"product_id": ""}, at=NOW)
    track(shop, "Order Completed", properties={"order_id": "A1", "total": 1}, at=NOW)
    drain(later(hours=1))
    with for_shop(ShopId(shop.pk)) as cursor:
        assert cursor.execute("SELECT product_id, name FROM commerce_product").fetchall() == [
            ("C1", "Cámara")
        ]
        assert cursor.execute("SELECT customer_id, event_name FROM commerce_rejected").fetchall() == [
            (0, "Product Updated")
        ]
        assert cursor.execute("SELECT count(*) FROM customers_customer").fetchone() == (0,)
        assert cursor.execute("SELECT count(*) FROM commerce_order").fetchone() == (0,)
