"""What states and reasons of messages are called in the reader's language."""

from django.utils.translation import gettext_lazy

from vuelve.channels.contracts import (
    ABORTED,
    DISPATCHER_LOST,
    ERASED,
    NO_ADDRESS,
    NO_CONSENT,
    OFFER_LAPSED,
    QUIET_HOURS,
    RENDER_FAILED,
    RETRIES_EXHAUSTED,
    SUPPRESSED,
    TIMED_OUT,
)
from vuelve.platform.extension import Text
from vuelve.platform.ui.components import Tone

STATUSES: dict[str, tuple[Text, Tone]] = {
    "queued": (gettext_lazy("Queued"), "info"),
    "sending": (gettext_lazy("Sending"), "info"),
    "accepted": (gettext_lazy("Accepted"), "good"),
    "delivered": (gettext_lazy("Delivered"), "good"),
    "read": (gettext_lazy("Read"), "good"),
    "clicked": (gettext_lazy("Clicked"), "good"),
    "replied": (gettext_lazy("Replied"), "good"),
    "bounced": (gettext_lazy("Bounced"), "bad"),
    "failed": (gettext_lazy("Failed"), "bad"),
    "unknown": (gettext_lazy("Unknown"), "warn"),
    "withheld": (gettext_lazy("Withheld"), "warn"),
}
REASONS: dict[str, Text] = {
    NO_CONSENT: gettext_lazy("The customer has not consented to this kind of message."),
    SUPPRESSED: gettext_lazy("The address is on the suppression list."),
    NO_ADDRESS: gettext_lazy("The customer has no address for this channel."),
    OFFER_LAPSED: gettext_lazy("The offer would have lapsed before the quiet hours end."),
    ERASED: gettext_lazy("The customer's data were erased before it was sent."),
    QUIET_HOURS: gettext_lazy("Waits for the end of the recipient's quiet hours."),
    ABORTED: gettext_lazy("The template decided not to send it"),
    RENDER_FAILED: gettext_lazy("The template could not be rendered"),
    RETRIES_EXHAUSTED: gettext_lazy("The provider refused it for now, every time"),
    TIMED_OUT: gettext_lazy("The provider did not answer in time; it may have been sent."),
    DISPATCHER_LOST: gettext_lazy("The sending process ended in between; it may have been sent."),
}


def status_text(status: str) -> tuple[Text, Tone]:
    return STATUSES.get(status, (status, ""))


def reason_text(reason: str | None) -> str:
    """A reason with words of its own (`aborted: no stock`) keeps them."""
    if not reason:
        return ""
    code, _, words = reason.partition(":")
    known = str(REASONS.get(code, code))
    return f"{known}: {words.strip()}" if words else known
