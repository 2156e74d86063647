"""A database that exists only for a benchmark: on the server of DATABASE_URL, else on an embedded one in a temporary home."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from vuelve.platform import env

_ROLE_URLS = ("DATABASE_WEB_URL", "DATABASE_WORKER_URL")


@contextmanager
def temporary(*, say: Callable[[str], None]) -> Iterator[None]:
    """Django, set up and connected as the worker to a migrated database that is dropped afterwards."""
    home = Path(tempfile.mkdtemp(prefix="vuelve-bench-", dir="/var/tmp"))
    # The server's own user, when root starts it, must be able to pass.
    home.chmod(0o755)
    os.environ["VUELVE_HOME"] = str(home / "home")
    try:
        with _server(home, say), _database():
            _start_django()
            yield
            _disconnect()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def owner() -> "psycopg.Connection[tuple[object, ...]]":
    """A connection of one's own, as the owner of the database."""
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


@contextmanager
def _server(home: Path, say: Callable[[str], None]) -> Iterator[None]:
    if env.get("DATABASE_URL"):
        yield
        return
    from vuelve.platform.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(home / "home")
    server.start(say=say)
    os.environ["DATABASE_URL"] = server.conninfo("vuelve_owner")
    os.environ["DATABASE_WEB_URL"] = server.conninfo("vuelve_web")
    os.environ["DATABASE_WORKER_URL"] = server.conninfo("vuelve_worker")
    try:
        yield
    finally:
        server.stop()


@contextmanager
def _database() -> Iterator[None]:
    """A new database on the server, to which DATABASE_URL and its siblings point while this lasts."""
    before = {name: os.environ.get(name) for name in ("DATABASE_URL", *_ROLE_URLS)}
    server = before["DATABASE_URL"] or ""
    name = f"vuelve_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    for variable, url in before.items():
        if url:
            os.environ[variable] = urlsplit(url)._replace(path=f"/{name}").geturl()
    try:
        yield
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for variable, url in before.items():
            if url:
                os.environ[variable] = url


def _start_django() -> None:
    import django

    os.environ["VUELVE_DB_ROLE"] = "owner"
    os.environ["DJANGO_SETTINGS_MODULE"] = "vuelve.config.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from vuelve.platform.db import django_database

    call_command("migrate", verbosity=0)
    connection.close()
    os.environ["VUELVE_DB_ROLE"] = "worker"
    connection.settings_dict.update(django_database("worker"))


def _disconnect() -> None:
    from django.db import connection

    connection.close()
