"""Everything a store has from before: asked for, waited for, read batch by batch. A job that may be killed anywhere.

Where it stands is a row; each batch's events, the list of what was told of, and the position move in one transaction.
What is read twice is appended once: message ids are those of the webhooks.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import sleep
from typing import Any

import msgspec
import structlog
from prometheus_client import Counter

from vuelve.events import services as events
from vuelve.events.sources import queries
from vuelve.events.sources.appending import append
from vuelve.events.sources.connecting import source_of
from vuelve.events.sources.contracts import UNDER_WAY, Backfill, BackfillState, Store, WebhookState, problem
from vuelve.events.sources.queries import SQL
from vuelve.platform import jobs, limits, vault
from vuelve.platform.clock import Clock, real
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.errors import Retryable, VuelveError
from vuelve.platform.ids import ShopId
from vuelve.platform.stores import (
    Chunk,
    FetchCutError,
    FetchExpiredError,
    FetchState,
    Mapped,
    Reception,
    StoreKind,
    StoreSource,
)
from vuelve.shops.services import audit

log = structlog.get_logger(__name__)

OBJECTS = Counter(
    "vuelve_store_backfill_objects_total", "Objects that backfills have read.", ["source", "kind", "outcome"]
)
JOB = "stores.backfill"
POLL_SECONDS = (1.0, 2.0, 5.0, 10.0, 15.0)  # the last again and again
TROUBLES_MAX = 10  # in a row, waited out here; then the job itself is tried again later
PAUSE_SECONDS_MAX = 60.0
Pause = Callable[[float], None]


def begin(
    *,
    shop: ShopId,
    store_id: int,
    kinds: Sequence[StoreKind],
    since: datetime | None = None,
    until: datetime | None = None,
    actor: str,
    now: datetime,
) -> list[int]:
    """Ask for a backfill of each kind; one that is under way stands for it. Returns the numbers of the new ones."""
    with for_shop(shop) as cursor:
        store = queries.store(cursor, shop, store_id)
        if not store.sealed_token or not store.is_open:
            raise VuelveError("store_closed", "The store is not connected.", hint="Connect it again.")
        begun = []
        for kind in kinds:
            row = cursor.execute(
                "INSERT INTO events_backfill (shop_id, store_id, kind, since, until, asked_by, asked_at, moved_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (shop_id, store_id, kind) "
                "WHERE state IN ('waiting', 'preparing', 'reading') DO NOTHING RETURNING id",
                [shop, store_id, kind, since, until, actor, now, now],
            ).fetchone()
            if row is None:
                continue
            begun.append(int(row[0]))
            audit(
                shop=shop,
                actor=actor,
                action="Backfill Requested",
                target=store.domain,
                detail={"kind": kind},
            )
            # One after another: a store prepares one at a time.
            jobs.defer(JOB, lock=f"store:{store_id}:backfill", shop=int(shop), backfill_id=begun[-1])
        return begun


def stop(*, shop: ShopId, backfill_id: int, actor: str) -> None:
    """What was read stays."""
    with for_shop(shop) as cursor:
        backfill = queries.backfill(cursor, shop, backfill_id, lock=True)
        if backfill.state in UNDER_WAY:
            cursor.execute(
                "UPDATE events_backfill SET state = 'stopped', sealed_url = '' WHERE shop_id = %s AND id = %s",
                [shop, backfill_id],
            )
            audit(shop=shop, actor=actor, action="Backfill Stopped", target=f"backfill {backfill_id}")


@jobs.job(JOB)
def run(*, shop: int, backfill_id: int) -> None:
    bring(shop=ShopId(shop), backfill_id=backfill_id, clock=real, pause=_sleep)


def _sleep(seconds: float) -> None:
    """In short naps: a worker that is to stop must not be waited for."""
    while seconds > 0:
        jobs.stop_if_told()
        sleep(min(seconds, 0.5))
        seconds -= 0.5


def bring(*, shop: ShopId, backfill_id: int, clock: Clock, pause: Pause) -> None:
    """Do what is left of a backfill, from wherever it stands."""
    events.ensure_months(now=clock.now(), months_ahead=1)
    troubles = polls = 0
    while True:
        jobs.stop_if_told()
        with for_shop(shop) as cursor:
            backfill = queries.backfill(cursor, shop, backfill_id)
            store = queries.store(cursor, shop, backfill.store_id)
        if backfill.state not in UNDER_WAY:
            _when_over(store, backfill)
            return
        if not store.sealed_token or not store.is_open:
            _move(backfill, clock, state=BackfillState.STOPPED, problem=problem("store_closed"))
            return
        try:
            is_waiting = _step(source_of(store.source), store, backfill, clock)
        except VuelveError as error:
            log.warning("backfill failed", shop=shop, backfill=backfill_id, reason=str(error))
            _move(
                backfill,
                clock,
                state=BackfillState.FAILED,
                problem=problem(error.code, error.message),
            )
        except Retryable as error:
            troubles = 1 if _has_moved(backfill) else troubles + 1
            if troubles > TROUBLES_MAX:
                raise
            log.info("backfill waits", shop=shop, backfill=backfill_id, reason=str(error))
            pause(min(error.after_seconds, PAUSE_SECONDS_MAX))
        else:
            troubles = 0
            if is_waiting:
                pause(POLL_SECONDS[min(polls, len(POLL_SECONDS) - 1)])
                polls += 1


def _step(source: StoreSource, store: Store, backfill: Backfill, clock: Clock) -> bool:
    """One step; True if the store is still at it."""
    match backfill.state:
        case BackfillState.WAITING:
            operation = source.begin(store.access, backfill.kind, backfill.window)
            _move(
                backfill,
                clock,
                state=BackfillState.PREPARING,
                operation=operation,
                attempts=backfill.attempts + 1,
                position="",
                is_partial=False,
            )
            return False
        case BackfillState.PREPARING:
            return _ask(source, store, backfill, clock)
        case _:
            _read_on(source, store, backfill, clock)
            return False


def _ask(source: StoreSource, store: Store, backfill: Backfill, clock: Clock) -> bool:
    status = source.status(store.access, backfill.operation)
    if status.state is FetchState.PREPARING:
        _move(backfill, clock, expected=status.objects)
        return True
    if status.state is FetchState.FAILED:
        _once_more(backfill, clock, problem("store_gave_up", status.reason))
        return False
    if not status.url:
        _move(backfill, clock, state=BackfillState.DONE, expected=0)
        return False
    _move(
        backfill,
        clock,
        state=BackfillState.READING,
        sealed_url=vault.seal(status.url),
        expected=max(status.objects, backfill.expected),
        objects=0,
        is_partial=status.state is FetchState.PARTIAL,
        problem=problem("store_gave_up", status.reason) if status.reason else "",
    )
    return False


def _read_on(source: StoreSource, store: Store, backfill: Backfill, clock: Clock) -> None:
    position = backfill.position
    try:
        url = vault.unseal(backfill.sealed_url)
        chunks = source.fetch(store.access, backfill.kind, url, position, is_whole=not backfill.is_partial)
        for chunk in chunks:
            if not _take(source, store, backfill, chunk, position, clock):
                return
            position = chunk.position
            jobs.stop_if_told()
    except FetchExpiredError:
        _once_more(backfill, clock, problem("file_expired"))
        return
    except FetchCutError as error:
        if not backfill.is_partial:
            raise VuelveError("store_answer", f"{error}.") from error
    if backfill.is_partial:
        _once_more(backfill, clock, backfill.problem)
    else:
        _move(backfill, clock, state=BackfillState.DONE, sealed_url="", problem="")


def _once_more(backfill: Backfill, clock: Clock, reason: str) -> None:
    """Begin anew: what was read stays, and is not doubled."""
    is_last = backfill.attempts >= limits.STORE_OPERATIONS_MAX
    state = BackfillState.FAILED if is_last else BackfillState.WAITING
    _move(backfill, clock, state=state, sealed_url="", position="", problem=reason)


def _take(
    source: StoreSource, store: Store, backfill: Backfill, chunk: Chunk, position: str, clock: Clock
) -> bool:
    """One batch, in one transaction; False if somebody else has moved the backfill meanwhile."""
    now = clock.now()
    reception = Reception(
        received_at=now, connected_at=store.connected_at, domain=store.domain, is_backfill=True
    )
    mapped: list[Mapped] = []
    failed: list[tuple[str, Mapping[str, Any], str]] = []
    for topic, payload in chunk.payloads:
        try:
            mapped.append(source.map(topic, payload, reception))
        except VuelveError as error:
            failed.append((topic, payload, problem(error.code, error.message)))
    skipped = sum(bool(one.skipped) for one in mapped)
    with for_shop(backfill.shop_id) as cursor:
        present = queries.backfill(cursor, backfill.shop_id, backfill.id, lock=True)
        if present.state is not BackfillState.READING or present.position != position:
            return False
        added = append(cursor, store, mapped, now=now)
        _keep_failed(cursor, store, failed, now)
        cursor.execute(
            "UPDATE events_backfill SET position = %s, objects = objects + %s, events = events + %s, "
            "skipped = skipped + %s, failed = failed + %s, moved_at = %s WHERE shop_id = %s AND id = %s",
            [
                chunk.position,
                len(chunk.payloads),
                added,
                skipped,
                len(failed),
                now,
                backfill.shop_id,
                backfill.id,
            ],
        )
    OBJECTS.labels(source.name, backfill.kind, "taken").inc(len(mapped) - skipped)
    OBJECTS.labels(source.name, backfill.kind, "skipped").inc(skipped)
    OBJECTS.labels(source.name, backfill.kind, "failed").inc(len(failed))
    return True


def _keep_failed(
    cursor: Cursor, store: Store, failed: Sequence[tuple[str, Mapping[str, Any], str]], now: datetime
) -> None:
    """What cannot be mapped is kept like a webhook that cannot be: shown, and retried after a mend."""
    for topic, payload, reason in failed:
        parameters = {
            "shop": store.shop_id,
            "store": store.id,
            "key": f"backfill/{topic}/{payload.get('id')}"[:200],
            "topic": topic,
            "now": now,
            "triggered_at": None,
            "state": WebhookState.FAILED,
            "reason": reason,
            "people": [],
            "body": msgspec.json.encode(payload),
        }
        cursor.execute(SQL["keep_webhook"], parameters)


def _has_moved(backfill: Backfill) -> bool:
    with for_shop(backfill.shop_id) as cursor:
        present = queries.backfill(cursor, backfill.shop_id, backfill.id)
    return (present.state, present.position) != (backfill.state, backfill.position)


_COLUMNS = frozenset(
    [
        "state",
        "operation",
        "sealed_url",
        "expected",
        "objects",
        "is_partial",
        "position",
        "attempts",
        "problem",
    ]
)


def _move(backfill: Backfill, clock: Clock, **changes: Any) -> None:
    """Write where it stands, unless it was stopped, or moved by another worker, since it was read."""
    assert changes.keys() <= _COLUMNS
    columns = ", ".join(f"{name} = %s" for name in changes)
    with for_shop(backfill.shop_id) as cursor:
        cursor.execute(
            f"UPDATE events_backfill SET {columns}, moved_at = %s WHERE shop_id = %s AND id = %s AND state = %s",
            [*changes.values(), clock.now(), backfill.shop_id, backfill.id, backfill.state],
        )


def _when_over(store: Store, backfill: Backfill) -> None:
    log.info(
        "backfill over",
        shop=store.shop_id,
        backfill=backfill.id,
        state=backfill.state,
        objects=backfill.objects,
    )
    if backfill.state is BackfillState.DONE:
        with for_shop(store.shop_id):
            jobs.defer(
                "stores.reconcile", unique=f"reconcile:{store.id}", shop=int(store.shop_id), store_id=store.id
            )
