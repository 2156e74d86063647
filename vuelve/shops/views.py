"""The overview, search, and the reader's language and theme."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from vuelve.platform import charts, limits
from vuelve.platform.clock import real
from vuelve.platform.extension import Problem, registry
from vuelve.platform.ids import ShopId
from vuelve.platform.ui.components import Tab
from vuelve.platform.ui.periods import CHOICES_DAYS, period_of
from vuelve.shops import showcase
from vuelve.shops.accounts.entering import safe_next
from vuelve.shops.http import THEME_COOKIE, THEMES, ShopRequest, link
from vuelve.shops.models import Member, Membership
from vuelve.shops.search import find

COOKIE_SECONDS = 365 * 24 * 3600


def home(request: HttpRequest) -> HttpResponse:
    """To the member's first shop."""
    if not request.user.is_authenticated:
        return redirect("sign_in")
    membership = Membership.objects.select_related("shop").filter(member=request.user).order_by("pk").first()
    if membership is None:
        return render(request, "shops/no_shop.html", status=403)
    return redirect("overview", shop_slug=membership.shop.slug)


# --- the reader's choices ----------------------------------------------------------------------------------


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keeps the language for the member, and in a cookie for pages before sign-in."""
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(safe_next(request))
    if language not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated:
        Member.objects.filter(pk=request.user.pk).update(locale=language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=COOKIE_SECONDS,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    translation.activate(language)
    return response


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the reader's system is."""
    theme = request.POST.get("theme", "")
    response = HttpResponseRedirect(safe_next(request))
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=COOKIE_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


# --- pages of a shop ------------------------------------------------------------------------------------------


@require_safe
def data(request: ShopRequest) -> HttpResponseBase:
    """To the first section of the page "Data"."""
    for item in sorted(registry.data_tabs, key=lambda item: item.order):
        return redirect(item.url_name, shop_slug=request.shop.slug)
    raise Http404


@require_safe
def overview(request: ShopRequest) -> HttpResponseBase:
    """What has changed lately: tiles and charts of the packages' panels."""
    shop = ShopId(request.shop.pk)
    period = period_of(request.GET, now=real.now(), zone=request.shop_zone)
    request.period = period
    panels = []
    for panel in sorted(registry.overview_panels, key=lambda panel: panel.order):
        context = panel.context(request, shop, None)
        if context is not None:
            panels.append({"template": panel.template, **context})
    drawn = [chart for panel in panels for chart in panel.get("charts", ())]
    if (file := charts.download(request, drawn)) is not None:
        return file
    context = {
        "panels": panels,
        "tiles": [tile for panel in panels for tile in panel.get("tiles", ())],
        "has_data": any(panel.get("has_data") for panel in panels),
        "today": [tile for panel in panels for tile in panel.get("today", ())],
        "problems": _problems(request, shop),
        "period": period,
        "periods": [
            Tab(
                ngettext("%(days)d day", "%(days)d days", days) % {"days": days},
                f"{request.path}?days={days}",
                is_current=days == period.days,
            )
            for days in CHOICES_DAYS
        ],
        "first_event": _first_event(),
        "first_steps": [
            _("Make the shop"),
            _("Send the first event"),
            _("See what the journeys do"),
            _("Invite your team"),
        ],
        "connect_url": link(request, "data_connect"),
    }
    return render(request, "shops/overview.html", context)


def _problems(request: ShopRequest, shop: ShopId) -> list[Problem]:
    """What needs a person, the worst first."""
    found = [each for source in registry.problems for each in source.problems(request, shop, now=real.now())]
    return sorted(found, key=lambda problem: problem.tone != "bad")


def _first_event() -> str:
    return (
        f"curl {settings.PUBLIC_URL}/v1/track -u WRITE_KEY: \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -d \'{"userId": "42", "event": "Order Completed", "properties": {"order_id": "1001",\n'
        '       "currency": "MXN", "total": 499.00, "products": [{"product_id": "P1", "quantity": 1, "price": 499.00}]}}\''
    )


@require_safe
def search(request: ShopRequest) -> HttpResponse:
    """A whole page, or for the field in the top bar only the results."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[: limits.SEARCH_CHARS_MAX]
    context: dict[str, Any] = {"query": query, "groups": find(request, query) if query else []}
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "shops/search_results.html" if is_part else "shops/search.html", context)


@require_safe
def ui(request: ShopRequest) -> HttpResponseBase:
    """Every component, for those who build pages."""
    period = period_of({}, now=real.now(), zone=request.shop_zone)
    samples = showcase.samples(period)
    if (file := charts.download(request, [samples["chart"]])) is not None:
        return file
    messages.info(request, _("A toast says that something was done."))
    return render(request, "shops/ui.html", samples)
