"""Between the server and Django: whoever is slow to send waits here, not in one of the few threads that work.

A WSGI server reads the body in the thread that answers, so four telephones on a poor connection would keep everybody
out. Here the event loop reads bodies, a thousand at once, and a thread takes a request when it is whole. The threads
stay the same, and with them their database connections. What waits is bounded in number, memory and time.
"""

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Protocol

from granian.rsgi import ProtocolClosed, ProtocolError  # type: ignore[attr-defined]
from prometheus_client import Counter

from vuelve.platform import limits

TURNED_AWAY = Counter(
    "vuelve_http_turned_away_total", "Requests that were answered before they reached a view.", ["reason"]
)

Headers = list[tuple[str, str]]
Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Answer = tuple[int, Headers, bytes]

# Browsers that send events must be able to read these, too, whatever site they are on.
_PLAIN: Headers = [
    ("Content-Type", "text/plain"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Retry-After"),
]
_SLOW: Answer = (408, _PLAIN, b"The body did not arrive in time.\n")
_BUSY: Answer = (503, [*_PLAIN, ("Retry-After", "2")], b"Too many requests at once. Send it again.\n")
_LARGE: Answer = (413, _PLAIN, b"The body is too large.\n")
_ENVIRON: Environ = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}


class Transport(Protocol):
    def send_bytes(self, data: bytes) -> Awaitable[None]: ...


class Connection(Protocol):
    """How granian lets a request be answered (RSGI)."""

    def __call__(self) -> Awaitable[bytes]: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: Headers) -> Transport: ...


class _BusyError(Exception):
    """More waits than may."""


class _LargeError(Exception):
    """A body that no view would take."""


class _GoneError(Exception):
    """The other side left before the body, or the answer, was whole."""


class Application:
    """A WSGI application as an RSGI one, for granian."""

    def __init__(self, wsgi: Wsgi, *, threads: int) -> None:
        self._wsgi = wsgi
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._waiting = 0  # requests that are whole and not answered
        self._held_bytes = 0  # of all bodies here, or to come
        self._uploads = 0  # larger bodies that arrive now

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._executor.shutdown(wait=False)

    async def __rsgi__(self, scope: Any, connection: Connection) -> None:
        if scope.proto != "http":
            return
        environ = environ_of(scope)
        announced = environ.get("CONTENT_LENGTH", "")
        has_body = announced not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ
        held = int(announced) if announced.isdigit() else limits.BODY_HELD_BYTES_MAX
        held = min(held, limits.BODY_HELD_BYTES_MAX) if has_body else 0
        self._held_bytes += held
        try:
            if (
                self._waiting >= limits.REQUESTS_WAITING_MAX
                or self._held_bytes > limits.BODIES_HELD_BYTES_MAX
            ):
                raise _BusyError
            environ["wsgi.input"] = await self._read(environ, connection) if has_body else io.BytesIO()
            answer = await self._work(environ, connection)
        except TimeoutError:
            TURNED_AWAY.labels("slow").inc()
            answer = _SLOW
        except _LargeError:
            TURNED_AWAY.labels("large").inc()
            answer = _LARGE
        except _BusyError:
            TURNED_AWAY.labels("busy").inc()
            answer = _BUSY
        except (_GoneError, ProtocolClosed, ProtocolError):
            TURNED_AWAY.labels("gone").inc()
            return
        finally:
            self._held_bytes -= held
            if body := environ.get("wsgi.input"):
                body.close()
        if answer is not None:
            connection.response_bytes(*answer)

    async def _read(self, environ: Environ, connection: Connection) -> IO[bytes]:
        """The whole body: a larger one in a file, so that no thread waits for who sends it."""
        announced = environ.get("CONTENT_LENGTH", "")
        if announced.isdigit() and int(announced) <= limits.BODY_HELD_BYTES_MAX:
            async with asyncio.timeout(limits.BODY_SECONDS_MAX):
                whole = bytes(await connection())  # at once: piece by piece costs 0.3 ms for 40 KB
            if len(whole) < int(announced):
                raise _GoneError
            return io.BytesIO(whole)
        if announced.isdigit() and int(announced) > limits.BODY_BYTES_MAX:
            raise _LargeError
        body = SpooledTemporaryFile(max_size=limits.BODY_HELD_BYTES_MAX)  # noqa: SIM115 - closed when it is answered
        try:
            size = await self._write(body, aiter(connection))
            if announced.isdigit() and size < int(announced):
                raise _GoneError
        except BaseException:
            body.close()
            raise
        environ["CONTENT_LENGTH"] = str(size)
        body.seek(0)
        return body

    async def _write(self, body: IO[bytes], pieces: AsyncIterator[bytes]) -> int:
        """Into `body` what arrives, as long as it keeps up a pace; returns how many bytes."""
        size, is_upload = 0, False
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(limits.BODY_SECONDS_MAX) as deadline:
                while piece := await _next(pieces):
                    size += len(piece)
                    if size > limits.BODY_BYTES_MAX:
                        raise _LargeError
                    if size > limits.BODY_HELD_BYTES_MAX and not is_upload:
                        if self._uploads >= limits.UPLOADS_AT_ONCE_MAX:
                            raise _BusyError
                        is_upload = True
                        self._uploads += 1
                    body.write(piece)
                    deadline.reschedule(began + limits.BODY_SECONDS_MAX + size / limits.UPLOAD_PACE_BYTES_MIN)
        except TimeoutError:
            raise
        except OSError as error:  # the disk is full
            raise _BusyError from error
        finally:
            self._uploads -= is_upload
        return size

    async def _work(self, environ: Environ, connection: Connection) -> Answer | None:
        loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._executor, self._run, environ, connection, loop)
        finally:
            self._waiting -= 1

    def _run(
        self, environ: Environ, connection: Connection, loop: asyncio.AbstractEventLoop
    ) -> Answer | None:
        """In a thread: what the application answers; None if it is a stream, which has been sent then."""
        said: list[tuple[int, Headers]] = []

        def start(status: str, headers: Headers, _error: Any = None) -> None:
            said.append((int(status[:3]), headers))

        answer = self._wsgi(environ, start)
        try:
            if not getattr(answer, "streaming", False):
                return (*said[0], b"".join(answer))
            transport = asyncio.run_coroutine_threadsafe(_begin(connection, *said[0]), loop).result()
            for piece in answer:
                sending = asyncio.run_coroutine_threadsafe(_send(transport, piece), loop)
                sending.result(limits.SEND_SECONDS_MAX)
            return None
        finally:
            if close := getattr(answer, "close", None):
                close()


async def _begin(connection: Connection, status: int, headers: Headers) -> Transport:
    return connection.response_stream(status, headers)


async def _send(transport: Transport, piece: bytes) -> None:
    try:
        await transport.send_bytes(piece)
    except ProtocolClosed as error:
        raise _GoneError from error


async def _next(body: AsyncIterator[bytes]) -> bytes:
    """The next piece, b"" at the end. `anext` with a default and `async for` on an iterator fail with granian's."""
    while True:
        try:
            if piece := bytes(await body.__anext__()):
                return piece
        except StopAsyncIteration:
            return b""


def environ_of(scope: Any) -> Environ:
    """WSGI's variables of an RSGI request, without the body."""
    host, _, port = scope.server.rpartition(":")
    environ = _ENVIRON | {
        "REQUEST_METHOD": scope.method,
        # WSGI wants the path's bytes as Latin-1.
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
    }
    for name, value in scope.headers.items():
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    return environ
