"""The page behind a message's unsubscribe link, and RFC 8058's one-click request to the same address.

The signed link is the authority: no session, no cookie, no CSRF token. GET changes nothing, for programs that look
at every link of a message.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from vuelve.channels import rules, services
from vuelve.channels.links import UnsubscribeLink
from vuelve.channels.models import Purpose
from vuelve.platform import clock
from vuelve.platform.db import for_shop
from vuelve.shops.models import Shop

LANGUAGES = {"es": "es", "pt": "pt-br", "en": "en"}
ONE_CLICK = ("List-Unsubscribe", "One-Click")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    found = services.link_of(token)
    if found is None or found[1].purpose not in Purpose.values:
        raise Http404
    shop, link = found
    one_click = request.method == "POST" and request.POST.get(ONE_CLICK[0]) == ONE_CLICK[1]
    with translation.override(_language(shop, link)):
        wording = _what(link)
        if request.method == "POST":
            services.unsubscribe(
                link=link,
                source="one-click" if one_click else "unsubscribe page",
                wording=wording,
                now=clock.real.now(),
            )
        response = (
            HttpResponse("unsubscribed\n", content_type="text/plain")
            if one_click
            else render(
                request,
                "channels/unsubscribe.html",
                {"shop_name": shop.name, "what": wording, "done": request.method == "POST"},
            )
        )
    # The address is a key: it goes to nobody else, and no search engine keeps it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _what(link: UnsubscribeLink) -> str:
    if link.purpose == Purpose.LOYALTY:
        return _("News of your points and rewards by e-mail")
    return _("Offers and surveys by e-mail")


def _language(shop: Shop, link: UnsubscribeLink) -> str:
    """The customer's language, else the shop's, as far as the page has it."""
    with for_shop(link.shop) as cursor:
        row = cursor.execute(
            "SELECT locale FROM customers_customer WHERE shop_id = %(shop)s AND id = coalesce("
            "(SELECT canonical_id FROM customers_alias WHERE shop_id = %(shop)s AND customer_id = %(customer)s), %(customer)s)",
            {"shop": link.shop, "customer": link.customer},
        ).fetchone()
    for locale in (row[0] if row else None, shop.locale):
        if locale and (language := LANGUAGES.get(rules.language(locale))):
            return language
    return "en"
