"""What needs a person in the programme: points that could not be taken back, and what contradicts the ledger."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from vuelve.loyalty.models import Programme
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.extension import Problem
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import formats
from vuelve.shops.http import ShopRequest, link

SQL = Statements(__file__)
WEEK = timedelta(days=7)


class PointProblems:
    def problems(self, request: HttpRequest, shop: ShopId, *, now: datetime) -> Sequence[Problem]:
        page = cast(ShopRequest, request)
        with for_shop(shop) as cursor:
            programme = Programme.objects.filter(shop_id=shop).first()
            if programme is None:
                return []
            row = cursor.execute(
                SQL["troubles"], {"shop": shop, "since": now - WEEK, "currency": programme.currency}
            ).fetchone()
        assert row is not None
        _others, shortfall = row
        if not shortfall:
            return []
        text = _("%(points)s points of refunded orders were spent already, in a week") % {
            "points": formats.number(shortfall)
        }
        return [Problem(text, "warn", link(page, "loyalty"))]
