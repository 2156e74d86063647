"""What a figure must be read with: the machine, the versions, the server's durability, memory, CPU, load."""

import os
import platform
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from vuelve.bench import database
from vuelve.platform.clock import monotonic_seconds

SAMPLE_SECONDS = 0.25
# Adding the pages of some twenty processes up takes a tenth of a second: it must not eat what it measures.
SAMPLE_SHARE_MAX = 0.03


def load() -> list[float]:
    return [round(value, 2) for value in os.getloadavg()]


def facts() -> dict[str, Any]:
    """Of the machine and of the server as it reports itself."""
    with database.owner() as connection:
        shown = {
            name: _only(connection.execute(f"SHOW {name}").fetchone())
            for name in ("fsync", "synchronous_commit", "server_version")
        }
    return {
        "fsync": shown["fsync"],
        "synchronous_commit": shown["synchronous_commit"],
        "versions": {
            "vuelve": version("vuelve"),
            "python": platform.python_version(),
            "postgresql": shown["server_version"],
            "psycopg": version("psycopg"),
            "django": version("django"),
        },
        "machine": {
            "cpus": os.cpu_count(),
            "cpu": _cpu_name(),
            "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
            "system": platform.platform(),
        },
    }


@dataclass(slots=True)
class Usage:
    """Of all our processes, PostgreSQL included; memory is the proportional set size."""

    peak_memory_mb: float = 0.0
    cpu_seconds: float = 0.0
    cpu_seconds_by_part: dict[str, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def watched(parts: Mapping[str, psutil.Process] | None = None) -> Iterator[Usage]:
    """Measures while the block runs; the CPU of each of `parts` (with its children) and of PostgreSQL also apart."""
    usage = Usage()
    server = _postmaster()
    apart = dict(parts or {}) | ({"postgresql": server} if server else {})
    before = _cpu_seconds(server)
    before_by_part = {name: _cpu_seconds_of_tree(process) for name, process in apart.items()}
    thread = threading.Thread(target=_sample, args=(usage, server), daemon=True)
    thread.start()
    try:
        yield usage
    finally:
        usage.cpu_seconds = round(_cpu_seconds(server) - before, 2)
        usage.cpu_seconds_by_part = {
            name: round(_cpu_seconds_of_tree(process) - before_by_part[name], 2)
            for name, process in apart.items()
        }
        usage._stop.set()
        thread.join()


def _sample(usage: Usage, server: psutil.Process | None) -> None:
    while not usage._stop.is_set():
        began = monotonic_seconds()
        total = sum(_pss(process) for process in _ours(server))
        usage.peak_memory_mb = max(usage.peak_memory_mb, round(total / 2**20, 1))
        usage._stop.wait(max(SAMPLE_SECONDS, (monotonic_seconds() - began) / SAMPLE_SHARE_MAX))


def _ours(server: psutil.Process | None) -> list[psutil.Process]:
    roots = [psutil.Process(), *([server] if server else [])]
    found = {process.pid: process for root in roots for process in (root, *root.children(recursive=True))}
    return list(found.values())


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0  # gone, or another user's


def _cpu_seconds(server: psutil.Process | None) -> float:
    return _cpu_seconds_of_tree(psutil.Process()) + (_cpu_seconds_of_tree(server) if server else 0.0)


def _cpu_seconds_of_tree(root: psutil.Process) -> float:
    """User and system time; that of children which have ended is kept by their parent."""
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
        if process.pid == root.pid:
            total += times.children_user + times.children_system
    return total


def _postmaster() -> psutil.Process | None:
    """The server's first process, if it runs on this machine."""
    with database.owner() as connection:
        pid = _only(connection.execute("SELECT pg_backend_pid()").fetchone())
        try:
            backend = psutil.Process(int(str(pid)))
            parent = backend.parent()
            return parent if parent and "postgres" in backend.name() else None
        except psutil.Error:
            return None


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def _only(row: tuple[object, ...] | None) -> object:
    assert row is not None
    return row[0]
