"""Several worker processes at once, one of them killed: nothing is lost, nothing is done twice."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from vuelve.events import consuming
from vuelve.events import services as events
from vuelve.journeys.consumers import JourneysConsumer
from vuelve.journeys.contracts import RunStatus
from vuelve.journeys.tests.scene import END, Scene, send, trigger
from vuelve.platform.clock import Clock, monotonic_seconds
from vuelve.platform.db import copy_rows, for_shop

CUSTOMERS = 1_500
BATCH = 40
PATIENCE_SECONDS = 60

# What `vuelve worker` does, in small batches and without the rest of it.
WORKER = f"""
import sys
from datetime import datetime
import django
django.setup()
from vuelve.channels.services import OutboxSink
from vuelve.events.consuming import consume_once
from vuelve.journeys import engine
from vuelve.journeys.consumers import JourneysConsumer
from vuelve.platform.clock import VirtualClock
clock = VirtualClock(datetime.fromisoformat(sys.argv[1]))
consumer, sink = JourneysConsumer(), OutboxSink()
while True:
    consume_once(consumer, clock=clock, rows={BATCH}, workers=2)
    engine.tick(now=clock.now(), sink=sink, limit={BATCH})
"""


@pytest.mark.slow
def test_two_workers_and_one_is_killed_half_way(scene: Scene) -> None:
    scene.template("pro")
    scene.template("free")
    scene.publish(
        {
            "split": {
                "type": "split",
                "config": {"branches": [{"name": "pro", "conditions": trigger("plan", "pro")}]},
                "next": {"pro": "send_pro", "otherwise": "send_free"},
            },
            "send_pro": send("pro"),
            "send_free": send("free"),
            "end": END,
        },
        first="split",
    )
    scene.settle()  # what earlier tests left in the log
    stage_orders(scene)
    let_the_others_read(scene.clock)
    now = scene.clock.now().isoformat()
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, now]) for _ in range(2)]
    try:
        wait_for(scene, CUSTOMERS * 2)
        os.kill(workers[0].pid, signal.SIGKILL)
        workers[0].wait()
        wait_for(scene, CUSTOMERS * 4)
        assert workers[1].poll() is None
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    expected = {
        ("", "entered"): CUSTOMERS,
        ("split", "pro"): CUSTOMERS // 2,
        ("split", "otherwise"): CUSTOMERS // 2,
        ("send_pro", "sent"): CUSTOMERS // 2,
        ("send_free", "sent"): CUSTOMERS // 2,
        ("end", "finished"): CUSTOMERS,
    }
    assert scene.tally() == expected
    logged = scene.rows(
        "SELECT step_key, outcome, count(*)::int AS moves, count(DISTINCT customer_id)::int AS customers "
        "FROM journeys_transition GROUP BY step_key, outcome"
    )
    assert {(row["step_key"], row["outcome"]): row["moves"] for row in logged} == expected
    assert all(row["moves"] == row["customers"] for row in logged)
    runs = scene.runs()
    assert len(runs) == CUSTOMERS
    assert {run["status"] for run in runs} == {RunStatus.FINISHED}
    messages = scene.messages()
    assert len(messages) == len({message["customer_id"] for message in messages}) == CUSTOMERS
    plan = {run["customer_id"]: "pro" if int(run["user_id"][1:]) % 2 else "free" for run in runs}
    assert all(message["template"] == plan[message["customer_id"]] for message in messages)


def stage_orders(scene: Scene) -> None:
    with for_shop(scene.id) as cursor:
        events.open_staging(cursor)
        copy_rows(
            cursor,
            "event_staged (shop_id, name, occurred_at, message_id, user_id, properties)",
            (
                (
                    scene.id,
                    "Order Completed",
                    scene.clock.now(),
                    f"m{number}",
                    f"u{number}",
                    json.dumps({"order_id": f"o{number}", "plan": "pro" if number % 2 else "free"}),
                )
                for number in range(CUSTOMERS)
            ),
        )
        events.record_staged(cursor, now=scene.clock.now(), source="test", from_outside=True)


def let_the_others_read(at: Clock) -> None:
    """All consumers that the journeys stay behind."""
    for consumer in consuming.in_order():
        while consumer.name != JourneysConsumer.name and consuming.consume_once(consumer, clock=at):
            pass


def wait_for(scene: Scene, moves: int) -> None:
    deadline = monotonic_seconds() + PATIENCE_SECONDS
    while sum(scene.tally().values()) < moves:
        assert monotonic_seconds() < deadline, scene.tally()
        time.sleep(0.01)
