"""What becomes of `Order Completed`: amounts, duplicates, the catalogue, history."""

import random
from decimal import Decimal
from typing import Any

import pytest
from babel.numbers import list_currencies

from vuelve.commerce.tests.support import ANA, BEA, NOW, Store, later
from vuelve.platform.db import for_shop
from vuelve.platform.money import minor_digits, to_minor

CAMERA = {
    "product_id": "C1",
    "sku": "SKU-C1",
    "name": "Cámara",
    "category": "CAMERA",
    "brand": "Lumen",
    "price": "1500.50",
    "quantity": 2,
    "image_url": "https://shop.example/c1.jpg",
    "url": "https://shop.example/c1",
}


def test_an_order_with_its_items_and_products(store: Store) -> None:
    store.order(
        "A1",
        total="3181.00",
        subtotal=3001,
        shipping=80.0,
        tax="100",
        discount=5,
        coupon="HOLA",
        products=[CAMERA],
    )
    store.consume()
    order = store.one("commerce_order")
    assert order | {
        "event_seq": 0,
        "shop_id": store.id,
        "customer_id": ANA,
        "node_id": ANA,
        "status": "open",
        "refunded_minor": 0,
        "content_at": NOW,
        "order_id": "A1",
        "ordered_at": NOW,
        "currency": "MXN",
        "subtotal_minor": 3001_00,
        "discount_minor": 5_00,
        "shipping_minor": 80_00,
        "tax_minor": 100_00,
        "total_minor": 3181_00,
        "coupon_code": "HOLA",
        "historical": False,
    } == order | {"event_seq": 0}
    assert store.one("commerce_item") == {
        "shop_id": store.id,
        "customer_id": ANA,
        "order_id": "A1",
        "line": 1,
        "ordered_at": NOW,
        "product_id": "C1",
        "category": "CAMERA",
        "quantity": 2,
        "price_minor": 1500_50,
        "amount_minor": 3001_00,
        "node_id": ANA,
        "line_id": None,
        "variant": None,
        "refunded_quantity": 0,
        "refunded_minor": 0,
    }
    product = store.one("commerce_product")
    assert product == product | {
        "shop_id": store.id,
        "product_id": "C1",
        "sku": "SKU-C1",
        "name": "Cámara",
        "category": "CAMERA",
        "brand": "Lumen",
        "image_url": "https://shop.example/c1.jpg",
        "url": "https://shop.example/c1",
        "updated_at": NOW,
    }


@pytest.mark.parametrize(
    ("currency", "total", "minor"),
    [
        ("MXN", 1234.5, 123450),
        ("MXN", "1234.50", 123450),
        ("MXN", "10.005", 1001),  # half up
        ("MXN", "10.0049999", 1000),
        ("mxn ", " 7 ", 700),
        ("CLP", 12990, 12990),
        ("CLP", "12990.5", 12991),
        ("KWD", "1.2345", 1235),
        ("JPY", "1e3", 1000),
        ("USD", "1.5E+2", 15000),
        ("USD", 0, 0),
        ("USD", "0.1", 10),
    ],
)
def test_amounts_are_minor_units_of_their_currency(
    store: Store, currency: str, total: Any, minor: int
) -> None:
    store.order(currency=currency, total=total)
    store.consume()
    order = store.one("commerce_order")
    assert (order["currency"], order["total_minor"]) == (currency.strip().upper(), minor)


def test_amounts_agree_with_the_money_of_the_rest_of_the_code(store: Store) -> None:
    dice = random.Random(7)
    expected = {}
    with for_shop(store.id):  # one commit
        for n in range(200):
            currency = dice.choice(["MXN", "CLP", "KWD", "CLF", "JPY", "BRL"])
            amount = Decimal(dice.randrange(10**9)).scaleb(-dice.randrange(7))
            store.order(f"R{n}", currency=currency, total=format(amount, "f") if n % 2 else float(amount))
            expected[f"R{n}"] = to_minor(amount, currency)
    store.consume()
    assert dict(store.rows("commerce_order", "order_id", "total_minor")) == expected


def test_the_table_of_currencies_is_that_of_the_rest_of_the_code(store: Store) -> None:
    with for_shop(store.id) as cursor:
        known = dict(cursor.execute("SELECT code, digits FROM commerce_currency").fetchall())
    # No currency, and a code for tests.
    assert known == {code: minor_digits(code) for code in list_currencies() - {"XXX", "XTS"}}


@pytest.mark.parametrize(
    ("amounts", "subtotal", "total"),
    [
        ({"subtotal": 80, "revenue": 70, "total": 100, "shipping": 5}, 8000, 10000),
        ({"revenue": 70, "total": 100}, 7000, 10000),
        ({"total": 100, "shipping": 10, "tax": "16"}, 7400, 10000),
        ({"total": 5, "shipping": 10}, 0, 500),  # the rest was paid with a gift card
        (
            {"shipping": 10, "tax": 1, "products": [{"product_id": "p", "price": 20, "quantity": 3}]},
            6000,
            7100,
        ),
        ({"revenue": 70, "shipping": 10, "tax": 5}, 7000, 8500),
        ({"subtotal": "", "total": None, "revenue": 3}, 300, 300),
        ({}, 0, 0),
    ],
)
def test_missing_amounts_follow_from_the_others(
    store: Store, amounts: dict[str, Any], subtotal: int, total: int
) -> None:
    store.order(**{"total": None, **amounts})
    store.consume()
    order = store.one("commerce_order")
    assert (order["subtotal_minor"], order["total_minor"]) == (subtotal, total)


@pytest.mark.parametrize(
    ("line", "quantity", "price", "amount"),
    [
        ({"price": 2.5, "quantity": 3}, 3, 250, 750),
        ({"price": "2.50"}, 1, 250, 250),
        ({"price": "0.333333", "quantity": "3"}, 3, 33, 100),  # rounded once, at the end
        ({"price": 10, "quantity": 2, "amount": "15"}, 2, 1000, 1500),
        ({"amount": 9, "quantity": 2}, 2, 450, 900),
        ({"price": 8, "quantity": 0.25}, 1, 800, 200),
        ({"price": 8, "quantity": 0}, 0, 800, 0),
        ({}, 1, 0, 0),
    ],
)
def test_lines(store: Store, line: dict[str, Any], quantity: int, price: int, amount: int) -> None:
    store.order(products=[{"product_id": "p", **line}])
    store.consume()
    item = store.one("commerce_item")
    assert (item["quantity"], item["price_minor"], item["amount_minor"]) == (quantity, price, amount)


def test_a_product_without_id_goes_by_its_sku_or_name(store: Store) -> None:
    lines = [{"product_id": 7}, {"product_id": " ", "sku": "S"}, {"name": "Propina"}, {"product_id": "C1"}]
    store.order(products=lines)
    store.consume()
    assert store.rows("commerce_item", "line", "product_id") == [
        (1, "7"),
        (2, "S"),
        (3, "Propina"),
        (4, "C1"),
    ]


def test_an_order_id_may_be_a_number_and_the_currency_that_of_the_shop(store: Store) -> None:
    store.order(4711, currency=None)
    store.consume()
    order = store.one("commerce_order")
    assert (order["order_id"], order["currency"]) == ("4711", "MXN")


def test_addresses_that_are_none_are_left_out(store: Store) -> None:
    store.order(
        products=[{"product_id": "p", "url": "javascript:alert(1)", "image_url": "HTTPS://x.example/i"}]
    )
    store.consume()
    product = store.one("commerce_product")
    assert (product["url"], product["image_url"]) == (None, "HTTPS://x.example/i")


@pytest.mark.parametrize("batches", [1, 2])
def test_the_same_order_again_changes_nothing(store: Store, batches: int) -> None:
    store.order("A1", products=[CAMERA])
    if batches == 2:
        store.consume()
        before = store.everything()
    store.order("A1", products=[CAMERA, CAMERA], at=later(hours=1))
    store.order("A1", customer=BEA, at=later(hours=2))
    store.consume()
    if batches == 2:
        assert store.everything() == before
    assert store.rows("commerce_order_key", "order_id", "customer_id") == [("A1", ANA)]
    assert store.rows("commerce_order", "customer_id", "total_minor") == [(ANA, 10000)]
    assert store.rows("commerce_item", "line") == [1]
    assert store.milestones() == ["A1::confirmed"]
    assert store.rows("commerce_rejected", "reason") == []


def test_a_batch_read_again_changes_nothing(store: Store) -> None:
    store.order("A1", products=[CAMERA])
    store.consume()
    before = store.everything()
    again = Store(store.shop)  # its cursor stands at the beginning
    assert again.consume() == 1
    assert store.everything() == before


def test_two_shops_may_use_the_same_order_id(store: Store) -> None:
    from vuelve.testing import make_shop

    other = Store(make_shop(currency="BRL"))
    store.order("A1")
    other.order("A1", currency=None)
    store.consume()
    other.consume()
    assert store.rows("commerce_order", "order_id", "currency") == [("A1", "MXN")]
    assert other.rows("commerce_order", "order_id", "currency") == [("A1", "BRL")]


def test_history_is_kept_and_tells_nobody(store: Store) -> None:
    store.order("A1", historical=True, products=[CAMERA])
    store.ship("delivered", historical=True)
    store.consume()
    assert store.one("commerce_order")["historical"]
    assert store.one("commerce_shipment")["milestone"] == 5
    assert store.rows("commerce_item", "product_id") == ["C1"]
    assert store.milestones() == []


@pytest.mark.parametrize("order_of_arrival", [(1, 2, 3), (3, 1, 2), (2, 3, 1), (3, 2, 1)])
@pytest.mark.parametrize("in_one_batch", [True, False])
def test_the_catalogue_follows_the_newest_order(
    store: Store, order_of_arrival: tuple[int, ...], in_one_batch: bool
) -> None:
    said = {1: "Kamera", 2: "Cámara vieja", 3: "Cámara"}
    for hour in order_of_arrival:
        store.order(f"A{hour}", at=later(hours=hour), products=[CAMERA | {"name": said[hour]}])
        if not in_one_batch:
            store.consume()
    store.consume()
    assert store.rows("commerce_product", "name", "updated_at") == [("Cámara", later(hours=3))]


def test_a_late_order_does_not_undo_what_a_newer_one_confirmed(store: Store) -> None:
    for hour, name in [(1, "Cámara"), (5, "Cámara"), (3, "Kamera")]:
        store.order(f"A{hour}", at=later(hours=hour), products=[CAMERA | {"name": name}])
        store.consume()
    assert store.rows("commerce_product", "name") == ["Cámara"]


def test_what_the_newest_order_does_not_say_stays(store: Store) -> None:
    store.order("A1", products=[CAMERA])
    store.order("A2", at=later(hours=1), products=[{"product_id": "C1", "price": 1}])
    store.consume()
    store.order("A3", at=later(hours=2), products=[{"product_id": "C1", "name": "Cámara II"}])
    store.consume()
    product = store.one("commerce_product")
    assert (product["name"], product["category"], product["brand"]) == ("Cámara II", "CAMERA", "Lumen")
    # What was bought keeps the category it had.
    assert store.rows("commerce_item", "order_id", "category") == [
        ("A1", "CAMERA"),
        ("A2", None),
        ("A3", None),
    ]


@pytest.mark.parametrize(
    "stated", ["9999-12-31T23:59:59-12:00", "2400-01-01", "0001-01-01", "-infinity", "soon"]
)
def test_the_time_of_an_order_is_one_that_can_be(store: Store, stated: str) -> None:
    """Anybody may say it, and a page of orders shows the newest first."""
    store.order("A1", total=10, ordered_at=stated)
    store.order("A2", total=10, ordered_at="2019-05-05T10:00:00Z")
    store.consume()
    found = dict(store.rows("commerce_order", "order_id", "ordered_at"))
    assert found["A1"] == NOW
    assert found["A2"].year == 2019
