"""`vuelve up`: everything on one machine, in the foreground."""

import fcntl
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from vuelve.cli import environment
from vuelve.platform.errors import VuelveError
from vuelve.platform.postgres import EmbeddedPostgres
from vuelve.platform.supervise import Child, supervise


def run_up(*, home: Path, port: int) -> int:
    """Returns 0 when it was told to stop, 1 when a part could not be kept alive."""
    with ending_on_signal(), only_one(home):
        check_port(port)
        with environment.database(home, say=environment.say) as server:
            environment.start_django("owner")
            environment.migrate()
            return serve_parts(home, port, server, lambda: environment.say(f"Vuelve is at {address(port)}"))


def serve_parts(home: Path, port: int, server: EmbeddedPostgres | None, on_ready: Callable[[], None]) -> int:
    """Keep web, worker, dispatcher, jobs and the embedded PostgreSQL alive until a signal ends it all."""
    environment.disconnect()
    try:
        return supervise(
            parts(port, fresh_metrics_folder(home)),
            on_ready=on_ready,
            watch=[lambda: server.ensure_running(say=environment.say)] if server else [],
        )
    finally:
        if server:
            # Also one that a killed `vuelve up` left behind and this one adopted.
            server.stop(force=True)


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def parts(port: int, metrics_folder: Path) -> list[Child]:
    command = [sys.executable, "-m", "vuelve"]
    shared = {"VUELVE_METRICS_DIR": str(metrics_folder), "PROMETHEUS_MULTIPROC_DIR": str(metrics_folder)}
    return [
        Child("web", [*command, "web", "--port", str(port)], shared),
        Child("worker", [*command, "worker"], shared),
        Child("dispatch", [*command, "dispatch"], shared),
        Child("jobs", [*command, "jobs"], shared),
    ]


@contextmanager
def ending_on_signal() -> Iterator[None]:
    """SIGTERM before the supervisor handles it (a recovery can take long) ends the command as one after it would."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """A second `vuelve up` on the same home is refused; the lock ends with the process."""
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise VuelveError(
            "already_running", f"Vuelve is running on {home} already.", hint="Use another --home."
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def check_port(port: int) -> None:
    """Say now that the port is taken, instead of five restarts later."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise VuelveError(
                "port_taken", f"Port {port} is taken.", hint="Choose another with --port."
            ) from error


def fresh_metrics_folder(home: Path) -> Path:
    """Counters of processes that are gone would be added to the new ones."""
    folder = home / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
