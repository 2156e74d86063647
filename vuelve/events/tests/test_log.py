"""The log and its readers, with two real connections where it matters."""

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import ClassVar

import psycopg
import pytest
from django.db import connection

from vuelve.events.consuming import HorizonWatch, consume_once
from vuelve.events.services import (
    SQL,
    append_api,
    open_staging,
    open_stamps,
    prepare_log,
    promote,
    record,
    record_staged,
    stamp,
)
from vuelve.events.worker import Worker
from vuelve.platform import limits
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import EventBatch, ValueType, registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.models import Shop
from vuelve.testing import make_shop, track

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
CLOCK = VirtualClock(NOW)


class Collector:
    """Identity's place in the framework: reads everything, keeps what it saw in memory."""

    name: ClassVar[str] = "collector"
    is_identity: ClassVar[bool] = True
    after: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.fail = False

    def names(self) -> frozenset[str] | None:
        return None

    def consume(self, batch: EventBatch) -> None:
        rows = batch.cursor.execute("SELECT message_id FROM pg_temp.event_batch ORDER BY xid, seq").fetchall()
        self.seen += [row[0] for row in rows]
        if self.fail:
            raise RuntimeError("boom")


@pytest.fixture
def collector(shop: Shop):  # type: ignore[no-untyped-def]
    """A consumer that starts at the end of what other tests have written."""
    consumer = Collector()
    before = registry.consumers[:]
    registry.consumers[:] = [consumer]
    prepare_log(now=NOW)
    wait_for(lambda: horizon()[0] == horizon()[1])
    while consume_once(consumer, clock=CLOCK):
        pass
    consumer.seen.clear()
    yield consumer
    registry.consumers[:] = before


def drain(consumer: Collector, *, until: int) -> None:
    """Read on until so many events were seen. Others' transactions on the same server may hold the horizon a while."""
    for _ in range(400):
        while consume_once(consumer, clock=CLOCK):
            pass
        if len(consumer.seen) >= until:
            return
        sleep(0.05)


def other_connection() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"])


def insert_as_owner(conn: psycopg.Connection, shop: Shop, message_id: str) -> None:
    conn.execute(
        "INSERT INTO events_event (shop_id, kind, origin, occurred_at, received_at, name, source, message_id, properties) "
        "VALUES (%s, 1, 0, %s, %s, 'Late', 'test', %s, '{}')",
        [shop.pk, NOW, NOW, message_id],
    )


def test_a_late_commit_is_not_skipped(collector: Collector, shop: Shop) -> None:
    with other_connection() as late:
        insert_as_owner(late, shop, "late")  # has its xid and seq, and stays open
        track(shop, "Early", user_id="u", at=NOW, message_id="after-late")
        consume_once(collector, clock=CLOCK)
        assert collector.seen == []  # "after-late" has committed, but reading it would pass "late" by
        late.commit()
    drain(collector, until=2)
    assert collector.seen == ["late", "after-late"]


def test_an_older_transaction_with_a_higher_seq_is_not_lost(collector: Collector, shop: Shop) -> None:
    with other_connection() as older:
        older.execute("SELECT pg_current_xact_id()")
        track(shop, "Early", user_id="u", at=NOW, message_id="lower-seq-higher-xid")
        insert_as_owner(older, shop, "higher-seq-lower-xid")
        older.commit()
    drain(collector, until=2)
    assert sorted(collector.seen) == ["higher-seq-lower-xid", "lower-seq-higher-xid"]


def test_an_idle_transaction_is_noticed(collector: Collector, shop: Shop) -> None:
    watch = HorizonWatch()
    with other_connection() as idle:
        insert_as_owner(idle, shop, "idle")
        track(shop, "Early", user_id="u", at=NOW)
        wait_for(lambda: horizon()[0] == str(xid_of(idle)))
        observe(watch, 100.0)
        assert observe(watch, 160.0) == 60.0
        idle.rollback()
    track(shop, "Early", user_id="u", at=NOW)
    assert observe(watch, 170.0) == 0.0


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        sleep(0.05)
    raise AssertionError("still not so after 20 s")


def xid_of(conn: psycopg.Connection) -> int:
    row = conn.execute("SELECT pg_current_xact_id()::text").fetchone()
    assert row is not None
    return int(row[0])


def horizon() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(SQL["horizon"])
        xmin, xmax = cursor.fetchone()
    return xmin, xmax


def observe(watch: HorizonWatch, at_seconds: float) -> float:
    xmin, xmax = horizon()
    return watch.observe(xmin=xmin, xmax=xmax, at_seconds=at_seconds)


def test_nothing_running_is_not_held_up() -> None:
    watch = HorizonWatch()
    watch.observe(xmin="7", xmax="7", at_seconds=0.0)
    assert watch.observe(xmin="7", xmax="7", at_seconds=1000.0) == 0.0


def test_a_failed_batch_moves_nothing_and_comes_again(collector: Collector, shop: Shop) -> None:
    track(shop, "Once", user_id="u", at=NOW, message_id="again")
    collector.fail = True
    with pytest.raises(RuntimeError, match="boom"):
        drain(collector, until=1)
    collector.fail = False
    drain(collector, until=2)
    assert collector.seen == ["again", "again"]  # seen twice, but only one of the two transactions committed


def test_a_shard_has_one_worker_at_a_time(collector: Collector, shop: Shop) -> None:
    track(shop, "Once", user_id="u", at=NOW)
    with other_connection() as other:
        other.execute("SELECT FROM events_cursor WHERE consumer = 'collector' FOR UPDATE")
        assert consume_once(collector, clock=CLOCK) == 0
        assert collector.seen == []
    drain(collector, until=1)
    assert len(collector.seen) == 1


def test_duplicates_vanish(shop: Shop) -> None:
    track(shop, "Twice", user_id="u", at=NOW, message_id="same")
    track(shop, "Twice", user_id="u", at=NOW, message_id="same")
    other = make_shop()
    track(other, "Twice", user_id="u", at=NOW, message_id="same")
    assert [count_events(shop), count_events(other)] == [1, 1]


def test_overlapping_batches_at_once_neither_deadlock_nor_double(shop: Shop) -> None:
    keys = [f"m{n}" for n in range(200)]
    failures: list[BaseException] = []

    def send(order: list[str]) -> None:
        try:
            for key in order:
                track(shop, "Race", user_id="u", at=NOW, message_id=key)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(order,)) for order in (keys, keys[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert count_events(shop) == 200


def test_the_first_events_of_a_month_may_come_all_at_once(shop: Shop) -> None:
    """No worker has made its partition: the first requests make it, and none of them fails."""
    far = datetime(2041, 7, 15, tzinfo=UTC)
    start = threading.Barrier(6)
    failures: list[BaseException] = []

    def send(number: int) -> None:
        row = {"ordinal": 0, "kind": 1, "name": "First", "occurred_at": far.isoformat()}
        row |= {"message_id": str(number), "user_id": "u", "properties": {}}
        try:
            connection.ensure_connection()
            start.wait(10)
            append_api(shop=ShopId(shop.pk), events=json.dumps([row]), now=far)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert count_events(shop) == 6


def test_recording_twice_with_one_key_records_once(shop: Shop) -> None:
    def once() -> bool:
        return record(
            shop=ShopId(shop.pk),
            name="Points Redeemed",
            customer=CustomerId(1),
            properties={"points": 10},
            key="redemption:1",
            now=NOW,
            source="loyalty",
        )

    assert [once(), once()] == [True, False]
    assert count_events(shop) == 1


def test_the_partition_of_a_new_month_is_made(shop: Shop) -> None:
    later = NOW + timedelta(days=400)
    prepare_log(now=later, months_ahead=1)
    track(shop, "Later", user_id="u", at=later)
    assert count_events(shop) == 1


def test_promoting_a_property_as_another_type_is_refused(shop: Shop) -> None:
    shop_id = ShopId(shop.pk)
    assert promote(shop=shop_id, event_name="Order Completed", property="total", value_type=ValueType.MONEY)
    assert not promote(
        shop=shop_id, event_name="Order Completed", property="total", value_type=ValueType.MONEY
    )
    with pytest.raises(VuelveError) as refusal:
        promote(shop=shop_id, event_name="Order Completed", property="total", value_type=ValueType.TEXT)
    assert refusal.value.code == "promoted_type"


def test_shards_cover_every_customer() -> None:
    assert {customer % limits.SHARDS for customer in range(1000)} == set(range(limits.SHARDS))


def count_events(shop: Shop) -> int:
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute("SELECT count(*) FROM events_event").fetchone()
    assert row is not None
    return int(row[0])


class Choosy(Collector):
    """Cannot take one event, whatever happens."""

    name: ClassVar[str] = "choosy"
    is_identity: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = ("identity",)

    def consume(self, batch: EventBatch) -> None:
        names = [
            row[0] for row in batch.cursor.execute("SELECT name FROM pg_temp.event_batch ORDER BY xid, seq")
        ]
        if "Poison" in names:
            raise ValueError("cannot take Poison")
        self.seen += names


def test_a_poisonous_event_is_set_aside_and_stops_nobody_else(shop: Shop) -> None:
    identity, choosy, other = StampAll(), Choosy(), Follower()
    before = registry.consumers[:]
    registry.consumers[:] = [identity, choosy, other]
    try:
        worker = Worker(clock=CLOCK, stop=threading.Event())
        prepare_log(now=NOW)
        for name in ("Good 1", "Poison", "Good 2"):
            track(shop, name, customer=7, user_id="u", at=NOW)
        for _ in range(400):
            worker.round()
            if choosy.seen[-1:] == other.seen[-1:] == ["Good 2"]:
                break
        assert [name for name in choosy.seen if name.startswith("Good")][-2:] == ["Good 1", "Good 2"]
        assert other.seen[-3:] == ["Good 1", "Poison", "Good 2"]
        assert other.overtook is False
    finally:
        registry.consumers[:] = before
    with for_shop(ShopId(shop.pk)) as cursor:
        noted = cursor.execute("SELECT consumer, error FROM events_quarantine").fetchall()
    assert noted == [("choosy", "ValueError('cannot take Poison')")]


class StampAll(Collector):
    name: ClassVar[str] = "identity"

    def consume(self, batch: EventBatch) -> None:
        open_stamps(batch.cursor)
        batch.cursor.execute(
            "INSERT INTO pg_temp.event_stamp SELECT xid, seq, coalesce(customer_id, 1), coalesce(customer_id, 1) FROM pg_temp.event_batch"
        )
        stamp(batch.cursor)


class Follower(Collector):
    name: ClassVar[str] = "follower"
    is_identity: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = ("identity", "choosy")
    overtook = False

    def consume(self, batch: EventBatch) -> None:
        names = batch.cursor.execute("SELECT name FROM pg_temp.event_batch ORDER BY xid, seq").fetchall()
        self.seen += [row[0] for row in names]
        ahead = batch.cursor.execute(
            "SELECT FROM pg_temp.event_batch b WHERE EXISTS (SELECT FROM events_cursor c "
            "WHERE c.consumer = 'choosy' AND (c.xid, c.seq) < (b.xid, b.seq))"
        ).fetchone()
        self.overtook = self.overtook or ahead is not None


def test_text_that_postgresql_cannot_hold_does_not_stop_identity(shop: Shop) -> None:
    """Imports stage JSON that no API has looked at."""
    shop_id = ShopId(shop.pk)
    promote(shop=shop_id, event_name="Odd", property="plan", value_type=ValueType.TEXT)
    with for_shop(shop_id) as cursor:
        open_staging(cursor)
        for key, properties in (
            ("nul", '{"plan": "\\u0000"}'),
            ("half", '{"plan": "\\ud800"}'),
            ("good", '{"plan": "pro"}'),
        ):
            cursor.execute(
                "INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, user_id, properties) "
                "VALUES (%s, 'Odd', %s, %s, 'u', %s)",
                [shop.pk, NOW, key, properties],
            )
        record_staged(cursor, now=NOW, source="import", from_outside=True)
    with for_shop(shop_id) as cursor:
        open_stamps(cursor)
        cursor.execute("INSERT INTO pg_temp.event_stamp SELECT xid, seq, 1, 1 FROM events_event")
        assert stamp(cursor) == 3
        assert cursor.execute("SELECT text_value FROM events_property").fetchall() == [("pro",)]


def test_readers_reach_the_index_behind_row_level_security(shop: Shop) -> None:
    """Only leakproof comparisons do: with another type of position each batch would read the whole log."""
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute("SET LOCAL ROLE vuelve_worker; SET LOCAL enable_seqscan = off")
        plan = "\n".join(
            row[0]
            for row in cursor.execute(
                "EXPLAIN SELECT FROM events_event WHERE (xid, seq) > (1::bigint, 1::bigint) "
                "AND xid < vuelve_horizon() ORDER BY xid, seq LIMIT 10"
            ).fetchall()
        )
    assert "Index Cond: ((ROW(xid, seq) > ROW(" in plan
