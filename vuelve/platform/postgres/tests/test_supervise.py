"""The supervisor, in a process of its own as in life: it owns signals."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from vuelve.platform.postgres import EmbeddedPostgres
from vuelve.platform.postgres.tests.processes import (
    answers,
    eventually,
    is_alive,
    postmaster_pid,
    python,
    servers_below,
)
from vuelve.platform.postgres.tests.test_server import ask

# argv: a file for the children's lines, then JSON: [[name, script, env], ...], stop_seconds_max, watch
SUPERVISOR = """
import json, sys, time
from vuelve.platform.supervise import Child, supervise
file, children, stop_seconds_max, watch = sys.argv[1], *map(json.loads, sys.argv[2:])
def fail(): raise RuntimeError("the watched thing is broken")
def block():
    print(json.dumps({"watch": "blocks"}), flush=True)
    time.sleep(60)
def count(): open(file, "a").write("watched\\n")
sys.exit(supervise(
    [Child(name, [sys.executable, "-I", "-S", "-c", script, file], env) for name, script, env in children],
    on_ready=lambda: print(json.dumps({"ready": True}), flush=True),
    stop_seconds_max=stop_seconds_max,
    watch=[{"fail": fail, "block": block, "count": count}[name] for name in watch],
))
"""

SAY = "import os, signal, subprocess, sys, time\ndef say(*a): open(sys.argv[1], 'a').write(' '.join(map(str, a)) + '\\n')\n"
STAY = SAY + "say('up', os.environ.get('NAME', ''), os.getpid()); time.sleep(600)"
STUBBORN = SAY + (
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "helper = subprocess.Popen(['sleep', '600']); say('helper', 'x', helper.pid)\n"
    "say('up', 'stubborn', os.getpid()); time.sleep(600)"
)
FAIL = SAY + "say('up', 'failing', os.getpid()); sys.exit(3)"
LEADER = SAY + (
    "helper = subprocess.Popen(['sleep', '600']); say('helper', 'x', helper.pid)\n"
    "say('up', 'leader', os.getpid()); time.sleep(600)"
)


class Supervised:
    """A supervisor that runs, and what its children wrote."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.process: subprocess.Popen[str]

    def start(
        self, *children: tuple[str, str], stop: float = 5.0, watch: tuple[str, ...] = (), **options: Any
    ) -> None:
        listed = [[name, script, {"NAME": name}] for name, script in children]
        self.process = python(SUPERVISOR, self.file, *map(json.dumps, (listed, stop, watch)), **options)

    def pids(self, name: str, word: str = "up") -> list[int]:
        lines = self.file.read_text().split("\n") if self.file.exists() else []
        return [int(line.split()[2]) for line in lines if line.startswith(f"{word} {name} ")]

    def wait_for(self, name: str, count: int = 1, word: str = "up") -> int:
        """The process id of the child's count-th start."""
        return int(eventually(lambda: self.pids(name, word)[count - 1 : count])[0])

    def all_pids(self) -> list[int]:
        lines = self.file.read_text().split("\n") if self.file.exists() else []
        return [int(line.split()[2]) for line in lines if line.count(" ") == 2]

    def stop(self) -> float:
        """Sends SIGTERM; returns how long the end took."""
        began_at = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=20)
        return time.monotonic() - began_at


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    supervised = Supervised(tmp_path / "lines")
    yield supervised
    supervised.process.kill()
    supervised.process.communicate()
    eventually(lambda: not any(map(is_alive, supervised.all_pids())))


def test_start_restart_and_stop(supervised: Supervised) -> None:
    supervised.start(("web", STAY), ("worker", STAY))
    assert answers(supervised.process) == {"ready": True}
    web, worker = supervised.wait_for("web"), supervised.wait_for("worker")

    os.kill(web, signal.SIGKILL)
    second = supervised.wait_for("web", 2)
    os.kill(second, signal.SIGTERM)
    third = supervised.wait_for("web", 3)
    assert is_alive(worker)
    assert supervised.pids("worker") == [worker]

    assert supervised.stop() < 2
    assert supervised.process.returncode == 0
    assert not any(map(is_alive, (web, second, third, worker)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_reaches_the_supervisor_only(supervised: Supervised, number: signal.Signals) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        # As under `nohup`; what is ignored here would be ignored by every child.
        signal.signal(number, signal.SIG_DFL)
    supervised.start(("web", STAY), start_new_session=True)
    web = supervised.wait_for("web")
    assert os.getpgid(web) != os.getpgid(supervised.process.pid)
    os.killpg(supervised.process.pid, number)
    assert supervised.process.wait(timeout=5) == 0
    assert not is_alive(web)
    assert supervised.pids("web") == [web]


def test_a_stubborn_child_is_killed_with_its_whole_group(supervised: Supervised) -> None:
    supervised.start(("stubborn", STUBBORN), ("web", STAY), stop=0.5)
    stubborn, helper = supervised.wait_for("stubborn"), supervised.wait_for("x", word="helper")
    supervised.wait_for("web")
    assert 0.5 <= supervised.stop() < 2
    assert supervised.process.returncode == 0
    eventually(lambda: not is_alive(stubborn) and not is_alive(helper))


def test_a_second_signal_ends_the_patience(supervised: Supervised) -> None:
    supervised.start(("stubborn", STUBBORN), stop=30.0)
    stubborn = supervised.wait_for("stubborn")
    supervised.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert is_alive(stubborn)
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.process.wait(timeout=5) == 0
    assert not is_alive(stubborn)


def test_what_a_dead_child_left_is_cleared_before_the_restart(supervised: Supervised) -> None:
    supervised.start(("leader", LEADER), stop=0.5)
    leader, helper = supervised.wait_for("leader"), supervised.wait_for("x", word="helper")
    os.kill(leader, signal.SIGKILL)
    supervised.wait_for("leader", 2)
    assert not is_alive(helper)


@dataclass
class Hopeless:
    """Supervisors that have to give up. They take seconds for it, so they run beside each other."""

    failing: Supervised
    absent: Supervised
    broken_watch: Supervised


@pytest.fixture(scope="module")
def hopeless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hopeless]:
    folder = tmp_path_factory.mktemp("hopeless")
    hopeless = Hopeless(*(Supervised(folder / name) for name in ("failing", "absent", "broken_watch")))
    hopeless.failing.start(("web", STAY), ("failing", FAIL), stop=0.5)
    script = "import sys; from vuelve.platform.supervise import *; sys.exit(supervise([Child('x', ['/no/such'], {})]))"
    hopeless.absent.process = python(script, stderr=subprocess.PIPE)
    hopeless.broken_watch.start(("web", STAY), watch=("count", "fail"), stop=0.5)
    yield hopeless
    for supervised in (hopeless.failing, hopeless.absent, hopeless.broken_watch):
        supervised.process.kill()
        supervised.process.communicate()


def test_a_child_that_always_fails_ends_everything(hopeless: Hopeless) -> None:
    assert hopeless.failing.process.wait(timeout=20) == 1
    assert len(hopeless.failing.pids("failing")) == 5
    assert len(hopeless.failing.pids("web")) == 1
    assert not any(map(is_alive, hopeless.failing.all_pids()))


def test_a_program_that_does_not_exist_is_a_failing_child(hopeless: Hopeless) -> None:
    out, err = hopeless.absent.process.communicate(timeout=20)
    assert hopeless.absent.process.returncode == 1
    assert err.count("cannot run /no/such") == 5
    assert "giving up" in out


def test_a_watch_that_always_fails_ends_everything(hopeless: Hopeless) -> None:
    assert hopeless.broken_watch.process.wait(timeout=20) == 1
    assert hopeless.broken_watch.file.read_text().count("watched") == 5
    assert len(hopeless.broken_watch.pids("web")) == 1
    assert not any(map(is_alive, hopeless.broken_watch.all_pids()))


def test_no_child_outlives_a_killed_supervisor(supervised: Supervised) -> None:
    supervised.start(("web", STAY), ("worker", STAY))
    children = [supervised.wait_for("web"), supervised.wait_for("worker")]
    supervised.process.kill()
    eventually(lambda: not any(map(is_alive, children)))


def test_what_does_not_obey_a_killed_supervisors_end_is_killed(supervised: Supervised) -> None:
    supervised.start(("stubborn", STUBBORN), ("leader", LEADER), stop=0.5)
    supervised.wait_for("stubborn")
    supervised.wait_for("leader")
    supervised.process.kill()
    assert len(supervised.all_pids()) == 4
    eventually(lambda: not any(map(is_alive, supervised.all_pids())), seconds_max=5)


def test_a_guard_that_is_killed_is_replaced(supervised: Supervised) -> None:
    supervised.start(("stubborn", STUBBORN), stop=0.5)
    stubborn = supervised.wait_for("stubborn")
    guard = eventually(lambda: guards_of(supervised.process.pid))[0]
    guard.kill()
    eventually(lambda: any(found.pid != guard.pid for found in guards_of(supervised.process.pid)))
    time.sleep(0.2)
    supervised.process.kill()
    eventually(lambda: not is_alive(stubborn), seconds_max=5)


def guards_of(pid: int) -> list[psutil.Process]:
    children = [child for child in psutil.Process(pid).children() if is_alive(child.pid)]
    return [child for child in children if any(word.endswith("guard.py") for word in child.cmdline())]


def test_a_stop_signal_interrupts_a_watch_that_blocks(supervised: Supervised) -> None:
    supervised.start(("web", STAY), watch=("block",))
    supervised.wait_for("web")
    assert answers(supervised.process) == {"ready": True}
    assert answers(supervised.process) == {"watch": "blocks"}
    assert supervised.stop() < 2
    assert supervised.process.returncode == 0


ALL = """
import json, sys
from dataclasses import dataclass
from pathlib import Path
from vuelve.platform.postgres import EmbeddedPostgres
from vuelve.platform.supervise import Child, supervise
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
try:
    code = supervise(
        [Child("worker", [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"], {})],
        on_ready=lambda: print(json.dumps({"url": server.conninfo("vuelve_worker")}), flush=True),
        watch=[server.ensure_running],
    )
finally:
    server.stop()
sys.exit(code)
"""


def test_postgres_killed_below_a_supervisor_comes_back_and_all_ends_in_time(home: Path) -> None:
    process = python(ALL, home)
    try:
        url = answers(process)["url"]
        killed = postmaster_pid(home)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: not is_alive(killed))
        assert eventually(answering(url)) == 1
        assert postmaster_pid(home) != killed

        began_at = time.monotonic()
        process.terminate()
        assert process.wait(timeout=15) == 0
        assert time.monotonic() - began_at < 10
        assert servers_below(home) == []
    finally:
        process.kill()
        process.communicate()


def answering(url: str) -> Callable[[], object]:
    def answer() -> object:
        try:
            return ask(url, "SELECT 1")
        except Exception:
            return None

    return answer


def test_everything_killed_leaves_nothing_and_starts_again(home: Path) -> None:
    process = python(ALL, home)
    url = answers(process)["url"]
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    process.kill()
    process.communicate()
    eventually(lambda: not any(is_alive(child.pid) for child in children))
    assert servers_below(home) == []

    server = EmbeddedPostgres(home)
    server.start()
    assert server.is_adopted is False
    assert ask(url, "SELECT 1") == 1
    server.stop()
