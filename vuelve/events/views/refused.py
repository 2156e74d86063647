"""What was refused and why: at the door, by a consumer, or without an effect."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from vuelve.events import masking
from vuelve.events.queries import refused as queries
from vuelve.events.queries.fates import label_of
from vuelve.events.queries.refused import RefusedEvent
from vuelve.events.services import ask_to_take_again
from vuelve.events.wording import refusal
from vuelve.platform import limits
from vuelve.platform.clock import real
from vuelve.platform.db import raw_cursor
from vuelve.platform.extension import registry
from vuelve.platform.ui import formats, paging
from vuelve.platform.ui.components import Tab
from vuelve.platform.ui.downloads import csv_response
from vuelve.shops.http import ShopRequest
from vuelve.shops.permissions import may_see_payloads, may_try_events_again, require
from vuelve.shops.services import audit

CSV_ROWS_MAX = limits.REJECTS_PER_SHOP_MAX


@require_safe
def refused(request: ShopRequest) -> HttpResponseBase:
    """Events that were refused at the door in the last REJECT_DAYS."""
    cursor, now = raw_cursor(), real.now()
    code, source, name = (_text(request, each) for each in ("code", "source", "name"))
    if request.GET.get("download") == "csv":
        rows = queries.refused(
            cursor, request.shop_id, now=now, code=code, source=source, name=name, rows=CSV_ROWS_MAX
        )
        return _csv(request, rows)
    after = paging.after(request, int)
    rows = queries.refused(
        cursor,
        request.shop_id,
        now=now,
        code=code,
        source=source,
        name=name,
        after=after[0] if after else None,
    )
    page = paging.page(request, rows, key=lambda row: (row.id,))
    found = queries.codes(cursor, request.shop_id, now=now)
    context = {
        "page": page,
        "lines": [_line(request, row) for row in page.rows],
        "codes": [
            {"code": one, "refusal": refusal(one.code), "is_current": one.code == code} for one in found
        ],
        "tabs": _tabs(request, "data_refused", sum(one.events for one in found)),
        "code": code or "",
        "source": source or "",
        "name": name or "",
        "is_filtered": bool(code or source or name),
        "is_readable": may_see_payloads(request.membership),
        "days": limits.REJECT_DAYS,
    }
    return render(request, "events/refused.html", context)


@require_safe
def set_aside(request: ShopRequest) -> HttpResponse:
    """Events that a consumer failed on again and again."""
    rows = queries.set_aside(raw_cursor(), request.shop_id)
    show = str if may_see_payloads(request.membership) else masking.kind_of_error
    labels = {consumer.name: label_of(consumer) for consumer in registry.consumers}
    context = {
        "lines": [
            {"event": row, "label": labels.get(row.consumer, row.consumer), "error": show(row.error)}
            for row in rows
        ],
        "tabs": _tabs(request, "data_set_aside", None),
        "may_retry": may_try_events_again(request.membership),
    }
    return render(request, "events/set_aside.html", context)


@require_POST
def take_again(request: ShopRequest) -> HttpResponse:
    """Give a set-aside event to its consumer once more."""
    require(may_try_events_again(request.membership))
    consumer, seq = request.POST.get("consumer", ""), request.POST.get("seq", "")
    number = int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 19 else 0
    ask_to_take_again(shop=request.shop_id, consumer=consumer, seq=number)
    audit(
        shop=request.shop_id,
        actor=request.user.email,
        action="Event Tried Again",
        target=consumer,
        detail={"seq": number},
    )
    messages.success(request, _("It is being tried again. If it works, it goes from this list."))
    return redirect("data_set_aside", shop_slug=request.shop.slug)


@require_safe
def without_effect(request: ShopRequest) -> HttpResponse:
    """Events that are in the log and that a package could not make anything of."""
    rows = queries.without_effect(raw_cursor(), request.shop_id, now=real.now())
    context = {
        "lines": rows,
        "tabs": _tabs(request, "data_without_effect", None),
        "days": limits.REJECT_DAYS,
        "most": queries.SIDE_ROWS,
    }
    return render(request, "events/without_effect.html", context)


def _text(request: ShopRequest, name: str) -> str | None:
    return request.GET.get(name, "").replace("\x00", "").strip()[: limits.IDENTITY_CHARS_MAX] or None


def _tabs(request: ShopRequest, current: str, refused: int | None) -> list[Tab]:
    def tab(name: str, label: str) -> Tab:
        return Tab(label, reverse(name, kwargs={"shop_slug": request.shop.slug}), is_current=name == current)

    return [
        tab("data_refused", _("Refused")),
        tab("data_set_aside", _("Set aside")),
        tab("data_without_effect", _("Without effect")),
    ]


def _line(request: ShopRequest, row: RefusedEvent) -> dict[str, Any]:
    is_readable = may_see_payloads(request.membership)
    return {
        "event": row,
        "refusal": refusal(row.code),
        "said": row.message if is_readable else "",
        "excerpt": _excerpt(row) if is_readable else masking.shape(row.excerpt),
        "is_cut": row.bytes > limits.REJECT_EXCERPT_BYTES_MAX,
        "bytes": ngettext("%(bytes)s byte", "%(bytes)s bytes", row.bytes)
        % {"bytes": formats.number(row.bytes)},
    }


def _excerpt(row: RefusedEvent) -> str:
    return row.excerpt if row.bytes > limits.REJECT_EXCERPT_BYTES_MAX else masking.pretty(row.excerpt)


def _csv(request: ShopRequest, rows: Sequence[RefusedEvent]) -> HttpResponseBase:
    header = [_("When"), _("Source"), _("Code"), _("Field"), _("Event"), _("Place in the batch"), _("Bytes")]
    is_readable = may_see_payloads(request.membership)
    body = [
        [
            row.received_at.isoformat(),
            row.source,
            row.code,
            row.field,
            row.event_name,
            row.batch_index,
            row.bytes,
            *((row.message, row.excerpt) if is_readable else ()),
        ]
        for row in rows
    ]
    return csv_response(
        "refused-events", [*header, *((_("Message"), _("Sent")) if is_readable else ())], body
    )
