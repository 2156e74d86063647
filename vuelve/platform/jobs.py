"""Work that runs later: imports, exports, backfills. Procrastinate's queue in our own PostgreSQL.

A job is deferred inside the transaction it belongs to, so it exists if and only if that commits. It is a plain
function whose arguments say what to work on, never what was said: no personal data, since jobs stand behind no
shop's wall. It may be run again after a crash at any point, so it must be resumable and idempotent.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import structlog
from django.db import connection, transaction
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.contrib.django import app as _app
from procrastinate.contrib.django import connector_params
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from prometheus_client import Counter, Histogram

from vuelve.platform import limits
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.errors import Retryable, VuelveError

log = structlog.get_logger(__name__)

RUNS = Counter("vuelve_jobs_total", "Runs of background jobs.", ["job", "outcome"])
SECONDS = Histogram(
    "vuelve_job_seconds",
    "Time of one run of a background job, in seconds.",
    ["job"],
    buckets=(0.1, 1, 10, 60, 600, 3600),
)

# A worker that has not been heard of for so long is taken for dead, and its jobs are begun again.
HEARTBEAT_SECONDS = 3.0
SILENCE_SECONDS_MAX = 15.0
POLL_SECONDS = 5.0  # new jobs are notified; this only finds those whose time has come
STOP_SECONDS_MAX = 5.0
LEFT_SECONDS_MAX = 1.0
QUEUE_SECONDS_MAX = (
    20  # for a statement of the queue, and for a connection; the server's own bounds are made for jobs
)

Function = TypeVar("Function", bound=Callable[..., None])


class InterruptedJobError(Exception):
    """The worker is to stop. Raised by a long job between two steps; it goes on in the next worker at once."""


class _Strategy(BaseRetryStrategy):
    """Trouble passes, mistakes do not: a VuelveError is final, anything else is tried again, ever later."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, InterruptedJobError):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, VuelveError) or job.attempts + 1 >= limits.JOB_ATTEMPTS_MAX:
            return None
        if isinstance(exception, Retryable):
            return RetryDecision(retry_in={"seconds": max(int(exception.after_seconds), 1)})
        return RetryDecision(retry_in={"seconds": 4 ** (job.attempts + 1)})


def job(name: str) -> Callable[[Function], Function]:
    """Declare a function as the job `name`; its module must be imported in `config/wiring.py`."""

    def declare(function: Function) -> Function:
        def run(**arguments: Any) -> None:
            _run(name, function, arguments)

        _app.task(name=name, queue="vuelve", retry=_Strategy())(run)
        return function

    return declare


def defer(name: str, *, lock: str | None = None, unique: str | None = None, **arguments: Any) -> int | None:
    """Queue a job in the caller's transaction; returns its id.

    Jobs with the same `lock` run one after another. With `unique`, nothing is queued and None returned while a job
    with the same `unique` waits.
    """
    task = _app.configure_task(name, lock=lock, queueing_lock=unique)
    try:
        with transaction.atomic():
            return task.defer(**arguments)
    except AlreadyEnqueued:
        return None


def is_under_way(unique: str) -> bool:
    """Whether a job deferred with this `unique` waits or runs. One that failed for good is neither. In a transaction."""
    return bool(under_way([unique]))


def under_way(uniques: Sequence[str]) -> set[str]:
    """As `is_under_way`, of several at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT queueing_lock FROM procrastinate_jobs WHERE queueing_lock = ANY (%s) AND status IN ('todo', 'doing')",
            [list(uniques)],
        )
        return {row[0] for row in cursor.fetchall()}


def stop_if_told() -> None:
    """For long jobs, between two steps: raises InterruptedJobError once the worker has been told to stop."""
    if _stop.is_set():
        raise InterruptedJobError


def run_forever(stop: threading.Event) -> None:
    """Work on jobs until `stop` is set. A job that does not end in time is left; it is begun again elsewhere."""

    async def work() -> None:
        async with _worker_app().open_async() as app:
            worker = asyncio.create_task(
                app.run_worker_async(
                    name=f"jobs-{os.getpid()}",
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    fetch_job_polling_interval=POLL_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=SILENCE_SECONDS_MAX,
                    shutdown_graceful_timeout=STOP_SECONDS_MAX,
                )
            )
            rounds = 0
            while not stop.is_set() and not worker.done():
                if rounds % int(HEARTBEAT_SECONDS / 0.2) == 0:
                    await _take_over(app)
                rounds += 1
                await asyncio.sleep(0.2)
            _stop.set()
            if not worker.done():
                worker.cancel()
            try:
                await worker
            except asyncio.CancelledError:
                log.info("jobs stopped")

    _stop.clear()
    _run_loop(work())


def run_pending() -> None:
    """Run what waits, in this process, until nothing is due. For tests and commands; raises what a job raised."""
    global _failures
    failures = _failures = list[BaseException]()

    async def work() -> None:
        async with _worker_app().open_async() as app:
            # Not listening: nothing new is waited for, and a listener that is cancelled as it begins may miss it and stay
            # for five minutes.
            await app.run_worker_async(
                wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="successful"
            )

    def in_a_loop_of_its_own() -> None:
        try:
            _run_loop(work())
        except Exception as error:
            failures.append(error)

    _stop.clear()
    thread = threading.Thread(target=in_a_loop_of_its_own)
    thread.start()
    thread.join()
    _failures = None
    for error in failures:
        raise error


def _run_loop(work: Coroutine[Any, Any, None]) -> None:
    """As asyncio.run(), but it does not wait for what does not end when it is cancelled.

    A cancellation is lost if it meets a task at its first step, and a side task of the worker's then sleeps on, for
    minutes; the worker gives such a task up after some tries.
    """
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(work)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=LEFT_SECONDS_MAX))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


_stop = threading.Event()
_failures: list[BaseException] | None = None  # what jobs raise while run_pending() runs


def _worker_app() -> App:
    """With a pool of its own, for the queue's statements only: all are short, and one that is not must not stop the queue."""
    parameters = connector_params()
    parameters["options"] += f" -c statement_timeout={QUEUE_SECONDS_MAX}s"
    pool = PsycopgConnector(
        kwargs=parameters,
        min_size=1,
        max_size=4,
        timeout=QUEUE_SECONDS_MAX,
        reconnect_timeout=QUEUE_SECONDS_MAX,
    )
    return _app.with_connector(pool)


async def _take_over(app: App) -> None:
    """Put jobs of workers that have died back into the queue."""
    for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE_SECONDS_MAX):
        log.warning("a job's worker is gone; it is begun again", job=stalled.task_name, id=stalled.id)
        try:
            await app.job_manager.retry_job(stalled)
        except ConnectorException:
            log.info("another worker was quicker", id=stalled.id)


def _run(name: str, function: Callable[..., None], arguments: dict[str, Any]) -> None:
    began = monotonic_seconds()
    outcome = "failed"
    try:
        function(**arguments)
        outcome = "done"
    except InterruptedJobError:
        outcome = "interrupted"
        raise
    except Retryable as error:
        outcome = "later"
        log.warning("job will be tried again", job=name, reason=str(error), arguments=arguments)
        raise
    except Exception as error:
        if _failures is not None:
            _failures.append(error)
        log.exception("job failed", job=name, arguments=arguments)
        raise
    finally:
        RUNS.labels(name, outcome).inc()
        SECONDS.labels(name).observe(monotonic_seconds() - began)
        connection.close()  # the thread's own; the next job begins with a fresh one


def count_waiting() -> int:
    """How many jobs wait to be run, those for later included."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        return int(cursor.fetchone()[0])


__all__ = [
    "InterruptedJobError",
    "count_waiting",
    "defer",
    "is_under_way",
    "job",
    "run_forever",
    "run_pending",
    "stop_if_told",
]
