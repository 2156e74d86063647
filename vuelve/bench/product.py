"""The product's own processes, as `vuelve up` runs them, on the benchmark's database."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from vuelve.platform.clock import monotonic_seconds

PARTS = ("web", "worker", "dispatch", "jobs")
START_SECONDS = 60
STOP_SECONDS = 30


class Product:
    """Web, worker, dispatcher and jobs; each can be killed and begun anew."""

    def __init__(self, *, metrics_folder: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._environment = os.environ | {
            "VUELVE_METRICS_DIR": metrics_folder,
            "PROMETHEUS_MULTIPROC_DIR": metrics_folder,
            "VUELVE_LOG_LEVEL": "WARNING",
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, part: str) -> None:
        options = ["--port", str(self.port)] if part == "web" else []
        command = [sys.executable, "-m", "vuelve", part, *options]
        self._running[part] = subprocess.Popen(command, env=self._environment)

    def kill(self, part: str) -> None:
        """SIGKILL, at whatever it is doing."""
        process = self._running.pop(part)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def processes(self) -> dict[str, psutil.Process]:
        return {part: psutil.Process(process.pid) for part, process in self._running.items()}

    def check(self) -> None:
        """Raises RuntimeError if a part has ended by itself."""
        for part, process in self._running.items():
            if process.poll() is not None:
                raise RuntimeError(f"the {part} process ended with {process.returncode}")

    def wait_until_ready(self) -> None:
        deadline = monotonic_seconds() + START_SECONDS
        while not self._is_ready():
            self.check()
            if monotonic_seconds() > deadline:
                raise RuntimeError(f"the web process was not ready in {START_SECONDS} s")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def running() -> Iterator[Product]:
    """All parts, ended with the block."""
    with tempfile.TemporaryDirectory(prefix="vuelve-bench-metrics-") as folder:
        product = Product(metrics_folder=folder)
        try:
            for part in PARTS:
                product.start(part)
            product.wait_until_ready()
            yield product
        finally:
            product.stop()
