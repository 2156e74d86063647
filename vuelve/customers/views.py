"""The list of customers, and one customer's page: who they are, what they allowed, what happened."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vuelve.customers import queries, queries_privacy
from vuelve.customers.queries import CustomerRow
from vuelve.customers.timeline import entry_of
from vuelve.customers.views_identities import identity_section
from vuelve.customers.wording import channel_name, country_name, language_name, purpose_name
from vuelve.platform import limits
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.extension import CustomerColumn, registry
from vuelve.platform.ids import CustomerId
from vuelve.platform.ui import formats, paging
from vuelve.platform.ui.components import Crumb, Tile
from vuelve.platform.ui.downloads import csv_response
from vuelve.shops.http import ShopRequest, segment_url
from vuelve.shops.permissions import may_manage_privacy


@require_GET
def customers(request: ShopRequest) -> HttpResponseBase:
    """The list, searched and filtered by the address."""
    cursor = raw_cursor()
    search = request.GET.get("q", "").replace("\x00", "").strip()[: limits.SEARCH_CHARS_MAX]
    country = request.GET.get("country", "")[:2]
    if request.GET.get("download") == "csv":
        return _csv(request, cursor, search, country)
    after = paging.after(request, datetime.fromisoformat, int)
    rows = queries.list_customers(
        cursor,
        request.shop_id,
        search=search,
        country=country,
        after=(after[0], after[1]) if after else None,
    )
    page = paging.page(request, rows, key=lambda row: (row.last_seen_at, row.id))
    context = {
        "page": page,
        "columns": registry.customer_columns,
        "lines": _lines(request, cursor, page.rows),
        "search": search,
        "country": country,
        "countries": [("", _("All countries"))]
        + [(code, country_name(code)) for code in queries.countries(cursor, request.shop_id)],
        "is_filtered": bool(search or country),
        # What was searched for by words is no condition; a country is.
        "segment_url": segment_url(
            request,
            {"type": "trait", "name": "country", "op": "is", "value": country},
            name=country_name(country),
        )
        if country and not search
        else "",
    }
    return render(request, "customers/list.html", context)


def _lines(request: ShopRequest, cursor: Cursor, rows: Iterable[CustomerRow]) -> list[dict[str, Any]]:
    """Each row with the cells that other packages add: one query a column, not one a row."""
    shown = list(rows)
    ids = [row.id for row in shown]
    added = [(column, column.values(cursor, request.shop_id, ids)) for column in registry.customer_columns]
    return [
        {
            "customer": row,
            "country": country_name(row.country),
            "cells": [
                {"value": values.get(row.id, ""), "is_number": column.is_number} for column, values in added
            ],
        }
        for row in shown
    ]


def _csv(request: ShopRequest, cursor: Cursor, search: str, country: str) -> HttpResponseBase:
    rows = queries.list_customers(
        cursor, request.shop_id, search=search, country=country, rows=limits.CSV_ROWS_MAX
    )
    columns: list[CustomerColumn] = registry.customer_columns
    header = [_("Name"), _("E-mail"), _("Phone"), _("User id"), _("Country"), _("First seen"), _("Last seen")]
    body = [
        [
            line["customer"].name,
            line["customer"].email,
            line["customer"].phone,
            line["customer"].user_id,
            line["customer"].country,
            line["customer"].first_seen_at.isoformat(),
            line["customer"].last_seen_at.isoformat(),
            *(cell["value"] for cell in line["cells"]),
        ]
        for line in _lines(request, cursor, rows)
    ]
    return csv_response("customers", [*header, *(str(column.label) for column in columns)], body)


@require_GET
def customer(request: ShopRequest, customer_id: int) -> HttpResponse:
    """One customer; the page of a merged one leads to the one it counts for."""
    cursor, asked = raw_cursor(), CustomerId(customer_id)
    canonical = queries.canonical_id(cursor, request.shop_id, asked)
    if canonical != asked:
        return redirect("customer", shop_slug=request.shop.slug, customer_id=canonical)
    erasure = queries_privacy.erasure_of(cursor, request.shop_id, canonical)
    if erasure is not None:
        return redirect("erasure", shop_slug=request.shop.slug, erasure_id=erasure)
    row = queries.customer_row(cursor, request.shop_id, canonical)
    after = paging.after(request, datetime.fromisoformat, int)
    events = queries.timeline(
        cursor, request.shop_id, canonical, after=(after[0], after[1]) if after else None
    )
    page = paging.page(request, events, key=lambda event: (event.occurred_at, event.seq))
    consents, panels = _consents(cursor, request, canonical), _panels(request, canonical)
    context = {
        "tiles": [*_tiles(row), *(tile for panel in panels for tile in panel.get("tiles", ()))],
        "customer": row,
        "title": row.title or _("Anonymous visitor"),
        "country": country_name(row.country),
        "language": language_name(row.locale),
        "preferred_channel": channel_name(
            queries.preferred_channel(cursor, request.shop_id, canonical) or ""
        ),
        "traits": queries.traits_of(cursor, request.shop_id, canonical),
        "consents": consents,
        "identities": identity_section(cursor, request, canonical),
        "panels": panels,
        "page": page,
        "entries": [entry_of(event, request.shop.slug) for event in page.rows],
        "crumbs": [Crumb(_("Customers"), reverse("customers", kwargs={"shop_slug": request.shop.slug}))],
        "reader_language": get_language(),
        "may_manage_privacy": may_manage_privacy(request.membership),
    }
    return render(request, "customers/customer.html", context)


def _tiles(row: CustomerRow) -> list[Tile]:
    """For the head of the page."""
    return [
        Tile(
            _("Customer since"),
            formats.day(row.first_seen_at),
            _("When this customer was seen for the first time."),
        )
    ]


def _consents(cursor: Cursor, request: ShopRequest, customer: CustomerId) -> list[dict[str, Any]]:
    rows = queries.consents_of(cursor, request.shop_id, customer)
    return [
        row | {"channel": channel_name(row["channel"]), "purpose": purpose_name(row["purpose"])}
        for row in rows
    ]


def _panels(request: ShopRequest, customer: CustomerId) -> list[dict[str, Any]]:
    found = []
    for panel in sorted(registry.customer_panels, key=lambda panel: panel.order):
        context = panel.context(request, request.shop_id, customer)
        if context is not None:
            found.append({"template": panel.template, **context})
    return found
