"""A database of the demo's own, `vuelve_demo`: a new demo begins with an empty one, and no other data is ever touched."""

import os
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from vuelve.demo.schedule import ZONE

NAME = "vuelve_demo"
FINISHED = "Demo Finished"  # in the shop's audit log, with the summary
_URLS = ("DATABASE_URL", "DATABASE_WEB_URL", "DATABASE_WORKER_URL")
_READ_FINISHED = "SELECT at, detail FROM shops_auditentry WHERE action = %s ORDER BY at DESC LIMIT 1"


def open_database(*, now: datetime, is_fresh: bool = False) -> dict[str, Any] | None:
    """Point DATABASE_URL and its siblings, which name a server, at the demo's database there.

    Returns the summary of the demo in it if that was finished today (in the shop's zone); otherwise, or if
    `is_fresh`, the database is made anew and None is returned. Call it before Django is set up; migrate after it.
    """
    server = os.environ["DATABASE_URL"]
    for name in _URLS:
        if url := os.environ.get(name):
            os.environ[name] = _on_server(url, NAME)
    if not is_fresh and (summary := _finished_today(now)) is not None:
        return summary
    _make_anew(server)
    return None


def _finished_today(now: datetime) -> dict[str, Any] | None:
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, connect_timeout=30) as owner:
            row = owner.execute(_READ_FINISHED, [FINISHED]).fetchone()
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return None  # no such database, or nothing in it yet
    if row is None or row[0].astimezone(ZONE).date() != now.astimezone(ZONE).date():
        return None
    detail: dict[str, Any] = row[1]
    return detail


def _make_anew(server: str) -> None:
    """Connects to the server's own database, since nobody can drop the one he is in."""
    name = sql.Identifier(NAME)
    with psycopg.connect(_on_server(server, "postgres"), autocommit=True, connect_timeout=30) as owner:
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        owner.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name))


def _on_server(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()
