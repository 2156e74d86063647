"""The benchmark of pages, small: it loads, asks every page that there is, and prints what it must."""

import json
import subprocess
import sys

import pytest

from vuelve.bench.pages_asking import percentile

FIELDS = {
    "name", "customers", "events", "pages", "requests", "p95_ms", "search_p95_ms", "slowest", "slowest_p95_ms", "p95_ms_by_page",
    "slowest_addresses", "peak_memory_mb", "cpu_seconds", "versions", "machine", "load_before", "load_after", "is_correct",
}  # fmt: skip
# Of the addresses some hand out files, or need what the benchmark does not load.
PAGES_MIN = 33


@pytest.mark.slow
def test_it_prints_one_json_object_and_asks_all_pages(database: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from vuelve.bench import run; raise SystemExit("
            "run('pages', json=True, customers=600, n_events=6_000, samples=1, awarded=100))",
        ],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() >= FIELDS
    assert (found["customers"], found["events"], found["wrong"]) == (600, 6_000, [])
    assert found["pages"] >= PAGES_MIN
    asked = set(found["p95_ms_by_page"])
    assert {"overview", "customers", "customer", "orders", "order", "messages", "loyalty", "audit"} <= asked
    assert found["slowest_p95_ms"] == max(found["p95_ms_by_page"].values())


def test_percentiles() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.95) == 3.0
    assert percentile([float(n) for n in range(100)], 0.95) == 95.0
    assert percentile([5.0], 0.5) == 5.0
