"""From a request's bytes to the bytes of its JSON, and from a broken batch to its events. Pure.

Neither trusts what it is given: unpacking stops at the limit, and splitting is one pass without recursion.
"""

import re
import zlib
from collections.abc import Iterator

from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

_GZIP = 16 + zlib.MAX_WBITS


class DamagedBodyError(VuelveError):
    """What is compressed cannot be unpacked; `beginning` is what came before the damage."""

    def __init__(self, code: str, message: str, beginning: bytes) -> None:
        super().__init__(code, message, hint="Send the whole gzip stream, or the JSON as it is.")
        self.beginning = beginning


def too_large(bytes_count: int, most: int, *, code: str = "request_too_large") -> VuelveError:
    what = "event" if code == "event_too_large" else "request"
    return VuelveError(
        code, f"{bytes_count} bytes or more.", hint=f"At most {most} bytes of JSON a {what}.", status=413
    )


def unpack(body: bytes, encoding: str, *, most: int) -> bytes:
    """The body as JSON's bytes, `most` at most: a bomb is never unpacked further than that."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip"}:
        raise VuelveError(
            "unsupported_encoding",
            f"`{encoding[:40]}` is not read.",
            field="Content-Encoding",
            hint="Send gzip, or no Content-Encoding.",
            status=415,
        )
    parts: list[bytes] = []
    size = 0
    rest = body
    while rest or not parts:
        if len(parts) >= limits.GZIP_STREAMS_MAX:
            raise DamagedBodyError(
                "invalid_gzip", f"More than {limits.GZIP_STREAMS_MAX} gzip streams in a row.", b"".join(parts)
            )
        stream = zlib.decompressobj(_GZIP)
        try:
            part = stream.decompress(rest, most + 1 - size)
        except zlib.error as error:
            raise DamagedBodyError(
                "invalid_gzip", f"The body is no gzip: {error}.", b"".join(parts)
            ) from error
        parts.append(part)
        size += len(part)
        if size > most:
            raise too_large(size, most)
        if not stream.eof:
            raise DamagedBodyError("truncated_gzip", "The gzip stream ends too early.", b"".join(parts))
        rest = stream.unused_data  # gzip may be several streams in a row
    return b"".join(parts)


# A text to its end or to the end of all, or one of JSON's marks. A text always matches, so that the search is linear.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{},:]', re.DOTALL)
_OPENING, _CLOSING = frozenset((b"[", b"{")), frozenset((b"]", b"}"))


def split_batch(body: bytes) -> tuple[bytes, list[bytes]] | None:
    """The batch without its events, and these; None if they cannot be told apart.

    For a batch that is no JSON as a whole. Only texts and brackets are looked at, so that one event with a NaN, half a
    surrogate pair or a thousand brackets does not cost the others. The caller decodes each by itself, and the rest.
    """
    key = last = b""
    begin = -1
    span: tuple[int, int] | None = None
    for token, depth, at in _marks(body):
        if depth == 1 and token == b":":
            key = last
        elif depth == 2 and token == b"[" and key == b'"batch"':
            begin = at
        elif depth == 2 and token in _CLOSING and begin >= 0:
            span, begin = (begin, at), -1  # of several the last, as of any key that comes twice
        elif depth == 1 and token == b",":
            key = b""
        last = token
    if span is None:
        return None
    events = _split_list(body[span[0] + 1 : span[1]])
    return body[: span[0]] + b"[]" + body[span[1] + 1 :], events


def _split_list(inside: bytes) -> list[bytes]:
    elements = []
    begin = 0
    for token, depth, at in _marks(inside):
        if depth == 0 and token == b",":
            elements.append(inside[begin:at].strip())
            begin = at + 1
    last = inside[begin:].strip()
    return [*elements, last] if elements or last else []


def _marks(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Texts and marks with their depth (a bracket has that of what is inside it) and position."""
    depth = 0
    for number, match in enumerate(_TOKEN.finditer(body)):
        if number >= limits.BATCH_MARKS_MAX:
            return
        token = match[0]
        if token in _OPENING:
            depth += 1
        yield token, depth, match.start()
        if token in _CLOSING:
            depth -= 1
