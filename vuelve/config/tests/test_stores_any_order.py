"""A store's whole story, in any order and some of it twice: the same orders, customers and consents."""

import random
import re
from typing import Any

import pytest

from vuelve.events.sources.contracts import Store
from vuelve.events.sources.shopify.mapping import PRIVACY_TOPICS
from vuelve.events.sources.shopify.tests.payloads import names, topic
from vuelve.events.sources.shopify.tests.test_webhooks import connect, post
from vuelve.platform.clock import real
from vuelve.platform.db import Cursor, fetch_dicts, for_shop
from vuelve.platform.ids import ShopId
from vuelve.testing import drain, make_shop

STORY = [name for name in names() if topic(name) not in PRIVACY_TOPICS | {"app/uninstalled"}]
TABLES = ("order", "item", "refund", "payment", "shipment", "product", "cart")
# What depends on the log, or on which of two equal tellings came first.
ARRIVAL = frozenset({"shop_id", "event_seq", "node_id", "customer_id", "told_delivered", "merged_at"})


def told(story: list[str], *, pauses: int = 0) -> dict[str, Any]:
    """The tables after a story; consumers work in between, `pauses` times."""
    shop = make_shop()
    store = connect(shop)
    for n, name in enumerate(story):
        assert post(store, name, key=f"{n}/{name}") == 200
        if pauses and n % (len(story) // pauses + 1) == 0:
            drain(real.now())
    drain(real.now())
    return tables(store)


def tables(store: Store) -> dict[str, Any]:
    with for_shop(ShopId(store.shop_id)) as cursor:
        found: dict[str, Any] = {name: rows(cursor, f"commerce_{name}") for name in TABLES}
        found["people"] = sorted(
            map(
                str,
                cursor.execute(
                    "SELECT DISTINCT c.user_id, c.email, c.phone, c.first_name, c.last_name, c.country, c.locale "
                    "FROM customers_customer c WHERE NOT EXISTS (SELECT FROM customers_alias a "
                    "WHERE a.shop_id = c.shop_id AND a.customer_id = c.id AND a.canonical_id <> c.id)"
                ).fetchall(),
            )
        )
        found["consents"] = sorted(
            map(
                str,
                cursor.execute(
                    "SELECT c.user_id, k.channel, k.purpose, k.is_granted, k.decided_at, k.source, k.wording "
                    "FROM customers_consent k JOIN customers_customer c ON c.shop_id = k.shop_id AND c.id = k.customer_id"
                ).fetchall(),
            )
        )
        found["objects"] = cursor.execute(
            "SELECT kind, object_id, created_at, told_at, status, is_gone, user_id, email, phone, is_awaited FROM events_store_object ORDER BY 1, 2"
        ).fetchall()
    return found


def rows(cursor: Cursor, table: str) -> list[str]:
    """Each row with the person it belongs to, in place of the number of their customer."""
    cursor.execute(
        f"SELECT t.*, whose.label FROM {table} t " + _WHOSE
        if table != "commerce_product"
        else f"SELECT t.*, NULL AS label FROM {table} t"
    )
    return sorted(map(_plain, fetch_dicts(cursor)))


def _plain(row: dict[str, Any]) -> str:
    found = str({name: value for name, value in row.items() if name not in ARRIVAL})
    return re.sub(r"shop-[\w-]+\.myshopify", "tienda.myshopify", found)  # each story has a store of its own


_WHOSE = """LEFT JOIN LATERAL (
    SELECT coalesce(c.user_id, c.email, c.phone) AS label FROM customers_customer c
    WHERE c.shop_id = t.shop_id AND c.id = t.customer_id) whose ON true"""


@pytest.fixture(scope="module")
def expected(log: None) -> dict[str, Any]:
    return told(STORY)


def test_the_story_itself(expected: dict[str, Any]) -> None:
    assert len(expected["order"]) == 2
    assert len(expected["refund"]) == 2
    assert (
        len(expected["people"]) == 3
    )  # Lucía, a guest, and one who was deleted; no parcel, cart or refund is a person
    assert [row for row in expected["people"] if "shopify:7200300400501" in row]
    assert [row for row in expected["order"] if "'label': 'shopify:7200300400501'" in row]
    assert [row for row in expected["order"] if "'label': 'huesped@example.com'" in row]


@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_number_of_deliveries(expected: dict[str, Any], seed: int) -> None:
    chance = random.Random(seed)
    story = STORY[::-1] if seed == 0 else [*STORY, *chance.sample(STORY, 8)]
    if seed:
        chance.shuffle(story)
    found = told(story, pauses=seed)
    for table, kept in expected.items():
        assert found[table] == kept, table
