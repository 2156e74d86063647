"""The door to the data plane: which shop a transaction may see, named SQL files, COPY.

Row-level security stands behind the door: without `for_shop` or `for_shops` a query returns no rows.
"""

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import psycopg
from django.db import connection, transaction

from vuelve.platform import env
from vuelve.platform.ids import ShopId

Cursor = psycopg.Cursor[tuple[Any, ...]]

ROLES = {"web": "vuelve_web", "worker": "vuelve_worker", "owner": None}

# A transaction that holds an xid keeps every consumer from moving on: it must end soon.
_BOUNDS = {
    "web": "-c jit=off -c statement_timeout=20s -c idle_in_transaction_session_timeout=15s -c lock_timeout=10s",
    # Statistics: a worker's ANALYZE is of its temporary tables, at each batch; a tenth of the usual sample is enough.
    "worker": "-c jit=off -c statement_timeout=300s -c idle_in_transaction_session_timeout=60s -c lock_timeout=30s "
    "-c default_statistics_target=10 -c temp_buffers=32MB",
    "owner": "-c lock_timeout=30s",
}


def django_database(role: str) -> dict[str, Any]:
    """Django's settings of the connection for a role: web, worker or owner."""
    own_login = {"web": "DATABASE_WEB_URL", "worker": "DATABASE_WORKER_URL"}.get(role)
    url = (env.get(own_login) if own_login else "") or env.get("DATABASE_URL")
    options = f"{_BOUNDS[role]} -c timezone=UTC -c application_name=vuelve-{role}"
    if own_login and not env.get(own_login):
        # As a start-up option: RESET ROLE then falls back to the same role.
        options += f" -c role={ROLES[role]}"
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(query.pop("host", parts.hostname or ""))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "vuelve",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": query.pop("port", str(parts.port or "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": options,
            # None are prepared by themselves: a plan for any values is a poor one for a page's optional filters. With a
            # threshold at all, `execute(..., prepare=True)` prepares the one statement that is asked for.
            "prepare_threshold": 1_000_000_000,
            **{key: unquote(value) for key, value in query.items()},
        },
    }


def socket_url(*, user: str, folder: str, database: str) -> str:
    """A URL for a server behind a Unix socket."""
    return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(folder, safe='')}"


class _Current(threading.local):
    """What the thread's connection may see, as `set_config` takes it."""

    scope: tuple[str, str] = ("", "{}")


_current = _Current()


@contextmanager
def for_shop(shop: ShopId) -> Iterator[Cursor]:
    """A transaction that sees one shop."""
    with for_shops([shop]) as cursor:
        yield cursor


@contextmanager
def for_shops(shops: Sequence[ShopId]) -> Iterator[Cursor]:
    """A transaction that sees these shops; the web role sees only the first. Nests: the inner scope ends with its block."""
    wanted = (str(shops[0]) if shops else "", "{" + ",".join(map(str, shops)) + "}")
    is_outermost = not connection.in_atomic_block
    before: tuple[str, str] = ("", "{}") if is_outermost else _current.scope
    with transaction.atomic():
        cursor = raw_cursor()
        cursor.execute(_SET_SCOPE, wanted, prepare=True)
        _current.scope = wanted
        try:
            yield cursor
        finally:
            _current.scope = before
        if not is_outermost:
            # After an error the savepoint is rolled back, and the setting with it; the outermost ends with its transaction.
            cursor.execute(_SET_SCOPE, before)


def execute_in_shop(shop: ShopId, statement: str, parameters: Mapping[str, Any]) -> int:
    """One prepared statement in a transaction that sees one shop; returns how many rows it changed.

    Scope and statement go to the server together, and what stands between two synchronisation points of a pipeline is
    one transaction by itself: one round trip, where BEGIN, scope, statement and COMMIT are four.
    """
    if connection.in_atomic_block:
        with for_shop(shop) as cursor:
            return cursor.execute(statement, parameters, prepare=True).rowcount
    scope, work = raw_cursor(), raw_cursor()
    with work.connection.pipeline():
        scope.execute(_SET_SCOPE, (str(shop), f"{{{shop}}}"), prepare=True)
        work.execute(statement, parameters, prepare=True)
    return work.rowcount


def call_in_shop(shop: ShopId, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    """One prepared statement that returns one row, in a transaction that sees one shop.

    The statement calls a function and gives it `vuelve_scope(%(shop)s)` as its first argument: then it is a transaction by
    itself, in one round trip.
    """
    parameters = {"shop": shop, **parameters}
    if connection.in_atomic_block:
        with for_shop(shop) as cursor:
            row = cursor.execute(statement, parameters, prepare=True).fetchone()
    else:
        row = raw_cursor().execute(statement, parameters, prepare=True).fetchone()
    if row is None:
        raise RuntimeError("the statement returned no row")
    return row


_SET_SCOPE = "SELECT set_config('vuelve.shop_id', %s, true), set_config('vuelve.shop_ids', %s, true)"


@contextmanager
def without(cursor: Cursor, *methods: str) -> Iterator[None]:
    """Statements of the block are planned without these methods, e.g. "seqscan", wherever there is another one.

    For the few statements at the end of the log: statistics lag behind there, so the planner takes a backlog of a
    million rows for one row.
    """
    names = [f"enable_{method}" for method in methods]
    cursor.execute(_SET_ALL, ("off", names))
    yield
    # After an error the transaction is rolled back, and the settings with it.
    cursor.execute(_SET_ALL, ("on", names))


# For statements that look a batch's rows up in tables as large as a shop's history: the planner thinks a look-up twenty
# times dearer than it is in cached pages, and reads all customers at each batch until there are a million of them.
LOOKUPS_ONLY = ("seqscan", "hashjoin", "mergejoin")

_SET_ALL = "SELECT set_config(name, %s, true) FROM unnest(%s::text[]) AS name"


def raw_cursor() -> Cursor:
    """A psycopg cursor on Django's connection: same transaction, parameters bound by the server.

    Django's own cursor pastes parameters into the text, which costs more than the insert for a JSON of 30 KB.
    """
    connection.ensure_connection()
    inner: psycopg.Connection[tuple[Any, ...]] = connection.connection
    return psycopg.Cursor(inner)


def trust_connection() -> None:
    """The next statement is not preceded by `SELECT 1`; for callers that repeat what a dead connection refused."""
    connection.health_check_done = True  # type: ignore[attr-defined]


class Statements:
    """The named `.sql` files beside a module: `SQL = Statements(__file__)`, then `SQL["claim_due"]`."""

    def __init__(self, module_file: str) -> None:
        self._folder = Path(module_file).parent / "sql"

    def __getitem__(self, name: str) -> str:
        return _read(self._folder / f"{name}.sql")


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def copy_rows(cursor: Cursor, target: str, rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a temporary table, e.g. `copy_rows(cursor, "staged (id, name)", rows)`.

    Only temporary tables: PostgreSQL refuses COPY into a table with row-level security.
    """
    with cursor.copy(f"COPY pg_temp.{target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def fetch_dicts(cursor: Cursor) -> list[dict[str, Any]]:
    """The rest of a result as dictionaries keyed by column name."""
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def stream_dicts(
    cursor: Cursor, query: str, parameters: Mapping[str, Any], *, rows: int = 1_000
) -> Iterator[dict[str, Any]]:
    """The rows of a query as dictionaries, so many at a time: for results that do not belong in memory.

    In the caller's transaction, and only as long as that lasts.
    """
    name = f"stream_{next(_streams)}"
    with psycopg.ServerCursor(cursor.connection, name) as reader:
        reader.itersize = rows
        reader.execute(query, parameters)
        names = [column.name for column in reader.description or ()]
        for row in reader:
            yield dict(zip(names, row, strict=True))


_streams = itertools.count(1)


def row_security_sql(table: str) -> str:
    """SQL that puts a table with `shop_id` behind row-level security for both roles; for migrations.

    The worker's list is a sub-select, so that it stays a filter: as `= ANY (array)` it became the condition of index
    look-ups, which then counted as ten shops and ran twice as long (7 against 3 microseconds each).
    """
    return f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY {table}_web ON {table} TO vuelve_web
        USING (shop_id = (SELECT vuelve_shop_id())) WITH CHECK (shop_id = (SELECT vuelve_shop_id()));
    CREATE POLICY {table}_worker ON {table} TO vuelve_worker
        USING (shop_id IN (SELECT unnest(vuelve_shop_ids())))
        WITH CHECK (shop_id IN (SELECT unnest(vuelve_shop_ids())));
    """
