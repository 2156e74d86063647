"""What `Consent Granted` and `Consent Revoked` say, and what may be said at all."""

from typing import Any

import msgspec

from vuelve.customers.contracts import ConsentChannel, ConsentPurpose
from vuelve.customers.rules.texts import clean_text, text_key
from vuelve.platform import limits

# The source of what an identify call's traits state. Stores repeat them from a copy that knows of no opt-out here:
# they can never undo a revocation that came any other way (`sql/refresh_consents.sql`).
SOURCE_TRAITS = "traits"

CHANNELS = frozenset(channel.value for channel in ConsentChannel)
PURPOSES = frozenset(purpose.value for purpose in ConsentPurpose)


class Decision(msgspec.Struct, frozen=True):
    channel: str
    purpose: str
    source: str
    wording: str


class _Said(msgspec.Struct):
    channel: Any = None
    purpose: Any = None
    source: Any = None
    wording: Any = None


_decoder = msgspec.json.Decoder(_Said)


def is_known(channel: str, purpose: str) -> bool:
    return channel in CHANNELS and purpose in PURPOSES


def named_channel(text: str) -> str | None:
    """The channel that a person or a store calls so, e.g. `WhatsApp`, `Correo`; None if it is none of ours."""
    key = text_key(text).strip().replace(" ", "_").replace("-", "_")
    key = _CHANNEL_NICKNAMES.get(key, key)
    return key if key in CHANNELS else None


_CHANNEL_NICKNAMES = {
    "e_mail": "email",
    "mail": "email",
    "correo": "email",
    "correo_electronico": "email",
    "wa": "whatsapp",
    "text": "sms",
    "inapp": "in_app",
    "web_push": "push",
}


def read_decision(properties: str, *, source: str) -> Decision | None:
    """The decision in an event's properties; None if it names no known channel and purpose.

    `source` is where the event came from, for an event that does not say where the customer decided.
    """
    try:
        said = _decoder.decode(properties)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said.channel, str) or not isinstance(said.purpose, str):
        return None
    channel, purpose = said.channel.strip().lower(), said.purpose.strip().lower()
    if not is_known(channel, purpose):
        return None
    given = _text(said.source) or source
    return Decision(
        channel=channel,
        purpose=purpose,
        source=given if given != SOURCE_TRAITS else f"{SOURCE_TRAITS} ({source})",
        wording=_text(said.wording),
    )


def _text(value: Any) -> str:
    return clean_text(value, limits.TRAIT_TEXT_CHARS_MAX).strip() if isinstance(value, str) else ""
