"""A webhook's signature, and what its headers say."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from vuelve.events.sources.shopify.reading import time_or_none
from vuelve.platform.stores import Delivery

_KEY_CHARS_MAX = 200


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Base64 of HMAC-SHA256 over the bytes as they came: a body that was parsed and written again has another."""
    try:
        given = base64.b64decode(headers.get("X-Shopify-Hmac-Sha256", ""), validate=True)
    except (binascii.Error, ValueError):
        given = b""
    return hmac.compare_digest(hmac.digest(secret.encode(), body, hashlib.sha256), given) and bool(secret)


def delivery(headers: Mapping[str, str], body: bytes) -> Delivery:
    """The key is the webhook's id, which all attempts to deliver it share.

    Not the event's id: one event sends webhooks of several topics, all with that id, and each says something else.
    """
    topic = _clean(headers.get("X-Shopify-Topic", "")).lower()
    key = _clean(headers.get("X-Shopify-Webhook-Id", ""))
    if not key:
        event = _clean(headers.get("X-Shopify-Event-Id", "")) or hashlib.sha256(body).hexdigest()
        key = f"{topic}/{event}"
    return Delivery(
        key=key,
        topic=topic,
        domain=_clean(headers.get("X-Shopify-Shop-Domain", "")).lower(),
        triggered_at=time_or_none(headers.get("X-Shopify-Triggered-At")),
    )


def _clean(value: str) -> str:
    return "".join(letter for letter in value if letter.isprintable()).strip()[:_KEY_CHARS_MAX]
