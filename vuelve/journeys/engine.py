"""Advances due runs, all at a step together: state change and side effects in one transaction.

`tick` is given its instant and its sink, so the same engine runs live, in replays and in backtests. A run waits in
its row, never here: a worker that dies in the middle of a batch leaves the batch as it was.
"""

from collections.abc import Sequence
from datetime import datetime

import psycopg
import structlog
from django.db import OperationalError, transaction
from prometheus_client import Counter, Histogram

from vuelve.journeys import moves, versions
from vuelve.journeys.contracts import EXITED, FAILED, FINISHED, PublishedVersion, RunStatus, Step
from vuelve.journeys.models import Status
from vuelve.journeys.moves import Tally
from vuelve.platform import limits
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.db import Cursor, Statements, for_shop, for_shops
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Sink, StepGroup, registry
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import all_shop_ids

SQL = Statements(__file__)
log = structlog.get_logger(__name__)

MOVES = Counter("vuelve_journey_moves_total", "Moves of runs from one step to the next.")
FAILURES = Counter("vuelve_journey_failed_runs_total", "Runs that ended because a step raised.", ["type"])
BATCH_SECONDS = Histogram("vuelve_journey_batch_seconds", "Time of one batch of runs, in seconds.")

REASON_CHARS_MAX = 300


def tick(
    *, now: datetime, sink: Sink, shops: Sequence[ShopId] | None = None, limit: int = limits.RUN_BATCH_ROWS
) -> int:
    """One batch of each journey that has due runs; returns how many moves they made: 0 when nothing is due.

    A batch is at most `limit` runs, in a transaction of its own; each goes on until it waits or ends.
    """
    seen = all_shop_ids() if shops is None else list(shops)
    with for_shops(seen) as cursor:
        due = cursor.execute(SQL["due_journeys"], {"shops": seen, "now": now}).fetchall()
    made = 0
    trouble: Exception | None = None
    for shop, journey, is_archived in due:
        began = monotonic_seconds()
        work = _end_archived if is_archived else _advance_due
        try:
            with for_shop(ShopId(shop)) as cursor:
                made += work(cursor, ShopId(shop), journey, now, sink, limit)
        except Exception as error:
            # A lock, a time-out, a version that cannot be read: nothing has happened, and the runs stay due.
            # The other journeys go on.
            log.warning("a batch of runs was put off", shop=shop, journey=journey, exc_info=error)
            trouble = error
            continue
        BATCH_SECONDS.observe(monotonic_seconds() - began)
    if trouble is not None and not made:
        raise trouble
    MOVES.inc(made)
    return made


def _advance_due(cursor: Cursor, shop: ShopId, journey: int, now: datetime, sink: Sink, limit: int) -> int:
    # The lock makes pausing sure: once `set_status` has returned, no batch is under way.
    status = cursor.execute(
        "SELECT status FROM journeys_journey WHERE shop_id = %s AND id = %s FOR SHARE", [shop, journey]
    ).fetchone()
    if status is None or status[0] != Status.LIVE:
        return 0
    cursor.execute(SQL["open_runs"])
    # Not only at commit: several batches may share an outer transaction, as in a backtest.
    cursor.execute("SELECT vuelve_clear('pg_temp.run_batch')")
    claimed = cursor.execute(
        SQL["claim_due"], {"shop": shop, "journey": journey, "now": now, "rows": limit}
    ).rowcount
    if not claimed:
        return 0
    moves.ensure_months(cursor, now)
    standing: dict[int, dict[str, int]] = {}
    for version_id, step, count in cursor.execute(SQL["standing"]).fetchall():
        standing.setdefault(version_id, {})[step] = count
    tally = Tally()
    for version in versions.published(standing).values():
        _Walk(cursor, version, standing[version.id], now, sink, tally).run()
    cursor.execute(SQL["write_runs"], {"now": now})
    if cursor.rowcount != claimed:
        raise RuntimeError(f"{claimed} runs were claimed, {cursor.rowcount} written")
    return tally.write(cursor)


class _Walk:
    """Takes the claimed runs of one version through its graph: each step once, after all that lead to it."""

    def __init__(
        self,
        cursor: Cursor,
        version: PublishedVersion,
        standing: dict[str, int],
        now: datetime,
        sink: Sink,
        tally: Tally,
    ) -> None:
        self.cursor = cursor
        self.version = version
        self.standing = standing
        self.now = now
        self.sink = sink
        self.tally = tally

    def run(self) -> None:
        for key in self.version.order:
            if self.standing.get(key):
                self._step(self.version.graph.steps[key])

    def _step(self, step: Step) -> None:
        try:
            # One step's failure must not undo what other runs did: its effects go, theirs stay.
            with transaction.atomic():
                is_end = self._advance(step)
        except Exception as error:
            if _is_of_the_server(error):
                raise  # the batch is tried again
            log.warning("a step failed", journey=self.version.journey_key, step=step.key, exc_info=error)
            self._end(step, RunStatus.FAILED, FAILED, _reason(step, error), everyone=True)
            return
        if is_end:
            self._end(step, RunStatus.FINISHED, FINISHED, FINISHED, everyone=True)
            return
        left = self.standing[step.key] - self._follow(step)
        if left:
            # Those that wait stay as they are; what is neither waiting nor on an edge can go nowhere.
            self._end(step, RunStatus.FAILED, FAILED, f"{step.key}: no edge for the outcome", everyone=False)

    def _advance(self, step: Step) -> bool:
        """Let the step do its work; whether it is an end."""
        kind = registry.steps.get(step.type)
        if kind is None:
            raise VuelveError("graph_unknown_step_type", f"There is no step type `{step.type}`.")
        kind.advance(
            StepGroup(
                cursor=self.cursor,
                now=self.now,
                shop=self.version.shop,
                journey_id=self.version.journey_id,
                journey_key=self.version.journey_key,
                version_id=self.version.id,
                step_key=step.key,
                config=step.config,
                sink=self.sink,
            )
        )
        return not kind.outcomes(step.config)

    def _follow(self, step: Step) -> int:
        if not step.next:
            return 0
        followed = 0
        parameters = {
            "version": self.version.id,
            "step": step.key,
            "now": self.now,
            "outcomes": list(step.next),
            "targets": list(step.next.values()),
        }
        for outcome, count in self.cursor.execute(SQL["follow_edges"], parameters).fetchall():
            target = step.next[outcome]
            self.standing[target] = self.standing.get(target, 0) + count
            self.tally.add(self.version.shop, self.version.id, step.key, outcome, count)
            followed += count
        return followed

    def _end(self, step: Step, status: RunStatus, outcome: str, reason: str, *, everyone: bool) -> None:
        row = self.cursor.execute(
            SQL["end_at_step"],
            {
                "version": self.version.id,
                "step": step.key,
                "now": self.now,
                "status": status,
                "outcome": outcome,
                "reason": reason,
                "everyone": everyone,
            },
        ).fetchone()
        assert row is not None
        if status == RunStatus.FAILED:
            FAILURES.labels(step.type).inc(row[0])
        self.tally.add(self.version.shop, self.version.id, step.key, outcome, row[0])


def _end_archived(cursor: Cursor, shop: ShopId, journey: int, now: datetime, sink: Sink, limit: int) -> int:
    moves.ensure_months(cursor, now)
    tally = Tally()
    parameters = {"shop": shop, "journey": journey, "now": now, "rows": limit}
    for version_id, step, count in cursor.execute(SQL["end_archived"], parameters).fetchall():
        tally.add(shop, version_id, step, EXITED, count)
    return tally.write(cursor)


def _is_of_the_server(error: Exception) -> bool:
    """A lock, a time-out, a full disk, a lost connection: not the step's fault, and it may pass."""
    if not isinstance(error, psycopg.OperationalError):
        return isinstance(error, OperationalError)
    # 54: a limit of PostgreSQL itself, such as a value too large for an index; it would be met again.
    return not (error.sqlstate or "").startswith("54")


def _reason(step: Step, error: Exception) -> str:
    what = str(error).strip().splitlines()
    return f"{step.key}: {what[0] if what else type(error).__name__}".replace("\x00", "")[:REASON_CHARS_MAX]
