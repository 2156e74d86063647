"""For how long a shop keeps what its messages said and to which address they went."""

from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from vuelve.channels.outcomes import SQL
from vuelve.platform.db import Cursor
from vuelve.platform.extension import Text
from vuelve.platform.ids import ShopId


class MessagesRetention:
    key: ClassVar[str] = "messages"
    label: Text = _("Content of messages")
    help: Text = _(
        "What a message said and the address it went to. That it was sent, and what became of it, stays for your figures."
    )
    order: ClassVar[int] = 30
    days_default: ClassVar[int | None] = None
    days: ClassVar[tuple[int, ...]] = (30, 90, 180, 365, 730, 1095)

    def count(self, cursor: Cursor, shop: ShopId, before: datetime, rows_max: int) -> int:
        row = cursor.execute(
            "SELECT count(*) FROM (SELECT FROM channels_message WHERE shop_id = %s AND finished_at < %s "
            "AND data <> '{}' LIMIT %s) t",
            [shop, before, rows_max],
        ).fetchone()
        return row[0] if row else 0

    def enforce(self, cursor: Cursor, shop: ShopId, *, before: datetime, now: datetime, rows: int) -> int:
        cursor.execute(SQL["expire_messages"], {"shop": shop, "before": before, "rows": rows})
        return cursor.rowcount
