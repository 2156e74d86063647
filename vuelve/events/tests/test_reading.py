"""Unpacking, and taking a broken batch apart."""

import gzip
import zlib

import pytest

from vuelve.events.reading import DamagedBodyError, split_batch, unpack
from vuelve.platform.errors import VuelveError

BODY = b'{"batch": []}' * 1_000


def test_gzip_is_unpacked_also_in_several_streams() -> None:
    assert unpack(gzip.compress(BODY), "gzip", most=20_000) == BODY
    assert unpack(gzip.compress(BODY), " GZIP", most=len(BODY)) == BODY
    assert unpack(gzip.compress(b"a") + gzip.compress(b"b"), "x-gzip", most=10) == b"ab"
    assert unpack(gzip.compress(b""), "gzip", most=10) == b""
    with pytest.raises(VuelveError) as refused:  # each costs a copy of the rest
        unpack(gzip.compress(b"") * 101, "gzip", most=10)
    assert refused.value.code == "invalid_gzip"
    assert unpack(BODY, "", most=10) == BODY


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(100_000_000), 9)
    for packed in (bomb, gzip.compress(bytes(9_000)) * 50):
        with pytest.raises(VuelveError) as refusal:
            unpack(packed, "gzip", most=10_000)
        assert (refusal.value.code, refusal.value.status) == ("request_too_large", 413)


def test_a_truncated_stream_says_so_and_shows_its_beginning() -> None:
    packed = gzip.compress(bytes(range(256)) * 500)
    for cut in (5, len(packed) // 2, len(packed) - 1):
        with pytest.raises(DamagedBodyError) as refusal:
            unpack(packed[:cut], "gzip", most=200_000)
        assert (refusal.value.code, refusal.value.status) == ("truncated_gzip", 400)
    assert refusal.value.beginning.startswith(bytes(range(256)))


# Named, because two workers must collect the same names, whatever second it is.
@pytest.mark.parametrize(
    "body",
    [b"{}", zlib.compress(BODY), gzip.compress(BODY) + b"rubbish"],
    ids=["json", "zlib", "gzip and more"],
)
def test_what_is_no_gzip(body: bytes) -> None:
    with pytest.raises(DamagedBodyError) as refusal:
        unpack(body, "gzip", most=20_000)
    assert refusal.value.code == "invalid_gzip"


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x" * 5_000])
def test_other_encodings(encoding: str) -> None:
    with pytest.raises(VuelveError) as refusal:
        unpack(BODY, encoding, most=20_000)
    assert (refusal.value.code, refusal.value.status) == ("unsupported_encoding", 415)


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b'{"batch": [1, {"a": [2, 3]} ,"x,]"], "b": [4]}', [b"1", b'{"a": [2, 3]}', b'"x,]"']),
        (b'{"batch": []}', []),
        (b'{"batch": [ ]}', []),
        (b'{"batch": [,NaN]}', [b"", b"NaN"]),
        (b'{"a": {"batch": [0]}, "batch":[1],"c":2}', [b"1"]),
        (b'{"batch": [1], "batch": [2]}', [b"2"]),
        (b'{"a\\"batch": [0], "batch": ["\\\\"]}', [b'"\\\\"']),
    ],
)
def test_a_batch_is_taken_apart(body: bytes, parts: list[bytes]) -> None:
    split = split_batch(body)
    assert split is not None
    assert split[1] == parts
    assert b"NaN" not in split[0]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"batch": 1}', b'{"batch": [1', b'{"batch": {"x": [1]}}'])
def test_what_has_no_batch(body: bytes) -> None:
    assert split_batch(body) is None
