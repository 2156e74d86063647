"""How messages look on a customer's timeline."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from vuelve.channels.wording import reason_text
from vuelve.customers.wording import channel_name
from vuelve.platform.extension import EventFace


def _sent(properties: Mapping[str, Any]) -> str:
    parts = (
        properties.get("subject"),
        channel_name(str(properties.get("channel", ""))),
    )
    return " · ".join(str(part) for part in parts if part)


def _withheld(properties: Mapping[str, Any]) -> str:
    reason = properties.get("reason")
    parts = (properties.get("subject"), reason_text(str(reason)) if reason else "")
    return " · ".join(str(part) for part in parts if part)


MESSAGE = ("message", "message_id")
FACES = {
    "Message Sent": EventFace(gettext_lazy("Was sent a message"), "envelope", "info", _sent, MESSAGE),
    "Message Withheld": EventFace(
        gettext_lazy("A message was withheld"), "no-symbol", "warn", _withheld, MESSAGE
    ),
    "Message Failed": EventFace(
        gettext_lazy("A message failed"), "exclamation-triangle", "bad", _withheld, MESSAGE
    ),
    "Message Unsubscribed": EventFace(gettext_lazy("Unsubscribed"), "bell-slash", "warn", _sent),
}
