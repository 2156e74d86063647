"""A Spark cluster of a master and two workers selects whom DuckDB, PostgreSQL and a plain reading by loops select."""

import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from vuelve.events.services import make_months
from vuelve.lake import shredding
from vuelve.lake.reading import lake_of
from vuelve.lake.spark import executors, forget_driver, forget_failure, spark_lake_of
from vuelve.lake.tests.support import lake_from_here
from vuelve.platform import limits
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.segments import services
from vuelve.segments.contracts import SegmentRef
from vuelve.segments.services import engines
from vuelve.segments.services.engine_lake import DuckEngine, SparkEngine
from vuelve.segments.tests.test_engines import flush_all, found
from vuelve.segments.tests.test_oracle import INSTANTS_OF_EVALUATION, TREES, WORLD, _depth
from vuelve.segments.tests.world import NOW, Subject, _insert, members
from vuelve.shops.models import Shop

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.cluster

TREE: dict[str, Any] = {"type": "event", "name": "Order Completed", "count": {"op": "gte", "value": 2}}
ODD = "o'ther.\"[?]\\"  # a name that no path may stumble over
# No number that is written with an exponent: each engine has its own text for those.
# What is a text, a number, a boolean or an instant to all engines, or to none.
VALUES: list[Any] = [
    "pro", "it's 100%", "a\\b", "año 🎉", "x" * 3000, "\n", "12\n", "{}", "", " 7", "٣",
    "12", "-0.5", "1e3", "007", "0", "-0", "123456789012345.123456789012", "1234567890123456", ".5", "5.", "NaN", "Infinity",
    0, 5, -5, 2**53, 10**15 - 1, 10**15, -(2**63) + 1, 2**63 - 1, 2**70, 0.0, 1.5, -0.000001, 2.0000015, 12.50, 12345678.25,
    "true", "false", "True", "t", "1", True, False, None,
    "2026-03-01", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00+02:00", "2026-03-01 12:00:00.123456", "2026-03-01T12:00:00.1234567Z",
    "2026-03-01T12:00", "2026-02-30", "2026-13-01", "2026-03-01T25:00:00Z", "2026-03-01 noon",
    "2026-03-01T12:00:00-03", "2026-03-01T12:00:00+0530", "2026-03-01T24:00:00Z", "2026-03-01 24:00", "2026-03-01T24:00:00+02:00", "2026-03-01T24:00:01Z", "2026-02-30T24:00", "0001-01-01", "9999-12-31T23:59:59Z",
    [], [1, 2], ["a"], {"a": 1}, {"a": {"b": ["1", None]}}, [{"sku": "a"}], [{"sku": "a", "price": 1.5}, {"sku": None}],
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _driver_is_let_go() -> Iterator[None]:
    yield
    forget_driver()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VUELVE_SPARK_MASTER", os.environ["VUELVE_TEST_SPARK"])
    monkeypatch.setenv("VUELVE_SPARK_EVENTS", "0")


@pytest.fixture
def lake(cluster: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shop: Shop) -> ShopId:
    lake_from_here(monkeypatch, tmp_path)
    WORLD.write(ShopId(shop.pk))
    flush_all(monkeypatch)
    return ShopId(shop.pk)


def found_by_spark(shop: ShopId, tree: dict[str, Any], now: datetime) -> set[int]:
    with engines.engine_for(shop, [tree], now=now, may_take_long=True) as engine:
        assert isinstance(engine, SparkEngine)
        ids = list(engine.members(shop, SegmentRef(0, 0, tree), now))
    assert len(ids) == len(set(ids))
    return set(ids)


def holds(tree: dict[str, Any], now: datetime = NOW) -> set[int]:
    return {c for c in WORLD.everyone() if WORLD.holds(tree, Subject(c, c), now)}


def of_segment(shop: ShopId) -> set[int]:
    with for_shop(shop) as cursor:
        rows = cursor.execute("SELECT customer_id FROM segments_member WHERE shop_id = %s", [shop]).fetchall()
    return {row[0] for row in rows}


def test_a_segment_is_filled_and_swept_on_both_workers(lake: ShopId, monkeypatch: pytest.MonkeyPatch) -> None:
    with engines.engine_for(lake, [TREE], now=NOW, may_take_long=True) as engine:
        assert isinstance(engine, SparkEngine)
        session = engine.session
    until = monotonic_seconds() + limits.SPARK_EXECUTORS_SECONDS
    while executors(session) < 2 and monotonic_seconds() < until:
        time.sleep(limits.SPARK_POLL_SECONDS)
    assert session.sparkContext.master == os.environ["VUELVE_TEST_SPARK"]
    segment = services.create(shop=lake, name="Dos", tree=TREE, by="ana", now=NOW)
    with monkeypatch.context() as only_spark:
        only_spark.setattr(engines, "DuckEngine", None)
        only_spark.setattr(engines, "PostgresEngine", None)
        assert services.fill(shop=lake, segment_id=segment.pk, now=NOW) == len(holds(TREE)) > 1
    assert of_segment(lake) == holds(TREE) == found(lake, TREE, NOW) == members(lake, TREE, NOW)

    gone = min(holds(TREE))
    with for_shop(lake) as cursor:
        cursor.execute("DELETE FROM segments_member WHERE shop_id = %s AND customer_id = %s", [lake, gone])
    with monkeypatch.context() as only_spark:
        only_spark.setattr(engines, "DuckEngine", None)
        only_spark.setattr(engines, "PostgresEngine", None)
        with engines.engine_for(lake, [TREE], now=NOW, may_take_long=True) as engine:
            assert list(engine.suspects(lake, [SegmentRef(segment.pk, 1, TREE)], NOW)) == [gone]
        services.sweep(shop=lake, now=NOW + timedelta(seconds=1))
    assert of_segment(lake) == holds(TREE)
    tasks = _tasks_by_executor(session)
    assert len(tasks) == 2
    assert all(tasks.values()), tasks


def test_segments_that_look_at_segments_see_their_members_as_of_now(lake: ShopId) -> None:
    first = services.create(shop=lake, name="Uno", tree=TREE, by="ana", now=NOW)
    services.fill(shop=lake, segment_id=first.pk, now=NOW)
    other = {"not": {"type": "segment", "segment": first.pk}}
    second = services.create(shop=lake, name="Otro", tree=other, by="ana", now=NOW)
    assert services.fill(shop=lake, segment_id=second.pk, now=NOW) == len(WORLD.everyone() - holds(TREE))


def test_random_trees_mean_the_same_on_spark(lake: ShopId) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tree=TREES, now=INSTANTS_OF_EVALUATION)
    def agree(tree: dict[str, Any], now: datetime) -> None:
        assume(_depth(tree) <= limits.CONDITION_DEPTH_MAX)
        assert found_by_spark(lake, tree, now) == found(lake, tree, now) == holds(tree, now)

    agree()


@pytest.mark.parametrize("columns_max", [shredding.PROPERTIES_MAX, 0])
def test_values_are_read_alike(
    cluster: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shop: Shop, columns_max: int
) -> None:
    """In typed columns, and in what is left without one."""
    here, names = ShopId(shop.pk), ["any", "Any", ODD]
    lake_from_here(monkeypatch, tmp_path)
    monkeypatch.setattr(shredding, "PROPERTIES_MAX", columns_max)
    make_months("events_event", NOW.date(), NOW.date())
    with for_shop(here) as cursor:
        for seq, value in enumerate(VALUES, start=1):
            row = {"shop_id": here, "seq": seq, "kind": 1, "origin": 0, "customer_id": 1, "name": "Seen"}
            row |= {"occurred_at": NOW, "received_at": NOW, "source": "test", "message_id": f"m{seq}"}
            properties = json.dumps({"any": value, "Any": "another", ODD: value})
            _insert(cursor, "events_event", row | {"properties": properties})
    flush_all(monkeypatch)
    asked = frozenset([*(("Seen", name) for name in names), ("Seen", "missing"), ("Other", "any")])
    columns = "seq, name, text_value, number_value, boolean_value, time_value"
    query = f"SELECT {columns} FROM events_property ORDER BY seq, name"
    with lake_of(here, asked=asked) as duck:
        expected = duck.db.sql(query).to_arrow_table().to_pylist()
    with spark_lake_of(here, asked=asked) as spark:
        seen = spark.session.sql(query).toArrow().to_pylist()
    assert len(expected) > 2 * len(VALUES)
    differing = [pair for pair in zip(seen, expected, strict=True) if pair[0] != pair[1]]
    assert not differing, "\n".join(f"{VALUES[s['seq'] - 1]!r}: {s} {e}" for s, e in differing)


def test_without_the_cluster_duckdb_is_asked(lake: ShopId, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        monkeypatch.setenv("VUELVE_SPARK_MASTER", f"spark://127.0.0.1:{taken.getsockname()[1]}")
        with engines.engine_for(lake, [TREE], now=NOW, may_take_long=True) as engine:
            assert isinstance(engine, DuckEngine)
            assert set(engine.members(lake, SegmentRef(0, 0, TREE), NOW)) == holds(TREE)


def test_a_question_that_fails_there_is_asked_elsewhere_the_next_time(lake: ShopId) -> None:
    from pyspark.errors import PySparkException

    def fail() -> None:
        with engines.engine_for(lake, [TREE], now=NOW, may_take_long=True) as engine:
            assert isinstance(engine, SparkEngine)
            engine.session.sql("SELECT raise_error('a disk is full')").collect()

    with pytest.raises(PySparkException):
        fail()
    with engines.engine_for(lake, [TREE], now=NOW, may_take_long=True) as engine:
        assert isinstance(engine, DuckEngine)
        assert set(engine.members(lake, SegmentRef(0, 0, TREE), NOW)) == holds(TREE)
    forget_failure()
    assert found_by_spark(lake, TREE, NOW) == holds(TREE)


def test_a_driver_that_the_cluster_has_ended_is_started_anew(lake: ShopId) -> None:
    with spark_lake_of(lake) as before:
        before.session.sparkContext._jsc.sc().stop()
    assert found_by_spark(lake, TREE, NOW) == holds(TREE)


def test_who_waits_for_a_page_is_not_sent_to_the_cluster(
    lake: ShopId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_arguments: Any, **_named: Any) -> None:
        raise AssertionError("the cluster was asked")

    monkeypatch.setattr(engines, "spark_lake_of", asked)
    assert services.preview(shop=lake, tree=TREE, now=NOW).count == len(holds(TREE))


def _tasks_by_executor(session: "SparkSession") -> dict[str, int]:
    listed = session.sparkContext._jsc.sc().statusStore().executorList(True)
    known = [listed.apply(index) for index in range(listed.length())]
    return {each.id(): each.completedTasks() for each in known if each.id() != "driver"}
