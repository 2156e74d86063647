"""The list of messages, and one message as its reader sees it."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from vuelve.channels import queries
from vuelve.channels.contracts import MessageAborted, Rendered, RenderFailed
from vuelve.channels.rendering import render_message
from vuelve.channels.wording import STATUSES, reason_text, status_text
from vuelve.customers.queries import canonical_id, ids_of, titles_of
from vuelve.customers.wording import channel_name, language_name, purpose_name
from vuelve.platform import limits
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, MessageId
from vuelve.platform.ui import paging
from vuelve.platform.ui.components import Crumb
from vuelve.platform.ui.downloads import csv_response
from vuelve.shops.http import ShopRequest

# What a mail may show in the preview: its own styles and pictures, nothing that runs, no form, no frame.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; font-src data:; "
    "frame-ancestors 'self'; sandbox allow-popups"
)


@require_GET
def messages(request: ShopRequest) -> HttpResponseBase:
    """Filtered by the address: status, journey, step, customer."""
    cursor = raw_cursor()
    status = request.GET.get("status", "")
    journey = request.GET.get("journey", "")
    step = request.GET.get("step", "")[:60].replace("\x00", "")
    customer = _number(request.GET.get("customer", ""))
    after = paging.after(request, int)
    is_csv = request.GET.get("download") == "csv"
    rows = queries.list_messages(
        cursor,
        request.shop_id,
        status=status if status in STATUSES else "",
        journey=_number(journey),
        step=step,
        customers=_everything_of(cursor, request, customer) if customer is not None else None,
        after=after[0] if after and not is_csv else None,
        rows=limits.CSV_ROWS_MAX if is_csv else limits.PAGE_ROWS + 1,
    )
    if is_csv:
        return _csv(_lines(request, cursor, rows))
    page = paging.page(request, rows, key=lambda row: (row["id"],))
    origins = registry.message_origins
    context = {
        "page": page,
        "lines": _lines(request, cursor, page.rows),
        "status": status,
        "statuses": [("", _("All states")), *((key, label) for key, (label, _tone) in STATUSES.items())],
        "journey": journey,
        "journeys": [("", _("All journeys")), *(origins.options(cursor, request.shop_id) if origins else ())],
        "step": step,
        "customer": customer,
        "is_filtered": bool(status or journey or step or customer is not None),
    }
    return render(request, "channels/messages.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _everything_of(cursor: Cursor, request: ShopRequest, customer: int) -> list[CustomerId]:
    return ids_of(cursor, request.shop_id, canonical_id(cursor, request.shop_id, CustomerId(customer)))


def _csv(lines: list[dict[str, Any]]) -> HttpResponseBase:
    header = [_("Message"), _("Customer"), _("Channel"), _("State"), _("Reason"), _("Journey"), _("When")]
    body = [
        [
            line["subject"] or line["template_name"],
            line["who"],
            str(line["channel"]),
            str(line["state"]),
            str(line["why"]),
            line["origin"][0] if line["origin"] else "",
            line["queued_at"].isoformat(),
        ]
        for line in lines
    ]
    return csv_response("messages", header, body)


def _lines(request: ShopRequest, cursor: Cursor, rows: Any) -> list[dict[str, Any]]:
    """Each row with names for its customer and its journey: one query each, not one a row."""
    titles = titles_of(cursor, request.shop_id, [row["customer_id"] for row in rows])
    ids = sorted({row["journey_id"] for row in rows if row["journey_id"]})
    origins = registry.message_origins
    links = origins.links(cursor, request.shop_id, ids) if origins and ids else {}
    lines = []
    for row in rows:
        state, tone = status_text(row["status"])
        lines.append(
            row
            | {
                "state": state,
                "tone": tone,
                "why": reason_text(row["reason"]),
                "who": titles.get(row["customer_id"], ""),
                "channel": channel_name(row["channel"]),
                "purpose": purpose_name(row["purpose"]),
                "origin": links.get(row["journey_id"]),
            }
        )
    return lines


@require_GET
def message(request: ShopRequest, message_id: int) -> HttpResponse:
    cursor = raw_cursor()
    row = queries.message(cursor, request.shop_id, MessageId(message_id))
    [line] = _lines(request, cursor, [row])
    rendered, problem = _rendered(request, message_id)
    context = {
        "line": line,
        "rendered": rendered,
        "problem": problem,
        "language": language_name(line["locale"]),
        "is_phone": request.GET.get("width") == "phone",
        "is_text": request.GET.get("part") == "text",
        "crumbs": [Crumb(_("Messages"), reverse("messages", kwargs={"shop_slug": request.shop.slug}))],
    }
    return render(request, "channels/message.html", context)


@require_GET
@xframe_options_sameorigin
def message_body(request: ShopRequest, message_id: int) -> HttpResponse:
    """The HTML alone, for the preview's frame; its policy lets nothing run."""
    queries.message(raw_cursor(), request.shop_id, MessageId(message_id))
    rendered, problem = _rendered(request, message_id)
    response = HttpResponse(rendered.html if rendered else problem)
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return response


def _rendered(request: ShopRequest, message_id: int) -> tuple[Rendered | None, str]:
    try:
        return render_message(shop=request.shop_id, message=MessageId(message_id)), ""
    except (RenderFailed, MessageAborted) as error:
        return None, str(error)
