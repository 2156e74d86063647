"""What needs a person in what is sent: a provider that refuses, templates that cannot be rendered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from vuelve.platform.db import Statements, for_shop
from vuelve.platform.extension import Problem
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import formats
from vuelve.shops.http import ShopRequest, link

SQL = Statements(__file__)

MESSAGES_LOOKED_AT = 5_000
FAILED_MIN = 5
FAILED_SHARE = 0.02
LATE = timedelta(minutes=30)


class MessageProblems:
    def problems(self, request: HttpRequest, shop: ShopId, *, now: datetime) -> Sequence[Problem]:
        page = cast(ShopRequest, request)
        with for_shop(shop) as cursor:
            row = cursor.execute(
                SQL["problems"],
                {
                    "shop": shop,
                    "rows": MESSAGES_LOOKED_AT,
                    "since": now - timedelta(days=1),
                    "late": now - LATE,
                },
            ).fetchone()
        assert row is not None
        messages, failed, first_at, late = row
        found = []
        if failed >= FAILED_MIN and failed >= messages * FAILED_SHARE:
            text = _("%(failed)s of the last %(messages)s messages failed") % {
                "failed": formats.number(failed),
                "messages": formats.number(messages),
            }
            found.append(Problem(text, "bad", f"{link(page, 'messages')}?status=failed", first_at))
        if late:
            text = _("Messages have been due for half an hour and are not sent: the dispatcher does not run")
            found.append(Problem(text, "bad", f"{link(page, 'messages')}?status=queued"))
        return found
