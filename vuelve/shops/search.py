"""What the search in the top bar finds: pages by name, then what the packages offer (`registry.searches`)."""

import unicodedata
from collections.abc import Sequence

from vuelve.platform.extension import registry
from vuelve.platform.ui.components import SearchGroup, SearchHit
from vuelve.shops.http import ShopRequest, navigation


def fold(text: str) -> str:
    """Lower case without accents, as `search_key` columns are."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def find(request: ShopRequest, query: str) -> Sequence[SearchGroup]:
    """Groups that have hits; every source bounds its own work and its number of hits."""
    groups = [source.search(request, request.shop_id, query) for source in registry.searches]
    return [group for group in [*groups, _pages(request, query)] if group and group.hits]


def _pages(request: ShopRequest, query: str) -> SearchGroup:
    from django.utils.translation import gettext as _

    wanted = fold(query)
    hits = [
        SearchHit(label=link.label, href=link.href, icon=link.icon)
        for link in navigation(request.path, request.shop.slug)
        if wanted in fold(str(link.label))
    ]
    return SearchGroup(_("Pages"), hits)
