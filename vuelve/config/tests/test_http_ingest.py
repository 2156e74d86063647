"""Ingest over HTTP, as an SDK does it: status, shape, and what must not happen."""

import base64
import json
from typing import Any

import pytest
from django.test import Client

from vuelve.events import api
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import ApiKey, KeyKind, Shop
from vuelve.shops.services import issue_key

GOOD = {
    "type": "track",
    "event": "Product Viewed",
    "userId": "u1",
    "messageId": "m1",
    "properties": {"sku": "A"},
}


def post(path: str, body: Any, *, key: str | None = None, **headers: str) -> Any:
    if key is not None:
        headers["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client(HTTP_HOST="localhost").post(path, raw, content_type="application/json", **headers)  # type: ignore[arg-type]


def stored(shop: Shop) -> list[tuple[Any, ...]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(
            "SELECT name, user_id, properties, origin FROM events_event ORDER BY seq"
        ).fetchall()


@pytest.fixture
def write_key(shop: Shop) -> str:
    return issue_key(shop=shop, kind=KeyKind.WRITE).secret


def test_a_batch_is_answered_when_it_is_stored(shop: Shop, write_key: str) -> None:
    response = post("/v1/batch", {"batch": [GOOD]}, key=write_key)
    assert (response.status_code, response.json()) == (200, {"success": True, "accepted": 1})
    assert stored(shop) == [("Product Viewed", "u1", {"sku": "A"}, 0)]


def test_the_same_message_twice_is_one_event(shop: Shop, write_key: str) -> None:
    for _ in range(2):
        assert post("/v1/batch", {"batch": [GOOD, GOOD]}, key=write_key).status_code == 200
    assert len(stored(shop)) == 1


def test_single_calls_and_the_key_in_the_body(shop: Shop, write_key: str) -> None:
    assert post("/v1/track", {**GOOD, "writeKey": write_key}).status_code == 200
    assert (
        post("/v1/identify", {"userId": 7, "traits": {"plan": "pro"}, "writeKey": write_key}).status_code
        == 200
    )
    assert [(row[0], row[1]) for row in stored(shop)] == [("Product Viewed", "u1"), ("identify", "7")]


@pytest.mark.parametrize("key", ["vw_wrong", "", "x" * 5000, "nul\x00"])
def test_a_wrong_key_is_refused_and_stores_nothing(shop: Shop, key: str) -> None:
    response = post("/v1/batch", {"batch": [GOOD]}, key=key)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "wrong_key"
    assert stored(shop) == []


def test_a_revoked_key_is_refused(shop: Shop, write_key: str) -> None:
    ApiKey.objects.filter(shop=shop).update(revoked_at="2026-01-01T00:00:00Z")
    api._known.clear()
    assert post("/v1/batch", {"batch": [GOOD]}, key=write_key).status_code == 401
    assert stored(shop) == []


def test_bad_events_are_named_and_the_good_ones_are_kept(shop: Shop, write_key: str) -> None:
    batch = [
        GOOD,
        {**GOOD, "userId": None, "messageId": "m2"},
        {**GOOD, "userId": "x" * 10_000, "messageId": "m3"},
    ]
    response = post("/v1/batch", {"batch": batch}, key=write_key)
    body = response.json()
    assert response.status_code == 400
    assert [(bad["index"], bad["code"], bad["field"]) for bad in body["errors"]] == [
        (1, "identity_missing", "userId"),
        (2, "identity_too_long", "userId"),
    ]
    assert body["accepted"] == 1
    assert len(stored(shop)) == 1


@pytest.mark.parametrize(
    "properties", ['{"a": "\\u0000"}', '{"a\\u0000": 1}', '{"a": ["\\u0000"]}', '{"a": {"b": "x\\u0000y"}}']
)
def test_nul_characters_are_refused_and_store_nothing(shop: Shop, write_key: str, properties: str) -> None:
    body = f'{{"event": "A", "userId": "u", "properties": {properties}}}'
    response = post("/v1/track", body.encode(), key=write_key)
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "invalid_text"
    assert stored(shop) == []


def test_a_body_that_is_too_large_is_refused(shop: Shop, write_key: str) -> None:
    big = {"batch": [{**GOOD, "properties": {"a": "x" * limits.BATCH_BYTES_MAX}}]}
    response = post("/v1/batch", big, key=write_key)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")
    assert stored(shop) == []


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[]", b'{"batch": {}}'])
def test_what_is_no_json_is_refused(shop: Shop, write_key: str, body: bytes) -> None:
    response = post("/v1/batch", body, key=write_key)
    assert response.status_code == 400
    assert response.json()["error"]["hint"]
    assert stored(shop) == []


def test_odd_but_valid_json_is_stored_and_read_again(shop: Shop, write_key: str) -> None:
    properties = {
        "emoji": "😀",
        "percent": "100 %s",
        "quote": 'it\'s "so"',
        "deep": [[[[1]]]],
        "huge": 1e300,
        "back": "\\u0000",
    }
    assert post("/v1/track", {**GOOD, "properties": properties}, key=write_key).status_code == 200
    assert stored(shop)[0][2] == properties


def test_only_post_is_answered(shop: Shop) -> None:
    assert Client(HTTP_HOST="localhost").get("/v1/batch").status_code == 405


def test_stats_count_exactly_and_only_this_shop(shop: Shop, write_key: str) -> None:
    secret = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    post("/v1/batch", {"batch": [{**GOOD, "messageId": f"m{n}"} for n in range(3)]}, key=write_key)
    assert get_stats(secret).json() == {"customers": 0, "orders": 0, "events": 3, "runs": 0, "messages": 0}


@pytest.mark.parametrize("key", ["", "vs_wrong", "nul\x00"])
def test_stats_need_the_secret_key(shop: Shop, write_key: str, key: str) -> None:
    assert get_stats(key).status_code == 401
    assert get_stats(write_key).status_code == 401


def get_stats(key: str) -> Any:
    header = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    return Client(HTTP_HOST="localhost").get("/api/v1/stats", HTTP_AUTHORIZATION=header)


@pytest.mark.parametrize("name", ["Coupon Redeemed", "Order Milestone Reached", "Message Sent"])
def test_what_only_vuelve_records_cannot_be_forged(shop: Shop, write_key: str, name: str) -> None:
    response = post("/v1/track", {**GOOD, "event": name}, key=write_key)
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "event_name_reserved"
    assert stored(shop) == []
