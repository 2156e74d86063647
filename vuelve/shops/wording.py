"""What people read of the audit log. The log itself keeps the English words, as the API and exports do."""

from django.utils.translation import pgettext_lazy

from vuelve.platform.extension import Text

ACTIONS: dict[str, Text] = {
    "Backfill Requested": pgettext_lazy("audit", "Backfill Requested"),
    "Backfill Stopped": pgettext_lazy("audit", "Backfill Stopped"),
    "Cart Delay Changed": pgettext_lazy("audit", "Cart Delay Changed"),
    "Customer Erased": pgettext_lazy("audit", "Customer Erased"),
    "Customer Exported": pgettext_lazy("audit", "Customer Exported"),
    "Customers Joined": pgettext_lazy("audit", "Customers Joined"),
    "Data Exported": pgettext_lazy("audit", "Data Exported"),
    "Demo Finished": pgettext_lazy("audit", "Demo Finished"),
    "Erasure Requested": pgettext_lazy("audit", "Erasure Requested"),
    "Event Tried Again": pgettext_lazy("audit", "Event Tried Again"),
    "Export Downloaded": pgettext_lazy("audit", "Export Downloaded"),
    "Export Requested": pgettext_lazy("audit", "Export Requested"),
    "File Imported": pgettext_lazy("audit", "File Imported"),
    "File Uploaded": pgettext_lazy("audit", "File Uploaded"),
    "Identity Joined Again": pgettext_lazy("audit", "Identity Joined Again"),
    "Identity Separated": pgettext_lazy("audit", "Identity Separated"),
    "Import Started": pgettext_lazy("audit", "Import Started"),
    "Invitation Revoked": pgettext_lazy("audit", "Invitation Revoked"),
    "Journey Archived": pgettext_lazy("audit", "Journey Archived"),
    "Journey Paused": pgettext_lazy("audit", "Journey Paused"),
    "Journey Published": pgettext_lazy("audit", "Journey Published"),
    "Journey Resumed": pgettext_lazy("audit", "Journey Resumed"),
    "Key Created": pgettext_lazy("audit", "Key Created"),
    "Key Replaced": pgettext_lazy("audit", "Key Replaced"),
    "Key Revoked": pgettext_lazy("audit", "Key Revoked"),
    "Member Invited": pgettext_lazy("audit", "Member Invited"),
    "Member Joined": pgettext_lazy("audit", "Member Joined"),
    "Member Removed": pgettext_lazy("audit", "Member Removed"),
    "Points Adjusted": pgettext_lazy("audit", "Points Adjusted"),
    "Points Reversed": pgettext_lazy("audit", "Points Reversed"),
    "Programme Changed": pgettext_lazy("audit", "Programme Changed"),
    "Programme Opened": pgettext_lazy("audit", "Programme Opened"),
    "Refused Rows Downloaded": pgettext_lazy("audit", "Refused Rows Downloaded"),
    "Retention Changed": pgettext_lazy("audit", "Retention Changed"),
    "Role Changed": pgettext_lazy("audit", "Role Changed"),
    "Secret Key For Orders Required": pgettext_lazy("audit", "Secret Key For Orders Required"),
    "Secret Key For Orders Waived": pgettext_lazy("audit", "Secret Key For Orders Waived"),
    "Shop Created": pgettext_lazy("audit", "Shop Created"),
    "Shop Erased": pgettext_lazy("audit", "Shop Erased"),
    "Shop Erasure Requested": pgettext_lazy("audit", "Shop Erasure Requested"),
    "Store Checked": pgettext_lazy("audit", "Store Checked"),
    "Store Connected": pgettext_lazy("audit", "Store Connected"),
    "Store Disconnected": pgettext_lazy("audit", "Store Disconnected"),
    "Store Erasure Cancelled": pgettext_lazy("audit", "Store Erasure Cancelled"),
    "Store Erasure Requested": pgettext_lazy("audit", "Store Erasure Requested"),
    "Store Secret Changed": pgettext_lazy("audit", "Store Secret Changed"),
    "Store Uninstalled": pgettext_lazy("audit", "Store Uninstalled"),
    "Upload Removed": pgettext_lazy("audit", "Upload Removed"),
    "Webhooks Retried": pgettext_lazy("audit", "Webhooks Retried"),
}


def action_text(action: str) -> Text:
    return ACTIONS.get(action, action)
