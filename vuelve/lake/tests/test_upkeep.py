"""The lake stays as the database is: people who are erased, days that are forgotten, files that are merged or lost."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet
import pytest
from pyarrow import fs

from vuelve.customers.services import erasing
from vuelve.lake import catalogue, flushing, reading, upkeep
from vuelve.lake.catalogue import EVENTS
from vuelve.lake.problems import LakeProblems
from vuelve.lake.tests.test_flushing import NOW, events_of, flush_all, own_lake, rows_of
from vuelve.lake.ticks import LakeTick
from vuelve.lake.verifying import verify
from vuelve.platform.clock import VirtualClock, real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.models import Retention, Shop
from vuelve.shops.tests.people import page_request
from vuelve.testing import drain, identify, track

__all__ = ["own_lake"]


def differing(shop: Shop) -> list[str]:
    return [
        f"{each.table} {each.day} {each.examples}" for each in verify(ShopId(shop.pk)) if not each.is_same
    ]


def customer_of(shop: Shop, user_id: str) -> CustomerId:
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute(
            "SELECT id FROM customers_customer WHERE shop_id = %s AND user_id = %s", [shop.pk, user_id]
        ).fetchone()
    assert row is not None
    return CustomerId(row[0])


def test_an_erasure_leaves_the_order_without_the_person(log: None, shop: Shop, tmp_path: Path) -> None:
    for who in ("ana-secret-name", "bea-stays"):
        identify(shop, who, at=NOW, traits={"email": f"{who}@example.com"})
        order = {
            "order_id": f"A-{who[:3]}",
            "total": 10,
            "products": [{"sku": "x", "quantity": 1, "price": 10}],
        }
        track(shop, "Order Completed", user_id=who, at=NOW, properties=order | {"note": f"for {who}"})
    drain(NOW)
    flush_all()
    assert differing(shop) == []
    request = erasing.request_erasure(
        shop=ShopId(shop.pk), customer=customer_of(shop, "ana-secret-name"), requested_by="test", now=NOW
    )
    # What is written but not committed belongs to nobody yet, and is not the erasure's.
    stray = next(tmp_path.rglob("*.parquet")).with_name("stray.parquet")
    shutil.copy(next(tmp_path.rglob("customers/data/**/*.parquet")), stray)
    pyarrow.parquet.write_table(pyarrow.table({"x": [1]}), stray)
    erasing.erase(shop=ShopId(shop.pk), erasure=request, clock=VirtualClock(NOW))
    assert stray.exists()
    assert differing(shop) == []
    assert {row["order_id"] for row in rows_of("orders", shop)} == {"A-ana", "A-bea"}
    assert [row["seq"] for row in events_of(shop) if str(row["message_id"]).startswith("erased:")] != []
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in files if b"ana-secret-name" in file.read_bytes()] == []
    tables = [pyarrow.parquet.read_table(file) for file in files if file.suffix == ".parquet"]
    assert "ana-secret-name" not in repr([table.to_pylist() for table in tables])


def test_only_old_files_of_nobody_are_removed(log: None, shop: Shop, tmp_path: Path) -> None:
    track(shop, "Product Viewed", user_id="ana", at=NOW)
    drain(NOW)
    flush_all()
    data = next(tmp_path.rglob("events/data/**/*.parquet"))
    new, old = data.with_name("new.parquet"), data.with_name("old.parquet")
    for file in (new, old):
        shutil.copy(data, file)
    then = (real.now() - timedelta(days=2)).timestamp()
    os.utime(old, (then, then))
    upkeep.tidy(now=real.now())
    assert (new.exists(), old.exists(), data.exists()) == (True, False, True)


def test_days_that_a_shop_forgets_go(log: None, shop: Shop) -> None:
    for days in (0, 20):
        at = NOW - timedelta(days=days)
        track(shop, "Product Viewed", user_id="ana", at=at, received_at=at, properties={"days": days})
    drain(NOW)
    flush_all()
    upkeep.compact(now=NOW)
    assert len(events_of(shop)) == 2
    with for_shop(ShopId(shop.pk)):
        Retention.objects.create(shop_id=shop.pk, rule="events", days=10)
    upkeep.compact(now=NOW)
    assert [row["p_days_whole"] for row in events_of(shop)] == [0]


def test_small_files_are_merged_and_the_newest_writing_still_holds(
    log: None, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "LARGE_ROWS", 3)
    identify(shop, "bea", at=NOW, traits={"plan": "p", "a": "1", "b": "2", "c": "3"})
    track(shop, "Product Added", user_id="bea", at=NOW, properties={"cart_id": "c1", "product_id": "x"})
    drain(NOW)
    flush_all()  # a file of traits that is large, and stays
    for number in range(5):
        identify(
            shop, "bea", at=NOW + timedelta(minutes=number + 1), traits={"plan": f"p{number}", "b": None}
        )
        drain(NOW + timedelta(minutes=number + 1))
        flush_all()
    assert differing(shop) == []
    before = sorted(row["seq"] for row in events_of(shop))
    assert upkeep.compact(now=NOW) > 0
    assert sorted(row["seq"] for row in events_of(shop)) == before
    assert differing(shop) == []
    flushing.copy_whole(now=NOW)
    assert differing(shop) == []


def test_a_day_of_the_log_that_differs_is_named(log: None, shop: Shop) -> None:
    for number in range(4):
        track(shop, "Product Viewed", user_id="ana", at=NOW, received_at=NOW, properties={"n": number})
    drain(NOW)
    flush_all()
    gone = events_of(shop)[1]["seq"]
    catalogue.events_table().delete(f"seq = {gone}")
    [found] = [each for each in verify(ShopId(shop.pk)) if not each.is_same]
    assert (found.table, found.day, found.rows, found.lake_rows, found.examples) == (
        EVENTS,
        NOW.date(),
        4,
        3,
        (gone,),
    )


def test_anything_can_be_asked(log: None, shop: Shop) -> None:
    track(
        shop, "Order Completed", user_id="ana", at=NOW,
        properties={"order_id": "A1", "total": 12.5, "odd": 10**30, "products": [{"sku": "x", "price": 1}]},
    )  # fmt: skip
    drain(NOW)
    flush_all()
    with reading.snapshot(ShopId(shop.pk)) as db:
        rows = db.sql("SELECT name, text_value, number_value FROM events_property ORDER BY name").fetchall()
        skus = db.sql("SELECT unnest(p_products_sku) FROM events WHERE name = 'Order Completed'").fetchall()
        count = db.sql("SELECT count(*) FROM commerce_order").fetchall()
    assert ("total", "12.5", pytest.approx(12.5)) in [(a, b, c and float(c)) for a, b, c in rows]
    assert {row[0] for row in rows} >= {"order_id", "total", "products"}
    assert (skus, count) == ([("x",)], [(1,)])


def test_files_of_an_object_store_are_read_through_arrow(
    log: None, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        track(shop, "Product Viewed", user_id="ana", at=NOW, properties={"n": number, "l": [{"a": "b"}]})
        drain(NOW)
        flush_all()
    table = catalogue.events_table()
    files = [task.file.file_path.replace("file://", "s3://") for task in table.scan().plan_files()]
    monkeypatch.setattr(reading, "_store_of", lambda _table: fs.LocalFileSystem())
    with reading.snapshot(ShopId(shop.pk)) as db:
        kept = reading._Kept(db)
        read = kept.read(table, EVENTS, files)
        assert read == "files_of_events"
        rows = db.sql(f"SELECT p_n_whole, p_l_a FROM {read} WHERE shop_id = {shop.pk} ORDER BY 1").fetchall()
    assert rows == [(number, ["b"]) for number in range(3)]


def test_without_its_folder_it_waits_and_catches_up(log: None, shop: Shop, tmp_path: Path) -> None:
    clock = VirtualClock(NOW)
    track(shop, "Product Viewed", user_id="ana", at=NOW)
    drain(NOW)
    assert LakeTick().tick(clock) > 0
    away = tmp_path.with_name(f"{tmp_path.name}-away")
    tmp_path.rename(away)
    tmp_path.write_text("no folder")
    try:
        track(shop, "Product Viewed", user_id="ana", at=NOW)
        drain(NOW)
        clock.advance(timedelta(minutes=2))
        assert LakeTick().tick(clock) == 0
        assert (
            LakeProblems().problems(page_request(shop, now=clock.now()), ShopId(shop.pk), now=clock.now())
            != []
        )
    finally:
        tmp_path.unlink()
        away.rename(tmp_path)
    clock.advance(timedelta(minutes=2))
    assert LakeTick().tick(clock) > 0
    assert (
        LakeProblems().problems(page_request(shop, now=clock.now()), ShopId(shop.pk), now=clock.now()) == []
    )
    assert len(events_of(shop)) == 2
