"""What is in a cart: by the events' own time, whatever order they come in and whatever they hold."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vuelve.commerce.contracts import CART_EVENTS
from vuelve.commerce.rules.carts import CartEvent, fold
from vuelve.commerce.tests.support import later


def event(name: str, minute: int, **properties: Any) -> CartEvent:
    return CartEvent(name, later(minutes=minute), f"m{minute}", properties)


def test_a_list_of_products_is_the_whole_cart() -> None:
    cart = fold(
        [
            event("Product Added", 0, product_id="gone"),
            event("Cart Updated", 1, products=[{"product_id": "a", "price": "1.50", "quantity": 2}]),
            event("Product Added", 2, product_id="a", variant="red", price=3),
            event("Product Removed", 3, product_id="a"),
        ],
        currency="MXN",
    )
    assert [(line["product_id"], line.get("variant"), line["quantity"]) for line in cart.products] == [
        ("a", "red", 1)
    ]
    assert (cart.quantity, cart.value_minor) == (1, 300)


def test_the_stated_value_holds_until_something_changes() -> None:
    checkout = event("Checkout Started", 0, products=[{"product_id": "a"}], value="99.90", currency="usd")
    assert (fold([checkout], currency="MXN").value_minor, fold([checkout], currency="MXN").currency) == (
        9990,
        "USD",
    )
    more = event("Product Added", 1, product_id="b", price=1)
    assert fold([checkout, more], currency="MXN").value_minor is None  # what a costs is not known


def test_the_way_back_is_the_newest_address() -> None:
    cart = fold(
        [
            event("Product Added", 2, product_id="a", url="https://shop.example/a"),
            event("Checkout Started", 1, checkout_url="https://shop.example/checkout", checkout_id="k"),
            event("Cart Viewed", 0, url="https://shop.example/cart"),
            event("Cart Viewed", 3, url="javascript:alert(1)"),
        ],
        currency="MXN",
    )
    assert (cart.url, cart.checkout_id) == ("https://shop.example/checkout", "k")


def test_a_price_that_cannot_be_written_out_is_none() -> None:
    for price in ("1e-99999999999", "0e99999999999", 1e-300):
        [line] = fold([event("Product Added", 0, product_id="a", price=price)], currency="MXN").products
        assert "price" not in line


_values = st.sampled_from(
    [None, True, 0, -1, 3, 10**40, 1.5, float("nan"), float("inf"), "", " x ", "2", "-2", "1e999", "NaN", "MXN", "PESOS",
     "https://shop.example", "javascript:1", [], [7], {}, {"a": 1}]
)  # fmt: skip
_product = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("product_id", "sku", "variant", "name", "price", "quantity", "url", "image_url"), _values)
)  # fmt: skip
_properties = st.fixed_dictionaries(
    {},
    optional={
        "products": st.lists(_product | _values, max_size=3) | _values,
        "product_id": st.sampled_from(["a", "b"]) | _values,
        **dict.fromkeys(
            ("currency", "value", "quantity", "price", "url", "checkout_url", "checkout_id"), _values
        ),
    },
)


@given(
    said=st.lists(st.tuples(st.sampled_from(CART_EVENTS), _properties), max_size=6), seed=st.integers(0, 99)
)
def test_any_order_and_any_values(said: list[tuple[str, dict[str, Any]]], seed: int) -> None:
    events = [CartEvent(name, later(minutes=n), f"m{n}", what) for n, (name, what) in enumerate(said)]
    expected = fold(events, currency="MXN")
    random.Random(seed).shuffle(events)
    assert fold(events, currency="MXN") == expected
    assert expected.quantity >= 0
    assert expected.value_minor is None or expected.value_minor >= 0
