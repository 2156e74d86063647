"""Waits until a server takes connections, for as long as it gets on with its work."""

import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.postgres.account import Say
from vuelve.platform.postgres.errors import PostgresStartError
from vuelve.platform.postgres.folders import Folders
from vuelve.platform.postgres.log import log_size, log_tail
from vuelve.platform.postgres.postmaster import Postmaster

POLL_INTERVAL_SECONDS = 0.03
PROGRESS_INTERVAL_SECONDS = 1.0
FIRST_WORD_AFTER_SECONDS = 1.5  # a clean start takes a fraction of a second and needs no words
NEXT_WORD_AFTER_SECONDS = 5.0
# Recovery itself may take as long as it likes (about 100 MB of log a second). This is how long it may do nothing:
# no byte read, no tick of the processor, no line in the log. A slow disk can take minutes for one flush.
STALLED_SECONDS_MAX = 300.0

# A server that calls itself ready takes connections. What can come between is its end, which takes a moment, or a
# recovery after one of its own processes was killed, which can take longer.
REFUSED_SECONDS_MAX = 20.0

RECOVERING = ("starting up", "not yet accepting", "recovery mode")
FOR_GOOD = ("authentication failed", "no pg_hba.conf entry", "Permission denied", "does not exist")


def wait_until_ready(
    postmaster: Postmaster,
    *,
    folders: Folders,
    conninfo: Callable[[Path], str],
    say: Say,
) -> Path | None:
    """Returns the folder of the socket of a server that answers, or None when the server ended instead."""
    patience = _Patience(postmaster, folders, say)
    refused_since: float | None = None
    while postmaster.is_alive():
        pid_file = postmaster.pid_file()
        status = pid_file.status if pid_file else ""
        if pid_file and pid_file.socket_folder and status == "ready":
            refusal = _refusal(conninfo(pid_file.socket_folder))
            if not refusal:
                return pid_file.socket_folder
            if not _has(refusal, RECOVERING):
                refused_since = refused_since or monotonic_seconds()
                is_over = monotonic_seconds() - refused_since >= REFUSED_SECONDS_MAX
                if is_over or _has(refusal, FOR_GOOD):
                    raise PostgresStartError(f"PostgreSQL runs, but does not let Vuelve in: {refusal}")
        patience.wait(status)
    return None


def _refusal(conninfo: str) -> str:
    """Why the server does not take a connection; empty when it does."""
    try:
        psycopg.connect(conninfo, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""


def _has(refusal: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in refusal for phrase in phrases)


class _Patience:
    """Says what the wait is for, and ends it when nothing moves any more."""

    def __init__(self, postmaster: Postmaster, folders: Folders, say: Say) -> None:
        self._postmaster = postmaster
        self._folders = folders
        self._say = say
        self._began_at = self._moved_at = monotonic_seconds()
        self._progress_due_at = self._began_at + PROGRESS_INTERVAL_SECONDS
        self._word_due_at = self._began_at + FIRST_WORD_AFTER_SECONDS
        self._progress: object = None

    def wait(self, status: str) -> None:
        now = monotonic_seconds()
        if now >= self._progress_due_at:
            self._progress_due_at = now + PROGRESS_INTERVAL_SECONDS
            progress = (status, self._postmaster.progress(), log_size(self._folders))
            if progress != self._progress:
                self._progress, self._moved_at = progress, now
            elif now - self._moved_at >= STALLED_SECONDS_MAX:
                raise PostgresStartError(
                    f"PostgreSQL has done nothing for {STALLED_SECONDS_MAX:.0f} seconds and is still not ready.",
                    log_tail=log_tail(self._folders),
                )
        if now >= self._word_due_at:
            self._word_due_at = now + NEXT_WORD_AFTER_SECONDS
            self._say(self._sentence(status, now - self._began_at))
        time.sleep(POLL_INTERVAL_SECONDS)

    def _sentence(self, status: str, seconds: float) -> str:
        if status == "stopping":
            return f"An earlier PostgreSQL on this folder is still shutting down; waiting ({seconds:.0f} s so far)."
        return (
            "PostgreSQL is recovering what was committed before it was interrupted; "
            f"waiting for as long as it makes progress ({seconds:.0f} s so far)."
        )
