"""The programme with what the shop owes, its settings, and a customer's statement."""

import hashlib
import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vuelve.customers.queries import canonical_id, customer_row
from vuelve.loyalty import queries, services
from vuelve.loyalty.contracts import Terms
from vuelve.loyalty.forms import AdjustForm, ProgrammeForm
from vuelve.loyalty.models import Programme
from vuelve.loyalty.panels import readable
from vuelve.loyalty.services.programmes import terms_of
from vuelve.loyalty.wording import expiry, promise, signed
from vuelve.platform import clock, limits
from vuelve.platform.db import raw_cursor
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId
from vuelve.platform.ui import formats, paging
from vuelve.platform.ui.components import Crumb, Tile
from vuelve.shops.http import ShopRequest
from vuelve.shops.permissions import may_adjust_points, may_manage_programme, require

# How far the programme page looks back for what went wrong.
TROUBLE_DAYS = 90


@require_GET
def programme(request: ShopRequest) -> HttpResponse:
    """What customers hold and what became of all that was earned."""
    found = Programme.objects.filter(shop_id=request.shop_id).first()
    terms = terms_of(request.shop_id)
    if found is None or terms is None:
        context: dict[str, Any] = {"may_manage": may_manage_programme(request.membership)}
        return render(request, "loyalty/none.html", context)
    cursor = raw_cursor()
    totals = queries.totals(cursor, request.shop_id)
    since = clock.real.now() - timedelta(days=TROUBLE_DAYS)
    context = {
        "programme": found,
        "promise": promise(terms),
        "rules": _rules(terms),
        "tiles": _tiles(totals),
        "accounts": _accounts(totals),
        "has_accounts": totals["accounts"] > 0,
        "troubles": _troubles(queries.troubles(cursor, request.shop_id, terms, since)),
        "may_manage": may_manage_programme(request.membership),
    }
    return render(request, "loyalty/programme.html", context)


@require_http_methods(["GET", "POST"])
def settings(request: ShopRequest) -> HttpResponse:
    """What the programme promises; the first time it begins it."""
    require(may_manage_programme(request.membership))
    found = Programme.objects.filter(shop_id=request.shop_id).first()
    draft = found or Programme(
        shop=request.shop, name=_("Points"), currency=request.shop.currency, is_live=True
    )
    form = ProgrammeForm.of(draft)
    if request.method == "POST":
        form = ProgrammeForm(request.POST, currency=draft.currency)
        if form.is_valid() and _save(request, form, is_new=found is None):
            messages.success(request, _("The programme has begun.") if found is None else _("Saved."))
            return redirect("loyalty", shop_slug=request.shop.slug)
    context = {
        "form": form,
        "programme": found,
        "back": reverse("loyalty", kwargs={"shop_slug": request.shop.slug}),
        "crumbs": [Crumb(_("Loyalty"), reverse("loyalty", kwargs={"shop_slug": request.shop.slug}))],
    }
    return render(request, "loyalty/settings.html", context, status=422 if form.errors else 200)


def _save(request: ShopRequest, form: ProgrammeForm, *, is_new: bool) -> bool:
    deed = services.open_programme if is_new else services.change_programme
    try:
        deed(shop=request.shop_id, now=clock.real.now(), actor=request.user.email, **form.choices())
    except VuelveError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    return True


@require_GET
def statement(request: ShopRequest, customer_id: int) -> HttpResponse:
    """Everything that moved a customer's points, newest first."""
    return _statement(request, CustomerId(customer_id), AdjustForm(initial={"key": str(uuid.uuid4())}))


def _statement(request: ShopRequest, asked: CustomerId, form: AdjustForm) -> HttpResponse:
    cursor = raw_cursor()
    customer = canonical_id(cursor, request.shop_id, asked)
    if customer != asked:
        return redirect("points", shop_slug=request.shop.slug, customer_id=customer)
    row = customer_row(cursor, request.shop_id, customer)
    after = paging.after(request, int)
    lines = queries.statement(
        cursor,
        request.shop_id,
        customer,
        before=min(after[0], queries.NEWEST) if after else queries.NEWEST,
        rows=limits.PAGE_ROWS + 1,
    )
    page = paging.page(request, lines, key=lambda line: (line["seq"],))
    title = row.title or _("Anonymous visitor")
    place = {"shop_slug": request.shop.slug}
    context = {
        "customer": row,
        "title": title,
        "balance": queries.balance(cursor, request.shop_id, customer),
        "page": page,
        "lines": [readable(line) for line in page.rows],
        "form": form,
        "may_adjust": may_adjust_points(request.membership)
        and Programme.objects.filter(shop_id=request.shop_id).exists(),
        "crumbs": [
            Crumb(_("Customers"), reverse("customers", kwargs=place)),
            Crumb(title, reverse("customer", kwargs=place | {"customer_id": customer})),
        ],
    }
    return render(request, "loyalty/statement.html", context, status=422 if form.errors else 200)


@require_POST
def adjust(request: ShopRequest, customer_id: int) -> HttpResponse:
    require(may_adjust_points(request.membership))
    form = AdjustForm(request.POST)
    if not form.is_valid():
        return _statement(request, CustomerId(customer_id), form)
    try:
        posted = services.adjust(
            shop=request.shop_id,
            customer=CustomerId(customer_id),
            points=form.cleaned_data["points"],
            key=f"by-hand:{form.cleaned_data['key']}",
            note=form.cleaned_data["note"],
            actor=request.user.email,
            now=clock.real.now(),
        )
    except VuelveError as error:
        if error.code != "points_insufficient":
            raise
        form.add_error("points", _("The customer has fewer points than that."))
        return _statement(request, CustomerId(customer_id), form)
    _say_balance(request, posted.balance)
    return redirect("points", shop_slug=request.shop.slug, customer_id=customer_id)


@require_POST
def reverse_one(request: ShopRequest, customer_id: int) -> HttpResponse:
    """Undo one transfer by another one."""
    require(may_adjust_points(request.membership))
    of = request.POST.get("of", "").replace("\x00", "")
    posted = services.reverse(
        shop=request.shop_id,
        of=of,
        key=f"undo:{hashlib.sha256(of.encode()).hexdigest()}",  # a key of its own, however long the other one is
        note=_("Reversed by hand"),
        actor=request.user.email,
        now=clock.real.now(),
    )
    _say_balance(request, posted.balance)
    return redirect("points", shop_slug=request.shop.slug, customer_id=customer_id)


def _say_balance(request: ShopRequest, balance: int) -> None:
    messages.success(
        request,
        ngettext("Done. The balance is %(count)s point.", "Done. The balance is %(count)s points.", balance)
        % {"count": formats.number(balance)},
    )


def _tiles(totals: dict[str, int]) -> list[Tile]:
    used = totals["redeemed"] / totals["issued"] if totals["issued"] else 0.0
    return [
        Tile(
            label=_("Points outstanding"),
            value=formats.number(totals["outstanding"]),
            definition=_("What your customers could spend today: your liability, in points."),
            note=ngettext(
                "%(count)s customer holds points", "%(count)s customers hold points", totals["holders"]
            )
            % {"count": formats.number(totals["holders"])},
        ),
        Tile(
            label=_("Pending"),
            value=formats.number(totals["pending"]),
            definition=_("Earned, and not to be spent before the days for returns are over."),
        ),
        Tile(
            label=_("Earned"),
            value=formats.number(totals["issued"]),
            definition=_(
                "All points that orders and journeys have ever earned, before anything was taken back."
            ),
        ),
        Tile(
            label=pgettext("points", "Redeemed"),
            value=formats.number(totals["redeemed"]),
            definition=_("All points that were spent and not given back."),
            note=_("%(share)s of what was earned") % {"share": formats.percent(used)},
        ),
    ]


def _accounts(totals: dict[str, int]) -> list[tuple[str, str, str]]:
    """The programme's own accounts: name, definition, sum. They add up to what is outstanding and pending."""
    rows = [
        (_("Earned"), _("by orders and journeys"), totals["issued"]),
        (_("Adjusted by hand"), _("given less taken"), totals["adjusted"]),
        (pgettext("points", "Redeemed"), _("spent by customers"), -totals["redeemed"]),
        (_("Taken back"), _("for refunds and cancellations"), -totals["withdrawn"]),
        (
            pgettext("points", "Expired"),
            _("by the rules of the programme, or with an erased customer"),
            -totals["expired"],
        ),
    ]
    held = totals["outstanding"] + totals["pending"] - totals["owed"]
    shown = [(name, what, signed(points, plus="")) for name, what, points in rows]
    return [
        *shown,
        (_("Held by customers"), _("to spend and pending, less what is owed"), signed(held, plus="")),
    ]


def _rules(terms: Terms) -> list[str]:
    lines = [promise(terms), expiry(terms)]
    if terms.includes_shipping and terms.includes_tax:
        lines.append(_("Shipping and taxes count."))
    elif terms.includes_shipping:
        lines.append(_("Shipping counts."))
    elif terms.includes_tax:
        lines.append(_("Taxes count."))
    if terms.approval_days:
        lines.append(
            ngettext(
                "Points can be spent after %(count)s day.",
                "Points can be spent after %(count)s days.",
                terms.approval_days,
            )
            % {"count": formats.number(terms.approval_days)}
        )
    lines.append(
        _("The balance may fall below zero after a return.")
        if terms.allows_debt
        else _("The balance stops at zero after a return.")
    )
    return lines


def _troubles(found: dict[str, int]) -> list[str]:
    lines = []
    if found["other_currency"]:
        lines.append(
            ngettext(
                "%(count)s order in another currency earned nothing.",
                "%(count)s orders in other currencies earned nothing.",
                found["other_currency"],
            )
            % {"count": formats.number(found["other_currency"])}
        )
    if found["shortfall"]:
        lines.append(
            ngettext(
                "%(count)s point should have been taken back and was spent already.",
                "%(count)s points should have been taken back and were spent already.",
                found["shortfall"],
            )
            % {"count": formats.number(found["shortfall"])}
        )
    return lines
