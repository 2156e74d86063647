"""Reads of requests about personal data, for pages and the API."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vuelve.customers.queries import SQL
from vuelve.platform import limits
from vuelve.platform.db import Cursor, fetch_dicts
from vuelve.platform.errors import not_found
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, ShopId


@dataclass(frozen=True, slots=True)
class Request:
    """A line of the list of requests."""

    kind: str  # erasure, export
    id: int
    subject_id: int
    state: str
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    is_clean: bool


@dataclass(frozen=True, slots=True)
class Report:
    """An erasure with its proof. Says nothing of the person."""

    id: int
    subject_id: int
    state: str
    requested_by: str
    requested_at: datetime
    erased_at: datetime | None
    finished_at: datetime | None
    counts: dict[str, int]  # by table
    verification: dict[str, Any]

    @property
    def is_finished(self) -> bool:
        return self.state == "finished"

    @property
    def is_clean(self) -> bool:
        return bool(self.verification.get("is_clean"))

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "customer_id": self.subject_id,
            "state": self.state,
            "requested_by": self.requested_by,
            "requested_at": self.requested_at.isoformat(),
            "erased_at": self.erased_at.isoformat() if self.erased_at else None,
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "rows": self.counts,
            "verification": self.verification,
        }


def requests(
    cursor: Cursor,
    shop: ShopId,
    *,
    after: tuple[datetime, str, int] | None = None,
    rows: int = limits.PAGE_ROWS + 1,
) -> list[Request]:
    at, kind, number = after or (None, None, None)
    cursor.execute(SQL["page_privacy"], {"shop": shop, "at": at, "kind": kind, "id": number, "rows": rows})
    return [Request(**row) for row in fetch_dicts(cursor)]


def report(cursor: Cursor, shop: ShopId, erasure: int) -> Report:
    """Raises VuelveError `not_found`."""
    cursor.execute(
        "SELECT id, subject_id, state, requested_by, requested_at, erased_at, finished_at, counts::text, "
        "verification::text FROM customers_erasure WHERE shop_id = %s AND id = %s",
        [shop, erasure],
    )
    found = fetch_dicts(cursor)
    if not found:
        raise not_found("erasure")
    row = found[0]
    return Report(**row | {name: json.loads(row[name]) for name in ("counts", "verification")})


def erasure_of(cursor: Cursor, shop: ShopId, customer: CustomerId) -> int | None:
    """The erasure that an id without a customer comes from: that of a person, or of what was left behind."""
    row = cursor.execute(
        "SELECT id FROM customers_erasure WHERE shop_id = %(shop)s AND finished_at IS NOT NULL "
        "AND (remains_id = %(id)s OR %(id)s = ANY (subject_ids)) LIMIT 1",
        {"shop": shop, "id": customer},
    ).fetchone()
    return None if row is None else int(row[0])


def known_rows(counts: dict[str, int]) -> tuple[list[tuple[Any, int]], list[tuple[Any, int]]]:
    """(label, rows) of tables that people know by name: what goes, and what stays without the person."""
    shown = [
        (each, counts.get(table, 0)) for table, each in registry.personal_rows.items() if counts.get(table)
    ]
    return (
        [(each.label, rows) for each, rows in shown if not each.stays],
        [(each.label, rows) for each, rows in shown if each.stays],
    )
