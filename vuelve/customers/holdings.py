"""Which of a store's customers are here, for the reconciliation with the store."""

from typing import ClassVar

from vuelve.customers.contracts import IdentifierKind
from vuelve.platform.db import Cursor
from vuelve.platform.ids import ShopId
from vuelve.platform.stores import StoreKind


class CustomersHeld:
    kind: ClassVar[StoreKind] = StoreKind.CUSTOMERS

    def mark(self, cursor: Cursor, shop: ShopId) -> None:
        cursor.execute(
            "UPDATE pg_temp.store_object o SET is_held = true FROM customers_identifier i "
            "WHERE i.shop_id = %s AND i.kind = %s AND i.value = o.object_id",
            [shop, IdentifierKind.USER],
        )
