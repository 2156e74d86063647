"""The `vuelve` command and its subcommands."""

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from vuelve import __version__
from vuelve.cli import environment
from vuelve.platform.env import SettingError
from vuelve.platform.errors import VuelveError
from vuelve.platform.postgres import PostgresStartError

home_option = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), help="Folder of everything Vuelve keeps."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Turns a first order into the next one."""
    environment.configure_logs()


def main() -> None:
    """Entry point: errors that the operator can mend are one line, without a traceback."""
    try:
        cli()
    except (SettingError, PostgresStartError, VuelveError) as error:
        hint = error.hint if isinstance(error, VuelveError) else None
        click.echo(f"vuelve: {error}" + (f" {hint}" if hint else ""), err=True)
        sys.exit(1)


@cli.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@home_option
def up(port: int, home: Path | None) -> None:
    """Run everything on this machine, in the foreground; Ctrl-C or SIGTERM ends it."""
    from vuelve.cli.up import run_up

    sys.exit(run_up(home=environment.choose_home(home), port=port))


@cli.command()
@home_option
@click.option(
    "--name", default="Mi tienda", show_default=True, help="Name of the shop, as customers read it."
)
@click.option("--slug", default="tienda", show_default=True, help="The shop's name in addresses.")
@click.option("--email", default="owner@example.com", show_default=True, help="The owner signs in with it.")
@click.option("--country", default="MX", show_default=True)
@click.option("--currency", default="MXN", show_default=True)
@click.option("--time-zone", default="America/Mexico_City", show_default=True)
@click.option("--locale", default="es", show_default=True, type=click.Choice(["es", "pt-BR", "en"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def init(home: Path | None, as_json: bool, **facts: str) -> None:
    """Create a shop and its owner; keys and password are shown this once."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("owner")
        environment.migrate()
        environment.connect_as("worker")
        from vuelve.cli.init import create  # models can be imported once Django has started

        result = create(**facts)
    click.echo(json.dumps(result) if as_json else _as_lines(result))


def _as_lines(result: dict[str, Any]) -> str:
    return "\n".join(f"{name + ':':16}{value}" for name, value in result.items())


@cli.command()
@home_option
def migrate(home: Path | None) -> None:
    """Bring the database to this version."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("owner")
        environment.migrate()


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def web(host: str, port: int) -> None:
    """Serve HTTP (part of `up`; on its own it needs DATABASE_URL)."""
    from vuelve.cli.parts import serve

    serve(host=host, port=port)


@cli.command()
def worker() -> None:
    """Consume events and advance journeys (part of `up`; run as many as you like)."""
    from vuelve.cli.parts import work

    work()


@cli.command()
def dispatch() -> None:
    """Send the messages that are due (part of `up`)."""
    from vuelve.cli.parts import send

    send()


@cli.command()
def jobs() -> None:
    """Run background jobs: imports, exports, backfills (part of `up`; run as many as you like)."""
    from vuelve.cli.parts import run_jobs

    run_jobs()


@cli.command("sign-in-link")
@home_option
@click.option(
    "--forget-second-factor",
    is_flag=True,
    help="Remove the member's code app, passkeys and recovery codes, too: for who lost them.",
)
@click.argument("email")
def sign_in_link(home: Path | None, email: str, forget_second_factor: bool) -> None:
    """Print a link that signs a member in once, in place of the password."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("owner")
        from vuelve.cli.init import sign_in_url

        click.echo(sign_in_url(email=email, is_without_second_factor=forget_second_factor))


@cli.command()
@home_option
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="Import and replay, then end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.option("--fresh", is_flag=True, help="Begin anew even if today's demo is there.")
def demo(home: Path | None, port: int, no_serve: bool, as_json: bool, fresh: bool) -> None:
    """A real retailer's year of orders, replayed through the built-in journeys."""
    from vuelve.cli.demo import run_demo

    chosen = environment.choose_home(home or Path(os.environ.get("VUELVE_HOME") or default_demo_home()))
    sys.exit(run_demo(home=chosen, port=port, is_serving=not no_serve, as_json=as_json, is_fresh=fresh))


def default_demo_home() -> Path:
    """Apart from a real shop's home, and reachable for the database's own user when root runs it."""
    from vuelve.platform import env

    return env.home().with_name("vuelve-demo")


@cli.command()
@home_option
@click.option("--shop", "slug", default="", help="The shop's name in addresses; needed if there are several.")
@click.option("--table", "tables", multiple=True, help="May be given several times; all tables if left out.")
@click.option("--format", "format", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the files."
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day, in the shop's time zone.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.option("--bom", is_flag=True, help="Begin CSV with a byte order mark, for Excel.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(
    home: Path | None,
    slug: str,
    tables: tuple[str, ...],
    format: str,
    to: Path,
    since: datetime | None,
    until: datetime | None,
    bom: bool,
    as_json: bool,
) -> None:
    """Write a shop's tables to files: orders, customers, events and all the others."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("worker")
        from vuelve.cli.exporting import export as run_export

        done = run_export(
            slug=slug,
            tables=tables,
            format=format,
            to=to.absolute(),
            since=since,
            until=until,
            has_bom=bom,
        )
    if as_json:
        click.echo(json.dumps({"files": done}))
    else:
        for each in done:
            click.echo(f"{each['rows']:>12,} {each['table']:18} {each['path']}")


@cli.group("import")
def import_group() -> None:
    """Take in what other systems have exported."""


@import_group.command("csv")
@home_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--map", "map_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--shop", "slug", default="", help="The shop's name in addresses; needed if there are several.")
@click.option("--dry-run", is_flag=True, help="Read everything, write nothing, say what would happen.")
@click.option("--restart", is_flag=True, help="From the first row, whatever was read before.")
@click.option("--strict", is_flag=True, help="End with 2 if any row was refused.")
@click.option(
    "--rejects", type=click.Path(path_type=Path, dir_okay=False), help="Where refused rows are kept."
)
@click.option(
    "--suggest",
    type=click.Choice(["orders", "customers", "products", "consents"]),
    help="Print a map for this file, to begin with.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_csv(
    home: Path | None,
    file: Path,
    map_file: Path | None,
    slug: str,
    dry_run: bool,
    restart: bool,
    strict: bool,
    rejects: Path | None,
    suggest: str | None,
    as_json: bool,
) -> None:
    """Import orders, customers, products or consents from a CSV file; see docs/howto/import-csv.md."""
    if suggest is None and map_file is None:
        raise click.UsageError("Say with --map what the columns mean, or ask for a map with --suggest.")
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("worker")
        from vuelve.cli import importing

        if suggest is not None or map_file is None:
            click.echo(importing.suggest_map(file=file, kind=suggest or ""))
            return
        summary = importing.import_csv(
            file=file,
            map_file=map_file,
            slug=slug,
            is_dry=dry_run,
            is_restart=restart,
            rejects=rejects.absolute() if rejects else None,
            say=environment.say,
        )
    click.echo(json.dumps(summary) if as_json else importing.as_lines(summary))
    if strict and summary["rows_refused"]:
        sys.exit(2)


@cli.command()
@click.argument("name", type=click.Choice(["ingest", "journeys", "lake", "ledger", "pages", "segments"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
def bench(name: str, as_json: bool) -> None:
    """Measure this machine against PostgreSQL's own limit."""
    from vuelve.bench import run

    sys.exit(run(name, json=as_json))


@cli.group()
def privacy() -> None:
    """Hand out or erase all that is kept of one customer."""


_whose = [
    click.option("--shop", required=True, help="The shop's name in addresses."),
    click.option("--customer", type=int, help="The customer's number."),
    click.option("--email", help="Instead of the number."),
    home_option,
]


def whose(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_whose):
        command = option(command)
    return command


@privacy.command("export")
@whose
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A .json or .zip file; else JSON is printed.",
)
def privacy_export(
    shop: str, customer: int | None, email: str | None, home: Path | None, out: Path | None
) -> None:
    """A copy of a customer's data, with where each thing came from."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("worker")
        from vuelve.cli.privacy import export

        export(shop=shop, customer=customer, email=email, out=out)


@privacy.command("erase")
@whose
@click.option("--yes", is_flag=True, help="Do not ask.")
def privacy_erase(shop: str, customer: int | None, email: str | None, home: Path | None, yes: bool) -> None:
    """Erase a customer for good; prints the report as JSON."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("worker")
        from vuelve.cli.privacy import erase

        erase(shop=shop, customer=customer, email=email, is_sure=yes)


@cli.group()
def lake() -> None:
    """The columnar copy of the log and the tables, in Iceberg's open format."""


_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
_of_shop = click.option("--shop", required=True, help="The shop's name in addresses.")


@lake.command("ls")
@_as_json
@home_option
def lake_ls(as_json: bool, home: Path | None) -> None:
    """Its tables: rows, files, bytes."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("worker")
        from vuelve.cli.lake import ls

        ls(as_json=as_json)


@lake.command("query")
@click.argument("sql")
@_of_shop
@_as_json
@home_option
def lake_query(sql: str, shop: str, as_json: bool, home: Path | None) -> None:
    """Ask DuckDB: `vuelve lake query --shop demo "SELECT name, count(*) FROM events GROUP BY 1"`."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("worker")
        from vuelve.cli.lake import query

        query(shop=shop, sql=sql, as_json=as_json)


@lake.command("compact")
@home_option
def lake_compact(home: Path | None) -> None:
    """Few large files for many small ones; the worker does it every hour."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("worker")
        from vuelve.cli.lake import compact

        compact()


@lake.command("verify")
@_of_shop
@_as_json
@home_option
def lake_verify(shop: str, as_json: bool, home: Path | None) -> None:
    """Compare it with PostgreSQL, day by day; exit code 1 if something differs."""
    with environment.database(environment.choose_home(home), say=environment.say):
        environment.start_django("worker")
        from vuelve.cli.lake import verify

        is_equal = verify(shop=shop, as_json=as_json)
    sys.exit(0 if is_equal else 1)
