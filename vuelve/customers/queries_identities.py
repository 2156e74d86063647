"""Reads of who is who and of what was said when, for pages: every datum with where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vuelve.customers.queries import SQL, ids_of
from vuelve.platform import limits
from vuelve.platform.db import Cursor, fetch_dicts
from vuelve.platform.ids import CustomerId, ShopId

IDENTITIES_MAX = 100  # on a page; a till's account may have thousands


@dataclass(frozen=True, slots=True)
class Identity:
    """An identifier, and by what right it is the customer's."""

    kind: int
    value: str
    node_id: int | None
    owner_id: int | None  # None: its own
    owner_kind: int | None
    owner_value: str | None
    claim_rank: int  # 0: by staff
    since: datetime | None
    claimed_by: str
    event_name: str | None
    event_source: str | None
    message_id: str | None


@dataclass(frozen=True, slots=True)
class TraitChange:
    name: str
    value: str | None  # None: taken away
    set_at: datetime
    message_id: str
    source: str
    node_kind: int | None
    node_value: str | None


def identities(cursor: Cursor, shop: ShopId, customer: CustomerId) -> list[Identity]:
    """One more than IDENTITIES_MAX if there are more."""
    cursor.execute(SQL["identities"], {"shop": shop, "customer": customer, "rows": IDENTITIES_MAX + 1})
    return [Identity(**row) for row in fetch_dicts(cursor)]


def separations(cursor: Cursor, shop: ShopId, customer: CustomerId) -> list[Mapping[str, Any]]:
    cursor.execute(SQL["separations"], {"shop": shop, "customer": customer, "rows": IDENTITIES_MAX})
    return list(fetch_dicts(cursor))


def trait_history(
    cursor: Cursor,
    shop: ShopId,
    customer: CustomerId,
    *,
    trait: str = "",
    after: tuple[datetime, str, str] | None = None,
    rows: int = limits.PAGE_ROWS + 1,
) -> list[TraitChange]:
    cursor.execute(
        SQL["trait_history"],
        {
            "shop": shop,
            "ids": ids_of(cursor, shop, customer),
            "trait": trait or None,
            "after_at": after[0] if after else None,
            "after_message": after[1] if after else None,
            "after_name": after[2] if after else None,
            "rows": rows,
        },
    )
    return [TraitChange(**row) for row in fetch_dicts(cursor)]


def consent_history(cursor: Cursor, shop: ShopId, customer: CustomerId) -> list[dict[str, Any]]:
    cursor.execute(
        SQL["consent_history"],
        {"shop": shop, "ids": ids_of(cursor, shop, customer), "rows": limits.PAGE_ROWS},
    )
    return fetch_dicts(cursor)
