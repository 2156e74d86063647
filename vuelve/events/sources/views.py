"""Data > Stores: connect one, see how it does, bring in its history, compare its counts with ours."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vuelve.events.sources import backfills, connecting, deliveries, queries, reconciling
from vuelve.events.sources.contracts import UNDER_WAY, Backfill, Store, StoreState
from vuelve.events.sources.forms import ConnectForm, SecretForm
from vuelve.events.sources.pages import count_tables
from vuelve.events.sources.wording import BACKFILLS, ERRORS, KINDS, OUTCOMES, STATES, problem_of
from vuelve.platform import clock
from vuelve.platform.db import raw_cursor
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.stores import StoreKind
from vuelve.platform.ui.components import Crumb
from vuelve.platform.ui.formats import number
from vuelve.shops.http import ShopRequest
from vuelve.shops.permissions import may_manage_stores, require
from vuelve.shops.services import audit

WEBHOOK_DAYS_SHOWN = 7


@require_safe
def stores(request: ShopRequest) -> HttpResponse:
    cursor = raw_cursor()
    rows = [
        {
            "store": store,
            "label": _label(store),
            "state": STATES[store.state],
            "last_webhook_at": queries.last_webhook_at(cursor, request.shop_id, store.id),
        }
        for store in queries.stores(cursor, request.shop_id)
    ]
    context = {"rows": rows, "may_manage": may_manage_stores(request.membership)}
    return render(request, "events/stores/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: ShopRequest, source: str) -> HttpResponse:
    kind = connecting.source_of(source)
    form = ConnectForm(request.POST or None)
    if request.method == "POST":
        require(may_manage_stores(request.membership))
        if form.is_valid():
            try:
                store = connecting.connect(
                    shop=request.shop_id,
                    source=source,
                    actor=request.user.email,
                    now=clock.real.now(),
                    **form.cleaned_data,
                )
            except VuelveError as error:
                _explain(form, error)
            else:
                return redirect("data_store", shop_slug=request.shop.slug, store_id=store.id)
    context = {
        "form": form,
        "kind": kind,
        "crumbs": _crumbs(request),
        "may_manage": may_manage_stores(request.membership),
        "is_reachable": connecting.can_be_reached(),
    }
    return render(request, "events/stores/connect.html", context, status=400 if form.errors else 200)


def _explain(form: ConnectForm | SecretForm, error: VuelveError) -> None:
    if error.code not in ERRORS:
        raise error
    form.add_error(error.field if error.field in form.fields else None, str(ERRORS[error.code]))


@require_safe
def store(request: ShopRequest, store_id: int) -> HttpResponse:
    return _page(request, store_id, SecretForm())


def _page(request: ShopRequest, store_id: int, form: SecretForm) -> HttpResponse:
    cursor, shop, now = raw_cursor(), request.shop_id, clock.real.now()
    found = queries.store(cursor, shop, store_id)
    history = queries.backfills(cursor, shop, store_id)
    topics = queries.topic_counts(cursor, shop, store_id, since=now - timedelta(days=WEBHOOK_DAYS_SHOWN))
    is_under_way = any(one.state in UNDER_WAY for one in history)
    context = {
        "store": found,
        "label": _label(found),
        "state": STATES[found.state],
        "problem": problem_of(found.problem),
        "crumbs": _crumbs(request),
        "may_manage": may_manage_stores(request.membership),
        "last_webhook_at": queries.last_webhook_at(cursor, shop, store_id),
        "missing_topics": _missing_topics(found),
        "is_reachable": connecting.can_be_reached(),
        "address": connecting.webhook_address(found) if may_manage_stores(request.membership) else "",
        "is_busy": is_under_way or found.state is StoreState.CHECKING,
        "is_under_way": is_under_way,
        "backfills": [_backfill_line(one) for one in history],
        "topics": [{"count": one, "outcome": OUTCOMES[one.state]} for one in topics],
        "failed": [
            {"webhook": one, "problem": problem_of(one.reason)}
            for one in queries.failed_webhooks(cursor, shop, store_id)
        ],
        "tables": count_tables(queries.counts(cursor, shop, store_id)),
        "form": form,
    }
    return render(request, "events/stores/store.html", context, status=400 if form.errors else 200)


def _backfill_line(one: Backfill) -> dict[str, Any]:
    return {
        "backfill": one,
        "kind": KINDS[one.kind],
        "state": BACKFILLS[one.state],
        "problem": problem_of(one.problem),
        "is_under_way": one.state in UNDER_WAY,
    }


def _missing_topics(found: Store) -> list[str]:
    """Topics that ought to be subscribed and are not; the privacy ones come by themselves."""
    kind = registry.sources.get(found.source)
    if kind is None or found.state is not StoreState.CONNECTED:
        return []
    return sorted(one for one in kind.topics() - set(found.topics) if not kind.stays_open_for(one))


def _label(found: Store) -> str:
    kind = registry.sources.get(found.source)
    return str(kind.label) if kind else found.source


def _crumbs(request: ShopRequest) -> list[Crumb]:
    return [Crumb(_("Stores"), reverse("data_stores", kwargs={"shop_slug": request.shop.slug}))]


# --- deeds ---------------------------------------------------------------------------------------------------------


@require_POST
def check(request: ShopRequest, store_id: int) -> HttpResponse:
    require(may_manage_stores(request.membership))
    connecting.check_again(shop=request.shop_id, store_id=store_id, actor=request.user.email)
    return _back(request, store_id)


@require_POST
def change_secret(request: ShopRequest, store_id: int) -> HttpResponse:
    require(may_manage_stores(request.membership))
    form = SecretForm(request.POST)
    if form.is_valid():
        try:
            connecting.change_secret(
                shop=request.shop_id,
                store_id=store_id,
                secret=form.cleaned_data["secret"],
                actor=request.user.email,
                now=clock.real.now(),
            )
        except VuelveError as error:
            _explain(form, error)
        else:
            messages.success(
                request, _("The new secret is in use; the one before stays valid for three days.")
            )
            return _back(request, store_id)
    return _page(request, store_id, form)


@require_POST
def disconnect(request: ShopRequest, store_id: int) -> HttpResponse:
    require(may_manage_stores(request.membership))
    connecting.disconnect(shop=request.shop_id, store_id=store_id, actor=request.user.email)
    messages.success(request, _("The store is disconnected. What came from it stays."))
    return _back(request, store_id)


@require_POST
def bring(request: ShopRequest, store_id: int) -> HttpResponse:
    """`kind` one or several, and of orders `part`: a row of the reconciliation, whose window is fetched."""
    require(may_manage_stores(request.membership))
    asked = request.POST.getlist("kind")
    kinds = [kind for kind in StoreKind if kind in asked]
    window = _window(request, store_id, request.POST.get("part", ""))
    begun = backfills.begin(
        shop=request.shop_id,
        store_id=store_id,
        kinds=kinds,
        actor=request.user.email,
        now=clock.real.now(),
        **window,
    )
    if begun:
        messages.success(request, _("It is on its way. You can leave this page."))
    else:
        messages.info(request, _("That is on its way already."))
    return _back(request, store_id)


def _window(request: ShopRequest, store_id: int, part: str) -> Mapping[str, datetime | None]:
    for one in queries.counts(raw_cursor(), request.shop_id, store_id):
        if one.part == part and one.kind is StoreKind.ORDERS:
            return {"since": one.since, "until": one.until}
    return {}


@require_POST
def stop(request: ShopRequest, store_id: int, backfill_id: int) -> HttpResponse:
    require(may_manage_stores(request.membership))
    backfills.stop(shop=request.shop_id, backfill_id=backfill_id, actor=request.user.email)
    messages.success(request, _("Stopped. What was read stays."))
    return _back(request, store_id)


@require_POST
def reconcile(request: ShopRequest, store_id: int) -> HttpResponse:
    require(may_manage_stores(request.membership))
    reconciling.ask(shop=request.shop_id, store_id=store_id)
    messages.success(request, _("The counts are being fetched; they are here in a moment."))
    return _back(request, store_id)


@require_POST
def retry(request: ShopRequest, store_id: int) -> HttpResponse:
    """The webhooks that failed, a page of them."""
    require(may_manage_stores(request.membership))
    taken, failed = deliveries.retry_all(shop=request.shop_id, store_id=store_id, now=clock.real.now())
    audit(
        shop=request.shop_id,
        actor=request.user.email,
        action="Webhooks Retried",
        target=f"store {store_id}",
        detail={"taken": taken, "failed": failed},
    )
    text = ngettext("%(count)s webhook was taken.", "%(count)s webhooks were taken.", taken)
    messages.success(request, text % {"count": number(taken)})
    if failed:
        text = ngettext("%(count)s failed again.", "%(count)s failed again.", failed)
        messages.warning(request, text % {"count": number(failed)})
    return _back(request, store_id)


@require_POST
def keep(request: ShopRequest, store_id: int) -> HttpResponse:
    """Do not erase everybody, though the store asked for it."""
    require(may_manage_stores(request.membership))
    found = reconciling.cancel_erasure(shop=request.shop_id, store_id=store_id)
    audit(
        shop=request.shop_id, actor=request.user.email, action="Store Erasure Cancelled", target=found.domain
    )
    messages.success(request, _("Nobody is erased."))
    return _back(request, store_id)


def _back(request: ShopRequest, store_id: int) -> HttpResponse:
    return redirect("data_store", shop_slug=request.shop.slug, store_id=store_id)
