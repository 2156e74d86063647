"""Orders in the search of the top bar."""

from typing import ClassVar, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from vuelve.commerce.queries import search_orders
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import SearchGroup, SearchHit
from vuelve.shops.http import ShopRequest, link


class OrderSearch:
    key: ClassVar[str] = "orders"

    def search(self, request: HttpRequest, shop: ShopId, query: str) -> SearchGroup | None:
        page = cast(ShopRequest, request)
        prefix = query.removeprefix("#").strip()
        if not prefix:
            return None
        with for_shop(shop) as cursor:
            rows = search_orders(cursor, shop, prefix, hits=limits.SEARCH_HITS_MAX)
        hits = []
        for row in rows:
            if href := link(page, "order", order_id=row["order_id"]):
                note = (
                    f"{formats.day(row['ordered_at'])} · {formats.money(row['total_minor'], row['currency'])}"
                )
                label = row["order_number"] or row["order_id"]
                hits.append(SearchHit(label=label, href=href, note=note, icon="shopping-bag"))
        return SearchGroup(_("Orders"), hits)
