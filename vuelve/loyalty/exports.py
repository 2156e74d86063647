"""What a shop can take away of its loyalty programme."""

from django.utils.translation import gettext_lazy as _

from vuelve.loyalty.contracts import Account, TransferKind
from vuelve.platform.export_columns import columns, integer, text, time
from vuelve.platform.extension import ExportTable

_KINDS = "(ARRAY['" + "', '".join(kind.name.lower() for kind in TransferKind) + "'])[t.kind]"


def _account(column: str) -> str:
    names = " ".join(f"WHEN {account.value} THEN '{account.name.lower()}'" for account in Account)
    return f"CASE t.{column} {names} END"


EXPORTS = (
    ExportTable(
        name="points_accounts",
        label=_("Points accounts"),
        help=_("One row a customer: what they can spend, and what became of all they earned."),
        rows="loyalty_account t",
        columns=columns(
            integer("customer_id"),
            "unit",
            integer("balance"),
            integer("pending"),
            integer("issued"),
            integer("redeemed"),
            integer("expired"),
            integer("withdrawn"),
            integer("adjusted"),
            integer("moved"),
            time("active_at"),
        ),
        covers=("loyalty_account",),
    ),
    ExportTable(
        name="points_entries",
        label=_("Points entries"),
        help=_("One row a movement from one account to another."),
        rows="loyalty_posting t JOIN loyalty_transfer r ON r.shop_id = t.shop_id AND r.key = t.key",
        columns=columns(
            integer("transfer_id", "t.seq"),
            integer("line"),
            integer("customer_id"),
            text("kind", _KINDS),
            "unit",
            text("from_account", _account("from_account")),
            text("to_account", _account("to_account")),
            integer("points"),
            integer("balance_after"),
            integer("lot_id"),
            text("order_id", "r.order_id"),
            text("reference", "r.reference"),
            text("note", "r.note"),
            text("actor", "r.actor"),
            text("key", "t.key"),
            time("at"),
        ),
        covers=("loyalty_transfer", "loyalty_posting"),
        time="t.at",
    ),
    ExportTable(
        name="points_lots",
        label=_("Lots of points"),
        help=_(
            "One row an award: on what amount and at what rate it was earned, what is left, when it expires."
        ),
        rows="loyalty_lot t",
        columns=columns(
            integer("id"),
            integer("customer_id"),
            "unit",
            integer("points"),
            integer("kept"),
            integer("remaining"),
            "order_id",
            "currency",
            integer("eligible_minor"),
            integer("rate_points"),
            integer("rate_minor"),
            time("earned_at"),
            time("expires_at"),
        ),
        covers=("loyalty_lot",),
        time="t.earned_at",
    ),
)
NOT_EXPORTED = {"loyalty_programme": "settings that are edited here"}
