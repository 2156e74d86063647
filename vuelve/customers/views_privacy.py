"""Data about people: a copy, an erasure with its report, and for how long the shop keeps what."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vuelve.customers import queries, queries_privacy
from vuelve.customers.retention import chosen_days
from vuelve.customers.services import disclosing, erasing
from vuelve.platform import clock, limits
from vuelve.platform.db import raw_cursor
from vuelve.platform.extension import RetentionRule, Text, registry
from vuelve.platform.ids import CustomerId
from vuelve.platform.ui import paging
from vuelve.platform.ui.components import Crumb, Tone
from vuelve.platform.ui.formats import number
from vuelve.shops.http import ShopRequest
from vuelve.shops.permissions import may_manage_privacy, require
from vuelve.shops.queries import retention
from vuelve.shops.services import set_retention

COPY_BYTES_IN_MEMORY = 4 * 1024 * 1024
FOR_GOOD = "0"  # the choice of a form: never

STATES: dict[str, tuple[Text, Tone]] = {
    "requested": (gettext_lazy("Requested"), "info"),
    "erasing": (gettext_lazy("Erasing"), "info"),
    "verifying": (gettext_lazy("Verifying"), "info"),
    "finished": (gettext_lazy("Done"), "good"),
}
KINDS: dict[str, Text] = {"erasure": gettext_lazy("Erasure"), "export": gettext_lazy("Copy of the data")}
CHANNELS: dict[str, Text] = {
    "api": gettext_lazy("through the API"),
    "cli": gettext_lazy("on the command line"),
    "shopify": gettext_lazy("through Shopify"),
}


# --- one customer -------------------------------------------------------------------------------------------------


@require_POST
def export_customer(request: ShopRequest, customer_id: int) -> HttpResponseBase:
    """The copy as a ZIP file; what has been asked for about this customer counts as answered."""
    require(may_manage_privacy(request.membership))
    copy = SpooledTemporaryFile(max_size=COPY_BYTES_IN_MEMORY)  # noqa: SIM115 - the response closes it
    disclosing.export_zip(
        shop=request.shop_id,
        customer=CustomerId(customer_id),
        by=request.user.email,
        now=clock.real.now(),
        into=copy,
    )
    copy.seek(0)
    name = f"{slugify(request.shop.slug)}-customer-{customer_id}.zip"
    return FileResponse(copy, as_attachment=True, filename=name, content_type="application/zip")


@require_http_methods(["GET", "POST"])
def erase_customer(request: ShopRequest, customer_id: int) -> HttpResponse:
    """What goes and what stays, in numbers; the erasure begins once the name has been typed."""
    require(may_manage_privacy(request.membership))
    cursor = raw_cursor()
    canonical = queries.canonical_id(cursor, request.shop_id, CustomerId(customer_id))
    row = queries.customer_row(cursor, request.shop_id, canonical)
    word = row.title or str(canonical)
    typed = request.POST.get("confirm", "").replace("\x00", "")[:300]
    if request.method == "POST" and _same(typed, word):
        erasure = erasing.request_erasure(
            shop=request.shop_id, customer=canonical, requested_by=request.user.email, now=clock.real.now()
        )
        return redirect("erasure", shop_slug=request.shop.slug, erasure_id=erasure)
    person = disclosing.person_of(cursor, request.shop_id, canonical)
    goes, stays = queries_privacy.known_rows(erasing.preview(cursor, person))
    address = reverse("customer", kwargs={"shop_slug": request.shop.slug, "customer_id": canonical})
    context = {
        "customer": row,
        "word": word,
        "goes": goes,
        "stays": stays,
        "is_mistyped": request.method == "POST",
        "back": address,
        "crumbs": [
            Crumb(_("Customers"), reverse("customers", kwargs={"shop_slug": request.shop.slug})),
            Crumb(row.title or _("Anonymous visitor"), address),
        ],
    }
    return render(request, "customers/erase.html", context, status=422 if context["is_mistyped"] else 200)


def _same(typed: str, word: str) -> bool:
    return re.sub(r"\s+", " ", typed).strip().casefold() == re.sub(r"\s+", " ", word).strip().casefold()


# --- the section of "Data" -----------------------------------------------------------------------------------------


@require_GET
def privacy(request: ShopRequest) -> HttpResponse:
    """Requests, and retention; with `preview`, how much the chosen retention would remove."""
    cursor = raw_cursor()
    after = paging.after(request, datetime.fromisoformat, str, int)
    rows = queries_privacy.requests(
        cursor, request.shop_id, after=(after[0], after[1], after[2]) if after else None
    )
    page = paging.page(request, rows, key=lambda row: (row.requested_at, row.kind, row.id))
    is_preview = "preview" in request.GET
    context = {
        "page": page,
        "lines": [_line(row) for row in page.rows],
        "rules": [_rule(request, rule, is_preview) for rule in _rules()],
        "is_preview": is_preview,
        "may_manage": may_manage_privacy(request.membership),
    }
    return render(request, "customers/privacy.html", context)


def _rules() -> list[RetentionRule]:
    return sorted(registry.retention, key=lambda rule: rule.order)


def _line(row: queries_privacy.Request) -> dict[str, Any]:
    state, tone = STATES[row.state]
    is_doubtful = row.kind == "erasure" and row.state == "finished" and not row.is_clean
    return {
        "request": row,
        "kind": KINDS[row.kind],
        "state": _("Traces found") if is_doubtful else state,
        "tone": "warn" if is_doubtful else tone,
        "by": CHANNELS.get(row.requested_by, row.requested_by),
    }


def _rule(request: ShopRequest, rule: RetentionRule, is_preview: bool) -> dict[str, Any]:
    kept = chosen_days(rule, retention(request.shop_id))
    wanted = _read(rule, request.GET, kept) if is_preview else kept
    shown: dict[str, Any] = {
        "key": rule.key,
        "label": rule.label,
        "help": rule.help,
        "value": str(wanted or FOR_GOOD),
        "choices": [(str(days or FOR_GOOD), _days(days)) for days in _choices(rule)],
        "is_changed": wanted != kept,
        "removed": "",
    }
    if is_preview and wanted is not None:
        before = clock.real.now() - timedelta(days=wanted)
        most = limits.RETENTION_COUNT_ROWS_MAX
        rows = rule.count(raw_cursor(), request.shop_id, before, most)
        more = _("more than %(rows)s") % {"rows": number(most)} if rows >= most else number(rows)
        shown["removed"] = _("Removes now: %(rows)s") % {"rows": more}
    return shown


def _choices(rule: RetentionRule) -> list[int | None]:
    return [*rule.days, *([None] if rule.days_default is None else [])]


def _days(days: int | None) -> str:
    if days is None:
        return _("for good")
    if days >= 365 and days % 365 == 0:
        return ngettext("%(shown)s year", "%(shown)s years", days // 365) % {"shown": number(days // 365)}
    return ngettext("%(shown)s day", "%(shown)s days", days) % {"shown": number(days)}


def _read(rule: RetentionRule, data: Mapping[str, Any], kept: int | None) -> int | None:
    """What a form says; what it does not offer is as if it had not been said."""
    offered = {str(days or FOR_GOOD): days for days in _choices(rule)}
    return offered.get(str(data.get(rule.key, "")), kept)


@require_POST
def save_retention(request: ShopRequest) -> HttpResponse:
    require(may_manage_privacy(request.membership))
    chosen = retention(request.shop_id)
    days = {rule.key: _read(rule, request.POST, chosen_days(rule, chosen)) for rule in _rules()}
    set_retention(shop=request.shop_id, days=days, actor=request.user.email)
    messages.success(request, _("Saved. What is older is removed bit by bit, from the next hour on."))
    return redirect("privacy", shop_slug=request.shop.slug)


@require_GET
def erasure(request: ShopRequest, erasure_id: int) -> HttpResponse:
    """The report; `?download=json` as a file."""
    report = queries_privacy.report(raw_cursor(), request.shop_id, erasure_id)
    if request.GET.get("download") == "json":
        return HttpResponse(
            json.dumps(report.as_json(), indent=2),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="erasure-{report.id}.json"'},
        )
    goes, stays = queries_privacy.known_rows(report.counts)
    state, tone = STATES[report.state]
    tables = report.verification.get("tables", {})
    context = {
        "report": report,
        "state": state,
        "tone": tone,
        "by": CHANNELS.get(report.requested_by, report.requested_by),
        "goes": goes,
        "stays": stays,
        "all_rows": sum(report.counts.values()),
        "columns": len(report.verification.get("rows_by_id", {})),
        "tables": len(tables),
        "searched": sum(each["rows"] for each in tables.values()),
        "partly": [table for table, each in tables.items() if not each["is_complete"]],
        "traces": [
            (f"{table}.{column}", rows)
            for table, each in tables.items()
            for column, rows in each["hits"].items()
        ],
        "crumbs": [Crumb(_("Privacy"), reverse("privacy", kwargs={"shop_slug": request.shop.slug}))],
    }
    return render(request, "customers/erasure.html", context)
