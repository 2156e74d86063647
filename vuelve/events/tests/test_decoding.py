"""What a request may hold, and what each bad event is told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vuelve.events.decoding import decode_batch, decode_single
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
GOOD = {
    "type": "track",
    "event": "Product Viewed",
    "userId": "u1",
    "messageId": "m1",
    "properties": {"sku": "A"},
}


def decode(*events: dict[str, Any], **batch: Any) -> Any:
    return decode_batch(json.dumps({"batch": events, **batch}).encode(), received_at=NOW)


def rows(decoded: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(decoded.rows or "[]")
    return found


def error_of(event: dict[str, Any]) -> dict[str, Any]:
    decoded = decode(GOOD, event)
    assert decoded.accepted == 1
    assert len(decoded.errors) == 1
    assert decoded.errors[0]["index"] == 1
    first: dict[str, Any] = decoded.errors[0]
    return first


def test_a_good_event_keeps_its_properties_as_sent() -> None:
    (row,) = rows(decode(GOOD | {"properties": {"price": 10.50, "ñ": ["á", {"x": None}]}}))
    assert row["properties"] == {"price": 10.5, "ñ": ["á", {"x": None}]}
    assert (row["kind"], row["name"], row["user_id"]) == (1, "Product Viewed", "u1")


def test_numeric_ids_are_texts() -> None:
    (row,) = rows(decode(GOOD | {"userId": 42, "anonymousId": 7}))
    assert (row["user_id"], row["anonymous_id"]) == ("42", "7")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"userId": None}, "identity_missing", "userId"),
        ({"userId": "  "}, "identity_missing", "userId"),
        ({"userId": "x" * 10_000}, "identity_too_long", "userId"),
        ({"anonymousId": "x" * 256}, "identity_too_long", "anonymousId"),
        ({"messageId": "x" * 101}, "message_id_too_long", "messageId"),
        ({"event": ""}, "event_name_missing", "event"),
        ({"event": "x" * 201}, "event_name_too_long", "event"),
        ({"event": ["x"]}, "invalid_type", "event"),
        ({"type": "teleport"}, "unknown_type", "type"),
        ({"properties": [1]}, "invalid_type", "properties"),
        ({"context": "x"}, "invalid_type", "context"),
        ({"timestamp": "yesterday"}, "invalid_timestamp", "timestamp"),
        ({"timestamp": "2031-01-01T00:00:00Z"}, "timestamp_out_of_range", "timestamp"),
        ({"timestamp": "1931-01-01T00:00:00Z"}, "timestamp_out_of_range", "timestamp"),
        ({"properties": {"a": "nul \x00 inside"}}, "invalid_text", None),
        ({"userId": "u\x00"}, "invalid_text", None),
        ({"properties": {"a": "x" * limits.EVENT_BYTES_MAX}}, "event_too_large", None),
    ],
)
def test_a_bad_event_is_named_and_the_good_one_is_kept(
    change: dict[str, Any], code: str, field: str | None
) -> None:
    error = error_of(GOOD | change)
    assert error["code"] == code
    assert error.get("field") == field
    assert error["message"]


def test_half_a_surrogate_pair_is_refused() -> None:
    body = b'{"batch": [{"type": "track", "event": "A", "userId": "u", "properties": {"a": "\\ud800"}}]}'
    with pytest.raises(VuelveError) as refusal:
        decode_batch(body, received_at=NOW)
    assert refusal.value.code == "invalid_json"


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    (row,) = rows(decode(GOOD | {"properties": {"path": "C:\\u0000"}}))
    assert row["properties"] == {"path": "C:\\u0000"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"batch": 1}', b'{"batch": [NaN]}', b"\xff\xfe", b"[" * 50_000]
)
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    with pytest.raises(VuelveError) as refusal:
        decode_batch(body, received_at=NOW)
    assert refusal.value.code in {"invalid_json", "invalid_type"}


def test_not_a_number_is_refused() -> None:
    body = b'{"batch": [{"type": "track", "event": "A", "userId": "u", "properties": {"a": NaN}}]}'
    with pytest.raises(VuelveError) as refusal:
        decode_batch(body, received_at=NOW)
    assert refusal.value.code == "invalid_json"


def test_too_many_events_are_refused_whole() -> None:
    with pytest.raises(VuelveError) as refusal:
        decode(*[{"userId": "u"}] * (limits.BATCH_EVENTS_MAX + 1))
    assert (refusal.value.code, refusal.value.status) == ("too_many_events", 413)


def test_a_clock_that_is_off_is_corrected() -> None:
    device = NOW + timedelta(days=300)  # the device believes that it is next year
    (row,) = rows(
        decode(GOOD | {"timestamp": (device - timedelta(seconds=90)).isoformat()}, sentAt=device.isoformat())
    )
    assert datetime.fromisoformat(row["occurred_at"]) == NOW - timedelta(seconds=90)


def test_email_is_lifted_and_normalised() -> None:
    identify = {"type": "identify", "userId": "u", "traits": {"email": " Ana@Example.COM "}}
    order = GOOD | {"properties": {"email": "b@example.com"}}
    context = GOOD | {"context": {"traits": {"email": "c@example.com"}}}
    odd = GOOD | {"properties": {"email": {"no": "address"}}}
    assert [row["email"] for row in rows(decode(identify, order, context, odd))] == [
        "ana@example.com",
        "b@example.com",
        "c@example.com",
        None,
    ]


def test_single_calls_take_their_type_from_the_address() -> None:
    decoded = decode_single(
        json.dumps({"userId": "u", "traits": {"a": 1}}).encode(), type="identify", received_at=NOW
    )
    (row,) = rows(decoded)
    assert (row["kind"], row["properties"]) == (2, {"a": 1})
