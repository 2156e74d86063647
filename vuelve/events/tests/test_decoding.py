"""What a request may hold, and what each bad event is told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vuelve.events import decoding
from vuelve.events.contracts import Kind
from vuelve.events.decoding import Decoded, encode_rows
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


def decode_batch(body: bytes, **how: Any) -> Decoded:
    return decoding.decode(decoding.open_batch(body, **how), received_at=NOW)


def decode_single(body: bytes, type: str) -> Decoded:
    return decoding.decode(decoding.open_single(body, type=type), received_at=NOW)


def decode(*events: Any, **batch: Any) -> Decoded:
    return decode_batch(json.dumps({"batch": events, **batch}).encode())


def rows(decoded: Decoded) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(encode_rows(decoded.rows))
    return found


def row_of(**event: Any) -> dict[str, Any]:
    decoded = decode({"userId": "u1", "messageId": "m1"} | event)
    assert [refusal.error for refusal in decoded.refused] == []
    (row,) = rows(decoded)
    return row


def error_of(event: Any, *, between: tuple[Any, Any] = (GOOD, GOOD)) -> VuelveError:
    """What is said of an event between two good ones, which are kept."""
    first, last = between
    return only_refusal(decode(first, event, last))


def only_refusal(decoded: Decoded) -> VuelveError:
    assert [row.ordinal for row in decoded.rows] == [0, 2]
    (refusal,) = decoded.refused
    assert refusal.index == 1
    return refusal.error


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
    assert error.code == code
    assert error.field == field
    assert error.message
    assert error.hint


def torn(properties: bytes, *, between: bytes = b'{"ok": [1, "}],{"]}') -> bytes:
    """A batch of three, of which the second's properties are any bytes."""
    event = b'{"type": "track", "event": "A", "userId": "u", "messageId": "%d", "properties": %s}'
    return b'{"sentAt": null, "batch": [%s, %s ,%s], "writeKey": "k"}' % (
        event % (0, between),
        event % (1, properties),
        event % (2, between),
    )


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        (b'{"a": "\\ud800"}', "invalid_text"),  # half a surrogate pair
        (b'{"a": "\\udc00\\ud800"}', "invalid_text"),
        (b'{"a": "\xff"}', "invalid_text"),
        (b'{"a": "\xed\xa0\x80"}', "invalid_text"),  # half a pair in UTF-8
        (b'{"a": NaN}', "invalid_json"),
        (b'{"a": Infinity}', "invalid_json"),
        (b'{"a": 01}', "invalid_json"),
        (b'{"a": "\x01"}', "invalid_json"),
        (b'{"a": "\\x41"}', "invalid_json"),
        (b'{"a" 1}', "invalid_json"),
        (b"", "invalid_json"),
        (b"[" * 1_000 + b"]" * 1_000, "nested_too_deep"),
        (b'{"a":' * 1_000 + b"1" + b"}" * 1_000, "nested_too_deep"),
        (b'{"a": ' + b"[" * 64 + b"1" + b"]" * 64 + b"}", "nested_too_deep"),
        (b'{"a": 1e400}', "number_out_of_range"),
        (b'{"a": [-1E+0400]}', "number_out_of_range"),
        (b'{"a": ' + b"9" * 400 + b"}", "number_out_of_range"),
        (b'{"a": -' + b"9" * 5_000 + b"}", "number_out_of_range"),
        (b'{"a": ' + b"9" * 400 + b".5}", "number_out_of_range"),
        (b'{"a": ' + b"9" * 290 + b"e30}", "number_out_of_range"),
        (b'{"a": "\\u0000"}', "invalid_text"),
        (b'{"\\u0000": 1}', "invalid_text"),
        (b'{"a": [{"b": "x\\u0000y"}]}', "invalid_text"),
    ],
)
def test_broken_bytes_cost_only_their_own_event(properties: bytes, code: str) -> None:
    decoded = decode_batch(torn(properties))
    assert only_refusal(decoded).code == code
    assert [json.loads(bytes(row.properties)) for row in decoded.rows] == [{"ok": [1, "}],{"]}] * 2
    assert decoding.open_batch(torn(properties)).write_key == "k"


@pytest.mark.parametrize(
    "properties",
    [
        b'{"a": 1.7976931348623157e308, "b": -1e308, "c": 1e-400, "d": 0.' + b"1" * 400 + b"}",
        b'{"a": ' + b"9" * 308 + b"}",
        b'{"a": "1e400", "b": "5e400, ", "c": "' + b"9" * 400 + b'"}',
        b'{"id": "3f0e4005-1e123-4444-8e999-aaaaaaaaaaaa", "1e999": 1}',
        b'{"a": ' + b"[" * 62 + b"1" + b"]" * 62 + b"}",
        b'{"a": [' + b"{}," * 500 + b'[]], "s": "[[[[{{{{"}',
        b'{"a": "\\\\u0000", "b": "\\ud83d\\ude00", "c": "NaN"}',
    ],
)
def test_the_odd_but_sound_is_kept_as_sent(properties: bytes) -> None:
    decoded = decode_batch(torn(properties))
    assert decoded.refused == []
    assert bytes(decoded.rows[1].properties) == properties


@pytest.mark.parametrize("event", [1, "x", None, [], True])
def test_what_is_no_object_is_no_event(event: Any) -> None:
    assert error_of(event).code == "invalid_type"


@pytest.mark.parametrize("code_unit", [b'"', b"\\", b'\\"', b'"\\', b"[{", b'"[,{:', b'{"batch":['])
def test_splitting_rubbish_takes_linear_time(code_unit: bytes) -> None:
    body = b'{"batch": [NaN, ' + code_unit * (400_000 // len(code_unit))
    with pytest.raises(VuelveError):
        decode_batch(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"batch": [{"a": 1}}, {"a": NaN}]}',
        b'{"batch": [{"a": [1}, {"a": NaN}]}',
        b'{"batch": [{"a": "x}, {"b": 1}]}',
        b'{"batch": [NaN',
        b'{"batch": [NaN], }',
        b'{"batch": [NaN], "sentAt": 5}',
        b'{"x": {"batch": [NaN]}}',
        b'[{"batch": [NaN]}]',
        b'{"batch": [NaN, ' + b"[]," * 110_000 + b"1]}",
        b'{"batch": [' + b"NaN," * 3_000 + b"1]}",
    ],
)
def test_a_batch_that_cannot_be_told_apart_is_refused_whole(body: bytes) -> None:
    with pytest.raises(VuelveError) as refusal:
        decode_batch(body)
    assert refusal.value.code in {"invalid_json", "invalid_type", "too_many_events"}


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    (row,) = rows(decode(GOOD | {"properties": {"path": "C:\\u0000"}}))
    assert row["properties"] == {"path": "C:\\u0000"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"batch": 1}', b'{"batch": null}', b"{}", b"\xff\xfe", b"[" * 50_000]
)
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    with pytest.raises(VuelveError) as refusal:
        decode_batch(body)
    assert refusal.value.code in {"invalid_json", "invalid_type", "invalid_text", "nested_too_deep"}


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
    decoded = decode_single(json.dumps({"userId": "u", "traits": {"a": 1}}).encode(), "identify")
    (row,) = rows(decoded)
    assert (row["kind"], row["properties"]) == (2, {"a": 1})


def test_of_a_key_that_comes_twice_the_last_holds() -> None:
    body = (
        b'{"batch": [1], "batch": [{"type": "track", "event": "A", "event": "B", "userId": "a", "userId": "b",'
        b' "messageId": "1", "properties": {"a": 1}, "properties": {"x": 1, "x": 2}}]}'
    )
    (row,) = decode_batch(body).rows
    assert (row.name, row.user_id, bytes(row.properties)) == ("B", "b", b'{"x": 1, "x": 2}')


@pytest.mark.parametrize(
    ("timestamp", "sent_at"),
    [
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_times_at_the_ends_of_the_calendar(timestamp: str, sent_at: str | None) -> None:
    event = GOOD | {"timestamp": timestamp, "sentAt": sent_at}
    decoded = decode(GOOD, event, GOOD)
    if decoded.refused:
        assert only_refusal(decoded).code == "timestamp_out_of_range"
    else:  # both clocks are as far off: what counts is the time between
        assert abs(decoded.rows[1].occurred_at - NOW) < timedelta(days=1)


def test_an_import_keeps_its_times() -> None:
    event = GOOD | {"timestamp": "2020-01-01T00:00:00Z", "sentAt": "2020-01-01T00:00:05Z"}
    body = json.dumps({"batch": [event]}).encode()
    (row,) = decode_batch(body, is_history=True).rows
    assert row.occurred_at == datetime(2020, 1, 1, tzinfo=UTC)
    (row,) = decode_batch(body).rows
    assert row.occurred_at == NOW - timedelta(seconds=5)


def test_pages_and_screens_keep_their_name_and_category() -> None:
    page = row_of(type="page", name="Home", category="Shop", properties={"url": "/", "name": "own"})
    assert (page["kind"], page["name"]) == (Kind.PAGE, "page")
    assert page["properties"] == {"url": "/", "name": "own", "category": "Shop"}
    screen = row_of(type="screen", name="Cart")
    assert (screen["kind"], screen["name"], screen["properties"]) == (
        Kind.SCREEN,
        "screen",
        {"name": "Cart"},
    )


def test_a_group_keeps_its_id_and_traits() -> None:
    row = row_of(type="group", groupId=7, traits={"plan": "gold"})
    assert (row["kind"], row["name"], row["properties"]) == (
        Kind.GROUP,
        "group",
        {"plan": "gold", "groupId": 7},
    )


def test_an_alias_names_the_previous_id_where_identify_has_the_anonymous_one() -> None:
    row = row_of(type="alias", userId="new", previousId=77, anonymousId="browser")
    assert (row["kind"], row["name"], row["user_id"], row["anonymous_id"]) == (
        Kind.ALIAS,
        "alias",
        "new",
        "77",
    )
    assert row["properties"] == {"previousId": 77}
    assert row["context"] == {"$fields": {"anonymousId": "browser"}}


@pytest.mark.parametrize(
    ("event", "field", "code"),
    [
        ({"previousId": "x"}, "userId", "identity_missing"),
        ({"userId": "x"}, "previousId", "identity_missing"),
        ({"userId": "x", "previousId": " "}, "previousId", "identity_missing"),
        ({"userId": "x", "previousId": "y" * 256}, "previousId", "identity_too_long"),
        ({"userId": "x", "previousId": [1]}, None, "invalid_type"),
    ],
)
def test_an_alias_needs_both_ids(event: dict[str, Any], field: str | None, code: str) -> None:
    error = error_of({"type": "alias", **event})
    assert (error.field, error.code) == (field, code)


def test_fields_that_the_spec_does_not_know_are_kept() -> None:
    row = row_of(
        type="track",
        event="A",
        integrations={"All": False},
        channel="web",
        version=2,
        rudderId="r",
        custom={"a": [1, None]},
        context={"ip": "1.1.1.1"},
        writeKey="secret",
        receivedAt="x",
    )
    assert row["context"] == {
        "ip": "1.1.1.1",
        "$fields": {
            "rudderId": "r",
            "custom": {"a": [1, None]},
            "integrations": {"All": False},
            "channel": "web",
            "version": 2,
        },
    }
    assert row_of(type="track", event="A", custom=1, context={})["context"] == {"$fields": {"custom": 1}}
    assert row_of(type="track", event="A", integrations={}, context=None)["context"] is None


def test_the_context_of_a_batch_is_that_of_events_without_one() -> None:
    own = GOOD | {"context": {"ip": "2.2.2.2"}}
    assert [row["context"] for row in rows(decode(GOOD, own, context={"ip": "1.1.1.1"}))] == [
        {"ip": "1.1.1.1"},
        {"ip": "2.2.2.2"},
    ]


def test_traits_in_the_context_are_the_traits_of_an_identify_call_without_any() -> None:
    traits = {"email": "ana@example.com", "plan": "pro"}
    row = row_of(type="identify", context={"traits": traits})
    assert (row["properties"], row["email"]) == (traits, "ana@example.com")
    row = row_of(type="identify", traits={"plan": "free"}, context={"traits": traits})
    assert row["properties"] == {"plan": "free"}


def test_what_needs_the_secret_key_is_refused() -> None:
    consents = {"type": "identify", "userId": "u", "traits": {"consents": {"email": {"marketing": True}}}}
    order = GOOD | {"event": "Order Completed"}
    envelope = decoding.open_batch(json.dumps({"batch": [GOOD, order, consents]}).encode())
    decoded = decoding.decode(envelope, received_at=NOW, guarded=frozenset({"Order Completed"}))
    assert [row.ordinal for row in decoded.rows] == [0]
    assert [(bad.error.code, bad.error.field) for bad in decoded.refused] == [
        ("secret_key_required", "event"),
        ("secret_key_required", "traits.consents"),
    ]
    assert decoding.decode(envelope, received_at=NOW).refused == []


@pytest.mark.parametrize(
    "name",
    [b"consents", b"\\u0063onsents", b" consents\\t", b"consents\\u200b", b"consents" + b" " * 100 + b"x"],
)
def test_a_consent_is_seen_however_it_is_written(name: bytes) -> None:
    body = b'{"userId": "u", "traits": {"a": 1, "%s": {"email": {"marketing": true}}}}' % name
    envelope = decoding.open_single(body, type="identify")
    (refusal,) = decoding.decode(envelope, received_at=NOW, guarded=frozenset({"X"})).refused
    assert refusal.error.code == "secret_key_required"
    in_context = b'{"userId": "u", "context": {"traits": {"%s": {"email": {"marketing": true}}}}}' % name
    envelope = decoding.open_single(in_context, type="identify")
    assert len(decoding.decode(envelope, received_at=NOW, guarded=frozenset({"X"})).refused) == 1


def test_a_glance_at_what_was_refused() -> None:
    assert decoding.peek(b'{"type": "track", "event": "A"}') == ("track", "A")
    assert decoding.peek(b'{"type": 1, "event": "' + b"x" * 500 + b'"}') == (None, "x" * 200)
    assert decoding.peek(b'{"type": "track", "a": NaN}') == (None, None)
