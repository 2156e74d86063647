"""Settings > Test shop: make one, fill it, empty it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vuelve.platform.clock import real
from vuelve.platform.db import for_shop, raw_cursor
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.sandbox import services
from vuelve.sandbox.generating import CUSTOMERS, DAYS
from vuelve.shops.http import ShopRequest
from vuelve.shops.models import Sandbox, SandboxState
from vuelve.shops.permissions import may_manage_sandbox, require
from vuelve.shops.views_settings import section_tabs

COUNTS = "SELECT (SELECT count(*) FROM customers_customer WHERE shop_id = %(shop)s), (SELECT count(*) FROM commerce_order WHERE shop_id = %(shop)s), (SELECT count(*) FROM channels_message WHERE shop_id = %(shop)s), EXISTS (SELECT FROM events_event WHERE shop_id = %(shop)s)"  # fmt: skip


@require_safe
def sandbox(request: ShopRequest) -> HttpResponse:
    """Of a shop: what a sandbox is, and a button that makes one. Of a sandbox: how full it is, and its buttons."""
    require(may_manage_sandbox(request.membership))
    state = Sandbox.objects.filter(shop_id=request.shop_id).first() if request.shop.is_sandbox else None
    counts = raw_cursor().execute(COUNTS, {"shop": request.shop_id}).fetchone() if state else None
    has_stopped = state is not None and services.has_stopped(state)
    is_moving = state is not None and state.state in services.MOVING and not has_stopped
    context = {
        "tabs": section_tabs(request, "sandbox"),
        "state": state,
        "has_stopped": has_stopped,
        "is_moving": is_moving,
        "is_empty": state is not None and state.state == SandboxState.EMPTY,
        "is_filled": state is not None and state.state == SandboxState.FILLED,
        # Events may have been sent to one that was never filled.
        "may_empty": state is not None
        and not is_moving
        and (state.state != SandboxState.EMPTY or any(counts or ())),
        "counts": counts,
        "customers": CUSTOMERS,
        "days": DAYS,
    }
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, f"sandbox/{'state' if is_part else 'sandbox'}.html", context)


@require_POST
def make(request: ShopRequest) -> HttpResponse:
    try:
        shop = services.make(by=request.membership)
    except VuelveError as error:
        if error.code != "sandboxes_limit":
            raise
        messages.error(request, _("You have as many test shops as one may have."))
        return redirect("sandbox", shop_slug=request.shop.slug)
    messages.success(request, _("This is your test shop. Fill it, and look around."))
    return redirect(reverse("sandbox", kwargs={"shop_slug": shop.slug}))


@require_POST
def fill(request: ShopRequest) -> HttpResponse:
    services.ask_to_fill(by=request.membership, now=real.now())
    return redirect("sandbox", shop_slug=request.shop.slug)


@require_POST
def reset(request: ShopRequest) -> HttpResponse:
    with for_shop(ShopId(request.shop_id)):
        services.ask_to_reset(by=request.membership, now=real.now())
    return redirect("sandbox", shop_slug=request.shop.slug)
