"""What must always hold of the ledger."""

from collections.abc import Sequence
from typing import ClassVar

from vuelve.loyalty.queries import SQL
from vuelve.platform.db import Cursor
from vuelve.platform.extension import Breach
from vuelve.platform.ids import ShopId


class AccountsAddUp:
    """Kept balances are what the postings add up to, and what is left in the lots."""

    name: ClassVar[str] = "loyalty_accounts"

    def check(self, cursor: Cursor, shop: ShopId, *, rows: int) -> Sequence[Breach]:
        found = cursor.execute(SQL["accounts_off"], {"shop": shop, "rows": rows}).fetchall()
        return [
            Breach(
                about=f"customer {customer}, {unit}",
                what=f"kept {kept}, posted {posted}, in lots {in_lots}",
            )
            for customer, unit, kept, posted, in_lots in found
        ]


class TransfersAddUp:
    """A transfer moved what it says."""

    name: ClassVar[str] = "loyalty_transfers"

    def check(self, cursor: Cursor, shop: ShopId, *, rows: int) -> Sequence[Breach]:
        found = cursor.execute(SQL["transfers_off"], {"shop": shop, "rows": rows}).fetchall()
        return [
            Breach(about=f"transfer {key}", what=f"says {said}, posted {posted}")
            for key, said, posted in found
        ]
