"""Today so far against the usual: the same hours of the same weekday, of the four weeks before."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from vuelve.platform.extension import Text
from vuelve.platform.ui.components import Change, change
from vuelve.shops.http import ShopRequest

WEEKS = 4
WEEKS_MIN = 2  # fewer are no custom


def windows(page: ShopRequest, now: datetime) -> dict[str, Any]:
    """Today's hours so far, and those of the weeks before: by the clock on the wall, also where it was put forward."""
    local = now.astimezone(page.shop_zone)
    days = [local.date() - timedelta(weeks=week) for week in range(WEEKS + 1)]
    clock = local.time().replace(tzinfo=None)
    return {
        "shop": page.shop_id,
        "currency": page.shop.currency,
        "zone": page.shop_zone.key,
        "starts": [datetime.combine(day, time(), page.shop_zone) for day in days],
        "ends": [datetime.combine(day, clock, page.shop_zone) for day in days],
    }


def mean(weeks: Sequence[int]) -> float | None:
    """What is usual; None where there are not enough weeks to say. Weeks before the first are not among them."""
    return sum(weeks) / len(weeks) if len(weeks) >= WEEKS_MIN else None


def against(today: int, usual: float | None, text: str) -> Change | None:
    """`text`: the usual value, formatted."""
    return None if usual is None else change(today, usual, text)


def note(usual: float | None) -> Text:
    return _("not enough weeks yet to say what is usual") if usual is None else _("usual at this hour")
