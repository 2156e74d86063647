"""`vuelve lake`: what is in the lake, a question to it, its upkeep, and whether it holds what the log holds."""

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table as Lines

from vuelve.lake import catalogue, upkeep
from vuelve.lake.reading import lake_of
from vuelve.lake.verifying import verify as compare
from vuelve.lake.views import LakeEmptyError
from vuelve.platform import clock
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

ROWS_SHOWN = 1_000


def ls(*, as_json: bool) -> None:
    """Tables with their rows, files and size, and up to where in the log they have all."""
    found = []
    for name in upkeep.names():
        table = catalogue.find(name)
        if table is None:
            continue
        files = [task.file for task in table.scan().plan_files()]
        found.append(
            {
                "table": name,
                "rows": sum(file.record_count for file in files),
                "files": len(files),
                "bytes": sum(file.file_size_in_bytes for file in files),
                "snapshots": len(table.snapshots()),
                "location": table.location(),
            }
        )
    _print(found, as_json)


def query(*, shop: str, sql: str, as_json: bool) -> None:
    """One statement that reads, over the views of one shop. Raises VuelveError `lake_empty`, `lake_query`."""
    import duckdb

    try:
        with lake_of(_shop(shop), asked=None) as lake:
            result = lake.db.execute(sql)
            names = [column[0] for column in result.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchmany(ROWS_SHOWN)]
    except LakeEmptyError:
        raise VuelveError(
            "lake_empty", "Nothing was flushed yet.", hint="Wait a minute, with `vuelve up` running."
        ) from None
    except duckdb.Error as error:
        raise VuelveError("lake_query", str(error)) from None
    _print(rows, as_json)


def compact() -> None:
    click.echo(f"{upkeep.compact(now=clock.real.now())} files replaced")


def verify(*, shop: str, as_json: bool) -> bool:
    """Whether every day of the log is in the lake as it is in PostgreSQL, up to where it was flushed."""
    lines = list(compare(_shop(shop)))
    wrong = [line for line in lines if not line.is_same]
    shown = [
        {
            "table": line.table,
            "day": line.day.isoformat() if line.day else "",
            "rows": line.rows,
            "in_lake": line.lake_rows,
            "same": line.is_same,
            "examples": list(line.examples),
        }
        for line in (wrong if wrong and not as_json else lines)
    ]
    _print(shown, as_json)
    click.echo("all the same" if not wrong else f"{len(wrong)} differ", err=True)
    return not wrong


def _shop(slug: str) -> ShopId:
    found = Shop.objects.filter(slug=slug).first()
    if found is None:
        raise not_found("shop")
    return ShopId(found.pk)


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, default=str, ensure_ascii=False))
        return
    if not rows:
        click.echo("nothing", err=True)
        return
    lines = Lines()
    for name in rows[0]:
        lines.add_column(name)
    for row in rows:
        lines.add_row(*(str(value) for value in row.values()))
    Console().print(lines)
