"""What a customer's page shows of points."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from vuelve.loyalty import queries
from vuelve.loyalty.contracts import TransferKind
from vuelve.loyalty.models import Programme
from vuelve.loyalty.wording import KINDS, about, signed
from vuelve.platform.db import raw_cursor
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import Tile

ROWS = 5


class CustomerPointsPanel:
    key: ClassVar[str] = "points"
    order: ClassVar[int] = 15
    template: ClassVar[str] = "loyalty/customer_points.html"

    def context(
        self, request: HttpRequest, shop: ShopId, customer: CustomerId | None
    ) -> Mapping[str, Any] | None:
        if customer is None:
            return None
        programme = Programme.objects.filter(shop_id=shop).first()
        if programme is None:
            return None
        cursor = raw_cursor()
        balance = queries.balance(cursor, shop, customer)
        return {
            "tiles": [
                Tile(
                    pgettext("points", "Points"),
                    formats.number(balance.spendable),
                    _("What this customer can spend now."),
                )
            ],
            "customer_id": customer,
            "programme": programme,
            "balance": balance,
            "lines": [readable(line) for line in queries.statement(cursor, shop, customer, rows=ROWS)],
        }


def readable(line: Mapping[str, Any]) -> dict[str, Any]:
    """A transfer with its words."""
    kind = TransferKind(line["kind"])
    return {
        **line,
        "label": KINDS[kind],
        "about": about(line),
        "change": signed(line["points"] or line["pending"]),
        "is_pending": line["pending"] > 0 and not line["points"],
        "can_be_reversed": kind in {TransferKind.AWARDED, TransferKind.REDEEMED, TransferKind.ADJUSTED}
        and not line["is_returned"]
        and (kind == TransferKind.REDEEMED or line["points"] + line["pending"] != 0),
    }
