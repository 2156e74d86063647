"""One running server, seen from outside: its process, its postmaster.pid, the signals it knows."""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.postgres.account import Account
from vuelve.platform.postgres.folders import SOCKET_NAME, Folders, open_folder, open_subfolder

PID_FILE = "postmaster.pid"
PROGRAM = "postgres"
POLL_INTERVAL_SECONDS = 0.02

# SIGTERM of `vuelve up` to its end is 10 s; these two are PostgreSQL's share.
FAST_STOP_SECONDS_MAX = 3.0  # sessions end, a checkpoint is written: the next start has nothing to recover
IMMEDIATE_STOP_SECONDS_MAX = 1.5  # as after a power cut: the next start recovers; nothing committed is lost


@dataclass(frozen=True)
class PidFile:
    """What a server says of itself. Lines appear one after the other while it starts: later ones can be absent."""

    pid: int
    socket_folder: Path | None
    status: str  # starting, ready, standby, stopping; "" before the first


def read_pid_file(folders: Folders) -> PidFile | None:
    try:
        with open_subfolder(folders, "data") as data_fd:
            fd = os.open(PID_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=data_fd)
            with os.fdopen(fd, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file.read(4096).splitlines()]
    except FileNotFoundError:
        return None
    if not lines or not lines[0].lstrip("-").isdigit():
        return None
    lines += [""] * 8
    return PidFile(
        pid=abs(int(lines[0])), socket_folder=Path(lines[4]) if lines[4] else None, status=lines[7]
    )


class Postmaster:
    """The main process of the server on a folder. Equal process ids are not enough: the start time counts too."""

    def __init__(self, process: psutil.Process, folders: Folders) -> None:
        self._process = process
        self._folders = folders

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    @classmethod
    def find(cls, folders: Folders, account: Account) -> "Postmaster | None":
        """The live server on the folder, if there is one.

        The pid file alone proves nothing: after a crash its number may belong to any program (in a container it
        nearly always does), and root must not send signals wherever the server's account points it to.
        """
        pid_file = read_pid_file(folders)
        if pid_file is None:
            return None
        process = _server_process(pid_file.pid, folders, account)
        return cls(process, folders) if process else None

    @classmethod
    def of_child(cls, pid: int, folders: Folders) -> "Postmaster":
        return cls(psutil.Process(pid), folders)

    def is_alive(self) -> bool:
        try:
            return bool(self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def pid_file(self) -> PidFile | None:
        """Its own pid file: None before it wrote one and after it removed it."""
        found = read_pid_file(self._folders)
        return found if found and found.pid == self.pid else None

    def progress(self) -> object:
        """A value that changes while the server starts, recovers or stops: what its working processes have done.

        Only those that do this work count; the idle ones tick along even when recovery hangs.
        """
        return [_work_of(process) for process in (self._process, *self._children())]

    def stop(self) -> None:
        """Fast shutdown, then immediate, then SIGKILL. Returns when the server and its processes are gone."""
        if self._signal_and_wait(signal.SIGINT, FAST_STOP_SECONDS_MAX):
            return
        children = self._children()
        if self._signal_and_wait(signal.SIGQUIT, IMMEDIATE_STOP_SECONDS_MAX):
            return
        self._signal_and_wait(signal.SIGKILL, IMMEDIATE_STOP_SECONDS_MAX)
        kill(children, signal.SIGKILL)

    def _children(self) -> list[psutil.Process]:
        try:
            return list(self._process.children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def _signal_and_wait(self, number: signal.Signals, seconds_max: float) -> bool:
        kill([self._process], number)
        deadline = monotonic_seconds() + seconds_max
        while self.is_alive():
            if monotonic_seconds() >= deadline:
                return False
            time.sleep(POLL_INTERVAL_SECONDS)
        return True


def remove_stale_files(folders: Folders, account: Account, *, socket_folder: Path) -> None:
    """Removes what a killed server left and what would keep the next one from starting.

    PostgreSQL does so itself when the number in its lock files is nobody's, but takes any living process of its
    account for a server, even one that has been killed and not been reaped. The caller holds the server lock, so no
    server is alive, unless somebody started one by hand: that one keeps its files.
    """
    if Postmaster.find(folders, account) is not None:
        return
    with open_subfolder(folders, "data") as data_fd, suppress(FileNotFoundError):
        os.unlink(PID_FILE, dir_fd=data_fd)
    with open_folder(socket_folder) as socket_fd:
        for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=socket_fd)


def orphans(folders: Folders, account: Account) -> list[psutil.Process]:
    """Processes of a server on this folder, whoever their parent is."""
    return [process for pid in psutil.pids() if (process := _server_process(pid, folders, account))]


def kill(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _server_process(pid: int, folders: Folders, account: Account) -> psutil.Process | None:
    """The process if it is PostgreSQL, of the right account, and lives in this data folder."""
    try:
        process = psutil.Process(pid)
        is_server = (
            process.name() == PROGRAM
            and process.uids().effective == account.uid
            and process.status() != psutil.STATUS_ZOMBIE
            and os.path.samefile(process.cwd(), folders.data)
        )
    except (psutil.Error, OSError):
        return None
    return process if is_server else None


def _work_of(process: psutil.Process) -> tuple[object, ...]:
    try:
        title = " ".join(process.cmdline())  # "postgres: startup recovering 0000000100000002000000A1"
        if not any(worker in title for worker in ("postgres: startup", "postgres: checkpointer")):
            return ()
        times = process.cpu_times()
        # Not on every system. read_chars and write_chars count calls that the cache answers, too.
        counters = process.io_counters() if hasattr(process, "io_counters") else ()
    except (psutil.Error, OSError):
        return ()
    return (title, times.user, times.system, *counters)
