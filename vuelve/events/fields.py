"""The single fields of an event: what each may hold, and JSON that is put together without being taken apart. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec

from vuelve.events.inspecting import too_deep
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

ABSENT = msgspec.Raw(b"")  # not sent; to be compared with `is`
EMPTY = msgspec.Raw(b"{}")
NULL = msgspec.Raw(b"null")


class _Email(msgspec.Struct):
    email: Any = None


class _ContextTraits(msgspec.Struct):
    traits: _Email | None = None


class _RawTraits(msgspec.Struct):
    traits: msgspec.Raw = EMPTY


MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
ID = msgspec.json.Decoder(str | int | None)
_email_decoder = msgspec.json.Decoder(_Email)
_context_decoder = msgspec.json.Decoder(_ContextTraits)
_traits_decoder = msgspec.json.Decoder(_RawTraits)
_time_decoder = msgspec.json.Decoder(datetime)
_encoder = msgspec.json.Encoder()
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")


def decode(decoder: Any, raw: bytes) -> Any:
    """What the decoder makes of it; raises VuelveError with the field where it is named."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        # msgspec: "Expected `str`, got `array` - at `$.event`"
        text, _, path = str(error).partition(" - at `$")
        raise VuelveError(
            "invalid_type", f"{text}.", field=path.strip("`.") or None, hint="See the event's spec."
        ) from error
    except UnicodeDecodeError as error:
        raise not_utf8() from error
    except msgspec.DecodeError as error:
        if _has_half_pair(raw):
            raise VuelveError(
                "invalid_text", "A text holds half a surrogate pair.", hint="Cut texts between characters."
            ) from error
        raise VuelveError("invalid_json", f"{error}.", hint="Send one JSON object.") from error
    except RecursionError as error:
        raise too_deep() from error


def _has_half_pair(raw: bytes) -> bool:
    """Whether the only thing wrong is a surrogate without its other half: Python's own decoder lets that pass."""
    try:
        text = json.dumps(json.loads(raw, parse_constant=_refuse), ensure_ascii=False)
    except (ValueError, RecursionError):
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN, Infinity


def check_utf8(raw: bytes) -> None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise not_utf8() from error


def not_utf8() -> VuelveError:
    return VuelveError("invalid_text", "The text is not UTF-8.", hint="Send JSON in UTF-8.")


def json_object(raw: msgspec.Raw, field: str, default: msgspec.Raw = EMPTY) -> msgspec.Raw:
    """The object as it was sent; `default` for null and for what is absent."""
    if raw is default:
        return raw
    text = bytes(raw)
    if text.startswith(b"{"):
        return raw
    if text in (b"null", b""):
        return default
    raise VuelveError("invalid_type", "Expected an object.", field=field, hint="Send a JSON object.")


def with_fields(raw: msgspec.Raw, members: Sequence[tuple[bytes, msgspec.Raw]]) -> msgspec.Raw:
    """The object with members added at its end; names are JSON already."""
    added = b",".join(name + b":" + bytes(value) for name, value in members)
    begin = bytes(raw).rstrip()[:-1].rstrip() or b"{"
    return msgspec.Raw(begin + (b"" if begin == b"{" else b",") + added + b"}")


def named(members: Mapping[str, msgspec.Raw]) -> list[tuple[bytes, msgspec.Raw]]:
    return [(_encoder.encode(name), value) for name, value in members.items()]


def with_missing(raw: msgspec.Raw, members: Sequence[tuple[str, msgspec.Raw]]) -> msgspec.Raw:
    """The object with those members that are set and that it lacks."""
    wanted = {name: value for name, value in members if bytes(value) not in (b"", b"null")}
    if wanted:
        there = decode(MEMBERS, bytes(raw))
        wanted = {name: value for name, value in wanted.items() if name not in there}
    return with_fields(raw, named(wanted)) if wanted else raw


def has_member(raw: msgspec.Raw, name: str) -> bool:
    """Whether the object may have the member, however it is written: escaped, with blanks and marks that readers take
    away, or so long that they cut it.
    """
    members = decode(MEMBERS, bytes(raw))
    return any("".join(filter(str.isalpha, member)).lower().startswith(name) for member in members)


def traits_of_context(context: msgspec.Raw) -> msgspec.Raw:
    if b'"traits"' not in bytes(context):
        return EMPTY
    traits: msgspec.Raw = decode(_traits_decoder, bytes(context)).traits
    return traits if bytes(traits).startswith(b"{") else EMPTY


def identity(value: str | int | None, field: str) -> str | None:
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


def message_id(value: str | int | None) -> str:
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


def time(text: str, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = _time_decoder.decode(_encoder.encode(text))
        except msgspec.DecodeError:
            raise VuelveError(
                "invalid_timestamp",
                f"`{text[:40]}` is no time.",
                field=field,
                hint="Use ISO 8601, e.g. 2026-03-01T10:00:00Z.",
            ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def email(payload: msgspec.Raw, context: msgspec.Raw) -> str | None:
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
