"""What kinds, types and refusals are called, for people. The codes are those of the HTTP answers."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from vuelve.events.contracts import Kind, Origin
from vuelve.platform.extension import Text

KINDS: dict[int, Text] = {
    Kind.TRACK: _("Event"),
    Kind.IDENTIFY: _("Profile"),
    Kind.PAGE: _("Page"),
    Kind.SCREEN: _("Screen"),
    Kind.GROUP: _("Group"),
    Kind.ALIAS: _("Alias"),
}

RECORDERS: dict[int, Text] = {Origin.OUTSIDE: _("From outside"), Origin.OURS: _("Recorded by Vuelve")}

# The columns of events_schema_property.
TYPES: dict[str, Text] = {
    "texts": _("text"),
    "numbers": _("number"),
    "booleans": _("yes or no"),
    "times": _("time"),
    "lists": _("list"),
    "objects": _("object"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code of a refusal in words: what is wrong, and what a developer does about it."""

    title: Text
    remedy: Text


REFUSALS: dict[str, Refusal] = {
    "request_too_large": Refusal(
        _("The request is too large"), _("Send at most 500 KB a batch and 32 KB an event; split the batch.")
    ),
    "too_many_events": Refusal(_("Too many events in a batch"), _("Send at most 2,500 events a request.")),
    "event_too_large": Refusal(
        _("The event is too large"),
        _("Send at most 32 KB an event: leave out what nobody reads, e.g. whole pages."),
    ),
    "invalid_json": Refusal(
        _("The JSON cannot be read"), _("Send one JSON object, in UTF-8, written by a JSON library.")
    ),
    "invalid_text": Refusal(
        _("A text cannot be kept"), _("Send UTF-8 without NUL characters and without halves of characters.")
    ),
    "invalid_type": Refusal(
        _("A field has the wrong type"), _("Send the field as the event's specification says.")
    ),
    "number_out_of_range": Refusal(
        _("A number cannot be kept"), _("Send finite numbers; send long ids as texts, in quotes.")
    ),
    "unsupported_encoding": Refusal(
        _("An encoding that is not taken"), _("Send the body as it is, or packed with gzip.")
    ),
    "invalid_gzip": Refusal(
        _("The body is not what it says"), _("Pack it with gzip, or leave Content-Encoding out.")
    ),
    "truncated_gzip": Refusal(
        _("The packed body ends too early"), _("Send it whole; libraries try again by themselves.")
    ),
    "body_unreadable": Refusal(
        _("The body did not arrive whole"), _("Send it again; libraries do so by themselves.")
    ),
    "not_storable": Refusal(
        _("It cannot be stored"),
        _("The reason is below. If it is not clear, tell those who run this server."),
    ),
    "rate_limited": Refusal(
        _("Too many at once"), _("Wait as long as Retry-After says, then send them again.")
    ),
    "unavailable": Refusal(_("The database did not answer"), _("Send the events again.")),
    "nested_too_deep": Refusal(_("The JSON is nested too deep"), _("Send flatter objects.")),
    "unknown_type": Refusal(
        _("A kind of event that does not exist"), _("Use track, identify, page, screen, group or alias.")
    ),
    "identity_missing": Refusal(
        _("Nobody's event"), _("Send userId or anonymousId, so that it is known whose event it is.")
    ),
    "identity_too_long": Refusal(_("An id is too long"), _("Send ids of at most 255 characters.")),
    "message_id_too_long": Refusal(
        _("The messageId is too long"), _("Send a messageId of at most 100 characters, e.g. a UUID.")
    ),
    "event_name_missing": Refusal(_("An event without a name"), _("Send the event's name in `event`.")),
    "event_name_too_long": Refusal(
        _("The event's name is too long"), _("Send a short name, the same for all events of its kind.")
    ),
    "event_name_reserved": Refusal(
        _("A name that only Vuelve records"), _("Send what happened in your store under another name.")
    ),
    "timestamp_out_of_range": Refusal(
        _("The time cannot be right"),
        _("Send the time of the event, and sentAt, so that a device's clock is corrected."),
    ),
    "invalid_timestamp": Refusal(_("The time cannot be read"), _("Use ISO 8601, e.g. 2026-03-01T10:00:00Z.")),
    "secret_key_required": Refusal(
        _("Only with the secret key"),
        _("This shop takes orders and consents only from its server: send them with the secret key."),
    ),
    # Not kept: said where a key is tried out.
    "scope": Refusal(
        _("This key may not send events"), _("Make a key with the scope events:write, or a write key.")
    ),
}


def refusal(code: str) -> Refusal:
    """A code that is not known here is shown as it is."""
    return REFUSALS.get(code) or Refusal(code, "")
