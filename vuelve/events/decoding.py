"""From the bytes of a request to rows for the log. Pure: no database, no clock.

Shapes are Segment's: https://segment.com/docs/connections/spec/common/. What is inside properties, traits and context
stays as it was sent, byte for byte; of a key that comes twice the last holds, as for PostgreSQL's `->>`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from vuelve.events import fields, inspecting, reading
from vuelve.events.contracts import Kind
from vuelve.events.fields import ABSENT, EMPTY
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry

KINDS = {kind.name.lower(): kind for kind in Kind}
# Looking a member up in its enum takes 0.1 us, at three places of every event.
_TRACK, _IDENTIFY, _GROUP, _ALIAS = Kind.TRACK, Kind.IDENTIFY, Kind.GROUP, Kind.ALIAS

Guarded = frozenset[str]  # names of events that this key may not send


class _Event(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The fields of the spec. Raw ones are only looked at where they mean something."""

    type: str = ""
    message_id: str | int | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    event: str | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None
    properties: msgspec.Raw = EMPTY
    traits: msgspec.Raw = EMPTY
    context: msgspec.Raw = ABSENT
    name: msgspec.Raw = ABSENT  # of a page or screen
    category: msgspec.Raw = ABSENT  # of a page
    group_id: msgspec.Raw = ABSENT
    previous_id: msgspec.Raw = ABSENT
    integrations: msgspec.Raw = ABSENT
    channel: msgspec.Raw = ABSENT
    version: msgspec.Raw = ABSENT
    received_at: msgspec.Raw = ABSENT  # ours is right
    write_key: msgspec.Raw = ABSENT  # a key is not kept
    # analytics-next on how it sends: nothing about the event.
    metadata: msgspec.Raw = msgspec.field(default=ABSENT, name="_metadata")


class _AnyEvent(_Event, rename="camel", forbid_unknown_fields=False):
    """An event with fields beside those of the spec."""


class _Glance(msgspec.Struct):
    type: Any = None
    event: Any = None


class _Key(msgspec.Struct, rename="camel"):
    write_key: Any = None


class _Batch(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw]
    sent_at: str | None = None
    write_key: str | None = None
    context: msgspec.Raw = ABSENT


class Row(msgspec.Struct):
    """The columns of `append_api.sql`."""

    ordinal: int
    kind: int
    name: str
    occurred_at: datetime
    message_id: str
    user_id: str | None
    anonymous_id: str | None
    email: str | None
    phone: None
    properties: msgspec.Raw
    context: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request whose events are not decoded yet; `write_key` is what the body says."""

    events: Sequence[msgspec.Raw | bytes]
    context: msgspec.Raw  # of the events that have none of their own
    write_key: str | None
    sent_at: datetime | None = None
    type: str | None = None  # what the address says; None: each event says it itself
    is_history: bool = False  # an import: no device clock to correct
    is_sound: bool = True  # the bytes are UTF-8 and JSON, and nothing in them is suspicious


@dataclass(frozen=True, slots=True)
class Refusal:
    index: int
    error: VuelveError
    raw: bytes


@dataclass(frozen=True, slots=True)
class Decoded:
    rows: list[Row]
    refused: list[Refusal]


_event_decoder = msgspec.json.Decoder(_Event)
_any_event_decoder = msgspec.json.Decoder(_AnyEvent)
_batch_decoder = msgspec.json.Decoder(_Batch)
_glance_decoder = msgspec.json.Decoder(_Glance)
_key_decoder = msgspec.json.Decoder(_Key)
_encoder = msgspec.json.Encoder()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPEC = frozenset(_Event.__struct_encode_fields__)
_AHEAD_MAX = timedelta(seconds=limits.EVENT_FUTURE_SECONDS_MAX)


def open_batch(body: bytes, *, is_history: bool = False) -> Envelope:
    """`POST /v1/batch`, `/v1/import`. Raises VuelveError for what is wrong with the request as a whole."""
    if len(body) > limits.BATCH_BYTES_MAX:
        raise reading.too_large(len(body), limits.BATCH_BYTES_MAX)
    try:
        # Whatever begins and ends at JSON's marks within UTF-8 is UTF-8, too: once for all events.
        body.decode()
        batch = fields.decode(_batch_decoder, body)
        events: Sequence[msgspec.Raw | bytes] = batch.batch
        is_sound = not inspecting.is_suspicious(body)
    except (UnicodeDecodeError, VuelveError) as error:
        batch, events = _torn_batch(body, error)
        is_sound = False
    if len(events) > limits.BATCH_EVENTS_MAX:
        raise VuelveError(
            "too_many_events",
            f"{len(events)} events in one batch.",
            field="batch",
            hint=f"Send at most {limits.BATCH_EVENTS_MAX} a request.",
            status=413,
        )
    sent_at = None if batch.sent_at is None else fields.time(batch.sent_at, "sentAt")
    return Envelope(events, batch.context, batch.write_key, sent_at, is_history=is_history, is_sound=is_sound)


def _torn_batch(body: bytes, error: Exception) -> tuple[_Batch, list[bytes]]:
    """The batch around events of which some are no JSON. Raises what is wrong if it is not only the events."""
    parts = reading.split_batch(body)
    if parts is not None:
        try:
            fields.check_utf8(parts[0])
            return fields.decode(_batch_decoder, parts[0]), parts[1]
        except VuelveError:
            pass
    if isinstance(error, VuelveError):
        raise error
    raise fields.not_utf8() from error


def open_single(body: bytes, *, type: str) -> Envelope:
    """`POST /v1/track` and its like: the event is the whole body."""
    if len(body) > limits.EVENT_BYTES_MAX:
        raise reading.too_large(len(body), limits.EVENT_BYTES_MAX, code="event_too_large")
    fields.check_utf8(body)
    key = fields.decode(_key_decoder, body).write_key
    is_sound = not inspecting.is_suspicious(body)
    return Envelope([body], ABSENT, key if isinstance(key, str) else None, type=type, is_sound=is_sound)


def decode(envelope: Envelope, *, received_at: datetime, guarded: Guarded = frozenset()) -> Decoded:
    """Every event as a row or as a refusal with the reason."""
    rows: list[Row] = []
    refused: list[Refusal] = []
    for index, event in enumerate(envelope.events):
        raw = bytes(event)
        try:
            rows.append(_row(index, raw, envelope, received_at, guarded))
        except VuelveError as error:
            refused.append(Refusal(index, error, raw))
    return Decoded(rows, refused)


def peek(raw: bytes) -> tuple[str | None, str | None]:
    """Type and name of an event that was refused, where they can be read."""
    try:
        glance = _glance_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    words = (glance.type, glance.event)
    type, name = (
        word.replace("\x00", "")[: limits.EVENT_NAME_CHARS_MAX] if isinstance(word, str) else None
        for word in words
    )
    return type, name


def encode_rows(rows: Sequence[Row]) -> str:
    """The parameter of `append_api.sql`."""
    return _encoder.encode(rows).decode()


def _row(index: int, raw: bytes, envelope: Envelope, received_at: datetime, guarded: Guarded) -> Row:
    if len(raw) > limits.EVENT_BYTES_MAX:
        raise VuelveError(
            "event_too_large",
            f"The event has {len(raw)} bytes.",
            hint=f"At most {limits.EVENT_BYTES_MAX} an event.",
        )
    if not envelope.is_sound:
        fields.check_utf8(raw)
        inspecting.inspect(raw)
    elif inspecting.may_be_deep(raw):
        inspecting.inspect(raw)
    event, others = _event(raw)
    kind = _kind(envelope.type or event.type)
    context = fields.json_object(event.context, "context", default=ABSENT)
    if context is ABSENT:
        context = fields.json_object(envelope.context, "context", default=ABSENT)
    payload = _payload(event, kind, context)
    user_id = fields.identity(event.user_id, "userId")
    anonymous_id = fields.identity(event.anonymous_id, "anonymousId")
    if kind is _ALIAS:
        if anonymous_id is not None:
            others["anonymousId"] = msgspec.Raw(_encoder.encode(anonymous_id))
        anonymous_id = _previous_id(event, user_id)
    elif user_id is None and anonymous_id is None:
        raise VuelveError(
            "identity_missing",
            "The event says of nobody whose it is.",
            field="userId",
            hint="Send userId or anonymousId.",
        )
    name = _name(event, kind)
    if guarded:
        _check_guard(kind, name, payload, guarded)
    email = fields.email(payload, context)
    if others:
        context = fields.with_fields(
            context, [(b'"$fields"', fields.with_fields(EMPTY, fields.named(others)))]
        )
    return Row(
        index,
        kind,
        name,
        _occurred_at(event, envelope, received_at),
        fields.message_id(event.message_id),
        user_id,
        anonymous_id,
        email,
        None,  # phones are identity's
        payload,
        fields.NULL if context is ABSENT else context,
    )


def _event(raw: bytes) -> tuple[_Event, dict[str, msgspec.Raw]]:
    """The event, and what it holds beside the fields that have a place of their own: kept in its context's `$fields`."""
    others: dict[str, msgspec.Raw] = {}
    try:
        event = _event_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Mostly a field that the spec does not know; else the same error again, with its name.
        event = fields.decode(_any_event_decoder, raw)
        others = {
            name: value for name, value in fields.decode(fields.MEMBERS, raw).items() if name not in _SPEC
        }
    if event.integrations is not ABSENT and bytes(event.integrations) not in (b"{}", b"null"):
        others["integrations"] = event.integrations
    if event.channel is not ABSENT:
        others["channel"] = event.channel
    if event.version is not ABSENT:
        others["version"] = event.version
    return event, others


def _kind(name: str) -> Kind:
    try:
        return KINDS[name]
    except KeyError:
        raise VuelveError(
            "unknown_type",
            f"Events of type `{name[:40]}` are not taken.",
            field="type",
            hint=f"Use {', '.join(KINDS)}.",
        ) from None


def _payload(event: _Event, kind: Kind, context: msgspec.Raw) -> msgspec.Raw:
    """What is kept as the event's properties: for identify and group the traits."""
    if kind is _TRACK:
        return fields.json_object(event.properties, "properties")
    if kind is _IDENTIFY:
        traits = fields.json_object(event.traits, "traits")
        # RudderStack's SDKs send the traits within the context.
        return fields.traits_of_context(context) if bytes(traits) == b"{}" else traits
    if kind is _GROUP:
        return fields.with_missing(fields.json_object(event.traits, "traits"), [("groupId", event.group_id)])
    if kind is _ALIAS:
        return fields.with_missing(
            fields.json_object(event.properties, "properties"), [("previousId", event.previous_id)]
        )
    named = [("name", event.name), ("category", event.category)]
    return fields.with_missing(fields.json_object(event.properties, "properties"), named)


def _previous_id(event: _Event, user_id: str | None) -> str:
    """Alias counts as an identify call of userId by what had the previous id until then."""
    if user_id is None:
        raise VuelveError(
            "identity_missing",
            "Alias needs who the customer is now.",
            field="userId",
            hint="Send userId and previousId.",
        )
    previous = fields.identity(fields.decode(fields.ID, bytes(event.previous_id) or b"null"), "previousId")
    if previous is None:
        raise VuelveError(
            "identity_missing",
            "Alias needs who the customer was until now.",
            field="previousId",
            hint="Send userId and previousId.",
        )
    return previous


def _name(event: _Event, kind: Kind) -> str:
    if kind is not _TRACK:
        return kind.name.lower()
    name = (event.event or "").strip()
    if not name:
        raise VuelveError(
            "event_name_missing", "A track call needs the event's name.", field="event", hint="Send `event`."
        )
    if len(name) > limits.EVENT_NAME_CHARS_MAX:
        raise VuelveError(
            "event_name_too_long",
            f"The name has {len(name)} characters.",
            field="event",
            hint=f"At most {limits.EVENT_NAME_CHARS_MAX}.",
        )
    if name in registry.own_events:
        raise VuelveError(
            "event_name_reserved",
            f"`{name}` is recorded by Vuelve itself.",
            field="event",
            hint="Send what happened in your store under another name.",
        )
    return name


def _check_guard(kind: Kind, name: str, payload: msgspec.Raw, guarded: Guarded) -> None:
    is_consent = kind is _IDENTIFY and fields.has_member(payload, "consents")
    if is_consent or (kind is _TRACK and name in guarded):
        raise VuelveError(
            "secret_key_required",
            "This shop takes orders, payments, shipments, products and consents only with a secret key.",
            field="traits.consents" if is_consent else "event",
            hint="Send it from your server with the secret key, not from a browser.",
        )


def _occurred_at(event: _Event, envelope: Envelope, received_at: datetime) -> datetime:
    """Corrected for a device clock that is off: received - (sent - original), as Segment does."""
    given = event.original_timestamp or event.timestamp
    if given is None:
        return received_at
    occurred = fields.time(given, "timestamp")
    sent_at = envelope.sent_at if event.sent_at is None else fields.time(event.sent_at, "sentAt")
    try:
        if sent_at is not None and not envelope.is_history:
            occurred = received_at - (sent_at - occurred)
        if _EPOCH <= occurred <= received_at + _AHEAD_MAX:
            return occurred
    except OverflowError:
        pass
    raise VuelveError(
        "timestamp_out_of_range",
        f"The event would have happened at {occurred.isoformat()}.",
        field="timestamp",
        hint="Send the time of the event, and sentAt so that the device's clock can be corrected.",
    )
