"""The client process of the ingest benchmark, from the side of the bench."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

PATIENCE_SECONDS = 1_200


@dataclass(frozen=True, slots=True)
class Load:
    """What the client says when all is answered; instants are of the machine's monotonic clock."""

    began: float
    ended: float
    requests: int
    p50_ms: float
    p99_ms: float
    cpu_seconds: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class Client:
    """Ready when it is made: its requests are built and its connections open."""

    def __init__(self, told: dict[str, Any]) -> None:
        command = [sys.executable, "-m", "vuelve.bench.ingest_client", json.dumps(told)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Client":
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            self.__exit__()
            raise RuntimeError("the client did not get ready")
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.kill()
        self._process.communicate()

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def finish(self) -> Load:
        """Returns when all is accepted; raises RuntimeError if something was not."""
        out, _ = self._process.communicate(timeout=PATIENCE_SECONDS)
        if self._process.returncode:
            raise RuntimeError("the load was not accepted")
        return Load(**json.loads(out))
