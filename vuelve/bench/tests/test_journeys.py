"""The benchmark of journeys, small: it runs, it prints what it must, and it notices a wrong result."""

import json
import subprocess
import sys

import pytest

FIELDS = {
    "name", "n", "customers", "rate_per_s", "limit_per_s", "ratio", "lost", "duplicated", "unknown", "fsync",
    "synchronous_commit", "peak_memory_mb", "cpu_seconds", "versions", "machine", "load_before", "load_after",
    "is_correct",
}  # fmt: skip


@pytest.mark.slow
def test_it_prints_one_json_object_and_checks_itself(database: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from vuelve.bench import run; raise SystemExit(run('journeys', json=True, customers=400, rounds=1))",
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() >= FIELDS
    assert (found["n"], found["lost"], found["duplicated"], found["is_correct"]) == (1600, 0, 0, True)
    assert found["rate_per_s"] > 0
    assert found["ratio"] == pytest.approx(found["rate_per_s"] / found["limit_per_s"], rel=0.01)
    assert found["peak_memory_mb"] > 20
    assert found["cpu_seconds"] > 0


def test_it_sees_what_is_lost_and_what_is_doubled(log: None) -> None:
    from vuelve.bench.journeys import Check, check, prepare
    from vuelve.channels.services import OutboxSink
    from vuelve.events.consuming import drain
    from vuelve.events.services import prepare_log
    from vuelve.journeys import engine
    from vuelve.platform.clock import real
    from vuelve.platform.db import for_shop

    prepare_log(now=real.now())
    shop = prepare("noticing-runs", 20)
    drain(clock=real)
    while engine.tick(now=real.now(), sink=OutboxSink(), shops=[shop]):
        pass
    assert check(shop, 20) == Check(lost=0, duplicated=0)
    with for_shop(shop) as cursor:
        cursor.execute(
            "DELETE FROM channels_message WHERE shop_id = %s AND id = (SELECT min(id) FROM channels_message)",
            [shop],
        )
    assert check(shop, 20) == Check(lost=1, duplicated=0)
    with for_shop(shop) as cursor:
        cursor.execute(
            "INSERT INTO journeys_transition SELECT * FROM journeys_transition WHERE shop_id = %s AND step_key = '' LIMIT 1",
            [shop],
        )
        # Counted once more by the tally would be no proof: the tables themselves are counted.
    assert check(shop, 20) == Check(lost=1, duplicated=1)
