"""Everything from before, out of a stand-in for Shopify: resumable, in bounded memory, never doubled."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vuelve.events.sources import backfills
from vuelve.events.sources.contracts import BackfillState, Store
from vuelve.events.sources.shopify import backfill as shopify_backfill
from vuelve.events.sources.shopify import client
from vuelve.events.sources.shopify.mapping import MAPPERS
from vuelve.events.sources.shopify.tests import graph
from vuelve.events.sources.shopify.tests.fake import TOKEN, FakeShopify, many_orders
from vuelve.events.sources.shopify.tests.payloads import payload
from vuelve.events.sources.shopify.tests.scene import NOW, access, begin, bring, orders_in, state
from vuelve.events.sources.shopify.tests.test_webhooks import post
from vuelve.events.sources.tests.store_contract import log_of, webhooks_of
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.errors import Retryable, VuelveError
from vuelve.platform.ids import ShopId
from vuelve.platform.stores import Reception, StoreKind, StoreWindow
from vuelve.shops.models import Shop

TOKENS = ("cart_id", "checkout_id")  # are in webhooks only


# --- the same, whichever way ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["orders__updated", "orders__fulfilled", "orders__cancelled", "orders__paid"]
)
def test_an_order_says_the_same_by_webhook_and_by_bulk(fake: FakeShopify, name: str) -> None:
    fake.orders = [payload(name)]
    assert mapped_by_bulk(fake, StoreKind.ORDERS) == mapped("orders/updated", fake.orders[0])


def test_a_customer_and_a_product_say_the_same(fake: FakeShopify) -> None:
    fake.customers, fake.products = [payload("customers__update")], [payload("products__create")]
    assert mapped_by_bulk(fake, StoreKind.CUSTOMERS) == mapped("customers/update", fake.customers[0])
    assert mapped_by_bulk(fake, StoreKind.PRODUCTS) == mapped("products/update", fake.products[0])


def mapped(topic: str, one: dict[str, Any]) -> dict[str, Any]:
    reception = Reception(received_at=NOW, connected_at=NOW - timedelta(days=1))
    events = MAPPERS[topic](topic, one, reception).events
    return {
        event.message_id: (
            *(event.name, event.at, event.user_id, event.email, event.phone),
            *((key, str(value)) for key, value in sorted(event.properties.items()) if key not in TOKENS),
        )
        for event in events
    }


def mapped_by_bulk(fake: FakeShopify, kind: StoreKind) -> dict[str, Any]:
    operation = shopify_backfill.begin(access(fake), kind, StoreWindow())
    while not (status := shopify_backfill.status(access(fake), operation)).url:
        pass
    [chunk] = shopify_backfill.fetch(access(fake), kind, status.url, "", is_whole=True)
    [(topic, found)] = chunk.payloads
    return mapped(topic, dict(found))


def test_a_webhook_and_a_backfill_of_one_order_are_one(store: Store, shop: Shop, fake: FakeShopify) -> None:
    fake.orders = [payload("orders__updated")]
    assert post(store, "orders__updated") == 200
    before = log_of(shop)
    done, _ = bring(store, begin(store))
    assert (done.state, done.objects, done.events) == (BackfillState.DONE, 1, 0)
    assert log_of(shop) == before


# --- the whole way --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_batches")
def test_all_orders_come_with_their_parts(store: Store, shop: Shop, fake: FakeShopify) -> None:
    fake.orders = [*many_orders(10), payload("orders__create.test")]
    fake.polls = 3
    done, pauses = bring(store, begin(store))
    assert (done.state, done.objects, done.skipped, done.failed, done.problem) == (
        BackfillState.DONE,
        10,
        0,
        0,
        "",
    )
    assert pauses == [1.0, 2.0, 5.0]  # asked again ever more slowly
    names = [row[1] for row in log_of(shop)]
    assert (names.count("Order Completed"), names.count("Order Refunded")) == (10, 2)
    assert len(orders_in(shop)) == 10
    with for_shop(ShopId(shop.pk)) as cursor:
        assert cursor.execute("SELECT bool_and(historical) FROM events_event").fetchone() == (True,)
        assert cursor.execute(
            "SELECT count(*) FROM events_store_object WHERE kind = 'orders'"
        ).fetchone() == (10,)
    again, _ = bring(store, begin(store))
    assert (again.objects, again.events) == (10, 0)


def test_customers_products_and_windows(store: Store, shop: Shop, fake: FakeShopify) -> None:
    fake.customers, fake.products = [payload("customers__update")], [payload("products__create")]
    assert bring(store, begin(store, StoreKind.CUSTOMERS))[0].objects == 1
    assert bring(store, begin(store, StoreKind.PRODUCTS))[0].objects == 1
    fake.orders = many_orders(1)
    since, until = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert bring(store, begin(store, since=since, until=until))[0].objects == 1
    assert (
        bring(store, begin(store, since=until))[0].state is BackfillState.DONE
    )  # nothing in it: no file at all
    assert {"test:false created_at:>='2026-03-01T00:00:00Z' created_at:<'2026-04-01T00:00:00Z'"} <= set(
        fake.searches
    )
    assert len(orders_in(shop)) == 1


def test_one_of_a_kind_at_a_time(store: Store, fake: FakeShopify) -> None:
    number = begin(store)
    again = backfills.begin(
        shop=store.shop_id, store_id=store.id, kinds=[StoreKind.ORDERS], actor="ana@example.com", now=NOW
    )
    assert again == []
    backfills.stop(shop=store.shop_id, backfill_id=number, actor="ana@example.com")
    assert bring(store, number)[0].state is BackfillState.STOPPED
    assert fake.asked == []


# --- trouble ------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_file_that_breaks_off_is_read_on(
    store: Store, shop: Shop, fake: FakeShopify, knows_ranges: bool
) -> None:
    fake.orders, fake.knows_ranges = many_orders(30), knows_ranges
    fake.file_troubles = ["cut", "", "503"]
    done, _ = bring(store, begin(store))
    assert (done.state, done.objects, len(orders_in(shop))) == (BackfillState.DONE, 30, 30)
    if knows_ranges:
        assert fake.ranges[0] == 0
        assert fake.ranges[1] > 0  # not from the beginning


def test_a_throttled_store_is_waited_for(store: Store, shop: Shop, fake: FakeShopify) -> None:
    fake.orders = many_orders(3)
    fake.troubles = ["throttled", "429", "503", "garbage"]
    done, pauses = bring(store, begin(store))
    assert (done.state, len(orders_in(shop))) == (BackfillState.DONE, 3)
    # The bucket fills by 50 a second and lacks 100; what Retry-After says; what we think right.
    assert pauses[:4] == [2.0, 2.0, client.RETRY_SECONDS, client.RETRY_SECONDS]


def test_a_store_that_never_answers_is_left_to_the_next_run(store: Store, fake: FakeShopify) -> None:
    fake.troubles = ["503"] * 50
    number = begin(store)
    with pytest.raises(Retryable):
        bring(store, number)
    assert state(store, number).state is BackfillState.WAITING


@pytest.mark.parametrize(
    ("trouble", "words"),
    [("denied", "may not read"), ("401", "access token"), ("404", "not there"), ("redirect", "302")],
)
def test_what_a_person_must_mend_ends_it(store: Store, fake: FakeShopify, trouble: str, words: str) -> None:
    fake.troubles = [trouble]
    done, pauses = bring(store, begin(store))
    assert (done.state, pauses) == (BackfillState.FAILED, [])
    assert words in done.problem
    assert TOKEN not in done.problem


def test_partial_data_is_kept_and_the_rest_asked_for_anew(
    store: Store, shop: Shop, fake: FakeShopify
) -> None:
    fake.orders, fake.endings = many_orders(20), ["FAILED"]
    done, _ = bring(store, begin(store))
    assert (done.state, done.attempts, done.objects, len(orders_in(shop))) == (BackfillState.DONE, 2, 20, 20)


def test_a_store_that_gives_up_again_and_again(store: Store, shop: Shop, fake: FakeShopify) -> None:
    fake.orders, fake.endings = many_orders(20), ["FAILED"] * 9
    done, _ = bring(store, begin(store))
    assert (done.state, done.attempts) == (BackfillState.FAILED, limits.STORE_OPERATIONS_MAX)
    assert "INTERNAL_SERVER_ERROR" in done.problem
    assert 0 < len(orders_in(shop)) < 20  # what came is kept


def test_an_expired_address_is_asked_for_anew(store: Store, shop: Shop, fake: FakeShopify) -> None:
    fake.orders, fake.file_troubles = many_orders(4), ["403"]
    done, _ = bring(store, begin(store))
    assert (done.state, done.attempts, len(orders_in(shop))) == (BackfillState.DONE, 2, 4)


def test_an_operation_that_was_begun_and_forgotten_is_taken_up(fake: FakeShopify) -> None:
    first = shopify_backfill.begin(access(fake), StoreKind.ORDERS, StoreWindow())
    assert shopify_backfill.begin(access(fake), StoreKind.ORDERS, StoreWindow()) == first
    with pytest.raises(Retryable):
        shopify_backfill.begin(access(fake), StoreKind.CUSTOMERS, StoreWindow())


def test_an_object_that_cannot_be_mapped_is_kept_apart(store: Store, shop: Shop, fake: FakeShopify) -> None:
    fake.orders = many_orders(3)
    fake.orders[1]["currency"] = "PESOS"
    done, _ = bring(store, begin(store))
    assert (done.state, done.objects, done.failed, len(orders_in(shop))) == (BackfillState.DONE, 3, 1, 2)
    [(topic, kept, reason, size)] = webhooks_of(shop)
    assert (topic, kept) == ("orders/updated", "failed")
    assert "currency" in reason
    assert size > 100


def test_a_line_behind_no_parent_and_a_line_without_end(
    fake: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeShopify, "file_of", lambda *_: b'{"id":"a","__parentId":"b"}\n')
    with pytest.raises(VuelveError, match="not behind its parent"):
        list(
            shopify_backfill.fetch(
                access(fake), StoreKind.ORDERS, f"{fake.url}/files/1.jsonl", "", is_whole=True
            )
        )
    monkeypatch.setattr(limits, "STORE_LINE_BYTES_MAX", 100_000)
    monkeypatch.setattr(FakeShopify, "file_of", lambda *_: b'{"id":"' + b"x" * 400_000)
    with pytest.raises(VuelveError, match="too large"):
        list(
            shopify_backfill.fetch(
                access(fake), StoreKind.ORDERS, f"{fake.url}/files/1.jsonl", "", is_whole=True
            )
        )


@pytest.mark.parametrize(
    "url",
    ["http://storage.googleapis.com/x", "https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x", "https://2130706433/x", "https://db.internal/x", "https://files.example:8443/x", "file:///etc/passwd", ""],
)  # fmt: skip
def test_a_file_is_never_fetched_from_inside(url: str) -> None:
    with pytest.raises(VuelveError):
        list(client.read_lines(url, offset_bytes=0, line_bytes_max=10))


def test_the_stand_in_can_only_be_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    from vuelve.platform import env

    for text in (
        "https://evil.example",
        "http://10.0.0.1:80",
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1:80/x",
    ):
        monkeypatch.setenv("VUELVE_SHOPIFY_STAND_IN", text)
        with pytest.raises(env.SettingError):
            env.get("VUELVE_SHOPIFY_STAND_IN")


# --- kill -9 --------------------------------------------------------------------------------------------------------------------

_PROCESS = """
    import os, django
    django.setup()
    from vuelve.events.sources import backfills
    from vuelve.platform import clock, limits
    from vuelve.platform.ids import ShopId
    limits.STORE_BATCH_OBJECTS = 5
    backfills.bring(shop=ShopId({shop}), backfill_id={number}, clock=clock.real, pause=lambda seconds: None)
"""


@pytest.mark.slow
def test_a_backfill_that_is_killed_loses_and_doubles_nothing(
    store: Store, shop: Shop, fake: FakeShopify
) -> None:
    fake.orders = many_orders(150)
    number = begin(store)
    fake.on_piece = lambda _: time.sleep(0.02)  # slow enough to be hit in the middle
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_PROCESS).format(shop=store.shop_id, number=number)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and state(store, number).objects < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    left = state(store, number)
    assert 20 <= left.objects < 150
    assert len(orders_in(shop)) == left.objects  # each batch with its position, or not at all
    fake.on_piece = None
    done, _ = bring(store, number)
    assert (done.state, done.objects) == (BackfillState.DONE, 150)
    assert fake.ranges[-1] >= int(left.position)
    rows = log_of(shop)
    assert len({row[0] for row in rows}) == len(rows)
    assert len(orders_in(shop)) == 150
    assert sum(row[1] == "Order Refunded" for row in rows) == len(range(0, 150, 7))


def test_the_file_s_lines_are_what_the_webhooks_hold() -> None:
    """The stand-in is only as good as this: every part of the order is a line of the file."""
    lines = [
        json.loads(line) for line in graph.as_file(graph.order_lines(payload("orders__updated"))).splitlines()
    ]
    assert [line.get("__parentId") is None for line in lines] == [True, False, False, False]
