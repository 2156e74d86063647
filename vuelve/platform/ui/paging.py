"""Keyset paging: the address carries the key of the last row shown, so page 1,000 costs what page 1 does.

after = paging.after(request, datetime.fromisoformat, int)      # None on the first page
rows = queries.customers(..., after=after, limit=limits.PAGE_ROWS + 1)
page = paging.page(request, rows, key=lambda row: (row.last_seen_at, row.id))
# template: {% pager page %}
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.http import HttpRequest

from vuelve.platform import limits

Row = TypeVar("Row")
PARAMETER = "after"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    next_url: str  # '' on the last page
    first_url: str  # '' on the first one


def after(request: HttpRequest, *parse: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """The key to continue after, each part parsed; None for the first page, also if the address was tampered with."""
    token = request.GET.get(PARAMETER, "")
    if not token or len(token) > 1_000:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if not isinstance(parts, list) or len(parts) != len(parse):
            return None
        return tuple(read(part) for read, part in zip(parse, parts, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None


def page(
    request: HttpRequest,
    rows: Sequence[Row],
    *,
    key: Callable[[Row], tuple[Any, ...]],
    limit: int = limits.PAGE_ROWS,
) -> Page[Row]:
    """A page of at most `limit` rows; `rows` holds one more if there is a next page."""
    shown = rows[:limit]
    next_url = ""
    if len(rows) > limit:
        next_url = _url(request, token(key(shown[-1])))
    return Page(
        rows=shown, next_url=next_url, first_url=_url(request, "") if PARAMETER in request.GET else ""
    )


def token(key: tuple[Any, ...]) -> str:
    """How an address carries a key."""
    parts = [part.isoformat() if isinstance(part, datetime | date) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _url(request: HttpRequest, token: str) -> str:
    query = request.GET.copy()
    query.pop(PARAMETER, None)
    if token:
        query[PARAMETER] = token
    return f"{request.path}?{query.urlencode()}" if query else request.path
