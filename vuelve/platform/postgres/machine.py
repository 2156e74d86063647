"""What the machine, or the container, has to give."""

import os
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from vuelve.platform.postgres.settings import Machine

# Limits of a container: control groups version 2 and 1.
MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - only its size is asked


def this_machine() -> Machine:
    sizes = [
        int(psutil.virtual_memory().total),
        *(limit for file in MEMORY_LIMITS if (limit := _read_limit(file))),
    ]
    return Machine(memory_bytes=min(sizes), shared_memory_bytes=_room_in(SHARED_MEMORY))


def _read_limit(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None  # "max": no limit


def _room_in(folder: str) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_frsize * found.f_blocks
