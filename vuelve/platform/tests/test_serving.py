"""The server in front of Django, with a small WSGI application behind it: real connections, slow and broken ones, too."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vuelve.platform.serving import environ_of

APPLICATION = """
import json, threading, time
from vuelve.platform import limits
limits.BODY_SECONDS_MAX = 2
limits.REQUESTS_WAITING_MAX = 6
limits.BODY_HELD_BYTES_MAX = 100_000
limits.BODIES_HELD_BYTES_MAX = 300_000
limits.BODY_BYTES_MAX = 6_000_000
limits.UPLOADS_AT_ONCE_MAX = 2
limits.UPLOAD_PACE_BYTES_MIN = 1_000_000
from vuelve.platform.serving import Application

class Stream:
    streaming = True
    def __iter__(self):
        for number in range(50):
            yield b"%03d," % number * 1000
    def close(self):
        pass

def wsgi(environ, start):
    if environ["PATH_INFO"] == "/sleep":
        time.sleep(1)
    if environ["PATH_INFO"] == "/stream":
        start("200 OK", [("Content-Type", "text/plain")])
        return Stream()
    if environ["PATH_INFO"] == "/refuse":
        start("413 Too Large", [("Content-Type", "text/plain")])
        return [b"no"]
    stream = environ["wsgi.input"]
    size, first = 0, b""
    while piece := stream.read(10_000):
        first = first or piece[:3]
        size += len(piece)
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    body = json.dumps({"size": size, "first": first.decode(), "environ": said}).encode()
    start("201 Created", [("Content-Type", "application/json"), ("X-Two", "a"), ("X-Two", "b")])
    return [body]

application = Application(wsgi, threads=2)
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("serving")
    (folder / "small_application.py").write_text(APPLICATION)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    repository = str(Path(__file__).resolve().parents[3])
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "rsgi", "--port", str(number),
             "--workers-kill-timeout", "3", "small_application:application"],
            env={**os.environ, "PYTHONPATH": f"{folder}:{repository}"}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        for _ in range(300):
            try:
                ask(number, "GET", "/")
                break
            except OSError:
                time.sleep(0.1)
        yield number
        assert server.poll() is None
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(15)
    assert b"Traceback" not in (folder / "log").read_bytes()
    assert b"Unexpected exit" not in (folder / "log").read_bytes()


def ask(
    port: int, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers or {}, encode_chunked=not isinstance(body, bytes))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def said(port: int, *request: Any) -> dict[str, Any]:
    status, body = ask(port, *request)
    assert status == 201
    found: dict[str, Any] = json.loads(body)
    return found


def stall(port: int, announced: int, sent: bytes = b"{", path: str = "/") -> socket.socket:
    """A connection that announces a body and sends only its beginning."""
    slow = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {announced}\r\n\r\n"
    slow.sendall(head.encode() + sent)
    return slow


def wait_until_served(port: int) -> None:
    """What those held who left is free again as soon as the server has noticed."""
    for _ in range(100):
        if ask(port, "POST", "/", b"y" * 90_000)[0] == 201:
            return
        time.sleep(0.1)
    raise AssertionError("still too busy after 10 s")


def test_what_the_application_is_told(port: int) -> None:
    headers = {"Content-Type": "text/x", "Cookie": "a=1", "X-Some": "b"}
    environ = said(port, "POST", "/caf%C3%A9/a%20b?q=%C3%A9", b"abc", headers)["environ"]
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/café/a b"
    expected = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": "q=%C3%A9",
        "CONTENT_TYPE": "text/x",
        "CONTENT_LENGTH": "3",
        "HTTP_COOKIE": "a=1",
        "HTTP_X_SOME": "b",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
    }
    assert environ | expected == environ
    assert "HTTP_CONTENT_TYPE" not in environ


def test_headers_that_come_twice() -> None:
    class Scope:
        proto, method, path, query_string = "http", "GET", "/", ""
        scheme, http_version, server, client = "http", "1.1", "[::1]:80", "[::1]:99"
        headers: dict[str, str]

    class Headers:
        def items(self) -> list[tuple[str, str]]:
            return [("cookie", "a=1"), ("cookie", "b=2"), ("x-a", "1"), ("x-a", "2")]

    scope = Scope()
    scope.headers = Headers()  # type: ignore[assignment]
    environ = environ_of(scope)
    assert (environ["HTTP_COOKIE"], environ["HTTP_X_A"]) == ("a=1; b=2", "1,2")
    assert environ["REMOTE_ADDR"] == "::1"


@pytest.mark.parametrize("size", [0, 1, 99_999, 100_001, 5_000_000])
def test_bodies_of_any_size_arrive_whole(port: int, size: int) -> None:
    found = said(port, "POST", "/", b"x" * size)
    assert (found["size"], found["first"]) == (size, "xxx"[:size])
    chunks = (b"y" * 10_000 for _ in range(size // 10_000))
    assert said(port, "POST", "/", chunks)["size"] == size // 10_000 * 10_000


def test_streams_are_sent_whole(port: int) -> None:
    status, body = ask(port, "GET", "/stream")
    assert (status, len(body), body[:8], body[-4:]) == (200, 200_000, b"000,000,", b"049,")
    slow = stall(port, 0, b"", "/stream")
    slow.recv(10)
    slow.close()  # gone in the midst of it
    assert ask(port, "GET", "/stream")[1] == body


def test_those_who_are_slow_keep_nobody_out(port: int) -> None:
    """Ten times as many as there are threads."""
    slow = [stall(port, 1_000) for _ in range(20)]
    began = time.monotonic()
    assert said(port, "POST", "/", b"abc")["size"] == 3
    assert time.monotonic() - began < 1.5  # they are given up only later
    for one in slow:
        one.sendall(b"x" * 999)  # some come to an end after all
        assert one.recv(12) == b"HTTP/1.1 201"
        one.close()


def test_uploads_that_stall_keep_no_thread(port: int) -> None:
    """As many as there are threads; a third one is told to come again, and in the end they are given up."""
    slow = [stall(port, 1_000_000, b"x" * 150_000) for _ in range(2)]
    time.sleep(0.3)
    assert said(port, "POST", "/", b"abc")["size"] == 3
    third = stall(port, 1_000_000, b"x" * 150_000)
    assert third.recv(12) == b"HTTP/1.1 503"
    assert [one.recv(12) for one in slow] == [b"HTTP/1.1 408"] * 2
    for one in (*slow, third):
        one.close()
    assert said(port, "POST", "/", b"x" * 150_000)["size"] == 150_000


def test_what_no_view_would_take_is_not_kept(port: int) -> None:
    announced = stall(port, 6_000_001)
    assert announced.recv(12) == b"HTTP/1.1 413"
    announced.close()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as endless:
        endless.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(100):
                endless.sendall(b"%x\r\n" % 100_000 + b"x" * 100_000 + b"\r\n")
    assert said(port, "POST", "/", b"abc")["size"] == 3


def test_a_body_that_never_ends_is_given_up(port: int) -> None:
    slow = stall(port, 1_000)
    assert slow.recv(12) == b"HTTP/1.1 408"
    slow.close()
    assert said(port, "POST", "/", b"abc")["size"] == 3


def test_who_leaves_in_the_midst_of_a_body_reaches_no_view(port: int) -> None:
    for _ in range(20):
        stall(port, 1_000).close()
        stall(port, 1_000_000, b"x" * 150_000).close()
    wait_until_served(port)


def test_more_than_can_wait_is_told_to_come_again(port: int) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(ask(port, "GET", "/sleep")[0])) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {201, 503}
    assert said(port, "GET", "/")["size"] == 0


def test_more_than_may_be_held_is_told_to_come_again(port: int) -> None:
    slow = [stall(port, 90_001, b"x" * 90_000) for _ in range(3)]
    time.sleep(0.3)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/", b"y" * 90_000)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    connection.close()
    for one in slow:
        one.close()
    wait_until_served(port)
