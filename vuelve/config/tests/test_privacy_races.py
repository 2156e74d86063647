"""An erasure beside everything else: killed, twice at once, while the person's events arrive."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from vuelve.config.tests.story import Story, begin
from vuelve.config.tests.test_privacy import (
    ANA,
    a_full_life,
    column,
    dump,
    erased,
    hits,
    quiet,
    report_of,
    sums,
)
from vuelve.customers.services import erasing
from vuelve.customers.tests.test_races import at_once
from vuelve.customers.ticks import ErasuresTick
from vuelve.platform import jobs
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.db import for_shop
from vuelve.platform.ids import CustomerId
from vuelve.testing import drain, track

VISITS = 60
ROWS_A_COMMIT = 4
PATIENCE_SECONDS = 30

# What the job does, in small commits.
JOB = f"""
import sys
from datetime import datetime
import django
django.setup()
from vuelve.customers.services import erasing
from vuelve.platform import limits
from vuelve.platform.clock import VirtualClock
limits.ERASE_EVENTS_ROWS = {ROWS_A_COMMIT}
erasing.erase(shop=int(sys.argv[1]), erasure=int(sys.argv[2]), clock=VirtualClock(datetime.fromisoformat(sys.argv[3])))
"""


@pytest.fixture
def story(log: None) -> Story:
    return quiet()


def requested(story: Story, customer: CustomerId) -> int:
    return erasing.request_erasure(
        shop=story.id, customer=customer, requested_by="owner@example.com", now=story.clock.now()
    )


def process(story: Story, request: int) -> "subprocess.Popen[bytes]":
    now = story.clock.now().isoformat()
    return subprocess.Popen([sys.executable, "-c", JOB, str(story.id), str(request), now])


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = monotonic_seconds() + PATIENCE_SECONDS
    while not is_so():
        assert monotonic_seconds() < deadline
        time.sleep(0.002)


def kill(running: "subprocess.Popen[bytes]") -> None:
    os.kill(running.pid, signal.SIGKILL)
    running.wait()


def events_of(story: Story, customer: CustomerId) -> int:
    return int(column(story, f"SELECT count(*) FROM events_event WHERE customer_id = {customer}")[0])


@pytest.mark.slow
def test_killed_at_any_point_it_ends_with_the_right_counts(log: None) -> None:
    story = begin()
    ana = a_full_life(story)
    for number in range(VISITS):
        track(story.shop, "Product Viewed", user_id="ana", at=story.clock.now(), message_id=f"visit-{number}")
    story.settle()
    before, events = sums(story), events_of(story, ana)
    all_events = column(story, "SELECT count(*) FROM events_event WHERE customer_id IS NOT NULL")[0]
    assert events > VISITS
    request = requested(story, ana)

    running = process(story, request)  # killed between two commits, or within one
    wait_until(lambda: events_of(story, ana) < events - 5 * ROWS_A_COMMIT)
    kill(running)
    assert 0 < events_of(story, ana) < events
    assert report_of(story, request)["state"] == "erasing"

    with for_shop(story.id) as cursor:  # killed within the transaction that erases
        cursor.execute("SELECT FROM journeys_run WHERE customer_id = %s FOR UPDATE", [ana])
        running = process(story, request)
        wait_until(lambda: is_waiting(cursor))
        kill(running)
    assert column(story, f"SELECT count(*) FROM customers_customer WHERE id = {ana}") == [1]
    assert sums(story)["total"] == before["total"]

    assert process(story, request).wait(PATIENCE_SECONDS) == 0
    report = report_of(story, request)
    assert hits(story) == []
    assert sums(story) == before
    assert report["verification"]["is_clean"]
    assert report["counts"]["events_event"] == all_events  # nobody else is in the shop; each is counted once


def is_waiting(cursor: object) -> bool:
    rows = cursor.execute(  # type: ignore[attr-defined]
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid() AND locktype = 'transactionid'"
    ).fetchone()
    return bool(rows[0])


def test_a_job_does_it_once_the_request_is_committed(story: Story) -> None:
    ana = a_full_life(story)
    request = requested(story, ana)
    jobs.run_pending()
    assert report_of(story, request)["state"] == "finished"
    assert [line for line in dump(story) if ANA.search(line)] == []


def test_an_erasure_whose_job_is_gone_is_begun_again(story: Story) -> None:
    ana = a_full_life(story)
    request = requested(story, ana)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    ErasuresTick().tick(story.clock)  # it has not been long enough
    jobs.run_pending()
    assert report_of(story, request)["state"] == "requested"
    story.clock.advance(timedelta(minutes=11))
    for _ in range(2):
        ErasuresTick().tick(story.clock)
    jobs.run_pending()
    assert report_of(story, request)["state"] == "finished"
    assert hits(story) == []


def test_two_erasures_of_one_person_at_once_make_one_report(story: Story) -> None:
    ana = a_full_life(story)
    once = story_counts(story)
    before = sums(story)

    def do() -> int:
        request = requested(story, ana)
        erasing.erase(shop=story.id, erasure=request, clock=story.clock)
        return request

    first, second = at_once(do, do)
    assert first == second
    assert column(story, "SELECT count(*) FROM customers_erasure") == [1]
    report = report_of(story, int(str(first)))
    assert report["counts"]["commerce_order"] == once
    assert report["counts"]["customers_customer"] == 2
    assert sums(story) == before
    assert hits(story) == []


def story_counts(story: Story) -> int:
    return int(column(story, "SELECT count(*) FROM commerce_order")[0])


def test_nothing_remains_of_events_that_arrive_meanwhile(story: Story) -> None:
    ana = a_full_life(story)
    before = sums(story)

    def arrive() -> None:
        for number in range(40):
            name = ("Product Viewed", "Order Completed", "Shipment Updated")[number % 3]
            track(
                story.shop, name, user_id="ana", email="ana@example.com", at=story.clock.now(),
                properties={"order_id": f"9{number:03}", "total": "1.00", "currency": "MXN", "status": "packed"},
            )  # fmt: skip

    def read() -> None:
        for _ in range(40):
            drain(story.clock.now())

    at_once(arrive, read, lambda: erased(story, ana))
    story.settle()
    assert hits(story) == []
    orders = len([number for number in range(40) if number % 3 == 1])
    assert sums(story)["orders"] == before["orders"] + orders
    assert sums(story)["total"] == before["total"] + 100 * orders
    assert column(story, "SELECT count(*) FROM customers_customer WHERE user_id = 'ana'") == [0]
