"""`vuelve export`: tables into files, from the command line."""

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.shops.exporting.services import to_file
from vuelve.shops.exporting.writing import Format, Period, table_named
from vuelve.shops.queries import facts, shop_of_slug
from vuelve.shops.services import audit


def export(
    *,
    slug: str,
    tables: tuple[str, ...],
    format: str,
    to: Path,
    since: datetime | None,
    until: datetime | None,
    has_bom: bool,
) -> list[dict[str, Any]]:
    """Each table into a file in the folder `to`; `since` and `until` are days of the shop's zone, both included."""
    shop = shop_of_slug(slug)
    zone = ZoneInfo(facts(shop).time_zone)
    period = Period(
        datetime.combine(since.date(), time(), zone) if since else None,
        datetime.combine(until.date() + timedelta(days=1), time(), zone) if until else None,
    )
    chosen = [table_named(name) for name in tables] or registry.exports
    to.mkdir(parents=True, exist_ok=True)
    done = []
    for table in chosen:
        began = monotonic_seconds()
        path = to / f"{table.name}.{format}"
        audit(
            shop=shop,
            actor="command line",
            action="Data Exported",
            target=table.name,
            detail={"format": format},
        )
        try:
            with for_shop(shop) as cursor:
                rows = to_file(
                    cursor,
                    table,
                    path,
                    shop=shop,
                    format=Format(format),
                    period=period,
                    has_bom=has_bom,
                    on_progress=lambda _rows: None,
                )
        except OSError as error:
            raise VuelveError("file_unwritable", f"{path} cannot be written: {error.strerror}.") from error
        done.append(
            {
                "table": table.name,
                "rows": rows,
                "path": str(path),
                "seconds": round(monotonic_seconds() - began, 2),
            }
        )
    return done
