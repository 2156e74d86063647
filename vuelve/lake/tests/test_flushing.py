"""The log goes into the lake once, and what it changed with it."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pyarrow.parquet
import pytest
from django.db import connection, transaction

from vuelve.lake import catalogue, flushing, upkeep
from vuelve.lake.problems import LakeProblems
from vuelve.lake.shredding import decoded, same, together
from vuelve.lake.tests.support import lake_from_here
from vuelve.lake.ticks import LakeTick
from vuelve.lake.verifying import verify
from vuelve.platform.clock import VirtualClock, real
from vuelve.platform.db import for_shop, raw_cursor
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.shops.tests.people import page_request
from vuelve.testing import drain, identify, track

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def events_of(shop: Shop) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        catalogue.events_table().scan(row_filter=f"shop_id = {shop.pk}").to_arrow().to_pylist()
    )
    return found


def rows_of(name: str, shop: Shop) -> list[dict[str, Any]]:
    """As a reader sees them: the newest writing of each customer."""
    table = catalogue.find(name)
    assert table is not None
    found: list[dict[str, Any]] = upkeep.newest(
        table.scan(row_filter=f"shop_id = {shop.pk}").to_arrow()
    ).to_pylist()
    return found


@pytest.fixture(autouse=True)
def own_lake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, log: None) -> None:
    lake_from_here(monkeypatch, tmp_path)


def flush_all() -> int:
    total = 0
    while flushed := flushing.flush_once(now=NOW, rows=500).events:
        total += flushed
    return total


def test_events_are_there_once_with_their_properties(log: None, shop: Shop) -> None:
    identify(shop, "ana", at=NOW, traits={"country": "MX", "email": "ana@example.com"})
    sent = [
        {"order_id": "A1", "total": 12.5, "gift": True, "items": [{"sku": "x", "n": 1}], "note": None},
        {"order_id": 7, "total": "doce", "año": "🎉", "big": 10**30, "": "empty"},
        {},
    ]
    for number, properties in enumerate(sent):
        track(
            shop,
            "Order Completed",
            user_id="ana",
            at=NOW - timedelta(minutes=number),
            received_at=NOW,
            properties=properties,
        )
    drain(NOW)
    flush_all()
    assert flushing.flush_once(now=NOW).events == 0
    rows = events_of(shop)
    with for_shop(ShopId(shop.pk)) as cursor:
        log_rows = cursor.execute(
            "SELECT seq, customer_id, name, occurred_at, properties::text FROM events_event WHERE shop_id = %s",
            [shop.pk],
        ).fetchall()
    by_seq = {row["seq"]: row for row in rows}
    assert len(by_seq) == len(rows) == len(log_rows) >= 4
    known = flushing.known_columns()
    for seq, customer, name, at, properties in log_rows:
        row = by_seq[seq]
        assert (row["customer_id"], row["name"], row["occurred_at"]) == (customer, name, at)
        assert same(together(row, known), decoded(properties))
    assert [row["country"] for row in rows_of("customers", shop)] == ["MX"]


def test_rows_follow_their_customer(log: None, shop: Shop) -> None:
    """A trait is changed, an order is cancelled, a visitor becomes somebody: what was written before no longer holds."""
    identify(shop, "ana", at=NOW, traits={"country": "MX", "plan": "pro"})
    track(shop, "Order Completed", anonymous_id="a-1", at=NOW, properties={"order_id": "A1", "total": 10})
    drain(NOW)
    flush_all()
    assert len(rows_of("customers", shop)) == 2
    identify(shop, "ana", at=NOW + timedelta(minutes=1), traits={"plan": "free"}, anonymous_id="a-1")
    track(
        shop, "Order Cancelled", user_id="ana", at=NOW + timedelta(minutes=2), properties={"order_id": "A1"}
    )
    drain(NOW + timedelta(minutes=3))
    flush_all()
    with for_shop(ShopId(shop.pk)) as cursor:
        for name, source, columns in (
            ("customers", "customers_customer", "id, country"),
            ("traits", "customers_trait", "customer_id, text_value"),
            ("orders", "commerce_order", "customer_id, status"),
            ("aliases", "customers_alias", "customer_id, canonical_id"),
        ):
            expected = cursor.execute(
                f"SELECT {columns} FROM {source} WHERE shop_id = %s", [shop.pk]
            ).fetchall()
            wanted = ["customer_id", columns.split(", ")[1]]
            assert Counter(tuple(row[each] for each in wanted) for row in rows_of(name, shop)) == Counter(
                expected
            ), name


def test_compaction_changes_nothing_but_the_files(log: None, shop: Shop) -> None:
    for number in range(6):
        identify(shop, "ana", at=NOW + timedelta(minutes=number), traits={"plan": f"p{number}"})
        drain(NOW + timedelta(minutes=number))
        flush_all()
    before = sorted(events_of(shop), key=lambda row: row["seq"])
    traits = rows_of("traits", shop)
    assert upkeep.compact(now=real.now() + timedelta(days=1)) > 0
    assert sorted(events_of(shop), key=lambda row: row["seq"]) == before
    assert rows_of("traits", shop) == traits
    table = catalogue.events_table()
    assert len(list(table.scan(row_filter=f"shop_id = {shop.pk}").plan_files())) == 1
    assert flushing.position_of(table) > (0, 0)
    assert flushing.flush_once(now=NOW).events == 0


def test_an_erased_person_is_in_no_file(log: None, shop: Shop, tmp_path: Path) -> None:
    for who in ("ana-secret-name", "bea-stays"):
        identify(shop, who, at=NOW, traits={"email": f"{who}@example.com"})
    drain(NOW)
    flush_all()
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute(
            "SELECT id FROM customers_customer WHERE shop_id = %s AND user_id = 'ana-secret-name'", [shop.pk]
        ).fetchone()
    assert row is not None
    assert upkeep.erase(shop=ShopId(shop.pk), ids=[row[0]], now=real.now()) > 0
    assert {each["user_id"] for each in rows_of("customers", shop)} == {"bea-stays"}
    assert {each["user_id"] for each in events_of(shop)} == {"bea-stays"}
    left = [
        file.name
        for file in tmp_path.rglob("*.parquet")
        if "ana-secret-name" in repr(pyarrow.parquet.read_table(file).to_pylist())
    ]
    assert left == []
    assert upkeep.erase_shop(shop=ShopId(shop.pk), now=real.now()) > 0
    assert events_of(shop) == []


def test_two_flushers_write_nothing_twice(log: None, shop: Shop) -> None:
    for number in range(300):
        track(shop, "Product Viewed", user_id=f"u{number % 7}", at=NOW, properties={"n": number})
    drain(NOW)
    barrier, errors = Barrier(2), list[BaseException]()

    def flush() -> None:
        barrier.wait()
        try:
            while flushing.flush_once(now=NOW, rows=50).events:
                pass
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=flush) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    flush_all()
    numbers = Counter(row["seq"] for row in events_of(shop) if row["name"] == "Product Viewed")
    assert (len(numbers), set(numbers.values())) == (300, {1})


@pytest.mark.slow
@pytest.mark.parametrize("point", range(4))
def test_killed_at_any_point_it_loses_and_doubles_nothing(
    log: None, shop: Shop, database: str, tmp_path: Path, point: int
) -> None:
    for number in range(150):
        track(shop, "Product Viewed", user_id=f"u{number % 7}", at=NOW, properties={"n": number})
    drain(NOW)
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "VUELVE_DB_ROLE": "worker",
        "VUELVE_LAKE_URL": tmp_path.as_uri(),
        "KILLED_AT": str(point),
    }
    for _run in range(2):
        result = subprocess.run(
            [sys.executable, "-c", KILLED, catalogue.NAMESPACE],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert result.returncode in (0, -signal.SIGKILL), result.stderr.decode()[-2000:]
    flush_all()
    numbers = Counter(row["seq"] for row in events_of(shop) if row["name"] == "Product Viewed")
    assert (len(numbers), set(numbers.values())) == (150, {1})
    assert len(rows_of("customers", shop)) == 7


# Flushes in steps of 60, and kills itself before or after the rows of customers, before or after the commit of the events.
KILLED = """
import os, signal, sys
import django; django.setup()
from datetime import datetime, UTC
from vuelve.lake import catalogue, flushing, upkeep
from vuelve.lake.problems import LakeProblems
from pyiceberg.table import Transaction
catalogue.NAMESPACE = sys.argv[1]
point, calls = int(os.environ["KILLED_AT"]), [0]
def die(): os.kill(os.getpid(), signal.SIGKILL)
append, commit = flushing._append, Transaction.commit_transaction
def appended(*given):
    if point == 0: die()
    append(*given)
    if point == 1: die()
def committed(self):
    calls[0] += 1
    if point == 2 and calls[0] == 2: die()
    done = commit(self)
    if point == 3 and calls[0] == 2: die()
    return done
flushing._append, Transaction.commit_transaction = appended, committed
while flushing.flush_once(now=datetime(2026, 3, 1, 12, tzinfo=UTC), rows=60).events: pass
"""


def test_a_lost_store_stops_the_flusher_alone_and_it_catches_up(
    log: None, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    track(shop, "Product Viewed", user_id="ana", at=NOW, properties={})
    drain(NOW)
    clock = VirtualClock(NOW)
    flush = flushing.flush_once

    def full(**_given: Any) -> flushing.Flushed:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(flushing, "flush_once", full)
    assert LakeTick().tick(clock) == 0
    request = page_request(shop, now=NOW)
    [problem] = LakeProblems().problems(request, ShopId(shop.pk), now=NOW)
    assert problem.tone == "bad"
    monkeypatch.setattr(flushing, "flush_once", flush)
    assert LakeTick().tick(clock) == 0  # not yet: it is tried again after a while
    clock.advance(timedelta(minutes=1))
    assert LakeTick().tick(clock) > 0
    assert LakeProblems().problems(request, ShopId(shop.pk), now=NOW) == []
    assert len(events_of(shop)) == 1


def test_it_is_compared_with_the_log(log: None, shop: Shop) -> None:
    for number in range(20):
        track(shop, "Product Viewed", user_id=f"u{number % 3}", at=NOW, properties={"n": number})
    drain(NOW)
    flush_all()
    lines = list(verify(ShopId(shop.pk)))
    assert all(line.is_same for line in lines)
    assert [(line.rows, line.lake_rows) for line in lines if line.table == "events"] == [(20, 20)]
    catalogue.events_table().delete(f"shop_id = {shop.pk} and name = 'Product Viewed'")
    [wrong] = [line for line in verify(ShopId(shop.pk)) if not line.is_same]
    assert (wrong.rows, wrong.lake_rows, len(wrong.examples)) == (20, 0, 10)


def test_tables_are_read_by_an_index_or_say_that_they_have_none(database: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, indexdef FROM pg_indexes")
        indexes = cursor.fetchall()
        cursor.execute("SELECT viewname FROM pg_views")
        views = {row[0] for row in cursor.fetchall()}
    for table in catalogue.customer_tables():
        if table.source in views:
            continue
        start = f"(shop_id, {table.customer}"
        by_customer = [one for source, one in indexes if source == table.source and start in one]
        assert bool(by_customer) == table.is_indexed, table.source


def test_a_consumer_that_is_no_more_holds_nobody_up(log: None, shop: Shop) -> None:
    with transaction.atomic():
        raw_cursor().execute(
            "INSERT INTO events_cursor (consumer, shard, xid, seq) VALUES ('gone', 0, 0, 0) ON CONFLICT DO NOTHING"
        )
    try:
        track(shop, "Product Viewed", user_id="ana", at=NOW)
        drain(NOW)
        assert flush_all() > 0
        assert len(events_of(shop)) == 1
    finally:
        with transaction.atomic():
            raw_cursor().execute("DELETE FROM events_cursor WHERE consumer = 'gone'")
