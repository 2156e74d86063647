"""Messages on the overview."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vuelve.platform.charts import Series, bars_over_time
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.extension import DailyFigures
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import Tile, change
from vuelve.platform.ui.periods import Period
from vuelve.shops import figures, usual
from vuelve.shops.http import ShopRequest, link

SQL = Statements(__file__)
MESSAGES = DailyFigures("messages sent", SQL["overview_messages"], width=4)
Days = dict[date, tuple[int, int, int, int]]  # sent, withheld, arrived, clicked


class MessagesPanel:
    key: ClassVar[str] = "messages"
    order: ClassVar[int] = 30
    template: ClassVar[str] = "shops/panel_charts.html"

    def context(
        self, request: HttpRequest, shop: ShopId, customer: CustomerId | None
    ) -> Mapping[str, Any] | None:
        page = cast(ShopRequest, request)
        period = page.period
        days = _read(page, period)
        sent, withheld, arrived, clicked = _totals(days)
        sent_before, withheld_before, arrived_before, _clicked = _totals(_read(page, period.before))
        sent_by_bucket = period.fill({day: row[0] for day, row in days.items()})
        withheld_by_bucket = period.fill({day: row[1] for day, row in days.items()})
        return {
            "today": [_today(page, period.end)],
            "has_data": bool(sent or withheld or sent_before or withheld_before) or _any_messages(shop),
            "tiles": [
                Tile(
                    label=_("Messages sent"),
                    value=formats.number(sent),
                    definition=_(
                        "Messages that a provider took over in the period, whether they arrived or not."
                    ),
                    change=change(sent, sent_before, formats.number(sent_before), good=""),
                    spark=period.whole(sent_by_bucket),
                    href=link(page, "messages"),
                ),
                Tile(
                    label=_("Messages withheld"),
                    value=formats.number(withheld),
                    definition=_(
                        "Messages that the policy held back for good in the period, e.g. for want of consent. "
                        "Each one keeps its reason."
                    ),
                    change=change(withheld, withheld_before, formats.number(withheld_before), good=""),
                    spark=period.whole(withheld_by_bucket),
                    href=link(page, "messages"),
                ),
                _arrived_tile(sent, arrived, clicked, sent_before, arrived_before),
            ],
            "charts": [
                bars_over_time(
                    key="messages",
                    title=_finding(sent, withheld, period.days),
                    units=_("messages per day") if period.unit == "day" else _("messages per week"),
                    period=period,
                    series=[
                        Series(_("Messages sent"), sent_by_bucket),
                        Series(_("Messages withheld"), withheld_by_bucket),
                    ],
                )
            ],
        }


def _read(page: ShopRequest, period: Period) -> Days:
    found = figures.by_bucket(page.shop_id, MESSAGES, period, currency=page.shop.currency)
    return {day: (numbers[0], numbers[1], numbers[2], numbers[3]) for day, numbers in found.items()}


def _any_messages(shop: ShopId) -> bool:
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT EXISTS (SELECT FROM channels_message WHERE shop_id = %s)", [shop]
        ).fetchone()
        return bool(row and row[0])


def _totals(days: Days) -> tuple[int, int, int, int]:
    sums = [sum(column) for column in zip(*days.values(), strict=True)] or [0, 0, 0, 0]
    return sums[0], sums[1], sums[2], sums[3]


def _today(page: ShopRequest, now: datetime) -> Tile:
    with for_shop(page.shop_id) as cursor:
        rows = cursor.execute(SQL["today"], usual.windows(page, now)).fetchall()
    today, weeks = int(rows[0][1]), [int(row[1]) for row in rows[1:] if row[2]]
    custom = usual.mean(weeks)
    return Tile(
        label=_("Messages today"),
        value=formats.number(today),
        definition=_(
            "Messages sent since midnight, against the mean of the same hours of the same weekday in the four weeks before."
        ),
        change=usual.against(today, custom, formats.number(round(custom or 0, 1))),
        note=usual.note(custom),
        href=link(page, "messages"),
    )


def _arrived_tile(sent: int, arrived: int, clicked: int, sent_before: int, arrived_before: int) -> Tile:
    share, before = (
        part / whole if whole else None for part, whole in ((arrived, sent), (arrived_before, sent_before))
    )
    return Tile(
        label=_("Messages delivered"),
        value=formats.percent(share) if share is not None else "–",
        definition=_(
            "Of the messages sent in the period the part that arrived, as far as the provider says so."
        ),
        change=change(share, before, formats.percent(before)) if share is not None and before else None,
        note=ngettext("%(clicked)s was clicked", "%(clicked)s were clicked", clicked)
        % {"clicked": formats.number(clicked)}
        if sent
        else "",
    )


def _finding(sent: int, withheld: int, days: int) -> str:
    if not sent + withheld:
        return _("No messages in these %(days)d days") % {"days": days}
    if not withheld:
        return ngettext(
            "The message was sent, none withheld", "All %(sent)s messages were sent, none withheld", sent
        ) % {"sent": formats.number(sent)}
    return _("%(percent)s of the messages were sent, the rest withheld") % {
        "percent": formats.percent(sent / (sent + withheld))
    }
