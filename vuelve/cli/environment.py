"""What a command needs before it can work: the home folder, a database, Django."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from vuelve.platform import env, logs
from vuelve.platform.postgres import EmbeddedPostgres


def choose_home(home: Path | None) -> Path:
    """Settle the home folder for this process and its children."""
    if home is not None:
        os.environ["VUELVE_HOME"] = str(home.expanduser().absolute())
    chosen = env.home()
    os.environ["VUELVE_HOME"] = str(chosen)
    return chosen


@contextmanager
def database(home: Path, *, say: Callable[[str], None]) -> Iterator[EmbeddedPostgres | None]:
    """DATABASE_URL and its siblings in the environment; without one, an embedded server for as long as this lasts."""
    if env.get("DATABASE_URL"):
        yield None
        return
    server = EmbeddedPostgres(home)
    server.start(say=say)
    os.environ["DATABASE_URL"] = server.conninfo("vuelve_owner")
    os.environ["DATABASE_WEB_URL"] = server.conninfo("vuelve_web")
    os.environ["DATABASE_WORKER_URL"] = server.conninfo("vuelve_worker")
    try:
        yield server
    finally:
        server.stop()


def start_django(role: str) -> None:
    """Django, connected as web, worker or owner."""
    import django

    os.environ["VUELVE_DB_ROLE"] = role
    os.environ["DJANGO_SETTINGS_MODULE"] = "vuelve.config.settings"
    django.setup()


def connect_as(role: str) -> None:
    """Let this process's connection begin anew in another role."""
    from django.db import connection

    from vuelve.platform.db import django_database

    connection.close()
    connection.settings_dict.update(django_database(role))


def disconnect() -> None:
    """A parent that only watches holds no connection."""
    from django.db import connection

    connection.close()


def migrate() -> None:
    """Bring the database to this version. Two processes may try at once: one does, the other waits."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('vuelve migrate'))")
        try:
            call_command("migrate", verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('vuelve migrate'))")


def say(message: str) -> None:
    """For people: standard error, so that standard output stays for results."""
    click.echo(message, err=True)


def configure_logs() -> None:
    logs.configure_logs(as_json=env.get("VUELVE_LOG_JSON"), level=env.get("VUELVE_LOG_LEVEL"))
