"""Which shop a request is about: the slug in the address, checked against the member's memberships."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation

from vuelve.platform.db import for_shop
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Membership

Handler = Callable[[HttpRequest], HttpResponse]


class ShopRequest(HttpRequest):
    """What a view below /s/<slug>/ is given: `shop`, `membership`, and a transaction that sees only this shop."""

    membership: Membership
    shop_id: ShopId


def shop_scope(get_response: Handler) -> Handler:
    """Runs back-office views in the transaction of their shop; a shop of others is not found."""
    middleware = _ShopScope(get_response)
    return middleware


class _ShopScope:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.locale:
            translation.activate(user.locale)
            request.LANGUAGE_CODE = translation.get_language() or user.locale
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        slug = kwargs.pop("shop_slug", None)
        if slug is None:
            return None
        if not request.user.is_authenticated:
            from django.contrib.auth.views import redirect_to_login

            return redirect_to_login(request.get_full_path())
        membership = (
            Membership.objects.select_related("shop").filter(member=request.user, shop__slug=slug).first()
        )
        if membership is None:
            raise Http404
        request.membership = membership  # type: ignore[attr-defined]
        request.shop_id = ShopId(membership.shop_id)  # type: ignore[attr-defined]
        with for_shop(ShopId(membership.shop_id)):
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
            return response


def shell(request: HttpRequest) -> dict[str, Any]:
    """For the base layout: the shop, its other shops, the navigation."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {}
    return {
        "shop": membership.shop,
        "membership": membership,
        "navigation": sorted(registry.nav, key=lambda item: item.order),
    }
