"""What people read of transfers."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import format_skeleton
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from vuelve.loyalty.contracts import ExpiryKind, Terms, TransferKind
from vuelve.platform.extension import Text
from vuelve.platform.ui import formats

KINDS: dict[TransferKind, Text] = {
    TransferKind.AWARDED: gettext_lazy("Earned"),
    TransferKind.REDEEMED: pgettext_lazy("points", "Redeemed"),
    TransferKind.WITHDRAWN: gettext_lazy("Taken back"),
    TransferKind.EXPIRED: pgettext_lazy("points", "Expired"),
    TransferKind.ADJUSTED: gettext_lazy("Adjusted by hand"),
    TransferKind.RELEASED: gettext_lazy("Can be spent now"),
    TransferKind.RETURNED: gettext_lazy("Given back"),
    TransferKind.MOVED: gettext_lazy("Moved between profiles"),
}


def signed(points: int, *, plus: str = "+") -> str:
    """`+10`, `−5`, with a real minus."""
    sign = plus if points > 0 else "−" if points < 0 else ""
    return sign + formats.number(abs(points))


def about(line: Mapping[str, Any]) -> str:
    """Why a transfer moved what it did, in one line."""
    parts = []
    if line["order_id"]:
        parts.append(_("Order %(order)s") % {"order": line["order_id"]})
    if line["eligible_minor"] is not None and line["rate_minor"]:
        parts.append(
            _("%(amount)s at %(points)s per %(per)s")
            % {
                "amount": formats.money(line["eligible_minor"], line["currency"]),
                "points": formats.number(line["rate_points"]),
                "per": formats.money(line["rate_minor"], line["currency"]),
            }
        )
    parts += [text for text in (line["reference"], line["note"]) if text]
    if line["shortfall"]:
        parts.append(
            ngettext(
                "%(count)s point was spent already", "%(count)s points were spent already", line["shortfall"]
            )
            % {"count": formats.number(line["shortfall"])}
        )
    return " · ".join(parts)


def promise(terms: Terms) -> str:
    """`1 point for each full $10.00`."""
    return ngettext(
        "%(points)s point for each full %(amount)s",
        "%(points)s points for each full %(amount)s",
        terms.rate_points,
    ) % {
        "points": formats.number(terms.rate_points),
        "amount": formats.money(terms.rate_minor, terms.currency),
    }


def expiry(terms: Terms) -> str:
    if terms.expiry == ExpiryKind.NEVER:
        return _("Points do not expire.")
    months = ngettext("%(count)s month", "%(count)s months", terms.expiry_months) % {
        "count": formats.number(terms.expiry_months)
    }
    if terms.expiry == ExpiryKind.INACTIVITY:
        return _("Points expire after %(months)s without earning or spending.") % {"months": months}
    if terms.expiry == ExpiryKind.AGE:
        return _("Points expire %(months)s after they were earned, at the end of that month.") % {
            "months": months
        }
    # A leap year: 29 February is a day.
    last = date(2024, terms.expiry_month, min(terms.expiry_day, monthrange(2024, terms.expiry_month)[1]))
    day = format_skeleton("MMMMd", last, locale=formats.locale())
    return _("Points expire each year at the end of %(day)s.") % {"day": day}
