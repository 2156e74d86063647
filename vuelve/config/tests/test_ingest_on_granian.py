"""What only the real server shows: bodies without a length, uploads past the limit, many connections at once."""

import base64
import gzip
import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import KeyKind, Shop
from vuelve.shops.services import issue_key


def event(message_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "A", "userId": "u", "messageId": message_id, **more}


def in_chunks(body: bytes, size: int = 1_000) -> Iterator[bytes]:
    for begin in range(0, len(body), size):
        yield body[begin : begin + size]


@pytest.fixture
def headers(shop: Shop) -> dict[str, str]:
    key = issue_key(shop=shop, kind=KeyKind.WRITE).secret
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def count(shop: Shop) -> int:
    with for_shop(ShopId(shop.pk)) as cursor:
        return int(cursor.execute("SELECT count(*) FROM events_event").fetchall()[0][0])


def post(server: str, body: Any, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=20)
    try:
        connection.request("POST", "/v1/batch", body, headers, encode_chunked=not isinstance(body, bytes))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_a_body_in_chunks(live_server: str, shop: Shop, headers: dict[str, str]) -> None:
    batch = json.dumps({"batch": [event(f"m{n}") for n in range(100)]}).encode()
    headers["Transfer-Encoding"] = "chunked"
    assert post(live_server, in_chunks(batch), headers)[0] == 200
    packed = headers | {"Content-Encoding": "gzip"}
    assert post(live_server, in_chunks(gzip.compress(batch), 100), packed)[0] == 200
    assert count(shop) == 100


def test_a_body_in_chunks_without_end(live_server: str, shop: Shop, headers: dict[str, str]) -> None:
    headers["Transfer-Encoding"] = "chunked"
    status, answer = post(live_server, in_chunks(b" " * (limits.BATCH_BYTES_MAX + 1), 50_000), headers)
    assert (status, answer["code"]) == (413, "request_too_large")
    assert count(shop) == 0


def test_a_large_upload_gets_its_answer(live_server: str, shop: Shop, headers: dict[str, str]) -> None:
    status, answer = post(live_server, b" " * 5_000_000, headers)
    assert (status, answer["code"]) == (413, "request_too_large")
    assert count(shop) == 0


def test_the_same_batches_from_many_connections_at_once(
    live_server: str, shop: Shop, headers: dict[str, str]
) -> None:
    bodies = [
        json.dumps({"batch": [event(f"m{n}") for n in range(begin, begin + 100)]}).encode()
        for begin in range(0, 400, 50)  # each event in two of them
    ]
    statuses: list[int] = []

    def send(number: int) -> None:
        turned = bodies[number:] + bodies[:number]
        statuses.extend(post(live_server, body, headers)[0] for body in turned)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 32
    assert count(shop) == 450
