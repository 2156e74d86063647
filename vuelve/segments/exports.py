"""What a shop can take away of its segments."""

from django.utils.translation import gettext_lazy as _

from vuelve.platform.export_columns import columns, integer, text, time
from vuelve.platform.extension import ExportTable

EXPORTS = (
    ExportTable(
        name="segments",
        label=_("Segments"),
        help=_("One row a version of a segment: its name and its condition."),
        rows="segments_segment t LEFT JOIN segments_segmentversion v ON v.shop_id = t.shop_id AND v.segment_id = t.id",
        columns=columns(
            integer("segment_id", "t.id"),
            "name",
            "description",
            "kind",
            integer("version", "v.number"),
            text("condition", "v.tree::text"),
            integer("size"),
            "created_by",
            time("created_at"),
            time("archived_at"),
        ),
        covers=("segments_segment", "segments_segmentversion"),
        time="t.created_at",
    ),
    ExportTable(
        name="segment_members",
        label=_("Members of segments"),
        help=_("One row a customer and segment: who is in it, and since when."),
        rows="segments_member t JOIN segments_segment s ON s.shop_id = t.shop_id AND s.id = t.segment_id",
        columns=columns(
            integer("segment_id"), text("segment", "s.name"), integer("customer_id"), time("entered_at")
        ),
        covers=("segments_member",),
        time="t.entered_at",
    ),
)

NOT_EXPORTED = {
    "segments_segmentuse": "follows from the conditions",
    "segments_size": "a count of each day, for the chart",
}
