import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction

from vuelve.platform import jobs
from vuelve.platform.errors import Retryable, VuelveError

ran: list[tuple[str, int]] = []


@jobs.job("tests.note")
def note(*, number: int) -> None:
    ran.append(("note", number))


@jobs.job("tests.refuse")
def refuse(*, number: int) -> None:
    ran.append(("refuse", number))
    raise VuelveError("not_so", "It cannot be done.")


@jobs.job("tests.wait")
def wait(*, number: int) -> None:
    ran.append(("wait", number))
    raise Retryable("busy", after_seconds=3600)


@pytest.fixture(autouse=True)
def empty_queue(log: None) -> Iterator[None]:
    ran.clear()
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def _states(name: str) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = %s", [name])
        return list(cursor.fetchall())


def test_a_job_exists_if_its_transaction_commits_and_only_then() -> None:
    with transaction.atomic():
        jobs.defer("tests.note", number=1)
    with transaction.atomic():
        jobs.defer("tests.note", number=2)
        transaction.set_rollback(True)
    jobs.run_pending()
    assert ran == [("note", 1)]
    assert _states("tests.note") == []


def test_a_mistake_is_final_and_trouble_is_tried_again_later() -> None:
    jobs.defer("tests.refuse", number=1)
    with pytest.raises(VuelveError, match="not_so"):
        jobs.run_pending()
    assert _states("tests.refuse") == [("failed", 1)]
    jobs.defer("tests.wait", number=2)
    jobs.run_pending()
    assert _states("tests.wait") == [("todo", 1)]
    assert ran == [("refuse", 1), ("wait", 2)]


def test_one_that_waits_is_not_queued_twice() -> None:
    assert jobs.defer("tests.note", unique="once", number=1) is not None
    with transaction.atomic():
        assert jobs.defer("tests.note", unique="once", number=2) is None
        assert jobs.count_waiting() == 1  # the transaction goes on
    jobs.run_pending()
    assert ran == [("note", 1)]


@pytest.mark.slow
def test_a_killed_worker_s_job_is_begun_again(database: str, tmp_path: Path) -> None:
    """A real process, SIGKILL in the middle of a job; the next worker does it."""
    program = tmp_path / "worker.py"
    program.write_text(
        "import os, threading, time, django\n"
        "django.setup()\n"
        "from vuelve.platform import jobs\n"
        "jobs.SILENCE_SECONDS_MAX = jobs.HEARTBEAT_SECONDS = 1.0\n"
        "@jobs.job('tests.long')\n"
        "def long(*, number):\n"
        "    with open(os.environ['TRACE'], 'a') as file:\n"
        "        file.write('x')\n"
        "    time.sleep(60 if os.environ['SLOW'] else 0)\n"
        "jobs.run_forever(threading.Event())\n"
    )
    trace = tmp_path / "trace"
    trace.touch()
    jobs.defer("tests.long", number=1)
    for slow, size in (("1", 1), ("", 2)):
        environment = os.environ | {
            "TRACE": str(trace),
            "SLOW": slow,
            "DATABASE_URL": database,
            "VUELVE_DB_ROLE": "worker",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        process = subprocess.Popen([sys.executable, str(program)], env=environment)
        try:
            _until(lambda size=size: trace.stat().st_size == size)
            if not slow:
                _until(lambda: _states("tests.long") == [])
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert trace.read_text() == "xx"


def _until(is_so, seconds: float = 30) -> None:  # type: ignore[no-untyped-def]
    for _ in range(int(seconds * 20)):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_the_web_role_may_defer(database: str) -> None:
    with psycopg.connect(database, options="-c role=vuelve_web") as web:
        web.execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('vuelve', 'tests.note', 0, NULL, NULL, '{\"number\": 5}', NULL)"
            "::procrastinate_job_to_defer_v1])"
        )
    jobs.run_pending()
    assert ran == [("note", 5)]
