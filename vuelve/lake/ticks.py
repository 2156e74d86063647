"""The flusher's loop, and the upkeep's. What is wrong with the store stops them alone, and is said where an operator looks."""

from datetime import datetime, timedelta
from typing import ClassVar

import structlog
from django.db import transaction
from prometheus_client import Gauge

from vuelve.lake import flushing, upkeep
from vuelve.lake.locking import let_others, try_alone
from vuelve.platform import limits
from vuelve.platform.clock import Clock
from vuelve.platform.db import raw_cursor

log = structlog.get_logger(__name__)

FAILING = Gauge("vuelve_lake_failing", "1 while the lake cannot be written.", multiprocess_mode="max")

FLUSHES_MAX = 5  # of one tick, while there is a backlog: a worker that is told to stop waits for it
RETRY_SECONDS = 30


class LakeTick:
    """Flushes what has come in, and now and then does the upkeep; one process at a time."""

    name: ClassVar[str] = "lake"
    interval_seconds: ClassVar[float] = 10.0
    is_apart: ClassVar[bool] = True  # a store that answers slowly must not hold up journeys

    def tick(self, clock: Clock) -> int:
        now = clock.now()
        if not _is_due(now):
            return 0
        if not try_alone():
            return 0
        try:
            done = _work(clock)
        except Exception as error:
            _note_failure(clock.now(), error)
            return 0
        finally:
            let_others()
        _note_success(clock.now())
        return done


def _work(clock: Clock) -> int:
    total = 0
    for _flush in range(FLUSHES_MAX):
        flushed = flushing.flush_once(now=clock.now())
        total += flushed.events
        if not flushed.is_behind:
            break
    state = _state()
    now = clock.now()
    if state.whole_at is None or now - state.whole_at >= timedelta(seconds=limits.LAKE_WHOLE_SECONDS):
        flushing.copy_whole(now=now)
    if state.compacted_at is None or now - state.compacted_at >= timedelta(
        seconds=limits.LAKE_COMPACT_SECONDS
    ):
        upkeep.compact(now=now)
        with transaction.atomic():
            raw_cursor().execute("UPDATE lake_state SET compacted_at = %s", [now])
    return total


class _State:
    def __init__(
        self, row: tuple[datetime | None, datetime | None, datetime | None, datetime | None, datetime | None]
    ) -> None:
        self.failing_since, self.tried_at, self.flushed_at, self.compacted_at, self.whole_at = row


def _state() -> _State:
    with transaction.atomic():
        row = (
            raw_cursor()
            .execute("SELECT failing_since, tried_at, flushed_at, compacted_at, whole_at FROM lake_state")
            .fetchone()
        )
    assert row is not None
    return _State((row[0], row[1], row[2], row[3], row[4]))


def _is_due(now: datetime) -> bool:
    """At the latest every minute; sooner when a flush's worth has come in. While the store is lost ever more rarely."""
    state = _state()
    if state.failing_since is not None and state.tried_at is not None:
        lost = (state.tried_at - state.failing_since).total_seconds()
        wait = min(max(RETRY_SECONDS, lost), limits.LAKE_RETRY_SECONDS_MAX)
        return now - state.tried_at >= timedelta(seconds=wait)
    if state.flushed_at is None or now - state.flushed_at >= timedelta(
        seconds=limits.LAKE_FLUSH_SECONDS - 10
    ):
        return True
    with transaction.atomic():
        row = raw_cursor().execute(flushing.SQL["waiting"], {"rows": limits.LAKE_FLUSH_ROWS}).fetchone()
    return bool(row and row[0])


def _note_failure(now: datetime, error: Exception) -> None:
    FAILING.set(1)
    log.error("the lake cannot be written; events wait in the log", error=repr(error)[:500])
    with transaction.atomic():
        raw_cursor().execute(
            "UPDATE lake_state SET failing_since = coalesce(failing_since, %s), tried_at = %s, error = %s",
            [now, now, repr(error)[:500]],
        )


def _note_success(now: datetime) -> None:
    FAILING.set(0)
    with transaction.atomic():
        raw_cursor().execute(
            "UPDATE lake_state SET failing_since = NULL, error = '', tried_at = %s, flushed_at = %s",
            [now, now],
        )
