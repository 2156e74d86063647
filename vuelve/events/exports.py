"""What a shop can take away of the log."""

from django.utils.translation import gettext_lazy as _

from vuelve.platform.export_columns import boolean, columns, integer, json, text, time
from vuelve.platform.extension import ExportTable

_KINDS = "(ARRAY['track', 'identify', 'page', 'screen', 'group', 'alias'])[t.kind]"

EXPORTS = (
    ExportTable(
        name="events",
        label=_("Events"),
        help=_("Everything that happened, as it was sent."),
        rows="events_event t",
        columns=columns(
            integer("seq"),
            text("type", _KINDS),
            "name",
            "message_id",
            "source",
            integer("customer_id"),
            "user_id",
            "anonymous_id",
            "email",
            "phone",
            time("occurred_at"),
            time("received_at"),
            boolean("historical"),
            json("properties"),
            json("context"),
        ),
        covers=("events_event",),
        time="t.occurred_at",
    ),
    ExportTable(
        name="refused_events",
        label=_("Refused events"),
        help=_("What was sent and not taken, with the reason; kept for 30 days."),
        rows="events_rejected t",
        columns=columns(
            time("received_at"), "source", "code", "field", "message", "event_type", "event_name", "excerpt"
        ),
        covers=("events_rejected",),
        time="t.received_at",
    ),
)
NOT_EXPORTED = {
    "events_backfill": "how far a store's history has been fetched",
    "events_import": "how far a file has been read; what it held is in events",
    "events_import_key": "scratch of an import",
    "events_key": "hashes of message ids, kept 30 days",
    "events_promoted": "a setting; made anew by conditions",
    "events_property": "typed copies of properties; the properties are in events",
    "events_quarantine": "events that a consumer could not take; they are in events",
    "events_schema": "counted from events",
    "events_schema_hour": "counted from events",
    "events_schema_property": "counted from events",
    "events_store": "secrets of stores",
    "events_store_count": "counts of a store's objects",
    "events_store_object": "ids of a store's objects",
    "events_webhook": "deliveries as they came; what they held is in events",
}
