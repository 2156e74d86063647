"""The benchmark of the lake, small: it runs, it prints what it must, and its check notices what is missing."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

FIELDS = {
    "name", "n", "rate_per_s", "limit_per_s", "ratio", "rounds_per_s", "grown_n", "grown_rate_per_s", "growth_ratio",
    "growth_exponent", "bytes_ratio_to_gzip_jsonl", "question_seconds", "question_cold_seconds", "lost", "duplicated", "wrong",
    "fsync", "synchronous_commit", "peak_memory_mb", "cpu_seconds", "versions", "machine", "load_before", "load_after",
    "is_correct",
}  # fmt: skip


@pytest.mark.slow
def test_it_prints_one_json_object_and_checks_itself(database: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from vuelve.bench import run; "
            "raise SystemExit(run('lake', json=True, count=600, growth=2, rounds=1, kills=2))",
        ],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() >= FIELDS
    assert (found["lost"], found["duplicated"], found["wrong"], found["is_correct"]) == (0, 0, [], True)
    assert found["grown_n"] > found["n"] > 600
    assert found["ratio"] == pytest.approx(found["rate_per_s"] / found["limit_per_s"], abs=0.001)


def test_it_sees_what_is_lost_and_what_is_there_twice(
    log: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from vuelve.bench.lake import check, flushed
    from vuelve.lake import catalogue
    from vuelve.platform.ids import ShopId
    from vuelve.testing import drain, make_shop, track

    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    monkeypatch.setenv("VUELVE_LAKE_URL", tmp_path.as_uri())
    monkeypatch.setattr(catalogue, "NAMESPACE", "vuelve")
    shop = make_shop()
    for number in range(5):
        track(shop, "Product Viewed", user_id="u", at=now, received_at=now, properties={"n": number})
    drain(now)
    flushed(ShopId(shop.pk), f"bench_{tmp_path.name}")
    assert check(ShopId(shop.pk)) == ((0, 0), [])
    table = catalogue.events_table()
    rows = table.scan(row_filter=f"shop_id = {shop.pk}").to_arrow()
    table.append(rows.slice(0, 2))
    (lost, duplicated), wrong = check(ShopId(shop.pk))
    assert (lost, duplicated, len(wrong)) == (0, 2, 1)
    table = catalogue.events_table()
    table.delete(f"shop_id = {shop.pk}")
    table.append(rows.slice(0, 2))
    assert check(ShopId(shop.pk))[0] == (3, 0)
