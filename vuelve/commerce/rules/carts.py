"""What is in a cart: a fold over its events. Pure.

`Cart Viewed`, `Cart Updated`, `Checkout Started` and `Checkout Updated` that list products say all that is in it;
`Product Added` and `Product Removed` change one. By the events' own time, whatever order they came in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from vuelve.commerce.contracts import CART_EVENTS
from vuelve.platform.money import to_minor

PRODUCTS_MAX = 50  # in the event that tells of it; more are counted, not listed
TEXT_CHARS_MAX = 500
URL_CHARS_MAX = 2_000
NUMBER_DIGITS_MAX = 30  # before or after the point: written out, `1e-99999999999` would fill the memory
_CHANGES = frozenset({"Product Added", "Product Removed"})
_FACTS = ("product_id", "sku", "variant", "name", "category", "brand", "image_url", "url")
_ADDRESSES = frozenset({"image_url", "url"})


@dataclass(frozen=True, slots=True)
class CartEvent:
    name: str
    at: datetime
    message_id: str
    properties: Mapping[str, Any]


@dataclass(slots=True)
class Cart:
    products: list[dict[str, Any]] = field(
        default_factory=list
    )  # facts, quantity, price (text, in major units)
    quantity: int = 0
    currency: str = ""
    value_minor: int | None = None
    checkout_id: str = ""
    url: str = ""


@dataclass(slots=True)
class _Line:
    facts: dict[str, str]
    quantity: int
    price: Decimal | None


def fold(events: Iterable[CartEvent], *, currency: str) -> Cart:
    """`currency` is the shop's, for carts that name none."""
    lines: dict[tuple[str, str], _Line] = {}
    cart = Cart(currency=currency)
    value: Decimal | None = None
    for event in sorted(events, key=lambda event: (event.at, event.message_id)):
        said = event.properties
        cart.currency = _text(said.get("currency")).upper() or cart.currency
        cart.checkout_id = _text(said.get("checkout_id")) or cart.checkout_id
        if event.name in _CHANGES:
            _change(lines, said, is_added=event.name == "Product Added")
            value = None
            continue
        cart.url = _address(said.get("checkout_url") or said.get("url")) or cart.url
        if isinstance(said.get("products"), list):
            lines = {}
            for product in said["products"]:
                if isinstance(product, Mapping):
                    _change(lines, product, is_added=True)
            value = _number(said.get("value"))
    kept = [line for line in lines.values() if line.quantity > 0]
    cart.quantity = sum(line.quantity for line in kept)
    cart.products = [_product(line) for line in kept[:PRODUCTS_MAX]]
    cart.value_minor = _minor(value, cart.currency) if value is not None else _sum(kept, cart.currency)
    return cart


def _change(lines: dict[tuple[str, str], _Line], said: Mapping[str, Any], *, is_added: bool) -> None:
    product = _text(said.get("product_id")) or _text(said.get("sku")) or _text(said.get("name"))
    if not product:
        return
    key = product, _text(said.get("variant"))
    line = lines.get(key)
    stated = _number(said.get("quantity"))
    if is_added:
        pieces = 1 if stated is None else int(stated)
        if line is None:
            line = lines[key] = _Line(facts={}, quantity=0, price=None)
        line.quantity += pieces
        line.facts |= {name: text for name in _FACTS if (text := _fact(name, said.get(name)))}
        line.price = _number(said.get("price")) if said.get("price") is not None else line.price
    elif line is not None:
        # Without a number, all of it.
        line.quantity = 0 if stated is None else max(line.quantity - int(stated), 0)
        if not line.quantity:
            del lines[key]


def _product(line: _Line) -> dict[str, Any]:
    price = {} if line.price is None else {"price": format(line.price, "f")}
    return {**line.facts, "quantity": line.quantity, **price}


def _sum(lines: list[_Line], currency: str) -> int | None:
    """Null when no price is known: a cart of unknown value is not one of nothing."""
    if not lines or any(line.price is None for line in lines):
        return None
    return _minor(sum((line.quantity * (line.price or Decimal(0)) for line in lines), Decimal(0)), currency)


def _minor(amount: Decimal, currency: str) -> int | None:
    try:
        return to_minor(amount, currency)
    except (ValueError, ArithmeticError):
        return None


def _fact(name: str, value: Any) -> str:
    return _address(value) if name in _ADDRESSES else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value).strip()[:TEXT_CHARS_MAX]
    return ""


def _address(value: Any) -> str:
    is_one = isinstance(value, str) and value.lower().startswith(("https://", "http://"))
    return value if is_one and len(value) <= URL_CHARS_MAX else ""


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    if not number.is_finite() or abs(number.adjusted()) > NUMBER_DIGITS_MAX:
        return None
    return number if 0 <= number <= 10**13 else None


def is_about_cart(properties: Mapping[str, Any], cart_id: str) -> bool:
    """Whether an event is about this cart: one that names neither cart nor checkout is about the one without a name."""
    return (_text(properties.get("cart_id")) or _text(properties.get("checkout_id"))) == cart_id


__all__ = ["CART_EVENTS", "Cart", "CartEvent", "fold", "is_about_cart"]
