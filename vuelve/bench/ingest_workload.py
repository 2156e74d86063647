"""The events of the ingest benchmark, made from numbers alone, and what they must become. Pure.

Event `i` belongs to one of the users `u0` to `u(i // 10)`, so that users grow with events at every size; each user's
identify call comes right before the first event that may be theirs. Of ten events in a row two are orders, four
views of a product, two products added, one checkout, one page.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

EVENTS_PER_USER = 10
DAYS = 90
PRODUCTS = 1_000

ORDER = "Order Completed"
CHECKOUT = "Checkout Started"
MIX = (ORDER, "Product Viewed", "Product Added", "Product Viewed", "page",
       ORDER, "Product Viewed", "Product Added", CHECKOUT, "Product Viewed")  # fmt: skip

# Ten users in a row: 30 % MX, 30 % US, 20 % BR, 20 % ES, by turns.
COUNTRIES = ("MX", "US", "BR", "ES", "MX", "US", "BR", "ES", "MX", "US")
CURRENCIES = {"MX": "MXN", "US": "USD", "BR": "BRL", "ES": "EUR"}
PLANS = ("free", "pro", "free")
SOURCES = ("newsletter", "instagram", "search", "direct")


@dataclass(slots=True)
class Expected:
    """What the tables must hold when all of it is consumed."""

    events: int = 0  # of the mix
    users: int = 0
    users_by_country: Counter[str] = field(default_factory=Counter)
    orders_by_user: Counter[str] = field(default_factory=Counter)
    checkouts_by_user: Counter[str] = field(default_factory=Counter)
    minor_by_currency: Counter[str] = field(default_factory=Counter)


def calls(*, first: int, count: int, ended_at: datetime, expected: Expected) -> Iterator[tuple[str, str]]:
    """(type, JSON) of `count` events from number `first` on with the identify calls among them.

    They are spread over the 90 days before `ended_at`. Adds to `expected` what they must become.
    """
    began_at = ended_at.astimezone(UTC) - timedelta(days=DAYS)
    step = timedelta(days=DAYS) / count
    for number in range(first, first + count):
        at = (began_at + step * (number - first)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        if number % EVENTS_PER_USER == 0:
            yield "identify", _identify(number // EVENTS_PER_USER, at, expected)
        yield _event(number, at, expected)


def _identify(user: int, at: str, expected: Expected) -> str:
    country = COUNTRIES[user % 10]
    expected.users += 1
    expected.users_by_country[country] += 1
    return (
        f'{{"type":"identify","messageId":"i{user}","userId":"u{user}","timestamp":"{at}","traits":{{'
        f'"email":"u{user}@example.com","country":"{country}","plan":"{PLANS[user % 3]}"}}}}'
    )


def _event(number: int, at: str, expected: Expected) -> tuple[str, str]:
    chance = Random(number)  # noqa: S311  a workload that is the same each time
    user = chance.randrange(number // EVENTS_PER_USER + 1)
    name = MIX[number % 10]
    currency = CURRENCIES[COUNTRIES[user % 10]]
    first, second = chance.randrange(PRODUCTS), chance.randrange(PRODUCTS)
    quantity = 1 + number % 3
    revenue_minor = _price_minor(first) * quantity + _price_minor(second)
    expected.events += 1
    if name == ORDER:
        expected.orders_by_user[f"u{user}"] += 1
        expected.minor_by_currency[currency] += revenue_minor
    elif name == CHECKOUT:
        expected.checkouts_by_user[f"u{user}"] += 1
    properties = (
        f'{{{_subject(name, number, first, quantity)}"revenue":{_major(revenue_minor)},"currency":"{currency}","products":['
        f'{{"sku":"sku-{first}","quantity":{quantity},"price":{_major(_price_minor(first))}}},'
        f'{{"sku":"sku-{second}","quantity":1,"price":{_major(_price_minor(second))}}}],'
        f'"url":"https://shop.example/products/sku-{first}?ref={number % 97}",'
        f'"utm_source":"{SOURCES[number % 4]}","device":"{"mobile" if number % 4 else "desktop"}",'
        f'"session":"{chance.getrandbits(64):016x}"}}'
    )
    type, called = ("page", "name") if name == "page" else ("track", "event")
    return type, (
        f'{{"type":"{type}","messageId":"m{number}","userId":"u{user}","{called}":{json.dumps(name)},'
        f'"timestamp":"{at}","properties":{properties}}}'
    )


def _subject(name: str, number: int, product: int, quantity: int) -> str:
    """What the event is about, where Segment's spec has it."""
    if name == ORDER:
        return f'"order_id":"o{number}",'
    if name == CHECKOUT:
        return f'"checkout_id":"c{number}",'
    if name == "page":
        return ""
    return f'"sku":"sku-{product}","quantity":{quantity},"price":{_major(_price_minor(product))},'


def _price_minor(product: int) -> int:
    return 500 + product * 137 % 20_000


def _major(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def log_line(number: int, call: str, received_at: datetime) -> str:
    """A line of COPY's text format: what the call with this number becomes in the log (the columns of `limit_copy.sql`)."""
    made = json.loads(call)
    properties = json.dumps(made["properties"], separators=(",", ":"))
    return "\t".join((
        "1", str(number), str(number), "1" if made["type"] == "track" else "3", "0", "f", str(number % 8),
        made["userId"][1:], made["timestamp"], received_at.isoformat(), made.get("event") or made["name"], "api",
        made["messageId"], made["userId"], properties,
    )) + "\n"  # fmt: skip


def batches(calls: Iterator[tuple[str, str]], *, size: int, host: str, key: str) -> Iterator[bytes]:
    """Whole HTTP requests to `/v1/batch` of `size` calls each."""
    pending: list[str] = []
    for _type, call in calls:
        pending.append(call)
        if len(pending) == size:
            yield _request("batch", '{"batch":[' + ",".join(pending) + "]}", host, key)
            pending.clear()
    if pending:
        yield _request("batch", '{"batch":[' + ",".join(pending) + "]}", host, key)


def singles(calls: Iterator[tuple[str, str]], *, host: str, key: str) -> Iterator[bytes]:
    """Whole HTTP requests of one call each, to the address of its type."""
    for type, call in calls:
        yield _request(type, call, host, key)


def _request(path: str, body: str, host: str, key: str) -> bytes:
    encoded = body.encode()
    credentials = base64.b64encode(f"{key}:".encode()).decode()
    head = (
        f"POST /v1/{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {credentials}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(encoded)}\r\n\r\n"
    )
    return head.encode() + encoded
