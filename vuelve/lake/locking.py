"""Who writes the lake is alone, by a lock of the database that ends with the connection."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from vuelve.platform.db import raw_cursor

_LOCK = "hashtext('vuelve lake')"


def try_alone() -> bool:
    """Two flushers at once would be right too, only in vain. `let_others` gives the lock back."""
    row = raw_cursor().execute(f"SELECT pg_try_advisory_lock({_LOCK})").fetchone()
    return bool(row and row[0])


def let_others() -> None:
    if connection.connection is not None and not connection.connection.closed:
        raw_cursor().execute(f"SELECT pg_advisory_unlock({_LOCK})")


@contextmanager
def flushing_alone() -> Iterator[None]:
    """Waits for the flush that is under way; raises what the database raises when that takes too long."""
    raw_cursor().execute(f"SELECT pg_advisory_lock({_LOCK})")
    try:
        yield
    finally:
        let_others()
