"""Random trees over a random shop: DuckDB on the lake selects whom PostgreSQL and a plain reading by loops select."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from vuelve.lake import catalogue, flushing
from vuelve.lake.reading import forget_connection
from vuelve.lake.tests.support import lake_from_here
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.segments import services
from vuelve.segments.contracts import SegmentRef
from vuelve.segments.services import engines
from vuelve.segments.services.engine_lake import DuckEngine
from vuelve.segments.tests.test_oracle import INSTANTS_OF_EVALUATION, TREES, WORLD, _depth
from vuelve.segments.tests.world import NOW, Subject, members
from vuelve.shops.models import Shop

EVERYTHING = "SELECT 9223372036854775807, 9223372036854775807"


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shop: Shop) -> ShopId:
    """The shop's world, all of it in a lake of its own."""
    lake_from_here(monkeypatch, tmp_path)
    WORLD.write(ShopId(shop.pk))
    flush_all(monkeypatch)
    return ShopId(shop.pk)


def flush_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few they are, it is the lake that is asked."""
    monkeypatch.setattr(limits, "SEGMENT_LAKE_EVENTS", 0)

    class Statements:
        def __getitem__(self, name: str) -> str:
            return EVERYTHING if name == "open_end" else _sql[name]

    _sql = flushing.SQL
    monkeypatch.setattr(flushing, "SQL", Statements())
    while flushing.flush_once(now=NOW).events:
        pass
    flushing.copy_whole(now=NOW)
    forget_connection()


def found(shop: ShopId, tree: dict[str, Any], now: datetime) -> set[int]:
    with engines.engine_for(shop, [tree], now=now) as engine:
        assert isinstance(engine, DuckEngine)
        ids = list(engine.members(shop, SegmentRef(0, 0, tree), now))
    assert len(ids) == len(set(ids))
    return set(ids)


def test_both_engines_select_the_same(lake: ShopId) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tree=TREES, now=INSTANTS_OF_EVALUATION)
    def agree(tree: dict[str, Any], now: datetime) -> None:
        assume(_depth(tree) <= limits.CONDITION_DEPTH_MAX)
        everyone = {c for c in WORLD.everyone() if WORLD.holds(tree, Subject(c, c), now)}
        assert found(lake, tree, now) == everyone == members(lake, tree, now)

    agree()


def test_who_differs_from_the_table_is_suspected(lake: ShopId) -> None:
    tree = {"type": "event", "name": "Order Completed", "count": {"op": "gte", "value": 2}}
    segment = services.create(shop=lake, name="Dos", tree=tree, by="ana", now=NOW)
    services.fill(shop=lake, segment_id=segment.pk, now=NOW)
    expected = {c for c in WORLD.everyone() if WORLD.holds(tree, Subject(c, c), NOW)}
    with for_shop(lake) as cursor:
        rows = cursor.execute("SELECT customer_id FROM segments_member WHERE shop_id = %s", [lake]).fetchall()
        assert {row[0] for row in rows} == expected
        gone = min(expected)
        cursor.execute("DELETE FROM segments_member WHERE shop_id = %s AND customer_id = %s", [lake, gone])
    ref = SegmentRef(segment.pk, 1, tree)
    with engines.engine_for(lake, [tree], now=NOW) as engine:
        assert list(engine.suspects(lake, [ref], NOW)) == [gone]
    services.sweep(shop=lake, now=NOW + timedelta(seconds=1))
    with for_shop(lake) as cursor:
        rows = cursor.execute("SELECT customer_id FROM segments_member WHERE shop_id = %s", [lake]).fetchall()
    assert {row[0] for row in rows} == expected


def test_a_preview_says_how_many_without_having_read_the_property_before(lake: ShopId) -> None:
    tree = {
        "type": "event",
        "name": "Product Viewed",
        "where": [{"property": "gift", "op": "is", "value": True}],
    }
    expected = [c for c in WORLD.everyone() if WORLD.holds(tree, Subject(c, c), NOW)]
    shown = services.preview(shop=lake, tree=tree, now=NOW)
    assert (shown.count, shown.is_exact, shown.unread) == (len(expected), False, ())
    assert set(shown.sample) <= set(expected)


def test_without_the_lake_postgresql_is_asked(lake: ShopId, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"type": "orders", "count": {"op": "gte", "value": 1}}
    expected = services.preview(shop=lake, tree=tree, now=NOW).count

    def lost(_name: str) -> None:
        raise OSError("the store is gone")

    monkeypatch.setattr(catalogue, "find", lost)
    assert services.preview(shop=lake, tree=tree, now=NOW).count == expected > 0
