"""The list of segments, a segment with its members, and what is done to one."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vuelve.customers.queries import find_customers, titles_of
from vuelve.platform import charts, clock, limits
from vuelve.platform.charts import Chart
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.ui import formats, paging
from vuelve.platform.ui.components import Crumb, Tile
from vuelve.platform.ui.downloads import csv_response
from vuelve.platform.ui.periods import Period, period_of
from vuelve.segments import queries, services
from vuelve.segments.contracts import Kind
from vuelve.segments.forms import UploadForm
from vuelve.segments.models import Segment
from vuelve.segments.tree import Tree
from vuelve.segments.wording import said, wrong
from vuelve.shops.http import ShopRequest
from vuelve.shops.permissions import may_edit_segments, may_export, require

TREND_DAYS = 30
VERSIONS_SHOWN = 20


@require_GET
def segments(request: ShopRequest) -> HttpResponse:
    search = request.GET.get("q", "").replace("\x00", "").strip()[: limits.SEARCH_CHARS_MAX]
    kind = request.GET.get("kind", "")
    found = queries.segments_of(request.shop_id)
    if search:
        found = found.filter(name__icontains=search)
    if kind in list(Kind):
        found = found.filter(kind=kind)
    rows = list(found[: limits.SEGMENTS_MAX])
    trees = queries.trees_of(request.shop_id)
    trends = queries.trends(raw_cursor(), request.shop_id, since=_today(request) - timedelta(days=TREND_DAYS))
    context = {
        "lines": [
            {
                "segment": row,
                "sentence": _sentence(row, trees.get(row.pk)),
                "trend": trends.get(row.pk, []),
                "trend_label": _("Customers in the last 30 days"),
            }
            for row in rows
        ],
        "search": search,
        "kind": kind,
        "kinds": [("", _("All kinds")), (Kind.LIVE.value, _("By condition")), (Kind.LIST.value, _("Lists"))],
        "may_edit": may_edit_segments(request.membership),
    }
    return render(request, "segments/list.html", context)


@require_GET
def segment(request: ShopRequest, segment_id: int) -> HttpResponseBase:
    """`?why=` explains one customer, `?with=` compares with another segment, `?download=csv` hands out the members."""
    cursor = raw_cursor()
    found = _segment(request, segment_id)
    if request.GET.get("download") == "csv":
        return _members_csv(request, cursor, found)
    after = paging.after(request, int)
    rows = queries.page_of_members(
        cursor, request.shop_id, found.pk, after=after[0] if after else None, rows=limits.PAGE_ROWS + 1
    )
    page = paging.page(request, rows, key=lambda row: (row[0],))
    titles = titles_of(cursor, request.shop_id, [row[0] for row in page.rows])
    version = queries.version_of(found)
    tree = version.tree if version else None
    total = queries.count_members(cursor, request.shop_id, found.pk)
    period = period_of(request.GET, now=clock.real.now(), zone=request.shop_zone)
    history = queries.sizes(cursor, request.shop_id, found.pk, since=period.first_day)
    chart = _chart(period, history)
    if chart and (file := charts.download(request, [chart])):
        return file
    context: dict[str, Any] = {
        "chart": chart,
        "segment": found,
        "tree": tree,
        "sentence": _sentence(found, tree),
        "total": total,
        "tiles": _tiles(found, total, history),
        "page": page,
        "lines": [(customer, since, titles.get(customer, "")) for customer, since in page.rows],
        "others": list(
            queries.segments_of(request.shop_id)
            .exclude(pk=found.pk)
            .order_by("name")
            .values_list("pk", "name")
        ),
        "used_by": queries.used_by(found),
        "used_elsewhere": queries.used_elsewhere(cursor, request.shop_id, found.pk),
        "versions": [
            {
                "number": each.number,
                "created_at": each.created_at,
                "created_by": each.created_by,
                "sentence": said(each.tree),
            }
            for each in found.versions.order_by("-number")[:VERSIONS_SHOWN]
        ],
        "copy_name": _("%(name)s (copy)") % {"name": found.name[:100]},
        "crumbs": [Crumb(_("Segments"), reverse("segments", kwargs={"shop_slug": request.shop.slug}))],
        "may_edit": may_edit_segments(request.membership),
        "may_export": may_export(request.membership),
    }
    context |= _compared(request, cursor, found)
    context |= _explained(request, cursor, tree)
    return render(request, "segments/segment.html", context)


@require_http_methods(["GET", "POST"])
def upload(request: ShopRequest) -> HttpResponse:
    require(may_edit_segments(request.membership))
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, unknown = services.upload(
                shop=request.shop_id,
                name=form.cleaned_data["name"],
                ids=form.lines(),
                by=request.user.email,
                now=clock.real.now(),
            )
        except VuelveError as error:
            named = error.field if error.field in form.fields else None
            form.add_error(named, wrong(error))
        else:
            _tell_unknown(request, unknown)
            return redirect("segment", shop_slug=request.shop.slug, segment_id=made.pk)
    back = reverse("segments", kwargs={"shop_slug": request.shop.slug})
    context = {"form": form, "back": back, "crumbs": [Crumb(_("Segments"), back)]}
    return render(request, "segments/upload.html", context, status=400 if form.errors else 200)


@require_POST
def duplicate(request: ShopRequest, segment_id: int) -> HttpResponse:
    require(may_edit_segments(request.membership))
    made = services.duplicate(
        shop=request.shop_id,
        segment_id=segment_id,
        name=request.POST.get("name", ""),
        by=request.user.email,
        now=clock.real.now(),
    )
    return redirect("segment", shop_slug=request.shop.slug, segment_id=made.pk)


@require_POST
def archive(request: ShopRequest, segment_id: int) -> HttpResponse:
    require(may_edit_segments(request.membership))
    try:
        services.archive(
            shop=request.shop_id, segment_id=segment_id, by=request.user.email, now=clock.real.now()
        )
    except VuelveError as error:
        if error.code != "segment_in_use":
            raise
        messages.error(request, wrong(error))
        return redirect("segment", shop_slug=request.shop.slug, segment_id=segment_id)
    messages.success(request, _("The segment is archived."))
    return redirect("segments", shop_slug=request.shop.slug)


@require_POST
def restore(request: ShopRequest, segment_id: int) -> HttpResponse:
    require(may_edit_segments(request.membership))
    number = request.POST.get("number", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 9):
        raise not_found("version")
    services.restore_version(
        shop=request.shop_id,
        segment_id=segment_id,
        number=int(number),
        by=request.user.email,
        now=clock.real.now(),
    )
    messages.success(request, _("The version is in force again."))
    return redirect("segment", shop_slug=request.shop.slug, segment_id=segment_id)


def _segment(request: ShopRequest, segment_id: int) -> Segment:
    found = queries.segments_of(request.shop_id).filter(pk=segment_id).first()
    if found is None:
        raise not_found("segment")
    return found


def _sentence(segment: Segment, tree: Tree | None) -> str:
    return _("A list that was uploaded.") if tree is None else said(tree)


def _tiles(segment: Segment, total: int, history: Sequence[tuple[date, int]]) -> list[Tile]:
    sizes = [size for _day, size in history]
    looked = formats.moment(segment.swept_at) if segment.swept_at else "–"
    return [
        Tile(
            _("Customers"),
            formats.number(total),
            _("Who is in the segment now."),
            spark=sizes if len(sizes) > 1 else (),
        ),
        Tile(
            _("Everyone looked at"),
            looked,
            _("Who does something is looked at at once; everyone again and again, since time passes."),
        ),
    ]


def _chart(period: Period, history: Sequence[tuple[date, int]]) -> Chart | None:
    """The size day by day, `history` being in the order of the days; None before there are two of them to compare."""
    if len(history) < 2:
        return None
    buckets = period.buckets()
    ends = [each.first_day for each in buckets[1:]] + [period.last_day + timedelta(days=1)]
    # A size holds until the next count; of a week the last day counts.
    values = [next((size for day, size in reversed(history) if day < end), 0) for end in ends]
    words = {
        "now": formats.number(history[-1][1]),
        "before": formats.number(history[0][1]),
        "day": formats.day(history[0][0]),
    }
    return charts.bars_over_time(
        key="size",
        title=_("%(now)s customers now, %(before)s on %(day)s") % words,
        units=_("Customers in the segment, by day")
        if period.unit == "day"
        else _("Customers in the segment, by week"),
        period=period,
        series=[charts.Series(_("Customers"), values)],
    )


def _compared(request: ShopRequest, cursor: Cursor, found: Segment) -> Mapping[str, Any]:
    asked = request.GET.get("with", "")
    other = (
        queries.segments_of(request.shop_id).filter(pk=int(asked)).first()
        if asked.isascii() and asked.isdecimal() and len(asked) < 19
        else None
    )
    if other is None:
        return {}
    return {
        "with_id": other.pk,
        "overlap": queries.overlap(cursor, request.shop_id, found.pk, other.pk),
    }


def _explained(request: ShopRequest, cursor: Cursor, tree: Tree | None) -> Mapping[str, Any]:
    asked = request.GET.get("why", "").replace("\x00", "").strip()[: limits.IDENTITY_CHARS_MAX]
    if tree is None or not asked:
        return {}
    known = find_customers(cursor, request.shop_id, [asked])
    customer = known.get(asked)
    if customer is None and asked.isascii() and asked.isdecimal() and len(asked) < 19:
        customer = queries.known_customer(cursor, request.shop_id, int(asked))
    if customer is None:
        return {"why_asked": asked}
    why = services.explain(shop=request.shop_id, tree=tree, customer=customer, now=clock.real.now())
    who = titles_of(cursor, request.shop_id, [customer]).get(customer) or f"#{customer}"
    return {"why_asked": asked, "why": why, "why_who": who}


def _members_csv(request: ShopRequest, cursor: Cursor, found: Segment) -> HttpResponseBase:
    require(may_export(request.membership))
    rows = queries.page_of_members(cursor, request.shop_id, found.pk, after=None, rows=limits.CSV_ROWS_MAX)
    contacts = queries.contacts(cursor, request.shop_id, [row[0] for row in rows])
    header = [_("Customer"), _("User id"), _("E-mail"), _("Phone"), _("Member since")]
    body = [[customer, *contacts.get(customer, ("", "", "")), since.isoformat()] for customer, since in rows]
    return csv_response("segment", header, body)


def _tell_unknown(request: ShopRequest, unknown: int) -> None:
    if not unknown:
        messages.success(request, _("The list is here."))
        return
    text = ngettext("%(count)s line is nobody's.", "%(count)s lines are nobody's.", unknown)
    messages.warning(request, text % {"count": formats.number(unknown)})


def _today(request: ShopRequest) -> date:
    return clock.real.now().astimezone(request.shop_zone).date()
