"""From the bytes of a request to rows for the log. Pure: no database, no clock.

Shapes are Segment's: https://segment.com/docs/connections/spec/common/. Properties stay as they were sent.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec

from vuelve.events.contracts import Kind
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry

KINDS = {"track": Kind.TRACK, "identify": Kind.IDENTIFY}


class _Event(msgspec.Struct, rename="camel"):
    type: str = ""
    message_id: str | int | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    event: str | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None
    properties: msgspec.Raw = msgspec.Raw(b"{}")
    traits: msgspec.Raw = msgspec.Raw(b"{}")
    context: msgspec.Raw = msgspec.Raw(b"null")
    write_key: str | None = None


class _Batch(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw]
    sent_at: str | None = None
    write_key: str | None = None
    context: msgspec.Raw = msgspec.Raw(b"null")


class _Email(msgspec.Struct):
    email: Any = None


class _ContextTraits(msgspec.Struct):
    traits: _Email | None = None


class _Row(msgspec.Struct):
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
class Decoded:
    """`rows` is the JSON array for the log, or None when no event was good; `errors` has an `index` each."""

    rows: str | None
    accepted: int
    errors: list[dict[str, Any]]
    write_key: str | None


_event_decoder = msgspec.json.Decoder(_Event)
_batch_decoder = msgspec.json.Decoder(_Batch)
_email_decoder = msgspec.json.Decoder(_Email)
_context_decoder = msgspec.json.Decoder(_ContextTraits)
_any_decoder = msgspec.json.Decoder()
_time_decoder = msgspec.json.Decoder(datetime)
_encoder = msgspec.json.Encoder()
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def decode_batch(body: bytes, *, received_at: datetime) -> Decoded:
    """`POST /v1/batch`. Raises VuelveError for what is wrong with the request as a whole."""
    _check_size(body, limits.BATCH_BYTES_MAX)
    batch = _decode(_batch_decoder, body)
    if len(batch.batch) > limits.BATCH_EVENTS_MAX:
        raise VuelveError(
            "too_many_events",
            f"{len(batch.batch)} events in one batch.",
            field="batch",
            hint=f"Send at most {limits.BATCH_EVENTS_MAX} a request.",
            status=413,
        )
    return _rows(batch.batch, None, batch.sent_at, batch.write_key, received_at)


def decode_single(body: bytes, *, type: str, received_at: datetime) -> Decoded:
    """`POST /v1/track`, `POST /v1/identify`."""
    _check_size(body, limits.EVENT_BYTES_MAX)
    _check_utf8(body)
    event = _decode(_event_decoder, body)
    return _rows([msgspec.Raw(body)], type, event.sent_at, event.write_key, received_at)


def _rows(
    raws: Iterable[msgspec.Raw],
    type: str | None,
    sent_at: str | None,
    write_key: str | None,
    received_at: datetime,
) -> Decoded:
    rows: list[_Row] = []
    errors: list[dict[str, Any]] = []
    for index, raw in enumerate(raws):
        try:
            rows.append(_row(index, bytes(raw), type, sent_at, received_at))
        except VuelveError as error:
            errors.append({"index": index, **error.as_json()})
    encoded = _encoder.encode(rows).decode() if rows else None
    return Decoded(rows=encoded, accepted=len(rows), errors=errors, write_key=write_key)


def _row(index: int, raw: bytes, type: str | None, sent_at: str | None, received_at: datetime) -> _Row:
    if len(raw) > limits.EVENT_BYTES_MAX:
        raise VuelveError(
            "event_too_large",
            f"The event has {len(raw)} bytes.",
            hint=f"At most {limits.EVENT_BYTES_MAX} an event.",
        )
    _check_text(raw)
    event = _decode(_event_decoder, raw)
    kind = _kind(type or event.type)
    payload = event.traits if kind is Kind.IDENTIFY else event.properties
    payload = _object(payload, "traits" if kind is Kind.IDENTIFY else "properties")
    context = _object(event.context, "context", default=b"null")
    user_id = _identity(event.user_id, "userId")
    anonymous_id = _identity(event.anonymous_id, "anonymousId")
    if user_id is None and anonymous_id is None:
        raise VuelveError(
            "identity_missing",
            "The event says of nobody whose it is.",
            field="userId",
            hint="Send userId or anonymousId.",
        )
    return _Row(
        ordinal=index,
        kind=kind,
        name=_name(event, kind),
        occurred_at=_occurred_at(event, event.sent_at or sent_at, received_at),
        message_id=_message_id(event.message_id),
        user_id=user_id,
        anonymous_id=anonymous_id,
        email=_email(payload, context),
        phone=None,
        properties=payload,
        context=context,
    )


def _check_size(body: bytes, most: int) -> None:
    if len(body) > most:
        raise VuelveError(
            "request_too_large", f"The body has {len(body)} bytes.", hint=f"At most {most}.", status=413
        )


def _check_utf8(raw: bytes) -> None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise VuelveError("invalid_text", "The body is not UTF-8.", hint="Send JSON in UTF-8.") from error


def _check_text(raw: bytes) -> None:
    """PostgreSQL holds no NUL in text, and JSON's escapes can hide one. (Half surrogate pairs the decoder refuses.)"""
    _check_utf8(raw)
    if b"\\u0000" in raw and any("\x00" in text for text in _texts(_decode(_any_decoder, raw))):
        raise VuelveError("invalid_text", "A text holds a NUL character.", hint="Remove \\u0000.")


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            stack += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            stack += item


def _decode(decoder: Any, raw: bytes) -> Any:
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        # msgspec: "Expected `str`, got `array` - at `$.event`"
        text, _, path = str(error).partition(" - at `$")
        raise VuelveError(
            "invalid_type", f"{text}.", field=path.strip("`.") or None, hint="See the event's spec."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise VuelveError("invalid_json", f"{error}.", hint="Send one JSON object.") from error
    except RecursionError as error:
        raise VuelveError(
            "invalid_json", "The JSON is nested too deep.", hint="Send flatter objects."
        ) from error


def _kind(name: str) -> Kind:
    try:
        return KINDS[name]
    except KeyError:
        raise VuelveError(
            "unknown_type",
            f"Events of type `{name[:40]}` are not taken.",
            field="type",
            hint="Use track or identify.",
        ) from None


def _object(raw: msgspec.Raw, field: str, default: bytes = b"{}") -> msgspec.Raw:
    text = bytes(raw)
    if text == b"null":
        return msgspec.Raw(default)
    if not text.startswith(b"{"):
        raise VuelveError("invalid_type", "Expected an object.", field=field, hint="Send a JSON object.")
    return raw


def _identity(value: str | int | None, field: str) -> str | None:
    if value is None:
        return None
    text = str(value).strip()
    if len(text) > limits.IDENTITY_CHARS_MAX:
        raise VuelveError(
            "identity_too_long",
            f"The id has {len(text)} characters.",
            field=field,
            hint=f"At most {limits.IDENTITY_CHARS_MAX}.",
        )
    return text or None


def _message_id(value: str | int | None) -> str:
    text = "" if value is None else str(value)
    if len(text) > limits.MESSAGE_ID_CHARS_MAX:
        raise VuelveError(
            "message_id_too_long",
            f"The messageId has {len(text)} characters.",
            field="messageId",
            hint=f"At most {limits.MESSAGE_ID_CHARS_MAX}.",
        )
    # Without one the event cannot be told from its repeat; Segment, too, makes one up.
    return text or uuid4().hex


def _name(event: _Event, kind: Kind) -> str:
    if kind is Kind.IDENTIFY:
        return "identify"
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


def _occurred_at(event: _Event, sent_at: str | None, received_at: datetime) -> datetime:
    """Corrected for a device clock that is off: received - (sent - original), as Segment does."""
    given = event.original_timestamp or event.timestamp
    if given is None:
        return received_at
    occurred = _time(given, "timestamp")
    if sent_at is not None:
        occurred = received_at - (_time(sent_at, "sentAt") - occurred)
    if occurred > received_at + timedelta(seconds=limits.EVENT_FUTURE_SECONDS_MAX) or occurred < _EPOCH:
        raise VuelveError(
            "timestamp_out_of_range",
            f"The event would have happened at {occurred.isoformat()}.",
            field="timestamp",
            hint="Send the time of the event, and sentAt so that the device's clock can be corrected.",
        )
    return occurred


def _time(text: str, field: str) -> datetime:
    try:
        moment = _time_decoder.decode(_encoder.encode(text))
    except msgspec.DecodeError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise VuelveError(
                "invalid_timestamp",
                f"`{text[:40]}` is no time.",
                field=field,
                hint="Use ISO 8601, e.g. 2026-03-01T10:00:00Z.",
            ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _email(payload: msgspec.Raw, context: msgspec.Raw) -> str | None:
    """The address, normalised, if the traits, the context's traits or the properties name one that can be one."""
    found: Any = None
    if b'"email"' in bytes(payload):
        found = _quietly(_email_decoder, payload, "email")
    if found is None and b'"email"' in bytes(context):
        found = _quietly(_context_decoder, context, "traits")
        found = found.email if isinstance(found, _Email) else None
    if not isinstance(found, str):
        return None
    address = found.strip().lower()
    return address if len(address) <= 254 and _EMAIL.fullmatch(address) else None


def _quietly(decoder: Any, raw: msgspec.Raw, field: str) -> Any:
    """An odd shape of what we only look into is no error: it is kept as it was sent."""
    try:
        return getattr(decoder.decode(raw), field)
    except msgspec.DecodeError:
        return None
