"""Two locks between processes, both by flock: the kernel lets go of them when their holders die, however they die."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.postgres.account import Account
from vuelve.platform.postgres.folders import Folders, open_file, open_folder

POLL_INTERVAL_SECONDS = 0.1


@contextmanager
def start_lock(
    folders: Folders, account: Account, *, while_waiting: Callable[[float], None]
) -> Iterator[None]:
    """Held while a server is started or adopted: of two processes that start at once, the second finds a server."""
    with _held(folders, folders.start_lock.name, account, while_waiting):
        yield


@contextmanager
def server_lock(
    folders: Folders, account: Account, *, while_waiting: Callable[[float], None]
) -> Iterator[int]:
    """Yields a handle for the server to inherit: the lock then lasts as long as any process of the server.

    After a SIGKILL of the postmaster its other processes live on for a moment and still write. PostgreSQL notices
    them by their shared memory, but not those of another container on the same volume; this lock stops both.
    """
    with _held(folders, folders.server_lock.name, account, while_waiting) as fd:
        yield fd


@contextmanager
def _held(
    folders: Folders, name: str, account: Account, while_waiting: Callable[[float], None]
) -> Iterator[int]:
    """`while_waiting` gets the seconds waited so far, at each turn; it ends the wait by raising."""
    with open_folder(folders.root) as root_fd:
        fd = open_file(root_fd, name, os.O_RDWR, account)
    try:
        began_at = monotonic_seconds()
        while not _try_lock(fd):
            while_waiting(monotonic_seconds() - began_at)
            time.sleep(POLL_INTERVAL_SECONDS)
        yield fd
    finally:
        os.close(fd)  # not LOCK_UN: that would take the lock from the server, which shares the handle


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
