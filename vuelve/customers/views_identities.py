"""Who is who, on a customer's page: where each identifier came from, taking a link back, joining two customers, and
the history of what was said.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vuelve.customers import queries, queries_identities
from vuelve.customers.contracts import Identifier
from vuelve.customers.queries import CustomerRow
from vuelve.customers.queries_identities import Identity
from vuelve.customers.services import separating
from vuelve.customers.wording import channel_name, kind_name, purpose_name
from vuelve.platform import clock, limits
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId
from vuelve.platform.ui import paging
from vuelve.platform.ui.components import Crumb
from vuelve.shops.http import ShopRequest, link
from vuelve.shops.permissions import may_join_customers, require

CANDIDATES_MAX = 8


def identity_section(cursor: Cursor, request: ShopRequest, customer: CustomerId) -> Mapping[str, Any]:
    """The card "Identities" of a customer's page."""
    found = queries_identities.identities(cursor, request.shop_id, customer)
    return {
        "lines": [_line(each) for each in found[: queries_identities.IDENTITIES_MAX]],
        "has_more": len(found) > queries_identities.IDENTITIES_MAX,
        "separations": [
            {
                **row,
                "kind_name": kind_name(row["kind"]),
                "is_here": row["customer_id"] == customer,
                "other": row["owner_value"] if row["customer_id"] == customer else row["value"],
            }
            for row in queries_identities.separations(cursor, request.shop_id, customer)
        ],
        "may_join": may_join_customers(request.membership),
    }


def _line(each: Identity) -> dict[str, Any]:
    if each.owner_id is None:
        origin = (
            _("First seen with %(event)s") % {"event": each.event_name} if each.event_name else _("Its own")
        )
    elif each.claim_rank == 0:
        origin = _("Joined by %(member)s") % {"member": each.claimed_by}
    else:
        origin = _("Seen with %(identifier)s in %(event)s") % {
            "identifier": f"{kind_name(each.owner_kind)} {each.owner_value}",
            "event": each.event_name or _("an event that is no longer kept"),
        }
    return {
        "kind": each.kind,
        "kind_name": kind_name(each.kind),
        "value": each.value,
        "owner": each.owner_id,
        "origin": origin,
        "since": each.since,
        "source": each.event_source or "",
        "message_id": each.message_id or "",
        "separate_label": _("Separate %(value)s") % {"value": each.value},
    }


@require_POST
def separate(request: ShopRequest, customer_id: int) -> HttpResponse:
    """First what would happen, in numbers; with `confirmed`, the deed."""
    require(may_join_customers(request.membership))
    identifier, owner = _named(request)
    shop, now = request.shop_id, clock.real.now()
    if request.POST.get("confirmed"):
        separating.separate(shop=shop, identifier=identifier, owner=owner, actor=request.user.email, now=now)
        messages.success(request, _("Separated. Orders and journeys follow within seconds."))
        return redirect("customer", shop_slug=request.shop.slug, customer_id=customer_id)
    cursor = raw_cursor()
    canonical = queries.canonical_id(cursor, shop, CustomerId(customer_id))
    row = queries.customer_row(cursor, shop, canonical)
    seen = separating.preview(shop=shop, identifier=identifier, owner=owner, now=now)
    into = None if seen.into in (None, *seen.nodes) else seen.into
    context = {
        "customer": row,
        "title": row.title or _("Anonymous visitor"),
        "kind": identifier.kind,
        "kind_name": kind_name(identifier.kind),
        "value": identifier.value,
        "owner": owner,
        "into": _title(cursor, request, into) if into else "",
        "is_nobodys": seen.into is None,
        "rows": [(registry.personal_rows[table].label, count) for table, count in seen.rows.items()],
        "back": link(request, "customer", customer_id=canonical),
        "crumbs": _crumbs(request, row),
    }
    return render(request, "customers/separate.html", context)


@require_POST
def rejoin(request: ShopRequest, customer_id: int) -> HttpResponse:
    require(may_join_customers(request.membership))
    identifier, owner = _named(request)
    separating.rejoin(
        shop=request.shop_id,
        identifier=identifier,
        owner=owner,
        actor=request.user.email,
        now=clock.real.now(),
    )
    messages.success(request, _("Joined again. Orders and journeys follow within seconds."))
    return redirect("customer", shop_slug=request.shop.slug, customer_id=customer_id)


@require_http_methods(["GET", "POST"])
def join(request: ShopRequest, customer_id: int) -> HttpResponse:
    """Look for the other profile of the same person, and join the two."""
    require(may_join_customers(request.membership))
    cursor = raw_cursor()
    canonical = queries.canonical_id(cursor, request.shop_id, CustomerId(customer_id))
    row = queries.customer_row(cursor, request.shop_id, canonical)
    other, refused = request.POST.get("other", ""), ""
    if request.method == "POST" and other.isdecimal() and len(other) < 19:
        try:
            into = separating.merge(
                shop=request.shop_id, customer=canonical, other=CustomerId(int(other)),
                actor=request.user.email, now=clock.real.now(),
            )  # fmt: skip
        except VuelveError as error:
            if error.code != "two_users":
                raise
            refused = _(
                "Both have a user id: two accounts of your store are never one customer. Nothing was changed."
            )
        else:
            messages.success(request, _("Joined. Orders and journeys follow within seconds."))
            return redirect("customer", shop_slug=request.shop.slug, customer_id=into)
    search = request.GET.get("q", "").replace("\x00", "").strip()[: limits.SEARCH_CHARS_MAX]
    found = (
        queries.list_customers(cursor, request.shop_id, search=search, rows=CANDIDATES_MAX + 1)
        if search
        else []
    )
    context = {
        "customer": row,
        "title": row.title or _("Anonymous visitor"),
        "search": search,
        "candidates": [each for each in found if each.id != canonical][:CANDIDATES_MAX],
        "refused": refused,
        "back": link(request, "customer", customer_id=canonical),
        "crumbs": _crumbs(request, row),
    }
    return render(request, "customers/join.html", context, status=409 if refused else 200)


@require_GET
def history(request: ShopRequest, customer_id: int) -> HttpResponse:
    """What was said of a customer and what they decided: when, by which message, from where."""
    cursor, asked = raw_cursor(), CustomerId(customer_id)
    canonical = queries.canonical_id(cursor, request.shop_id, asked)
    if canonical != asked:
        return redirect("customer_history", shop_slug=request.shop.slug, customer_id=canonical)
    row = queries.customer_row(cursor, request.shop_id, canonical)
    trait = request.GET.get("trait", "").replace("\x00", "")[: limits.TRAIT_NAME_CHARS_MAX]
    after = paging.after(request, datetime.fromisoformat, str, str)
    changes = queries_identities.trait_history(
        cursor,
        request.shop_id,
        canonical,
        trait=trait,
        after=(after[0], after[1], after[2]) if after else None,
    )
    page = paging.page(request, changes, key=lambda each: (each.set_at, each.message_id, each.name))
    context = {
        "customer": row,
        "title": row.title or _("Anonymous visitor"),
        "trait": trait,
        "page": page,
        "changes": [(each, _node(each.node_kind, each.node_value)) for each in page.rows],
        "decisions": [
            each
            | {
                "channel": channel_name(each["channel"]),
                "purpose": purpose_name(each["purpose"]),
                "node": _node(each["node_kind"], each["node_value"]),
            }
            for each in queries_identities.consent_history(cursor, request.shop_id, canonical)
        ],
        "back": link(request, "customer", customer_id=canonical),
        "crumbs": _crumbs(request, row),
    }
    return render(request, "customers/history.html", context)


def _node(kind: int | None, value: str | None) -> str:
    return f"{kind_name(kind)} {value}" if value else ""


def _named(request: ShopRequest) -> tuple[Identifier, int]:
    """What a form names. In the body, not in the address: addresses are logged, and an e-mail is personal data."""
    kind, owner = request.POST.get("kind", ""), request.POST.get("owner", "")
    value = request.POST.get("value", "").replace("\x00", "")[: limits.IDENTITY_CHARS_MAX]
    if kind not in {"1", "2", "3", "4"} or not owner.isdecimal() or len(owner) > 18:
        raise not_found("link")
    return Identifier(request.shop_id, int(kind), value), int(owner)


def _title(cursor: Cursor, request: ShopRequest, customer: CustomerId) -> str:
    return queries.customer_row(cursor, request.shop_id, customer).title or _("Anonymous visitor")


def _crumbs(request: ShopRequest, row: CustomerRow) -> list[Crumb]:
    return [
        Crumb(_("Customers"), reverse("customers", kwargs={"shop_slug": request.shop.slug})),
        Crumb(row.title or _("Anonymous visitor"), link(request, "customer", customer_id=row.id)),
    ]
