"""The benchmark of segments, small: it runs, it prints what it must, and it checks its own result."""

import json
import subprocess
import sys

import pytest

from vuelve.bench.segments import varied
from vuelve.platform.extension import registry
from vuelve.segments.tree import canonical, check_tree

FIELDS = {
    "name", "customers", "events", "seconds", "query_seconds", "query_seconds_ratio", "members", "expected_members",
    "sweep_50_seconds", "touched_ms", "growth_exponent", "fsync", "synchronous_commit", "peak_memory_mb", "cpu_seconds",
    "versions", "machine", "load_before", "load_after", "is_correct",
}  # fmt: skip


@pytest.mark.slow
def test_it_prints_one_json_object_and_checks_itself(database: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from vuelve.bench import run; raise SystemExit("
            "run('segments', json=True, customers=500, n_events=20_000, segments=6, touched=50, rounds=1))",
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() >= FIELDS
    assert (found["events"], found["is_correct"], found["wrong"]) == (20_000, True, [])
    assert found["members"] == found["expected_members"] > 0
    assert found["sweep_changes"] > 0


def test_the_segments_differ_and_are_well_formed() -> None:
    trees = varied(50)
    assert len(set(map(canonical, trees))) == 50
    for tree in trees:
        check_tree(tree, registry.conditions, "tree")
