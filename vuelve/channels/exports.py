"""What a shop can take away of its messages."""

from django.utils.translation import gettext_lazy as _

from vuelve.platform.export_columns import columns, integer, time
from vuelve.platform.extension import ExportTable

EXPORTS = (
    ExportTable(
        name="messages",
        label=_("Messages"),
        help=_("One row a message, sent or withheld, with the reason."),
        rows="channels_message t",
        columns=columns(
            integer("message_id", "t.id"),
            integer("customer_id"),
            "channel",
            "purpose",
            "status",
            "reason",
            "address",
            "subject",
            "locale",
            "provider",
            "provider_message_id",
            integer("journey_id"),
            "step_key",
            time("queued_at"),
            time("sent_at"),
            time("finished_at"),
        ),
        covers=("channels_message",),
        time="t.queued_at",
    ),
    ExportTable(
        name="suppressions",
        label=_("Suppressed addresses"),
        help=_("Addresses that nothing is sent to any more, and why."),
        rows="channels_suppression t",
        columns=columns("channel", "address", "reason", time("suppressed_at")),
        covers=("channels_suppression",),
        time="t.suppressed_at",
    ),
)
NOT_EXPORTED = {
    "channels_template": "content that is edited here",
    "channels_templateversion": "content that is edited here",
}
