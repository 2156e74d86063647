"""The benchmark of the ledger, small: it runs, it prints what it must, and it notices a wrong result."""

import json
import shutil
import subprocess
import sys

import pytest

FIELDS = {
    "name", "n", "customers", "redemptions_per_s", "awards_per_s", "pgbench_tps", "ratio", "balance_ms",
    "invariant_seconds", "fsync", "synchronous_commit", "peak_memory_mb", "cpu_seconds", "versions", "machine",
    "load_before", "load_after", "is_correct",
}  # fmt: skip


@pytest.mark.slow
def test_it_prints_one_json_object_and_checks_itself(database: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from vuelve.bench import run; raise SystemExit("
            "run('ledger', json=True, transfers=2_400, customers=200, redemptions=400, rounds=2))",
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() >= FIELDS
    assert (found["n"], found["customers"], found["is_correct"], found["wrong"]) == (2_400, 200, True, [])
    assert min(found[name] for name in ("redemptions_per_s", "awards_per_s", "pgbench_tps", "balance_ms")) > 0


def test_it_sees_what_is_missing(log: None) -> None:
    from vuelve.bench.ledger import wrong
    from vuelve.platform.ids import ShopId
    from vuelve.testing import make_shop

    shop = ShopId(make_shop().pk)
    assert wrong(shop, 0, 0) == []
    assert wrong(shop, 1, 1) == [
        "awards: 0 of 1",
        "redemptions: 0 of 1",
        "points awarded: 0 of 10",
        "points redeemed: 0 of 1",
        "balances: 0 of 9",
        "events: 0 of 2",
    ]


def test_pgbench_is_in_the_wheel() -> None:
    from vuelve.platform.postgres.install import program

    assert shutil.which(str(program("pgbench")))
