"""The only writer of `events_import`: what is imported, how far it has come, what became of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vuelve.events.sources.csv.contracts import Counts, Fingerprint, Status
from vuelve.events.sources.csv.mapping import FileMap, from_dict
from vuelve.platform.db import Cursor, Statements, fetch_dicts, for_shop
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.ids import ShopId

SQL = Statements(__file__)
KEYS_FORGOTTEN_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Import:
    id: int
    shop: ShopId
    kind: str
    status: Status
    is_upload: bool
    file_name: str
    path: Path
    size_bytes: int
    sha256: str
    map_given: Mapping[str, Any]  # as JSON; of a draft it may lack the kind
    created_at: datetime
    created_by: str
    finished_at: datetime | None
    offset_bytes: int
    line: int
    rejects_bytes: int
    counts: Counts
    checked: Counts | None
    error: Mapping[str, Any] | None
    is_file_kept: bool

    @property
    def map(self) -> FileMap:
        return from_dict(self.map_given)

    @property
    def rejects_path(self) -> Path:
        return self.path.with_name(self.path.name + ".rejects.csv")

    @property
    def share(self) -> int:
        """How much is read, in percent."""
        return min(100, self.offset_bytes * 100 // self.size_bytes)


def create(
    *,
    shop: ShopId,
    path: Path,
    file_name: str,
    found: Fingerprint,
    by: str,
    now: datetime,
    is_upload: bool,
    map: FileMap | None = None,
) -> int:
    with for_shop(shop) as cursor:
        row = cursor.execute(
            SQL["insert"],
            {
                "shop": shop,
                "kind": map.kind if map else "",
                "status": Status.DRAFT if map is None else Status.RUNNING,
                "is_upload": is_upload,
                "file_name": file_name,
                "path": str(path),
                "size": found.size_bytes,
                "sha256": found.sha256,
                "map": map.as_json() if map else "{}",
                "now": now,
                "by": by,
            },
        ).fetchone()
        assert row is not None
        return int(row[0])


def get(cursor: Cursor, shop: ShopId, import_id: int) -> Import:
    """Raises VuelveError `not_found`."""
    cursor.execute("SELECT * FROM events_import WHERE shop_id = %s AND id = %s", [shop, import_id])
    rows = fetch_dicts(cursor)
    if not rows:
        raise not_found("import")
    return _import(rows[0])


def latest(cursor: Cursor, shop: ShopId, *, before: int | None, rows: int) -> list[Import]:
    cursor.execute(
        "SELECT * FROM events_import WHERE shop_id = %s AND (%s::bigint IS NULL OR id < %s) ORDER BY id DESC LIMIT %s",
        [shop, before, before, rows],
    )
    return [_import(row) for row in fetch_dicts(cursor)]


def _import(row: dict[str, Any]) -> Import:
    return Import(
        id=row["id"],
        shop=ShopId(row["shop_id"]),
        kind=row["kind"],
        status=Status(row["status"]),
        is_upload=row["is_upload"],
        file_name=row["file_name"],
        path=Path(row["path"]),
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        map_given=row["map"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        finished_at=row["finished_at"],
        offset_bytes=row["offset_bytes"],
        line=row["line"],
        rejects_bytes=row["rejects_bytes"],
        counts=Counts(**row["counts"]),
        checked=None if row["checked"] is None else Counts(**row["checked"]),
        error=row["error"],
        is_file_kept=row["is_file_kept"],
    )


def find_open(*, shop: ShopId, path: Path, found: Fingerprint, map: FileMap) -> int | None:
    """The import of this file by this map that is to be gone on with.

    Raises VuelveError `file_changed` if another content of the file was begun and not finished.
    """
    with for_shop(shop) as cursor:
        given = {"shop": shop, "sha256": found.sha256, "map": map.as_json(), "path": str(path)}
        row = cursor.execute(SQL["find_open"], given).fetchone()
        if row is not None:
            return int(row[0])
        changed = cursor.execute(SQL["find_changed"], given).fetchone()
        if changed is not None:
            raise VuelveError(
                "file_changed",
                f"The file has changed since it was read up to line {changed[1]} (import {changed[0]}).",
                hint="Put the old file back, or begin anew with --restart: what was taken stays, and is not taken twice.",
            )
        return None


def hold(cursor: Cursor, shop: ShopId, import_id: int, *, offset: int) -> None:
    """Raises VuelveError `import_moved` if another process is further on."""
    row = cursor.execute(SQL["hold"], {"shop": shop, "import": import_id}).fetchone()
    if row is None or row[0] != offset:
        raise VuelveError(
            "import_moved", "Another process goes on with this import.", hint="Let it finish.", status=409
        )


def move(
    cursor: Cursor,
    shop: ShopId,
    import_id: int,
    *,
    offset: int,
    line: int,
    rejects_bytes: int,
    counts: Counts,
) -> None:
    cursor.execute(
        SQL["move"],
        {
            "shop": shop,
            "import": import_id,
            "offset": offset,
            "line": line,
            "rejects": rejects_bytes,
            "counts": json.dumps(counts.as_json()),
        },
    )


def set_map(*, shop: ShopId, import_id: int, map: FileMap) -> None:
    """The columns of a draft; what an earlier dry run counted is out of date."""
    with for_shop(shop) as cursor:
        cursor.execute(
            "UPDATE events_import SET kind = %s, map = %s, status = 'draft', checked = NULL, error = NULL "
            "WHERE shop_id = %s AND id = %s AND status IN ('draft', 'checked')",
            [map.kind, map.as_json(), shop, import_id],
        )
        if not cursor.rowcount:
            raise VuelveError("import_begun", "This import has begun: its columns are settled.", status=409)


def set_status(*, shop: ShopId, import_id: int, status: Status, among: tuple[Status, ...]) -> bool:
    """Claims the next state; False if the import is not in one of `among` any more."""
    with for_shop(shop) as cursor:
        cursor.execute(
            "UPDATE events_import SET status = %s, error = NULL WHERE shop_id = %s AND id = %s AND status = ANY (%s)",
            [status, shop, import_id, list(among)],
        )
        return cursor.rowcount == 1


def finish(*, shop: ShopId, import_id: int, now: datetime) -> None:
    """Done; the orders it has met are forgotten, in transactions of their own."""
    with for_shop(shop) as cursor:
        cursor.execute(
            "UPDATE events_import SET status = 'done', finished_at = %s, error = NULL WHERE shop_id = %s AND id = %s",
            [now, shop, import_id],
        )
    while True:
        with for_shop(shop) as cursor:
            given = {"shop": shop, "import": import_id, "rows": KEYS_FORGOTTEN_AT_ONCE}
            if cursor.execute(SQL["forget_keys"], given).rowcount < KEYS_FORGOTTEN_AT_ONCE:
                return


def finish_check(*, shop: ShopId, import_id: int, counts: Counts) -> None:
    with for_shop(shop) as cursor:
        cursor.execute(
            "UPDATE events_import SET status = 'checked', checked = %s WHERE shop_id = %s AND id = %s AND status = 'checking'",
            [json.dumps(counts.as_json()), shop, import_id],
        )


def note_check(*, shop: ShopId, import_id: int, counts: Counts) -> None:
    """What a dry run has counted so far, for those who wait for it."""
    with for_shop(shop) as cursor:
        cursor.execute(
            "UPDATE events_import SET checked = %s WHERE shop_id = %s AND id = %s AND status = 'checking'",
            [json.dumps(counts.as_json()), shop, import_id],
        )


def fail(*, shop: ShopId, import_id: int, error: VuelveError, now: datetime) -> None:
    with for_shop(shop) as cursor:
        cursor.execute(
            "UPDATE events_import SET status = 'failed', finished_at = %s, error = %s WHERE shop_id = %s AND id = %s",
            [now, json.dumps(error.as_json()), shop, import_id],
        )


def drop(*, shop: ShopId, import_id: int) -> None:
    """Forget an import that has not begun: an upload that is thrown away."""
    with for_shop(shop) as cursor:
        cursor.execute(
            "DELETE FROM events_import WHERE shop_id = %s AND id = %s AND offset_bytes = 0 AND status <> 'running'",
            [shop, import_id],
        )


def with_old_files(cursor: Cursor, shop: ShopId, *, before: datetime, rows: int) -> list[Import]:
    """Uploads that ended, or never began, before then and whose files are still kept."""
    cursor.execute(
        "SELECT * FROM events_import WHERE shop_id = %s AND is_upload AND is_file_kept AND status <> 'running' "
        "AND coalesce(finished_at, created_at) < %s ORDER BY id LIMIT %s",
        [shop, before, rows],
    )
    return [_import(row) for row in fetch_dicts(cursor)]


def kept_files(cursor: Cursor, shop: ShopId, *, rows: int) -> list[Import]:
    """Uploads whose files are kept and that nobody is reading."""
    cursor.execute(
        "SELECT * FROM events_import WHERE shop_id = %s AND is_upload AND is_file_kept "
        "AND status NOT IN ('running', 'checking') ORDER BY id DESC LIMIT %s",
        [shop, rows],
    )
    return [_import(row) for row in fetch_dicts(cursor)]


def note_file_gone(cursor: Cursor, shop: ShopId, import_id: int) -> None:
    cursor.execute(
        "UPDATE events_import SET is_file_kept = false WHERE shop_id = %s AND id = %s", [shop, import_id]
    )


def forget(*, shop: ShopId, import_id: int) -> None:
    """A dry run from the command line leaves nothing, not even itself."""
    with for_shop(shop) as cursor:
        cursor.execute(
            "DELETE FROM events_import WHERE shop_id = %s AND id = %s AND offset_bytes = 0 AND NOT is_upload",
            [shop, import_id],
        )
