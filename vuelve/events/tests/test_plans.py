"""How readers and the stamp go through a log whose statistics lag behind: by one range of an index, never all of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from vuelve.events.services import SQL, open_stamps
from vuelve.platform.db import Cursor, for_shop, without
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.testing import track

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
PLACE = {"xid": 1, "seq": 1, "end_xid": 2**40, "end_seq": 0}


def plan(cursor: Cursor, statement: str, parameters: dict[str, Any]) -> str:
    rows = cursor.execute("EXPLAIN (COSTS OFF) " + statement, parameters).fetchall()
    return "\n".join(row[0] for row in rows)


@pytest.fixture
def worker(shop: Shop) -> Any:
    track(shop, "Viewed", user_id="u1", at=NOW)
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS event_batch (LIKE events_event)")
        open_stamps(cursor)
        yield cursor


def test_the_end_of_a_batch_is_found_without_sorting_the_backlog(worker: Cursor) -> None:
    with without(worker, "sort", "seqscan"):
        found = plan(worker, SQL["batch_end"], PLACE | {"rows": 10})
    assert "Merge Append" in found
    assert "Seq Scan on events_event" not in found


def test_the_stamp_reads_the_range_of_its_batch(worker: Cursor) -> None:
    with without(worker, "nestloop", "mergejoin", "seqscan"):
        found = plan(worker, SQL["stamp"], PLACE | {"shards": 8})
    assert "Hash Join" in found
    assert "Index Cond: ((ROW(xid, seq) >= ROW(" in found
    assert "Seq Scan on events_event" not in found


def test_what_was_left_out_is_back_after_the_block(worker: Cursor) -> None:
    with without(worker, "nestloop", "seqscan"):
        assert worker.execute("SHOW enable_seqscan").fetchone() == ("off",)
    assert worker.execute("SHOW enable_seqscan").fetchone() == ("on",)
    assert worker.execute("SHOW enable_nestloop").fetchone() == ("on",)
