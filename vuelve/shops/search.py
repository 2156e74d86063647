"""What the search in the top bar finds: pages by name, then what the packages offer (`registry.searches`)."""

import unicodedata
from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from vuelve.platform.extension import registry
from vuelve.platform.ui.components import SearchGroup, SearchHit
from vuelve.shops.http import ShopRequest, link, navigation
from vuelve.shops.permissions import (
    may_export,
    may_import,
    may_manage_keys,
    may_manage_members,
    may_manage_sandbox,
)


def fold(text: str) -> str:
    """Lower case without accents, as `search_key` columns are."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def find(request: ShopRequest, query: str) -> Sequence[SearchGroup]:
    """Groups that have hits; every source bounds its own work and its number of hits."""
    groups = [source.search(request, request.shop_id, query) for source in registry.searches]
    return [
        group for group in [*groups, _pages(request, query), _actions(request, query)] if group and group.hits
    ]


def _pages(request: ShopRequest, query: str) -> SearchGroup:
    wanted = fold(query)
    pages = [(each.label, each.href, each.icon) for each in navigation(request.path, request.shop.slug)]
    pages += [(tab.label, link(request, tab.url_name), tab.icon) for tab in registry.data_tabs]
    hits = [
        SearchHit(label=label, href=href, icon=icon)
        for label, href, icon in pages
        if href and wanted in fold(str(label))
    ]
    return SearchGroup(_("Pages"), hits)


def _actions(request: ShopRequest, query: str) -> SearchGroup:
    """What one may want to do, and may."""
    may = request.membership
    actions = [
        (_("Invite somebody"), "settings", "user-plus", may_manage_members(may)),
        (_("Make an API key"), "keys", "key", may_manage_keys(may)),
        (_("Create a test shop"), "sandbox", "beaker", may_manage_sandbox(may)),
        (_("Connect your store"), "data_connect", "link", True),
        (_("Import a file"), "imports", "arrow-up-tray", may_import(may)),
        (_("Export tables"), "exports", "arrow-down-tray", may_export(may)),
    ]
    wanted = fold(query)
    hits = [
        SearchHit(label=label, href=href, icon=icon)
        for label, name, icon, is_allowed in actions
        if is_allowed and wanted in fold(label) and (href := link(request, name))
    ]
    if wanted in fold(_("Your account")):
        hits.append(SearchHit(label=_("Your account"), href=reverse("account"), icon="user-circle"))
    return SearchGroup(_("Actions"), hits)
