"""Reads the end of the server's log."""

import os
import stat

from vuelve.platform.postgres.folders import Folders, open_subfolder

START_LOG = "start.log"
TAIL_LINES_MAX = 25
TAIL_BYTES_MAX = 16 * 1024


def log_tail(folders: Folders) -> str:
    """The last lines of what the server said at its start and of the newest log file, in this order."""
    with open_subfolder(folders, "log") as log_fd:
        newest_first = sorted(os.listdir(log_fd), key=lambda name: _modified_at(log_fd, name), reverse=True)
        newest = [name for name in newest_first if name.endswith(".log") and name != START_LOG][:1]
        lines = [line for name in (START_LOG, *newest) for line in _last_lines(log_fd, name)]
    return "\n".join(
        line for line in lines if "logging collector process" not in line and "HINT:  Future log" not in line
    )


def log_size(folders: Folders) -> int:
    """Grows with every line, as long as no file begins anew."""
    with open_subfolder(folders, "log") as log_fd:
        return sum(os.stat(name, dir_fd=log_fd, follow_symlinks=False).st_size for name in os.listdir(log_fd))


def _modified_at(folder_fd: int, name: str) -> int:
    return os.stat(name, dir_fd=folder_fd, follow_symlinks=False).st_mtime_ns


def _last_lines(folder_fd: int, name: str) -> list[str]:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder_fd)
    except OSError:
        return []
    with os.fdopen(fd, "rb") as file:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            return []
        file.seek(max(0, found.st_size - TAIL_BYTES_MAX))
        return file.read(TAIL_BYTES_MAX).decode("utf-8", "replace").splitlines()[-TAIL_LINES_MAX:]
