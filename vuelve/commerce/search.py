"""Orders in the search of the top bar; they are shown on the page of who bought."""

from typing import ClassVar, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from vuelve.platform import limits
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import SearchGroup, SearchHit
from vuelve.shops.http import ShopRequest, link

SQL = Statements(__file__)


class OrderSearch:
    key: ClassVar[str] = "orders"

    def search(self, request: HttpRequest, shop: ShopId, query: str) -> SearchGroup | None:
        page = cast(ShopRequest, request)
        prefix = query.removeprefix("#").strip()
        if not prefix:
            return None
        with for_shop(shop) as cursor:
            parameters = {"shop": shop, "prefix": prefix, "hits": limits.SEARCH_HITS_MAX}
            rows = cursor.execute(SQL["search_orders"], parameters).fetchall()
        hits = []
        for order_id, customer_id, ordered_at, total_minor, currency in rows:
            if href := link(page, "customer", customer_id=customer_id):
                note = f"{formats.day(ordered_at)} · {formats.money(total_minor, currency)}"
                hits.append(SearchHit(label=order_id, href=href, note=note, icon="shopping-bag"))
        return SearchGroup(_("Orders"), hits)
