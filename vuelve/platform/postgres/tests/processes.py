"""What the tests need to know of processes: which ones live, Python programs of their own, acting as somebody else."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped, unused-ignore]

import vuelve

REPOSITORY = Path(vuelve.__file__).parent.parent


def eventually(condition: Callable[[], Any], *, seconds_max: float = 10.0) -> Any:
    """The first true value of the condition; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds_max
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds_max} s in vain"
        time.sleep(0.02)
    return value


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def servers_below(home: Path) -> list[int]:
    """Every process of PostgreSQL that lives in a folder below home, whoever its parent is."""
    found = []
    for process in psutil.process_iter(["pid", "name", "cwd"]):
        if process.info["name"] == "postgres" and (process.info["cwd"] or "").startswith(f"{home}/"):
            found.append(process.info["pid"])
    return found


def postmaster_pid(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def copy_home(source: Path, target: Path) -> None:
    """With owners and permissions, which `shutil.copytree` leaves out."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def python(script: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """A Python program that can import vuelve; its output is read with `answers`."""
    search_path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": search_path},
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        **options,
    )


def answers(process: subprocess.Popen[str]) -> Any:
    """The next line of the program's output that is JSON."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            return json.loads(line)
    raise AssertionError(f"the program ended with {process.wait()} and said nothing")


@contextmanager
def program_as(
    uid: int, gid: int, program: Callable[[Callable[[str], None], Callable[[], None]], None]
) -> Iterator[str]:
    """Runs `program(say, wait)` as another account; yields what it says first, then lets its `wait` return.

    A fork, not a new Python: that account may not be able to read this one's packages.
    """
    said_reader, said_writer = os.pipe()
    go_reader, go_writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(said_reader)
        os.close(go_writer)

        def say(text: str) -> None:
            os.write(said_writer, f"{text}\n".encode())

        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            program(say, lambda: void(os.read(go_reader, 1)))
        except BaseException as error:
            say(f"{type(error).__name__}: {error}".replace("\n", " "))
        finally:
            os._exit(0)
    os.close(said_writer)
    os.close(go_reader)
    try:
        with os.fdopen(said_reader) as said:
            yield said.readline().strip()
    finally:
        os.close(go_writer)
        os.waitpid(pid, 0)


def in_fork_as(uid: int, gid: int, action: Callable[[], str]) -> str:
    """What the action says when done by another account."""
    with program_as(uid, gid, lambda say, _wait: say(action().replace("\n", " "))) as said:
        return said


def void(_value: object) -> None:
    """For a lambda whose value nobody wants."""
