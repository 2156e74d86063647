"""`vuelve demo`: make the demo if today's is not there, then serve it, signed in by a link."""

import json
from pathlib import Path
from typing import Any

import click

from vuelve.cli import environment
from vuelve.cli.up import address, check_port, ending_on_signal, only_one, serve_parts
from vuelve.platform import clock


def run_demo(*, home: Path, port: int, is_serving: bool, as_json: bool, is_fresh: bool) -> int:
    """Returns 1 if a stage fell short of what the data demands; what is wrong is said on standard error."""
    from vuelve.demo.database import open_database

    with ending_on_signal(), only_one(home):
        if is_serving:
            check_port(port)
        with environment.database(home, say=environment.say) as server:
            finished = open_database(now=clock.real.now(), is_fresh=is_fresh)
            environment.start_django("owner")
            environment.migrate()
            summary = finished if finished is not None else _make()
            _tell(summary, as_json=as_json)
            if summary["problems"]:
                return 1
            if not is_serving:
                return 0
            link = _link(port)
            return serve_parts(
                home,
                port,
                server,
                lambda: environment.say(f"\nOpen {link}\n(the link works once; Ctrl-C ends the demo)"),
            )


def _make() -> dict[str, Any]:
    from vuelve.demo.progress import Bars
    from vuelve.demo.run import run

    environment.connect_as("worker")
    return run(progress=Bars()).as_json()


def _tell(summary: dict[str, Any], *, as_json: bool) -> None:
    for problem in summary["problems"]:
        environment.say(f"The demo fell short: {problem}")
    if as_json:
        click.echo(json.dumps(summary))
        return
    environment.say(
        f"{summary['customers']:,} customers, {summary['orders']:,} orders, {summary['order_lines']:,} lines; "
        f"{summary['runs']:,} runs sent {summary['messages']:,} messages."
    )


def _link(port: int) -> str:
    from vuelve.cli.init import sign_in_url
    from vuelve.demo.shop import OWNER_EMAIL

    environment.connect_as("owner")
    return sign_in_url(email=OWNER_EMAIL, base_url=address(port))
