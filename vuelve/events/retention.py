"""For how long a shop keeps its events, and those that were refused."""

from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from vuelve.events.services import SQL
from vuelve.platform.db import Cursor
from vuelve.platform.extension import Text
from vuelve.platform.ids import ShopId


class EventsRetention:
    key: ClassVar[str] = "events"
    label: Text = _("Events")
    help: Text = _(
        "What customers did, as it was sent. Profiles, orders and consents stay; conditions and timelines no longer see "
        "what is older."
    )
    order: ClassVar[int] = 10
    days_default: ClassVar[int | None] = None
    days: ClassVar[tuple[int, ...]] = (90, 180, 365, 730, 1095, 1825)

    def count(self, cursor: Cursor, shop: ShopId, before: datetime, rows_max: int) -> int:
        return _count(cursor, "events_event", shop, before, rows_max)

    def enforce(self, cursor: Cursor, shop: ShopId, *, before: datetime, now: datetime, rows: int) -> int:
        row = cursor.execute(SQL["expire_events"], {"shop": shop, "before": before, "rows": rows}).fetchone()
        return row[0] if row else 0


class RefusedRetention:
    key: ClassVar[str] = "refused"
    label: Text = _("Refused events")
    help: Text = _("The first 4 KB of what was refused, for those who repair the sender. 30 days at most.")
    order: ClassVar[int] = 20
    days_default: ClassVar[int | None] = 30
    days: ClassVar[tuple[int, ...]] = (1, 7, 30)

    def count(self, cursor: Cursor, shop: ShopId, before: datetime, rows_max: int) -> int:
        return _count(cursor, "events_rejected", shop, before, rows_max)

    def enforce(self, cursor: Cursor, shop: ShopId, *, before: datetime, now: datetime, rows: int) -> int:
        cursor.execute(
            "DELETE FROM events_rejected WHERE shop_id = %(shop)s AND id IN (SELECT id FROM events_rejected "
            "WHERE shop_id = %(shop)s AND received_at < %(before)s LIMIT %(rows)s)",
            {"shop": shop, "before": before, "rows": rows},
        )
        return cursor.rowcount


def _count(cursor: Cursor, table: str, shop: ShopId, before: datetime, rows_max: int) -> int:
    row = cursor.execute(
        f"SELECT count(*) FROM (SELECT FROM {table} WHERE shop_id = %s AND received_at < %s LIMIT %s) t",
        [shop, before, rows_max],
    ).fetchone()
    return row[0] if row else 0
