"""Builds the command line that makes a program end with its parent (see `launch.py`)."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")


def ending_with_parent(
    argv: Sequence[str | os.PathLike[str]],
    *,
    death_signal: signal.Signals,
    uid: int | None = None,
    gid: int | None = None,
) -> list[str]:
    """The command for `subprocess.Popen`, which must be called in this process and from its main thread."""
    identity = [str(-1 if number is None else number) for number in (uid, gid)]
    launcher = [
        sys.executable,
        "-I",
        "-S",
        str(LAUNCHER),
        str(os.getpid()),
        str(int(death_signal)),
        *identity,
    ]
    return [*launcher, *(os.fspath(argument) for argument in argv)]
