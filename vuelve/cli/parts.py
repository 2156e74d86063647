"""The parts of `vuelve up`, each a process: web, worker, dispatcher, jobs."""

import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

from vuelve.cli.environment import start_django
from vuelve.platform import clock, env


def serve(*, host: str, port: int) -> NoReturn:
    """Become granian, with Django in threads behind its event loop (`platform/serving.py`)."""
    os.environ["VUELVE_DB_ROLE"] = "web"
    command = [
        sys.executable, "-m", "granian", "vuelve.config.server:application",
        "--interface", "rsgi",
        "--host", host,
        "--port", str(port),
        "--workers", str(env.get("VUELVE_WEB_PROCESSES")),
        "--workers-kill-timeout", "3",
        "--log-level", env.get("VUELVE_LOG_LEVEL").lower(),
    ]  # fmt: skip
    os.execv(sys.executable, command)


def work() -> None:
    start_django("worker")
    from vuelve.events import worker

    worker.run(clock=clock.real, stop=stop_on_signal())


def send() -> None:
    start_django("worker")
    from vuelve.channels.dispatch import run_forever

    run_forever(clock=clock.real, stop=stop_on_signal())


def run_jobs() -> None:
    start_django("worker")
    from vuelve.platform.jobs import run_forever

    run_forever(stop_on_signal())
    # A job's thread cannot be stopped from outside; what it had not committed is begun again.
    sys.stderr.flush()
    os._exit(0)


def stop_on_signal() -> threading.Event:
    """An event that SIGTERM or SIGINT sets: what is under way is finished, nothing new is begun."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
