"""What a shop can take away of itself."""

from django.utils.translation import gettext_lazy as _

from vuelve.platform.export_columns import columns, json, time
from vuelve.platform.extension import ExportTable

EXPORTS = (
    ExportTable(
        name="audit",
        label=_("Audit log"),
        help=_("Who of the staff did what."),
        rows="shops_auditentry t",
        columns=columns(time("at"), "actor", "action", "target", json("detail")),
        covers=("shops_auditentry",),
        time="t.at",
    ),
)
NOT_EXPORTED = {
    "shops_apikey": "hashes of secrets",
    "shops_figure": "counts by day; what they count is in the other tables",
    "shops_export": "files of exports, for some days",
    "shops_invitation": "hashes of secrets",
    "shops_membership": "accounts of the staff",
    "shops_sandbox": "how far a test shop is filled",
    "shops_retention": "settings",
}
