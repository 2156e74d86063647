"""Repeatable benchmarks against PostgreSQL's own limit, in one run. `docs/benchmarks.md` says what each one does."""

import json as _json
import logging
from collections.abc import Callable
from typing import Any

import click


def run(name: str, *, json: bool = False, **sizes: int) -> int:
    """Run a benchmark in a database of its own; returns the exit status: 1 if it found its own result wrong.

    Progress goes to standard error; with `json`, the last line of standard output is one JSON object. `sizes` make
    it smaller than what is published, for tests.
    """
    from vuelve.bench import database, machine
    from vuelve.platform.logs import configure_logs

    configure_logs(as_json=False, level="WARNING")
    logging.getLogger("django.request").setLevel(
        "ERROR"
    )  # that an address is no page, it is asked to find out

    def say(text: str) -> None:
        click.echo(text, err=True)

    with database.temporary(say=say):
        from vuelve.bench import ingest, journeys, lake, ledger, pages, segments

        measure: dict[str, Callable[..., dict[str, Any]]] = {
            "ingest": ingest.measure,
            "journeys": journeys.measure,
            "lake": lake.measure,
            "ledger": ledger.measure,
            "pages": pages.measure,
            "segments": segments.measure,
        }
        before = machine.load()
        found = {"name": name} | measure[name](say, **sizes) | machine.facts()
        found |= {"load_before": before, "load_after": machine.load()}
    if json:
        click.echo(_json.dumps(found))
    else:
        for key, value in found.items():
            click.echo(f"{key:24} {value}")
    return 0 if found["is_correct"] else 1
