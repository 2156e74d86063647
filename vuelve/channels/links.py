"""Signed links to customers' own choices. A token names the shop, the customer and what the message was about.

The signature is made with the shop's own key, so that one shop's link cannot be computed from another's. A link to
unsubscribe never expires: who finds the message after years must still be able to.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer

from vuelve.platform.ids import CustomerId, MessageId, ShopId

_SALT = "vuelve.channels.unsubscribe"
_SEPARATOR = "."
TOKEN_CHARS_MAX = 300


@dataclass(frozen=True, slots=True)
class UnsubscribeLink:
    shop: ShopId
    customer: CustomerId
    message: MessageId
    channel: str
    purpose: str


def _signer(signing_key: str) -> Signer:
    return Signer(key=signing_key, salt=_SALT, sep=":")


def unsubscribe_token(link: UnsubscribeLink, signing_key: str) -> str:
    parts = (str(link.shop), str(link.customer), str(link.message), link.channel, link.purpose)
    return _signer(signing_key).sign(_SEPARATOR.join(parts))


def unsubscribe_url(link: UnsubscribeLink, signing_key: str) -> str:
    return f"{settings.PUBLIC_URL}/u/{unsubscribe_token(link, signing_key)}"


def shop_of(token: str) -> ShopId | None:
    """The shop whose key must have signed the token; to be believed only after `read`."""
    if len(token) > TOKEN_CHARS_MAX:
        return None
    first = token.split(_SEPARATOR, 1)[0]
    return ShopId(int(first)) if first.isascii() and first.isdigit() and len(first) < 19 else None


def read(token: str, signing_key: str) -> UnsubscribeLink | None:
    """What a token says, or None if that shop did not sign it."""
    try:
        shop, customer, message, channel, purpose = _signer(signing_key).unsign(token).split(_SEPARATOR)
        return UnsubscribeLink(
            shop=ShopId(int(shop)),
            customer=CustomerId(int(customer)),
            message=MessageId(int(message)),
            channel=channel,
            purpose=purpose,
        )
    except (BadSignature, ValueError):
        return None
