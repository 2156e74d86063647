"""Requests of one shop that arrive at once are committed at once.

Most of what a request with one event costs is its transaction. While one thread commits, those that come after it
line up; the next of them takes all that stand there. Nobody waits for more to come, and nobody is answered before the
commit. What fails together is done again one by one, so that no request sees the trouble of another; what had been
committed after all is a duplicate then.
"""

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import connection

from vuelve.events.services import append_api
from vuelve.platform import limits
from vuelve.platform.ids import ShopId

log = structlog.get_logger(__name__)

_Line = tuple[ShopId, bool]  # shop, and whether it is history


@dataclass(slots=True)
class _Request:
    events: str
    rows: int
    is_done: bool = False
    has_failed: bool = False  # with others: to be done again alone


_LOCKS = [threading.Lock() for _ in range(16)]  # one commits at a time of the shops that share a lock
_arriving = threading.Lock()
_lines: defaultdict[_Line, list[_Request]] = defaultdict(list)


def append(*, shop: ShopId, events: str, rows: int, now: datetime, is_history: bool = False) -> int:
    """Append one request's `rows` events as `append_api` does; returns how many were known already.

    Of requests that were committed together one tells the number of all.
    """
    if len(events) > limits.GROUPED_REQUEST_CHARS_MAX or connection.in_atomic_block:
        return rows - append_api(shop=shop, events=events, now=now, is_history=is_history)
    line = (shop, is_history)
    own = _Request(events, rows)
    with _arriving:
        _lines[line].append(own)
    with _LOCKS[shop % len(_LOCKS)]:
        known = 0 if own.is_done else _commit(line, own, now)
    if own.has_failed:
        return rows - append_api(shop=shop, events=events, now=now, is_history=is_history)
    return known


def _commit(line: _Line, own: _Request, now: datetime) -> int:
    """All that stand in line; returns how many of their events were known. Alone, `own` raises what append_api raises."""
    with _arriving:
        group = _lines.pop(line)
    shop, is_history = line
    # Each is a JSON array with something in it.
    events = own.events if len(group) == 1 else "[" + ",".join(each.events[1:-1] for each in group) + "]"
    is_committed = False
    try:
        new = append_api(shop=shop, events=events, now=now, is_history=is_history)
        is_committed = True
    except Exception as error:
        if len(group) == 1:
            raise
        log.warning("requests are committed one by one", requests=len(group), error=str(error).strip()[:200])
        return 0
    finally:
        for each in group:
            each.is_done, each.has_failed = True, not is_committed
    return sum(each.rows for each in group) - new
