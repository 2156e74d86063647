"""Which shop a request is about: the slug in the address, checked against the member's memberships."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Text, registry
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import formats
from vuelve.platform.ui.periods import Period
from vuelve.shops.accounts.factors import has_second_factor
from vuelve.shops.models import Member, Membership, Shop
from vuelve.shops.permissions import may_edit_segments

Handler = Callable[[HttpRequest], HttpResponse]

THEME_COOKIE = "theme"
THEMES = ("light", "dark")
BOTTOM_BAR_ITEMS = 4  # what a phone's bar has room for beside "More"
OTHER_SHOPS_MAX = 50  # in the menu that changes the shop


class ShopRequest(HttpRequest):
    """What a view below /s/<slug>/ is given: `shop`, `membership`, and a transaction that sees only this shop.

    Dates are written in the shop's zone, numbers as its country writes the member's language.
    """

    user: Member
    membership: Membership
    shop: Shop
    shop_id: ShopId
    shop_zone: ZoneInfo
    period: Period  # on pages that have a period


def shop_scope(get_response: Handler) -> Handler:
    """Runs back-office views in the transaction of their shop; a shop of others is not found."""
    return _ShopScope(get_response)


def language_of(locale: str) -> str:
    """The language of ours that is nearest to a locale (`pt_BR`, `es-MX`); '' if none is."""
    try:
        return translation.get_supported_language_variant(locale.replace("_", "-").lower())
    except LookupError:
        return ""


class _ShopScope:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and (language := language_of(user.locale)):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        # Threads are used again: what the last request activated must not leak into this one.
        formats.activate_country("")
        timezone.deactivate()
        response = self.get_response(request)
        if user.is_authenticated and not response.has_header("Cache-Control"):
            # A page of a shop must not be found by the next person at this browser, nor kept by a proxy.
            patch_cache_control(response, private=True, no_cache=True)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        slug = kwargs.pop("shop_slug", None)
        if slug is None:
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        membership = (
            Membership.objects.select_related("shop", "member")
            .filter(member=request.user, shop__slug=slug)
            .first()
        )
        if membership is None:
            raise Http404
        if membership.shop.needs_second_factor and not has_second_factor(membership.member):
            messages.warning(
                request, _("This shop asks for a second factor or a passkey. Set one up to go on.")
            )
            return redirect("account")
        request.membership = membership  # type: ignore[attr-defined]
        request.shop = membership.shop  # type: ignore[attr-defined]
        request.shop_id = ShopId(membership.shop_id)  # type: ignore[attr-defined]
        request.shop_zone = ZoneInfo(membership.shop.time_zone)  # type: ignore[attr-defined]
        timezone.activate(request.shop_zone)  # type: ignore[attr-defined]
        formats.activate_country(membership.shop.country)
        try:
            with for_shop(ShopId(membership.shop_id)):
                response = view(request, *args, **kwargs)
                if hasattr(response, "render") and callable(response.render):
                    response = response.render()
                return response
        except VuelveError as error:
            # Outside the transaction: what the view had done until then is rolled back.
            if error.status == 404:
                raise Http404 from error
            return render(request, "platform/refused.html", {"error": error}, status=error.status)


@dataclass(frozen=True, slots=True)
class NavLink:
    label: Text
    href: str
    icon: str
    is_current: bool
    is_late: bool  # behind "More" on a phone


def shell(request: HttpRequest) -> dict[str, Any]:
    """For the base layout: the theme, the shop, its other shops, the navigation."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    context: dict[str, Any] = {"theme": theme if theme in THEMES else ""}
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return context
    links = navigation(request.path, membership.shop.slug)
    return context | {
        "shop": membership.shop,
        "membership": membership,
        "other_shops": Shop.objects.filter(membership__member_id=membership.member_id)
        .exclude(pk=membership.shop_id)
        .order_by("name")[:OTHER_SHOPS_MAX],
        "navigation": links,
        "has_late_navigation": any(link.is_late for link in links),
    }


def navigation(path: str, slug: str) -> Sequence[NavLink]:
    """The pages in the order of the data flow; the current one is that with the longest address above `path`."""
    found = []
    for item in sorted(registry.nav, key=lambda item: item.order):
        try:
            found.append((item, reverse(item.url_name, kwargs={"shop_slug": slug})))
        except NoReverseMatch:
            continue
    root = reverse("overview", kwargs={"shop_slug": slug})  # above every page, so it is current only itself
    above = (href for _item, href in found if path == href or (href != root and path.startswith(href)))
    current = max(above, key=len, default="")
    late_from = BOTTOM_BAR_ITEMS if len(found) > BOTTOM_BAR_ITEMS + 1 else len(found)
    return [
        NavLink(item.label, href, item.icon, is_current=href == current, is_late=n >= late_from)
        for n, (item, href) in enumerate(found)
    ]


def link(request: ShopRequest, name: str, **kwargs: Any) -> str:
    """The address of another package's page in this shop; '' if there is none."""
    try:
        return reverse(name, kwargs={"shop_slug": request.shop.slug, **kwargs})
    except NoReverseMatch:
        return ""


def segment_url(request: ShopRequest, tree: Mapping[str, Any], *, name: str = "") -> str:
    """Where "save as segment" leads from a filter or a number that the tree says; '' for whom may not make segments."""
    if not may_edit_segments(request.membership):
        return ""
    query = {"tree": json.dumps(tree, ensure_ascii=False)} | ({"name": name} if name else {})
    return f"{reverse('segment_new', kwargs={'shop_slug': request.shop.slug})}?{urlencode(query)}"
