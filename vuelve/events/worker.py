"""The worker's loops: consumers and ticks, in turn, until told to stop.

A process has four, each in a thread and with a connection of its own: identity, which all others stay behind; those of
the others that somebody stays behind; the rest; and the ticks that stay apart since they wait for something outside. They keep
the CPUs busy, and none of them reads a batch twice as processes with a part of the shards each would.

One failing part does not stop the others. A batch that fails is tried again in ever smaller pieces; a single event
that keeps failing is set aside in `events_quarantine`, since otherwise it would stop everybody's events for good.
"""

import threading
from dataclasses import dataclass, field
from enum import Enum

import psycopg
import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from prometheus_client import Counter

from vuelve.events import consuming, rejecting, services
from vuelve.platform import limits
from vuelve.platform.clock import Clock, monotonic_seconds
from vuelve.platform.db import raw_cursor
from vuelve.platform.extension import Consumer, Tick, registry

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.1
# A round costs some 50 ms of CPU whether it takes one event or five hundred: after less than that it waits for more to
# come together. One event a request filled one of two CPUs with rounds of thirty events.
ROUND_ROWS_MIN = 500
# When events come one by one but quickly, rounds of a few dozen take CPU from the web server.
TRICKLE_ROWS_MIN = 20
GATHER_SECONDS = 0.3
APART_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 15.0
FAILURES_OF_ONE_EVENT_MAX = 3
# Dispatcher and jobs connect in the same role; only who consumes counts when the shards are divided.
CONSUMING = "vuelve-consumers"
WORKERS_SQL = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND usename = session_user"

# Statements on raw cursors raise psycopg's errors, the ORM raises Django's. Deadlocks are among them: they pass.
DATABASE_TROUBLE = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)

FAILURES = Counter("vuelve_worker_failures_total", "Batches or ticks that raised.", ["part"])
QUARANTINED = Counter(
    "vuelve_quarantined_events_total", "Events set aside because a consumer cannot take them.", ["consumer"]
)


class Lane(Enum):
    """Which consumers a loop takes care of."""

    ALL = "all"
    IDENTITY = "identity"
    LEADING = "leading"  # others look at their effects
    REST = "rest"
    APART = "apart"  # no consumers, only the ticks that may take long

    def takes(self, consumer: Consumer) -> bool:
        return self is Lane.ALL or self is _lane_of(consumer)

    def runs(self, tick: Tick) -> bool:
        if self is Lane.ALL:
            return True
        return self is (Lane.APART if getattr(tick, "is_apart", False) else Lane.REST)


def _lane_of(consumer: Consumer) -> Lane:
    if consumer.is_identity:
        return Lane.IDENTITY
    return Lane.LEADING if any(consumer.name in other.after for other in registry.consumers) else Lane.REST


def run(*, clock: Clock, stop: threading.Event) -> None:
    """All loops, until `stop` is set. Raises RuntimeError if one in another thread has failed."""
    services.prepare_log(now=clock.now())
    identified, led = threading.Event(), threading.Event()
    failures: dict[str, BaseException] = {}

    def work(worker: Worker) -> None:
        try:
            worker.run()
        except BaseException as error:
            failures[worker.lane.value] = error
            stop.set()
        finally:
            connection.close()

    ahead = [
        Worker(clock=clock, stop=stop, lane=Lane.IDENTITY, passed=identified),
        Worker(clock=clock, stop=stop, lane=Lane.LEADING, more=identified, passed=led),
        Worker(clock=clock, stop=stop, lane=Lane.APART),
    ]
    threads = [threading.Thread(target=work, args=[each], name=each.lane.value) for each in ahead]
    for thread in threads:
        thread.start()
    try:
        Worker(clock=clock, stop=stop, lane=Lane.REST, more=led).run()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for name, failure in failures.items():
        raise RuntimeError(f"{name} has failed") from failure


@dataclass(slots=True)
class Worker:
    clock: Clock
    stop: threading.Event
    lane: Lane = Lane.ALL
    more: threading.Event | None = None  # set by the loop that this one stays behind
    passed: threading.Event | None = None  # to be set for those that stay behind this one
    _rows: dict[str, int] = field(default_factory=dict)  # by consumer: rows of the next batch
    _failures: dict[str, int] = field(default_factory=dict)  # by consumer: of a batch of one event, in a row
    _due_at: dict[str, float] = field(default_factory=dict)  # by tick: when it runs next
    _housekeeping_at: float = 0.0
    _workers: int = 1
    _passed_rows: int = 0  # the most that a consumer has passed in the last round

    def run(self) -> None:
        """Work until `stop` is set."""
        while not self.stop.is_set():
            try:
                close_old_connections()
                self._keep_house()
                goes_on = self.round()
            except DATABASE_TROUBLE as error:
                log.warning("database unavailable; waiting", error=str(error).strip()[:200])
                connection.close()
                self.stop.wait(1.0)
                continue
            if self.passed is not None and self._passed_rows:
                self.passed.set()
            if not goes_on:
                self._rest()

    def _rest(self) -> None:
        """Let some events come together, longer when many come; at once on when the loop ahead has passed some."""
        if self.lane is Lane.APART:
            self.stop.wait(APART_SECONDS)
        elif self.more is None:
            self.stop.wait(GATHER_SECONDS if self._passed_rows >= TRICKLE_ROWS_MIN else IDLE_SECONDS)
        elif self.more.wait(GATHER_SECONDS):
            self.more.clear()

    def round(self) -> bool:
        """Every consumer one batch, every tick that is due once; True if there is enough to go on at once."""
        self._passed_rows = 0
        consumers = [consumer for consumer in consuming.in_order() if self.lane.takes(consumer)]
        were_full = [self._consume(consumer) for consumer in consumers]
        ticks = [tick for tick in registry.ticks if self.lane.runs(tick)]
        done = [self._tick(tick, is_behind=any(were_full)) for tick in ticks]
        return any(were_full) or max(done, default=0) >= ROUND_ROWS_MIN

    def _consume(self, consumer: Consumer) -> bool:
        """True if there may be more to read at once."""
        rows = self._rows.get(consumer.name, limits.CONSUMER_BATCH_ROWS)
        try:
            passed = consuming.consume_once(consumer, clock=self.clock, rows=rows, workers=self._workers)
        except DATABASE_TROUBLE:
            raise
        except Exception as error:
            self._shrink(consumer, rows, error)
            return True
        self._failures.pop(consumer.name, None)
        self._rows[consumer.name] = min(rows * 2, limits.CONSUMER_BATCH_ROWS)
        self._passed_rows = max(self._passed_rows, passed)
        return passed >= min(rows, ROUND_ROWS_MIN)

    def _shrink(self, consumer: Consumer, rows: int, error: Exception) -> None:
        FAILURES.labels(consumer.name).inc()
        log.exception("batch failed", consumer=consumer.name, rows=rows)
        if rows > 1:
            self._rows[consumer.name] = max(rows // 10, 1)
            return
        failures = self._failures[consumer.name] = self._failures.get(consumer.name, 0) + 1
        if failures >= FAILURES_OF_ONE_EVENT_MAX:
            self._failures.pop(consumer.name)
            if consuming.set_aside(consumer, clock=self.clock, error=repr(error), workers=self._workers):
                QUARANTINED.labels(consumer.name).inc()
        self.stop.wait(IDLE_SECONDS)

    def _tick(self, tick: Tick, *, is_behind: bool) -> int:
        """How much it did. While consumers are behind it keeps its interval, even if more is due."""
        if self._due_at.get(tick.name, 0.0) > monotonic_seconds():
            return 0
        try:
            done = tick.tick(self.clock)
        except DATABASE_TROUBLE:
            raise
        except Exception:
            FAILURES.labels(tick.name).inc()
            log.exception("tick failed", tick=tick.name)
            self._due_at[tick.name] = monotonic_seconds() + max(tick.interval_seconds, 1.0)
            return 0
        if not done or is_behind:
            self._due_at[tick.name] = monotonic_seconds() + tick.interval_seconds
        return done

    def _keep_house(self) -> None:
        now = monotonic_seconds()
        if now < self._housekeeping_at:
            return
        self._housekeeping_at = now + HOUSEKEEPING_SECONDS
        if self.lane in (Lane.ALL, Lane.REST):
            self._keep_house_of_all()
        if self.lane not in (Lane.IDENTITY, Lane.APART):
            with transaction.atomic():
                row = raw_cursor().execute(WORKERS_SQL, [CONSUMING]).fetchone()
            self._workers = max(int(row[0]) if row else 1, 1)

    def _keep_house_of_all(self) -> None:
        """What one loop of a process does for the others: its connection is the one that is counted."""
        services.ensure_months(now=self.clock.now())
        services.forget_old_keys(now=self.clock.now())
        rejecting.forget_rejected(now=self.clock.now())
        consuming.measure_lag()
        with transaction.atomic():
            raw_cursor().execute("SELECT set_config('application_name', %s, false)", [CONSUMING])
