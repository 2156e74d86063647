"""Which of a store's orders and products are here, for the reconciliation with the store."""

from typing import ClassVar

from vuelve.platform.db import Cursor
from vuelve.platform.ids import ShopId
from vuelve.platform.stores import StoreKind


class OrdersHeld:
    kind: ClassVar[StoreKind] = StoreKind.ORDERS

    def mark(self, cursor: Cursor, shop: ShopId) -> None:
        cursor.execute(
            "UPDATE pg_temp.store_object o SET is_held = true FROM commerce_order c "
            "WHERE c.shop_id = %s AND c.order_id = o.object_id",
            [shop],
        )


class ProductsHeld:
    kind: ClassVar[StoreKind] = StoreKind.PRODUCTS

    def mark(self, cursor: Cursor, shop: ShopId) -> None:
        cursor.execute(
            "UPDATE pg_temp.store_object o SET is_held = true FROM commerce_product p "
            "WHERE p.shop_id = %s AND p.product_id = o.object_id",
            [shop],
        )
