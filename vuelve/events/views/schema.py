"""What is in the events: every name that was seen, and the properties of one of them."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from vuelve.events import masking, services
from vuelve.events.contracts import Kind
from vuelve.events.queries import schema as queries
from vuelve.events.queries.schema import Missing, SchemaName, SchemaProperty
from vuelve.events.wording import KINDS, TYPES
from vuelve.platform import jobs, limits
from vuelve.platform.clock import real
from vuelve.platform.db import raw_cursor
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Text, ValueType, registry
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import Crumb
from vuelve.platform.ui.downloads import csv_response
from vuelve.shops.http import ShopRequest, segment_url
from vuelve.shops.permissions import may_edit_segments, require
from vuelve.shops.search import fold

EXAMPLES = 3
THINGS = frozenset({"product_id", "sku", "list_id", "promotion_id"})  # with one of these, `name` is a thing's
# Below this share of events without a property, single mistakes are not worth a warning.
WARN_SHARE = 0.001


_SEEN_AS = {
    "texts": ValueType.TEXT,
    "numbers": ValueType.NUMBER,
    "booleans": ValueType.BOOLEAN,
    "times": ValueType.TIME,
}
_READ_AS: Mapping[str, Text] = {
    ValueType.TEXT: TYPES["texts"],
    ValueType.NUMBER: TYPES["numbers"],
    ValueType.MONEY: TYPES["numbers"],
    ValueType.BOOLEAN: TYPES["booleans"],
    ValueType.TIME: TYPES["times"],
}
_REFUSED: Mapping[str, Text] = {
    "promoted_type": gettext_lazy("Conditions read this property as another type already."),
    "promoted_limit": gettext_lazy("Conditions use as many event properties as they may."),
    "invalid_choice": gettext_lazy("Choose one of the list."),
}
SEGMENT_DAYS = 30  # of the segment that the page offers to make


@require_safe
def names(request: ShopRequest) -> HttpResponseBase:
    """Every event name of the shop."""
    found = queries.all_names(raw_cursor(), request.shop_id, now=real.now())
    search = request.GET.get("q", "").replace("\x00", "").strip()[: limits.SEARCH_CHARS_MAX]
    shown = [name for name in found if fold(search) in fold(name.name)]
    if request.GET.get("download") == "csv":
        return _csv(shown)
    context = {
        "lines": [
            {
                "name": one,
                "kind": KINDS[one.kind],
                "is_track": one.kind == Kind.TRACK,
                "warnings": _warnings(one),
            }
            for one in shown
            if one.name
        ],
        "others": [one for one in shown if not one.name],
        "search": search,
        "names_max": limits.SCHEMA_NAMES_MAX,
        "has_any": bool(found),
        "days": queries.DAYS,
    }
    return render(request, "events/schema.html", context)


def _csv(shown: Sequence[SchemaName]) -> HttpResponseBase:
    header = [
        _("Event"),
        _("Kind"),
        _("First seen"),
        _("Last seen"),
        _("24 hours"),
        _("7 days"),
        _("Properties"),
    ]
    rows = [
        [
            one.name,
            KINDS[one.kind],
            one.first_at.isoformat(),
            one.last_at.isoformat(),
            one.day,
            one.week,
            one.properties,
        ]
        for one in shown
    ]
    return csv_response("event-schema", header, rows)


def _warnings(one: SchemaName) -> list[dict[str, Any]]:
    """What to look at, the worst first."""
    found = [
        {"text": _sentence(missing), "tone": "bad" if missing.is_required else "warn"}
        for missing in sorted(one.missing, key=lambda missing: (not missing.is_required, -missing.share))
        if missing.share >= WARN_SHARE
    ]
    if one.conflicts:
        found.append({"text": _("Some properties come with several types."), "tone": "warn"})
    if one.properties_dropped:
        text = _("It has more than %(most)s properties; the others are not listed.")
        found.append({"text": text % {"most": formats.number(limits.SCHEMA_PROPERTIES_MAX)}, "tone": "warn"})
    return found


def _sentence(missing: Missing) -> str:
    asked = _(" or ").join(missing.entry.split("|"))
    if missing.share >= 1:
        return _("%(property)s is never sent") % {"property": asked}
    digits = 1 if missing.share < 0.1 else 0
    return _("%(property)s is missing in %(share)s") % {
        "property": asked,
        "share": formats.percent(missing.share, digits),
    }


@require_safe
def name(request: ShopRequest) -> HttpResponse:
    """The properties of one event name; `kind` and `name` are in the query, since a name may hold any character."""
    cursor, kind, wanted = raw_cursor(), request.GET.get("kind", "1"), request.GET.get("name", "")
    number = int(kind) if kind in {str(int(one)) for one in Kind} else 0
    asked = wanted.replace("\x00", "")[: limits.EVENT_NAME_CHARS_MAX]
    one = queries.one_name(cursor, request.shop_id, kind=number, name=asked, now=real.now())
    properties = queries.properties_of(cursor, request.shop_id, kind=number, name=asked)
    examples = _examples(queries.newest_payloads(cursor, request.shop_id, kind=number, name=asked))
    is_of_thing = not THINGS.isdisjoint(each.property for each in properties)
    under_way = jobs.under_way(
        [services.confirming(request.shop_id, asked, each.property) for each in properties]
    )
    vocabulary = registry.event_vocabulary.get(asked) if number == Kind.TRACK else None
    context = {
        "name": one,
        "kind": KINDS[one.kind],
        "warnings": _warnings(one),
        "lines": [
            _line(one, each, examples.get(each.property), is_of_thing=is_of_thing)
            | _reading(request, one, each, under_way)
            for each in properties
        ],
        "required": queries.named(vocabulary.required) if vocabulary else (),
        "useful": queries.named(vocabulary.useful) if vocabulary else (),
        "is_known": vocabulary is not None,
        "days": queries.DAYS,
        "segment_url": segment_url(
            request, {"type": "event", "name": asked, "within_days": SEGMENT_DAYS}, name=asked[:120]
        )
        if number == Kind.TRACK and asked
        else "",
        "crumbs": [Crumb(_("Schema"), reverse("data_schema", kwargs={"shop_slug": request.shop.slug}))],
    }
    return render(request, "events/schema_name.html", context)


@require_POST
def confirm_type(request: ShopRequest) -> HttpResponse:
    """As what conditions read a property."""
    require(may_edit_segments(request.membership))
    event, property = (request.POST.get(name, "").replace("\x00", "") for name in ("name", "property"))
    try:
        services.confirm_type(
            shop=request.shop_id,
            event_name=event,
            property=property,
            value_type=request.POST.get("value_type", ""),
            by=request.user.email,
        )
    except VuelveError as error:
        if error.code not in _REFUSED:
            raise
        messages.error(request, str(_REFUSED[error.code]))
    else:
        messages.success(request, _("Conditions will read it so. What is past is being read now."))
    page = reverse("data_schema_name", kwargs={"shop_slug": request.shop.slug})
    return redirect(f"{page}?{urlencode({'kind': int(Kind.TRACK), 'name': event})}")


def _reading(
    request: ShopRequest, one: SchemaName, each: SchemaProperty, under_way: Set[str]
) -> dict[str, Any]:
    """As what conditions read a property, or what it may be confirmed as; the type seen most is suggested."""
    if each.promoted_as:
        return {"read_as": _READ_AS[each.promoted_as], "apart": each.apart()}
    if services.confirming(request.shop_id, one.name, each.property) in under_way:
        return {"is_being_read": True}
    may = one.kind == Kind.TRACK and one.name and may_edit_segments(request.membership)
    seen = [_SEEN_AS[kind] for kind in each.types() if kind in _SEEN_AS]
    if not may or not seen:
        return {}
    return {"choices": [(str(kind), _READ_AS[kind], kind == seen[0]) for kind in services.CONFIRMABLE]}


def _line(
    one: SchemaName, each: SchemaProperty, seen: "Counter[str] | None", *, is_of_thing: bool
) -> dict[str, Any]:
    filled = each.filled()
    share = filled / one.sampled if one.sampled else 0.0
    types = each.types()
    return {
        "property": each,
        "share": min(share, 1.0),
        "percent": round(min(share, 1.0) * 100),
        "types": [
            {"label": TYPES[kind], "share": each.counts[kind] / filled if len(types) > 1 else None}
            for kind in types
        ],
        "is_conflict": len(types) > 1,
        "examples": [text for text, _n in seen.most_common(EXAMPLES)] if seen else [],
        "different": len(seen) if seen else 0,
        "is_personal": masking.is_personal(each.property, is_of_thing=is_of_thing),
    }


def _examples(payloads: Sequence[str]) -> dict[str, "Counter[str]"]:
    """How often each property had which value in the newest events, with what is somebody's covered."""
    found: dict[str, Counter[str]] = {}
    for text in payloads:
        try:
            payload = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, ValueError):
            continue
        if not isinstance(payload, dict):
            continue
        for property, value in payload.items():
            if value not in (None, ""):
                shown = masking.example(property, value, is_of_thing=not THINGS.isdisjoint(payload))
                found.setdefault(property, Counter())[shown] += 1
    return found
