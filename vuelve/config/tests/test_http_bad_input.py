"""Bad input over HTTP: what is answered, what is kept for the developer, and that nothing else changes."""

import base64
import gzip
import json
from typing import Any

import pytest
from django.test import Client

from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import KeyKind, Shop
from vuelve.shops.services import issue_key

GOOD = {"type": "track", "event": "Product Viewed", "userId": "u1", "properties": {"sku": "A"}}


class Sender:
    def __init__(self, shop: Shop) -> None:
        self.shop = ShopId(shop.pk)
        self.key = issue_key(shop=shop, kind=KeyKind.WRITE).secret

    def post(self, body: bytes, path: str = "/v1/batch", **headers: str) -> Any:
        credentials = base64.b64encode(f"{self.key}:".encode()).decode()
        return Client(HTTP_HOST="localhost").post(
            path,
            body,
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Basic {credentials}",
            **headers,  # type: ignore[arg-type]
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with for_shop(self.shop) as cursor:
            return cursor.execute(sql).fetchall()

    def stored(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT message_id FROM events_event ORDER BY seq")]

    def rejects(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "SELECT batch_index, code, event_name, bytes, excerpt FROM events_rejected ORDER BY id"
        )

    def keys(self) -> int:
        return int(self.rows("SELECT count(*) FROM events_key")[0][0])


@pytest.fixture
def sender(shop: Shop) -> Sender:
    return Sender(shop)


def good(message_id: str) -> bytes:
    return json.dumps(GOOD | {"messageId": message_id}).encode()


def event(properties: bytes = b"{}", **changes: Any) -> bytes:
    """One event as bytes; `properties` need not be JSON."""
    text = json.dumps(GOOD | {"messageId": "bad", "properties": "HERE"} | changes)
    return text.encode().replace(b'"HERE"', properties)


DEEP = b"[" * 1_000 + b"]" * 1_000
BAD_EVENTS = {
    "invalid UTF-8": (event(b'{"a": "\xff\xfe"}'), "invalid_text"),
    "NUL": (event(b'{"a": "x\\u0000"}'), "invalid_text"),
    "NUL in a key": (event(b'{"a\\u0000": 1}'), "invalid_text"),
    "NUL in an id": (event(userId="u\x00"), "invalid_text"),
    "high surrogate": (event(b'{"a": "\\ud83d"}'), "invalid_text"),
    "low surrogate": (event(b'{"a": "\\ude00 x"}'), "invalid_text"),
    "1e400": (event(b'{"total": 1e400}'), "number_out_of_range"),
    "-1e400 in traits": (
        event(type="identify", traits={"a": 1}).replace(b'"a": 1', b'"a": -1e400'),
        "number_out_of_range",
    ),
    "400 digits": (event(b'{"total": ' + b"9" * 400 + b"}"), "number_out_of_range"),
    "an id of 400 digits": (event(userId=10**400), "number_out_of_range"),
    "NaN": (event(b'{"total": NaN}'), "invalid_json"),
    "infinity": (event(b'{"total": -Infinity}'), "invalid_json"),
    "year 1": (event(timestamp="0001-01-01T00:00:00Z"), "timestamp_out_of_range"),
    "year 9999": (event(timestamp="9999-12-31T23:59:59Z"), "timestamp_out_of_range"),
    "year 1, sent in 9999": (
        event(timestamp="0001-01-01T00:00:00+14:00", sentAt="9999-12-31T23:59:59-14:00"),
        "timestamp_out_of_range",
    ),
    "nesting of 1,000": (event(b'{"a": ' + DEEP + b"}"), "nested_too_deep"),
    "nesting of 1,000 objects": (event(b'{"a":' * 1_000 + b"1" + b"}" * 1_000), "nested_too_deep"),
    "nesting of 1,000 in an unknown field": (
        event(custom="MARK").replace(b'"MARK"', DEEP),
        "nested_too_deep",
    ),
    "messageId of 10,000": (event(messageId="x" * 10_000), "message_id_too_long"),
    "32 KB and a byte": (
        event(b'{"a": "' + b"x" * (limits.EVENT_BYTES_MAX + 1 - len(event(b'{"a": ""}'))) + b'"}'),
        "event_too_large",
    ),
    "a text where an object should be": (event(b'"x"'), "invalid_type"),
    "a number where a name should be": (event(event=7), "invalid_type"),
    "a fraction as an id": (event(userId=1.5), "invalid_type"),
    "a list": (b"[1, 2]", "invalid_type"),
    "nothing": (b"", "invalid_json"),
    "a timestamp of words": (event(timestamp="yesterday"), "invalid_timestamp"),
}


@pytest.mark.parametrize(("bad", "code"), BAD_EVENTS.values(), ids=BAD_EVENTS.keys())
def test_a_bad_event_is_named_kept_and_costs_its_neighbours_nothing(
    sender: Sender, bad: bytes, code: str
) -> None:
    response = sender.post(b'{"batch": [%s, %s, %s]}' % (good("m1"), bad, good("m2")))
    assert response.status_code == 400
    answer = response.json()
    assert (answer["success"], answer["accepted"]) == (False, 2)
    (error,) = answer["errors"]
    assert (error["index"], error["code"]) == (1, code)
    assert error["message"]
    assert error["hint"]
    assert sender.stored() == ["m1", "m2"]
    assert sender.keys() == 2  # the bad one may come again, mended, under its id
    (reject,) = sender.rejects()
    assert reject[:2] == (1, code)
    assert reject[3] == len(bad)
    assert len(reject[4].encode()) <= limits.REJECT_EXCERPT_BYTES_MAX
    assert reject[4][:20] == bad[:20].decode(errors="backslashreplace")
    # The good ones again, the bad one mended.
    batch = b'{"batch": [%s, %s, %s]}' % (good("m1"), good("bad"), good("m2"))
    assert sender.post(batch).status_code == 200
    assert sender.stored() == ["m1", "m2", "bad"]


@pytest.mark.parametrize(("bad", "code"), BAD_EVENTS.values(), ids=BAD_EVENTS.keys())
def test_alone_it_is_refused_and_nothing_is_stored(sender: Sender, bad: bytes, code: str) -> None:
    type = "identify" if b'"identify"' in bad else "track"
    response = sender.post(bad, f"/v1/{type}")
    if code == "event_too_large":
        assert (response.status_code, response.json()["code"]) == (413, code)
    else:
        said = response.json()
        assert response.status_code == 400
        assert said["errors"][0]["code"] == code if "errors" in said else said["code"] == code
    assert sender.stored() == []
    assert sender.keys() == 0
    assert [row[1] for row in sender.rejects()] == [code]


def test_all_of_them_at_once(sender: Sender) -> None:
    parts: list[bytes] = []
    for number, (bad, _code) in enumerate(BAD_EVENTS.values()):
        if len(bad) < 20_000 and b"\xff" not in bad:
            parts += [bad, good(f"m{number}")]
    response = sender.post(b'{"batch": [%s]}' % b",".join(parts))
    assert response.status_code == 400
    assert [error["index"] for error in response.json()["errors"]] == list(range(0, len(parts), 2))
    assert len(sender.stored()) == len(parts) / 2
    assert [row[0] for row in sender.rejects()] == list(range(0, len(parts), 2))


def packed(body: bytes) -> bytes:
    return gzip.compress(body, 9)


WHOLE = b'{"batch": [%s]}' % good("m1")
BAD_REQUESTS = {
    "truncated gzip": (packed(WHOLE)[:-20], "gzip", 400, "truncated_gzip"),
    "gzip cut in its head": (packed(WHOLE)[:5], "gzip", 400, "truncated_gzip"),
    "a gzip bomb": (packed(bytes(50_000_000)), "gzip", 413, "request_too_large"),
    "no gzip": (WHOLE, "gzip", 400, "invalid_gzip"),
    "another encoding": (WHOLE, "br", 415, "unsupported_encoding"),
    "500 KB and a byte": (
        WHOLE + b" " * (limits.BATCH_BYTES_MAX + 1 - len(WHOLE)),
        "",
        413,
        "request_too_large",
    ),
    "500 KB and a byte, packed": (
        packed(WHOLE + b" " * (limits.BATCH_BYTES_MAX + 1 - len(WHOLE))),
        "gzip",
        413,
        "request_too_large",
    ),
    "2,501 events": (b'{"batch": [%s{}]}' % (b"{}," * limits.BATCH_EVENTS_MAX), "", 413, "too_many_events"),
    "no JSON": (b"batch", "", 400, "invalid_json"),
    "nothing": (b"", "", 400, "invalid_json"),
    "half": (WHOLE[:-3], "", 400, "invalid_json"),
    "a list": (b"[%s]" % good("m1"), "", 400, "invalid_type"),
    "no batch": (good("m1"), "", 400, "invalid_type"),
    "a batch of the wrong type": (b'{"batch": {"a": 1}}', "", 400, "invalid_type"),
    "invalid UTF-8 outside the events": (b'{"batch": [], "x": "\xff"}', "", 400, "invalid_text"),
    "brackets": (b'{"x": ' + b"[" * 100_000, "", 400, "nested_too_deep"),
    "sent at no time": (b'{"batch": [], "sentAt": "now"}', "", 400, "invalid_timestamp"),
}


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code"), BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys()
)
def test_a_request_that_is_bad_as_a_whole_changes_nothing(
    sender: Sender, body: bytes, encoding: str, status: int, code: str
) -> None:
    headers = {"HTTP_CONTENT_ENCODING": encoding} if encoding else {}
    response = sender.post(body, **headers)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.json()["error"]["message"]
    assert response["Access-Control-Allow-Origin"] == "*"
    assert sender.stored() == []
    assert sender.keys() == 0
    (reject,) = sender.rejects()
    assert reject[:3] == (None, code, None)


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code"), BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys()
)
def test_of_a_stranger_nothing_is_kept(
    sender: Sender, body: bytes, encoding: str, status: int, code: str
) -> None:
    headers = {"HTTP_CONTENT_ENCODING": encoding} if encoding else {}
    sender.key = "vw_wrong"
    assert sender.post(body, **headers).status_code == 401
    assert sender.rejects() == []


def test_at_the_limit_all_is_well(sender: Sender) -> None:
    filler = limits.EVENT_BYTES_MAX - len(event(b'{"a": ""}'))
    largest = event(b'{"a": "' + b"x" * filler + b'"}')
    assert len(largest) == limits.EVENT_BYTES_MAX
    assert sender.post(largest, "/v1/track").status_code == 200
    full = b'{"batch": [%s]}' % good("m1")
    full += b" " * (limits.BATCH_BYTES_MAX - len(full))
    assert sender.post(packed(full), HTTP_CONTENT_ENCODING="gzip").status_code == 200
    assert sender.post(full).status_code == 200
    assert sender.stored() == ["bad", "m1"]
    many = b'{"batch": [%s]}' % b",".join([good("same")] * 2_500)
    assert sender.post(many).status_code == 200
    assert sender.stored() == ["bad", "m1", "same"]


def test_of_a_key_that_comes_twice_the_last_holds_for_everybody(sender: Sender) -> None:
    twice = (
        b'{"event": "A", "event": "B", "userId": "a", "userId": "b", "properties": {"x": 1},'
        b' "properties": {"x": "first", "x": "last", "email": "no", "email": "b@example.com"}}'
    )
    assert sender.post(twice, "/v1/track").status_code == 200
    found = sender.rows(
        "SELECT name, user_id, email, properties ->> 'x', properties::jsonb ->> 'x' FROM events_event"
    )
    assert found == [("B", "b", "b@example.com", "last", "last")]


def test_a_key_in_the_body_is_not_kept_with_the_reject(sender: Sender) -> None:
    body = json.dumps({"event": "A", "writeKey": sender.key}).encode()
    response = Client(HTTP_HOST="localhost").post("/v1/track", body, content_type="text/plain")
    assert response.status_code == 400
    (reject,) = sender.rejects()
    assert reject[1:3] == ("identity_missing", "A")
    assert sender.key not in reject[4]


def test_nor_is_another_key_than_that_of_the_header(sender: Sender) -> None:
    shop = Shop.objects.get(pk=sender.shop)
    secret = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    bad = json.dumps({"type": "track", "event": "A", "writeKey": secret}).encode()
    assert sender.post(bad, "/v1/track").status_code == 400
    assert sender.post(b'{"batch": [%s], "writeKey": "%s"' % (bad, secret.encode())).status_code == 400
    excerpts = [reject[4] for reject in sender.rejects()]
    assert len(excerpts) == 2
    assert all("A" in excerpt and secret[:12] not in excerpt for excerpt in excerpts)
