"""The benchmark of ingest, small: it runs the real processes, prints what it must, and notices a wrong result."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

FIELDS = {
    "name", "n", "customers", "identify_calls", "rate_per_s", "accepted_per_s", "consumed_per_s", "limit_per_s", "ratio",
    "accepted_ratio", "p50_ms", "p99_ms", "single_per_s", "single_p50_ms", "single_p99_ms", "accepted_alone_per_s",
    "consumed_alone_per_s", "killed_worker_consumed_per_s", "unread_at_kill", "rate_at_10x_ratio", "lost", "duplicated",
    "unknown", "wrong", "fsync", "synchronous_commit", "peak_memory_mb", "cpu_seconds", "cpu_us_per_event", "versions",
    "machine", "load_before", "load_after", "is_correct",
}  # fmt: skip


@pytest.mark.slow
def test_it_prints_one_json_object_and_checks_itself(database: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from vuelve.bench import run; "
            "raise SystemExit(run('ingest', json=True, count=600, rounds=1, singles=30, growth=4))",
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() >= FIELDS
    assert (found["n"], found["lost"], found["duplicated"], found["wrong"]) == (600, 0, 0, [])
    assert found["is_correct"] is True
    assert found["ratio"] == pytest.approx(found["consumed_per_s"] / found["limit_per_s"], abs=0.001)
    assert 0 < found["consumed_per_s"] <= found["accepted_per_s"]
    assert found["peak_memory_mb"] > 100
    assert found["cpu_us_per_event"].keys() >= {"web", "worker", "postgresql", "clients"}


def test_the_mix_is_what_is_published() -> None:
    from vuelve.bench.ingest_workload import MIX, Expected, calls

    expected = Expected()
    made = list(calls(first=0, count=1_000, ended_at=datetime(2026, 3, 1, tzinfo=UTC), expected=expected))
    assert (expected.events, expected.users, len(made)) == (1_000, 100, 1_100)
    assert {name: MIX.count(name) * 10 for name in MIX} == {
        "Order Completed": 20, "Product Viewed": 40, "Product Added": 20, "Checkout Started": 10, "page": 10,
    }  # fmt: skip
    assert expected.users_by_country == {"MX": 30, "US": 30, "BR": 20, "ES": 20}
    events = [json.loads(call) for type, call in made if type != "identify"]
    sizes = [len(json.dumps(event["properties"], separators=(",", ":"))) for event in events]
    assert 280 < sum(sizes) / len(sizes) < 320
    assert (events[0]["timestamp"][:10], events[-1]["timestamp"][:10]) == ("2025-12-01", "2026-02-28")


@pytest.fixture
def consumed(log: None) -> Any:
    """A shop that has taken and consumed 200 events of the workload, with what they must have become."""
    from vuelve.bench import ingest_workload as workload
    from vuelve.bench.ingest import prepare
    from vuelve.events import decoding
    from vuelve.events.consuming import drain
    from vuelve.events.services import append_api, prepare_log
    from vuelve.platform.clock import real

    now = real.now()
    prepare_log(now=now)
    shop, _key = prepare("noticing")
    expected = workload.Expected()
    made = workload.calls(first=0, count=200, ended_at=now, expected=expected)
    for request in workload.batches(made, size=100, host="localhost", key="none"):
        envelope = decoding.open_batch(request.partition(b"\r\n\r\n")[2])
        rows = decoding.decode(envelope, received_at=now, guarded=frozenset()).rows
        append_api(shop=shop, events=decoding.encode_rows(rows), now=now)
    drain(clock=real)
    return shop, expected


def test_it_sees_what_is_lost_what_is_doubled_and_what_is_wrong(consumed: Any) -> None:
    from django.db import transaction

    from vuelve.bench.ingest_check import Check, check
    from vuelve.platform.db import for_shop

    shop, expected = consumed
    assert check(shop, expected) == Check(0, 0, [])

    def after(statement: str) -> Check:
        """What the check says with the statement, which is then undone."""
        with for_shop(shop) as cursor:
            cursor.execute(statement)
            found = check(shop, expected)
            transaction.set_rollback(True)
        return found

    one_run = f"(SELECT min(id) FROM journeys_run WHERE shop_id = {shop})"
    assert after(f"DELETE FROM journeys_run WHERE shop_id = {shop} AND id = {one_run}") == Check(1, 0, [])
    assert after(f"DELETE FROM events_event WHERE shop_id = {shop} AND message_id = 'm4'") == Check(1, 0, [])
    doubled = after(
        f"INSERT INTO events_event SELECT * FROM events_event WHERE shop_id = {shop} AND message_id = 'm4'"
    )
    assert doubled == Check(0, 1, [])
    assert after(f"UPDATE commerce_order SET total_minor = total_minor + 1 WHERE shop_id = {shop}").wrong
    assert after(f"UPDATE customers_customer SET country = 'FR' WHERE shop_id = {shop}").wrong
