"""The load of the ingest benchmark, as a process of its own: prebuilt requests over kept-alive loopback connections.

Makes its requests before the clock starts, says `ready`, sends on `go`, prints one JSON object, ends. Plain sockets and
bytes: it must not eat the two CPUs that it shares with what it measures. An answer other than 200 ends it with an error.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from vuelve.bench import ingest_workload as workload

TIMEOUT_SECONDS = 60.0
READ_BYTES = 65_536


def main(told: dict[str, Any]) -> None:
    requests = list(_requests(told))
    queue, lock = iter(requests), threading.Lock()
    latencies: list[float] = []
    failures: list[str] = []

    def send() -> None:
        try:
            with _connect(told["port"]) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                _read_answer(connection)
                gate.wait()
                while not failures:
                    with lock:
                        request = next(queue, None)
                    if request is None:
                        return
                    began = time.perf_counter()
                    connection.sendall(request)
                    _read_answer(connection)
                    latencies.append(time.perf_counter() - began)
        except (OSError, RuntimeError) as error:
            failures.append(repr(error))
            gate.abort()

    gate = threading.Barrier(told["connections"] + 1)
    threads = [threading.Thread(target=send) for _ in range(told["connections"])]
    for thread in threads:
        thread.start()
    click.echo("ready")
    sys.stdin.readline()
    cpu_before = time.process_time()
    gate.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    if failures:
        raise SystemExit(f"the load was refused: {failures[0]}")
    latencies.sort()
    found = {
        "began": began,  # CLOCK_MONOTONIC: the same for all processes of the machine
        "ended": ended,
        "requests": len(latencies),
        "p50_ms": _at(latencies, 0.5),
        "p99_ms": _at(latencies, 0.99),
        "cpu_seconds": time.process_time() - cpu_before,
    }
    click.echo(json.dumps(found))


def _requests(told: dict[str, Any]) -> Iterator[bytes]:
    host, key = f"127.0.0.1:{told['port']}", told["key"]
    calls = workload.calls(
        first=told["first"],
        count=told["count"],
        ended_at=datetime.fromisoformat(told["ended_at"]),
        expected=workload.Expected(),
    )
    made = (
        workload.singles(calls, host=host, key=key)
        if told["batch"] == 1
        else workload.batches(calls, size=told["batch"], host=host, key=key)
    )
    for number, request in enumerate(made):
        yield request
        if told["repeat_every"] and number % told["repeat_every"] == 0:
            yield request  # a retry, under way on another connection at the same time


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _read_answer(connection: socket.socket) -> None:
    """Reads one answer whole; raises RuntimeError unless it is a 200."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(connection)
    head = data[:end].lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(data[:600].decode(errors="replace"))
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(data) < end + 4 + length:
        data += _more(connection)


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(READ_BYTES)
    if not data:
        raise RuntimeError("the server closed the connection")
    return data


def _at(ordered: list[float], share: float) -> float:
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000, 2)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
