"""The builder: a condition is put together part by part, and each change shows whom it finds."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vuelve.customers.queries import titles_of
from vuelve.platform import clock
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.extension import ConditionKind, InputKind, registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui.components import Crumb
from vuelve.segments import services
from vuelve.segments.builder import drafts, filling, showing, suggestions
from vuelve.segments.builder.drafts import Draft
from vuelve.segments.models import Segment
from vuelve.segments.queries import segments_of, version_of
from vuelve.segments.tree import check_tree, parsed
from vuelve.segments.wording import said, wrong
from vuelve.shops.http import ShopRequest
from vuelve.shops.permissions import may_edit_segments, require

TREE_PARAMETER = "tree"
BEGINNING = Draft("all", below=(Draft("event", {"name": "", "count.op": "gte", "count.value": "1"}),))


def offered() -> dict[str, ConditionKind]:
    """The kinds that have a form, by their names in the tree."""
    return {key: kind for key, kind in registry.conditions.items() if filling.inputs_of(kind)}


@require_http_methods(["GET", "POST"])
def new(request: ShopRequest) -> HttpResponse:
    """`?tree=` begins with a condition from another page."""
    require(may_edit_segments(request.membership))
    if request.method == "POST":
        return _save(request, None)
    return _page(request, None, _asked_for(request), name=request.GET.get("name", "")[:120])


@require_http_methods(["GET", "POST"])
def edit(request: ShopRequest, segment_id: int) -> HttpResponse:
    require(may_edit_segments(request.membership))
    segment = _segment(request, segment_id)
    if request.method == "POST":
        return _save(request, segment)
    version = version_of(segment)
    if version is None:
        raise not_found("condition")
    draft = filling.draft_of(version.tree, registry.conditions)
    return _page(request, segment, draft, name=segment.name, description=segment.description)


@require_POST
def build(request: ShopRequest) -> HttpResponse:
    """One act on the draft that the form holds; answers with the drawn draft."""
    require(may_edit_segments(request.membership))
    draft = drafts.read(_form(request))
    act, _colon, what = request.POST.get("act", "").partition(":")
    changed, context = _acted(request, draft, act, what)
    response = render(request, "segments/builder/tree.html", _drawn(request, changed) | context)
    response["HX-Trigger-After-Settle"] = "builder-changed"
    return response


@require_POST
def preview(request: ShopRequest) -> HttpResponse:
    """Whom the draft finds now: a count, some of them, the sentence; or what is wrong and where."""
    require(may_edit_segments(request.membership))
    tree, paths = filling.tree_of(drafts.read(_form(request)), registry.conditions)
    try:
        found = services.preview(shop=request.shop_id, tree=tree, now=clock.real.now())
    except VuelveError as error:
        context: dict[str, Any] = {"error": wrong(error), "at": filling.field_of(error.field or "", paths)}
        return render(request, "segments/builder/preview.html", context)
    titles = titles_of(raw_cursor(), request.shop_id, [CustomerId(each) for each in found.sample])
    context = {
        "found": found,
        "share": found.count / found.customers_total if found.customers_total else 0,
        "sample": [(each, titles.get(CustomerId(each), "")) for each in found.sample],
        "sentence": said(tree),
    }
    return render(request, "segments/builder/preview.html", context)


def _acted(request: ShopRequest, draft: Draft, act: str, what: str) -> tuple[Draft, dict[str, Any]]:
    """`add:t.0`, `group:t`, `remove:t.1`, `where:t.0.where:1`, `unwhere:t.0.where:1`, `undo`; anything else draws anew."""
    if act == "add":
        kind = offered().get(request.POST.get(f"add.{what}", ""))
        if kind is not None:
            leaf = filling.new_leaf(kind, {"currency": request.shop.currency})
            changed = drafts.added(draft, what, leaf)
            group = drafts.at_path(changed, what)
            return changed, {"focus": f"{what}.{len(group.below) - 1}"} if group else {}
    if act == "group":
        return drafts.added(draft, what, Draft("any")), {}
    if act == "remove":
        return drafts.removed(draft, what), {"undo": drafts.as_text(draft)}
    if act in ("where", "unwhere"):
        return _where(draft, act, what), {}
    if act == "undo":
        return drafts.from_text(request.POST.get("undo", "")) or draft, {}
    return draft, {}


def _where(draft: Draft, act: str, what: str) -> Draft:
    at, _colon, number = what.partition(":")
    path, _dot, name = at.rpartition(".")
    node = drafts.at_path(draft, path)
    if node is None or node.is_group or not number.isdecimal():
        return draft
    if len(number) > len(str(filling.WHERE_MAX)) or int(number) >= filling.WHERE_MAX:
        return draft
    prefix = f"{name}.{int(number)}."
    fields = {key: value for key, value in node.fields.items() if not key.startswith(prefix)}
    if act == "where":
        fields |= {f"{prefix}property": "", f"{prefix}op": "is", f"{prefix}value_type": "text"}
    return drafts.with_node(draft, path, Draft(node.kind, fields))


def _save(request: ShopRequest, segment: Segment | None) -> HttpResponse:
    draft = drafts.read(_form(request))
    tree, paths = filling.tree_of(draft, registry.conditions)
    name, description = request.POST.get("name", ""), request.POST.get("description", "")
    by, now = request.user.email, clock.real.now()
    try:
        if segment is None:
            saved = services.create(
                shop=request.shop_id, name=name, tree=tree, by=by, now=now, description=description
            )
        else:
            version = request.POST.get("version", "")
            saved = services.change(
                shop=request.shop_id, segment_id=segment.pk, by=by, now=now, name=name, description=description,
                tree=tree, version=int(version) if version.isdecimal() and len(version) < 9 else None,
            )  # fmt: skip
    except VuelveError as error:
        at = error.field if error.field == "name" else filling.field_of(error.field or "", paths)
        context = {"error": wrong(error), "at": at}
        return _page(
            request, segment, draft, name=name, description=description, status=error.status, **context
        )
    return redirect("segment", shop_slug=request.shop.slug, segment_id=saved.pk)


def _page(
    request: ShopRequest,
    segment: Segment | None,
    draft: Draft,
    *,
    name: str,
    description: str = "",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    slug = request.shop.slug
    crumbs = [Crumb(_("Segments"), reverse("segments", kwargs={"shop_slug": slug}))]
    back = crumbs[0].href
    if segment is not None:
        back = reverse("segment", kwargs={"shop_slug": slug, "segment_id": segment.pk})
        crumbs.append(Crumb(segment.name, back))
    context = {"segment": segment, "name": name, "description": description, "crumbs": crumbs, "back": back}
    return render(
        request,
        "segments/builder/page.html",
        _drawn(request, draft, segment) | context | more,
        status=status,
    )


def _drawn(request: ShopRequest, draft: Draft, segment: Segment | None = None) -> dict[str, Any]:
    cursor = raw_cursor()
    segments = segments_of(request.shop_id).order_by("name").values_list("pk", "name")
    own = segment.pk if segment else request.POST.get("segment", "")
    offered_here = {
        InputKind.SEGMENT: [(str(pk), name) for pk, name in segments if str(pk) != str(own)],
        InputKind.JOURNEY: _journeys(cursor, request.shop_id),
    }
    kinds = offered()
    return {
        "node": showing.node_of(draft, kinds, offered_here),
        "kinds": [(key, kind.label) for key, kind in kinds.items()],
        "groups": showing.GROUP_WORDS.items(),
        "suggestions": showing.context_of(
            suggestions.lists(cursor, request.shop_id, filling.events_of(draft), request.shop.currency)
        ),
        "segment": segment,
    }


def _journeys(cursor: Cursor, shop: ShopId) -> list[tuple[str, str]]:
    origins = registry.message_origins
    return [] if origins is None else [(str(number), name) for number, name in origins.options(cursor, shop)]


def _asked_for(request: HttpRequest) -> Draft:
    """The condition that an address brings along; what is none of ours is passed over: an address is no form."""
    text = request.GET.get(TREE_PARAMETER, "")
    if not text:
        return BEGINNING
    try:
        tree = parsed(text)
        check_tree(tree, offered(), TREE_PARAMETER)
        return filling.draft_of(tree, offered())
    except (VuelveError, ValueError, RecursionError):
        return BEGINNING


def _form(request: HttpRequest) -> Mapping[str, str]:
    return request.POST.dict()


def _segment(request: ShopRequest, segment_id: int) -> Segment:
    found = segments_of(request.shop_id).filter(pk=segment_id).first()
    if found is None:
        raise not_found("segment")
    return found
