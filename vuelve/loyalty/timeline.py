"""How points look on a customer's timeline."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from vuelve.loyalty import contracts as names
from vuelve.platform.extension import EventFace


def _points(properties: Mapping[str, Any]) -> str:
    points, balance = properties.get("points"), properties.get("balance")
    if not isinstance(points, int):
        return ""
    shown = ngettext("%(count)s point", "%(count)s points", abs(points)) % {"count": f"{points:,}"}
    if not isinstance(balance, int):
        return shown
    return gettext("%(points)s, balance %(balance)s") % {"points": shown, "balance": f"{balance:,}"}


FACES = {
    names.POINTS_EARNED: EventFace(_("Points earned"), "star", "good", text=_points),
    names.POINTS_RELEASED: EventFace(_("Points can be spent"), "star", "good", text=_points),
    names.POINTS_REDEEMED: EventFace(_("Points redeemed"), "gift", text=_points),
    names.POINTS_RETURNED: EventFace(_("Points given back"), "arrow-uturn-left", text=_points),
    names.POINTS_WITHDRAWN: EventFace(_("Points taken back"), "arrow-uturn-left", "warn", text=_points),
    names.POINTS_EXPIRED: EventFace(_("Points expired"), "clock", "warn", text=_points),
    names.POINTS_ADJUSTED: EventFace(_("Points adjusted"), "adjustments-horizontal", text=_points),
    names.POINTS_EXPIRING: EventFace(_("Points expire soon"), "clock", text=_points),
}
