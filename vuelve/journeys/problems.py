"""What needs a person in journeys: runs that failed lately."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from django.http import HttpRequest
from django.utils.translation import ngettext

from vuelve.platform.db import Statements, for_shop
from vuelve.platform.extension import Problem
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import formats
from vuelve.shops.http import ShopRequest, link

SQL = Statements(__file__)
WEEK = timedelta(days=7)


class JourneyProblems:
    def problems(self, request: HttpRequest, shop: ShopId, *, now: datetime) -> Sequence[Problem]:
        page = cast(ShopRequest, request)
        with for_shop(shop) as cursor:
            rows = cursor.execute(SQL["problems"], {"shop": shop, "since": now - WEEK}).fetchall()
        return [
            Problem(
                ngettext(
                    "“%(name)s”: %(count)s run failed in a week",
                    "“%(name)s”: %(count)s runs failed in a week",
                    runs,
                )
                % {"name": name, "count": formats.number(runs)},
                "warn",
                link(page, "journey", key=key),
                first_at,
            )
            for key, name, first_at, runs in rows
        ]
