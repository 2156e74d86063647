"""What loyalty keeps of a person: the account, its transfers and lots.

The points of an erased person are gone. The entries stay for the shop's books, under an id without a customer.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from vuelve.loyalty.services.batches import SQL
from vuelve.platform.db import Cursor, stream_dicts
from vuelve.platform.extension import Person, PersonalRows
from vuelve.platform.ids import CustomerId, ShopId

ROWS: dict[str, PersonalRows] = {
    "loyalty_account": PersonalRows(_("Points accounts")),
    "loyalty_transfer": PersonalRows(_("Points transfers"), stays=True),
}
_TABLES = ("loyalty_account", "loyalty_transfer", "loyalty_posting", "loyalty_lot")


class LoyaltyPrivacy:
    name: ClassVar[str] = "loyalty"
    tables: ClassVar[tuple[str, ...]] = _TABLES

    def export(self, cursor: Cursor, person: Person) -> Mapping[str, Iterable[Mapping[str, Any]]]:
        whose = {"shop": person.shop, "ids": list(person.ids)}
        return {
            "points": stream_dicts(cursor, SQL["export_accounts"], whose),
            "points_transfers": stream_dicts(cursor, SQL["export_transfers"], whose),
            "points_lots": stream_dicts(cursor, SQL["export_lots"], whose),
        }

    def erase(
        self, cursor: Cursor, person: Person, *, remains: CustomerId, now: datetime
    ) -> Mapping[str, int]:
        row = cursor.execute(
            "SELECT * FROM loyalty_erase(%s, %s::bigint[], %s, %s)",
            [person.shop, list(person.ids), remains, now],
        ).fetchone()
        assert row is not None
        return dict(zip(_TABLES, row, strict=True))

    def sweep(self, cursor: Cursor, shop: ShopId, rows: int) -> Mapping[str, int]:
        row = cursor.execute("SELECT * FROM loyalty_sweep(%s, %s)", [shop, rows]).fetchone()
        assert row is not None
        return dict(zip(_TABLES, row, strict=True))
