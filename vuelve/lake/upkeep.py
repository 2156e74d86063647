"""Keeping the lake small and clean: compaction, expiry of snapshots, files that nobody reads, people who are erased."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from prometheus_client import Counter
from pyarrow import fs
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, _dataframe_to_data_files
from pyiceberg.table import FileScanTask, Table

from vuelve.lake import catalogue, flushing
from vuelve.lake.catalogue import EVENTS
from vuelve.lake.locking import flushing_alone
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.errors import Retryable
from vuelve.platform.extension import LakeTable
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import all_shop_ids, retention

log = structlog.get_logger(__name__)

COMPACTED = Counter("vuelve_lake_compacted_files_total", "Small files that were made into larger ones.")

ATTEMPTS_MAX = 5
FILES_MIN = 4  # small ones of a day of a shop, or of a table of rows, before it is worth while
# A file with as many rows is large enough, and a group of small ones is at most so large: it is read into memory.
LARGE_ROWS, GROUP_ROWS = 500_000, 1_000_000
# A file that is younger may belong to a commit that is under way.
ORPHAN_AGE = timedelta(days=1)


def compact(*, now: datetime) -> int:
    """Few large files in place of many small ones; of customers' rows only the newest writing. Returns files replaced."""
    replaced = 0
    for name in names():
        table = catalogue.find(name)
        if table is not None:
            for partition in _crowded(table):
                replaced += _again(name, partial(_compact, partition=partition))
    COMPACTED.inc(replaced)
    _forget_old(now)
    tidy(now=now)
    return replaced


def tidy(*, now: datetime, keep: timedelta = timedelta(seconds=limits.LAKE_SNAPSHOT_SECONDS)) -> int:
    """Let go of old snapshots, and remove the files that none of those left needs; returns how many. Only what a snapshot
    has needed is removed at once: a file that none has may belong to a commit that is under way, and stays for a day.
    """
    removed = 0
    for name in names():
        table = catalogue.find(name)
        if table is None or table.current_snapshot() is None:
            continue
        removed += _again(name, partial(_expire, before=now - keep if keep else None))
        if keep:
            removed += _remove_orphans(table.refresh(), now)
    if removed:
        log.info("lake tidied", files=removed)
    return removed


def erase(*, shop: ShopId, ids: Sequence[int], now: datetime) -> int:
    """Rewrite what holds rows of these customers as the database has them now, and let go of the old files at once; returns
    how many tables have changed. Orders that stay without the person stand under nobody's id afterwards, here as there.
    """
    if not ids:
        return 0
    which = f"shop_id = {int(shop)} and customer_id in ({', '.join(str(int(each)) for each in ids)})"
    deeds = {EVENTS: partial(_without_events, which=which, shop=shop, ids=ids, now=now)}
    deeds |= {
        table.name: partial(_without_rows, which=which, lake=table, shop=shop, ids=ids)
        for table in catalogue.customer_tables()
    }
    return _delete(which, deeds, now)


def erase_shop(*, shop: ShopId, now: datetime) -> int:
    """As `erase`, of all that a shop has."""
    which = f"shop_id = {int(shop)}"
    return _delete(which, {name: partial(_deleted, which=which) for name in names()}, now)


def names() -> list[str]:
    return [EVENTS, *(each.name for each in catalogue.customer_tables())]


def _delete(which: str, deeds: Mapping[str, Callable[[Table], int]], now: datetime) -> int:
    # A flush that has read the rows already would fail to commit, and be in vain.
    with flushing_alone():
        changed = sum(_again(name, deed) for name, deed in deeds.items() if _has(name, which))
        # Also if it was all done before: whoever was killed in between has left the old files.
        tidy(now=now, keep=timedelta(0))
    return changed


def _has(name: str, which: str) -> bool:
    table = catalogue.find(name)
    if table is None:
        return False
    return bool(table.scan(row_filter=which, limit=1, selected_fields=("shop_id",)).to_arrow().num_rows)


def _without_events(table: Table, which: str, shop: ShopId, ids: Sequence[int], now: datetime) -> int:
    gone = table.scan(row_filter=which, selected_fields=("xid", "seq")).to_arrow()
    kept = flushing.events_at(shop, gone["xid"].to_pylist(), gone["seq"].to_pylist(), without=ids)
    found = flushing.shredded(kept, now) if kept.num_rows else None
    with table.transaction() as commit:
        commit.delete(which)
        if found is not None:
            flushing.add(commit, found)
    return 1


def _without_rows(table: Table, which: str, lake: LakeTable, shop: ShopId, ids: Sequence[int]) -> int:
    rows = flushing.rows_left(lake, shop, ids)
    with table.transaction() as commit:
        commit.delete(which)
        if rows.num_rows:
            commit.append(rows)
    return 1


def _deleted(table: Table, which: str) -> int:
    table.delete(which)
    return 1


def _forget_old(now: datetime) -> None:
    """Events that a shop keeps no longer (its retention), by whole days."""
    for shop in all_shop_ids():
        with for_shop(shop):
            days = retention(shop).get("events")
        if days is None:
            continue
        before = (now - timedelta(days=days)).date().isoformat()
        which = f"shop_id = {int(shop)} and received_at < '{before}T00:00:00+00:00'"
        if _has(EVENTS, which):
            _again(EVENTS, partial(_deleted, which=which))


def _again(name: str, deed: Callable[[Table], int]) -> int:
    """A deed on the newest state of a table; tried again when somebody has committed meanwhile. Raises Retryable in the end."""
    for _attempt in range(ATTEMPTS_MAX):
        table = catalogue.find(name)
        if table is None:
            return 0
        try:
            return deed(table)
        except (CommitFailedException, ValidationException):
            continue
    raise Retryable(f"the lake's table {name} is too busy", after_seconds=30)


Partition = tuple[Any, ...]


def _small_files(table: Table) -> dict[Partition, list[FileScanTask]]:
    found: dict[Partition, list[FileScanTask]] = {}
    for task in table.scan().plan_files():
        if task.file.record_count < LARGE_ROWS:
            found.setdefault(_partition(task), []).append(task)
    return found


def _partition(task: FileScanTask) -> Partition:
    record = task.file.partition
    return tuple(record[place] for place in range(len(record)))


def _crowded(table: Table) -> list[Partition]:
    """Where there are several small files: days of a shop, or a shop's rows."""
    return [partition for partition, tasks in _small_files(table).items() if len(tasks) >= FILES_MIN]


def _compact(table: Table, partition: Partition) -> int:
    """Make one group of a partition's small files into few; returns how many they were."""
    tasks, rows = list[FileScanTask](), 0
    for task in sorted(_small_files(table).get(partition, []), key=lambda task: task.file.record_count):
        if rows + task.file.record_count > GROUP_ROWS:
            break
        tasks.append(task)
        rows += task.file.record_count
    if len(tasks) < FILES_MIN:
        return 0
    whole = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue()).to_table(tasks)
    if table.name()[-1] == EVENTS:
        whole = whole.sort_by([("name", "ascending"), ("occurred_at", "ascending"), ("seq", "ascending")])
    else:
        alone = len(tasks) == sum(1 for task in table.scan().plan_files() if _partition(task) == partition)
        whole = newest(whole, with_gone=not alone)
    with table.transaction() as commit, commit.update_snapshot().overwrite() as change:
        for task in tasks:
            change.delete_data_file(task.file)
        for file in _dataframe_to_data_files(commit.table_metadata, whole, table.io):
            change.append_data_file(file)
    return len(tasks)


def newest(rows: pa.Table, *, with_gone: bool = False) -> pa.Table:
    """The newest writing of each customer, sorted by customer. Who has no rows any more is left out, unless older writings
    of theirs may stand elsewhere.
    """
    if not rows.num_rows:
        return rows
    last = rows.group_by("customer_id").aggregate([("version", "max")])
    joined = rows.join(last, keys="customer_id", join_type="inner")
    wanted = pc.equal(joined["version"], joined["version_max"])
    if not with_gone:
        wanted = pc.and_(wanted, joined["is_row"])
    return joined.filter(wanted).select(rows.column_names).sort_by("customer_id")


def _expire(table: Table, before: datetime | None) -> int:
    """All snapshots but the newest, or those of them that are older; returns how many files went with them. A commit may
    have made several: those on the way to the newest may still need what it has replaced.
    """
    current = table.current_snapshot()
    others = [
        each for each in table.snapshots() if current is None or each.snapshot_id != current.snapshot_id
    ]
    old = [
        each.snapshot_id
        for each in others
        if before is None or each.timestamp_ms <= before.timestamp() * 1000
    ]
    if not old:
        return 0
    needed = set(_referenced(table, {each.snapshot_id for each in table.snapshots()} - set(old)))
    unneeded = set(_referenced(table, set(old))) - needed
    table.maintenance.expire_snapshots().by_ids(old).commit()
    # Whoever commits meanwhile builds on the newest snapshot, whose files are needed.
    for path in unneeded:
        with suppress(FileNotFoundError):
            table.io.delete(path)
    return len(unneeded)


def _remove_orphans(table: Table, now: datetime) -> int:
    """What was left by those who were killed, or by commits that failed."""
    store, root = fs.FileSystem.from_uri(table.location())
    needed = {_name(path) for path in _referenced(table, {each.snapshot_id for each in table.snapshots()})}
    needed |= {
        _name(table.metadata_location),
        *(_name(each.metadata_file) for each in table.metadata.metadata_log),
    }
    removed = 0
    for each in store.get_file_info(fs.FileSelector(root, recursive=True, allow_not_found=True)):
        is_old = each.mtime is not None and each.mtime < now - ORPHAN_AGE
        if each.is_file and is_old and _name(each.path) not in needed:
            store.delete_file(each.path)
            removed += 1
    return removed


def _referenced(table: Table, snapshots: Set[int]) -> Iterator[str]:
    """Files that these snapshots need. Manifests are shared between snapshots, and read once."""
    seen = set[str]()
    for snapshot in table.snapshots():
        if snapshot.snapshot_id not in snapshots:
            continue
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            yield manifest.manifest_path
            for file in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                yield file.data_file.file_path


def _name(path: str) -> str:
    """Files have names of their own: comparing these needs no spelling of the store's address."""
    return path.rsplit("/", 1)[-1]
