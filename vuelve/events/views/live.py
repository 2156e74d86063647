"""The newest events as they arrive, and one event with what became of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from vuelve.events import masking
from vuelve.events.contracts import Kind, Origin
from vuelve.events.queries import live as queries
from vuelve.events.queries import schema
from vuelve.events.queries.fates import fates_of
from vuelve.events.queries.live import EventRow, LiveFilter, Position
from vuelve.events.wording import KINDS, RECORDERS
from vuelve.platform import limits
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.errors import not_found
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId
from vuelve.shops.http import ShopRequest, link
from vuelve.shops.permissions import may_see_payloads

# Between what happened and what arrived. Devices send late when they were offline; past this it is worth a word.
APART = timedelta(seconds=1)
LATE = timedelta(hours=1)
AHEAD = timedelta(seconds=5)
FARTHER = 5  # times as much of the log with each look further back


@require_safe
def live(request: ShopRequest) -> HttpResponse:
    """The newest events that match the address's filter; `before` goes on from a position."""
    cursor = raw_cursor()
    wanted = filter_of(request.GET)
    before = position_of(request.GET.get("before", ""))
    window = _window(request.GET.get("look", ""))
    # Before the rows are read: what comes in between is asked for again. So is what is shown but not settled.
    settled = queries.settled(cursor)
    found = queries.newest(cursor, request.shop_id, wanted, before=before or queries.LAST, window=window)
    context = {
        "lines": lines_of(request, cursor, found.rows),
        "filter": wanted,
        "is_more_open": wanted != LiveFilter(name=wanted.name, who=wanted.who),
        "is_tail": before is None,
        "since": token(settled),
        "older_url": _older(request, found, window),
        "is_further": not found.has_more and found.next is not None,
        "looked_at": window,
        "names": schema.names(cursor, request.shop_id),
        "kinds": [("", _("All kinds")), *((str(int(kind)), label) for kind, label in KINDS.items())],
        "origins": [
            ("", _("Anybody")),
            *((str(int(origin)), label) for origin, label in RECORDERS.items()),
        ],
        "pasts": [("", _("Live and imported")), ("no", _("Live only")), ("yes", _("Imported only"))],
        "past": {None: "", True: "yes", False: "no"}[wanted.historical],
    }
    return render(request, "events/live.html", context)


@require_safe
def live_new(request: ShopRequest) -> HttpResponse:
    """Rows that have come since a position, and those that were not settled then: the page replaces what it has."""
    cursor = raw_cursor()
    position = position_of(request.GET.get("since", "")) or queries.LAST
    settled = queries.settled(cursor)
    found = queries.since(cursor, request.shop_id, filter_of(request.GET), position=position)
    context = {
        "lines": lines_of(request, cursor, found.rows),
        "since": token(max(settled, position)),
        "is_cut": found.has_more or found.low > position,
    }
    return render(request, "events/live_new.html", context)


@require_safe
def event(request: ShopRequest, xid: int, seq: int) -> HttpResponse:
    """One event: a page of its own, or for the list beside it only the panel."""
    cursor = raw_cursor()
    if max(xid, seq) >= 2**63:
        raise not_found("event")
    whole = queries.event_at(cursor, request.shop_id, (xid, seq))
    readable = may_see_payloads(request.membership)
    is_part = request.headers.get("HX-Request") == "true"
    show = masking.pretty if readable else masking.shape
    context = {
        "line": lines_of(request, cursor, [whole])[0],
        "event": whole,
        "kind": KINDS[whole.kind],
        "origin": RECORDERS[whole.origin],
        "is_readable": readable,
        "properties": show(whole.properties),
        "payload": show(whole.context) if whole.context not in (None, "null", "{}") else "",
        "fates": fates_of(cursor, request, whole, is_readable=readable),
        "is_part": is_part,
        "base": "events/part.html" if is_part else "shops/data.html",
    }
    return render(request, "events/event.html", context)


# --- the address ------------------------------------------------------------------------------------------


def filter_of(query: QueryDict) -> LiveFilter:
    """What the address asks for; what makes no sense there asks for nothing."""

    def text(name: str, most: int) -> str | None:
        return query.get(name, "").replace("\x00", "").strip()[:most] or None

    kind, origin, past = query.get("kind", ""), query.get("origin", ""), query.get("past", "")
    return LiveFilter(
        name=text("name", limits.EVENT_NAME_CHARS_MAX),
        kind=int(kind) if kind in {str(int(one)) for one in Kind} else None,
        source=text("source", limits.IDENTITY_CHARS_MAX),
        who=text("who", limits.IDENTITY_CHARS_MAX),
        origin=int(origin) if origin in {str(int(one)) for one in Origin} else None,
        historical={"yes": True, "no": False}.get(past),
    )


def token(position: Position) -> str:
    return f"{position[0]}-{position[1]}"


def position_of(text: str) -> Position | None:
    xid, _dash, seq = text.partition("-")
    if not (xid.isascii() and xid.isdigit() and seq.isascii() and seq.isdigit()) or len(text) > 39:
        return None
    return min((int(xid), int(seq)), queries.LAST)


def _window(text: str) -> int:
    rows = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return min(max(rows, limits.LIVE_WINDOW_ROWS), limits.LIVE_WINDOW_ROWS_MAX)


def _older(request: ShopRequest, found: queries.Found, window: int) -> str:
    if found.next is None:
        return ""
    query = request.GET.copy()
    query["before"] = token(found.next)
    if not found.has_more:
        query["look"] = str(min(window * FARTHER, limits.LIVE_WINDOW_ROWS_MAX))
    return f"{request.path}?{query.urlencode()}"


# --- rows ---------------------------------------------------------------------------------------------------


def lines_of(request: ShopRequest, cursor: Cursor, rows: Sequence[EventRow]) -> list[dict[str, Any]]:
    """Each event with what its row says, two queries for all of them."""
    customers = sorted({row.customer_id for row in rows if row.customer_id is not None})
    titles: dict[CustomerId, str] = {}
    if registry.customer_names is not None and customers:
        titles = dict(registry.customer_names.titles(cursor, request.shop_id, customers))
    return [_line(request, row, titles) for row in rows]


def _line(request: ShopRequest, row: EventRow, titles: dict[CustomerId, str]) -> dict[str, Any]:
    late = row.received_at - row.occurred_at
    customer = row.customer_id
    return {
        "event": row,
        "url": reverse("data_event", kwargs={"shop_slug": request.shop.slug, "xid": row.xid, "seq": row.seq}),
        "kind": "" if row.kind == Kind.TRACK else KINDS[row.kind],
        "said": row.user_id or row.email or row.anonymous_id or "",
        "title": titles.get(customer, "") if customer else "",
        "customer_url": link(request, "customer", customer_id=customer) if customer else "",
        "state": customer or "",
        "is_apart": abs(late) >= APART,
        "late": late if late > LATE and not row.historical and row.origin == Origin.OUTSIDE else None,
        "ahead": -late if -late > AHEAD else None,
    }
