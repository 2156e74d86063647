"""`vuelve import csv`: a file into the log, from the command line."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from vuelve.events.sources.csv import detecting, preparing, running, store, wording
from vuelve.events.sources.csv.contracts import Counts, Fingerprint, Kind
from vuelve.events.sources.csv.fields import FIELDS
from vuelve.events.sources.csv.mapping import FileMap, compile_plan, from_toml
from vuelve.events.sources.csv.presets import suggest
from vuelve.platform import clock, limits
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.shops import services as shops
from vuelve.shops.queries import shop_of_slug

LOG_EVERY_SECONDS = 5.0
ACTOR = "command line"


def import_csv(
    *,
    file: Path,
    map_file: Path,
    slug: str,
    is_dry: bool,
    is_restart: bool,
    rejects: Path | None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Begin or go on with the import; returns the summary. Raises VuelveError."""
    shop = shop_of_slug(slug)
    path = file.absolute()
    began = monotonic_seconds()
    found = detecting.fingerprint(path)
    map, guesses = _settled(path, found, _read_map(map_file), shop)
    for name, value in guesses.items():
        say(f"guessed: {name} = {value!r}; if that is wrong, say so in the map")
    import_id = None if is_restart or is_dry else store.find_open(shop=shop, path=path, found=found, map=map)
    if import_id is None:
        import_id = store.create(
            shop=shop,
            path=path,
            file_name=path.name,
            found=found,
            by=ACTOR,
            now=clock.real.now(),
            is_upload=False,
            map=map,
        )
    else:
        say(f"going on with import {import_id}, which was interrupted")
    try:
        with _progress(path.name, found.size_bytes, say) as on_progress:
            counts = running.run(
                shop=shop,
                import_id=import_id,
                clock=clock.real,
                on_progress=on_progress,
                is_dry=is_dry,
                rejects_path=rejects,
            )
    finally:
        if is_dry:
            store.forget(shop=shop, import_id=import_id)
    if not is_dry:
        store.finish(shop=shop, import_id=import_id, now=clock.real.now())
        shops.audit(
            shop=shop,
            actor=ACTOR,
            action="File Imported",
            target=f"import {import_id}",
            detail={"kind": map.kind, "rows": counts.rows_read, "refused": counts.rows_refused},
        )
    seconds = monotonic_seconds() - began
    return {
        "import": None if is_dry else import_id,
        "kind": map.kind,
        "is_dry_run": is_dry,
        **counts.as_summary(),
        "rejects": str(rejects or path.with_name(path.name + ".rejects.csv"))
        if counts.rows_refused and not is_dry
        else None,
        "seconds": round(seconds, 2),
        "rows_per_s": round(counts.rows_read / seconds) if seconds else 0,
    }


def _read_map(path: Path) -> FileMap:
    try:
        return from_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise VuelveError("bad_map", f"{path} cannot be read: {error}.") from error


def _settled(path: Path, found: Fingerprint, map: FileMap, shop: ShopId) -> tuple[FileMap, Mapping[str, str]]:
    facts = preparing.shop_facts(shop)
    sample = preparing.look(path, found, encoding=map.encoding, delimiter=map.delimiter)
    settled, guesses = preparing.settle(map, sample, facts)
    compile_plan(
        settled, sample.header, facts, as_of=clock.real.now()
    )  # what is wrong shows before anything is written
    return settled, guesses


def suggest_map(*, file: Path, kind: str) -> str:
    """A map for the file, to begin with: as TOML."""
    path = file.absolute()
    found = detecting.fingerprint(path)
    sample = preparing.look(path, found)
    map = suggest(Kind(kind), sample.header)
    lines = [f"kind = {json.dumps(kind)}"]
    lines += [f"# delimiter = {json.dumps(sample.dialect.delimiter)}, encoding = {sample.dialect.encoding}"]
    lines += ["", "[columns]"]
    lines += [f"{name} = {_toml(column)}" for name, column in map.columns.items()]
    unused = [column for column in sample.header if column not in map.columns.values()]
    lines += [f"# not used: {column}" for column in unused]
    missing = [
        spec
        for spec in FIELDS[map.kind]
        if spec.is_required and spec.name not in {*map.columns, *map.constants}
    ]
    if map.constants or missing:
        lines += ["", "[constants]"]
        lines += [f"{name} = {_toml(value)}" for name, value in map.constants.items()]
        lines += [
            f'# {spec.name} = "..."  # needed, and no column says it'
            + (f": {spec.help}" if spec.help else "")
            for spec in missing
        ]
    if map.skip:
        lines += ["", "[skip]"]
        lines += [
            f"{_toml(name)} = [{', '.join(_toml(word) for word in words)}]"
            for name, words in map.skip.items()
        ]
    return "\n".join(lines)


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def as_lines(summary: Mapping[str, Any]) -> str:
    """The summary for people."""
    lines = [
        "Dry run: nothing was written." if summary["is_dry_run"] else f"Import {summary['import']} is done."
    ]
    lines.append(f"{summary['rows_read']:>12,} rows read")
    for name, count in summary["events_new"].items():
        again = summary["events_repeated"].get(name, 0)
        lines.append(f"{count:>12,} {name}" + (f", and {again:,} that were there already" if again else ""))
    if summary["people"]:
        lines.append(f"{summary['people']:>12,} customers, {summary['people_known']:,} of them known already")
    lines.append(f"{summary['rows_skipped']:>12,} rows passed over")
    lines.append(f"{summary['rows_refused']:>12,} rows refused")
    lines += [
        f"             line {each['line']}: {each.get('reason') or wording.reason(each['code'])}"
        + (f" ({each['column']})" if each["column"] else "")
        for each in summary["samples"][: limits.IMPORT_ERRORS_SHOWN_MAX]
    ]
    if summary["rejects"]:
        lines.append(f"Refused rows with their reasons: {summary['rejects']}")
    lines.append(f"{summary['seconds']} s, {summary['rows_per_s']:,} rows/s")
    return "\n".join(lines)


@contextmanager
def _progress(name: str, size: int, say: Callable[[str], None]) -> Iterator[running.Progress]:
    """A bar on a terminal, else a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(name, size, say)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[counts]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(name, total=size, counts="")

        def show(offset: int, counts: Counts) -> None:
            text = f"{counts.rows_read:,} rows, {counts.rows_refused:,} refused"
            bar.update(task, completed=offset, counts=text)

        yield show


class _Lines:
    def __init__(self, name: str, size: int, say: Callable[[str], None]) -> None:
        self._name, self._size, self._say = name, size, say
        self._next = monotonic_seconds() + LOG_EVERY_SECONDS

    def __call__(self, offset: int, counts: Counts) -> None:
        if monotonic_seconds() >= self._next:
            self._next = monotonic_seconds() + LOG_EVERY_SECONDS
            share = offset * 100 // self._size
            self._say(f"{self._name}: {share} %, {counts.rows_read:,} rows, {counts.rows_refused:,} refused")
