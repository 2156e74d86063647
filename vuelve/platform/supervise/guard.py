"""Outlives a killed supervisor for a few seconds and ends what it left.

Run as a script, by path, with the standard library only: `python -I -S guard.py STOP_SECONDS_MAX`. The supervisor
writes the process ids of its children, each the leader of a group of its own, as one line whenever they change, and an
empty line when it has stopped them all. The end of the input means that the supervisor is over, however it died.

The kernel has sent each child SIGTERM by then (`launch.py`). This is for those that do not obey, and for the children
of children, of which the kernel knows nothing: a web server's worker would go on and hold the port.
"""

import os
import signal
import sys
import time
from contextlib import suppress

POLL_INTERVAL_SECONDS = 0.05


def main(stop_seconds_max: float) -> None:
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # it ends with the supervisor, not before
    groups: list[int] = []
    for line in sys.stdin:
        groups = [int(pid) for pid in line.split()]
    if sys.platform != "linux":
        signal_groups(groups, signal.SIGTERM)
    deadline = time.monotonic() + stop_seconds_max
    while groups and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL_SECONDS)
        groups = [pid for pid in groups if is_group_alive(pid)]
    signal_groups(groups, signal.SIGKILL)


def is_group_alive(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def signal_groups(groups: list[int], number: signal.Signals) -> None:
    for pid in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)


if __name__ == "__main__":
    main(float(sys.argv[1]))
