"""Today so far against the usual: the same hours of the same weekday, of the four weeks before."""

from datetime import datetime

from django.utils.translation import gettext as _

from vuelve.platform.db import Statements, for_shop
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import Tile
from vuelve.shops import usual
from vuelve.shops.http import ShopRequest, link

SQL = Statements(__file__)


def tiles(page: ShopRequest, *, now: datetime) -> list[Tile]:
    """Orders and revenue of today; what is usual where there are weeks to tell it."""
    with for_shop(page.shop_id) as cursor:
        rows = cursor.execute(SQL["today"], usual.windows(page, now)).fetchall()
    today = (int(rows[0][1]), int(rows[0][2]))
    # Weeks before the first order would make the usual smaller than it ever was; later ones without any are part of it.
    weeks = [(int(row[1]), int(row[2])) for row in rows[1:] if row[3]]
    currency = page.shop.currency
    usual_orders, usual_revenue = (
        usual.mean(column) for column in (list(zip(*weeks, strict=True)) or [(), ()])
    )
    return [
        Tile(
            label=_("Orders today"),
            value=formats.number(today[0]),
            definition=_(
                "Orders since midnight, against the mean of the same hours of the same weekday in the four weeks before."
            ),
            change=usual.against(today[0], usual_orders, formats.number(round(usual_orders or 0, 1))),
            note=usual.note(usual_orders),
            href=link(page, "orders"),
        ),
        Tile(
            label=_("Revenue today"),
            value=formats.money(today[1], currency),
            definition=_("The totals of these orders, less refunds, in %(currency)s.")
            % {"currency": currency},
            change=usual.against(today[1], usual_revenue, formats.money(int(usual_revenue or 0), currency)),
            note=usual.note(usual_orders),
            href=link(page, "orders"),
        ),
    ]
