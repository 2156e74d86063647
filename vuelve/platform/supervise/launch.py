"""Starts one program that ends when its parent ends.

This file is run as a script, by path, with nothing but the standard library (`python -I -S launch.py ...`), so that
the promise to the kernel is made in a fresh process: a `preexec_fn` would run Python between fork and exec, which can
deadlock when the parent has threads. It replaces itself with the program, so the program keeps this process id.

    launch.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM [ARGUMENT...]      (UID and GID -1: keep them)

Linux sends DEATH_SIGNAL when the *thread* that started this process ends, so start it from the main thread. Other
systems have no such signal: there a program can outlive a killed parent.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    parent_pid, death_signal, uid, gid = (int(argument) for argument in argv[:4])
    command = argv[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user: the kernel forgets the death signal when the credentials change.
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        sys.exit("prctl(PR_SET_PDEATHSIG) failed")
    # The parent may have died before the promise was made; then nobody would ever send the signal.
    if os.getppid() != parent_pid:
        sys.exit("the parent process is gone")
    # The interpreter ignores these two, and what is ignored stays ignored across exec.
    for inherited in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(inherited, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
