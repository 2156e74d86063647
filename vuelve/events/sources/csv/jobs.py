"""Dry run and import of an uploaded file, as background jobs: killed at any point they are run again and go on."""

import structlog

from vuelve.events.sources.csv import running, store
from vuelve.events.sources.csv.contracts import Counts
from vuelve.platform import clock, jobs
from vuelve.platform.errors import Retryable, VuelveError
from vuelve.platform.ids import ShopId
from vuelve.shops.services import audit

log = structlog.get_logger(__name__)

CHECK = "imports.check"
RUN = "imports.run"
# Another worker still holds the import: one that was taken for dead, and is not.
_HELD = frozenset({"import_running", "import_moved"})


@jobs.job(CHECK)
def check(*, shop: int, import_id: int) -> None:
    def note(_offset: int, counts: Counts) -> None:
        store.note_check(shop=ShopId(shop), import_id=import_id, counts=counts)
        jobs.stop_if_told()

    try:
        counts = running.run(
            shop=ShopId(shop), import_id=import_id, clock=clock.real, on_progress=note, is_dry=True
        )
    except VuelveError as error:
        _fail(shop, import_id, error)
        return
    store.finish_check(shop=ShopId(shop), import_id=import_id, counts=counts)


@jobs.job(RUN)
def run(*, shop: int, import_id: int) -> None:
    try:
        counts = running.run(
            shop=ShopId(shop),
            import_id=import_id,
            clock=clock.real,
            on_progress=lambda _offset, _counts: jobs.stop_if_told(),
        )
    except VuelveError as error:
        _fail(shop, import_id, error)
        return
    store.finish(shop=ShopId(shop), import_id=import_id, now=clock.real.now())
    log.info("file imported", shop=shop, id=import_id, rows=counts.rows_read, refused=counts.rows_refused)
    audit(
        shop=ShopId(shop),
        actor="system",
        action="File Imported",
        target=f"import {import_id}",
        detail={"rows": counts.rows_read, "refused": counts.rows_refused},
    )


def _fail(shop: int, import_id: int, error: VuelveError) -> None:
    if error.code in _HELD:
        raise Retryable(error.message, after_seconds=5) from error
    log.warning("import stopped", shop=shop, id=import_id, code=error.code, reason=error.message)
    store.fail(shop=ShopId(shop), import_id=import_id, error=error, now=clock.real.now())
