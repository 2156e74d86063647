"""Ingest over HTTP, as an SDK does it: status, shape, and what must not happen."""

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from vuelve.events import api, decoding
from vuelve.events.contracts import Kind
from vuelve.events.throttling import Buckets
from vuelve.platform import clock, limits
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.contracts import KeyHolder
from vuelve.shops.models import ApiKey, AuditEntry, KeyKind, Shop
from vuelve.shops.services import guard_orders, issue_key
from vuelve.testing import drain, make_shop

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


def column(shop: Shop, name: str) -> list[Any]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return [row[0] for row in cursor.execute(f"SELECT {name} FROM events_event ORDER BY seq").fetchall()]


def rejects(shop: Shop) -> list[tuple[Any, ...]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(
            "SELECT batch_index, code, field, message FROM events_rejected ORDER BY id"
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
    assert response.json()["error"]["code"] == response.json()["code"] == "wrong_key"
    assert "Basic" in response["WWW-Authenticate"]
    assert max(map(len, api._known), default=0) <= limits.API_KEY_CHARS_MAX
    assert stored(shop) == rejects(shop) == []


@pytest.mark.parametrize("credentials", ["Basic é", "Basic \u20ac", "Basic /w==", "Basic dmFs", "Basic \x00"])
def test_what_is_no_base64_is_a_wrong_key(shop: Shop, credentials: str) -> None:
    response = post("/v1/track", GOOD, HTTP_AUTHORIZATION=credentials)
    assert (response.status_code, response.json()["code"]) == (401, "wrong_key")


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
    assert (body["accepted"], body["code"]) == (1, "bad_events")
    assert len(stored(shop)) == 1
    # What is kept for the shop's developers is what was answered.
    answered = [(bad["index"], bad["code"], bad["field"], bad["message"]) for bad in body["errors"]]
    assert rejects(shop) == answered


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


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("track", Kind.TRACK),
        ("identify", Kind.IDENTIFY),
        ("page", Kind.PAGE),
        ("screen", Kind.SCREEN),
        ("group", Kind.GROUP),
        ("alias", Kind.ALIAS),
        ("t", Kind.TRACK),  # as @segment/analytics-next names them
        ("i", Kind.IDENTIFY),
        ("p", Kind.PAGE),
        ("s", Kind.SCREEN),
        ("g", Kind.GROUP),
        ("a", Kind.ALIAS),
    ],
)
def test_each_call_has_its_address(shop: Shop, write_key: str, path: str, kind: Kind, slash: str) -> None:
    body = {"event": "A", "userId": "u", "previousId": "p", "groupId": "g", "name": "n"}
    assert post(f"/v1/{path}{slash}", body, key=write_key).status_code == 200
    assert column(shop, "kind") == [kind]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/beacon/v1/batch", "/v1/import"])
def test_batches_have_theirs(shop: Shop, write_key: str, path: str, slash: str) -> None:
    assert post(path + slash, {"batch": [GOOD]}, key=write_key).status_code == 200
    assert column(shop, "historical") == [path == "/v1/import"]


def test_an_alias_makes_one_customer_of_two_ids(shop: Shop, write_key: str) -> None:
    for body in (
        {"type": "page", "anonymousId": "browser", "name": "Home", "messageId": "m1"},
        {"type": "alias", "previousId": "browser", "userId": "u1", "messageId": "m2"},
        {"type": "track", "event": "A", "userId": "u1", "messageId": "m3"},
        {"type": "page", "anonymousId": "another", "name": "Home", "messageId": "m4"},
    ):
        assert post("/v1/batch", {"batch": [body]}, key=write_key).status_code == 200
    drain(clock.real.now())
    secret = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    assert get_stats(secret).json()["customers"] == 2


def test_a_beacon_carries_its_key_in_the_address_or_the_body(shop: Shop, write_key: str) -> None:
    client = Client(HTTP_HOST="localhost")
    in_address = json.dumps({"batch": [GOOD]})
    in_body = json.dumps({"batch": [{**GOOD, "messageId": "m2"}], "writeKey": write_key})
    for path, body in ((f"/beacon/v1/batch?writeKey={write_key}", in_address), ("/v1/batch", in_body)):
        assert client.post(path, body, content_type="text/plain;charset=UTF-8").status_code == 200
    assert len(stored(shop)) == 2


def test_gzip(shop: Shop, write_key: str) -> None:
    packed = gzip.compress(json.dumps({"batch": [GOOD]}).encode())
    assert post("/v1/batch", packed, key=write_key, HTTP_CONTENT_ENCODING="gzip").status_code == 200
    assert stored(shop) == [("Product Viewed", "u1", {"sku": "A"}, 0)]


def test_only_post_is_answered(shop: Shop) -> None:
    response = Client(HTTP_HOST="localhost").get("/v1/batch")
    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")


def test_browsers_may_ask_from_anywhere(shop: Shop, write_key: str) -> None:
    client = Client(HTTP_HOST="localhost")
    preflight = client.options("/v1/t", HTTP_ORIGIN="https://tienda.example")
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight["Access-Control-Allow-Methods"] == "POST"
    assert "Authorization" in preflight["Access-Control-Allow-Headers"]
    assert int(preflight["Access-Control-Max-Age"]) >= 600
    answers = [
        preflight,
        post("/v1/batch", {"batch": [GOOD]}, key=write_key),
        post("/v1/batch", {"batch": [{}]}, key=write_key),
        post("/v1/batch", b"{", key=write_key),
        post("/v1/batch", {"batch": []}, key="wrong"),
        client.get("/v1/batch"),
    ]
    assert [answer.status_code for answer in answers] == [204, 200, 400, 400, 401, 405]
    for answer in answers:
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer
    # Nothing else of ours may be read from another site.
    assert "Access-Control-Allow-Origin" not in client.get("/api/v1/stats")
    assert "Access-Control-Allow-Origin" not in client.options("/api/v1/stats")


def test_a_flood_is_told_to_wait(shop: Shop, write_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_buckets", [Buckets(per_second=0.01, burst=3)])
    batch = {"batch": [{**GOOD, "messageId": f"m{n}"} for n in range(5)]}
    assert post("/v1/batch", batch, key=write_key).status_code == 200
    response = post("/v1/track", {**GOOD, "messageId": "late"}, key=write_key)
    assert (response.status_code, response.json()["error"]["code"]) == (429, "rate_limited")
    assert int(response["Retry-After"]) > 60
    assert len(stored(shop)) == 5
    assert rejects(shop) == []  # it will come again
    other = issue_key(shop=make_shop(), kind=KeyKind.WRITE).secret
    assert post("/v1/track", GOOD, key=other).status_code == 200


def test_while_the_database_is_away_the_sender_keeps_the_events(
    shop: Shop, write_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    post("/v1/track", GOOD, key=write_key)  # the key is known now
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        patch.setitem(connection.settings_dict, "PORT", "1")
        connection.close()
        response = post("/v1/track", {**GOOD, "messageId": "m2"}, key=write_key)
        connection.close()
    assert (response.status_code, response.json()["error"]["code"]) == (503, "unavailable")
    assert response["Retry-After"] == "2"
    assert len(stored(shop)) == 1


def test_what_only_postgresql_refuses_costs_only_itself(shop: Shop, write_key: str) -> None:
    """Decoding lets nothing of the kind pass; should it ever, the others must not go with it."""
    raw = json.dumps({"batch": [{**GOOD, "messageId": f"m{n}"} for n in range(5)]}).encode()
    now = datetime(2026, 3, 5, tzinfo=UTC)
    decoded = decoding.decode(decoding.open_batch(raw), received_at=now)
    decoded.rows[3].name = "nul\x00"
    holder = KeyHolder(ShopId(shop.pk), is_secret=False, orders_need_secret_key=False)
    (refusal,) = api._append(holder, decoded.rows, is_history=False, now=now)
    assert (refusal.index, refusal.error.code) == (3, "not_storable")
    assert sorted(column(shop, "message_id")) == ["m0", "m1", "m2", "m4"]


def test_orders_may_need_the_secret_key(shop: Shop, write_key: str) -> None:
    guard_orders(shop=ShopId(shop.pk), is_needed=True, actor="ana@example.com")
    api._known.clear()
    order = {**GOOD, "event": "Order Completed", "messageId": "m2"}
    response = post("/v1/batch", {"batch": [order, GOOD]}, key=write_key)
    assert response.json()["accepted"] == 1
    (error,) = response.json()["errors"]
    assert (error["index"], error["code"], error["field"]) == (0, "secret_key_required", "event")
    assert [row[0] for row in stored(shop)] == ["Product Viewed"]
    secret = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    assert post("/v1/batch", {"batch": [order]}, key=secret).status_code == 200
    assert [row[0] for row in stored(shop)] == ["Product Viewed", "Order Completed"]
    guard_orders(shop=ShopId(shop.pk), is_needed=False, actor="ana@example.com")
    guard_orders(shop=ShopId(shop.pk), is_needed=False, actor="ana@example.com")
    api._known.clear()
    assert post("/v1/track", {**order, "messageId": "m3"}, key=write_key).status_code == 200
    with for_shop(ShopId(shop.pk)):
        assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
            "Secret Key For Orders Required",
            "Secret Key For Orders Waived",
        ]


def test_browser_sdks_learn_where_to_send(shop: Shop) -> None:
    client = Client(HTTP_HOST="localhost")
    assert client.options("/sourceConfig/?writeKey=vw_key")["Access-Control-Allow-Methods"] == "GET"
    source = client.get("/sourceConfig/?writeKey=vw_key").json()["source"]
    assert (source["writeKey"], source["destinations"]) == ("vw_key", [])
    assert client.get("/v1/openapi.json").json()["openapi"] == "3.1.0"
    response = client.get("/v1/projects/vw_key/settings")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response.json()["integrations"]["Segment.io"] == {
        "apiKey": "vw_key",
        "apiHost": "127.0.0.1:8000/v1",
        "protocol": "http",
    }


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
