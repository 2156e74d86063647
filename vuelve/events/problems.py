"""What needs a person in what comes in: events set aside or refused, silence, imports and stores that stopped."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vuelve.platform.db import Statements, for_shop
from vuelve.platform.extension import Problem, registry
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import formats
from vuelve.shops.http import ShopRequest, link

SQL = Statements(__file__)

DAY = timedelta(days=1)
REFUSED_MIN = 20  # of a day: some are always refused
# A shop from which so many events came in a week, and none for a day, is not quiet: something is broken.
USUAL_EVENTS_MIN = 70
IMPORT_DAYS = 7


class EventProblems:
    def problems(self, request: HttpRequest, shop: ShopId, *, now: datetime) -> Sequence[Problem]:
        with for_shop(shop) as cursor:
            row = cursor.execute(
                SQL["problems"],
                {
                    "shop": shop,
                    "day": now - DAY,
                    "week": now - 8 * DAY,
                    "imports": now - IMPORT_DAYS * DAY,
                    "own": sorted(registry.own_events),
                },
            ).fetchone()
        assert row is not None
        return list(_readable(cast(ShopRequest, request), row, now))


def _readable(page: ShopRequest, row: Sequence[object], now: datetime) -> Iterator[Problem]:
    aside, aside_at, refused, recent, usual, last_at, imports, stores = cast(
        "tuple[int, datetime | None, int, int, int, datetime | None, int, int]", tuple(row)
    )
    if aside:
        text = ngettext(
            "%(count)s event could not be worked on", "%(count)s events could not be worked on", aside
        )
        yield Problem(text % {"count": formats.number(aside)}, "bad", link(page, "data_set_aside"), aside_at)
    if usual >= USUAL_EVENTS_MIN and not recent:
        yield Problem(_("No event has arrived for a day"), "bad", link(page, "data_connect"), last_at)
    if stores:
        text = ngettext("%(count)s store refuses us", "%(count)s stores refuse us", stores)
        yield Problem(text % {"count": formats.number(stores)}, "bad", link(page, "data_stores"))
    if imports:
        text = ngettext("%(count)s import failed", "%(count)s imports failed", imports)
        yield Problem(text % {"count": formats.number(imports)}, "warn", link(page, "imports"))
    if refused >= REFUSED_MIN:
        text = ngettext(
            "%(count)s event was refused in a day", "%(count)s events were refused in a day", refused
        )
        yield Problem(text % {"count": formats.number(refused)}, "warn", link(page, "data_refused"))
