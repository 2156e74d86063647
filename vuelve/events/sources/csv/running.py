"""Runs an import: read, map, append to the log, in short transactions, each of which also moves the position.

Killed at any instant it goes on where the last transaction ended: rows, counts, position and the length of the reject
file that counts are committed together. The events are historical and unique by what they are about, so a file that
overlaps another does nothing twice. A dry run is the same code without the last step.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

from prometheus_client import Counter

from vuelve.events import services as events
from vuelve.events.sources.csv import detecting, store
from vuelve.events.sources.csv.ahead import ahead
from vuelve.events.sources.csv.contracts import Counts, Dialect, Refusal, Unit
from vuelve.events.sources.csv.kinds import assembler
from vuelve.events.sources.csv.kinds.rows import SOURCE
from vuelve.events.sources.csv.mapping import Plan, Shop, compile_plan
from vuelve.events.sources.csv.preparing import shop_facts
from vuelve.events.sources.csv.reading import Reader
from vuelve.events.sources.csv.rejects import Rejects
from vuelve.events.sources.csv.store import SQL, Import
from vuelve.platform import limits
from vuelve.platform.clock import Clock
from vuelve.platform.db import Cursor, copy_rows, for_shop, raw_cursor
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Identifiers, registry
from vuelve.platform.ids import ShopId

Progress = Callable[[int, Counts], None]  # bytes read, counts so far

ROWS = Counter("vuelve_import_rows_total", "Rows of imported files.", ["kind", "outcome"])

BATCHES_AHEAD = 2

_COLUMNS = "shop_id, kind, name, occurred_at, message_id, user_id, email, properties, historical"


def run(
    *,
    shop: ShopId,
    import_id: int,
    clock: Clock,
    on_progress: Progress = lambda _offset, _counts: None,
    is_dry: bool = False,
    rejects_path: Path | None = None,
) -> Counts:
    """Go on with an import until its file ends; returns the counts from its very beginning.

    Raises VuelveError `file_changed`, `file_missing`, `import_running`, and what is wrong with file or map as a whole.
    """
    with _alone(shop, import_id):
        with for_shop(shop) as cursor:
            job = store.get(cursor, shop, import_id)
            facts = shop_facts(shop)
        check_file(job)
        events.ensure_months(now=clock.now())
        worker = _Run(job, facts, clock, is_dry=is_dry, rejects_path=rejects_path or job.rejects_path)
        try:
            worker.go(on_progress)
        finally:
            worker.close()
        return worker.counts


@contextmanager
def _alone(shop: ShopId, import_id: int) -> Iterator[None]:
    """One process an import. The lock ends with the connection, so a killed process holds nobody up."""
    key = int.from_bytes(
        md5(f"csv {shop} {import_id}".encode(), usedforsecurity=False).digest()[:8], signed=True
    )
    row = raw_cursor().execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
    if row is None or not row[0]:
        raise VuelveError(
            "import_running", "Another process is at this import.", hint="Let it finish.", status=409
        )
    try:
        yield
    finally:
        raw_cursor().execute("SELECT pg_advisory_unlock(%s)", [key])


def check_file(job: Import) -> None:
    """The file must be the one that was begun with, byte for byte."""
    try:
        found = detecting.fingerprint(job.path)
    except FileNotFoundError as error:
        raise VuelveError(
            "file_missing", f"{job.file_name} is not there any more.", hint="Import it again."
        ) from error
    if found.sha256 != job.sha256:
        raise VuelveError(
            "file_changed",
            f"{job.file_name} has changed since the import began.",
            hint="Put the old file back, or begin anew: what was taken stays, and is not taken twice.",
        )


@dataclass(frozen=True, slots=True)
class _Batch:
    """Units, and where the file is to be read on once they are in."""

    units: Sequence[Unit]
    offset: int
    line: int


class _Run:
    def __init__(self, job: Import, facts: Shop, clock: Clock, *, is_dry: bool, rejects_path: Path) -> None:
        self._job = job
        self._clock = clock
        self._is_dry = is_dry
        self.counts = Counts() if is_dry else job.counts
        map = job.map
        dialect = Dialect(map.encoding, map.delimiter, map.start)
        head = detecting.read_head(job.path, dialect)
        self._plan: Plan = compile_plan(map, head.names, facts, as_of=job.created_at)
        self._at = 0 if is_dry else job.offset_bytes
        offset, line = (self._at, job.line) if self._at else (head.offset, head.line)
        self._reader = Reader(job.path.open("rb"), dialect, offset=offset, line=line)
        self._assembler = assembler(self._plan)
        self._rejects = Rejects(
            rejects_path,
            self._plan.header,
            delimiter=dialect.delimiter,
            length=0 if is_dry else job.rejects_bytes,
        )

    def close(self) -> None:
        self._reader.close()
        self._rejects.close()

    def go(self, on_progress: Progress) -> None:
        if self._is_dry:
            cursor = raw_cursor()
            cursor.execute("CREATE TEMP TABLE IF NOT EXISTS import_key (key uuid PRIMARY KEY)")
            cursor.execute(
                "CREATE TEMP TABLE IF NOT EXISTS import_person (kind smallint, value text, PRIMARY KEY (kind, value))"
            )
            cursor.execute("SELECT vuelve_clear('pg_temp.import_key', 'pg_temp.import_person')")
        batches = ahead(self._batches(), depth=BATCHES_AHEAD)
        # What is there already need not be looked through again for each few thousand rows: a quarter of the time.
        gc.freeze()
        try:
            for batch in batches:
                self._apply(batch)
                on_progress(self._at, self.counts)
        finally:
            batches.close()
            gc.unfreeze()

    def _batches(self) -> Iterator["_Batch"]:
        """Read and understood; touches no database."""
        reader, assembler = self._reader, self._assembler
        units: list[Unit] = []
        rows = 0
        for row in reader:
            units += assembler.take(row)
            rows += 1
            if rows >= limits.CSV_BATCH_ROWS and assembler.can_stop:
                held = assembler.held
                yield _Batch(
                    units, held.offset if held else reader.offset, held.line if held else reader.line
                )
                units, rows = [], 0
        units += assembler.finish()
        yield _Batch(units, reader.offset, reader.line)

    def _apply(self, batch: "_Batch") -> None:
        """One short transaction: the events of good units, the rows of refused ones, and the position."""
        job, units = self._job, batch.units
        with for_shop(job.shop) as cursor:
            if not self._is_dry:
                store.hold(cursor, job.shop, job.id, offset=self._at)
            self._refuse_apart(cursor, units)
            counts = Counts(**_copied(self.counts))
            counts.add(self._append(cursor, units))
            length = 0
            if not self._is_dry:
                length = self._rejects.write(units)
                store.move(
                    cursor,
                    job.shop,
                    job.id,
                    offset=batch.offset,
                    line=batch.line,
                    rejects_bytes=length,
                    counts=counts,
                )
        self._rejects.keep(length)
        if not self._is_dry:
            refused = counts.rows_refused - self.counts.rows_refused
            ROWS.labels(job.kind, "refused").inc(refused)
            ROWS.labels(job.kind, "taken").inc(counts.rows_read - self.counts.rows_read - refused)
        self._at, self.counts = batch.offset, counts

    def _refuse_apart(self, cursor: Cursor, units: Sequence[Unit]) -> None:
        """Refuse what has a key that this import has met before: rows of one order that lie apart in the file."""
        keyed = [unit for unit in units if unit.key]
        if not keyed:
            return
        statement = "keep_keys_of_check" if self._is_dry else "keep_keys"
        given = {"shop": self._job.shop, "import": self._job.id, "keys": [unit.key for unit in keyed]}
        fresh = {row[0] for row in cursor.execute(SQL[statement], given).fetchall()}
        for unit in keyed:
            key = md5(unit.key.encode(), usedforsecurity=False).hexdigest()
            if key in fresh:
                fresh.discard(key)
            elif unit.refusal is None and not unit.is_skipped:
                unit.refusal, unit.refused_line, unit.events = _APART, unit.rows[0].line, ()

    def _append(self, cursor: Cursor, units: Sequence[Unit]) -> Counts:
        counts = _count_rows(units)
        shop = self._job.shop
        good = [
            (
                shop,
                event.kind,
                event.name,
                event.occurred_at,
                event.message_id,
                event.user_id,
                event.email,
                event.properties.decode(),
                True,
            )
            for unit in units
            if unit.refusal is None
            for event in unit.events
        ]
        if not good:
            return counts
        events.open_staging(cursor)
        copy_rows(cursor, f"event_staged ({_COLUMNS})", good)
        for name, new, whole in cursor.execute(SQL["count_new"], {"source": SOURCE}).fetchall():
            counts.events_new[name] = new
            counts.events_repeated[name] = whole - new
        if self._is_dry:
            self._count_people(cursor, units, counts)
        else:
            events.record_staged(cursor, now=self._clock.now(), source=SOURCE, from_outside=True)
        return counts

    def _count_people(self, cursor: Cursor, units: Sequence[Unit], counts: Counts) -> None:
        """Persons that are named for the first time, and how many of them are customers already."""
        named: set[tuple[int, str]] = set()
        for unit in units:
            for event in unit.events if unit.refusal is None else ():
                if value := event.user_id or event.email or event.phone:
                    named.add((1 if event.user_id else 2 if event.email else 3, value))
        given = {"kinds": [kind for kind, _value in named], "values": [value for _kind, value in named]}
        fresh = cursor.execute(SQL["keep_people_of_check"], given).fetchall()
        counts.people = len(fresh)
        if registry.count_known_customers is not None:
            asked = Identifiers(*([value for kind, value in fresh if kind == wanted] for wanted in (1, 2, 3)))
            counts.people_known = registry.count_known_customers(cursor, self._job.shop, asked)


_APART = Refusal(
    "order_rows_apart",
    "Rows of this order stand higher up in the file. Sort the file by order, so that they are together.",
)


def _copied(counts: Counts) -> dict[str, Any]:
    return {
        name: value.copy() if isinstance(value, (dict, list)) else value
        for name, value in counts.as_summary().items()
    }


def _count_rows(units: Sequence[Unit]) -> Counts:
    counts = Counts()
    for unit in units:
        counts.rows_read += len(unit.rows)
        if unit.refusal:
            counts.rows_refused += len(unit.rows)
            code = unit.refusal.code
            counts.reasons[code] = counts.reasons.get(code, 0) + len(unit.rows)
            if len(counts.samples) < limits.IMPORT_ERRORS_SHOWN_MAX:
                counts.samples.append(
                    {
                        "line": unit.refused_line or unit.rows[0].line,
                        "code": code,
                        "column": unit.refusal.field,
                        "reason": unit.refusal.reason,
                    }
                )
        elif unit.is_skipped:
            counts.rows_skipped += len(unit.rows)
    return counts
