"""Exports that members ask for: one job each, one file each, for EXPORT_FILE_DAYS. Each is in the audit log."""

import os
import secrets
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import structlog
from django.db.models import QuerySet

from vuelve.platform import env, jobs, limits
from vuelve.platform.clock import Clock
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.extension import ExportTable
from vuelve.platform.ids import ShopId
from vuelve.shops.exporting.writing import Format, Period, Progress, table_named, write
from vuelve.shops.models import Export, ExportState
from vuelve.shops.queries import all_shop_ids
from vuelve.shops.services import audit

log = structlog.get_logger(__name__)

JOB = "exports.run"
KINDS = ("exports", "imports")  # of files that belong to a shop, each in a folder of its own


def folder_of(shop: ShopId) -> Path:
    return env.home() / "exports" / str(shop)


def path_of(export: Export) -> Path:
    return folder_of(ShopId(export.shop_id)) / f"{export.token}.{export.format}"


def request_export(
    *, shop: ShopId, table: str, format: Format, period: Period, by: str, now: datetime
) -> Export:
    """Queue an export. Raises VuelveError `not_found`, `exports_waiting`."""
    known = table_named(table)
    with for_shop(shop):
        under_way = Export.objects.filter(
            shop_id=shop,
            state__in=[ExportState.WAITING, ExportState.RUNNING],
            created_at__gt=now - timedelta(days=1),  # what hangs must not block for good
        )
        if under_way.count() >= limits.EXPORTS_WAITING_MAX:
            raise VuelveError(
                "exports_waiting",
                f"{limits.EXPORTS_WAITING_MAX} exports are under way.",
                hint="Wait for one to end.",
                status=429,
            )
        export = Export.objects.create(
            shop_id=shop,
            table=known.name,
            format=format,
            since=period.since,
            until=period.until,
            token=secrets.token_hex(16),
            created_by=by,
            created_at=now,
            expires_at=now + timedelta(days=limits.EXPORT_FILE_DAYS),
        )
        audit(shop=shop, actor=by, action="Data Exported", target=known.name, detail=_detail(format, period))
        jobs.defer(JOB, shop=shop, export_id=export.pk)
        return export


def _detail(format: Format, period: Period) -> dict[str, str]:
    return {
        "format": format,
        "since": period.since.isoformat() if period.since else "",
        "until": period.until.isoformat() if period.until else "",
    }


@jobs.job(JOB)
def run(*, shop: int, export_id: int) -> None:
    """Write the file. Killed, it is written anew: nobody sees it before it is whole."""
    shop_id = ShopId(shop)
    with for_shop(shop_id):
        export = Export.objects.filter(pk=export_id, shop_id=shop).first()
        if export is None or export.state not in (ExportState.WAITING, ExportState.RUNNING):
            return
        Export.objects.filter(pk=export_id).update(state=ExportState.RUNNING)
    path = path_of(export)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with for_shop(shop_id) as cursor:
            rows = to_file(
                cursor,
                table_named(export.table),
                path,
                shop=shop_id,
                format=Format(export.format),
                period=Period(export.since, export.until),
            )
    except VuelveError:
        _finish(shop_id, export_id, ExportState.FAILED)
        raise
    if not _finish(shop_id, export_id, ExportState.DONE, rows=rows, size_bytes=path.stat().st_size):
        path.unlink(missing_ok=True)  # a person was erased meanwhile
        return
    log.info("table exported", shop=shop, table=export.table, rows=rows)


def _finish(shop: ShopId, export_id: int, state: ExportState, **facts: int) -> bool:
    """False if the export was taken back while it was written."""
    with for_shop(shop):
        under_way = Export.objects.filter(pk=export_id, state=ExportState.RUNNING)
        return under_way.update(state=state, **facts) == 1


def to_file(
    cursor: Cursor,
    table: ExportTable,
    path: Path,
    *,
    shop: ShopId,
    format: Format,
    period: Period,
    has_bom: bool = True,
    on_progress: Progress = lambda _rows: jobs.stop_if_told(),
) -> int:
    """Write beside `path`, then rename: a file that is there is whole, and readable by its owner alone."""
    part = path.with_name(f"{path.name}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        rows = write(
            cursor,
            table,
            part,
            shop=shop,
            format=format,
            period=period,
            has_bom=has_bom,
            on_progress=on_progress,
        )
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return rows


def recent(shop: ShopId) -> QuerySet[Export]:
    return Export.objects.filter(shop_id=shop).order_by("-id")


def file_of(*, shop: ShopId, export_id: int, now: datetime) -> tuple[Export, Path]:
    """The file to hand out. Raises VuelveError `not_found` if it is not done, or expired."""
    export = Export.objects.filter(
        pk=export_id, shop_id=shop, state=ExportState.DONE, expires_at__gt=now
    ).first()
    if export is None or not path_of(export).exists():
        raise not_found("export")
    return export, path_of(export)


class OldExportsTick:
    """A file of personal data must not lie about."""

    name: ClassVar[str] = "old_exports"
    interval_seconds: ClassVar[float] = 3600.0

    def tick(self, clock: Clock) -> int:
        shops = all_shop_ids()
        forget_folders_of_gone_shops(set(map(str, shops)))
        return sum(forget_old_files(shop=shop, now=clock.now()) for shop in shops)


def forget_old_files(*, shop: ShopId, now: datetime) -> int:
    with for_shop(shop):
        old = Export.objects.filter(shop_id=shop, expires_at__lte=now).exclude(state=ExportState.GONE)[:100]
        for export in old:
            path_of(export).unlink(missing_ok=True)
            Export.objects.filter(pk=export.pk).update(state=ExportState.GONE)
        return len(old)


def forget_folders(shop: ShopId) -> None:
    """All files of the shop, also those that no row knows. Raises OSError: what is kept must not be taken for gone."""
    for kind in KINDS:
        folder = env.home() / kind / str(shop)
        if folder.exists():
            shutil.rmtree(folder)


def forget_folders_of_gone_shops(known: set[str]) -> None:
    """A shop that is erased leaves no file behind."""
    for kind in KINDS:
        for folder in (env.home() / kind).glob("*"):
            if folder.is_dir() and folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
