"""What crosses the border of this package; no Django."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from vuelve.platform.extension import Outgoing, SendResult

# Channels that this version has templates and providers for.
EMAIL = "email"
CHANNELS = (EMAIL,)

# Reasons of withheld messages.
NO_CONSENT = "no_consent"
SUPPRESSED = "suppressed"
NO_ADDRESS = "no_address"
OFFER_LAPSED = "offer_lapsed"
ERASED = "erased"
ABORTED = "aborted"  # the template decided so; its words follow
# Why a queued message waits.
QUIET_HOURS = "quiet_hours"
# Reasons of failed and unknown messages.
RENDER_FAILED = "render_failed"
RETRIES_EXHAUSTED = "retries_exhausted"
TIMED_OUT = "timed_out"
DISPATCHER_LOST = "dispatcher_lost"


@dataclass(frozen=True, slots=True)
class PublishedTemplate:
    """A version of a template: the one just published, or the one that already said the same."""

    template_id: int
    version_id: int
    number: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as its reader sees it."""

    subject: str
    html: str
    text: str


class RenderFailed(Exception):  # noqa: N818 - reads as what happened
    """The message cannot be rendered; the reason is for the shop's staff."""


class MessageAborted(Exception):  # noqa: N818
    """The template decided that this message must not be sent; the reason is its own."""


@runtime_checkable
class KeepingProvider(Protocol):
    """A provider whose whole effect is the message's own row.

    The dispatcher calls `keep` inside the transaction that claims the messages: claim, effect and result commit
    together, so nothing can be lost or done twice, and no message is ever in the state `sending`.
    """

    def keep(self, messages: Sequence[Outgoing]) -> Sequence[SendResult]: ...


@runtime_checkable
class CheckedProvider(Protocol):
    """A provider that needs settings."""

    def check_settings(self) -> None:
        """Raise SettingError if it could not carry anything."""
        ...
