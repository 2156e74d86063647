"""Files that came through the browser: kept in the home folder for IMPORT_FILE_DAYS, readable by Vuelve alone.

Web, jobs and worker must see the same home folder: on several machines it is a shared one.
"""

import os
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import structlog

from vuelve.events.sources.csv import store
from vuelve.platform import env, limits
from vuelve.platform.clock import Clock
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import all_shop_ids

log = structlog.get_logger(__name__)


def folder_of(shop: ShopId) -> Path:
    return env.home() / "imports" / str(shop)


def keep(shop: ShopId, chunks: Iterable[bytes]) -> Path:
    """Write an upload to a file of its own. Raises VuelveError `file_too_large`, `disk_full`."""
    folder = folder_of(shop)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{secrets.token_hex(16)}.csv"
    size = 0
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            for chunk in chunks:
                size += len(chunk)
                if size > limits.CSV_UPLOAD_BYTES_MAX:
                    raise VuelveError(
                        "file_too_large",
                        f"The file has over {limits.CSV_UPLOAD_BYTES_MAX // 1024**2} MB.",
                        field="file",
                        hint="Import it with `vuelve import csv` on the server.",
                        status=413,
                    )
                stream.write(chunk)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise VuelveError("disk_full", f"The file cannot be kept: {error.strerror}.", status=507) from error
    except VuelveError:
        path.unlink(missing_ok=True)
        raise
    return path


def throw_away(path: Path) -> None:
    """The file and its refused rows; only below our own folder."""
    if (env.home() / "imports") in path.parents:
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.rejects.csv").unlink(missing_ok=True)


class OldUploadsTick:
    """Customers' data must not lie about once it is imported."""

    name: ClassVar[str] = "old_uploads"
    interval_seconds: ClassVar[float] = 3600.0
    rows: ClassVar[int] = 20

    def tick(self, clock: Clock) -> int:
        return sum(forget_old_files(shop=shop, now=clock.now(), rows=self.rows) for shop in all_shop_ids())


def forget_old_files(*, shop: ShopId, now: datetime, rows: int) -> int:
    with for_shop(shop) as cursor:
        old = store.with_old_files(
            cursor, shop, before=now - timedelta(days=limits.IMPORT_FILE_DAYS), rows=rows
        )
        for job in old:
            throw_away(job.path)
            store.note_file_gone(cursor, shop, job.id)
        if old:
            log.info("uploaded files removed", shop=shop, files=len(old))
        return len(old)
