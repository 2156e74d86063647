"""The section of the settings about API keys: made, replaced, revoked; a secret is shown once."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from vuelve.platform.clock import real
from vuelve.platform.errors import VuelveError
from vuelve.shops import services_keys
from vuelve.shops.contracts import NewKey
from vuelve.shops.forms import KeyForm
from vuelve.shops.http import ShopRequest
from vuelve.shops.models import ApiKey, KeyKind
from vuelve.shops.permissions import may_manage_keys, require
from vuelve.shops.scopes import Scope
from vuelve.shops.views_settings import section_tabs

REVOKED_SHOWN_MAX = 20


@require_safe
def keys(request: ShopRequest) -> HttpResponse:
    require(may_manage_keys(request.membership))
    return _keys(request, KeyForm(initial={"kind": KeyKind.SECRET}))


@require_POST
def create(request: ShopRequest) -> HttpResponse:
    require(may_manage_keys(request.membership))
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _keys(request, form)
    try:
        made = services_keys.create_key(
            by=request.membership,
            kind=form.cleaned_data["kind"],
            label=form.cleaned_data["label"],
            scopes=form.cleaned_data["scopes"],
        )
    except VuelveError as error:
        if error.code != "keys_limit":
            raise
        form.add_error(None, error.message)
        return _keys(request, form)
    return _keys(request, KeyForm(initial={"kind": KeyKind.SECRET}), made)


@require_POST
def rotate(request: ShopRequest, key_id: int) -> HttpResponse:
    made = services_keys.rotate_key(by=request.membership, key=key_id, now=real.now())
    return _keys(request, KeyForm(initial={"kind": KeyKind.SECRET}), made)


@require_POST
def revoke(request: ShopRequest, key_id: int) -> HttpResponse:
    services_keys.revoke_key(by=request.membership, key=key_id, now=real.now())
    messages.success(request, _("The key does not work any more."))
    return redirect("keys", shop_slug=request.shop.slug)


def _keys(request: ShopRequest, form: KeyForm, made: NewKey | None = None) -> HttpResponse:
    now = real.now()
    rows = ApiKey.objects.filter(shop_id=request.shop_id)
    valid = [
        key for key in rows.filter(revoked_at=None).order_by("-created_at", "-pk") if not _is_over(key, now)
    ]
    over = [key for key in rows.order_by("-created_at", "-pk") if _is_over(key, now)][:REVOKED_SHOWN_MAX]
    hours = int(services_keys.OVERLAP.total_seconds() // 3600)
    context = {
        "tabs": section_tabs(request, "keys"),
        "valid": [(key, _scopes(key)) for key in valid],
        "over": over,
        "form": form,
        "made": made,
        "overlap": ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours},
    }
    return render(request, "shops/keys.html", context, status=422 if form.errors else 200)


def _scopes(key: ApiKey) -> list[str]:
    """What it is limited to, in words; [] for everything."""
    return [str(Scope(scope).label) if scope in Scope.values else scope for scope in key.scopes or ()]


def _is_over(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)
