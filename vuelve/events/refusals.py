"""Every code with which the event API refuses something; `docs/events.md` shows this table. No Django.

A 400 for an event of a batch concerns that event alone: the others are kept.
"""

from typing import NamedTuple


class Code(NamedTuple):
    code: str
    status: int  # of the answer; of a batch with refused events it is 400 whatever their codes
    meaning: str


# Of single events: in `errors` of the answer, each with its index.
OF_EVENTS = (
    Code("event_name_missing", 400, "A track call without `event`."),
    Code("event_name_reserved", 400, "An event that only Vuelve records, e.g. `Coupon Redeemed`."),
    Code("event_name_too_long", 400, "`event` has more than 200 characters."),
    Code("event_too_large", 400, "The event has more than 32 KB of JSON. Sent by itself: 413."),
    Code(
        "identity_missing", 400, "Neither `userId` nor `anonymousId`; of an alias, `userId` or `previousId`."
    ),
    Code("identity_too_long", 400, "An id of more than 255 characters."),
    Code("invalid_json", 400, "No JSON: also NaN, Infinity, control characters in texts."),
    Code("invalid_text", 400, "A text that is not UTF-8, or holds a NUL character or half a surrogate pair."),
    Code("invalid_timestamp", 400, "`timestamp` or `sentAt` is no ISO 8601 time."),
    Code("invalid_type", 400, "A field of another type than the spec says; `field` names it."),
    Code("message_id_too_long", 400, "`messageId` has more than 100 characters."),
    Code("nested_too_deep", 400, "More than 64 objects and lists inside each other."),
    Code("not_storable", 400, "The database cannot hold it. Please report it: it should have another code."),
    Code("number_out_of_range", 400, "A number past 1.797e308, what a double holds."),
    Code(
        "secret_key_required",
        400,
        "The shop takes orders, payments, shipments, products and consents only with a secret key.",
    ),
    Code("timestamp_out_of_range", 400, "Before 1970, or more than a day ahead of the server's clock."),
    Code(
        "unknown_type",
        400,
        "`type` is none of track, identify, page, screen, group, alias (in small letters).",
    ),
)

# Of the request as a whole: nothing of it was kept.
OF_REQUESTS = (
    Code("bad_events", 400, "Some events of the request were refused, see `errors`; all others were kept."),
    Code("body_unreadable", 400, "The connection broke while the body was sent."),
    Code("invalid_gzip", 400, "`Content-Encoding: gzip`, but the body is none."),
    Code("truncated_gzip", 400, "The gzip stream ends too early."),
    Code("wrong_key", 401, "No key, or none that is valid."),
    Code("scope", 403, "A secret key that is limited to other scopes than `events:write`."),
    Code("method_not_allowed", 405, "Only POST, and OPTIONS for browsers."),
    Code("request_too_large", 413, "More than 500 KB, as sent or unpacked."),
    Code("too_many_events", 413, "More than 2,500 events in one batch."),
    Code("unsupported_encoding", 415, "A `Content-Encoding` other than gzip."),
    Code("rate_limited", 429, "The shop sends too fast. `Retry-After` says how many seconds to wait."),
    Code(
        "unavailable", 503, "The database is away or overloaded. Send the events again after `Retry-After`."
    ),
)


def as_markdown() -> str:
    """The tables of `docs/events.md`."""
    return "\n\n".join((_table("code of an event", OF_EVENTS), _table("code of a request", OF_REQUESTS)))


def _table(head: str, codes: tuple[Code, ...]) -> str:
    rows = [f"| `{one.code}` | {one.status} | {one.meaning} |" for one in codes]
    return "\n".join([f"| {head} | status | meaning |", "|---|---|---|", *rows])
