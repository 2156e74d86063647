"""The supervisor of `vuelve up`: a fixed set of child processes, kept alive until a signal says stop.

It owns processes and signals and must not know what the children do. Call `supervise` from the main thread: signal
handlers can be set only there, and the children end when the thread that started them ends.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.supervise.command import ending_with_parent

log = structlog.get_logger(__name__)

GUARD = Path(__file__).with_name("guard.py")

QUICK_FAILURES_MAX = 5  # in a row; then the fault is not passing, and somebody must look
STAYED_UP_SECONDS_MIN = (
    10.0  # a child that lived this long had started well: its failures count from zero again
)
RESTART_DELAY_SECONDS_FIRST = 0.25  # doubles with each quick failure: 0.25, 0.5, 1, 2
RESTART_DELAY_SECONDS_MAX = 10.0
WATCH_INTERVAL_SECONDS = 0.5
POLL_INTERVAL_SECONDS = 0.1
# Everything, PostgreSQL included, has to be over 10 s after SIGTERM. 5 s for the children leaves PostgreSQL its
# 3 s for an orderly stop and 1.5 s for the other kind.
STOP_SECONDS_MAX = 5.0

Watch = Callable[[], None]


@dataclass(frozen=True)
class Child:
    """One process to keep alive. `env` is added to the environment of the supervisor."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


def supervise(
    children: Sequence[Child],
    *,
    on_ready: Callable[[], None] | None = None,
    stop_seconds_max: float = STOP_SECONDS_MAX,
    watch: Sequence[Watch] = (),
) -> int:
    """Runs the children until SIGTERM, SIGINT or SIGHUP (returns 0) or until one cannot be kept alive (returns 1).

    `on_ready` is called once, when all children have been started. Each `watch` is called about every half second
    and may block to repair something (a stop signal interrupts it); one that raises again and again ends it all.
    When this returns or raises, no child nor any process in a child's group is left.
    """
    supervisor = _Supervisor(children, stop_seconds_max=stop_seconds_max, watch=watch)
    with supervisor.handling_signals():
        try:
            return supervisor.run(on_ready)
        finally:
            supervisor.stop_all()


class _StopRequested(BaseException):
    """Raised by the signal handler inside a `watch`, which may block for as long as a recovery takes."""


class _Failures:
    """Counts failures in a row and says how long to wait after each."""

    def __init__(self) -> None:
        self.count = 0

    def add(self) -> float:
        delay_seconds = min(RESTART_DELAY_SECONDS_FIRST * 2.0**self.count, RESTART_DELAY_SECONDS_MAX)
        self.count += 1
        return delay_seconds

    @property
    def is_hopeless(self) -> bool:
        return self.count >= QUICK_FAILURES_MAX


class _Running:
    """One child: its present process, if any, and its history of failures."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.failures = _Failures()
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_due_at = 0.0

    def start(self) -> None:
        # A session of its own: Ctrl-C in the terminal reaches the supervisor only, which stops things in order.
        # SIGTERM, not SIGKILL, at the death of the parent: the child has to take its own children with it.
        self.process = subprocess.Popen(
            ending_with_parent(self.child.argv, death_signal=signal.SIGTERM),
            env={**os.environ, **self.child.env},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.started_at = monotonic_seconds()
        log.info("child started", child=self.child.name, pid=self.process.pid)

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def bury(self) -> None:
        """Called after an unexpected end: clears the remains and sets the time of the next start."""
        assert self.process is not None
        uptime_seconds = monotonic_seconds() - self.started_at
        if uptime_seconds >= STAYED_UP_SECONDS_MIN:
            self.failures = _Failures()
        delay_seconds = self.failures.add()
        log.warning(
            "child ended unexpectedly",
            child=self.child.name,
            pid=self.process.pid,
            exit_code=self.process.returncode,
            uptime_seconds=round(uptime_seconds, 1),
            failures_in_a_row=self.failures.count,
            restart_in_seconds=None if self.failures.is_hopeless else delay_seconds,
        )
        self.kill_group()
        self.process = None
        self.start_due_at = monotonic_seconds() + delay_seconds

    def terminate(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill_group(self) -> None:
        """SIGKILL for whatever of the child's group is left: a worker of a dead web server would hold its port."""
        if self.process is None:
            return
        # Nobody may be left in the group (of which some systems say EPERM when only zombies are).
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class _Guard:
    """The process that ends what a killed supervisor leaves (see `guard.py`)."""

    def __init__(self, *, stop_seconds_max: float) -> None:
        self._stop_seconds_max = stop_seconds_max
        self._told: list[int] = []
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), str(self._stop_seconds_max)],
            stdin=subprocess.PIPE,
            bufsize=0,  # a line is there or not, also when we are killed in between
            start_new_session=True,
        )

    def tell(self, pids: list[int]) -> None:
        """Makes sure that it knows these children and no others. Cheap when nothing has changed."""
        if self._process.poll() is not None:
            log.warning("the guard was killed; starting another")
            self._process = self._start()
            self._told = []
        if pids != self._told:
            assert self._process.stdin is not None
            with suppress(BrokenPipeError):  # killed just now: the next call starts another
                self._process.stdin.write(f"{' '.join(map(str, pids))}\n".encode())
                self._told = pids

    def dismiss(self) -> None:
        """When all children are gone."""
        self.tell([])
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


class _Supervisor:
    def __init__(self, children: Sequence[Child], *, stop_seconds_max: float, watch: Sequence[Watch]) -> None:
        self.running = [_Running(child) for child in children]
        self.stop_seconds_max = stop_seconds_max
        self.guard = _Guard(stop_seconds_max=stop_seconds_max)
        self.watch = watch
        self.watch_failures = _Failures()
        self.watch_due_at = 0.0
        self.stop_signals = 0
        self.is_in_watch = False

    @contextmanager
    def handling_signals(self) -> Iterator[None]:
        stop_signals = [signal.SIGTERM, signal.SIGINT]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup, and must stay so
            stop_signals.append(signal.SIGHUP)
        previous = {number: signal.signal(number, self._on_signal) for number in stop_signals}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_signals += 1
        # Only the first signal interrupts: a second one must not cut the watch's own clean-up short.
        if self.is_in_watch and self.stop_signals == 1:
            raise _StopRequested

    def run(self, on_ready: Callable[[], None] | None) -> int:
        for running in self.running:
            running.start()
            self._tell_guard()
        if on_ready is not None:
            on_ready()
        try:
            while not self.stop_signals:
                if not self._keep_alive() or not self._call_watches():
                    return 1
                time.sleep(POLL_INTERVAL_SECONDS)
        except _StopRequested:
            pass
        log.info("stopping on request")
        return 0

    def _keep_alive(self) -> bool:
        """Restarts what is due. False when a child cannot be kept alive."""
        for running in self.running:
            if running.has_ended():
                running.bury()
                if running.failures.is_hopeless:
                    log.error("child fails again and again; giving up", child=running.child.name)
                    return False
            elif running.process is None and monotonic_seconds() >= running.start_due_at:
                running.start()
            self._tell_guard()
        return True

    def _tell_guard(self) -> None:
        self.guard.tell([running.process.pid for running in self.running if running.process is not None])

    def _call_watches(self) -> bool:
        """Calls the watches when they are due. False when one fails again and again."""
        if monotonic_seconds() < self.watch_due_at:
            return True
        delay_seconds = WATCH_INTERVAL_SECONDS
        try:
            for watch in self.watch:
                self._call_watch(watch)
            self.watch_failures = _Failures()
        except Exception:
            delay_seconds = max(delay_seconds, self.watch_failures.add())
            log.exception("a watch failed", failures_in_a_row=self.watch_failures.count)
        self.watch_due_at = monotonic_seconds() + delay_seconds
        return not self.watch_failures.is_hopeless

    def _call_watch(self, watch: Watch) -> None:
        self.is_in_watch = True
        try:
            if not self.stop_signals:  # one that came just before the flag was set
                watch()
        finally:
            self.is_in_watch = False

    def stop_all(self) -> None:
        """SIGTERM to each child, time to obey, then SIGKILL to each group. A second stop signal ends the patience."""
        signals_seen = self.stop_signals
        deadline = monotonic_seconds() + self.stop_seconds_max
        for running in self.running:
            running.terminate()
        waiting = [running for running in self.running if running.process is not None]
        while waiting and monotonic_seconds() < deadline and self.stop_signals <= max(signals_seen, 1):
            time.sleep(POLL_INTERVAL_SECONDS / 4)
            waiting = [running for running in waiting if not running.has_ended()]
        for running in waiting:
            log.warning("child did not stop in time; killed", child=running.child.name)
        for running in self.running:
            running.kill_group()
        self.guard.dismiss()
