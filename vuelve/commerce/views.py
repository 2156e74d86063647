"""The list of orders, one order with all that happened to it, and the list of carts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from vuelve.commerce import queries
from vuelve.commerce.outcomes import reason_text
from vuelve.commerce.services import set_cart_abandoned_minutes
from vuelve.commerce.timeline import PAYMENT_STATES
from vuelve.commerce.wording import (
    CART_STATES,
    PAYMENT_TONES,
    REFUND_OUTCOMES,
    STATUSES,
    delivery,
    parcel_status,
)
from vuelve.customers.queries import TimelineEvent, ids_of, titles_of
from vuelve.customers.timeline import entry_of
from vuelve.platform import limits
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.ids import CustomerId
from vuelve.platform.money import Money, to_decimal
from vuelve.platform.ui import paging
from vuelve.platform.ui.components import Crumb, Tab
from vuelve.platform.ui.downloads import csv_response
from vuelve.shops.http import ShopRequest
from vuelve.shops.permissions import may_edit_journeys, require


@require_GET
def orders(request: ShopRequest) -> HttpResponseBase:
    """Filtered by the address: state, or the beginning of an order's number."""
    cursor = raw_cursor()
    search = request.GET.get("q", "").replace("\x00", "").strip()[: limits.SEARCH_CHARS_MAX]
    status = request.GET.get("status", "")
    if search:
        rows = queries.search_orders(cursor, request.shop_id, search.removeprefix("#"), hits=limits.PAGE_ROWS)
        page = paging.page(request, rows, key=lambda row: (row["ordered_at"], row["order_id"]))
    else:
        after = paging.after(request, datetime.fromisoformat, str)
        rows = queries.list_orders(
            cursor,
            request.shop_id,
            status=status if status in STATUSES else "",
            after=(after[0], after[1]) if after else None,
        )
        page = paging.page(request, rows, key=lambda row: (row["ordered_at"], row["order_id"]))
    if request.GET.get("download") == "csv":
        return _orders_csv(cursor, request, search, status if status in STATUSES else "")
    context = {
        "page": page,
        "tabs": _tabs(request, "orders"),
        "lines": _order_lines(request, cursor, page.rows),
        "search": search,
        "status": status,
        "statuses": [("", _("All states")), *((key, label) for key, (label, _tone) in STATUSES.items())],
        "is_filtered": bool(search or status),
    }
    return render(request, "commerce/orders.html", context)


def _orders_csv(cursor: Cursor, request: ShopRequest, search: str, status: str) -> HttpResponseBase:
    """What the list shows, from its first row on; amounts in the currency's units, as spreadsheets want them."""
    if search:
        rows = queries.search_orders(
            cursor, request.shop_id, search.removeprefix("#"), hits=limits.CSV_ROWS_MAX
        )
    else:
        rows = queries.list_orders(cursor, request.shop_id, status=status, rows=limits.CSV_ROWS_MAX)
    header = [_("Order"), _("Customer"), _("State"), _("When"), _("Total"), _("Refunded"), _("Currency")]
    body = [
        [
            line["order_number"] or line["order_id"],
            line["who"],
            str(line["state"][0]),
            line["ordered_at"].isoformat(),
            to_decimal(Money(line["total_minor"], line["currency"])),
            to_decimal(Money(line["refunded_minor"], line["currency"])),
            line["currency"],
        ]
        for line in _order_lines(request, cursor, rows)
    ]
    return csv_response("orders", header, body)


def _order_lines(
    request: ShopRequest, cursor: Cursor, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each order with its customer's name and how far its parcels are: one query each, not one a row."""
    titles = titles_of(cursor, request.shop_id, [row["customer_id"] for row in rows])
    parcels = queries.parcels_of(cursor, request.shop_id, rows) if rows else {}
    return [
        row
        | {
            "state": STATUSES[row["status"]],
            "delivery": delivery(parcels.get(row["order_id"])),
            "who": titles.get(row["customer_id"], ""),
        }
        for row in rows
    ]


@require_GET
def order(request: ShopRequest, order_id: str) -> HttpResponse:
    """What is in the order, and everything that was said about it."""
    cursor = raw_cursor()
    row = queries.order(cursor, request.shop_id, order_id.replace("\x00", ""))
    parts = queries.parts_of(cursor, request.shop_id, row)
    ids = ids_of(cursor, request.shop_id, CustomerId(row["customer_id"]))
    titles = titles_of(cursor, request.shop_id, [row["customer_id"]])
    events = queries.events_of(cursor, request.shop_id, ids, row["order_id"])
    context = {
        "order": row,
        "title": row["order_number"] or row["order_id"],
        "who": titles.get(row["customer_id"]),
        "state": STATUSES[row["status"]],
        "payment_state": _payment_label(row["payment_state"]),
        "net_minor": row["total_minor"] - row["refunded_minor"],
        "items": parts["items"],
        "payments": [each | {"label": _payment_label(each["state"])} for each in parts["payments"]],
        "refunds": [each | {"label": REFUND_OUTCOMES[each["outcome"]]} for each in parts["refunds"]],
        "shipments": _shipments(parts["shipments"], parts["checkpoints"]),
        "entries": [entry_of(TimelineEvent(**event), request.shop.slug) for event in events],
        "rejects": [
            each | {"text": reason_text(each["reason"])}
            for each in queries.rejects_of(cursor, request.shop_id, ids, row["order_id"])
        ],
        "crumbs": [Crumb(_("Orders"), reverse("orders", kwargs={"shop_slug": request.shop.slug}))],
    }
    return render(request, "commerce/order.html", context)


def _payment_label(state: str | None) -> tuple[Any, str] | None:
    return (PAYMENT_STATES[state], PAYMENT_TONES[state]) if state in PAYMENT_STATES else None


def _shipments(
    shipments: Iterable[Mapping[str, Any]], checkpoints: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each parcel with its history, the newest first."""
    said: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in checkpoints:
        label = parcel_status(each["status"], each["milestone"])
        said[each["shipment_id"]].append({**each, "label": label})
    return [
        {
            **shipment,
            "label": parcel_status(shipment["status"], shipment["milestone"]),
            "checkpoints": said[shipment["shipment_id"]],
        }
        for shipment in shipments
    ]


@require_http_methods(["GET", "POST"])
def carts(request: ShopRequest) -> HttpResponse:
    """The list of carts; a POST says after how long one counts as abandoned."""
    if request.method == "POST":
        require(may_edit_journeys(request.membership))
        minutes = request.POST.get("minutes", "")
        set_cart_abandoned_minutes(
            shop=request.shop_id,
            minutes=int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 7 else 0,
            actor=request.user.email,
        )
        messages.success(request, _("Saved."))
        return redirect("carts", shop_slug=request.shop.slug)
    cursor = raw_cursor()
    state = request.GET.get("state", "")
    after = paging.after(request, datetime.fromisoformat, int, str)
    rows = queries.list_carts(
        cursor,
        request.shop_id,
        state=state if state in CART_STATES else "",
        after=(after[0], after[1], after[2]) if after else None,
    )
    page = paging.page(request, rows, key=lambda row: (row["last_at"], row["node_id"], row["cart_id"]))
    titles = titles_of(cursor, request.shop_id, [row["customer_id"] for row in page.rows])
    context = {
        "page": page,
        "tabs": _tabs(request, "carts"),
        "lines": [
            row | {"label": CART_STATES[row["state"]], "who": titles.get(row["customer_id"], "")}
            for row in page.rows
        ],
        "state": state,
        "states": [("", _("All states")), *((key, label) for key, (label, _tone) in CART_STATES.items())],
        "minutes": queries.cart_abandoned_minutes(cursor, request.shop_id),
        "may_edit": may_edit_journeys(request.membership),
    }
    return render(request, "commerce/carts.html", context)


def _tabs(request: ShopRequest, current: str) -> list[Tab]:
    return [
        Tab(label, reverse(name, kwargs={"shop_slug": request.shop.slug}), is_current=name == current)
        for name, label in (("orders", _("Orders")), ("carts", _("Carts")))
    ]
