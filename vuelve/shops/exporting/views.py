"""Data > Exports: choose a table, wait for the file, fetch it."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vuelve.platform import limits
from vuelve.platform.clock import real
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.ui import paging
from vuelve.shops.exporting import services
from vuelve.shops.exporting.writing import Format, Period
from vuelve.shops.http import ShopRequest
from vuelve.shops.models import Export, ExportState
from vuelve.shops.permissions import may_export, require
from vuelve.shops.services import audit

_TONES = {
    ExportState.WAITING: "info",
    ExportState.RUNNING: "info",
    ExportState.DONE: "good",
    ExportState.FAILED: "bad",
    ExportState.GONE: "",
}


@require_GET
def exports(request: ShopRequest) -> HttpResponse:
    """The list is fetched again while an export is under way."""
    after = paging.after(request, int)
    rows = services.recent(request.shop_id)
    rows = rows.filter(pk__lt=after[0]) if after else rows
    page = paging.page(request, list(rows[: limits.PAGE_ROWS + 1]), key=lambda row: (row.pk,))
    allowed = may_export(request.membership)
    context: dict[str, Any] = {
        "page": page,
        "lines": [_line(export, allowed) for export in page.rows],
        "is_moving": any(row.state in (ExportState.WAITING, ExportState.RUNNING) for row in page.rows),
        "tables": registry.exports,
        "formats": [(Format.CSV, _("CSV, for spreadsheets")), (Format.PARQUET, _("Parquet, for data tools"))],
        "may_export": allowed,
        "days": limits.EXPORT_FILE_DAYS,
    }
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, f"shops/exports/{'rows' if is_part else 'list'}.html", context)


def _line(export: Export, is_allowed: bool) -> dict[str, Any]:
    label = next((table.label for table in registry.exports if table.name == export.table), export.table)
    state = ExportState(export.state)
    return {
        "export": export,
        "label": label,
        "state": state.label,
        "tone": _TONES[state],
        "last_day": export.until - timedelta(seconds=1) if export.until else None,
        "is_ready": is_allowed and state == ExportState.DONE and export.expires_at > real.now(),
    }


@require_POST
def create(request: ShopRequest) -> HttpResponse:
    require(may_export(request.membership))
    given = request.POST
    format = Format.PARQUET if given.get("format") == Format.PARQUET else Format.CSV
    try:
        services.request_export(
            shop=request.shop_id,
            table=given.get("table", ""),
            format=format,
            period=Period(_midnight(request, "since", 0), _midnight(request, "until", 1)),
            by=request.user.email,
            now=real.now(),
        )
    except VuelveError as error:
        if error.code != "exports_waiting":
            raise
        messages.error(request, _("Several exports are under way. Wait for one to end."))
    return redirect("exports", shop_slug=request.shop.slug)


def _midnight(request: HttpRequest, name: str, days: int) -> datetime | None:
    """The beginning of a stated day in the shop's zone, or of the day after."""
    try:
        day = parse_date(request.POST.get(name, ""))
    except ValueError:
        return None
    if day is None or not 1970 <= day.year <= 9000:
        return None
    return datetime.combine(day + timedelta(days=days), time(), request.shop_zone)  # type: ignore[attr-defined]


@require_GET
def download(request: ShopRequest, export_id: int) -> HttpResponseBase:
    require(may_export(request.membership))
    export, path = services.file_of(shop=request.shop_id, export_id=export_id, now=real.now())
    audit(
        shop=request.shop_id,
        actor=request.user.email,
        action="Export Downloaded",
        target=export.table,
        detail={"export": export.pk},
    )
    kind = "text/csv; charset=utf-8" if export.format == Format.CSV else "application/vnd.apache.parquet"
    name = f"{request.shop.slug}-{export.table}-{export.created_at:%Y%m%d}.{export.format}"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=kind)
