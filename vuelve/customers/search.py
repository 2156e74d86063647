"""Customers in the search of the top bar."""

from typing import Any, ClassVar, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from vuelve.customers.queries_search import narrow, words_of
from vuelve.platform import limits
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.ids import ShopId
from vuelve.platform.ui.components import SearchGroup, SearchHit
from vuelve.shops.http import ShopRequest, link
from vuelve.shops.search import fold

SQL = Statements(__file__)


class CustomerSearch:
    key: ClassVar[str] = "customers"

    def search(self, request: HttpRequest, shop: ShopId, query: str) -> SearchGroup | None:
        page = cast(ShopRequest, request)
        words = words_of(fold(query))
        parameters: dict[str, Any] = {
            "shop": shop,
            "prefix": query.lower() if "@" in query else query,
            "words": words,
            "hits": limits.SEARCH_HITS_MAX,
            "recent": limits.SEARCH_RECENT_CUSTOMERS,
        }
        with for_shop(shop) as cursor:
            parameters["ids"] = narrow(cursor, shop, words) if words else []
            rows = cursor.execute(SQL["search_customers"], parameters).fetchall()
        hits = []
        for customer_id, name, email, user_id in rows:
            href = link(page, "customer", customer_id=customer_id)
            label = name or email or user_id or _("Customer %(id)d") % {"id": customer_id}
            note = email if email != label else user_id
            if href:
                hits.append(SearchHit(label=label, href=href, note=note or "", icon="user"))
        return SearchGroup(_("Customers"), hits)
